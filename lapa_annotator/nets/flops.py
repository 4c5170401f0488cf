"""What a network costs: parameters, and operations of one forward pass."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from lapa_annotator.nets.registry import Network

_COUNTED = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of a network.

    Attributes:
        parameters: numbers that are learned.
        flops: operations of convolutions and linear layers for one picture, a multiply-add
            counted as two; the few per cent of all else are left out.
    """

    parameters: int
    flops: int


def input_channels(module: nn.Module) -> int:
    """How many channels a network's input has: 3, or what its attribute ``inputs`` says."""
    return int(getattr(module, "inputs", 3))


def cost_of(module: nn.Module, size: int | tuple[int, int]) -> Cost:
    """Count a network's cost without computing anything.

    Args:
        module: takes (N, C, H, W); it is left as it is.
        size: side of the input in pixels, or its height and width.
    """
    still = copy.deepcopy(module).to("meta").eval()
    counted: list[int] = []

    def count(layer: Any, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        weights = layer.weight.numel()
        if isinstance(layer, nn.ConvTranspose2d):
            places = inputs[0][0, 0].numel()
        elif isinstance(layer, nn.Conv2d):
            places = output[0, 0].numel()
        else:
            places = math.prod(output.shape[1:-1])
        counted.append(2 * weights * places)

    for layer in still.modules():
        if isinstance(layer, _COUNTED):
            layer.register_forward_hook(count)
    height, width = (size, size) if isinstance(size, int) else size
    with torch.no_grad():
        still(torch.zeros(1, input_channels(module), height, width, device="meta"))
    return Cost(sum(p.numel() for p in module.parameters()), sum(counted))


def cost_of_row(network: Network) -> Cost:
    """Count the cost of a row of the registry, at its own size and with its own settings."""
    return cost_of(network.still(), network.size)
