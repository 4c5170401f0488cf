"""The losses of recurrent propagation (Liu et al., 2017, sections 3.3, 4 and 5.1)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, grid_sample

from lapa_annotator.domain.classes import N_CLASSES, Label
from lapa_annotator.nets.components import BOXES, Box, Stages
from lapa_annotator.nets.parsing_losses import semantic_loss
from lapa_annotator.nets.recurrent import Propagated

RATIO = 5.0
"""How many pixels inside of regions count for one on a boundary (section 5.1: 1 : 5)."""


def interior_loss(logits: Tensor, boundary: Tensor, weights: Tensor) -> Tensor:
    """Binary cross-entropy of the gates: 0 on a boundary, 1 everywhere else (section 3.3).

    Where the paper draws five pixels of the inside at random for each of the boundary, all count
    here by as much as they would be drawn: the same mean, and none of its noise.

    Args:
        logits: (N, 1, H, W) of lying on no boundary.
        boundary: (N, H, W) bool.
        weights: (N, H, W) how far each pixel is believed, in [0, 1].

    Returns:
        The loss, a scalar; 0 where there is no boundary.
    """
    inside = (~boundary).to(logits.dtype)
    edges, rest = ((weights * kind).sum() for kind in (1 - inside, inside))
    share = (RATIO * edges / rest.clamp(min=1e-6)).clamp(max=1.0)
    counts = weights * torch.where(boundary, torch.ones_like(inside), share)
    counts = counts * (edges > 0)
    each = binary_cross_entropy_with_logits(logits[:, 0], inside, reduction="none")
    return (each * counts).sum() / counts.sum().clamp(min=1e-6)


def recurrent_loss(
    said: Propagated, truth: Tensor, weights: Tensor, boundary: Tensor
) -> tuple[Tensor, dict[str, Tensor]]:
    """The three losses, equally: of the answer, of the shallow labels, of the gates.

    Args:
        said: what the network says; what it does not say costs nothing.
        truth: (N, C, H, W) probabilities, or (N, H, W) int64 class ids.
        weights: (N, H, W) how far each pixel is believed, in [0, 1].
        boundary: (N, H, W) bool, from ``parsing_losses.boundaries``.

    Returns:
        Their sum and its parts by name.
    """
    parts = {"semantic": semantic_loss(said.labels, truth, weights)}
    if said.coarse is not None:
        parts["coarse"] = semantic_loss(said.coarse, truth, weights)
    if said.interior is not None:
        parts["gates"] = interior_loss(said.interior, boundary, weights)
    return torch.stack(list(parts.values())).sum(), parts


def stages_loss(
    said: Stages, grids: tuple[Tensor, ...], ids: Tensor, weights: Tensor, boundary: Tensor
) -> tuple[Tensor, dict[str, Tensor]]:
    """The first stage's losses and the cross-entropy of each component on its own pixels.

    The networks share nothing, so that learning together is learning each by itself.

    Args:
        said: what both stages say.
        grids: where the components' pixels lie, from ``components.box_grids``.
        ids: (N, H, W) int64, LaPa's eleven.
        weights, boundary: as in ``recurrent_loss``; boundaries of background, skin and hair.
    """
    coarse = torch.where(ids == Label.HAIR, 2, (ids != Label.BACKGROUND).long())
    total, parts = recurrent_loss(said.first, coarse, weights, boundary)
    for box, logits, grid in zip(BOXES, said.parts, grids, strict=True):
        truth, believed = component_truth(box, grid, ids, weights)
        loss = semantic_loss(logits, truth, believed)
        total = total + loss
        parts[box.network] = parts.get(box.network, 0) + loss
    return total, parts


def component_truth(box: Box, grid: Tensor, ids: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """The classes of a box's pixels and how far they are believed; not at all off the picture.

    Args:
        box: which component.
        grid: (N, h, w, 2), where its pixels lie.
        ids: (N, H, W) int64, LaPa's eleven.
        weights: (N, H, W) in [0, 1].

    Returns:
        (N, h, w) int64 with 0 for all that is none of the component, and (N, h, w) weights.
    """
    both = torch.stack([ids.to(weights.dtype), weights], dim=1)
    seen = grid_sample(both, grid.to(weights.dtype), mode="nearest", align_corners=False)
    table = torch.zeros(N_CLASSES, dtype=torch.int64, device=ids.device)
    for place, label in enumerate(box.labels, 1):
        table[label] = place
    return table[seen[:, 0].long()], seen[:, 1]
