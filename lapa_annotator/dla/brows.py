"""Eyebrows put where their hair is.

The mesh's brow is a strip of the forehead that moves with the muscle; how high in it the hair
grows differs from person to person. LaPa's outline follows the hair, which is darker than the
skin above and below it. Each end of the brow is moved across it to where this contrast is
greatest, a little at most: where there is no contrast (fair hair, a fringe) it stays.
"""

from __future__ import annotations

from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.landmarks import Points
from lapa_annotator.runtime.crops import Image

Array = NDArray[np.float64]

# Upper and lower edge of each brow, tip to inner end; the tip itself; the lid below.
_BROWS = (
    ((34, 35, 36, 37), (41, 40, 39, 38), 33, (67, 68, 69)),
    ((45, 44, 43, 42), (47, 48, 49, 50), 46, (76, 77, 78)),
)
# Faces below this size in pixels show no brow. All lengths below are in units of the face's
# size: half the width of the strip looked at, and how far an end may move.
_LEAST_SIZE = 20
_REACH = 0.16
_MOST = 0.07
_STEPS = 9
_GROWTHS = (1.0, 1.2, 1.45)
_ROWS, _COLUMNS = 41, 24
# What a move costs in contrast, per squared unit of length; the second term keeps the ends
# together. Contrast itself is a share of the skin's brightness.
_COST, _COST_OF_TILT, _COST_OF_GROWTH = 12.0, 8.0, 0.5
_LEAST_CONTRAST = 0.03
# A brow that would sink by more of its distance to the eye has found the lashes.
_MOST_OF_GAP = 0.35


def follow_brow_hair(image: Image, points: Points) -> Points:
    """Return (106, 2) points with the eyebrows (33-50) moved onto their hair.

    Args:
        image: (H, W, 3) uint8 RGB.
        points: (106, 2) float64 in image pixels.
    """
    across = points[79] - points[66]
    down = points[[84, 90]].mean(axis=0) - points[[66, 79]].mean(axis=0)
    # Between the eyes' outer corners, or from eyes to mouth when the head is turned.
    size = max(float(np.hypot(*across)), 1.3 * float(np.hypot(*down)))
    if size < _LEAST_SIZE:
        return points
    moved = points.copy()
    for upper, lower, tip, lid in _BROWS:
        edges = points[list(upper)], points[list(lower)], points[list(lid)]
        found = _search(image, edges, down, size)
        if found is None:
            continue
        outer, inner, growth = found
        along = np.linspace(0, 1, len(upper))[:, None]
        shift = outer * (1 - along) + inner * along
        wider = (points[list(lower)] - points[list(upper)]) * (growth - 1) / 2
        moved[list(upper)] += shift - wider
        moved[list(lower)] += shift + wider
        moved[tip] += outer
    return moved


def _search(
    image: Image, edges: tuple[Array, Array, Array], down: Array, size: float
) -> tuple[Array, Array, float] | None:
    """How far the outer and the inner end of a brow move (pixels), and its growth in width."""
    upper, lower, lid = edges
    middle = _along((upper + lower) / 2)
    across = _normal(middle, down)
    half = np.abs(_along(lower - upper) @ across) / 2
    strip = _strip(image, middle, across, size)
    light = np.percentile(strip, 75, axis=0)
    dark = np.clip((light - strip) / np.maximum(light, 20), -0.3, 0.6)
    sums = np.concatenate([np.zeros((1, _COLUMNS)), np.cumsum(dark, axis=0)])
    steps = np.linspace(-_MOST, _MOST, _STEPS)
    outer, inner, growth = np.array(list(product(steps, steps, _GROWTHS))).T
    along = np.linspace(0, 1, _COLUMNS)
    offset = (np.outer(outer, 1 - along) + np.outer(inner, along)) * size
    # Rows of the strip per pixel; row _ROWS / 2 is the middle of the proposed brow.
    scale = (_ROWS - 1) / (2 * _REACH * size)
    rim = np.outer(growth, half) * scale
    top, bottom = (offset * scale + side * rim + _ROWS / 2 for side in (-1, 1))
    area = np.maximum(2 * rim.sum(axis=1), 1e-6)
    around = _sum(sums, top - rim, top) + _sum(sums, bottom, bottom + rim)
    contrast = (_sum(sums, top, bottom) - around).sum(axis=1) / area
    cost = _COST * (outer**2 + inner**2) + _COST_OF_TILT * (outer - inner) ** 2
    best = int(np.argmax(contrast - cost - _COST_OF_GROWTH * np.log(growth) ** 2))
    gap = float((lid.mean(axis=0) - lower.mean(axis=0)) @ across)
    drop = (outer[best] + inner[best]) / 2 * size + (growth[best] - 1) * half.mean()
    if contrast[best] < _LEAST_CONTRAST or drop > _MOST_OF_GAP * gap:
        return None
    return outer[best] * size * across, inner[best] * size * across, float(growth[best])


def _along(edge: Array) -> Array:
    """(n, 2) points of an edge, spread to one per column of the strip."""
    at = np.linspace(0, len(edge) - 1, _COLUMNS)
    return np.stack([np.interp(at, np.arange(len(edge)), edge[:, k]) for k in (0, 1)], axis=1)


def _normal(middle: Array, down: Array) -> Array:
    """The unit vector across a brow that points down the face."""
    direction = middle[-1] - middle[0]
    normal = np.array([-direction[1], direction[0]]) / max(float(np.hypot(*direction)), 1e-6)
    return normal if normal @ down > 0 else -normal


def _strip(image: Image, middle: Array, across: Array, size: float) -> Array:
    """(rows, columns) brightness 0-255 of the strip around a brow, rows going down the face."""
    offsets = np.linspace(-_REACH, _REACH, _ROWS) * size
    places = (middle[None] + offsets[:, None, None] * across).astype(np.float32)
    blurred = cv2.GaussianBlur(
        cv2.cvtColor(_around(image, places), cv2.COLOR_RGB2GRAY), (0, 0), max(0.6, size / 150)
    )
    corner = np.floor(np.clip(places.min(axis=(0, 1)) - 8, 0, None))
    local = places - corner.astype(np.float32)
    sampled = cv2.remap(
        blurred, local[..., 0], local[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(sampled, dtype=np.float64)


def _around(image: Image, places: NDArray[np.float32]) -> Image:
    """The part of the image that holds the places, with a rim for the blur."""
    x0, y0 = np.floor(np.clip(places.min(axis=(0, 1)) - 8, 0, None)).astype(int)
    x1, y1 = np.ceil(places.max(axis=(0, 1)) + 9).astype(int)
    part = image[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)]
    return part if part.size else image[-1:, -1:]


def _sum(sums: Array, first: Array, last: Array) -> Array:
    """Sums of the strip between fractional rows, (k, columns), from its cumulated rows."""

    def upto(row: Array) -> Array:
        row = np.clip(row, 0, _ROWS)
        low = np.minimum(row.astype(int), _ROWS - 1)
        columns = np.broadcast_to(np.arange(_COLUMNS), row.shape)
        part = row - low
        value: Array = sums[low, columns] * (1 - part) + sums[low + 1, columns] * part
        return value

    return upto(last) - upto(first)
