"""Spatially variant recurrent propagation in four directions (Liu et al., 2017, section 3.2).

One step takes a whole column (or row) of all pictures and all four directions at once, so a map
of H x W needs max(H, W) steps and none a pixel; the way back is the paper's equation 4 by hand.
"""

from __future__ import annotations

import contextlib
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

DIRECTIONS: tuple[str, ...] = ("right", "left", "down", "up")
"""Where each of the four goes."""


class Propagation(nn.Module):
    """h(i) = x(i) + g(i) · (ω h(i-1) + b) along each direction, and the largest of the four.

    The activation is the identity, as the paper found best. Each direction has an ω and a b of
    its own. Stability: gates lie in [-1, 1], and the rows of ω are shortened to an absolute sum
    of one at most: the norm that belongs to the largest absolute value, by which a gate does not
    stretch, so that no step can make a hidden map larger than what it adds.

    Args:
        channels: of the hidden maps.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.transition = nn.Parameter(torch.eye(channels).repeat(len(DIRECTIONS), 1, 1))
        self.bias = nn.Parameter(torch.zeros(len(DIRECTIONS), channels))

    def bounded(self) -> Tensor:
        """(4, C, C): ω of each direction with its norm held within one."""
        return self.transition / self.transition.abs().sum(dim=2, keepdim=True).clamp(min=1.0)

    def directions(self, x: Tensor, gates: Tensor | None) -> Tensor:
        """The hidden maps of each direction.

        Args:
            x: (N, C, H, W), what comes in from outside.
            gates: (N, C, H, W) in [-1, 1]; None for equation 1, the same everywhere.

        Returns:
            (4, N, C, H, W) float32, in the order of ``DIRECTIONS``.
        """
        with _full_precision(x.device):
            x = x.float()
            gates = torch.ones_like(x) if gates is None else gates.float()
            hidden = scan(_laid(x), _laid(gates), self.bounded().float(), self.bias.float())
            return _picked(hidden, x)

    def forward(self, x: Tensor, gates: Tensor | None = None) -> Tensor:
        """(N, C, H, W) maps and gates -> (N, C, H, W) float32: the strongest direction's."""
        return self.directions(x, gates).amax(dim=0)


def scan(x: Tensor, gates: Tensor, transition: Tensor, bias: Tensor) -> Tensor:
    """Equation 3 along the first axis, all else at once.

    Args:
        x, gates: (L, D, C, M): step, direction, channel, line.
        transition: (D, C, C), ω of each direction.
        bias: (D, C).

    Returns:
        (L, D, C, M) hidden nodes; before the first there are zeros.
    """
    if torch.is_grad_enabled() and not torch.jit.is_tracing():
        hidden: Tensor = _Scan.apply(x, gates, transition, bias)
        return hidden
    return torch.stack(_steps(x, gates, transition, bias))


def _steps(x: Tensor, gates: Tensor, transition: Tensor, bias: Tensor) -> list[Tensor]:
    offset = bias[..., None]
    hidden = [x[0] + gates[0] * offset]
    for outside, gate in zip(x.unbind(0)[1:], gates.unbind(0)[1:], strict=True):
        came = torch.baddbmm(offset, transition, hidden[-1])
        hidden.append(torch.addcmul(outside, gate, came))
    return hidden


class _Scan(torch.autograd.Function):
    """The scan with its derivatives as equation 4 has them: half the time of recording steps."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, gates: Tensor, transition: Tensor, bias: Tensor) -> Tensor:
        hidden = torch.stack(_steps(x, gates, transition, bias))
        ctx.save_for_backward(hidden, gates, transition, bias)
        return hidden

    @staticmethod
    def backward(ctx: Any, outer: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        hidden, gates, transition, bias = ctx.saved_tensors
        with _full_precision(outer.device):
            delta = torch.empty_like(outer, memory_format=torch.contiguous_format)
            delta[-1] = outer[-1]
            turned, offset = transition.mT, bias[..., None]
            d_gates, d_transition = torch.empty_like(delta), torch.zeros_like(transition)
            d_bias = torch.zeros_like(bias)
            for step in range(outer.shape[0] - 1, 0, -1):
                gated = gates[step] * delta[step]
                torch.baddbmm(outer[step - 1], turned, gated, out=delta[step - 1])
                came = torch.baddbmm(offset, transition, hidden[step - 1])
                torch.mul(delta[step], came, out=d_gates[step])
                d_transition.baddbmm_(gated, hidden[step - 1].mT)
                d_bias += gated.sum(dim=2)
            d_gates[0] = delta[0] * offset
            return delta, d_gates, d_transition, d_bias + (gates[0] * delta[0]).sum(dim=2)


def _laid(x: Tensor) -> Tensor:
    """(N, C, H, W) -> (L, 4, C, N L), L = max(H, W): each direction's steps first.

    What is too short is filled up with zeros behind its last step, where they reach nothing.
    """
    height, width = x.shape[-2:]
    x = pad(x, (0, max(height - width, 0), 0, max(width - height, 0)))
    rows, columns = x.permute(3, 1, 0, 2), x.permute(2, 1, 0, 3)
    each = [rows, _turned(rows, width), columns, _turned(columns, height)]
    return torch.stack(each, dim=1).flatten(3)


def _picked(hidden: Tensor, like: Tensor) -> Tensor:
    """The reverse of ``_laid``: (L, 4, C, N L) -> (4, N, C, H, W)."""
    height, width = like.shape[-2:]
    right, left, down, up = hidden.unflatten(3, (like.shape[0], -1)).unbind(1)
    rows = [one.permute(2, 1, 3, 0) for one in (right, _turned(left, width))]
    columns = [one.permute(2, 1, 0, 3) for one in (down, _turned(up, height))]
    return torch.stack(rows + columns)[..., :height, :width]


def _turned(steps: Tensor, count: int) -> Tensor:
    """The first ``count`` steps the other way round."""
    turned = steps[:count].flip(0)
    return turned if count == len(steps) else torch.cat([turned, steps[count:]])


def _full_precision(device: torch.device) -> contextlib.AbstractContextManager[None]:
    """Sums over hundreds of steps want float32 also where the rest is bfloat16."""
    if not torch.amp.is_autocast_available(device.type):
        return contextlib.nullcontext()
    off: contextlib.AbstractContextManager[None] = torch.autocast(device.type, enabled=False)
    return off
