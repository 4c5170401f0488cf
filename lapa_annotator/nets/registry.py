"""The visible table of networks: one row each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import nn

from lapa_annotator.domain.errors import choose
from lapa_annotator.nets.agrnet import AGRNet
from lapa_annotator.nets.bspnet import BSPNet
from lapa_annotator.nets.components import TwoStages
from lapa_annotator.nets.detector import Detector
from lapa_annotator.nets.hourglass import Hourglass
from lapa_annotator.nets.pspnet import PSPNet
from lapa_annotator.nets.recurrent import Recurrent
from lapa_annotator.nets.rednet import REDNet
from lapa_annotator.nets.student import Student
from lapa_annotator.nets.vgg import VGGFCN

Kind = Literal["landmarks", "detector", "parsing"]


@dataclass(frozen=True)
class Network:
    """One network.

    Attributes:
        name: what weights and recipes call it.
        kind: what it is for.
        build: makes it with random weights; its keyword arguments are the settings.
        size: side of its input in pixels, as it is trained.
        about: one line for people.
        reach: settings that move its receptive field, and the values worth trying.
    """

    name: str
    kind: Kind
    build: Callable[..., nn.Module]
    size: int
    about: str
    reach: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    def still(self, **settings: Any) -> nn.Module:
        """The network without its numbers, to be looked at; see ``build_network``."""
        with torch.device("meta"):
            return self.build(**settings)


_ROWS = (
    Network("hourglass", "landmarks", Hourglass, 256, "106 heat maps of 64² (LaPa, section 3.1)"),
    Network("detector", "detector", Detector, 320, "faces as centres on a grid, with box and roll"),
    Network("pspnet", "parsing", PSPNet, 256, "PSPNet: hair and skin on a whole picture (3.2(1))"),
    Network("bspnet", "parsing", BSPNet, 473, "BSPNet: the boundary-sensitive parser (section 4)"),
    Network(
        "vgg-fcn",
        "parsing",
        VGGFCN,
        256,
        "truncated VGG-16 with the landmarks' heat map (paper 001)",
        {"dilation": (1, 2, 4, 6, 8, 12), "upsample": (1, 2, 4)},
    ),
    Network(
        "student",
        "parsing",
        Student,
        256,
        "Student Network, for real time (paper 001, Table IX)",
        {"dilation": (1, 2, 3, 4, 5, 6), "pool2": (1, 2)},
    ),
    Network("rednet", "parsing", REDNet, 224, "RED-Net with its adaptive prior (paper 002)"),
    Network("recurrent", "parsing", Recurrent, 128, "shallow, and recurrent propagation (003, 3)"),
    Network("two-stages", "parsing", TwoStages, 256, "recurrent, and its components (003, 4)"),
    Network("agrnet", "parsing", AGRNet, 473, "reasons over a graph of facial components (004)"),
)

NETWORKS: dict[str, Network] = {row.name: row for row in _ROWS}


def build_network(name: str, **settings: Any) -> nn.Module:
    """Make a network with random weights; it takes (N, 3, H, W) float RGB in [0, 1].

    A network that is shown more than the picture has more channels; ``flops.input_channels``
    says how many.

    Args:
        name: its row in ``NETWORKS``.
        settings: arguments of its constructor.

    Raises:
        InputError: no network has this name.
        TypeError: a setting that the network does not have.
    """
    return choose(NETWORKS, name, "network").build(**settings)
