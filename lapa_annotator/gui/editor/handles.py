"""Geometry of a selection's handles: four corners that scale, a knob that turns."""

from __future__ import annotations

import math

import numpy as np

from lapa_annotator.domain.geometry import Similarity
from lapa_annotator.domain.landmarks import Points

KNOB = 4
"""Index of the handle that turns; 0-3 are the corners, clockwise from the top left."""

_AWAY = 14.0
_KNOB_AWAY = 24.0
_LEAST_SCALE = 0.05
_STEP = 15.0


def handle_places(points: Points, scale: float) -> Points:
    """Where the handles of a selection are.

    Args:
        points: (n, 2) selected points, photo pixels.
        scale: screen pixels per photo pixel; the frame keeps a distance on screen.

    Returns:
        (5, 2): corners clockwise from the top left, then the knob above the middle.
    """
    away = _AWAY / scale
    (x0, y0), (x1, y1) = points.min(axis=0) - away, points.max(axis=0) + away
    knob = ((x0 + x1) / 2, y0 - _KNOB_AWAY / scale)
    return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1), knob])


def handle_transform(
    handles: Points, index: int, grabbed: Points, now: Points, shift: bool
) -> Similarity:
    """The transform that follows a handle from where it was grabbed to where the hand is.

    A corner scales about the opposite corner, with Shift about the middle; the knob turns about
    the middle, with Shift in steps of 15 degrees.

    Args:
        handles: (5, 2) places of the handles when the gesture began.
        index: the handle.
        grabbed, now: (2,) places of the hand, photo pixels.
        shift: whether Shift is held.
    """
    middle = handles[:4].mean(axis=0)
    if index == KNOB:
        turn = _angle(now - middle) - _angle(grabbed - middle)
        turn = _STEP * round(turn / _STEP) if shift else turn
        return _about(middle, 1.0, turn)
    fixed = middle if shift else handles[(index + 2) % 4]
    along = grabbed - fixed
    factor = float((now - fixed) @ along / max(along @ along, 1e-9))
    return _about(fixed, max(factor, _LEAST_SCALE), 0.0)


def _angle(vector: Points) -> float:
    return math.degrees(math.atan2(vector[1], vector[0]))


def _about(centre: Points, scale: float, degrees: float) -> Similarity:
    place = (float(centre[0]), float(centre[1]))
    return Similarity.about(place, place, scale, degrees)
