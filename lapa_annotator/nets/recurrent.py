"""A shallow network and recurrent propagation (Liu et al., 2017: "Face Parsing via Recurrent
Propagation", sections 3.3 and 4, Fig. 1); the first of its two stages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from lapa_annotator.domain.errors import choose
from lapa_annotator.nets.propagation import Propagation
from lapa_annotator.nets.pspnet import resized
from lapa_annotator.nets.resnet import Normalise

Variant = Literal["cnn-s", "cnn-deep", "rnn", "rnn-g"]
"""Table 1: the shallow network alone; two convolutions in the recurrence's place; the recurrence
of equation 1, the same everywhere; that of equation 3, with gates."""

HIDDEN = 8
"""Channels of the label maps, of the gate maps and of the hidden nodes (section 3.3)."""
_DEEP = 32
_SHALLOW: Mapping[str, int] = {"cnn-s": 2 * HIDDEN, "cnn-deep": 2 * HIDDEN, "rnn": HIDDEN}
"""Channels of Deconv6 without gates; the paper doubles its 8 where nothing recurs (5.2)."""


class Propagated(NamedTuple):
    """What the network says, for its three losses.

    Attributes:
        coarse: (N, classes, H, W) logits of the shallow network (Fig. 1(b)); None where they
            are the answer.
        interior: (N, 1, H, W) logits of lying on no boundary, as the gates have it (Fig. 1(c));
            None without gates.
        labels: (N, classes, H, W) logits, the answer (Fig. 1(d)).
    """

    coarse: Tensor | None
    interior: Tensor | None
    labels: Tensor


def conv(inputs: int, outputs: int, size: int) -> nn.Sequential:
    """A convolution that keeps the resolution, and ReLU."""
    return nn.Sequential(nn.Conv2d(inputs, outputs, size, padding=size // 2), nn.ReLU(inplace=True))


def deconv(inputs: int, outputs: int) -> nn.ConvTranspose2d:
    """A deconvolution that doubles the resolution."""
    return nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1)


class Recurrent(nn.Module):
    """CNN-S and four recurrent layers (Fig. 1): labels at the input's size, gates at half of it.

    Conv1 5x5x16, Pool2, Conv3 3x3x32, Pool4, Conv5 3x3x32, Deconv6 to 8 channels of labels X and
    8 of gates G; the recurrence on them; 1x1 convolutions to the classes, enlarged.

    Args:
        classes: 3 for the paper's first stage (background, skin, hair), 11 for its one stage.
        variant: what stands in the recurrence's place; the paper's network is "rnn-g".
        large: the network for pictures of several faces at 512² (section 5.1): two more units of
            3x3x16 and pooling, one more deconvolution.
    """

    def __init__(self, classes: int = 3, variant: Variant = "rnn-g", large: bool = False) -> None:
        super().__init__()
        self.variant = variant
        label_maps = choose({**_SHALLOW, "rnn-g": HIDDEN}, variant, "variant")
        self.normalise = Normalise()
        units = [conv(3, 16, 5), nn.MaxPool2d(2)]
        for _ in range(2 if large else 0):
            units += [conv(16, 16, 3), nn.MaxPool2d(2)]
        units += [conv(16, 32, 3), nn.MaxPool2d(2), conv(32, 32, 3)]
        if large:
            units += [deconv(32, 32), nn.ReLU(inplace=True)]
        self.shallow = nn.Sequential(*units)
        self.deconv6 = deconv(32, label_maps + (HIDDEN if variant == "rnn-g" else 0))
        self.classify = nn.Conv2d(label_maps, classes, 1)
        if variant == "cnn-deep":
            self.deep = nn.Sequential(conv(label_maps, _DEEP, 3), conv(_DEEP, _DEEP, 3))
            self.classify = nn.Conv2d(_DEEP, classes, 1)
        if variant in ("rnn", "rnn-g"):
            self.propagate = Propagation(HIDDEN)
            self.classify_propagated = nn.Conv2d(HIDDEN, classes, 1)
        if variant == "rnn-g":
            self.classify_gates = nn.Conv2d(HIDDEN, 1, 1)
            # All eight maps are gates from the start: open inside, whatever the random weights.
            nn.init.constant_(self.classify_gates.weight, 1 / HIDDEN)
            nn.init.zeros_(self.classify_gates.bias)

    def branches(self, x: Tensor) -> Propagated:
        """What (N, 3, H, W) RGB in [0, 1] is said to be, and on the way to it."""
        maps = self.deconv6(self.shallow(self.normalise(x)))
        if self.variant == "cnn-deep":
            maps = self.deep(maps)
        if self.variant in ("cnn-s", "cnn-deep"):
            return Propagated(None, None, resized(self.classify(maps), x))
        labels, gates = maps[:, :HIDDEN], None
        interior = None
        if self.variant == "rnn-g":
            raw = maps[:, HIDDEN:]
            interior = resized(self.classify_gates(raw), x)
            gates = torch.sigmoid(raw)
        propagated = self.classify_propagated(self.propagate(labels, gates).to(labels.dtype))
        return Propagated(resized(self.classify(labels), x), interior, resized(propagated, x))

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) RGB in [0, 1] -> (N, classes, H, W) logits."""
        return self.branches(x).labels
