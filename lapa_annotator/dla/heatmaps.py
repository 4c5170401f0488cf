"""Heat maps: points drawn as Gaussians, and read back below a pixel.

A network's heat map has a quarter of its crop's side. Whole numbers are pixel centres in both,
so heat-map pixel h is crop pixel 4h + 1.5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SIDE = 64
STRIDE = 4
SIGMA = 1.4
# Half the side of the window that a point is read from: 11x11 measured better than 3x3 to 7x7.
_REACH = 5
_OFFSETS = np.arange(-_REACH, _REACH + 1)
_STEPS = 6

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Decoded:
    """What heat maps say of their points.

    Attributes:
        points: (P, 2) float64, (x, y) in heat-map pixels.
        confidence: (P,) float64, the share of the map around its maximum, in [0, 1].
        entropy: (P,) float64 of the whole map, in nats.
    """

    points: Array
    confidence: Array
    entropy: Array


def to_heatmap(crop_points: Array) -> Array:
    """Bring (..., 2) points from crop pixels to heat-map pixels."""
    return (crop_points - (STRIDE - 1) / 2) / STRIDE


def from_heatmap(heatmap_points: Array) -> Array:
    """Bring (..., 2) points from heat-map pixels to crop pixels."""
    return heatmap_points * STRIDE + (STRIDE - 1) / 2


def encode(points: Array, size: int = SIDE, sigma: float = SIGMA) -> NDArray[np.float32]:
    """Draw points as Gaussians.

    Args:
        points: (P, 2) float64, (x, y) in heat-map pixels.
        size: side of the maps.
        sigma: standard deviation in heat-map pixels.

    Returns:
        (P, size, size) float32; each map sums to 1, or to 0 where its point lies outside of it.
    """
    at = np.arange(size)
    x, y = (np.exp(-((at - points[:, k, None]) ** 2) / (2 * sigma**2)) for k in (0, 1))
    inside = ((points >= -0.5) & (points <= size - 0.5)).all(axis=1)
    total = np.where(inside, x.sum(axis=1) * y.sum(axis=1), np.inf)
    return np.asarray(y[:, :, None] * (x / total[:, None])[:, None, :], dtype=np.float32)


def decode(logits: NDArray[np.float32], sigma: float = SIGMA) -> Decoded:
    """Read the points of heat maps: a local soft-argmax of the maps' third power.

    What spreads widely around a maximum draws its mean away from the most likely place, most on
    turned heads; the third power does not let it (docs/decisions/0196).

    The mean over a window around the maximum is drawn to the window's middle by what the
    window cuts off, most at the edge of the map. The mean that a Gaussian of the training
    targets' width would have there is known, so this is undone.

    Args:
        logits: (P, h, w) float32, before the softmax over each map.
        sigma: standard deviation of the training targets in heat-map pixels.
    """
    count, height, width = logits.shape
    flat = logits.reshape(count, -1)
    peak = flat.argmax(axis=1)
    low = flat - flat[np.arange(count), peak][:, None]
    mass = np.exp(low)
    total = mass.sum(axis=1, dtype=np.float64)
    entropy = np.log(total) - np.einsum("ij,ij->i", mass, low) / total
    row, column = peak // width, peak % width
    rows, columns = row[:, None] + _OFFSETS, column[:, None] + _OFFSETS
    inside = _within(rows, height)[:, :, None] & _within(columns, width)[:, None, :]
    rows, columns = rows.clip(0, height - 1), columns.clip(0, width - 1)
    here = np.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]
    window = np.where(inside, mass.reshape(logits.shape)[here], 0).astype(np.float64)
    sharp = window * window * window
    narrow = sigma / 3**0.5
    x = _centre(sharp.sum(axis=1), column, width, narrow)
    y = _centre(sharp.sum(axis=2), row, height, narrow)
    confidence = np.minimum(window.sum(axis=(1, 2)) / total, 1.0)
    return Decoded(np.stack([x, y], axis=1), confidence, np.maximum(entropy, 0.0))


def _within(places: NDArray[np.intp], size: int) -> NDArray[np.bool_]:
    return (places >= 0) & (places < size)


def _centre(mass: Array, peak: NDArray[np.intp], size: int, sigma: float) -> Array:
    """Centres (P,) of the Gaussians whose share in the window has the mean of ``mass``.

    Args:
        mass: (P, 11) along one axis, around the peaks.
        peak: (P,) place of the maxima.
        size: length of the axis.
        sigma: standard deviation of the Gaussians.
    """
    seen = _within(peak[:, None] + _OFFSETS, size)
    mean = mass @ _OFFSETS / mass.sum(axis=1)
    centre = mean.copy()
    for _ in range(_STEPS):
        share = np.where(seen, np.exp(-((_OFFSETS - centre[:, None]) ** 2) / (2 * sigma**2)), 0)
        share /= share.sum(axis=1, keepdims=True)
        at = share @ _OFFSETS
        spread = np.maximum(share @ _OFFSETS**2 - at**2, 0.1)
        centre = np.clip(centre + (mean - at) * sigma**2 / spread, -0.5 - peak, size - 0.5 - peak)
    return np.asarray(centre + peak)
