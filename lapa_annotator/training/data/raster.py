"""Painting many small triangles with a depth buffer: where a warped picture's pixels come from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.intp]

_BUCKETS = (2, 3, 4, 6, 8, 12, 16, 32, 64, 128)
_SLACK = 1e-9


def rasterise(
    vertices: Array, triangles: Index, values: Array, size: tuple[int, int]
) -> tuple[Array, Array]:
    """Paint triangles, nearer ones over farther ones.

    Args:
        vertices: (V, 3) float64: x, y in pixels (whole numbers are pixel centres) and depth,
            smaller nearer.
        triangles: (T, 3) indices of vertices; those wider than 128 pixels are left out.
        values: (V, C) float64, interpolated linearly within each triangle.
        size: (width, height) in pixels.

    Returns:
        (H, W, C) float64 values, NaN where nothing is painted, and (H, W) depth, inf there.
    """
    width, height = size
    corners = vertices[triangles]
    low = np.ceil(np.maximum(corners[..., :2].min(axis=1), 0)).astype(np.intp)
    high = np.floor(np.minimum(corners[..., :2].max(axis=1), (width - 1, height - 1)))
    extent = (high - low).max(axis=1).astype(np.intp) + 1
    usable = ((high - low) >= 0).all(axis=1)
    pieces = []
    least = 0
    for most in _BUCKETS:
        chosen = np.flatnonzero(usable & (extent > least) & (extent <= most))
        if chosen.size:
            pieces.append(_cover(chosen, corners, low, most, size))
        least = most
    painted = np.full((height * width, values.shape[1]), np.nan)
    depth = np.full(height * width, np.inf)
    if pieces:
        place, triangle, share, far = (
            np.concatenate(column) for column in zip(*pieces, strict=True)
        )
        # Far to near: of several writes to one pixel the last one stays.
        order = np.argsort(-far, kind="stable")
        place, triangle, share = place[order], triangle[order], share[order]
        painted[place] = (values[triangles[triangle]] * share[..., None]).sum(axis=1)
        depth[place] = far[order]
    return painted.reshape(height, width, -1), depth.reshape(height, width)


def _cover(
    chosen: Index, corners: Array, low: Index, most: int, size: tuple[int, int]
) -> tuple[Index, Index, Array, Array]:
    """The pixels under triangles that span up to ``most`` pixels.

    Returns:
        Index of the pixel, of the triangle, (n, 3) shares of its corners, and the depth.
    """
    steps = np.stack(np.meshgrid(np.arange(most), np.arange(most)), axis=-1).reshape(-1, 2)
    pixels = low[chosen][:, None] + steps
    a, b, c = (corners[chosen, k, None, :2] for k in range(3))
    whole = _cross(b - a, c - a)
    with np.errstate(divide="ignore", invalid="ignore"):
        u, v = _cross(c - b, pixels - b) / whole, _cross(a - c, pixels - c) / whole
        share = np.stack([u, v, 1 - u - v], axis=-1)
    inside = (share >= -_SLACK).all(axis=-1) & (pixels < size).all(axis=-1)
    which, step = np.nonzero(inside)
    x, y = pixels[which, step].T
    share = share[which, step]
    far = (corners[chosen[which], :, 2] * share).sum(axis=1)
    return y * size[0] + x, chosen[which], share, far


def _cross(p: Array, q: Array) -> Array:
    found: Array = p[..., 0] * q[..., 1] - p[..., 1] * q[..., 0]
    return found
