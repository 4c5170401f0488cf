"""The losses that parsing networks learn by (LaPa, section 4, equations 1 to 4)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import (
    binary_cross_entropy_with_logits,
    cross_entropy,
    max_pool2d,
)

from lapa_annotator.nets.bspnet import Branches

IGNORED = 255
"""Label of the pixels that no class is known of."""
_BEYOND = 1000.0


@dataclass(frozen=True)
class Balance:
    """The weights of the paper's losses.

    Attributes:
        semantic, boundary, fused: λ1, λ2 and λ3 of equation 1.
        alpha: how much more a boundary pixel counts in equation 4; 0 is Model B.
    """

    semantic: float = 1.0
    boundary: float = 1.0
    fused: float = 2.0
    alpha: float = 200.0


def boundaries(labels: Tensor) -> Tensor:
    """Where the label map has a gradient: a neighbour (of eight) has another class.

    Args:
        labels: (N, H, W) class ids, ``IGNORED`` where nothing is known.

    Returns:
        (N, H, W) bool, two pixels wide, one on each side; never on an ignored pixel.
    """
    known = labels != IGNORED
    ids = labels.float()[:, None]
    high = max_pool2d(ids.masked_fill(~known[:, None], -1.0), 3, 1, 1)
    low = -max_pool2d(-ids.masked_fill(~known[:, None], _BEYOND), 3, 1, 1)
    return (high > low)[:, 0] & known


def semantic_loss(logits: Tensor, truth: Tensor, weights: Tensor) -> Tensor:
    """Cross-entropy per pixel, averaged over the pixels that count (equation 2).

    Args:
        logits: (N, C, H, W).
        truth: (N, C, H, W) probabilities, or (N, H, W) int64 class ids.
        weights: (N, H, W) how far each pixel's truth is believed, in [0, 1].

    Returns:
        The loss, a scalar; 0 where no pixel counts.
    """
    return _mean(cross_entropy(logits, truth, reduction="none"), weights)


def boundary_loss(logits: Tensor, truth: Tensor, weights: Tensor) -> Tensor:
    """Binary cross-entropy, balanced: the share of one kind weighs the other (equation 3).

    As where the strategy comes from (CE2P, the paper's [36]) it is a weighted mean, so that
    boundary and the rest count one half each.

    Args:
        logits: (N, 1, H, W) of lying on a boundary.
        truth: (N, H, W) bool.
        weights: (N, H, W) how far each pixel is believed, in [0, 1].

    Returns:
        The loss, a scalar; 0 where there is no boundary or nothing else.
    """
    yes = truth.to(logits.dtype)
    share = (yes * weights).sum() / weights.sum().clamp(min=1e-6)
    balance = torch.where(truth, 1 - share, share) * weights
    return _mean(binary_cross_entropy_with_logits(logits[:, 0], yes, reduction="none"), balance)


def fusion_loss(
    logits: Tensor, truth: Tensor, weights: Tensor, boundary: Tensor, alpha: float
) -> Tensor:
    """Cross-entropy in which a boundary pixel counts 1 + α times (equation 4).

    Arguments as ``semantic_loss``; ``boundary`` is (N, H, W) bool. As in the paper the sum is
    divided by the number of pixels, not by their raised weights.
    """
    each = cross_entropy(logits, truth, reduction="none") * (1 + alpha * boundary)
    return _mean(each, weights)


def parsing_loss(
    said: Branches, truth: Tensor, weights: Tensor, boundary: Tensor, balance: Balance
) -> tuple[Tensor, dict[str, Tensor]]:
    """The whole loss L = λ1 Ls + λ2 Lb + λ3 Lf (equation 1); Model A has Ls alone.

    Args:
        said: what the network's branches say.
        truth: (N, C, H, W) probabilities, or (N, H, W) int64 class ids.
        weights: (N, H, W) how far each pixel is believed, in [0, 1].
        boundary: (N, H, W) bool, from ``boundaries``.
        balance: λ1, λ2, λ3 and α.

    Returns:
        The loss and its parts by name.
    """
    parts = {"semantic": semantic_loss(said.semantic, truth, weights)}
    total = balance.semantic * parts["semantic"]
    if said.boundary is not None and said.fused is not None:
        parts["boundary"] = boundary_loss(said.boundary, boundary, weights)
        parts["fused"] = fusion_loss(said.fused, truth, weights, boundary, balance.alpha)
        total = total + balance.boundary * parts["boundary"] + balance.fused * parts["fused"]
    return total, parts


def _mean(values: Tensor, weights: Tensor) -> Tensor:
    return (values * weights).sum() / weights.sum().clamp(min=1e-6)
