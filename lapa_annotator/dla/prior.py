"""The prior: how a proposer's errors go together, learned from corrected faces.

The error of a face (truth minus proposal in the canonical frame, 212 numbers) is Gaussian about
a mean that is linear in the head's pose, with one covariance for all faces times a scale of the
face's own (so the errors of all faces together are multivariate t). Mean and covariance have a
conjugate prior, the smooth covariance of ``covariance``: what is kept are sums over faces, which
a project's own corrections are added to. Every sum counts each face and its mirror image.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.dla.covariance import assumed_covariance
from lapa_annotator.dla.frame import MIRROR_SIGNS, canonical, pose_features
from lapa_annotator.dla.pose import estimate_pose
from lapa_annotator.domain.face import Pose
from lapa_annotator.domain.geometry import Similarity
from lapa_annotator.domain.landmarks import Points
from lapa_annotator.domain.schema import MIRROR, N_POINTS

Array = NDArray[np.float64]

SIZE = 2 * N_POINTS
N_FEATURES = 8
N_SCALE = 3
# Faces that the assumed covariance counts for, and the ridge on the mean's slopes.
_ASSUMED_FACES = 30.0
_RIDGE = 2.5
# Degrees of freedom of the faces' scales while the covariance is being learned.
_ROBUST = 4.0
# Standard deviation of errors in inter-ocular distances before any has been seen, and the
# number of faces that this counts for.
_FIRST_DEVIATION, _FIRST_FACES = 0.05, 1.0
_SMALLEST = 1e-9
# What was learned of other faces counts as no more of them than this: measured from faces of
# little turned heads to those of turned ones, with 0 to 50 of these seen.
_MOST_INHERITED = 60.0


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
    """How a proposal lies: the way to the canonical frame, and what its error depends on."""

    to_canonical: Similarity
    features: Array
    scale_features: Array

    @classmethod
    def of(cls, proposed: Points, confidence: Array, pose: Pose | None = None) -> Frame:
        """The frame of (106, 2) proposed points; the pose is estimated where none is given."""
        pose = estimate_pose(proposed) if pose is None else pose
        turned = min(abs(pose.yaw) / 45, 2.0)
        scale = np.array([1.0, turned, 1 - float(confidence.mean())])
        return cls(canonical(proposed), pose_features(pose), scale)


@dataclass(frozen=True, eq=False)
class Sums:
    """What corrected faces add up to.

    Attributes:
        faces: how many faces there are.
        gram: (8, 8) sum of features times features, weighted by the faces' own scales.
        cross: (8, 212) sum of features times errors, weighted so.
        square: (212, 212) sum of errors times errors, weighted so.
        scale_gram, scale_cross, scale_square: (3, 3), (3,) and (), the sums of the regression
            of the logarithm of the faces' squared scales.
    """

    faces: float
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
        return cls(0.0, *(np.zeros(shape) for shape in ((f, f), (f, n), (n, n), (s, s), (s,), ())))

    def plus(self, other: Sums, share: float = 1.0) -> Sums:
        """The sums over these faces and ``share`` times the other ones."""
        return Sums(*(getattr(self, n) + share * getattr(other, n) for n in _SUMS))


_SUMS = ("faces", "gram", "cross", "square", "scale_gram", "scale_cross", "scale_square")


@dataclass(frozen=True, eq=False)
class Prior:
    """What is known of a model version's errors; ``learn`` and ``updated`` make one.

    Attributes:
        model: the model version whose errors they are.
        sums: what the corrected faces add up to.
    """

    model: str
    sums: Sums

    @cached_property
    def _fitted(self) -> tuple[Array, Array]:
        """Coefficients (8, 212) of the mean and the (212, 212) covariance."""
        sums = _both_ways(self.sums)
        ridge = 2 * _RIDGE * np.diag([0.0, *(1.0,) * (N_FEATURES - 1)])
        ridge[0, 0] = 1e-6
        gram = sums.gram + ridge
        coefficients = np.linalg.solve(gram, sums.cross)
        scatter = sums.square - coefficients.T @ gram @ coefficients
        seen = np.diag(scatter) + 2 * _FIRST_FACES * _FIRST_DEVIATION**2
        deviation = np.sqrt(np.maximum(seen, 0) / (sums.faces + 2 * _FIRST_FACES))
        assumed = 2 * _ASSUMED_FACES
        total = (assumed * assumed_covariance(deviation) + scatter) / (assumed + sums.faces)
        return np.asarray(coefficients), (total + total.T) / 2 + _SMALLEST * np.eye(SIZE)

    @property
    def covariance(self) -> Array:
        """(212, 212) covariance of errors x0, y0, x1, … of a face of scale 1."""
        return self._fitted[1]

    @cached_property
    def precision(self) -> Array:
        """(212, 212) inverse of ``covariance``."""
        return np.asarray(np.linalg.inv(self.covariance))

    def mean(self, frame: Frame) -> Array:
        """(212,) mean error of a proposal that lies so."""
        return np.asarray(frame.features @ self._fitted[0])

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

    def updated(self, corrections: Sequence[Correction], passes: int = 1) -> Prior:
        """The prior for faces of another kind, after some of these.

        What it knows counts less then, because faces of another project err differently.

        Args:
            corrections: corrected faces of the new kind; none for the prior to begin with.
            passes: how often the errors that are not known, and the faces' scales, are
                estimated anew from the result.
        """
        share = min(1.0, _MOST_INHERITED / max(self.sums.faces, 1.0))
        inherited = Sums.none().plus(self.sums, share)
        prior = self
        for _ in range(passes):
            sums = inherited
            for correction in corrections:
                sums = sums.plus(_seen(prior, correction))
            prior = replace(self, sums=sums)
        return prior


def learn(corrections: Sequence[Correction], model: str, passes: int = 4) -> Prior:
    """Learn a model version's errors from corrected faces alone."""
    return Prior(model, Sums.none()).updated(corrections, passes)


