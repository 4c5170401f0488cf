"""Confidences that mean something: curves fitted on held-out faces, and how far they hold.

The confidence of a point is the probability that it lies within 5 % of the inter-ocular
distance of its true place (``dla.calibration``). The curves are logistic with the directions
of their features given, a maximum-likelihood fit for each group of points.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from lapa_annotator.dla.calibration import (
    FEATURES,
    GROUP_OF_POINT,
    SIGNS,
    TOLERANCE,
    Calibration,
)
from lapa_annotator.dla.hourglass import HourglassProposer
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.geometry import Box
from lapa_annotator.domain.landmarks import Points
from lapa_annotator.domain.schema import GROUPS, OUTER_EYE_CORNERS
from lapa_annotator.formats.atomic import replace_file
from lapa_annotator.runtime.manifest import Precision
from lapa_annotator.training.data.sample import Sample
from lapa_annotator.training.data.sources import Source
from lapa_annotator.training.plots import reliability_picture

Array = NDArray[np.float64]
Hits = NDArray[np.bool_]

NETWORK, CURVES, PICTURE = "network.xml", "network.json", "calibration.png"
_FOLDS = 5
_BINS = 10
# What keeps curves of few faces from running away; of 10,000 points it says nothing.
_RIDGE = 1.0
# How far a detector's box is off, as shares of the face's size and in degrees.
_SHIFT, _GROWTH, _TURN = 0.06, 0.08, 6.0


@dataclass(frozen=True, eq=False)
class Measured:
    """What a proposer shows on faces whose points are known.

    Attributes:
        seen: (N, 106, 5) float64, ``dla.calibration.features``.
        hits: (N, 106) bool, whether each point lies within the tolerance.
        weights: (N, 106) float64, how far the truth of each may be believed; 0 for not at all.
    """

    seen: Array
    hits: Hits
    weights: Array


class Bin(NamedTuple):
    """Points of about the same confidence.

    Attributes:
        confidence: their mean confidence.
        share: the share of them that lies within the tolerance.
        weight: how many they are.
    """

    confidence: float
    share: float
    weight: float


@dataclass(frozen=True, eq=False)
class CalibrationReport:
    """What came of a calibration.

    Attributes:
        calibration: the curves, fitted on all faces.
        bins: reliability of curves fitted on four fifths, on the fifth they have not seen.
        error: mean difference of confidence and share over those bins, weighted.
        faces: how many faces it was made on.
    """

    calibration: Calibration
    bins: tuple[Bin, ...]
    error: float
    faces: int


def fit_calibration(
    seen: Array, hits: Hits, weights: Array | None = None, about: str = ""
) -> Calibration:
    """Fit the curves.

    Args:
        seen: (N, 106, 5) float64, ``dla.calibration.features``.
        hits: (N, 106) bool, whether each point lies within the tolerance.
        weights: (N, 106) float64 how much each point counts; all the same without them.
        about: what they are fitted on, in words.
    """
    counted = np.ones(hits.shape) if weights is None else weights
    rows = []
    for group in range(len(GROUPS)):
        columns = group == GROUP_OF_POINT
        x = seen[:, columns].reshape(-1, len(FEATURES))
        rows.append(_fit(x, hits[:, columns].ravel(), counted[:, columns].ravel()))
    return Calibration(np.array(rows), about)


def _fit(x: Array, hit: Hits, weight: Array) -> Array:
    sign = np.where(hit, 1.0, -1.0)

    def loss(row: Array) -> tuple[float, Array]:
        margin = sign * (x @ row)
        slope = -weight * sign / (1 + np.exp(np.clip(margin, -500, 500)))
        value = float(weight @ np.logaddexp(0, -margin) + _RIDGE * row @ row / 2)
        return value, x.T @ slope + _RIDGE * row

    bounds = [(0.0 if sign > 0 else None, 0.0 if sign < 0 else None) for sign in SIGNS]
    found = minimize(loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B", bounds=bounds)
    return np.asarray(found.x, dtype=np.float64)


def reliability(confidence: Array, hits: Hits, weights: Array | None = None) -> tuple[Bin, ...]:
    """Put points into tenths by their confidence and see how many of each are right.

    Args:
        confidence: any shape, in [0, 1].
        hits, weights: as many, whether each is right and how much it counts.
    """
    sure, right = confidence.ravel(), hits.ravel()
    counted = np.ones(sure.shape) if weights is None else weights.ravel()
    tenth = np.minimum((sure * _BINS).astype(int), _BINS - 1)
    bins = []
    for k in range(_BINS):
        here = tenth == k
        total = float(counted[here].sum())
        if total > 0:
            mean, share = (float(counted[here] @ v[here]) / total for v in (sure, right))
            bins.append(Bin(mean, share, total))
    return tuple(bins)


def calibration_error(bins: Sequence[Bin]) -> float:
    """Mean difference of confidence and share over the bins, weighted; 0 is perfect."""
    off = [abs(b.confidence - b.share) * b.weight for b in bins]
    return sum(off) / sum(b.weight for b in bins)


def measure(proposer: HourglassProposer, source: Source, seed: int = 0) -> Iterator[Measured]:
    """Run a proposer on a source's faces, each in a box that is off as a detector's is.

    Yields:
        What it shows, face by face; faces without both outer eye corners are left out.

    Raises:
        InputError: a sample that cannot be read.
    """
    rng = np.random.default_rng(seed)
    for index in range(len(source)):
        sample = source.load(index)
        box = _off(sample.points, rng)
        a, b = OUTER_EYE_CORNERS
        eyes = float(np.hypot(*(sample.points[a] - sample.points[b])))
        if min(sample.weights[a], sample.weights[b]) > 0 and eyes > 0:
            yield _measured(proposer, sample, box, eyes)


def _measured(proposer: HourglassProposer, sample: Sample, box: Box, eyes: float) -> Measured:
    found = proposer.find(sample.image, box)
    hits = np.hypot(*(found.points - sample.points).T) <= TOLERANCE * eyes
    return Measured(found.seen[None], hits[None], sample.weights[None].astype(np.float64))


def _off(points: Points, rng: np.random.Generator) -> Box:
    right = Box.around(points)
    size = max(right.width, right.height)
    (x, y), grown = (
        right.centre + _SHIFT * size * rng.normal(size=2),
        np.exp(_GROWTH * rng.normal()),
    )
    w, h = right.width * grown / 2, right.height * grown / 2
    return Box(x - w, y - h, x + w, y + h, roll=float(_TURN * rng.normal()))


def calibrate(
    run: Path, sources: Sequence[Source], precision: Precision = "f32"
) -> Iterator[CalibrationReport | int]:
    """Fit a trained network's curves on held-out faces; write them and a picture of how they hold.

    Args:
        run: the folder of the training; ``network.json`` and ``calibration.png`` are written.
        sources: held-out faces.
        precision: what the network will run in.

    Yields:
        The number of faces done after each, the report at the end.

    Raises:
        InputError: no network, or fewer faces than folds.
    """
    proposer = HourglassProposer(run.name, run / NETWORK, precision)
    done: list[Measured] = []
    for source in sources:
        for found in measure(proposer, source):
            done.append(found)
            yield len(done)
    if len(done) < _FOLDS:
        names = ", ".join(source.name for source in sources)
        raise InputError(names, f"has {len(done)} faces to calibrate on", f"give {_FOLDS} or more")
    everything = Measured(
        *(np.concatenate([getattr(m, n) for m in done]) for n in ("seen", "hits", "weights"))
    )
    report = _report(everything, ", ".join(source.name for source in sources))
    replace_file(run / CURVES, report.calibration.to_json().encode("utf-8"))
    replace_file(run / PICTURE, reliability_picture(report.bins, report.error))
    yield report


def _report(measured: Measured, where: str) -> CalibrationReport:
    seen, hits, weights = measured.seen, measured.hits, measured.weights
    fold = np.arange(len(hits)) % _FOLDS
    confidence = np.zeros(hits.shape)
    for k in range(_FOLDS):
        rest = fold != k
        curves = fit_calibration(seen[rest], hits[rest], weights[rest])
        confidence[~rest] = curves.confidence(seen[~rest])
    bins = reliability(confidence, hits, weights)
    error = calibration_error(bins)
    about = f"{len(hits)} held-out faces of {where}; calibration error {100 * error:.1f} %"
    return CalibrationReport(fit_calibration(seen, hits, weights, about), bins, error, len(hits))
