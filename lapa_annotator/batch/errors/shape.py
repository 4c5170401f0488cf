"""Faces whose shape is unlike the others': Mahalanobis distance in the canonical frame.

A shape is taken relative to what the project's faces of that pose have. Its covariance is
learned from the faces and their mirror images, with the smooth covariance that the prior of
errors assumes where there are few; outliers count little for it, as under a multivariate t.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.batch.errors.finding import (
    Finding,
    TooLittle,
    box_around,
    ramp,
    robust_scores,
)
from lapa_annotator.batch.errors.seen import FaceSeen, Seen
from lapa_annotator.dla.covariance import assumed_covariance
from lapa_annotator.dla.frame import MIRROR_SIGNS, canonical, mean_shape, mirrored, pose_features
from lapa_annotator.domain.schema import ORGANS

Array = NDArray[np.float64]

LEAST = 12
"""Fewer faces say nothing about what is usual."""
_FROM, _SURE = 3.5, 9.0
_LEAST_DEVIATION = 0.12
_ASSUMED_FACES, _RIDGE, _ROBUST, _PASSES = 60.0, 5.0, 4.0, 4
_DEVIATION = 0.03


def look(seen: Seen) -> Iterator[Finding]:
    """Give the faces of an unusual shape, with the part that is the most unusual.

    Raises:
        TooLittle: there are too few faces.
    """
    faces = seen.faces
    if len(faces) < LEAST:
        raise TooLittle(f"shapes are compared from {LEAST} faces on, here are {len(faces)}")
    distances, explained = shape_distances(faces)
    scores = robust_scores(np.log(np.maximum(distances, 1e-9)), _LEAST_DEVIATION)
    for k in np.flatnonzero(scores > _FROM):
        face, region = faces[k], list(ORGANS)[int(explained[k].argmax())]
        yield Finding(
            "shape",
            face.photo.info.id,
            face.photo.path,
            face.id,
            ramp(scores[k], _FROM / 2, _SURE),
            box_around(face.points[list(ORGANS[region])], 0.15),
            f"The shape is unusual, most of all the {region}.",
            region,
            points=ORGANS[region],
        )


def shape_distances(faces: list[FaceSeen]) -> tuple[Array, Array]:
    """How far each face's shape is from what is usual for its pose.

    Returns:
        (n,) squared Mahalanobis distances, each as if the face had not been learned from, and
        (n, 7) how much of it each of ``ORGANS`` explains.
    """
    shapes = np.stack([canonical(f.points).apply(f.points) - mean_shape() for f in faces])
    features = np.stack([pose_features(f.pose) for f in faces])
    n = len(faces)
    both = np.concatenate([shapes, mirrored(shapes)]).reshape(2 * n, -1)
    causes = np.concatenate([features, features * MIRROR_SIGNS])
    prior = assumed_covariance(np.full(both.shape[1], _DEVIATION))
    weights = np.ones(2 * n)
    for _ in range(_PASSES):
        weighted = causes * weights[:, None]
        ridge = _RIDGE * np.diag([1e-6, *(1.0,) * (causes.shape[1] - 1)])
        slopes = np.linalg.solve(causes.T @ weighted + ridge, weighted.T @ both)
        rest = both - causes @ slopes
        scatter = (rest * weights[:, None]).T @ rest
        covariance = (_ASSUMED_FACES * prior + scatter) / (_ASSUMED_FACES + weights.sum())
        inverse = np.linalg.inv(covariance)
        distances = np.einsum("ni,ij,nj->n", rest, inverse, rest, optimize=True)
        # Without what the face itself has added: few faces would make every one of them usual.
        own = weights / (_ASSUMED_FACES + weights.sum())
        distances /= np.maximum(1 - own * distances, 0.02)
        weights = (_ROBUST + rest.shape[1]) / (_ROBUST + distances)
        weights = np.minimum(weights, 2.0)
    return distances[:n], _explained(rest[:n] @ inverse, inverse)


def _explained(pulls: Array, inverse: Array) -> Array:
    """(n, m) how much nearer each face would be if one region's points were not known."""
    explained = []
    for indices in ORGANS.values():
        columns = (2 * np.array(indices)[:, None] + np.arange(2)).ravel()
        own = np.linalg.inv(inverse[np.ix_(columns, columns)])
        pull = pulls[:, columns]
        total = np.einsum("ni,ij,nj->n", pull, own, pull, optimize=True)
        explained.append(total / np.sqrt(len(columns)))  # a region of many points explains much
    return np.stack(explained, axis=1)
