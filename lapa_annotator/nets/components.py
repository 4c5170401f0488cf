"""The second stage of recurrent propagation: one small network for each kind of component
(Liu et al., 2017, section 4, Fig. 2), and both stages as one network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import grid_sample, interpolate

from lapa_annotator.domain.classes import N_CLASSES, Label
from lapa_annotator.nets.pspnet import resized
from lapa_annotator.nets.recurrent import Propagated, Recurrent, Variant, conv, deconv
from lapa_annotator.nets.resnet import Normalise

FIVE: tuple[int, ...] = (74, 83, 54, 84, 90)
"""The five points of the paper among LaPa's 106: eye centres, nose tip, corners of the mouth."""

USUAL: tuple[tuple[float, float], ...] = (
    (26 / 64, 26 / 64),
    (38 / 64, 26 / 64),
    (32 / 64, 33 / 64),
    (26 / 64, 38 / 64),
    (38 / 64, 38 / 64),
)
"""Where they lie in an upright crop of the fine stage, in sides of it: the mean of portraits, in
numbers that half precision holds."""

_FIRST_SIDE = 128
"""The first stage's picture: it needs no detail (section 4)."""
_COARSE = (Label.BACKGROUND, Label.SKIN, Label.HAIR)
_LEAST = 1e-6


@dataclass(frozen=True)
class Box:
    """Where a component is looked for, and by which network.

    Attributes:
        network: "eye", "nose" or "mouth".
        at: which of the five points it belongs to; of several, their mean.
        shift: of its centre from there: across and down the face, in units of the face.
        side: its width in those units.
        labels: LaPa's ids of the network's classes after its first, which is all the rest.
        mirrored: whether the network is shown it mirrored.
    """

    network: str
    at: tuple[int, ...]
    shift: tuple[float, float]
    side: float
    labels: tuple[Label, ...]
    mirrored: bool = False


BOXES: tuple[Box, ...] = (
    Box("eye", (0,), (-0.05, -0.17), 1.0, (Label.LEFT_EYEBROW, Label.LEFT_EYE)),
    Box("eye", (1,), (0.05, -0.17), 1.0, (Label.RIGHT_EYEBROW, Label.RIGHT_EYE), mirrored=True),
    Box("nose", (2,), (0.0, -0.22), 1.2, (Label.NOSE,)),
    Box("mouth", (3, 4), (0.0, 0.13), 1.4, (Label.UPPER_LIP, Label.INNER_MOUTH, Label.LOWER_LIP)),
)
"""The unit is the larger of the distances between the eyes and from eyes to mouth. The boxes hold
99 of 100 portraits' components and a fifth of their size more on each side, as the paper has it."""

SIZES: dict[str, tuple[int, int]] = {"eye": (64, 64), "nose": (64, 64), "mouth": (32, 64)}
"""Height and width of each network's picture (section 4)."""


class Component(nn.Module):
    """Five convolutions, two poolings, two deconvolutions (Fig. 2(b)); no recurrence.

    Conv 5x5x16, pooling, Conv 3x3x32, pooling, Conv 3x3x32 twice, Deconv to 16, Deconv to 16,
    Conv 1x1 to the classes.

    Args:
        classes: of the component, with one for the rest.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            conv(3, 16, 5),
            nn.MaxPool2d(2),
            conv(16, 32, 3),
            nn.MaxPool2d(2),
            conv(32, 32, 3),
            conv(32, 32, 3),
            nn.Sequential(deconv(32, 16), nn.ReLU(inplace=True)),
            nn.Sequential(deconv(16, 16), nn.ReLU(inplace=True)),
            nn.Conv2d(16, classes, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W), normalised, sides multiples of 4 -> (N, classes, H, W) logits."""
        said: Tensor = self.layers(x)
        return said


class Stages(NamedTuple):
    """What both stages say, for their losses.

    Attributes:
        labels: (N, 3, H, W) logits of background, skin and hair, as in ``Propagated``.
        coarse, interior: what else the first stage says, as there.
        left_eye, right_eye, nose, mouth: logits of ``BOXES``, in order: (N, 1 + labels, height,
            width) on each box's own pixels.
    """

    labels: Tensor
    coarse: Tensor | None
    interior: Tensor | None
    left_eye: Tensor
    right_eye: Tensor
    nose: Tensor
    mouth: Tensor

    @property
    def first(self) -> Propagated:
        """What the first stage says."""
        return Propagated(self.coarse, self.interior, self.labels)

    @property
    def parts(self) -> tuple[Tensor, ...]:
        """What the second stage says, in the order of ``BOXES``."""
        return (self.left_eye, self.right_eye, self.nose, self.mouth)


