"""VGG-16 cut short for parsing faces (paper 001, "Accurate Facial Image Parsing", VI-A).

Strides of pool4 and pool5 are removed, fc6 is a 3x3 and fc7 a 1x1 convolution of 1,024 channels.
The receptive field is set by fc6's dilation and, since even a dilation of 1 sees too much of a
small picture, by enlarging the maps before conv5_1 (III-A; both are ``nets rf``'s to find).
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from lapa_annotator.domain.errors import InputError
from lapa_annotator.nets.pspnet import resized
from lapa_annotator.nets.resnet import Normalise, read_state

STAGES: tuple[tuple[int, int], ...] = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))
"""Convolutions and channels of VGG-16's five stages."""


class Semantics(NamedTuple):
    """What a single-path network says, for its losses.

    Attributes:
        features: (N, D, h, w), what the classifier reads.
        scores: (N, classes, h, w), its raw output: the semantic space of IV-B.
        logits: (N, classes, H, W), the scores at the picture's size.
    """

    features: Tensor
    scores: Tensor
    logits: Tensor


class FirstConv(nn.Module):
    """conv1_1: of the picture, and of the heat-map channel if there is one (III-B).

    The weights of the additional channel begin at zero and are a layer of their own, because
    they learn faster than the others.

    Args:
        outputs: channels that it gives.
        heatmap: whether the input has the fourth channel.
    """

    def __init__(self, outputs: int, heatmap: bool) -> None:
        super().__init__()
        self.picture = nn.Conv2d(3, outputs, 3, padding=1)
        self.heatmap = nn.Conv2d(1, outputs, 3, padding=1, bias=False) if heatmap else None
        if self.heatmap is not None:
            nn.init.zeros_(self.heatmap.weight)
        self.normalise = Normalise()

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3 or 4, H, W) in [0, 1] -> (N, outputs, H, W)."""
        seen: Tensor = self.picture(self.normalise(x[:, :3]))
        return seen if self.heatmap is None else seen + self.heatmap(x[:, 3:4])


class VGG16(nn.Module):
    """The five convolutional stages; pools of 3x3, of stride 2 after the first three alone.

    Args:
        width: factor on all channels; ImageNet weights need 1.
        heatmap: whether the input has the heat-map channel.
        norm: batch norm after every convolution, to learn without ImageNet's weights.
        upsample: how much the maps are enlarged before conv5_1, by their nearest neighbours.
    """

    def __init__(self, width: float, heatmap: bool, norm: bool, upsample: int) -> None:
        super().__init__()
        self.upsample = upsample
        self.channels = round(STAGES[-1][1] * width)
        inputs = 0
        for number, (depth, channels) in enumerate(STAGES, 1):
            stage, outputs = nn.Sequential(), round(channels * width)
            for k in range(1, depth + 1):
                conv = nn.Conv2d(inputs, outputs, 3, padding=1) if inputs else None
                stage.add_module(f"conv{number}_{k}", conv or FirstConv(outputs, heatmap))
                if norm:
                    stage.add_module(f"norm{number}_{k}", nn.BatchNorm2d(outputs))
                stage.add_module(f"relu{number}_{k}", nn.ReLU(inplace=True))
                inputs = outputs
            self.add_module(f"stage{number}", stage)
        self.halve, self.pool = nn.MaxPool2d(3, 2, 1), nn.MaxPool2d(3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) in [0, 1] -> (N, channels, h, w), stride 8 over ``upsample``."""
        x = self.halve(self.stage1(x))
        x = self.halve(self.stage2(x))
        x = self.halve(self.stage3(x))
        x = self.pool(self.stage4(x))
        if self.upsample > 1:
            x = interpolate(x, scale_factor=float(self.upsample), mode="nearest")
        seen: Tensor = self.pool(self.stage5(x))
        return seen

    def load_imagenet(self, path: Path) -> None:
        """Fill the convolutions from a local file with torchvision's names of ``vgg16``.

        Raises:
            InputError: no such file, no state dict, or one of another network.
        """
        state = {k: v for k, v in read_state(path).items() if k.startswith("features.")}
        given = [state[k] for k in sorted(state, key=_place)]
        mine = [p for m in self.modules() if isinstance(m, nn.Conv2d) for p in _parameters(m)]
        wanted = [tuple(p.shape) for p in mine]
        if [tuple(p.shape) for p in given] != wanted:
            raise InputError(path, "it holds weights of another network", "give vgg16's")
        with torch.no_grad():
            for parameter, values in zip(mine, given, strict=True):
                parameter.copy_(values)


def _parameters(conv: nn.Conv2d) -> list[nn.Parameter]:
    # The heat map's own convolution is the only one without a bias: nothing is given for it.
    return [] if conv.bias is None else [conv.weight, conv.bias]


def _place(name: str) -> tuple[int, bool]:
    """Order of torchvision's ``features.N.weight`` and ``features.N.bias``."""
    _, number, kind = name.split(".")
    return int(number), kind == "bias"


class VGGFCN(nn.Module):
    """The truncated VGG-16 as a fully convolutional parser.

    Args:
        classes: how many classes it tells apart.
        width: factor on all channels.
        fc: channels of fc6 and fc7 at width 1.
        dilation: of fc6; 12 was usual, 1 with ``upsample`` 2 is the paper's best.
        upsample: enlargement before conv5_1.
        heatmap: whether it is shown the heat-map channel.
        heat_rate: how many times faster that channel's weights learn.
        norm: batch norm after every convolution.
    """

    def __init__(
        self,
        classes: int = 11,
        width: float = 1.0,
        fc: int = 1024,
        dilation: int = 1,
        upsample: int = 2,
        heatmap: bool = True,
        heat_rate: float = 100.0,
        norm: bool = False,
    ) -> None:
        super().__init__()
        self.inputs = 4 if heatmap else 3
        self.backbone = VGG16(width, heatmap, norm, upsample)
        channels = max(1, round(fc * width))
        self.fc6 = nn.Conv2d(
            self.backbone.channels, channels, 3, padding=dilation, dilation=dilation
        )
        self.fc7 = nn.Conv2d(channels, channels, 1)
        self.fc8 = nn.Conv2d(channels, classes, 1)
        self.drop = nn.Dropout2d(0.5)
        initialise(self)
        self.factors = faster(heatmap, heat_rate, "backbone.stage1.conv1_1")

    def branches(self, x: Tensor) -> Semantics:
        """Features, scores and logits of (N, C, H, W) in [0, 1]."""
        x6 = self.drop(torch.relu(self.fc6(self.backbone(x))))
        x7 = torch.relu(self.fc7(x6))
        scores = self.fc8(self.drop(x7))
        return Semantics(x7, scores, resized(scores, x))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) in [0, 1], RGB and the heat map -> (N, classes, H, W) logits."""
        return self.branches(x).logits


def initialise(module: nn.Module) -> None:
    """Weights for layers that are followed by a rectifier; what is zero stays zero."""
    for name, part in module.named_modules():
        if isinstance(part, nn.Conv2d) and not name.endswith("heatmap"):
            nn.init.kaiming_normal_(part.weight, mode="fan_in", nonlinearity="relu")
            if part.bias is not None:
                nn.init.zeros_(part.bias)


def faster(heatmap: bool, rate: float, conv: str) -> dict[str, float]:
    """The parameters that learn faster than the rest, for the optimizer: name -> factor."""
    return {f"{conv}.heatmap.weight": rate} if heatmap else {}
