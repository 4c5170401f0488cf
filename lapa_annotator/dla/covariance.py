"""How the errors of two points go together: what is assumed before any has been seen.

Errors of near points are alike, more so along one curve; every part also errs as a whole. As
corrections come in, what they show takes the place of this assumption (``prior``).
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.dla.frame import mean_shape
from lapa_annotator.domain.landmarks import Points
from lapa_annotator.domain.schema import GROUPS, N_POINTS, PARTS, Part

Array = NDArray[np.float64]

# Shares of the variance: what the whole face has in common, neighbours, one curve, each point.
_FACE, _NEAR, _CURVE, _OWN = 0.4, 0.1, 0.3, 0.15
# How far each reaches, in inter-ocular distances.
_FACE_REACH, _NEAR_REACH, _CURVE_REACH = 0.6, 0.15, 0.15
# The same for what a part does in its own way, half of it along its curve.
_OWN_FACE_REACH, _OWN_CURVE_REACH = 0.6, 0.3


def gaussian_kernel(points: Points, reach: float) -> Array:
    """(n, n) likeness of (n, 2) points: 1 at the same place, falling with distance / ``reach``."""
    distance = np.linalg.norm(points[:, None] - points[None], axis=2)
    return np.asarray(np.exp(-0.5 * (distance / reach) ** 2))


@cache
def assumed_correlation() -> Array:
    """(106, 106) correlation of the errors of two points, the same in x and in y."""
    points = mean_shape()
    total = _FACE * gaussian_kernel(points, _FACE_REACH)
    total += _NEAR * gaussian_kernel(points, _NEAR_REACH) + _OWN * np.eye(N_POINTS)
    for part in PARTS:
        total[np.ix_(part.indices, part.indices)] += _CURVE * _along(points, part, _CURVE_REACH)
    total /= total[0, 0]
    total.setflags(write=False)
    return total


@cache
def own_correlation() -> Array:
    """(106, 106) correlation of errors that a part of the face has to itself.

    They go together within the contour, the brows, the nose, the eyes and the mouth, and say
    nothing of another part: a contour that is drawn by another rule is one.
    """
    points = mean_shape()
    total = np.zeros((N_POINTS, N_POINTS))
    for group in GROUPS.values():
        here = np.ix_(group, group)
        total[here] += 0.5 * gaussian_kernel(points[list(group)], _OWN_FACE_REACH)
    for part in PARTS:
        here = np.ix_(part.indices, part.indices)
        total[here] += 0.5 * _along(points, part, _OWN_CURVE_REACH)
    spread = np.sqrt(np.diag(total))
    total /= np.outer(spread, spread)
    total.setflags(write=False)
    return total


def _along(points: Points, part: Part, reach: float) -> Array:
    """Likeness by the way along a part's curve; exponential, which is valid on closed ones too."""
    line = points[list(part.indices)]
    ends = np.vstack([line, line[:1]]) if part.closed else line
    steps = np.linalg.norm(np.diff(ends, axis=0), axis=1)
    place = np.concatenate([[0.0], np.cumsum(steps)])
    way = np.abs(place[: len(line), None] - place[None, : len(line)])
    if part.closed:
        way = np.minimum(way, place[-1] - way)
    return np.asarray(np.exp(-way / reach))


def assumed_covariance(deviation: Array) -> Array:
    """(212, 212) covariance of errors x0, y0, x1, … for (212,) standard deviations."""
    return np.asarray(np.outer(deviation, deviation) * in_both_axes(assumed_correlation()))


def in_both_axes(correlation: Array) -> Array:
    """(2n, 2n) correlation of x0, y0, x1, … that is the same in x and in y, from (n, n)."""
    return np.asarray(np.kron(correlation, np.eye(2)))
