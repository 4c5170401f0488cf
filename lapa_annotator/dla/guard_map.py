"""The guard's look at landmarks against an eleven-class label map of the same image."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from lapa_annotator.dla.guard import Kind, Problem
from lapa_annotator.domain.labelmap import LabelMap
from lapa_annotator.domain.landmarks import Landmarks, Points
from lapa_annotator.domain.schema import MIRROR, PART_BY_NAME

# Name, points that move with it, outline, classes it covers, classes of its mirror image.
_AREAS: tuple[tuple[str, tuple[int, ...], tuple[int, ...], tuple[int, ...], tuple[int, ...]], ...]
_AREAS = (
    ("left eyebrow", tuple(range(33, 42)), PART_BY_NAME["left eyebrow"].indices, (2,), (3,)),
    ("right eyebrow", tuple(range(42, 51)), PART_BY_NAME["right eyebrow"].indices, (3,), (2,)),
    ("left eye", (*range(66, 75), 104), PART_BY_NAME["left eye"].indices, (4,), (5,)),
    ("right eye", (*range(75, 84), 105), PART_BY_NAME["right eye"].indices, (5,), (4,)),
    ("nose", tuple(range(51, 66)), (51, *PART_BY_NAME["nose base"].indices), (6,), ()),
    ("mouth", tuple(range(84, 104)), PART_BY_NAME["outer lip"].indices, (7, 8, 9), ()),
)
# Less overlap (intersection over union) than this disagrees; a class that covers less than this
# share of the outline's area is hidden or closed, and says nothing.
_OVERLAP, _SEEN, _SWAPPED = 0.12, 0.3, 0.3


def find_disagreements(landmarks: Landmarks, labels: LabelMap) -> list[Problem]:
    """Find the parts of a face that a label map has elsewhere.

    Args:
        landmarks: of a face; other faces of the image may be in the map too.
        labels: (H, W) uint8 class ids of the image, made without these landmarks.
    """
    return list(_disagreements(landmarks.points, labels))


def _disagreements(points: Points, labels: LabelMap) -> Iterator[Problem]:
    reach = _reach(points, labels.shape)
    for name, indices, outline, classes, others in _AREAS:
        drawn = _drawn(points[list(outline)], labels.shape)
        area = int(drawn.sum())
        if not area:
            continue
        there = np.isin(labels, classes) & reach
        if others and _overlap(drawn, np.isin(labels, others)) > _SWAPPED:
            chosen = tuple(sorted({*indices, *MIRROR[list(indices)].tolist()}))
            message = f"the label map has the other {name.split()[-1]} where the {name} is"
            swapped = points[MIRROR[list(chosen)]]
            yield Problem(Kind.MAP, message, chosen, "swap the sides", swapped)
        elif there.sum() > _SEEN * area and _overlap(drawn, there) < _OVERLAP:
            y, x = np.nonzero(there)
            here = points[list(indices)]
            off = np.array([x.mean(), y.mean()]) - points[list(outline)].mean(axis=0)
            message = f"the label map has the {name} elsewhere"
            yield Problem(Kind.MAP, message, indices, "move it there", here + off)


def _drawn(outline: Points, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    mask = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(np.clip(outline, -1e5, 1e5)).astype(np.int32)], 1)
    return mask.astype(bool)


def _reach(points: Points, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """The surroundings of a face, in which a class is this face's."""
    low, high = points.min(axis=0), points.max(axis=0)
    x0, y0 = np.maximum(low - 0.1 * (high - low), 0).astype(int)
    x1, y1 = np.maximum(high + 0.1 * (high - low), 0).astype(int) + 1
    mask = np.zeros(shape[:2], bool)
    mask[y0:y1, x0:x1] = True
    return mask


def _overlap(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    either = int((a | b).sum())
    return float((a & b).sum()) / either if either else 0.0
