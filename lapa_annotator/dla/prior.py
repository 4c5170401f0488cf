"""The prior: how a proposer's errors go together, learned from corrected faces.

The error of a face (truth minus proposal in the canonical frame, 212 numbers) is Gaussian about
a mean that is linear in the head's pose and in the proposed shape, with a covariance times a
scale of the face's own (so the errors of all faces together are multivariate t). Mean and
covariance change with the turn of the head: what is kept are sums over faces, once weighted by
how far they are seen from the front and once by how far from the side, and a face takes from
both what is like it. A conjugate prior, the smooth covariance of ``covariance``, stands in for
faces that nobody has seen. A project's own corrections are added to the sums.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.dla.covariance import assumed_covariance, own_correlation
from lapa_annotator.dla.frame import MIRROR_SIGNS, canonical, mean_shape, pose_features
from lapa_annotator.dla.pose import estimate_pose
from lapa_annotator.domain.face import Pose
from lapa_annotator.domain.geometry import Similarity
from lapa_annotator.domain.landmarks import Points
from lapa_annotator.domain.schema import MIRROR, N_POINTS

Array = NDArray[np.float64]

SIZE = 2 * N_POINTS
_N_POSE = len(MIRROR_SIGNS)
N_FEATURES = _N_POSE + SIZE
N_SCALE = 3
# How far proposed shapes differ, in inter-ocular distances: the unit of their terms.
_SHAPE_UNIT = 0.05
# The turn in degrees of a head that is wholly seen from the side, the steps that turns are told
# apart in, and what faces of any turn count for one of another.
_SIDE = 45.0
_STEPS = 4
_ANY_TURN = 0.3
# Faces that the assumed covariance counts for, and the ridges on the mean's slopes.
_ASSUMED_FACES = 30.0
_POSE_RIDGE = 2.5
# So high that the proposed shape hardly counts: what a face looks like tells more (0205), and from
# few corrected faces the 212 slopes are learned wrongly.
_SHAPE_RIDGE = 1e5
# Degrees of freedom of the faces' scales while the covariance is being learned.
_ROBUST = 4.0
# Standard deviation of errors in inter-ocular distances before any has been seen, and the
# number of faces that this counts for.
_FIRST_DEVIATION, _FIRST_FACES = 0.05, 1.0
_SMALLEST = 1e-9
# What was learned of other faces counts as no more of them than this: measured from faces of
# little turned heads to those of turned ones, with 0 to 50 of these seen.
_MOST_INHERITED = 60.0
# How much is believed of the mean error, and of how the errors of two parts go together.
_BELIEVED = 0.5

_SAME_PART = np.kron(own_correlation() > 0, np.ones((2, 2))) > 0

# What mirroring does to errors, and to the features.
_SWAP = (2 * MIRROR[:, None] + np.arange(2)).ravel()
_SIGNS = np.tile([-1.0, 1.0], N_POINTS)
_SWAP_FEATURES = np.concatenate([np.arange(_N_POSE), _N_POSE + _SWAP])
_FEATURE_SIGNS = np.concatenate([MIRROR_SIGNS, _SIGNS])


@dataclass(frozen=True, eq=False)
class Correction:
    """One corrected face.

    Attributes:
        proposed: (106, 2) float64 points as they were proposed, in pixels.
        confidence: (106,) float64 in [0, 1], the proposer's.
        truth: (106, 2) float64 points as they should be, in pixels; whatever where unknown.
        noise: (106,) float64, the standard deviation of ``truth`` in inter-ocular distances of
            a frontal face: 0 where it is exact, infinite where nothing is known.
    """

    proposed: Points
    confidence: Array
    truth: Points
    noise: Array


@dataclass(frozen=True, eq=False)
class Frame:
    """How a proposal lies: the way to the canonical frame, and what its error depends on.

    Attributes:
        to_canonical: from image pixels to the canonical frame.
        features: (220,) terms of pose and proposed shape that the mean error is linear in.
        scale_features: (3,) terms of the logarithm of the face's squared scale.
        turn: from -1, wholly seen from one side, over 0, from the front, to 1.
    """

    to_canonical: Similarity
    features: Array
    scale_features: Array
    turn: float

    @classmethod
    def of(cls, proposed: Points, confidence: Array, pose: Pose | None = None) -> Frame:
        """The frame of (106, 2) proposed points; the pose is estimated where none is given."""
        pose = estimate_pose(proposed) if pose is None else pose
        there = canonical(proposed)
        shape = (there.apply(proposed) - mean_shape()).ravel() / _SHAPE_UNIT
        turned = min(abs(pose.yaw) / _SIDE, 2.0)
        scale = np.array([1.0, turned, 1 - float(confidence.mean())])
        turn = float(np.clip(pose.yaw / _SIDE, -1, 1))
        return cls(there, np.concatenate([pose_features(pose), shape]), scale, turn)


@dataclass(frozen=True, eq=False)
class Sums:
    """What corrected faces add up to.

    The sums of means and covariances are kept twice: first every face weighted by how far it is
    seen from the front, then by how far from the side, mirrored where it looks the other way.

    Attributes:
        faces: how many faces there are.
        shares: (2,) how much of them is seen from the front and from the side.
        gram: (2, 220, 220) sum of features times features, weighted by the faces' own scales.
        cross: (2, 220, 212) sum of features times errors, weighted so.
        square: (2, 212, 212) sum of errors times errors, weighted so.
        scale_gram, scale_cross, scale_square: (3, 3), (3,) and (), the sums of the regression
            of the logarithm of the faces' squared scales.
    """

    faces: float
    shares: Array
    gram: Array
    cross: Array
    square: Array
    scale_gram: Array
    scale_cross: Array
    scale_square: Array

    @classmethod
    def none(cls) -> Sums:
        """The sums over no face."""
        f, s, n = N_FEATURES, N_SCALE, SIZE
        shapes = ((2,), (2, f, f), (2, f, n), (2, n, n), (s, s), (s,), ())
        return cls(0.0, *(np.zeros(shape) for shape in shapes))

    def plus(self, other: Sums, share: float = 1.0) -> Sums:
        """The sums over these faces and ``share`` times the other ones."""
        columns = (np.asarray(getattr(self, n) + share * getattr(other, n)) for n in _COLUMNS)
        return Sums(self.faces + share * other.faces, *columns)


_COLUMNS = tuple(Sums.__dataclass_fields__)[1:]


@dataclass(frozen=True, eq=False)
class _Moments:
    """Sums over faces of one turn: their number, and as in ``Sums``."""

    faces: float
    gram: Array
    cross: Array
    square: Array

    def mirrored(self) -> _Moments:
        """The sums over the mirror images of these faces."""
        signs, swap = _FEATURE_SIGNS, _SWAP_FEATURES
        return _Moments(
            self.faces,
            self.gram[np.ix_(swap, swap)] * np.outer(signs, signs),
            self.cross[np.ix_(swap, _SWAP)] * np.outer(signs, _SIGNS),
            self.square[np.ix_(_SWAP, _SWAP)] * np.outer(_SIGNS, _SIGNS),
        )

    def plus(self, other: _Moments, share: float) -> _Moments:
        """The sums over these faces and ``share`` times the other ones."""
        return _Moments(
            self.faces + share * other.faces,
            self.gram + share * other.gram,
            self.cross + share * other.cross,
            self.square + share * other.square,
        )


@dataclass(frozen=True, eq=False)
class _Fit:
    """What holds for faces of one turn: mean (220, 212) and covariance (212, 212) of errors."""

    coefficients: Array
    covariance: Array

    @cached_property
    def precision(self) -> Array:
        """(212, 212) inverse of the covariance."""
        return np.asarray(np.linalg.inv(self.covariance))


@dataclass(frozen=True, eq=False)
class Prior:
    """What is known of a model version's errors; ``learn`` and ``updated`` make one.

    Attributes:
        model: the model version whose errors they are.
        sums: what the corrected faces add up to.
    """

    model: str
    sums: Sums

    def prepare(self) -> None:
        """Work out beforehand what holds for heads of every turn; some tenths of a second."""
        for step in range(-_STEPS, _STEPS + 1):
            self.fit(step / _STEPS)

    def covariance(self, turn: float = 0.0) -> Array:
        """(212, 212) covariance of errors x0, y0, x1, … of a face of scale 1, turned so."""
        return self.fit(turn).covariance

    def mean(self, frame: Frame) -> Array:
        """(212,) mean error of a proposal that lies so."""
        return np.asarray(frame.features @ self.fit(frame.turn).coefficients)

    def fit(self, turn: float) -> _Fit:
        """What holds for heads of about this turn, -1 to 1; kept once it is worked out."""
        step = round(_STEPS * turn)
        if step not in self._fits:
            self._fits[step] = _fitted(self._moments(step / _STEPS))
        return self._fits[step]

    @cached_property
    def _fits(self) -> dict[int, _Fit]:
        return {}

    @cached_property
    def _views(self) -> tuple[_Moments, _Moments]:
        """Sums over the faces seen from the front and from the side."""
        s = self.sums
        front, side = (
            _Moments(float(s.shares[k]), s.gram[k], s.cross[k], s.square[k]) for k in (0, 1)
        )
        return front.plus(front.mirrored(), 1.0), side

    def _moments(self, turn: float) -> _Moments:
        front, side = self._views
        t = abs(turn)
        total = _Moments(0.0, *(np.zeros_like(m) for m in (side.gram, side.cross, side.square)))
        total = total.plus(front, 1 - t + _ANY_TURN).plus(side, t + _ANY_TURN)
        total = total.plus(side.mirrored(), _ANY_TURN)
        return total.mirrored() if turn < 0 else total

    @cached_property
    def _scale_fit(self) -> tuple[Array, float]:
        """Coefficients of the mean of log(scale²), and the degrees of freedom about it."""
        sums = self.sums
        gram = sums.scale_gram + np.diag([0.1, 1.0, 1.0])
        coefficients = np.linalg.solve(gram, sums.scale_cross)
        left = float(sums.scale_square - coefficients @ gram @ coefficients)
        variance = (left + 5.0) / (sums.faces + 5.0)
        # The logarithm of an inverse chi-square of k degrees varies by about 2 / (k - 1).
        return np.asarray(coefficients), float(np.clip(1 + 2 / max(variance, 1e-3), 2.0, 50.0))

    def scale(self, frame: Frame) -> tuple[float, float]:
        """The expected squared scale of a face, and the degrees of freedom of this knowledge."""
        coefficients, freedom = self._scale_fit
        return float(np.exp(np.clip(frame.scale_features @ coefficients, -6, 6))), freedom

    def for_other_faces(self) -> Prior:
        """The prior for faces of another kind, which err differently: it knows less of them.

        Of the mean error half is believed, and half is taken for chance, so the covariance grows
        by it. So is half of what the error of one part says of another part's.
        """
        share = min(1.0, _MOST_INHERITED / max(self.sums.faces, 1.0))
        known = Sums.none().plus(self.sums, share)
        believed = np.where(_SAME_PART, 1.0, _BELIEVED)
        cross, square = _BELIEVED * known.cross, believed * known.square
        return replace(self, sums=replace(known, cross=cross, square=square))

    def updated(self, corrections: Sequence[Correction], passes: int = 1) -> Prior:
        """The prior after some more faces.

        Args:
            corrections: corrected faces.
            passes: how often the errors that are not known, and the faces' scales, are
                estimated anew from the result.
        """
        prior = self
        for _ in range(passes):
            sums = self.sums.plus(Sums.none())
            for correction in corrections:
                _add(sums, prior, correction)
            prior = replace(self, sums=replace(sums, faces=self.sums.faces + len(corrections)))
        return prior


def learn(corrections: Sequence[Correction], model: str, passes: int = 4) -> Prior:
    """Learn a model version's errors from corrected faces alone."""
    return Prior(model, Sums.none()).updated(corrections, passes)