class TwoStages(nn.Module):
    """Coarse regions by recurrent propagation, components by their own networks on top.

    Args:
        classes: 11.
        variant: of the first stage, see ``Recurrent``.

    Raises:
        ValueError: another number of classes.
    """

    def __init__(self, classes: int = N_CLASSES, variant: Variant = "rnn-g") -> None:
        super().__init__()
        if classes != N_CLASSES:
            raise ValueError(f"two stages tell {N_CLASSES} classes apart, not {classes}")
        self.normalise = Normalise()
        self.first = Recurrent(3, variant)
        self.parts = nn.ModuleDict(
            {name: Component(1 + _labels_of(name)) for name in dict.fromkeys(SIZES)}
        )

    def branches(self, x: Tensor, points: Tensor | None = None) -> Stages:
        """What both stages say.

        Args:
            x: (N, 3, H, W) RGB in [0, 1].
            points: (N, 5, 2) of ``FIVE`` in pixels; None for where they lie in most crops.
        """
        normal = self.normalise(x)
        seen = [grid_sample(normal, grid, align_corners=False) for grid in box_grids(x, points)]
        left, right = self.parts["eye"](torch.cat(seen[:2])).chunk(2)
        nose, mouth = self.parts["nose"](seen[2]), self.parts["mouth"](seen[3])
        first = self.first.branches(_small(x))
        coarse, interior, labels = (None if maps is None else resized(maps, x) for maps in first)
        assert labels is not None
        return Stages(labels, coarse, interior, left, right, nose, mouth)

    def forward(self, x: Tensor, points: Tensor | None = None) -> Tensor:
        """As ``branches`` -> (N, 11, H, W) log probabilities: components over coarse regions."""
        said, frames = self.branches(x, points), _frames(x, points)
        rest = torch.ones_like(x[:, :1])
        shares: dict[int, Tensor] = {}
        for box, logits in zip(BOXES, said.parts, strict=True):
            own = logits.float().softmax(dim=1)[:, 1:]
            # Outside of its box a component is nowhere.
            there = grid_sample(own, _into(box, frames, x), align_corners=False)
            rest = rest * (1 - there.sum(dim=1, keepdim=True)).clamp(min=0.0)
            for label, share in zip(box.labels, there.unbind(1), strict=True):
                shares[label] = share[:, None]
        coarse = said.first.labels.float().softmax(dim=1) * rest
        for label, share in zip(_COARSE, coarse.unbind(1), strict=True):
            shares[label] = share[:, None]
        together = torch.cat([shares[label] for label in range(N_CLASSES)], dim=1)
        return (together / together.sum(dim=1, keepdim=True).clamp(min=_LEAST) + _LEAST).log()


def _labels_of(network: str) -> int:
    return next(len(box.labels) for box in BOXES if box.network == network)


def _small(x: Tensor) -> Tensor:
    # As numbers: while OpenVINO's conversion traces the network they are tensors.
    sides = [int(side) for side in x.shape[-2:]]
    longest = max(sides)
    if longest <= _FIRST_SIDE:
        return x
    size = [max(1, round(side * _FIRST_SIDE / longest)) for side in sides]
    return interpolate(x, size=size, mode="area")


def box_grids(x: Tensor, points: Tensor | None = None) -> tuple[Tensor, ...]:
    """Where in the picture each of ``BOXES`` has its pixels.

    Args:
        x: (N, C, H, W), the picture, or a map of its size.
        points: (N, 5, 2) of ``FIVE`` in its pixels; None for where they lie in most crops.

    Returns:
        (N, height, width, 2) each, as ``grid_sample`` wants it with ``align_corners=False``.
    """
    frames = _frames(x, points)
    return tuple(_grid(box, frames, x) for box in BOXES)


def _frames(x: Tensor, points: Tensor | None) -> Tensor:
    """(N, 7, 2): the five points, then the vectors across and down the face, one unit long."""
    if points is None:
        usual = x.new_tensor(USUAL) * x.new_tensor([x.shape[-1], x.shape[-2]]) - 0.5
        points = usual.expand(x.shape[0], -1, -1)
    points = points.to(x)
    eyes, mouth = points[:, :2].mean(dim=1), points[:, 3:].mean(dim=1)
    down = mouth - eyes
    length = torch.linalg.vector_norm(down, dim=1, keepdim=True).clamp(min=1.0)
    apart = torch.linalg.vector_norm(points[:, 1] - points[:, 0], dim=1, keepdim=True)
    unit = down / length * torch.maximum(length, apart)
    across = torch.stack([unit[:, 1], -unit[:, 0]], dim=1)
    return torch.cat([points, across[:, None], unit[:, None]], dim=1)


def _axes(box: Box, frames: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """(N, 2) each: a box's centre, and the way to its right and to its lower side, in pixels."""
    across, down = frames[:, 5], frames[:, 6]
    centre = frames[:, list(box.at)].mean(dim=1)
    centre = centre + box.shift[0] * across + box.shift[1] * down
    height, width = SIZES[box.network]
    half = box.side / 2
    return centre, across * (-half if box.mirrored else half), down * (half * height / width)


def _grid(box: Box, frames: Tensor, x: Tensor) -> Tensor:
    """Where in the picture a box's pixels lie, as ``grid_sample`` wants it."""
    centre, right, low = _axes(box, frames)
    height, width = SIZES[box.network]
    u = (torch.arange(width).to(x) * 2 + 1) / width - 1
    v = (torch.arange(height).to(x) * 2 + 1) / height - 1
    pixels = centre[:, None, None] + u[None, None, :, None] * right[:, None, None]
    pixels = pixels + v[None, :, None, None] * low[:, None, None]
    sides = x.new_tensor([x.shape[-1], x.shape[-2]])
    return (2 * pixels + 1) / sides - 1


def _into(box: Box, frames: Tensor, x: Tensor) -> Tensor:
    """Where in a box the picture's pixels lie: (N, H, W, 2), beyond [-1, 1] outside of it."""
    centre, right, low = _axes(box, frames)
    columns = torch.arange(x.shape[-1]).to(x)[None, None, :]
    rows = torch.arange(x.shape[-2]).to(x)[None, :, None]
    dx, dy = columns - centre[:, 0, None, None], rows - centre[:, 1, None, None]
    along = [
        (dx * way[:, 0, None, None] + dy * way[:, 1, None, None])
        / (way * way).sum(dim=1)[:, None, None]
        for way in (right, low)
    ]
    return torch.stack(along, dim=-1)
