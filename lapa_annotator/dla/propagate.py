"""Propagation: one corrected point repairs its neighbours.

The points that nobody has touched are re-estimated from all fixed ones together: the mean of
the prior's Gaussian over proposal errors, times that of what faces look like (``shape``), given
the errors at the fixed points. It starts from the proposal every time, so the order of the
corrections makes no difference, and a touched point never moves.

What the prior has learned may not hold for these faces: their contour may be drawn by another
rule. So every part may also err in a way of its own, which moves the rest of the part and no
other one. How much, is told by how badly the fixed points fit the prior without it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.dla.covariance import in_both_axes, own_correlation
from lapa_annotator.dla.doubt import chance_within, good_enough
from lapa_annotator.dla.prior import Frame, Prior
from lapa_annotator.dla.shape import Shapes
from lapa_annotator.domain.edits import SetPoints
from lapa_annotator.domain.face import Face, Pose
from lapa_annotator.domain.landmarks import Landmarks, Origin, Points
from lapa_annotator.domain.schema import N_POINTS

Array = NDArray[np.float64]
Place = Sequence[float] | Array

HAND = 0.004
"""Standard deviation of a point set by hand, in inter-ocular distances of a frontal face."""

# Standard deviations, in the same unit, that parts may err by in their own way: all are tried.
_OWN_WAYS = (0.0, 0.02, 0.04, 0.08, 0.16, 0.3)
# Half of all faces are thought to have no such errors beforehand.
_LOG_LIKELY = np.log([0.5, *(0.1,) * 5])
_OWN: Array = in_both_axes(own_correlation())

# Points that were picked because they looked worst are worse than the rest of their face: how
# the variance of the rest falls with their number. Fitted to a simulated annotator's picks.
_PICKED = -0.7
_SMALLEST = 1e-9
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
class _Way:
    """What is known once certain points are fixed, if parts err by so much in their own way."""

    own: float  # the variance of these errors
    inverse: Array  # (2m, 2m): of the covariance of the fixed points' errors
    log_root: float  # half the logarithm of that covariance's determinant
    variance: Array  # (106,) left at scale 1, canonical units


@dataclass(frozen=True, eq=False)
class _Given:
    """What is known once certain points are fixed, wherever they are."""

    indices: tuple[int, ...]
    tied: Array  # (212, 2m): covariance of all errors with those of the fixed points
    own: Array  # (212, 2m): how they are correlated in the parts' own ways
    ways: tuple[_Way, ...]


class Propagator:
    """Re-estimates one face's untouched points while its others are dragged.

    Args:
        prior: how the proposer's errors go together.
        proposal: the points as they were proposed.
        shapes: how faces look, for what errors alone do not tell; nothing is known without.
        pose: the head's pose; estimated from the points where none is given.
        strength: how far untouched points follow, from 0 (they stay) to 1.

    Raises:
        ValueError: a strength outside of 0 to 1.
    """

    def __init__(
        self,
        prior: Prior,
        proposal: Landmarks,
        shapes: Shapes | None = None,
        pose: Pose | None = None,
        strength: float = 1.0,
    ) -> None:
        if not 0 <= strength <= 1:
            raise ValueError(f"the strength of propagation lies between 0 and 1, got {strength}")
        self.proposal = proposal
        self._strength = strength
        frame = Frame.of(proposal.points, proposal.confidence, pose)
        self._there, self._back = frame.to_canonical, frame.to_canonical.inverse()
        self._base = self._there.apply(proposal.points)
        self._covariance = prior.covariance(frame.turn)
        self._mean = prior.mean(frame)
        self._scale, self._freedom = prior.scale(frame)
        self._unproven = np.ones(N_POINTS)
        # Points that all coincide, which no face has, look like none.
        if shapes is not None and np.ptp(proposal.points, axis=0).max() > 0:
            self._expect(*shapes.expected(proposal.points, self._there))
        self._given = _given(self._covariance, ())

    def _expect(self, places: Array, covariance: Array) -> None:
        """Take in what faces look like: the truth lies (212,) so with this covariance, too."""
        errs = self._scale * self._covariance
        gain = np.linalg.solve(errs + covariance, errs).T
        self._mean = self._mean + gain @ (places - self._base.ravel() - self._mean)
        left = (errs - gain @ errs) / self._scale
        before = self._covariance
        self._covariance = (left + left.T) / 2 + _SMALLEST * np.eye(len(left))
        grown = np.diag(before) / np.diag(self._covariance)
        self._unproven = np.sqrt(grown.reshape(N_POINTS, 2).mean(axis=1))

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
        force, own_force, variance = self._weighed(residual)
        shift = (self._mean + given.tied @ force + given.own @ own_force).reshape(N_POINTS, 2)
        here, origin = self._back.apply(self._strength * shift), (self._back.tx, self._back.ty)
        points = self.proposal.points + (here - origin)
        points[chosen] = places
        easier = (1 + (len(chosen) if picked is None else picked)) ** _PICKED
        # Until a touched point has shown how far this face errs, shapes are half believed in this.
        variance = variance if chosen else variance * self._unproven
        held = (1 - self._strength) ** 2 * (shift * shift).sum(axis=1) / 2
        deviation = np.sqrt(variance * easier + held) * self._back.scale
        deviation[chosen] = 0
        return Estimate(points, deviation, self._freedom + residual.size)

    def _weighed(self, residual: Array) -> tuple[Array, Array, Array]:
        """Weigh the ways in which parts may err by how well they explain the fixed points.

        Args:
            residual: (2m,) errors of the fixed points beyond the mean.

        Returns:
            (2m,) what the covariance and (2m,) what the own ways turn into shifts; (106,) the
            variance that is left.
        """
        ways, freedom = self._given.ways, self._freedom
        after = freedom + residual.size
        forces = [way.inverse @ residual for way in ways]
        known = [freedom * self._scale + float(residual @ force) for force in forces]
        fit = _LOG_LIKELY[: len(ways)] - [way.log_root for way in ways] - after / 2 * np.log(known)
        shares = np.exp(fit - fit.max())
        shares /= shares.sum()
        force, own_force = np.zeros((2, residual.size))
        for way, share, pull in zip(ways, shares, forces, strict=True):
            force += share * pull
            own_force += share * way.own * pull
        # Not a mean over all ways: an unlikely wide one would drown the likely ones.
        best = int(shares.argmax())
        return force, own_force, known[best] / after * ways[best].variance

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
    tied, own = covariance[:, rows], _OWN[:, rows]
    ways = _OWN_WAYS if indices else _OWN_WAYS[:1]
    return _Given(indices, tied, own, tuple(_way(covariance, tied, own, rows, w) for w in ways))


def _way(
    covariance: Array, tied: Array, own: Array, rows: NDArray[np.intp], deviation: float
) -> _Way:
    way = deviation**2
    both = tied + way * own
    root = np.linalg.cholesky(both[rows] + HAND**2 * np.eye(rows.size))
    inverse_root = np.linalg.inv(root)
    explained = both @ inverse_root.T
    # Nothing was seen of the own ways of parts in which no point is fixed.
    seen = (own != 0).any(axis=1)
    left = np.diag(covariance) + way * seen - (explained * explained).sum(axis=1)
    variance = np.maximum(left, 1e-12).reshape(-1, 2).mean(axis=1)
    log_root = float(np.log(np.diag(root)).sum())
    return _Way(way, inverse_root.T @ inverse_root, log_root, variance)
