"""Propagation: one corrected point repairs its neighbours.

The points that nobody has touched are re-estimated from all fixed ones together: the mean of
the prior's Gaussian over proposal errors, given the errors at the fixed points. It starts from
the proposal every time, so the order of the corrections makes no difference, and a touched
point never moves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.dla.doubt import chance_within, good_enough
from lapa_annotator.dla.prior import Frame, Prior
from lapa_annotator.domain.edits import SetPoints
from lapa_annotator.domain.face import Face, Pose
from lapa_annotator.domain.landmarks import Landmarks, Origin, Points
from lapa_annotator.domain.schema import N_POINTS

Array = NDArray[np.float64]
Place = Sequence[float] | Array

HAND = 0.004
"""Standard deviation of a point set by hand, in inter-ocular distances of a frontal face."""

# Points that were picked because they looked worst are worse than the rest of their face: how
# the variance of the rest falls with their number. Fitted to a simulated annotator's picks.
_PICKED = -0.7
# A propagated point that would move less than this many pixels is left where it is.
_LEAST = 0.01


@dataclass(frozen=True, eq=False)
class Estimate:
    """Where all points of a face are thought to be.

    Attributes:
        points: (106, 2) float64 in image pixels; fixed points are where they were fixed.
        deviation: (106,) float64 standard deviation of either coordinate in image pixels, 0 for
            fixed points.
        freedom: degrees of freedom of the t distribution that the errors have.
    """

    points: Points
    deviation: Array
    freedom: float

    def chance_within(self, radius: float) -> Array:
        """(106,) chance that a point lies within ``radius`` image pixels of the truth."""
        return chance_within(radius, self.deviation, self.freedom)


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

    Raises:
        ValueError: a strength outside of 0 to 1.
    """

    def __init__(
        self, prior: Prior, proposal: Landmarks, pose: Pose | None = None, strength: float = 1.0
    ) -> None:
        if not 0 <= strength <= 1:
            raise ValueError(f"the strength of propagation lies between 0 and 1, got {strength}")
        self.proposal = proposal
        self._strength = strength
        frame = Frame.of(proposal.points, proposal.confidence, pose)
        self._there, self._back = frame.to_canonical, frame.to_canonical.inverse()
        self._base = self._there.apply(proposal.points)
        self._covariance = prior.covariance
        self._mean = prior.mean(frame)
        self._scale, self._freedom = prior.scale(frame)
        self._given = _given(self._covariance, ())

    def move(self, fixed: Mapping[int, Place], picked: int | None = None) -> Estimate:
        """Estimate all points of the face, given those that are fixed.

        A further call with the same points at other places, as in every step of a drag, costs
        some microseconds.

        Args:
            fixed: index -> (x, y) in image pixels of every point that a person has set; none
                gives the proposal with its mean error taken off.
            picked: how many of them were set because they looked wrong, not because it was
                their turn to be looked at; all when left out. It concerns the deviations alone.
        """
        indices = tuple(sorted(fixed))
        if indices != self._given.indices:
            self._given = _given(self._covariance, indices)
        given, chosen = self._given, list(indices)
        places = np.array([fixed[i] for i in indices], dtype=np.float64).reshape(-1, 2)
        error = (self._there.apply(places) - self._base[chosen]).ravel()
        residual = error - self._mean.reshape(-1, 2)[chosen].ravel()
        shift = (self._mean + given.gain @ residual).reshape(N_POINTS, 2)
        here, origin = self._back.apply(self._strength * shift), (self._back.tx, self._back.ty)
        points = self.proposal.points + (here - origin)
        points[chosen] = places
        freedom = self._freedom + residual.size
        known = self._freedom * self._scale + float(residual @ given.inverse @ residual)
        scale = known / freedom * (1 + (len(chosen) if picked is None else picked)) ** _PICKED
        held = (1 - self._strength) ** 2 * (shift * shift).sum(axis=1) / 2
        deviation = np.sqrt(scale * given.deviation**2 + held) * self._back.scale
        deviation[chosen] = 0
        return Estimate(points, deviation, freedom)

    def edit(self, face: Face, dragged: SetPoints) -> SetPoints:
        """One edit of a drag and of what it brings along; undone as one.

        Args:
            face: the face as it stands, with landmarks.
            dragged: what the hand did to some of its points.

        Returns:
            ``dragged`` with the points added that nobody has touched and that move, origin
            propagated; their confidence is the chance to be within 5 % of the inter-ocular
            distance.

        Raises:
            ValueError: the face has no landmarks.
        """
        if face.landmarks is None:
            raise ValueError("the face has no points yet")
        after = face.landmarks.put(dragged.after)
        hands = np.flatnonzero(after.touched).tolist()
        estimate = self.move({i: after.points[i] for i in hands})
        far = np.abs(estimate.points - after.points).max(axis=1) >= _LEAST
        moved = np.flatnonzero(far & ~after.touched).tolist()
        taken = [i for i in moved if i not in dragged.after.indices]
        if not taken:
            return dragged
        near = estimate.chance_within(good_enough(after))
        n, by = len(taken), dragged.after
        following = replace(
            after.take(taken),
            points=np.round(estimate.points[taken], 3),
            confidence=near[taken],
            origin=np.full(n, Origin.PROPAGATED, np.uint8),
            annotator=by.annotator[:1] * n,
            time=np.full(n, by.time.max()),
        )
        everything = after.put(following)
        indices = (*dragged.after.indices, *taken)
        return SetPoints(face.id, face.landmarks.take(indices), everything.take(indices))


def _given(covariance: Array, indices: tuple[int, ...]) -> _Given:
    rows = np.array([2 * i + k for i in indices for k in (0, 1)], dtype=np.intp)
    inverse = np.linalg.inv(covariance[np.ix_(rows, rows)] + HAND**2 * np.eye(rows.size))
    gain = covariance[:, rows] @ inverse
    left = np.diag(covariance) - np.einsum("ij,ij->i", gain, covariance[:, rows])
    deviation = np.sqrt(np.maximum(left, 0).reshape(-1, 2).mean(axis=1))
    return _Given(indices, gain, np.asarray(inverse), np.asarray(deviation))
