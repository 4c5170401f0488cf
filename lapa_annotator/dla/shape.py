"""The shapes that faces have: doubtful points are drawn to where the sure ones say they lie.

A network reads each point from a heat map of its own, so points of one lip may jump apart. The
points of a face in its upright crop are Gaussian about a mean, both depending on the turn of the
head; what the network says of a point is Gaussian about the truth, as wide as its confidence says.
The mean of both together (the conditional mean, a Kalman update) leaves sure points where they are
(docs/decisions/0196).
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.dla.calibration import TOLERANCE
from lapa_annotator.dla.crops import SIZE, face_crop
from lapa_annotator.dla.pose import estimate_pose
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.geometry import Similarity
from lapa_annotator.domain.landmarks import Points
from lapa_annotator.domain.schema import MIRROR, N_POINTS, OUTER_EYE_CORNERS, mirror_points
from lapa_annotator.formats.atomic import replace_file
from lapa_annotator.runtime.manifest import data_root

FILE = "shape-106.npz"
TURNS = (0.0, 30.0, 60.0)
"""Yaws in degrees that shapes are kept for; those of the other side are their mirror images."""

# How far in degrees faces of another turn count, as a standard deviation.
_TURN_REACH = 20.0
# Variance in pixels² of the crop of 256 that every point has to itself, whatever was learned.
_OWN = 2.0
# What of a point's variance is believed. With all of it the shapes of one kind of faces would
# be forced on another kind: shapes of rendered faces made portraits worse, and the other way.
_DOUBTED = 0.2
# What a point has to itself where it is expected, in pixels of the crop, and how far all of them
# may be shifted, grown or turned together: their size's share.
_ITS_OWN = 0.7
_ELSEWHERE = 0.02
# Confidences outside say nothing about distances.
_LEAST, _MOST = 0.02, 0.99
_N = 2 * N_POINTS
_TRIANGLE = np.triu_indices(_N)
_MOST_BYTES = 1 << 22

Array = NDArray[np.float64]

# What mirroring does to x0, y0, x1, …
_SWAP = (2 * MIRROR[:, None] + np.arange(2)).ravel()
_SIGNS = np.tile([-1.0, 1.0], N_POINTS)


@dataclass(frozen=True, eq=False)
class Shapes:
    """How faces look, one row for each of ``TURNS``, in pixels of the upright crop of 256.

    Attributes:
        mean: (3, 212) float64, x0, y0, x1, …
        covariance: (3, 212, 212) float64 about it.
    """

    mean: Array
    covariance: Array

    def expected(self, points: Points, there: Similarity) -> tuple[Array, Array]:
        """What the true points of a face are like that is placed and turned as ``points`` are.

        Args:
            points: (106, 2) float64 in image pixels, as they were proposed.
            there: from image pixels to the frame that is asked for.

        Returns:
            (212,) mean x0, y0, x1, … and (212, 212) covariance of them in that frame, with what
            every point has to itself and how far the whole may lie elsewhere.
        """
        yaw = estimate_pose(points).yaw
        turn = min(abs(yaw), TURNS[-1])
        later = int(np.clip(np.searchsorted(TURNS, turn), 1, len(TURNS) - 1))
        share = (turn - TURNS[later - 1]) / (TURNS[later] - TURNS[later - 1])
        mean, covariance = (
            (1 - share) * kept[later - 1] + share * kept[later]
            for kept in (self.mean, self.covariance)
        )
        places = mean.reshape(N_POINTS, 2)
        if yaw < 0:
            places = mirror_points(places, SIZE)
            covariance = covariance[np.ix_(_SWAP, _SWAP)] * np.outer(_SIGNS, _SIGNS)
        way = face_crop(points).inverse().then(there)
        turned = np.kron(np.eye(N_POINTS), way.matrix[:, :2])
        places = way.apply(places)
        own = (_ITS_OWN * way.scale) ** 2 * np.eye(_N)
        elsewhere = _similar_ways(places)
        total = turned @ covariance @ turned.T + own + _ELSEWHERE**2 * elsewhere @ elsewhere.T
        return places.ravel(), total

    def settle(self, points: Points, confidence: Array) -> Points:
        """Draw doubtful points to where the others say they lie.

        Args:
            points: (106, 2) float64 in image pixels, as a network reads them.
            confidence: (106,) float64, the probability of each to lie within 5 % of the
                inter-ocular distance of its true place.

        Returns:
            (106, 2) float64 in image pixels.
        """
        crop = face_crop(points)
        place = crop.apply(points)
        yaw = estimate_pose(points).yaw
        # Shapes are kept for heads turned one way: the other is looked at in a mirror.
        flip = yaw < 0
        place = mirror_points(place, SIZE) if flip else place
        sure = confidence[MIRROR] if flip else confidence
        doubt = _DOUBTED * variance_of(place, sure)
        nearest = int(np.abs(np.array(TURNS) - abs(yaw)).argmin())
        mean, covariance = self.mean[nearest], self.covariance[nearest] + _OWN * np.eye(_N)
        said = covariance + np.diag(np.repeat(doubt, 2))
        off = place.ravel() - mean
        settled = (mean + covariance @ np.linalg.solve(said, off)).reshape(N_POINTS, 2)
        return crop.inverse().apply(mirror_points(settled, SIZE) if flip else settled)


def _similar_ways(points: Points) -> Array:
    """(212, 4) what shifting, growing and turning (106, 2) points about their middle does."""
    x, y = (points - points.mean(axis=0)).T
    one, none = np.ones(N_POINTS), np.zeros(N_POINTS)
    ways = ((one, none), (none, one), (x, y), (-y, x))
    return np.stack([np.stack(way, axis=1).ravel() for way in ways], axis=1)


def variance_of(points: Points, confidence: Array) -> Array:
    """(106,) variance of either coordinate that a confidence means, in pixels² of ``points``.

    Of a Gaussian of variance v a share of 1 - exp(-r² / 2v) lies within r.
    """
    left, right = (points[corner] for corner in OUTER_EYE_CORNERS)
    radius = TOLERANCE * float(np.hypot(*(left - right)))
    sure = np.clip(confidence, _LEAST, _MOST)
    return np.asarray(radius**2 / (-2 * np.log(1 - sure)))


def learn_shapes(folders: Sequence[tuple[Sequence[Points], float]]) -> Shapes:
    """Learn the shapes of faces and of their mirror images.

    Args:
        folders: faces of a kind, each (106, 2) in pixels of its image, and how much they
            count together.

    Raises:
        ValueError: no faces.
    """
    rows, weights = [], []
    for faces, share in folders:
        for points in faces:
            crop = face_crop(points).apply(points)
            rows += [crop, mirror_points(crop, SIZE)]
            weights += [share / len(faces)] * 2
    if not rows:
        raise ValueError("shapes are learned from at least one face")
    yaws = np.array([estimate_pose(points).yaw for points in rows])
    flat, shares = np.array(rows).reshape(len(rows), _N), np.array(weights)
    means, covariances = np.zeros((len(TURNS), _N)), np.zeros((len(TURNS), _N, _N))
    for k, turn in enumerate(TURNS):
        near = shares * np.exp(-0.5 * ((yaws - turn) / _TURN_REACH) ** 2)
        near /= near.sum()
        means[k] = near @ flat
        away = flat - means[k]
        covariances[k] = (away * near[:, None]).T @ away
    return Shapes(means, covariances)


def save_shapes(path: Path, shapes: Shapes, notes: dict[str, str] | None = None) -> None:
    """Write shapes; the file is replaced as a whole.

    Raises:
        InputError: it cannot be written.
    """
    data = io.BytesIO()
    about = np.frombuffer(json.dumps(notes or {}).encode(), np.uint8)
    triangles = shapes.covariance[:, _TRIANGLE[0], _TRIANGLE[1]].astype(np.float32)
    mean = shapes.mean.astype(np.float32)
    np.savez_compressed(data, allow_pickle=False, about=about, mean=mean, covariance=triangles)
    replace_file(path, data.getvalue())


def load_shapes(path: Path) -> Shapes:
    """Read shapes.

    Raises:
        InputError: the file is missing or damaged.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError("it is too large")
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            mean = np.asarray(file["mean"], np.float64)
            triangles = np.asarray(file["covariance"], np.float64)
        covariance = np.zeros((len(TURNS), _N, _N))
        i, j = _TRIANGLE
        covariance[:, i, j] = covariance[:, j, i] = triangles
        if mean.shape != (len(TURNS), _N) or not np.isfinite([*mean.flat, *triangles.flat]).all():
            raise ValueError("it does not hold the numbers that it should")
        return Shapes(mean, covariance)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        problem = f"the shapes of faces cannot be read ({error})"
        raise InputError(path, problem, "install the program again") from error


@cache
def shipped_shapes() -> Shapes:
    """The shapes that come with the program.

    Raises:
        InputError: the file of the installation is missing or damaged.
    """
    return load_shapes(data_root("models") / FILE)