def _fitted(sums: _Moments) -> _Fit:
    ridge = 2 * np.diag([1e-6, *(_POSE_RIDGE,) * (_N_POSE - 1), *(_SHAPE_RIDGE,) * SIZE])
    gram = sums.gram + ridge
    coefficients = np.linalg.solve(gram, sums.cross)
    scatter = sums.square - coefficients.T @ gram @ coefficients
    seen = np.diag(scatter) + 2 * _FIRST_FACES * _FIRST_DEVIATION**2
    deviation = np.sqrt(np.maximum(seen, 0) / (sums.faces + 2 * _FIRST_FACES))
    assumed = 2 * _ASSUMED_FACES
    total = (assumed * assumed_covariance(deviation) + scatter) / (assumed + sums.faces)
    return _Fit(np.asarray(coefficients), (total + total.T) / 2 + _SMALLEST * np.eye(SIZE))


def _add(sums: Sums, prior: Prior, correction: Correction) -> None:
    """Add one face to sums, in place; unknown and inexact points are filled in by expectation."""
    frame = Frame.of(correction.proposed, correction.confidence)
    fit, there = prior.fit(frame.turn), frame.to_canonical
    error = (there.apply(correction.truth) - there.apply(correction.proposed)).ravel()
    noise = np.repeat(correction.noise, 2)
    known = np.flatnonzero(np.isfinite(noise))
    mean = prior.mean(frame)
    if known.size == SIZE and not noise.any():
        residual = error - mean
        expected, spread = error, np.zeros((SIZE, SIZE))
        far = float(residual @ fit.precision @ residual)
    else:
        expected, spread, far = _filled_in(mean, fit.covariance, known, error[known], noise[known])
    log = np.log(max(far / max(known.size, 1), 1e-4))
    f = frame.scale_features
    sums.scale_gram[...] += np.outer(f, f)
    sums.scale_cross[...] += f * log
    sums.scale_square[...] += log * log
    features = frame.features
    if frame.turn < 0:
        features = features[_SWAP_FEATURES] * _FEATURE_SIGNS
        expected = expected[_SWAP] * _SIGNS
        spread = spread[np.ix_(_SWAP, _SWAP)] * np.outer(_SIGNS, _SIGNS)
    weight = (_ROBUST + known.size) / (_ROBUST + far)
    for view, share in enumerate((1 - abs(frame.turn), abs(frame.turn))):
        sums.shares[view] += share
        sums.gram[view] += np.outer(share * weight * features, features)
        sums.cross[view] += np.outer(share * weight * features, expected)
        sums.square[view] += np.outer(share * weight * expected, expected) + share * spread


def _filled_in(
    mean: Array, covariance: Array, known: NDArray[np.intp], error: Array, noise: Array
) -> tuple[Array, Array, float]:
    """Mean and covariance of all errors given some, and how far off those are (Mahalanobis²)."""
    among = covariance[np.ix_(known, known)] + np.diag(noise**2)
    residual = error - mean[known]
    gain = np.linalg.solve(among, np.column_stack([covariance[known], residual]))
    far = float(residual @ gain[:, -1])
    tied = covariance[:, known]
    return mean + tied @ gain[:, -1], covariance - tied @ gain[:, :-1], far
