"""The upright square crop that landmark networks see; training cuts the same one."""

from __future__ import annotations

import math

from lapa_annotator.domain.geometry import Box, Similarity, square_crop
from lapa_annotator.domain.landmarks import Points

SIZE = 256
"""Side of the crop in pixels."""

MARGIN = 1.5
"""Side of the crop over the larger side of the box around the points."""

_EYES = (tuple(range(66, 74)), tuple(range(75, 83)))
_MOUTH = tuple(range(84, 96))


def face_crop(points: Points, size: int = SIZE, margin: float = MARGIN) -> Similarity:
    """The transform from a picture to the upright crop around a face's points.

    The box around the points is taken with the face turned upright; the crop is centred on it.

    Args:
        points: (106, 2) float64 in image pixels.
        size: side of the crop in pixels.
        margin: side of the crop over the larger side of the box.

    Raises:
        ValueError: points that all coincide.
    """
    roll = roll_of(points)
    level = Similarity.about((0, 0), (0, 0), 1, -roll)
    turned = level.apply(points)
    low, high = turned.min(axis=0), turned.max(axis=0)
    x, y = level.inverse().apply((low + high) / 2)
    return square_crop((float(x), float(y)), margin * float((high - low).max()), size, roll)


def box_crop(box: Box, size: int = SIZE, margin: float = MARGIN) -> Similarity:
    """The transform from a picture to the crop around a face box, turned by the box's roll.

    Args:
        box: the face box in image pixels.
        size: side of the crop in pixels.
        margin: side of the crop over the larger side of the box.
    """
    return square_crop(box.centre, margin * max(box.width, box.height), size, box.roll)


def roll_of(points: Points) -> float:
    """Roll of a face in degrees, clockwise as seen, from its (106, 2) points.

    The line of the eyes and the line from eyes to mouth are added up as they are: on a
    profile the first is short and uncertain, and counts for less.
    """
    left, right = (points[list(eye)].mean(axis=0) for eye in _EYES)
    across, down = right - left, points[list(_MOUTH)].mean(axis=0) - (left + right) / 2
    return math.degrees(math.atan2(across[1] - down[0], across[0] + down[1]))
