"""The gate: is a new model version better than the old one by more than noise?

Both are run on the same frozen faces, so their errors are paired; a bootstrap over the faces
says how far the mean difference may be off.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.schema import GROUPS, N_POINTS
from lapa_annotator.training.metrics import auc, failure_rate

Array = NDArray[np.float64]

ALL = "all points"
POSES = {"frontal (yaw < 20°)": (0, 20), "turned (20–40°)": (20, 40), "profile (> 40°)": (40, 999)}
_RESAMPLES = 4000
_AT_ONCE = 500
_FEWEST_TO_ACCUSE = 10


@dataclass(frozen=True, slots=True)
class Rule:
    """When a new version replaces the old one.

    Attributes:
        sure: how sure an improvement must be: coverage of the two-sided interval, in (0, 1).
        least: per cent of the inter-ocular distance by which the mean error must surely fall.
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

    def text(self) -> str:
        """The rule in words."""
        return (
            f"A version is promoted if, on at least {self.faces} frozen faces, its mean error is "
            f"lower by more than {self.least:g} % of the inter-ocular distance with "
            f"{100 * self.sure:g} % confidence (bootstrap over the faces), and the error of no "
            f"part or pose is surely higher by more than {self.worse:g} %."
        )


@dataclass(frozen=True, eq=False)
class Errors:
    """How far the points of some faces are off.

    Attributes:
        names: the faces' keys.
        points: (n, 106) float64, distances in per cent of the inter-ocular distance; NaN for
            points whose truth is not known.
        yaw: (n,) float64, how far each head is turned, in degrees, to either side.
    """

    names: tuple[str, ...]
    points: Array
    yaw: Array

    def __post_init__(self) -> None:
        n = len(self.names)
        if self.points.shape != (n, N_POINTS) or self.yaw.shape != (n,):
            raise ValueError(f"{n} faces, but errors of shape {self.points.shape}")

    def faces(self) -> Array:
        """(n,) the mean error of each face: its NME in per cent."""
        return _means(self.points)

    def scores(self) -> dict[str, float]:
        """NME in per cent, AUC and failures at 8 %, over all faces."""
        nme = self.faces()
        return {"NME": float(nme.mean()), "AUC": auc(nme), "failure": failure_rate(nme)}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a comparison; errors in per cent of the inter-ocular distance.

    Attributes:
        part: "all points", a group of ``schema.GROUPS`` or one of ``POSES``.
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
        rows: all points first, then parts, then poses.
    """

    promoted: bool
    reason: str
    rule: Rule
    rows: tuple[Row, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return a form fit for JSON."""
        rows = [asdict(row) | {"better": row.better} for row in self.rows]
        return {
            "promoted": self.promoted,
            "reason": self.reason,
            "rule": asdict(self.rule) | {"text": self.rule.text()},
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
        _row(part, _means(old.points[k][:, i]), _means(new.points[k][:, i]), rule, seed)
        for part, k, i in _parts(old)
    )
    promoted, reason = _decide(rows, rule)
    return Verdict(promoted, reason, rule, rows)


def _parts(errors: Errors) -> Iterator[tuple[str, NDArray[np.bool_], list[int]]]:
    """Each line's name, its faces and its points."""
    every = list(range(N_POINTS))
    known: NDArray[np.bool_] = ~np.isnan(errors.points)
    some = np.asarray(known.any(axis=1))
    yield ALL, some, every
    for part, points in GROUPS.items():
        here = np.asarray(known[:, points].any(axis=1))
        if here.any():
            yield part, here, list(points)
    for pose, (low, high) in POSES.items():
        here = (errors.yaw >= low) & (errors.yaw < high) & some
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


def _decide(rows: tuple[Row, ...], rule: Rule) -> tuple[bool, str]:
    whole, *parts = rows
    interval = f"({whole.low:.2f} to {whole.high:.2f})"
    change = f"by {whole.better:.2f} {interval} % of the inter-ocular distance"
    if whole.faces < rule.faces:
        return False, f"{whole.faces} frozen faces cannot decide; {rule.faces} are needed."
    if whole.low <= rule.least:
        surely = "surely worse" if whole.high < 0 else "not better by more than noise"
        return False, f"It is {surely}: the mean error falls {change}."
    for row in parts:
        if row.faces >= _FEWEST_TO_ACCUSE and row.high < -rule.worse:
            return False, (
                f"The mean error falls {change}, but that of {row.part} surely rises by more "
                f"than {rule.worse:g} % (by {-row.better:.2f} %)."
            )
    return True, f"It is better by more than noise: the mean error falls {change}."


def _means(points: Array) -> Array:
    """(n,) means over the known points of each row; every row has one."""
    known = ~np.isnan(points)
    return np.asarray(np.where(known, points, 0.0).sum(axis=1) / known.sum(axis=1))
