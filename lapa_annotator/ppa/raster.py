"""Rasterising polygons exactly: a pixel belongs to a polygon when its centre lies inside."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray


class Rect(NamedTuple):
    """A rectangle of pixels: columns x0 to x1 and rows y0 to y1, the ends excluded."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def empty(self) -> bool:
        """Whether it holds no pixel."""
        return self.x1 <= self.x0 or self.y1 <= self.y0

    @property
    def area(self) -> int:
        """How many pixels it holds."""
        return max(0, self.x1 - self.x0) * max(0, self.y1 - self.y0)

    @property
    def slices(self) -> tuple[slice, slice]:
        """The index (rows, columns) of the rectangle in an image."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)

    def clipped(self, other: Rect) -> Rect:
        """The part of it that lies in ``other``; empty when there is none."""
        x0, y0 = max(self.x0, other.x0), max(self.y0, other.y0)
        return Rect(x0, y0, max(x0, min(self.x1, other.x1)), max(y0, min(self.y1, other.y1)))

    def shifted(self, dx: int, dy: int) -> Rect:
        """The same rectangle, moved."""
        return Rect(self.x0 + dx, self.y0 + dy, self.x1 + dx, self.y1 + dy)

    def joined(self, other: Rect) -> Rect:
        """The smallest rectangle around both; an empty one adds nothing."""
        if self.empty or other.empty:
            return other if self.empty else self
        return Rect(
            min(self.x0, other.x0),
            min(self.y0, other.y0),
            max(self.x1, other.x1),
            max(self.y1, other.y1),
        )

    @classmethod
    def around(cls, points: NDArray[np.float64]) -> Rect:
        """The rectangle of all pixels whose centres (n, 2) points enclose; n may be 0."""
        if not len(points):
            return NOWHERE
        # Plain floats and bare reductions: this runs a dozen times in a step of a drag.
        x0, y0 = np.minimum.reduce(points).tolist()
        x1, y1 = np.maximum.reduce(points).tolist()
        left, top = math.ceil(_near(x0)), math.ceil(_near(y0))
        return cls(left, top, math.floor(_near(x1)) + 1, math.floor(_near(y1)) + 1)


def _near(value: float) -> float:
    """Beyond any picture the exact place no longer matters, but it must fit an integer."""
    return min(max(value, -1e9), 1e9)


NOWHERE = Rect(0, 0, 0, 0)


def apart(rects: Sequence[Rect]) -> list[Rect]:
    """Rectangles that cover what ``rects`` cover, and together little more; no empty ones.

    Two become one where the one around both is hardly larger than they are.
    """
    out: list[Rect] = []
    for rect in rects:
        if rect.empty:
            continue
        joined = rect
        for other in list(out):
            both = joined.joined(other)
            if both.area <= _ROOM * (joined.area + other.area) + _LITTLE:
                out.remove(other)
                joined = both
        out.append(joined)
    return out


# Every rectangle costs as much as this many pixels, however few it has.
_LITTLE = 10_000
_ROOM = 1.2


def fill_polygon(ring: NDArray[np.float64], rect: Rect) -> NDArray[np.bool_]:
    """Pixels of ``rect`` whose centres lie inside a closed polygon (even-odd rule).

    OpenCV's ``fillPoly`` paints the outline's own pixels as well and so grows every part by
    half a pixel all round, which a thin brow cannot bear; this samples at pixel centres.

    Args:
        ring: (n, 2) float64 vertices in image pixels, anywhere in the plane.
        rect: the pixels asked for.

    Returns:
        (rect height, rect width) bool.
    """
    height, width = max(0, rect.y1 - rect.y0), max(0, rect.x1 - rect.x0)
    # One column more, so that a run may end right of the last pixel and stay in its row.
    filled = np.zeros(height * (width + 1), np.bool_)
    if len(ring) > 2 and height and width:
        rows, columns = _crossings(ring, rect)
        ends = np.sort(rows * (width + 1) + columns)
        # Every row is crossed an even number of times: inside is from one to the next. Runs
        # are few beside pixels, so writing them beats summing up along whole rows.
        for start, end in zip(ends[::2].tolist(), ends[1::2].tolist(), strict=True):
            filled[start:end] = True
    return filled.reshape(height, width + 1)[:, :width]


def _crossings(ring: NDArray[np.float64], rect: Rect) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Row and first column right of each place where an edge crosses a row of pixel centres."""
    a, b = ring, np.concatenate([ring[1:], ring[:1]])
    low, high = np.minimum(a[:, 1], b[:, 1]), np.maximum(a[:, 1], b[:, 1])
    # A row on a vertex belongs to the edge above it alone: each crossing counts once.
    first, last = (_within(v, rect.y0, rect.y1) for v in (low, high))
    count = last - first
    edge = np.repeat(np.arange(len(a)), count)
    row = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + first[edge]
    slope = (b[edge, 0] - a[edge, 0]) / (b[edge, 1] - a[edge, 1])
    x = a[edge, 0] + (row - a[edge, 1]) * slope
    return row - rect.y0, _within(x, rect.x0, rect.x1) - rect.x0


def _within(values: NDArray[np.float64], low: int, high: int) -> NDArray[np.intp]:
    """The next whole numbers, kept between two; ``np.clip`` takes longer for so few."""
    return np.minimum(np.maximum(np.ceil(values), low), high).astype(np.intp)


class Fills:
    """Fills polygons as ``fill_polygon`` does, and remembers those that come again.

    In a step of a drag most outlines are those of the step before. A polygon is known by being
    the same array, which nobody may change; from the second time on all of it is kept.

    Args:
        image: no pixels outside of it are asked for.
    """

    def __init__(self, image: Rect) -> None:
        self._image = image
        self._kept: dict[int, tuple[NDArray[np.float64], Rect, NDArray[np.bool_] | None]] = {}

    def __call__(self, ring: NDArray[np.float64], rect: Rect) -> NDArray[np.bool_]:
        """See ``fill_polygon``; the answer is not to be written to."""
        known = self._kept.pop(id(ring), None)
        place, mask = (NOWHERE, None) if known is None else known[1:]
        if known is not None and mask is None:
            place = Rect.around(ring).clipped(self._image)
            mask = fill_polygon(ring, place)
            mask.setflags(write=False)
        # What comes again is put at the end; what has not come for long is forgotten.
        self._kept[id(ring)] = ring, place, mask
        if len(self._kept) > _MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        return fill_polygon(ring, rect) if mask is None else _cut(mask, place, rect)


_MOST_KEPT = 32


def _cut(mask: NDArray[np.bool_], place: Rect, rect: Rect) -> NDArray[np.bool_]:
    """What a mask of ``place`` says of ``rect``; nothing is set outside of it."""
    inner = rect.clipped(place)
    here = mask[inner.shifted(-place.x0, -place.y0).slices]
    if inner == rect:
        return here
    out = np.zeros((max(0, rect.y1 - rect.y0), max(0, rect.x1 - rect.x0)), np.bool_)
    if not inner.empty:
        out[inner.shifted(-rect.x0, -rect.y0).slices] = here
    return out


def put_label(out: NDArray[np.uint8], label: int, where: NDArray[np.bool_]) -> None:
    """Give the pixels of (h, w) uint8 ``out`` a label where a mask of the same shape is set."""
    if out.size:
        # NumPy's own masked copy takes ten times as long.
        cv2.copyTo(np.full(out.shape, label, np.uint8), where.view(np.uint8), out)
