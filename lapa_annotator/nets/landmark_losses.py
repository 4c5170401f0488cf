"""Losses of landmark networks: heat maps against Gaussians, and the points read from them."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812  # torch's own documentation calls it F
from torch import Tensor


def heatmap_losses(
    logits: Tensor, points: Tensor, weights: Tensor, sigma: float
) -> tuple[Tensor, Tensor]:
    """Score heat maps of one batch, in float32 whatever the logits are in.

    Args:
        logits: (N, P, H, W), before the softmax over each map.
        points: (N, P, 2) true (x, y) in heat-map pixels; whole numbers are pixel centres.
        weights: (N, P) at least 0; a point outside of its map counts nothing.
        sigma: standard deviation of the Gaussian around the true point, in heat-map pixels.

    Returns:
        Two scalars, weighted means over the points: the divergence of each map's softmax from
        the Gaussian (their cross-entropy less the Gaussian's own entropy, so that 0 is reached)
        in nats, and the distance along x and y of the map's mean from the point in heat-map
        pixels.
    """
    height, width = logits.shape[-2:]
    # Matrix products would fall back to bfloat16 under autocast.
    with torch.autocast(logits.device.type, enabled=False):
        x, y = _gaussian(points[..., 0], width, sigma), _gaussian(points[..., 1], height, sigma)
        low = F.log_softmax(logits.float().flatten(2), 2).unflatten(2, (height, width))
        # The Gaussian is a product of its axes, so its map is never drawn.
        cross = -((y.unsqueeze(2) @ low).squeeze(2) * x).sum(2)
        entropy = _entropy(x) + _entropy(y)
        mass = low.exp()
        mean = torch.stack([_mean(mass.sum(2)), _mean(mass.sum(3))], 2)
        far = F.smooth_l1_loss(mean, points, reduction="none").sum(2)
        counted = weights * _inside(points, width, height)
        total = counted.sum().clamp(min=1e-6)
        divergence = ((cross - entropy) * counted).sum() / total
        return divergence, (far * counted).sum() / total


def _gaussian(centre: Tensor, size: int, sigma: float) -> Tensor:
    """(N, P, size): a Gaussian around (N, P) centres on one axis, of sum 1."""
    at = torch.arange(size, device=centre.device, dtype=centre.dtype)
    # As a softmax, which is a whole distribution even for a centre far outside.
    return F.softmax(-((at - centre.unsqueeze(2)) ** 2) / (2 * sigma**2), 2)


def _entropy(share: Tensor) -> Tensor:
    return -torch.special.xlogy(share, share).sum(2)


def _mean(mass: Tensor) -> Tensor:
    return mass @ torch.arange(mass.shape[2], device=mass.device, dtype=mass.dtype)


def _inside(points: Tensor, width: int, height: int) -> Tensor:
    x, y = points.unbind(2)
    return (x >= -0.5) & (y >= -0.5) & (x <= width - 0.5) & (y <= height - 0.5)
