"""How much of its picture a network's last layer sees (receptive fields; paper 001, III-A).

The *normalised receptive field* is r / s (its equation 1): the side r of the part of the picture
that one feature of the last layer is connected with, over the side s of the picture. The paper
finds one best value for a task, whatever the network: 0.445 for the parts of a face.

It is worked out from the network's structure: torch records which operation came from which, a
walk over that record adds up kernels, dilations and strides. No number is computed.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import torch
from torch import Tensor, nn

from lapa_annotator.nets.flops import input_channels
from lapa_annotator.nets.registry import Network

BEST = 0.445
"""The normalised receptive field that paper 001 finds best for eleven classes (Table III)."""

# A multiple of every stride there is, so that the sizes of maps tell their strides.
_TRACED = 256
_WINDOWS = ("MaxPool2D", "AvgPool2D")
# What joins every place with every other.
_EVERYWHERE = ("AdaptiveAvgPool", "AdaptiveMaxPool", "Bmm", "Mm", "Addmm", "Baddbmm", "Cumsum")


@dataclass(frozen=True, slots=True)
class Reach:
    """A choice of a network's settings and the receptive field that it gives.

    Attributes:
        settings: what the network is built with, besides its own defaults.
        field: side of the receptive field in pixels; infinite where it is the whole picture.
        size: side of the input in pixels.
    """

    settings: Mapping[str, Any]
    field: float
    size: int

    @property
    def normalised(self) -> float:
        """r / s (paper 001, equation 1)."""
        return self.field / self.size


def receptive_field(module: nn.Module) -> float:
    """Side in pixels of what a feature of the last layer is connected with.

    Enlarging maps by interpolation adds nothing: of four neighbours the nearest is counted.

    Args:
        module: takes (N, C, H, W); it is not run, but its operations are recorded.

    Returns:
        The side; ``math.inf`` where something joins all places of the picture.
    """
    still = _still(module)
    shape = (1, input_channels(module), _TRACED, _TRACED)
    picture = torch.zeros(shape, device="meta", requires_grad=True)
    with torch.enable_grad():
        said = still(picture)
    # A sum would join the outputs; a network with several is seen by its first.
    first: Tensor = said[0] if isinstance(said, tuple) else said
    return _walk(first.grad_fn)


def reaches(network: Network, size: int, target: float = BEST) -> list[Reach]:
    """Every choice of the settings that move a network's receptive field, the nearest first.

    Args:
        network: a row of the registry; its ``reach`` names the settings and their values.
        size: side of the input in pixels.
        target: the normalised receptive field that is wanted.
    """
    names = list(network.reach)
    found = []
    for values in product(*network.reach.values()):
        settings = dict(zip(names, values, strict=True))
        found.append(Reach(settings, receptive_field(network.still(**settings)), size))
    return sorted(found, key=lambda reach: abs(reach.normalised - target))


def _still(module: nn.Module) -> nn.Module:
    return copy.deepcopy(module).to("meta").eval().requires_grad_(True)


def _walk(last: Any) -> float:
    """Receptive field of a recorded operation's result; every operation once, inputs first."""
    fields: dict[Any, float | None] = {}
    waiting = [last]
    while waiting:
        node = waiting[-1]
        before = [step for step, _ in node.next_functions if step is not None]
        missing = [step for step in before if step not in fields]
        if node in fields or not missing:
            waiting.pop()
            if node not in fields:
                fields[node] = _field(node, before, fields)
        else:
            waiting += missing
    found = fields[last]
    if found is None:
        raise ValueError("the network's answer does not depend on its picture")
    return found


def _field(node: Any, before: list[Any], fields: Mapping[Any, float | None]) -> float | None:
    """None for what does not come from the picture: weights and constants."""
    if hasattr(node, "variable"):
        return 1.0 if node.variable.shape[-2:] == (_TRACED, _TRACED) else None
    seen = [(fields[step] or 0.0, _jump(step)) for step in before if fields[step] is not None]
    if not seen:
        return None
    name = node.name()
    if _joins_everything(node, name):
        return math.inf
    field, jump = max(seen)
    return field + _more(node, name) * jump


def _more(node: Any, name: str) -> float:
    """How many pixels of its input an operation sees beside the one at its place."""
    if name.startswith("Convolution"):
        kernel = node._saved_weight.shape[-1]
        if node._saved_transposed:
            return float(math.ceil(kernel / node._saved_stride[-1]) - 1)
        return float((kernel - 1) * node._saved_dilation[-1])
    if name.startswith(_WINDOWS):
        return float(node._saved_kernel_size[-1] - 1)
    return 0.0


def _joins_everything(node: Any, name: str) -> bool:
    if name.startswith(_EVERYWHERE) or isinstance(node, torch.autograd.function.BackwardCFunction):
        return True
    if name.startswith(("Mean", "Sum")):
        sizes = list(node._saved_self_sym_sizes) if hasattr(node, "_saved_self_sym_sizes") else []
        axes = set(getattr(node, "_saved_dim", None) or range(len(sizes)))
        signed = {axis - 2**64 if axis >= 2**63 else axis for axis in axes}
        return len(sizes) != 4 or bool({axis % 4 for axis in signed} & {2, 3})
    return False


def _jump(node: Any) -> float:
    """How many pixels of the picture lie between neighbours of an operation's result."""
    return _TRACED / next(_sides(node), _TRACED)


def _sides(node: Any) -> Iterator[int]:
    if not hasattr(node, "variable"):
        yield from (info.shape[-1] for info in node._input_metadata if len(info.shape) == 4)
