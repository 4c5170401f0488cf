"""RED-Net, the residual encoder decoder network, and its adaptive prior (paper 002).

The encoder is residual, its max pools remember where their maxima were; the decoder's units put
values back there and fill in what lies between. How Fig. 3 is read, which is not in the text,
and what its model sizes say of it is in docs/decisions/0172.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, max_pool2d, pad, pixel_shuffle, pixel_unshuffle

from lapa_annotator.nets.resnet import Normalise

Variant = Literal["a", "b", "c", "d"]
"""Fig. 6: a has all three modules; b has a shortcut around the densification too; c has no
detail-learning module, d no densification module."""

UNITS: tuple[tuple[int, int], ...] = ((128, 3), (256, 4), (512, 6), (1024, 3))
"""Channels of the encoder's units 2 to 5, and how many residual blocks each has."""

_FIRST = 64
_LEAST = 1e-6


class Refined(NamedTuple):
    """What RED-Net says.

    Attributes:
        network: (N, classes, H, W) logits of the decoder.
        final: (N, classes, H, W) logarithms of the final score map (equation 8); without a
            prior the same as ``network``.
    """

    network: Tensor
    final: Tensor


def first_maxima(x: Tensor, pooled: Tensor) -> Tensor:
    """Where the 2x2 max pool has found its values; of equal ones the first in reading order.

    Args:
        x: (N, C, 2h, 2w).
        pooled: (N, C, h, w), its max pool.

    Returns:
        (N, C, 2h, 2w), 1 at one place of each window and 0 elsewhere: the pool's indices, in a
        form that every runtime can execute.
    """
    count, channels, height, width = pooled.shape
    windows = pixel_unshuffle(x, 2).view(count, channels, 4, height, width)
    same = (windows == pooled[:, :, None]).to(torch.int32)
    first = same * (same.cumsum(dim=2) == 1)
    return pixel_shuffle(first.view(count, 4 * channels, height, width).to(x.dtype), 2)


def unpool(x: Tensor, places: Tensor) -> Tensor:
    """Put (N, C, h, w) values back where the pool found them: (N, C, 2h, 2w), 0 elsewhere."""
    return interpolate(x, scale_factor=2.0, mode="nearest") * places


