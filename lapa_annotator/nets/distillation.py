"""Knowledge distillation for parsing (paper 001, section V): soft targets of a larger network."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, log_softmax, softmax

from lapa_annotator.nets.parsing_losses import IGNORED


def soft_divergence(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """KL divergence of the student from the teacher, both softened, at every pixel.

    Args:
        student, teacher: (N, C, H, W) logits.
        temperature: what both are divided by.

    Returns:
        (N, H, W), 0 where they agree.
    """
    target = softmax(teacher / temperature, dim=1)
    said = log_softmax(student / temperature, dim=1)
    logs = log_softmax(teacher / temperature, dim=1)
    return (target * (logs - said)).sum(dim=1)


def trusted(teacher: Tensor, ids: Tensor, noisy: float) -> Tensor:
    """Which of the teacher's answers are believed: all but the top-K of highest loss (V-B).

    Args:
        teacher: (N, C, H, W) logits.
        ids: (N, H, W) int64: the truth, or what the teacher itself says (V-C): its loss is
            then how ambiguous it finds the pixel.
        noisy: K as a share of each picture's known pixels.

    Returns:
        (N, H, W) bool, never an ignored pixel.
    """
    losses = cross_entropy(teacher, ids, ignore_index=IGNORED, reduction="none")
    known = ids != IGNORED
    order = losses.masked_fill(~known, torch.inf).flatten(1).argsort(dim=1)
    rank = order.argsort(dim=1).view_as(losses)
    kept = known.flatten(1).sum(dim=1) * (1 - noisy)
    return known & (rank < kept.round()[:, None, None])


def reweighed(ids: Tensor, classes: Sequence[int], factor: float) -> Tensor:
    """(N, H, W): ``factor`` at pixels of the small classes, 1 elsewhere (V-B)."""
    small = torch.isin(ids, torch.tensor(list(classes), device=ids.device))
    return 1 + (factor - 1) * small


def distillation_loss(
    student: Tensor, teacher: Tensor, temperature: float, weights: Tensor
) -> Tensor:
    """The mean divergence over the pixels that count.

    Args:
        student, teacher: (N, C, H, W) logits.
        temperature: see ``soft_divergence``.
        weights: (N, H, W), the gradients' weights, 0 for pixels that are left out.

    Returns:
        A scalar. It is divided by the number of pixels that count, not by their weights, so
        that a small class's weight raises its gradient and lowers no other's.
    """
    each = soft_divergence(student, teacher, temperature) * weights
    return each.sum() / (weights > 0).sum().clamp(min=1)