def _seen(prior: Prior, correction: Correction) -> Sums:
    """What one face adds, its unknown and inexact points filled in by expectation."""
    frame = Frame.of(correction.proposed, correction.confidence)
    there = frame.to_canonical
    error = (there.apply(correction.truth) - there.apply(correction.proposed)).ravel()
    noise = np.repeat(correction.noise, 2)
    known = np.flatnonzero(np.isfinite(noise))
    mean, covariance = prior.mean(frame), prior.covariance
    if known.size == SIZE and not noise.any():
        residual = error - mean
        expected, spread = error, np.zeros(())
        far = float(residual @ prior.precision @ residual)
    else:
        expected, spread, far = _filled_in(mean, covariance, known, error[known], noise[known])
    scale = max(far / max(known.size, 1), 1e-4)
    weight = (_ROBUST + known.size) / (_ROBUST + far)
    features, f = frame.features, frame.scale_features
    log = np.log(scale)
    return Sums(
        1.0,
        weight * np.outer(features, features),
        weight * np.outer(features, expected),
        weight * np.outer(expected, expected) + spread,
        np.outer(f, f),
        f * log,
        np.asarray(log * log),
    )


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


_SWAP = (2 * MIRROR[:, None] + np.arange(2)).ravel()
_SIGNS = np.tile([-1.0, 1.0], N_POINTS)


def _both_ways(sums: Sums) -> Sums:
    """The sums over every face and its mirror image."""
    s = MIRROR_SIGNS
    other = replace(
        sums,
        gram=sums.gram * np.outer(s, s),
        cross=(sums.cross * s[:, None])[:, _SWAP] * _SIGNS,
        square=sums.square[np.ix_(_SWAP, _SWAP)] * np.outer(_SIGNS, _SIGNS),
    )
    return sums.plus(other)
