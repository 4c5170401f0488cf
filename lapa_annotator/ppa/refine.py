"""Crisp edges: a segmentation brought to the picture's own resolution by the picture itself.

The guided filter (He et al., 2013) in its fast form: where colours change, probabilities
change with them. Coefficients are made where the network saw, and used where the picture is.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lapa_annotator.runtime.crops import Image

Plane = NDArray[np.float32]


def refine(
    probabilities: NDArray[np.float32], guide: Image, radius: int = 3, smoothness: float = 3e-5
) -> NDArray[np.uint8]:
    """Refine probabilities by the edges of the picture they were found on.

    Args:
        probabilities: (h, w, 3) float32, as the network gave them; background first.
        guide: (H, W, 3) uint8 RGB of the same crop; H ≥ h and W ≥ w.
        radius: of the windows, in pixels of the probabilities.
        smoothness: variance of a colour in [0, 1] below which it is no edge.

    Returns:
        (H, W, 3) uint8, 0-255 for 0-1, that add up to 255.
    """
    height, width = guide.shape[:2]
    h, w = probabilities.shape[:2]
    fine = guide.astype(np.float32) * np.float32(1 / 255)
    seen = fine if (h, w) == (height, width) else cv2.resize(fine, (w, h), interpolation=_AREA)
    mean, inverse = _colours(seen, radius, smoothness)
    skin, hair = (
        _applied(_line(seen, mean, inverse, cv2.extractChannel(probabilities, k), radius), fine)
        for k in (1, 2)
    )
    # Where the two add up to more than all, hair leaves what it is sure of.
    skin = cv2.min(skin, cv2.bitwise_not(hair))
    background = cv2.bitwise_not(cv2.add(skin, hair))
    return np.asarray(cv2.merge([background, skin, hair]), np.uint8)


def _applied(line: tuple[Plane, Plane], fine: Plane) -> NDArray[np.uint8]:
    """The line from colour to probability, used on every pixel of the picture: (H, W) uint8."""
    height, width = fine.shape[:2]
    slope, offset = (cv2.resize(x * np.float32(255), (width, height)) for x in line)
    # A product by colour, added up by a transform with a single row.
    total = cv2.transform(cv2.multiply(slope, fine), np.ones((1, 3), np.float32))
    return np.asarray(cv2.add(total, offset, dtype=cv2.CV_8U), np.uint8)


_AREA = cv2.INTER_AREA
# Below this share of the product of variances a determinant of single precision says nothing.
_POOR = 1e-5


def _box(x: NDArray[np.float32], radius: int) -> NDArray[np.float32]:
    return np.asarray(cv2.blur(x, (2 * radius + 1, 2 * radius + 1)), np.float32)


def _colours(guide: Plane, radius: int, smoothness: float) -> tuple[Plane, Plane]:
    """Mean colour (h, w, 3) and inverse covariance (h, w, 3, 3) of the windows."""
    mean = _box(guide, radius)
    second = np.empty((*guide.shape[:2], 3, 3), np.float32)
    for i in range(3):
        for j in range(i, 3):
            both = _box(guide[..., i] * guide[..., j], radius) - mean[..., i] * mean[..., j]
            second[..., i, j] = second[..., j, i] = both
    second += np.float32(smoothness) * np.eye(3, dtype=np.float32)
    return mean, _inverse(second)


def _inverse(m: Plane) -> Plane:
    """The inverse of symmetric, positive 3x3 matrices, by cofactors: LAPACK is ten times slower.

    Where colours lie on a line, as at a hard edge without colour, a determinant of single
    precision may vanish, and what is divided by it would spread; there it is made of double.
    """
    a, b, c, d, e, f = (m[..., i, j] for i, j in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)))
    out = np.empty_like(m)
    out[..., 0, 0], out[..., 1, 1], out[..., 2, 2] = d * f - e * e, a * f - c * c, a * d - b * b
    out[..., 0, 1] = out[..., 1, 0] = c * e - b * f
    out[..., 0, 2] = out[..., 2, 0] = b * e - c * d
    out[..., 1, 2] = out[..., 2, 1] = b * c - a * e
    det = a * out[..., 0, 0] + b * out[..., 0, 1] + c * out[..., 0, 2]
    poor = det < _POOR * a * d * f
    if m.dtype == np.float32 and poor.any():
        det[poor] = 1.0
        out /= det[..., None, None]
        out[poor] = _inverse(m[poor].astype(np.float64))
        return out
    out /= det[..., None, None]
    return out


def _line(
    guide: Plane, mean: Plane, inverse: Plane, plane: Plane, radius: int
) -> tuple[Plane, Plane]:
    """The line from colour to probability that fits best around each pixel, smoothed."""
    middle = _box(plane, radius)
    both = _box(guide * plane[..., None], radius) - mean * middle[..., None]
    slope = np.einsum("hwij,hwj->hwi", inverse, both)
    offset = middle - (slope * mean).sum(axis=2)
    return _box(np.asarray(slope, np.float32), radius), _box(offset, radius)
