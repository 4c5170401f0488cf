"""The frame that the anatomy guard looks at a face in, and where points belong in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from lapa_annotator.dla.covariance import assumed_correlation
from lapa_annotator.dla.frame import mean_shape
from lapa_annotator.dla.pose import estimate_pose
from lapa_annotator.domain.geometry import Similarity
from lapa_annotator.domain.landmarks import Points
from lapa_annotator.domain.schema import N_POINTS

Array = NDArray[np.float64]

# How much a point may leave the smooth bend, of how much faces differ.
_LOOSE = 0.2


@dataclass(frozen=True, eq=False)
class Shape:
    """A face as the guard looks at it.

    Attributes:
        points: (106, 2) float64 in image pixels.
        upright: (106, 2) the same in the mean face's frame: inter-ocular distances of a frontal
            face, the head upright.
        back: the way from that frame to image pixels.
        yaw: how far the head is turned to either side, in degrees.
    """

    points: Points
    upright: Points
    back: Similarity
    yaw: float


def shape_of(points: Points) -> Shape:
    """Look at (106, 2) points, image pixels, as the guard does."""
    to_upright = robust_fit(points, mean_shape())
    yaw = abs(estimate_pose(points).yaw)
    return Shape(points, to_upright.apply(points), to_upright.inverse(), yaw)


def robust_fit(source: Points, target: Points) -> Similarity:
    """The similarity that brings most of (n, 2) ``source`` close to ``target``.

    Points that lie far off, measured in the target's units, count little.
    """
    weights = np.ones(len(source))
    for _ in range(6):
        fit = _weighted_fit(source, target, weights)
        off = np.linalg.norm(fit.apply(source) - target, axis=1)
        bound = max(0.05, float(np.median(off)))
        weights = 1 / (1 + (off / bound) ** 2) ** 2
    return fit


def _weighted_fit(source: Points, target: Points, weights: Array) -> Similarity:
    w = (weights / weights.sum())[:, None]
    ms, mt = (w * source).sum(axis=0), (w * target).sum(axis=0)
    s, t = source - ms, target - mt
    spread = float((w * s * s).sum())
    if spread == 0:
        return Similarity(1.0, 0.0, float(mt[0] - ms[0]), float(mt[1] - ms[1]))
    a = float((w * s * t).sum()) / spread
    b = float((w[:, 0] * (s[:, 0] * t[:, 1] - s[:, 1] * t[:, 0])).sum()) / spread
    if a == 0 and b == 0:
        a = 1e-6
    return Similarity(
        a, b, float(mt[0] - (a * ms[0] - b * ms[1])), float(mt[1] - (b * ms[0] + a * ms[1]))
    )


def expected(shape: Shape, wrong: Sequence[int]) -> Points:
    """Where points would lie if they followed all others: (n, 2) in the upright frame.

    The mean face, bent smoothly so that it passes near every other point.
    """
    chosen = np.array(wrong, dtype=np.intp)
    others = np.delete(np.arange(N_POINTS), chosen)
    off = shape.upright[others] - mean_shape()[others]
    tied = _bending()
    bent = np.linalg.solve(tied[np.ix_(chosen, chosen)], tied[np.ix_(chosen, others)] @ off)
    return np.asarray(mean_shape()[chosen] - bent)


@cache
def _bending() -> Array:
    """(106, 106) inverse covariance of how a face's points lie off the mean face's."""
    loose: Array = assumed_correlation() + _LOOSE**2 * np.eye(N_POINTS)
    return np.asarray(np.linalg.inv(loose))


def signed_distance(point: Array, outline: Points) -> float:
    """Distance of (2,) ``point`` to the closed (n, 2) ``outline``, negative outside."""
    ring = np.asarray(outline, np.float32)
    return float(cv2.pointPolygonTest(ring, (float(point[0]), float(point[1])), True))
