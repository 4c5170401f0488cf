"""Head pose from the points: a rigid mean face under weak perspective."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.face import Pose

# Points that move little with expression: x right, y down, z away from the camera, in units of
# the inter-ocular distance, the mean of 440 frontal portraits and their mirror images.
_RIGID: dict[int, tuple[float, float, float]] = {
    33: (-0.619, -0.116, 0.010),
    37: (-0.164, -0.208, -0.216),
    42: (0.164, -0.208, -0.216),
    46: (0.619, -0.116, 0.010),
    51: (0.000, -0.030, -0.191),
    54: (0.000, 0.409, -0.430),
    58: (-0.241, 0.454, -0.171),
    60: (0.000, 0.547, -0.206),
    62: (0.241, 0.454, -0.171),
    66: (-0.500, 0.000, 0.082),
    70: (-0.198, 0.021, 0.023),
    75: (0.198, 0.021, 0.023),
    79: (0.500, 0.000, 0.082),
    84: (-0.367, 0.723, 0.114),
    90: (0.367, 0.723, 0.114),
}
_INDICES = np.array(list(_RIGID))
_MODEL = np.array(list(_RIGID.values()))


def estimate_pose(points: NDArray[np.float64], known: NDArray[np.intp] | None = None) -> Pose:
    """Estimate yaw, pitch and roll in degrees from (106, 2) points.

    An affine camera is fitted to the rigid points by least squares and brought to the nearest
    rotation. Points that all coincide give a frontal pose.

    Args:
        points: (106, 2) float64 points in pixels.
        known: indices of the points to believe; all of them without.
    """
    used = np.ones(len(_INDICES), bool) if known is None else np.isin(_INDICES, known)
    seen = points[_INDICES[used]]
    model = _MODEL[used] - _MODEL[used].mean(axis=0)
    camera, *_ = np.linalg.lstsq(model, seen - seen.mean(axis=0), rcond=None)
    u, stretch, vt = np.linalg.svd(camera.T, full_matrices=False)
    if stretch[0] <= 0:
        return Pose(0.0, 0.0, 0.0)
    x, y = u @ vt
    z = np.cross(x, y)
    yaw = math.degrees(math.atan2(z[0], z[2]))
    pitch = math.degrees(math.asin(float(np.clip(-z[1], -1, 1))))
    roll = math.degrees(math.atan2(-x[1], y[1]))
    return Pose(yaw, pitch, roll)
