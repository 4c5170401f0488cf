"""The Student Network (paper 001, V-A and Table IX): a light single path for real time."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lapa_annotator.nets.pspnet import resized
from lapa_annotator.nets.vgg import VGG16, FirstConv, Semantics, faster, initialise

LAYERS: tuple[tuple[int, int], ...] = ((64, 1), (96, 1), (192, 1), (256, 2), (480, 3), (480, 1))
"""Channels and dilation of conv2 to conv7; 4 to 6 are a hybrid dilated convolution of 1, 2, 3."""

_WIDE = 720


class Student(nn.Module):
    """Table IX, layer by layer; pools are 3x3, each after its convolution.

    The table prints a stride of 2 for pool1, pool2 and pool3, the text of V-A for pool1 and
    pool3 alone, so as to keep the teacher's normalised receptive field; it is a setting.

    Args:
        classes: how many classes it tells apart.
        width: factor on all channels.
        pool2: stride of pool2: 1 as the text has it, 2 as the table.
        dilation: of conv6; moves the receptive field.
        heatmap, heat_rate: as of ``vgg.VGGFCN``.
    """

    def __init__(
        self,
        classes: int = 11,
        width: float = 1.0,
        pool2: int = 1,
        dilation: int = 3,
        heatmap: bool = True,
        heat_rate: float = 100.0,
    ) -> None:
        super().__init__()
        self.inputs = 4 if heatmap else 3
        first = round(64 * width)
        self.conv1_1 = FirstConv(first, heatmap)
        self.conv1_2 = nn.Conv2d(first, first, 3, padding=1)
        self.pool1 = nn.MaxPool2d(3, 2, 1)
        inputs, strides = first, {2: pool2, 3: 2}
        for number, (channels, spread) in enumerate(LAYERS, 2):
            outputs, by = round(channels * width), dilation if number == 6 else spread
            self.add_module(f"conv{number}", _layer(inputs, outputs, by))
            self.add_module(f"pool{number}", nn.MaxPool2d(3, strides.get(number, 1), 1))
            inputs = outputs
        wide = round(_WIDE * width)
        self.conv8 = nn.Conv2d(inputs, wide, 1)
        self.drop = nn.Dropout2d(0.5)
        self.output = nn.Conv2d(wide, classes, 1)
        initialise(self)
        self.factors = faster(heatmap, heat_rate, "conv1_1")

    def branches(self, x: Tensor) -> Semantics:
        """Features, scores and logits of (N, C, H, W) in [0, 1]."""
        seen = torch.relu(self.conv1_2(torch.relu(self.conv1_1(x))))
        seen = self.pool1(seen)
        for number in range(2, 2 + len(LAYERS)):
            seen = getattr(self, f"pool{number}")(getattr(self, f"conv{number}")(seen))
        features = torch.relu(self.conv8(seen))
        scores = self.output(self.drop(features))
        return Semantics(features, scores, resized(scores, x))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) in [0, 1], RGB and the heat map -> (N, classes, H, W) logits."""
        return self.branches(x).logits

    def take_first_layers(self, teacher: VGG16) -> bool:
        """Begin with the teacher's conv1_1 and conv1_2 (V-A); its batch norms go into them.

        Returns:
            Whether they fit; nothing is changed where they do not.
        """
        norms = [getattr(teacher.stage1, f"norm1_{k}", None) for k in (1, 2)]
        first, second = teacher.stage1.conv1_1, teacher.stage1.conv1_2
        pairs = [(self.conv1_1.picture, first.picture), (self.conv1_2, second)]
        if any(mine.weight.shape != other.weight.shape for mine, other in pairs):
            return False
        with torch.no_grad():
            for (mine, other), norm in zip(pairs, norms, strict=True):
                scale = _scale(norm, other.bias)
                mine.weight.copy_(other.weight * scale[:, None, None, None])
                mine.bias.copy_(_shifted(norm, other.bias, scale))
            if self.conv1_1.heatmap is not None and first.heatmap is not None:
                scale = _scale(norms[0], first.picture.bias)[:, None, None, None]
                self.conv1_1.heatmap.weight.copy_(first.heatmap.weight * scale)
        return True


def _layer(inputs: int, outputs: int, dilation: int) -> nn.Sequential:
    conv = nn.Conv2d(inputs, outputs, 3, padding=dilation, dilation=dilation)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.PReLU(outputs))


def _scale(norm: nn.BatchNorm2d | None, bias: Tensor) -> Tensor:
    if norm is None:
        return torch.ones_like(bias)
    return norm.weight / torch.sqrt(norm.running_var + norm.eps)


def _shifted(norm: nn.BatchNorm2d | None, bias: Tensor, scale: Tensor) -> Tensor:
    return bias if norm is None else norm.bias + (bias - norm.running_mean) * scale
