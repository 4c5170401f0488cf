"""AGRNet's five losses (Te et al., 2021, section IV-A)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, normalize, pad

from lapa_annotator.nets.agrnet import Reasoned
from lapa_annotator.nets.parsing_losses import IGNORED, semantic_loss

DELTA = 1.0
"""δ: distance of unit vectors beyond which vertices are far enough apart (section V-B)."""
_SAME = 1e-12


@dataclass(frozen=True)
class Shares:
    """λ1 to λ5 of equation 11, as the paper found them by search; 0 leaves a loss out."""

    raw: float = 1.0
    edges: float = 1.0
    attention: float = 1.0
    final: float = 0.5
    apart: float = 0.1


def edges_of(labels: Tensor) -> Tensor:
    """Pixels of which one of the four neighbours has another class (section V-B).

    Args:
        labels: (N, H, W) class ids, ``IGNORED`` where nothing is known.

    Returns:
        (N, H, W) bool; an ignored pixel is no edge and makes none.
    """
    padded = pad(labels[:, None].float(), (1, 1, 1, 1), mode="replicate")[:, 0]
    centre = padded[:, 1:-1, 1:-1]
    found = torch.zeros_like(labels, dtype=torch.bool)
    for beside in (padded[:, :-2, 1:-1], padded[:, 2:, 1:-1],
                   padded[:, 1:-1, :-2], padded[:, 1:-1, 2:]):  # fmt: skip
        found |= (beside != centre) & (beside != IGNORED)
    return found & (labels != IGNORED)


def edge_loss(logits: Tensor, edges: Tensor, weights: Tensor) -> Tensor:
    """Plain binary cross-entropy of the edge map (L_edge).

    Args:
        logits: (N, 1, H, W) of lying on an edge.
        edges: (N, H, W) bool.
        weights: (N, H, W) how far each pixel is believed, in [0, 1].
    """
    each = binary_cross_entropy_with_logits(logits[:, 0], edges.to(logits.dtype), reduction="none")
    return (each * weights).sum() / weights.sum().clamp(min=1e-6)


def attention_loss(logits: Tensor, truth: Tensor, weights: Tensor, edges: Tensor) -> Tensor:
    """The boundary-attention loss: cross-entropy of edge pixels alone (equation 8).

    The printed sum has no divisor (and no sign); as the weights of the other four losses are for
    means, this is the mean over the edge pixels.

    Args:
        logits: (N, C, H, W).
        truth: (N, C, H, W) probabilities, or (N, H, W) int64 class ids.
        weights: (N, H, W) how far each pixel is believed, in [0, 1].
        edges: (N, H, W) bool.

    Returns:
        The loss, a scalar; 0 where there is no edge.
    """
    counts = weights * edges
    each = cross_entropy(logits, truth, reduction="none")
    return (each * counts).sum() / counts.sum().clamp(min=1e-6)


def apart_loss(vertices: Tensor, delta: float = DELTA) -> Tensor:
    """The discriminative loss: vertices that are too near each other (equations 9 and 10).

    Args:
        vertices: (N, V, C) features, of any length; they are brought to length one.
        delta: distance from which on nothing is lost.

    Returns:
        The mean over all ordered pairs of two vertices of a picture, and over the pictures; 0 for
        a single vertex.
    """
    count = vertices.shape[1]
    if count < 2:
        return vertices.sum() * 0.0
    unit = normalize(vertices, dim=2)
    # Two vertices may be one pixel's: the root has no slope there, and none is wanted.
    squared = (2 - 2 * unit @ unit.mT).clamp(min=_SAME)
    near = (delta - squared.sqrt()).clamp(min=0.0) ** 2
    others = 1 - torch.eye(count, dtype=near.dtype, device=near.device)
    return (near * others).sum(dim=(1, 2)).mean() / (count * (count - 1))


def agrnet_loss(
    said: Reasoned, truth: Tensor, weights: Tensor, edges: Tensor, shares: Shares
) -> tuple[Tensor, dict[str, Tensor]]:
    """The whole loss (equation 11); what the network does not say is not lost on.

    Args:
        said: what the network says.
        truth: (N, C, H, W) probabilities, or (N, H, W) int64 class ids.
        weights: (N, H, W) how far each pixel is believed, in [0, 1].
        edges: (N, H, W) bool, from ``edges_of``.
        shares: λ1 to λ5.

    Returns:
        The loss and its parts by name.
    """
    parts = {"final": semantic_loss(said.labels, truth, weights)}
    if said.raw is not None:
        parts["raw"] = semantic_loss(said.raw, truth, weights)
    if said.edges is not None:
        parts["edges"] = edge_loss(said.edges, edges, weights)
    if shares.attention:
        parts["attention"] = attention_loss(said.labels, truth, weights, edges)
    if said.vertices is not None and shares.apart:
        parts["apart"] = apart_loss(said.vertices)
    total = torch.stack([getattr(shares, name) * part for name, part in parts.items()]).sum()
    return total, parts
