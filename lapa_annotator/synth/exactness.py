"""How well points and label map of a rendered face agree, in pixels."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.classes import Label
from lapa_annotator.synth.face import RenderedFace
from lapa_annotator.synth.points import OUTLINE_POINTS

Array = NDArray[np.float64]

_JAW = tuple(range(7, 26))
"""Points of the contour below the ears, where skin ends at the neck or the background."""


def outline_distances(face: RenderedFace) -> dict[int, Array]:
    """Distances of visible outline points from the border of their class, by class.

    Borders run between pixels. A point that something else hides, or whose class cannot be
    seen beside it, is left out: there is no border of its class to compare with.
    """
    found = {}
    for label, points in {**OUTLINE_POINTS, Label.SKIN: _JAW}.items():
        head = face.labels == label
        if label == Label.SKIN:
            # The face with all its parts; hair before or behind it is not a part of it.
            head = (face.labels != Label.BACKGROUND) & (face.labels != Label.HAIR)
        if head.sum() < 12:
            continue
        kept = [p for p in points if face.visibility[p] == 2]
        if kept:
            found[int(label)] = _to_border(face.points[kept], head)
    return found


def _to_border(points: Array, mask: NDArray[np.bool_]) -> Array:
    """Distances in pixels of (n, 2) points from the border of a mask."""
    scale = 4
    large = np.kron(mask.astype(np.uint8), np.ones((scale, scale), dtype=np.uint8))
    edge = large ^ cv2.erode(large, np.ones((3, 3), np.uint8))
    far = cv2.distanceTransform(1 - edge, cv2.DIST_L2, 5)
    at = np.round((points + 0.5) * scale - 0.5).astype(int)
    at = np.clip(at, 0, np.array(large.shape[::-1]) - 1)
    distance: Array = far[at[:, 1], at[:, 0]].astype(np.float64) / scale
    return distance
