"""Propagation: one corrected point repairs its neighbours.

The points that nobody has touched are re-estimated from all fixed ones together: the mean of
the prior's Gaussian over proposal errors, given the errors at the fixed points. A touched
point never moves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.dla.prior import Frame, Prior
from lapa_annotator.domain.edits import Gesture, SetPoints
from lapa_annotator.domain.face import Face, Pose
from lapa_annotator.domain.landmarks import Landmarks, Origin, Points
from lapa_annotator.domain.schema import N_POINTS

Array = NDArray[np.float64]
Place = Sequence[float] | Array

HAND = 0.004
"""Standard deviation of a point set by hand, in inter-ocular distances of a frontal face."""


@dataclass(frozen=True, eq=False)
class _Given:
    """What is known once certain points are fixed, wherever they are."""

    indices: tuple[int, ...]
    gain: Array  # (212, 2m): how all errors follow those of the fixed points
    inverse: Array  # (2m, 2m): of the covariance of the fixed points' errors
    deviation: Array  # (106,) standard deviation left at scale 1, canonical units


class Propagator:
    """Re-estimates one face's untouched points while its others are dragged.

    Args:
        prior: how the proposer's errors go together.
        proposal: the points as they were proposed.
        pose: the head's pose; estimated from the points where none is given.
        strength: how far untouched points follow, from 0 (they stay) to 1.
    """

    def __init__(
        self, prior: Prior, proposal: Landmarks, pose: Pose | None = None, strength: float = 1.0
    ) -> None:
        if not 0 <= strength <= 1:
            raise ValueError(f"the strength of propagation lies between 0 and 1, got {strength}")
        self._prior = prior
        self.proposal = proposal
        self.strength = strength
        self._frame = Frame.of(proposal.points, proposal.confidence, pose)
        self._back = self._frame.to_canonical.inverse()
        self._base = self._frame.to_canonical.apply(proposal.points)
        self._mean = prior.mean(self._frame)
        self._scale, self._freedom = prior.scale(self._frame)
        self._given = _given(prior.covariance, ())

    def move(self, fixed: Mapping[int, Place]) -> tuple[Points, Array]:
        """Estimate all points of the face, given those that are fixed.

        A further call with the same points at other places, as in every step of a drag, costs
        a few microseconds.

        Args:
            fixed: index -> (x, y) in image pixels, every point that a person has set.

        Returns:
            (106, 2) float64 points in image pixels, the fixed ones where they are; and (106,)
            float64, the standard deviation of each coordinate in image pixels, 0 for fixed ones.
        """
        if not fixed:
            return self._placed(self._mean, self._given if not self._given.indices else None)
        indices = tuple(sorted(fixed))
        if indices != self._given.indices:
            self._given = _given(self._prior.covariance, indices)
        given, chosen = self._given, list(indices)
        places = np.array([fixed[i] for i in indices], dtype=np.float64).reshape(-1, 2)
        error = self._frame.to_canonical.apply(places) - self._base[chosen]
        residual = error.ravel() - self._mean.reshape(-1, 2)[chosen].ravel()
        points, deviation = self._placed(self._mean + given.gain @ residual, given)
        points[chosen] = places
        far = float(residual @ given.inverse @ residual)
        seen = self._freedom * self._scale + far
        deviation *= np.sqrt(seen / (self._freedom + residual.size) / self._scale)
        return points, deviation

    def freedom(self, fixed: int) -> float:
        """Degrees of freedom of the t distribution of errors after ``fixed`` points are set."""
        return self._freedom + 2 * fixed

    def _placed(self, error: Array, given: _Given | None) -> tuple[Points, Array]:
        """Points and deviations in image pixels for canonical errors of all points."""
        given = given or _given(self._prior.covariance, ())
        moved = self.strength * error.reshape(N_POINTS, 2)
        held = (1 - self.strength) * np.linalg.norm(error.reshape(N_POINTS, 2), axis=1)
        deviation = np.sqrt(self._scale * given.deviation**2 + held**2 / 2)
        deviation[list(given.indices)] = 0
        return self._back.apply(self._base + moved), deviation * self._back.scale


def _given(covariance: Array, indices: tuple[int, ...]) -> _Given:
    left = np.diag(covariance).copy()
    rows = np.array([2 * i + k for i in indices for k in (0, 1)], dtype=np.intp)
    if not rows.size:
        deviation = np.sqrt(left.reshape(-1, 2).mean(axis=1))
        return _Given((), np.zeros((len(left), 0)), np.zeros((0, 0)), deviation)
    inverse = np.linalg.inv(covariance[np.ix_(rows, rows)] + HAND**2 * np.eye(rows.size))
    gain = covariance[:, rows] @ inverse
    left -= np.einsum("ij,ij->i", gain, covariance[:, rows])
    deviation = np.sqrt(np.maximum(left, 0).reshape(-1, 2).mean(axis=1))
    return _Given(indices, gain, inverse, deviation)
