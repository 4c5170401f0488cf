"""Scores of a whole set: landmarks by part of the face, label maps by class."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.dla.pose import estimate_pose
from lapa_annotator.domain.classes import CLASSES, FOREGROUND
from lapa_annotator.domain.landmarks import Points
from lapa_annotator.domain.schema import GROUPS, INNER_POINTS, N_POINTS, OUTER_EYE_CORNERS
from lapa_annotator.training import metrics

NORMALISERS = ("inter-ocular", "box")
"""Distance of the outer eye corners; √(w·h) of the box around the true points."""

_ROWS: Mapping[str, tuple[int, ...]] = {
    **GROUPS,
    "inner points": INNER_POINTS,
    "all points": tuple(range(N_POINTS)),
}


# Turns of the head in degrees, to either side: from, to below.
_YAWS: Mapping[str, tuple[float, float]] = {
    "inner, yaw < 20°": (0, 20),
    "inner, yaw 20–40°": (20, 40),
    "inner, yaw > 40°": (40, np.inf),
}


@dataclass(frozen=True, eq=False)
class LandmarkPair:
    """Predicted against true points of one face.

    Attributes:
        name: the sample's name.
        predicted: (106, 2) float64 points in pixels.
        indices: (n,) indices of the points whose truth is known; 66 and 79 among them.
        truth: (n, 2) float64 true points.

    Raises:
        ValueError: the truth lacks an outer eye corner, or the corners or all points coincide.
    """

    name: str
    predicted: Points
    indices: NDArray[np.intp]
    truth: Points

    def __post_init__(self) -> None:
        if not set(OUTER_EYE_CORNERS) <= set(self.indices.tolist()):
            raise ValueError("an outer eye corner, point 66 or 79, is missing")
        if not min(self.sizes().values()) > 0:
            raise ValueError("its outer eye corners coincide or its points lie on one line")

    def yaw(self) -> float:
        """How far the head is turned to either side, in degrees, by the true points alone."""
        points = np.zeros((N_POINTS, 2))
        points[self.indices] = self.truth
        return abs(estimate_pose(points, self.indices).yaw)

    def sizes(self) -> dict[str, float]:
        """The normalisers of ``NORMALISERS`` in pixels."""
        left, right = (self.truth[self.indices == corner][0] for corner in OUTER_EYE_CORNERS)
        sizes = (metrics.interocular(left, right), metrics.box_size(self.truth))
        return dict(zip(NORMALISERS, sizes, strict=True))


@dataclass(frozen=True, eq=False)
class LabelPair:
    """Predicted against true (H, W) label map of one photo; ``ignored`` marks unknown pixels."""

    name: str
    predicted: NDArray[np.uint8]
    truth: NDArray[np.uint8]
    ignored: int | None = None


@dataclass(frozen=True, slots=True)
class LandmarkRow:
    """The score of one part of the face over a set.

    Attributes:
        part: a group of ``schema.GROUPS``, "inner points" or "all points", or the inner points
            of the heads that are turned so far.
        normaliser: one of ``NORMALISERS``.
        points: how many points of the part have a truth.
        faces: how many faces were compared.
        mean, median: NME over the faces, in per cent.
        auc: area under the cumulative distribution up to 8 %, in [0, 1].
        failure: share of faces above 8 %, in [0, 1].
    """

    part: str
    normaliser: str
    points: int
    faces: int
    mean: float
    median: float
    auc: float
    failure: float


def score_landmarks(pairs: Iterable[LandmarkPair]) -> list[LandmarkRow]:
    """Score a set of faces: for either normaliser, a row per part that any truth is known of."""
    errors: dict[tuple[str, str], list[float]] = {}
    counts: dict[str, int] = {}
    for pair in pairs:
        sizes = pair.sizes()
        for part, members in _ROWS.items():
            here = np.isin(pair.indices, members)
            if not here.any():
                continue
            counts[part] = max(counts.get(part, 0), int(here.sum()))
            predicted, truth = pair.predicted[pair.indices[here]], pair.truth[here]
            for normaliser, size in sizes.items():
                value = metrics.nme(predicted, truth, size)
                errors.setdefault((normaliser, part), []).append(value)
    return [
        _row(part, normaliser, counts[part], errors[normaliser, part])
        for normaliser in NORMALISERS
        for part in _ROWS
        if part in counts
    ]


def score_by_yaw(pairs: Sequence[LandmarkPair]) -> list[LandmarkRow]:
    """Score the inner points by how far the head is turned; a row per turn that occurs."""
    rows = []
    yaws = [pair.yaw() for pair in pairs]
    for turn, (low, high) in _YAWS.items():
        turned = [pair for pair, yaw in zip(pairs, yaws, strict=True) if low <= yaw < high]
        row = next((r for r in score_landmarks(turned) if r.part == "inner points"), None)
        rows += [replace(row, part=turn)] if row else []
    return rows


def score_labels(pairs: Iterable[LabelPair]) -> metrics.Confusion:
    """Count every pixel of a set of label maps into one confusion matrix.

    Raises:
        ValueError: two maps of different sizes, named.
    """
    confusion = metrics.Confusion()
    for pair in pairs:
        try:
            confusion.add(pair.predicted, pair.truth, pair.ignored)
        except ValueError as error:
            raise ValueError(f"{pair.name}: {error}") from error
    return confusion


def parsing_rows(confusion: metrics.Confusion) -> list[tuple[str, float]]:
    """The (name, F1) rows of a table: ten classes, their mean, Helen's parts and overall."""
    f1 = confusion.f1()
    return [
        *((CLASSES[c].name, float(f1[c])) for c in FOREGROUND),
        ("mean of the ten classes", confusion.mean_f1()),
        *((f"Helen {name}", value) for name, value in confusion.helen_f1().items()),
        ("Helen overall", confusion.helen_overall()),
    ]


def _row(part: str, normaliser: str, points: int, nmes: list[float]) -> LandmarkRow:
    return LandmarkRow(
        part=part,
        normaliser=normaliser,
        points=points,
        faces=len(nmes),
        mean=float(np.mean(nmes)),
        median=float(np.median(nmes)),
        auc=metrics.auc(nmes),
        failure=metrics.failure_rate(nmes),
    )
