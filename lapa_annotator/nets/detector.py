"""The face detector: a small anchor-free network, one candidate face a cell.

Plain 3×3 residual convolutions rather than depth-wise ones, which are bound by memory on CPUs.
"""

from __future__ import annotations

import math
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

STRIDE: Final = 8
"""Side of a cell in pixels."""
CHANNELS: Final = 7
"""Planes of the output: heat, four sides, cosine and sine of the roll."""
WIDTHS: Final = (16, 24, 48, 64, 64)
"""Channels at strides 2, 4, 8, 16 and 32."""
# A cell holds a face's centre about once in a thousand: the heat starts there.
_PRIOR = 0.002


class ConvBlock(nn.Sequential):
    """A convolution without bias, batch norm and ReLU: (N, C, H, W) to (N, D, H/s, W/s)."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1, kernel: int = 3) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        )


class Residual(nn.Module):
    """Two 3×3 convolutions beside the identity; the shape stays."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = ConvBlock(width, width)
        self.second = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        """Refine (N, C, H, W) features."""
        return functional.relu(x + self.norm(self.second(self.first(x))))


class Detector(nn.Module):
    """Face candidates on a grid of cells of 8 pixels.

    Args:
        widths: channels at strides 2, 4, 8, 16 and 32.
        depth: residual blocks at strides 16 and 32, where they are cheap; one at 8.
    """

    def __init__(self, widths: tuple[int, ...] = WIDTHS, depth: int = 2) -> None:
        super().__init__()
        s2, s4, s8, s16, s32 = widths
        self.to4 = nn.Sequential(ConvBlock(3, s2, 2), ConvBlock(s2, s4, 2))
        self.to8 = _stage(s4, s8, 1)
        self.to16 = _stage(s8, s16, depth)
        self.to32 = _stage(s16, s32, depth)
        self.up16 = ConvBlock(s32, s16, kernel=1)
        self.mix16 = ConvBlock(s16, s16)
        self.up8 = ConvBlock(s16, s8, kernel=1)
        self.mix8 = ConvBlock(s8, s8)
        self.head = nn.Sequential(ConvBlock(s8, s8), nn.Conv2d(s8, CHANNELS, 1))
        last = self.head[-1]
        assert isinstance(last, nn.Conv2d) and last.bias is not None
        nn.init.normal_(last.weight, std=0.01)
        nn.init.zeros_(last.bias)
        nn.init.constant_(last.bias[:1], math.log(_PRIOR / (1 - _PRIOR)))

    def forward(self, images: Tensor) -> Tensor:
        """Look for faces.

        Args:
            images: (N, 3, H, W) float RGB in [0, 1]; H and W multiples of 32.

        Returns:
            (N, 7, H/8, W/8). Cell (i, j) covers the pixels 8j to 8j + 7 and 8i to 8i + 7, and
            its centre lies at (8j + 3.5, 8i + 3.5). Plane 0: the logit that a face's centre is
            in the cell. Planes 1 to 4: logarithms of the distances from the cell's centre to
            the left, upper, right and lower edge of the box around the face's 106 points, in
            cells. Planes 5 and 6: cosine and sine of the roll, up to a positive factor.
        """
        x8 = self.to8(self.to4((images - 0.5) / 0.25))
        x16 = self.to16(x8)
        x16 = self.mix16(x16 + _doubled(self.up16(self.to32(x16))))
        result: Tensor = self.head(self.mix8(x8 + _doubled(self.up8(x16))))
        return result


def _stage(inputs: int, outputs: int, blocks: int) -> nn.Sequential:
    return nn.Sequential(ConvBlock(inputs, outputs, 2), *(Residual(outputs) for _ in range(blocks)))


def _doubled(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2, mode="nearest")


def sides(raw: Tensor) -> Tensor:
    """Distances from the cells' centres to the four edges of their boxes.

    Args:
        raw: (N, 7, h, w) output of the network.

    Returns:
        (N, 4, h, w) in cells: left, up, right, down; between 1/50 and 150.
    """
    # Without the limits one wild value early in training would make the rest NaN.
    return torch.exp(raw[:, 1:5].float().clamp(-4, 5))
