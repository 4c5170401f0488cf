"""The coarse stage: a crop for each face that keeps all of its hair (LaPa, section 3.2(1)).

A network finds hair and skin on the whole picture. What belongs to one face, its box
included, gives the crop that the fine stage sees; other people's hair and skin stay out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.geometry import Similarity, square_crop
from lapa_annotator.domain.landmarks import Points
from lapa_annotator.ppa.frame import FaceFrame
from lapa_annotator.runtime.crops import Image, cut


class Foreground(Protocol):
    """Tells hair and skin from everything else on a whole picture.

    Attributes:
        name: the model version.
        size: side of the picture it wants, in pixels.
    """

    name: str
    size: int

    def foreground(self, picture: Image) -> NDArray[np.float32]:
        """Find hair and skin on (size, size, 3) uint8 RGB.

        Returns:
            (size, size) float32 probabilities.
        """
        ...


_SMALL_FACE = 6.0
"""A face smaller than this share (1 / 6) of a picture is looked for in a part of it."""
_REACH = 0.25
"""Hair within this distance of a face belongs to it, in units of the face's size."""
_FACE_MARGIN = 0.2
"""The box of the points is grown by this on each side: a forehead and ears are never lost."""
_MARGIN = 0.08
_LEAST, _MOST = 2.6, 5.0
"""No crop is smaller or larger than this, in units of the face's size."""


@dataclass(frozen=True, slots=True)
class _View:
    """What the coarse network saw: the transform from image to its pixels, and the mask."""

    to_view: Similarity
    mask: NDArray[np.uint8]


def head_crop(
    image: Image, points: Points, others: Sequence[Points], network: Foreground
) -> FaceFrame:
    """Where the head of a face lies, hair included.

    Args:
        image: (H, W, 3) uint8 RGB.
        points: (106, 2) landmarks in image pixels.
        others: the landmarks of the other faces of the image.
        network: the coarse network.

    Returns:
        The upright square around all that belongs to the face: its centre, side and roll.
    """
    frame = FaceFrame.of(points)
    view = _look(image, frame, network)
    own = _own(view, points, others)
    turn = Similarity.about(frame.centre, (0.0, 0.0), 1.0, -frame.roll)
    upright = turn.apply(points)
    grown = _FACE_MARGIN * frame.size
    low, high = upright.min(axis=0) - grown, upright.max(axis=0) + grown
    rows, columns = np.nonzero(own)
    if rows.size:
        head = view.to_view.inverse().then(turn).apply(np.c_[columns, rows].astype(np.float64))
        head = np.clip(head, -_MOST / 2 * frame.size, _MOST / 2 * frame.size)
        half = 0.5 / view.to_view.scale
        low = np.minimum(low, head.min(axis=0) - half)
        high = np.maximum(high, head.max(axis=0) + half)
    centre = turn.inverse().apply((low + high) / 2)
    side = max((1 + 2 * _MARGIN) * float((high - low).max()), _LEAST * frame.size)
    return FaceFrame((float(centre[0]), float(centre[1])), side, frame.roll)


def _look(image: Image, frame: FaceFrame, network: Foreground) -> _View:
    """The whole picture, or the part around a face that would be too small in it."""
    height, width = image.shape[:2]
    whole = float(max(height, width))
    if frame.size * _SMALL_FACE >= whole:
        to_view = square_crop(((width - 1) / 2, (height - 1) / 2), whole, network.size)
    else:
        to_view = square_crop(frame.centre, _SMALL_FACE * frame.size, network.size)
    said = network.foreground(cut(image, to_view, network.size))
    return _View(to_view, (said > 0.5).astype(np.uint8))


def _own(view: _View, points: Points, others: Sequence[Points]) -> NDArray[np.bool_]:
    """The part of the foreground that belongs to a face: attached to it, and nobody else's."""
    shape = view.mask.shape
    here = view.to_view.apply(points)
    theirs = nearer_to_others(shape, here, [view.to_view.apply(p) for p in others])
    mask = view.mask * np.uint8(1) if theirs is None else view.mask * (~theirs).view(np.uint8)
    _, parts = cv2.connectedComponents(mask, connectivity=8)
    reach = distance_to(shape, here) <= _REACH
    kept = np.zeros(int(parts.max()) + 1, bool)
    kept[np.unique(parts[reach])] = True
    kept[0] = False
    return np.asarray(kept[parts])


def distance_to(shape: tuple[int, ...], points: Points) -> NDArray[np.float32]:
    """(h, w) distance of each pixel to a face's hull, in units of the face's size.

    Args:
        shape: (h, w) of the pixels.
        points: (106, 2) landmarks in those pixels; they may lie outside.
    """
    near = np.round(np.clip(points, -1e4, 1e4)).astype(np.int32)
    hull = cv2.convexHull(near)
    outside = cv2.fillConvexPoly(np.ones(shape[:2], np.uint8), hull, 0)
    size = max(1.0, float(np.ptp(points, axis=0).max()))
    if outside.all():
        # The hull lies beyond the pixels: measured from its centre instead.
        y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
        cx, cy = points.mean(axis=0)
        away = np.maximum(np.hypot(x - cx, y - cy) - size / 2, 0)
        return np.asarray(away / size, np.float32)
    return np.asarray(cv2.distanceTransform(outside, cv2.DIST_L2, 5) / size, np.float32)


def nearer_to_others(
    shape: tuple[int, ...], points: Points, others: Sequence[Points]
) -> NDArray[np.bool_] | None:
    """Where another face is nearer than the own, each measured in its own size.

    Args:
        shape: (h, w) of the pixels.
        points: (106, 2) landmarks of the own face in those pixels.
        others: landmarks of the other faces in those pixels.

    Returns:
        (h, w) bool; None where no other face can be nearer.
    """
    high = np.array([shape[1], shape[0]], np.float64)
    close = [p for p in others if _reaches(p, high)]
    if not close:
        return None
    own = distance_to(shape, points)
    nearest = np.minimum.reduce([distance_to(shape, p) for p in close])
    return np.asarray(nearest < own)


def _reaches(points: Points, high: NDArray[np.float64]) -> bool:
    """Whether a face, grown by its own size, reaches into pixels from 0 to ``high``."""
    size = float(np.ptp(points, axis=0).max())
    return bool(
        ((points.max(axis=0) + size > 0) & (points.min(axis=0) - size < high)).all() and size > 0
    )
