"""Clearing a segmentation of what does not belong to the face: islands, specks, neighbours."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.landmarks import Points

BACKGROUND, SKIN, HAIR = 0, 1, 2
"""Channels of a segmentation."""

_SPECK = 0.02
_REACH = {SKIN: 0.10, HAIR: 0.25}


def keep_what_belongs_to_the_face(
    probabilities: NDArray[np.uint8], points: Points
) -> NDArray[np.uint8]:
    """Clear specks, and hair and skin that are not attached to the face.

    Args:
        probabilities: (h, w, 3) uint8: background, skin, hair.
        points: (106, 2) landmarks in pixels of the array.

    Returns:
        A copy in which specks (below 0.02 of the face's size, squared) take the class around
        them, and skin and hair that do not reach the head become background. Reaching means
        coming within a tenth (skin) or a quarter (hair) of the face's size.
    """
    out = probabilities.copy()
    labels = out.argmax(axis=2).astype(np.uint8)
    hull = cv2.convexHull(np.round(np.clip(points, -1e4, 1e4)).astype(np.int32))
    head = cv2.fillConvexPoly(np.zeros(labels.shape, np.uint8), hull, 1)
    size = float(np.ptp(points, axis=0).max())
    _absorb_specks(out, labels, (_SPECK * size) ** 2)
    for channel in (SKIN, HAIR):
        reach = 2 * round(_REACH[channel] * size) + 1
        near = cv2.dilate(head, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
        mask = (labels == channel).astype(np.uint8)
        _, parts = cv2.connectedComponents(mask, connectivity=8)
        kept = np.unique(parts[(near > 0) & (mask > 0)])
        stray = (mask > 0) & ~np.isin(parts, kept)
        # The soft rim of an island would otherwise come back as a ring.
        rim = cv2.dilate(stray.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        out[rim & (labels != (HAIR if channel == SKIN else SKIN))] = (255, 0, 0)
        labels[stray] = BACKGROUND
    return out


def _absorb_specks(out: NDArray[np.uint8], labels: NDArray[np.uint8], area: float) -> None:
    """Give every component smaller than ``area`` pixels the class around it, in place."""
    specks = np.zeros(labels.shape, bool)
    for channel in (BACKGROUND, SKIN, HAIR):
        _, parts, stats, _ = cv2.connectedComponentsWithStats(
            (labels == channel).astype(np.uint8), connectivity=4
        )
        small = stats[:, cv2.CC_STAT_AREA] < area
        small[0] = False
        specks |= small[parts]
    if not specks.any() or specks.all():
        return
    _, nearest = cv2.distanceTransformWithLabels(
        specks.astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    class_of = np.zeros(int(nearest.max()) + 1, np.uint8)
    class_of[nearest[~specks]] = labels[~specks]
    labels[specks] = class_of[nearest[specks]]
    out[specks] = np.eye(3, dtype=np.uint8)[labels[specks]] * 255
