"""The canonical frame of a face: where shapes and errors of different faces are compared.

Coordinates are those of the mean frontal face, centred, in units of its inter-ocular distance;
x points right and y down, and the head is upright. The frame is read off the inner points
(33-105), because the contour is what proposals miss most.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Pose
from lapa_annotator.domain.geometry import Similarity, fit_similarity
from lapa_annotator.domain.landmarks import Points, check_points
from lapa_annotator.domain.schema import INNER_POINTS, MIRROR, OUTER_EYE_CORNERS
from lapa_annotator.runtime.manifest import data_root

_INNER = np.array(INNER_POINTS)
MIRROR_SIGNS: NDArray[np.float64] = np.array([1.0, -1, 1, 1, -1, 1, -1, 1])
"""What mirroring a face does to its ``pose_features``."""


@cache
def mean_shape() -> Points:
    """The mean frontal face in its own frame: (106, 2) float64.

    Raises:
        InputError: the file of the installation is missing or damaged.
    """
    path = data_root("resources") / "mean_shape.txt"
    try:
        rows = path.read_text(encoding="ascii").splitlines()[1:]
        points = check_points([[float(v) for v in row.split()] for row in rows])
    except (OSError, ValueError) as error:
        remedy = "install the program again"
        raise InputError(path, f"the mean shape cannot be read ({error})", remedy) from error
    a, b = OUTER_EYE_CORNERS
    points = (points - points[_INNER].mean(axis=0)) / float(np.hypot(*(points[a] - points[b])))
    shape: Points = points
    shape.setflags(write=False)
    return shape


def canonical(points: Points) -> Similarity:
    """The transform from image pixels to the canonical frame of (106, 2) points.

    Points that all coincide, which no face has, are taken as they are about their place.
    """
    inner = points[_INNER]
    if np.ptp(inner, axis=0).max() == 0:
        return Similarity(1.0, 0.0, float(-inner[0, 0]), float(-inner[0, 1]))
    return fit_similarity(inner, mean_shape()[_INNER])


def pose_features(pose: Pose) -> NDArray[np.float64]:
    """(8,) float64 terms of yaw and pitch that the mean error of a proposal is linear in."""
    y, p = np.clip([pose.yaw / 45, pose.pitch / 30], -2, 2)
    return np.array([1.0, y, y * y, abs(y) ** 3, y**3, p, y * p, p * p])


def mirrored(shapes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mirror (..., 106, 2) shapes or displacements of the canonical frame, left to right."""
    return np.asarray(shapes[..., MIRROR, :] * np.array([-1.0, 1.0]))
