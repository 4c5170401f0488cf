"""Repairing a label map by hand: what a stroke covers, and what becomes of a class's edge.

Everything here works on pixels and knows no window. What comes out is an edit of the override
layer, so that points may move, segmentations be redone and the fusion run again, and the
repair stays.
"""

from __future__ import annotations

from collections.abc import Collection

import cv2
import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.classes import N_CLASSES
from lapa_annotator.domain.edits import SetOverride
from lapa_annotator.domain.face import Face
from lapa_annotator.domain.labelmap import LabelMap
from lapa_annotator.domain.landmarks import Points
from lapa_annotator.domain.override import UNSET, Patch
from lapa_annotator.ppa.raster import NOWHERE, Rect, fill_polygon

Mask = NDArray[np.bool_]

SMALLEST_RADIUS = 0.71
"""A disc of this radius covers a pixel centre wherever it lies: no stroke has gaps."""

_CORNERS = 32


class Stroke:
    """The pixels that a brush has gone over.

    Attributes:
        pixels: (H, W) uint8 of the whole photo, 1 where the brush was and may paint. The memory
            of what it never touches is not used.
        rect: the smallest rectangle known to hold all of it.

    Args:
        size: (width, height) of the photo in pixels.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        width, height = size
        # Rows of whole 32-bit words, so that a picture can share the memory.
        self.rows = np.zeros((height, (width + 3) // 4 * 4), np.uint8)
        self.pixels = self.rows[:, :width]
        self.rect = NOWHERE
        self._photo = Rect(0, 0, width, height)
        self._last: tuple[float, float, float] | None = None

    def to(self, x: float, y: float, radius: float) -> tuple[Rect, Mask]:
        """Draw the brush from where it was to (x, y), photo pixels.

        Returns:
            The rectangle that the step can have touched, and its pixels that the step covers:
            (h, w) bool.
        """
        here = (x, y, max(radius, SMALLEST_RADIUS))
        ring = _capsule(self._last or here, here)
        self._last = here
        return self.area(ring)

    def area(self, ring: Points) -> tuple[Rect, Mask]:
        """Cover the inside of a closed polygon (n, 2); return what ``to`` returns."""
        rect = Rect.around(ring).clipped(self._photo)
        covered = fill_polygon(ring, rect)
        self.rect = self.rect.joined(rect)
        return rect, covered

    def mark(self, rect: Rect, covered: Mask) -> None:
        """Take pixels into the stroke."""
        np.copyto(self.pixels[rect.slices], np.uint8(1), where=covered)

    def mask(self) -> Mask:
        """(h, w) bool: the pixels of ``rect`` that the stroke has."""
        return self.pixels[self.rect.slices].view(np.bool_)


def _capsule(a: tuple[float, float, float], b: tuple[float, float, float]) -> Points:
    """The outline of a disc (x, y, radius) on its way from ``a`` to ``b``."""
    angle = np.linspace(0, 2 * np.pi, _CORNERS, endpoint=False)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    both = np.vstack([circle * r + (x, y) for x, y, r in (a, b)])
    hull = cv2.convexHull(both.astype(np.float32))
    return np.asarray(hull, float).reshape(-1, 2)


def paintable(labels: LabelMap, over: Collection[int] | None) -> Mask:
    """(h, w) bool: where a brush that draws behind may paint.

    Args:
        labels: (h, w) label map as it is.
        over: the classes that it may paint over; None for all of them.
    """
    if over is None:
        return np.ones(labels.shape, bool)
    table = np.zeros(N_CLASSES, bool)
    table[list(over)] = True
    return table[labels]


def painted(face: Face, rect: Rect, mask: Mask, value: int) -> SetOverride | None:
    """Fix the pixels of ``mask`` (h, w), which lies at ``rect``, as a class or an occluder.

    Args:
        face: the face whose map is repaired.
        rect: a rectangle of the photo.
        mask: its pixels to be painted.
        value: a class id, an ``Occluder``, or ``UNSET`` to take repairs away.

    Returns:
        The edit, no larger than what it changes; None when nothing would change.
    """
    return _edit(face, rect, mask, np.uint8(value))


def relabelled(face: Face, rect: Rect, before: LabelMap, after: LabelMap) -> SetOverride | None:
    """Fix the pixels in which two label maps (h, w) of ``rect`` differ as ``after`` has them."""
    return _edit(face, rect, before != after, after)


def _edit(
    face: Face, rect: Rect, mask: Mask, values: NDArray[np.uint8] | np.uint8
) -> SetOverride | None:
    was = face.override.region(rect.x0, rect.y0, rect.x1 - rect.x0, rect.y1 - rect.y0)
    differs = was.values != values
    # In place: of a large brush's stroke a new array each time would take most of the time.
    differs &= mask
    changed = differs.view(np.uint8)
    x, y, width, height = cv2.boundingRect(changed)
    if not width:
        return None
    here = slice(y, y + height), slice(x, x + width)
    # Copies, or a history of small repairs would keep every layer that ever was.
    before = was.values[here].copy()
    after = np.broadcast_to(values, mask.shape)[here].copy()
    np.logical_not(differs, out=differs)
    # Many times as fast as NumPy's own copying by a mask.
    cv2.copyTo(before, changed[here], after)
    for side in (before, after):
        # Nobody else has them: a patch need not copy them.
        side.setflags(write=False)
    x, y = rect.x0 + x, rect.y0 + y
    return SetOverride(face.id, Patch(x, y, before), Patch(x, y, after))


def connected(labels: LabelMap, override: NDArray[np.uint8], seed: tuple[int, int]) -> Mask:
    """The region around a pixel that a fill takes: of one class, and as repaired as the seed.

    Args:
        labels: (h, w) label map.
        override: (h, w) what the override layer says there.
        seed: (x, y) of the pixel, within them.

    Returns:
        (h, w) bool; neighbours share an edge.
    """
    # Two bytes of one number: a repair's own value, or the class where nothing was repaired.
    kind = np.where(override == UNSET, labels.astype(np.int32), override.astype(np.int32) + 256)
    same = (kind == kind[seed[1], seed[0]]).astype(np.uint8)
    _, regions = cv2.connectedComponents(same, connectivity=4)
    found: Mask = regions == regions[seed[1], seed[0]]
    return found


# What an operation on a whole class makes of a label map: (h, w) in, (h, w) out.


def grown(labels: LabelMap, label: int, pixels: int = 1) -> LabelMap:
    """Let a class grow by so many pixels all round."""
    disc = _disc(pixels)
    larger = cv2.dilate((labels == label).astype(np.uint8), disc).astype(bool)
    return np.where(larger, np.uint8(label), labels)


def shrunk(labels: LabelMap, label: int, pixels: int = 1) -> LabelMap:
    """Let a class shrink by so many pixels; what it leaves goes to its nearest neighbour."""
    own = (labels == label).astype(np.uint8)
    smaller = cv2.erode(own, _disc(pixels), borderType=cv2.BORDER_REPLICATE).astype(bool)
    return _given_away(labels, (own > 0) & ~smaller, label)


def smoothed(labels: LabelMap, label: int, radius: float) -> LabelMap:
    """Round off a class's edge; details smaller than ``radius`` pixels go."""
    own = labels == label
    weight = cv2.GaussianBlur(own.astype(np.float32), (0, 0), max(radius, 0.5) / 2)
    kept = weight >= 0.5
    out = np.where(kept, np.uint8(label), labels)
    return _given_away(out, own & ~kept, label)


def without_specks(labels: LabelMap, label: int, area: float) -> LabelMap:
    """Give the islands of a class that are smaller than ``area`` pixels to their neighbours."""
    own = (labels == label).astype(np.uint8)
    _, regions, stats, _ = cv2.connectedComponentsWithStats(own, connectivity=8)
    small = stats[:, cv2.CC_STAT_AREA] < area
    small[0] = False
    return _given_away(labels, small[regions], label)


def _given_away(labels: LabelMap, left: Mask, label: int) -> LabelMap:
    """Each pixel of ``left`` takes the class of the nearest pixel of another class."""
    if not left.any() or (labels == label).all():
        return labels
    others = (labels == label).astype(np.uint8)
    _, nearest = cv2.distanceTransformWithLabels(
        others, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    of_place = np.zeros(int(nearest.max()) + 1, np.uint8)
    outside = others == 0
    of_place[nearest[outside]] = labels[outside]
    out: LabelMap = np.where(left, of_place[nearest], labels)
    return out


def _disc(radius: int) -> NDArray[np.uint8]:
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    disc: NDArray[np.uint8] = (np.hypot(x, y) <= radius + 0.5).astype(np.uint8)
    return disc
