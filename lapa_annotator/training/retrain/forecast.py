"""The learning curve of a project (LaPa, Fig. 4), and what more faces would bring."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from lapa_annotator.store.effort import FinishedFace, ledger
from lapa_annotator.store.project import Project
from lapa_annotator.training.retrain.versions import PARSING, TASK

Array = NDArray[np.float64]

ERROR = {TASK: "NME", PARSING: "error"}
"""What the metrics of a version call its error in per cent, by task."""

_FEWEST = 2
# With fewer points than this a floor of the error cannot be told from a slow fall.
_FLOOR_FROM = 4
_WORTH = 0.05
"""Of the error: if more faces bring less than this share of it, it is time to stop."""


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One version on the learning curve.

    Attributes:
        name: the model version.
        faces: finished faces that it was trained on.
        error: on the frozen set as it was then, in per cent: the NME of points, what the mean F1
            of label maps lacks of 100 %.
        auc: of points, at 8 %; NaN for label maps.
        untouched, drags: share of untouched points and mean drags of the faces finished on its
            proposals; NaN where there are none.
    """

    name: str
    faces: int
    error: float
    auc: float
    untouched: float
    drags: float


@dataclass(frozen=True, slots=True)
class PowerLaw:
    """``error(n) = scale * n ** -slope + floor``, fitted to a learning curve.

    Attributes:
        scale, slope, floor: the law's three numbers.
        deviation: standard deviation of the curve's points about it, of the error's logarithm.
    """

    scale: float
    slope: float
    floor: float
    deviation: float

    def at(self, faces: float) -> float:
        """The error to expect after training on so many faces."""
        return float(self.scale * faces**-self.slope + self.floor)

    def interval(self, faces: float) -> tuple[float, float]:
        """Where the error probably is: two standard deviations to either side."""
        spread = math.exp(2 * self.deviation)
        return self.at(faces) / spread, self.at(faces) * spread


@dataclass(frozen=True, slots=True)
class Forecast:
    """What more faces would bring.

    Attributes:
        faces: how many there would be.
        error: the error then, and the interval that it probably lies in; in per cent.
        gain: by how much of the error now it would fall, as a share.
    """

    faces: int
    error: float
    low: float
    high: float
    gain: float

    @property
    def worth_it(self) -> bool:
        """Whether the error would fall by a twentieth or more."""
        return self.gain >= _WORTH


def learning_curve(
    project: Project, finished: Sequence[FinishedFace], task: str = TASK
) -> list[CurvePoint]:
    """The points of all versions, by the number of faces they were trained on.

    Args:
        project: whose versions.
        finished: its finished faces, ``store.effort.finished_faces``; they tell of points alone.
        task: whose versions.
    """
    effort = {row.model: row for row in ledger(list(finished)) if not row.blind}
    error = ERROR[task]
    points = []
    for version in project.models.all(task):
        scores = version.metrics or {}
        if {"faces", error} <= scores.keys():
            work = effort.get(version.name)
            points.append(
                CurvePoint(
                    name=version.name,
                    faces=int(scores["faces"]),
                    error=scores[error],
                    auc=scores.get("AUC", math.nan),
                    untouched=work.untouched if work else math.nan,
                    drags=work.drags if work else math.nan,
                )
            )
    return sorted(points, key=lambda point: point.faces)


def fit_power_law(faces: Sequence[float], errors: Sequence[float]) -> PowerLaw | None:
    """Fit a power law by least squares of logarithms.

    With fewer than four points there is no floor. Errors that do not fall give a slope of 0.

    Returns:
        the law; None for fewer than two different numbers of faces.
    """
    n, e = np.asarray(faces, np.float64), np.asarray(errors, np.float64)
    usable = (n > 0) & (e > 0) & np.isfinite(e)
    n, e = n[usable], e[usable]
    if len(np.unique(n)) < _FEWEST:
        return None
    slope, level = np.polyfit(np.log(n), np.log(e), 1)
    begin = np.array([level if slope < 0 else np.log(e).mean(), max(-slope, 0.0), 0.0])
    top = float(e.min()) if len(np.unique(n)) >= _FLOOR_FROM else 1e-9

    def off(law: Array) -> Array:
        value = np.exp(law[0]) * n ** -law[1] + law[2]
        return np.asarray(np.log(value) - np.log(e))

    bounds = ([-np.inf, 0.0, 0.0], [np.inf, 3.0, top])
    found = least_squares(off, np.clip(begin, bounds[0], bounds[1]), bounds=bounds)
    free = max(len(n) - (3 if len(n) >= _FLOOR_FROM else 2), 1)
    deviation = float(np.sqrt((found.fun**2).sum() / free))
    return PowerLaw(float(np.exp(found.x[0])), float(found.x[1]), float(found.x[2]), deviation)


def forecast(points: Sequence[CurvePoint], more: int) -> Forecast | None:
    """Say what ``more`` faces would bring; None while the curve has fewer than two points."""
    law = fit_power_law([p.faces for p in points], [p.error for p in points])
    if law is None:
        return None
    now = max(p.faces for p in points)
    then = now + more
    low, high = law.interval(then)
    return Forecast(then, law.at(then), low, high, 1 - law.at(then) / law.at(now))
