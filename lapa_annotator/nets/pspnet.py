"""PSPNet (Zhao et al., 2017): a dilated backbone and pyramid pooling; LaPa's coarse stage."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from lapa_annotator.nets.resnet import Normalise, OutputStride, ResNet

SCALES: tuple[int, ...] = (1, 2, 3, 6)
"""Into how many bins a side the pyramid pools (LaPa, section 5.1)."""


def conv_norm(inputs: int, outputs: int, size: int = 1) -> nn.Sequential:
    """A convolution that keeps the resolution, batch norm and ReLU."""
    conv = nn.Conv2d(inputs, outputs, size, padding=size // 2, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


def resized(x: Tensor, like: Tensor) -> Tensor:
    """Bring (N, C, h, w) maps bilinearly to the height and width of ``like``."""
    return interpolate(x, size=like.shape[-2:], mode="bilinear", align_corners=False)


class PyramidPooling(nn.Module):
    """Pool at four scales, bring all back to one size, and join them with the maps themselves.

    Args:
        inputs: channels of the maps.
        outputs: channels of the result.
        scales: bins a side of each pooling.
    """

    def __init__(self, inputs: int, outputs: int, scales: tuple[int, ...] = SCALES) -> None:
        super().__init__()
        each = max(1, inputs // len(scales))
        self.pools = nn.ModuleList(
            nn.Sequential(
                nn.AdaptiveAvgPool2d(scale),
                # Batch norm has nothing to average over in a single bin of a single picture.
                nn.Conv2d(inputs, each, 1),
                nn.ReLU(inplace=True),
            )
            for scale in scales
        )
        self.join = conv_norm(inputs + each * len(scales), outputs, 3)
        self.drop = nn.Dropout2d(0.1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, h, w) -> (N, outputs, h, w)."""
        pooled = [resized(pool(x), x) for pool in self.pools]
        joined: Tensor = self.drop(self.join(torch.cat([x, *pooled], dim=1)))
        return joined


class PSPNet(nn.Module):
    """The pyramid scene parsing network.

    Args:
        classes: how many classes it tells apart.
        backbone: a row of ``resnet.BACKBONES``.
        width: factor on the backbone's channels.
        head: channels before the classifier.
        stride: output stride of the backbone.
    """

    def __init__(
        self,
        classes: int = 2,
        backbone: str = "resnet18",
        width: float = 1.0,
        head: int = 128,
        stride: OutputStride = 16,
    ) -> None:
        super().__init__()
        self.normalise = Normalise()
        self.backbone = ResNet(backbone, width, stride)
        self.pyramid = PyramidPooling(self.backbone.channels[-1], head)
        self.classify = nn.Conv2d(head, classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) RGB in [0, 1] -> (N, classes, H, W) logits."""
        maps = self.backbone(self.normalise(x))
        return resized(self.classify(self.pyramid(maps[-1])), x)