def _bottleneck(inputs: int, outputs: int, last: bool = True) -> nn.Sequential:
    """1x1, 3x3 and 1x1 convolutions, half as wide in the middle; ``last``: a last rectifier."""
    middle = max(1, outputs // 2)
    layers: list[nn.Module] = []
    for a, b, size in ((inputs, middle, 1), (middle, middle, 3), (middle, outputs, 1)):
        conv = nn.Conv2d(a, b, size, padding=size // 2, bias=False)
        layers += [conv, nn.BatchNorm2d(b), nn.ReLU(inplace=True)]
    return nn.Sequential(*(layers if last else layers[:-1]))


class Residual(nn.Module):
    """A bottleneck beside a shortcut, which is projected where channels change.

    It is the encoder's block, the decoder's detail-learning module (channels stay) and its
    dimension-reduction module (they are halved). A deconvolution of stride 1 is a convolution
    with its kernel turned, and is one here.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.bottleneck = _bottleneck(inputs, outputs, last=False)
        self.project: nn.Module = nn.Identity()
        if inputs != outputs:
            conv = nn.Conv2d(inputs, outputs, 1, bias=False)
            self.project = nn.Sequential(conv, nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) -> (N, outputs, H, W)."""
        return torch.relu(self.bottleneck(x) + self.project(x))


class DecoderUnit(nn.Module):
    """An RD-Unit: unpooling, densification, detail learning, dimension reduction.

    Args:
        inputs, outputs: channels that come in and go out.
        variant: which of Fig. 6.
    """

    def __init__(self, inputs: int, outputs: int, variant: Variant) -> None:
        super().__init__()
        self.densify: nn.Module = nn.Identity()
        self.detail: nn.Module = nn.Identity()
        if variant != "d":
            whole = variant == "b"
            self.densify = Residual(inputs, inputs) if whole else _bottleneck(inputs, inputs)
        if variant != "c":
            self.detail = Residual(inputs, inputs)
        self.reduce = Residual(inputs, outputs)

    def forward(self, x: Tensor, places: Tensor) -> Tensor:
        """(N, inputs, h, w) -> (N, outputs, 2h, 2w)."""
        said: Tensor = self.reduce(self.detail(self.densify(unpool(x, places))))
        return said


class REDNet(nn.Module):
    """The residual encoder decoder network, with or without the adaptive prior.

    Args:
        classes: how many classes it tells apart.
        width: factor on all channels.
        variant: of the decoder's units.
        prior: whether a prior's channels follow the picture's three, one a class.
    """

    def __init__(
        self, classes: int = 11, width: float = 1.0, variant: Variant = "a", prior: bool = True
    ) -> None:
        super().__init__()
        if variant not in ("a", "b", "c", "d"):
            raise ValueError(f"RED-Net has the variants a, b, c and d, not {variant}")
        self.inputs = 3 + classes if prior else 3
        self.normalise = Normalise()
        channels = [max(2, round(c * width)) for c in (_FIRST, *(c for c, _ in UNITS))]
        stem = nn.Conv2d(3, channels[0], 7, padding=3, bias=False)
        self.unit1 = nn.Sequential(stem, nn.BatchNorm2d(channels[0]), nn.ReLU(inplace=True))
        for number, (_, depth) in enumerate(UNITS, 2):
            inputs, outputs = channels[number - 2], channels[number - 1]
            blocks = [Residual(inputs if k == 0 else outputs, outputs) for k in range(depth)]
            self.add_module(f"unit{number}", nn.Sequential(*blocks))
        # A unit hands on as many channels as the pool before it has seen.
        handed = [max(1, channels[0] // 2), *channels]
        for number in range(5, 0, -1):
            unit = DecoderUnit(handed[number], handed[number - 1], variant)
            self.add_module(f"decode{number}", unit)
        self.classify = nn.Conv2d(handed[0], classes, 1)
        self._initialise()

    def _initialise(self) -> None:
        for name, part in self.named_modules():
            if isinstance(part, nn.Conv2d) and name.startswith("unit"):
                nn.init.kaiming_normal_(part.weight, mode="fan_out", nonlinearity="relu")
            elif isinstance(part, nn.Conv2d):
                nn.init.normal_(part.weight, std=0.01)

    def branches(self, x: Tensor) -> Refined:
        """What the decoder says of (N, C, H, W) in [0, 1], and what it becomes with the prior."""
        height, width = x.shape[-2:]
        picture = self.normalise(x[:, :3])
        # Five pools want sides that can be halved five times.
        seen = pad(picture, (0, -width % 32, 0, -height % 32), mode="replicate")
        places = []
        for number in range(1, 6):
            seen = getattr(self, f"unit{number}")(seen)
            pooled = max_pool2d(seen, 2)
            places.append(first_maxima(seen.detach(), pooled.detach()))
            seen = pooled
        for number in range(5, 0, -1):
            seen = getattr(self, f"decode{number}")(seen, places[number - 1])
        logits = self.classify(seen)[..., :height, :width]
        if self.inputs == 3:
            return Refined(logits, logits)
        return Refined(logits, adapted(logits, x[:, 3:]))

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3 or 3 + classes, H, W) in [0, 1] -> (N, classes, H, W) final logits."""
        return self.branches(x).final


def adapted(logits: Tensor, prior: Tensor) -> Tensor:
    """The logarithm of the final score map: the prior counts where the network is unsure.

    Equations 6 to 8. The entropy is scaled by the highest that so many classes can have; a
    score map is scaled so that its classes add up to 1.

    Args:
        logits: (N, C, H, W) of the network.
        prior: (N, C, H, W) in [0, 1], adding up to 1 or, where nothing is known, to 0.
    """
    said = logits.float().softmax(dim=1)
    total = said + adaptive_scale(said) * prior.float()
    return torch.log(total / total.sum(dim=1, keepdim=True) + _LEAST)


def adaptive_scale(probabilities: Tensor) -> Tensor:
    """(N, 1, H, W) in [0, 1]: the entropy of (N, C, H, W) probabilities (equation 6)."""
    logs = torch.log(probabilities + _LEAST)
    entropy = -(probabilities * logs).sum(dim=1, keepdim=True)
    return entropy.clamp(min=0) / math.log(probabilities.shape[1])
