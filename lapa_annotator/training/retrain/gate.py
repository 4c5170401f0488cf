"""The gate: is a new model version better than the old one by more than noise?

Both are run on the same frozen faces, so their errors are paired; a bootstrap over the faces
says how far the mean difference may be off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.classes import CLASSES, FOREGROUND
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.schema import GROUPS
from lapa_annotator.training.metrics import auc, failure_rate

Array = NDArray[np.float64]

ALL = "all points"
POSES = {"frontal (yaw < 20°)": (0, 20), "turned (20–40°)": (20, 40), "profile (> 40°)": (40, 999)}
_RESAMPLES = 4000
_AT_ONCE = 500
_FEWEST_TO_ACCUSE = 10


@dataclass(frozen=True, slots=True)
class Measured:
    """What is compared, in words and parts.

    Attributes:
        whole: name of everything.
        parts: name -> columns of ``Errors.each``.
        error: what a mean over them is called.
        unit: what an error is counted in.
        scores: the figures of (n,) errors of faces, by name.
    """

    whole: str
    parts: Mapping[str, Sequence[int]]
    error: str
    unit: str
    scores: Callable[[Array], dict[str, float]]


def _of_points(faces: Array) -> dict[str, float]:
    return {"NME": float(faces.mean()), "AUC": auc(faces), "failure": failure_rate(faces)}


def _of_maps(faces: Array) -> dict[str, float]:
    return {"error": float(faces.mean()), "F1": 1 - float(faces.mean()) / 100}


POINTS = Measured(ALL, GROUPS, "mean error", "% of the inter-ocular distance", _of_points)
"""Distances of the 106 points from their truth."""
MAPS = Measured(
    "all classes",
    {c.name: (k,) for k, c in enumerate(CLASSES[i] for i in FOREGROUND)},
    "mean error (100 % less the mean F1)",
    "%",
    _of_maps,
)
"""What each foreground class of a label map lacks of an F1 of 100 %."""


@dataclass(frozen=True, slots=True)
class Rule:
    """When a new version replaces the old one.

    Attributes:
        sure: how sure an improvement must be: coverage of the two-sided interval, in (0, 1).
        least: by how much the mean error must surely fall, in per cent: of the inter-ocular
            distance for points, of F1 for label maps.
        faces: fewest frozen faces that can decide.
        worse: how much the error of a part or pose may surely rise, in the same unit.

    Raises:
        ValueError: a value out of range.
    """

    sure: float = 0.95
    least: float = 0.0
    faces: int = 30
    worse: float = 0.3

    def __post_init__(self) -> None:
        if not (0 < self.sure < 1 and self.least >= 0 and self.faces >= 2 and self.worse >= 0):
            raise ValueError(f"no rule to promote by: {self}")

    def text(self, of: Measured = POINTS) -> str:
        """The rule in words."""
        return (
            f"A version is promoted if, on at least {self.faces} frozen faces, its {of.error} is "
            f"lower by more than {self.least:g} {of.unit} with "
            f"{100 * self.sure:g} % confidence (bootstrap over the faces), and the error of no "
            f"part or pose is surely higher by more than {self.worse:g} %."
        )


@dataclass(frozen=True, eq=False)
class Errors:
    """How wrong a version is about some faces.

    Attributes:
        names: the faces' keys.
        each: (n, k) float64 errors in the unit of ``of``, a column for each point or class; NaN
            where the truth is not known.
        yaw: (n,) float64, how far each head is turned, in degrees, to either side.
        of: what the columns are.
    """

    names: tuple[str, ...]
    each: Array
    yaw: Array
    of: Measured = POINTS

    def __post_init__(self) -> None:
        n, k = len(self.names), 1 + max(max(columns) for columns in self.of.parts.values())
        if self.each.shape != (n, k) or self.yaw.shape != (n,):
            raise ValueError(f"{n} faces, but errors of shape {self.each.shape}")

    def faces(self) -> Array:
        """(n,) the mean error of each face."""
        return _means(self.each)

    def scores(self) -> dict[str, float]:
        """The figures over all faces, by name; see ``Measured.scores``."""
        return self.of.scores(self.faces())


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a comparison; errors in the unit of ``Measured``.

    Attributes:
        part: everything, one of ``Measured.parts`` or one of ``POSES``.
        faces: how many faces tell of it.
        old, new: mean errors.
        low, high: interval of ``old - new``: above 0 is better.
    """

    part: str
    faces: int
    old: float
    new: float
    low: float
    high: float

    @property
    def better(self) -> float:
        """By how much the mean error fell."""
        return self.old - self.new


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says.

    Attributes:
        promoted: whether the new version is to replace the old one.
        reason: why, in one sentence.
        rule: what it was decided by.
        rows: everything first, then parts, then poses.
        of: what was measured.
    """

    promoted: bool
    reason: str
    rule: Rule
    rows: tuple[Row, ...]
    of: Measured = POINTS

    def to_dict(self) -> dict[str, Any]:
        """Return a form fit for JSON."""
        rows = [asdict(row) | {"better": row.better} for row in self.rows]
        return {
            "promoted": self.promoted,
            "reason": self.reason,
            "rule": asdict(self.rule) | {"text": self.rule.text(self.of)},
            "rows": rows,
        }


def compare(old: Errors, new: Errors, rule: Rule | None = None, seed: int = 0) -> Verdict:
    """Compare two versions on the same faces.

    Args:
        old, new: errors of the same faces in the same order.
        rule: when to promote; the usual one without.
        seed: of the resampling.

    Raises:
        InputError: not a single face, or the faces are not the same.
    """
    rule = rule or Rule()
    if old.names != new.names or not old.names:
        raise InputError(
            "the frozen set",
            "the two versions were not run on the same faces",
            "compare them again",
        )
    rows = tuple(
        _row(part, _means(old.each[k][:, i]), _means(new.each[k][:, i]), rule, seed)
        for part, k, i in _parts(old)
    )
    promoted, reason = _decide(rows, rule, old.of)
    return Verdict(promoted, reason, rule, rows, old.of)


def _parts(old: Errors) -> Iterator[tuple[str, NDArray[np.bool_], list[int]]]:
    """Each line's name, its faces and its columns."""
    known: NDArray[np.bool_] = ~np.isnan(old.each)
    every = list(range(known.shape[1]))
    some = np.asarray(known.any(axis=1))
    yield old.of.whole, some, every
    for part, columns in old.of.parts.items():
        here = np.asarray(known[:, list(columns)].any(axis=1))
        if here.any():
            yield part, here, list(columns)
    for pose, (low, high) in POSES.items():
        here = (old.yaw >= low) & (old.yaw < high) & some
        if here.any():
            yield pose, here, every


