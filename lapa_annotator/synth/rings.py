"""Points and closed outlines."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def inside(ring: Array, points: Array) -> NDArray[np.bool_]:
    """Which (n, 2) points lie in a closed (m, 2) ring, by the even-odd rule."""
    odd = np.zeros(len(points), dtype=bool)
    x, y = points[:, 0], points[:, 1]
    for a, b in zip(ring, np.roll(ring, -1, axis=0), strict=True):
        if a[1] != b[1]:
            crosses = (a[1] > y) != (b[1] > y)
            odd ^= crosses & (x < a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]))
    return odd
