"""Clearing a segmentation of what does not belong to the face: islands, specks, neighbours."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.landmarks import Points

BACKGROUND, SKIN, HAIR = 0, 1, 2
"""Channels of a segmentation."""

_SPECK = 0.02
_REACH = 0.2
_SMALL = 0.1


def keep_what_belongs_to_the_face(
    probabilities: NDArray[np.uint8], points: Points
) -> NDArray[np.uint8]:
    """Clear specks, and hair and skin that are not attached to the face.

    Args:
        probabilities: (h, w, 3) uint8: background, skin, hair.
        points: (106, 2) landmarks in pixels of the array.

    Returns:
        A copy in which specks (below 0.02 of the face's size, squared) take the class around
        them, and skin and hair that lie apart from the face become background.
    """
    out = probabilities.copy()
    labels = out.argmax(axis=2).astype(np.uint8)
    hull = cv2.convexHull(np.round(np.clip(points, -1e4, 1e4)).astype(np.int32))
    head = cv2.fillConvexPoly(np.zeros(labels.shape, np.uint8), hull, 1)
    size = float(np.ptp(points, axis=0).max())
    _absorb_specks(out, labels, (_SPECK * size) ** 2)
    for channel in (SKIN, HAIR):
        mask = (labels == channel).astype(np.uint8)
        kept = _attached(mask, head, size, whole=channel == HAIR)
        stray = (mask > 0) & ~kept
        # The soft rim of an island would otherwise come back as a ring.
        rim = cv2.dilate(stray.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        out[rim & ((labels == BACKGROUND) | stray)] = (255, 0, 0)
        labels[stray] = BACKGROUND
        head[kept] = 1
    return out


def _attached(
    mask: NDArray[np.uint8], head: NDArray[np.uint8], size: float, whole: bool
) -> NDArray[np.bool_]:
    """The components of a mask that belong to a head.

    They touch it, or come within a fifth of the face's size of it: a forehead behind a fringe,
    an ear behind a strand. At such a distance a large patch of skin is somebody else's face,
    so only ``whole`` takes large components along.
    """
    count, parts, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    # Not a dilation: with a kernel as wide as that it takes seconds on large canvases.
    near = cv2.distanceTransform((head == 0).view(np.uint8), cv2.DIST_L2, 5) <= _REACH * size
    kept = np.zeros(count, bool)
    kept[np.unique(parts[near])] = True
    if not whole:
        kept &= stats[:, cv2.CC_STAT_AREA] < (_SMALL * size) * size
    kept[np.unique(parts[head > 0])] = True
    kept[0] = False
    return np.asarray(kept[parts])


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
