"""Face boxes: the convention that detectors and proposers share, and merging.

The box of a face is the box around its 106 points: from the brows to the chin, from temple to
temple, with the far cheek's outline on a turned head.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lapa_annotator.domain.geometry import Box

# What the full-range detector calls a face reaches over the forehead: width and height of its
# box over those of the box around the points, and how much higher its centre lies, over that
# height. Medians on 879 portraits, where they spread by 0.06, 0.05 and 0.025.
_WIDER, _TALLER, _RAISED = 1.18, 1.21, 0.135

_SAME_FACE_IOU = 0.3
_AGREED_IOU = 0.4
_CONTAINED = 0.6


def without_forehead(box: Box) -> Box:
    """The box around the points of a face that the full-range detector has boxed in."""
    width, height = box.width / _WIDER, box.height / _TALLER
    return _along_face(box, width, height, _RAISED * height)


def with_forehead(box: Box) -> Box:
    """What the full-range detector would box in of a face whose points ``box`` surrounds."""
    return _along_face(box, box.width * _WIDER, box.height * _TALLER, -_RAISED * box.height)


def merge_boxes(boxes: list[Box]) -> list[Box]:
    """Merge boxes of the same face, weighted by score; one that lies in another goes.

    Args:
        boxes: boxes in one frame, in any order.

    Returns:
        One box a face, best score first.
    """
    left = sorted(boxes, key=lambda box: box.score, reverse=True)
    merged: list[Box] = []
    while left:
        best, *rest = left
        same = [best] + [b for b in rest if best.iou(b) > _SAME_FACE_IOU]
        left = [b for b in rest if b not in same and not _inside(b, best) and not _inside(best, b)]
        weights = np.array([b.score for b in same])
        edges = np.average([(b.x0, b.y0, b.x1, b.y1) for b in same], axis=0, weights=weights)
        x0, y0, x1, y1 = (float(edge) for edge in edges)
        merged.append(Box(x0, y0, x1, y1, best.score, best.roll))
    return merged


def agreed_boxes(looks: Sequence[Sequence[Box]]) -> list[Box]:
    """Bring together what several looks at the same picture say.

    Args:
        looks: the boxes of each look, all in one frame.

    Returns:
        One box for boxes that overlap, the best score first to choose: the mean of their edges
        weighted by score, the best one's roll, and as score the mean over all looks of what
        each says of it, 0 where it says nothing.
    """
    left = [(box, look) for look, boxes in enumerate(looks) for box in boxes]
    left.sort(key=lambda found: found[0].score, reverse=True)
    agreed: list[Box] = []
    while left:
        best = left[0][0]
        same = [(box, look) for box, look in left if best.iou(box) > _AGREED_IOU]
        left = [found for found in left if found not in same]
        said = {look: box.score for box, look in reversed(same)}
        weights = [box.score for box, _ in same]
        edges = np.average([(b.x0, b.y0, b.x1, b.y1) for b, _ in same], axis=0, weights=weights)
        x0, y0, x1, y1 = (float(edge) for edge in edges)
        agreed.append(Box(x0, y0, x1, y1, sum(said.values()) / len(looks), best.roll))
    return agreed


def _along_face(box: Box, width: float, height: float, down: float) -> Box:
    """A box of another size, its centre moved ``down`` pixels towards the chin."""
    roll = math.radians(box.roll)
    x, y = box.centre
    x, y = x - down * math.sin(roll), y + down * math.cos(roll)
    return replace(box, x0=x - width / 2, y0=y - height / 2, x1=x + width / 2, y1=y + height / 2)


def _inside(inner: Box, outer: Box) -> bool:
    w = min(inner.x1, outer.x1) - max(inner.x0, outer.x0)
    h = min(inner.y1, outer.y1) - max(inner.y0, outer.y0)
    return max(0.0, w) * max(0.0, h) > _CONTAINED * inner.area