def _row(part: str, old: Array, new: Array, rule: Rule, seed: int) -> Row:
    low, high = interval(old - new, rule.sure, seed)
    return Row(part, len(old), float(old.mean()), float(new.mean()), low, high)


def interval(values: Array, sure: float, seed: int = 0) -> tuple[float, float]:
    """The bootstrap percentile interval of the mean of (n,) values that covers ``sure``."""
    rng = np.random.default_rng(seed)
    n = len(values)
    means = [
        rng.multinomial(n, np.full(n, 1 / n), _AT_ONCE) @ values / n
        for _ in range(_RESAMPLES // _AT_ONCE)
    ]
    edge = (1 - sure) / 2
    low, high = np.quantile(np.concatenate(means), [edge, 1 - edge])
    return float(low), float(high)


def _decide(rows: tuple[Row, ...], rule: Rule, of: Measured) -> tuple[bool, str]:
    whole, *parts = rows
    change = f"the {of.error} {_moved(whole)} {of.unit}"
    if whole.faces < rule.faces:
        return False, f"{whole.faces} frozen faces cannot decide; {rule.faces} are needed."
    if whole.low <= rule.least:
        surely = "surely worse" if whole.high < 0 else "not better by more than noise"
        return False, f"It is {surely}: {change}."
    for row in parts:
        if row.faces >= _FEWEST_TO_ACCUSE and row.high < -rule.worse:
            return False, (
                f"In all {change}, but that of {row.part} surely rises by more than "
                f"{rule.worse:g} % (by {-row.better:.2f} %)."
            )
    return True, f"It is better by more than noise: {change}."


def _moved(row: Row) -> str:
    """By how much an error falls or rises, and the interval of that."""
    if row.better < 0:
        return f"rises by {-row.better:.2f} ({-row.high:.2f} to {-row.low:.2f})"
    return f"falls by {row.better:.2f} ({row.low:.2f} to {row.high:.2f})"


def _means(points: Array) -> Array:
    """(n,) means over what is known of each row; every row has something."""
    known = ~np.isnan(points)
    return np.asarray(np.where(known, points, 0.0).sum(axis=1) / known.sum(axis=1))
