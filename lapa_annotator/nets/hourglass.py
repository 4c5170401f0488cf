"""The hourglass: heat maps of the 106 points (Newell et al. 2016; LaPa, section 3.1).

One stack of 256 channels is LaPa's auxiliary model. More stacks refine: each reads the features
and the heat maps of the one before, and each is supervised.
"""

from __future__ import annotations

from typing import cast

import torch.nn.functional as F  # noqa: N812  # torch's own documentation calls it F
from torch import Tensor, nn

from lapa_annotator.domain.schema import N_POINTS


class Residual(nn.Module):
    """A pre-activated bottleneck residual: 1x1 to half the channels, 3x3, 1x1 back.

    (N, c_in, h, w) to (N, c_out, h, w); a 1x1 convolution takes the skip where they differ.
    """

    def __init__(self, c_in: int, c_out: int) -> None:
        super().__init__()
        half = c_out // 2
        self.norm1, self.conv1 = nn.BatchNorm2d(c_in), nn.Conv2d(c_in, half, 1, bias=False)
        self.norm2, self.conv2 = nn.BatchNorm2d(half), nn.Conv2d(half, half, 3, 1, 1, bias=False)
        self.norm3, self.conv3 = nn.BatchNorm2d(half), nn.Conv2d(half, c_out, 1)
        self.skip = nn.Conv2d(c_in, c_out, 1) if c_in != c_out else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Add what the bottleneck finds to ``x``."""
        y = self.conv1(F.relu(self.norm1(x)))
        y = self.conv2(F.relu(self.norm2(y)))
        y = self.conv3(F.relu(self.norm3(y)))
        return cast(Tensor, y + self.skip(x))


class Level(nn.Module):
    """One level of an hourglass: a branch at full size, and one at half of it, added up.

    (N, width, h, w) to the same; h and w divide by 2 to the power of ``depth``.
    """

    def __init__(self, depth: int, width: int) -> None:
        super().__init__()
        self.beside = Residual(width, width)
        self.down = Residual(width, width)
        self.inner = Level(depth - 1, width) if depth > 1 else Residual(width, width)
        self.up = Residual(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Look at ``x`` from nearby and from afar."""
        far = self.up(self.inner(self.down(F.max_pool2d(x, 2))))
        return cast(Tensor, self.beside(x) + F.interpolate(far, scale_factor=2.0, mode="nearest"))


class Stack(nn.Module):
    """An hourglass with its head: features (N, width, h, w) and heat maps (N, points, h, w)."""

    def __init__(self, points: int, width: int, depth: int) -> None:
        super().__init__()
        self.hourglass = Level(depth, width)
        self.residual = Residual(width, width)
        self.conv = nn.Conv2d(width, width, 1, bias=False)
        self.norm = nn.BatchNorm2d(width)
        self.heatmaps = nn.Conv2d(width, points, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the features and the heat maps' logits."""
        features = F.relu(self.norm(self.conv(self.residual(self.hourglass(x)))))
        return features, self.heatmaps(features)


class Hourglass(nn.Module):
    """Heat maps of the points of an upright face crop.

    Takes (N, 3, H, W) float RGB in [0, 1], H and W multiples of 4·2^depth (256 in the
    program); gives one (N, points, H/4, W/4) tensor of logits per stack, the last the best.
    A softmax over a map says where its point is: heat-map pixel h is crop pixel 4h + 1.5.

    Args:
        points: number of heat maps.
        stacks: number of hourglasses one after another.
        width: channels; 256 in the paper.
        depth: how often an hourglass halves its input.
    """

    def __init__(
        self, points: int = N_POINTS, stacks: int = 1, width: int = 256, depth: int = 4
    ) -> None:
        super().__init__()
        quarter, half = width // 4, width // 2
        self.stem = nn.Sequential(
            nn.Conv2d(3, quarter, 7, 2, 3, bias=False),
            nn.BatchNorm2d(quarter),
            nn.ReLU(),
            Residual(quarter, half),
            nn.MaxPool2d(2),
            Residual(half, half),
            Residual(half, width),
        )
        self.stacks = nn.ModuleList(Stack(points, width, depth) for _ in range(stacks))
        self.merge_features = nn.ModuleList(nn.Conv2d(width, width, 1) for _ in range(stacks - 1))
        self.merge_heatmaps = nn.ModuleList(nn.Conv2d(points, width, 1) for _ in range(stacks - 1))

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        """Return the logits of every stack."""
        x = self.stem(pixels * 4 - 2)
        found: list[Tensor] = []
        for i, stack in enumerate(self.stacks):
            features, heatmaps = stack(x)
            found.append(heatmaps)
            if i < len(self.merge_features):
                x = x + self.merge_features[i](features) + self.merge_heatmaps[i](heatmaps)
        return tuple(found)
