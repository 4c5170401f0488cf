"""Faces whose proposals err smoothly, made without any model."""

import numpy as np

from lapa_annotator.dla.covariance import assumed_covariance
from lapa_annotator.dla.frame import mean_shape
from lapa_annotator.dla.prior import SIZE, Correction
from lapa_annotator.domain.geometry import Similarity
from lapa_annotator.domain.schema import N_POINTS

EYES = 80.0
"""Inter-ocular distance of these faces in pixels."""

_SMOOTH = np.linalg.cholesky(assumed_covariance(np.full(SIZE, 0.01)))


def placed(shape=None, roll: float = 0.0, size: float = EYES) -> np.ndarray:
    """A shape of the canonical frame (the mean face by default) somewhere in an image."""
    shape = mean_shape() if shape is None else shape
    return Similarity.about((0.0, 0.0), (200.0, 180.0), size, roll).apply(shape)


def wide_jaw(seed: int, spread: float = 0.06) -> Correction:
    """A face whose proposal is the mean face and whose truth differs from it smoothly.

    Every jaw is wider than proposed, each by another amount, as wide on both sides.
    """
    rng = np.random.default_rng(seed)
    off = (_SMOOTH @ rng.standard_normal(SIZE)).reshape(N_POINTS, 2)
    off[:33, 0] += (0.1 + spread * rng.standard_normal()) * np.sign(mean_shape()[:33, 0])
    return Correction(
        proposed=placed(),
        confidence=np.full(N_POINTS, 0.9),
        truth=placed(mean_shape() + off),
        noise=np.zeros(N_POINTS),
    )
