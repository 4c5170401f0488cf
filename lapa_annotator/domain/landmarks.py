"""Landmarks: 106 points with visibility, confidence and where each one comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lapa_annotator.domain.schema import N_POINTS, OUTER_EYE_CORNERS

Points = NDArray[np.float64]


class Visibility(IntEnum):
    """How much of a point can be seen in the picture."""

    ABSENT = 0
    OCCLUDED = 1
    VISIBLE = 2


class Origin(IntEnum):
    """Who put a point where it is. Only corrected and imported points are a human's own."""

    PROPOSED = 0
    CORRECTED = 1
    PROPAGATED = 2
    IMPORTED = 3


def check_points(points: ArrayLike) -> Points:
    """Return ``points`` as (106, 2) float64, or say in one sentence what is wrong.

    Raises:
        ValueError: another shape, or a coordinate that is not a finite number.
    """
    array = np.array(points, dtype=np.float64)
    if array.shape != (N_POINTS, 2):
        raise ValueError(f"a face has {N_POINTS} points of x and y, got shape {array.shape}")
    bad = np.flatnonzero(~np.isfinite(array).all(axis=1))
    if bad.size:
        raise ValueError(f"point {bad[0]} is not a finite number: {array[bad[0]].tolist()}")
    return array


@dataclass(frozen=True, eq=False)
class Landmarks:
    """The 106 points of one face, immutable.

    Attributes:
        points: (106, 2) float64, (x, y) in pixels of the picture as displayed (EXIF
            orientation applied); (0, 0) is the centre of the top-left pixel.
        visibility: (106,) uint8 of ``Visibility``.
        confidence: (106,) float64 in [0, 1], the proposer's; 1 for a human's points.
        origin: (106,) uint8 of ``Origin``.
        model: 106 names of the model version that proposed each point ("" for none).
        annotator: 106 names of the person who last set each point ("" for nobody).
        time: (106,) float64, when each point was last set, seconds since the epoch (0 unknown).

    Raises:
        ValueError: an array of another shape, a point that is not finite, a value out of range.
    """

    points: Points
    visibility: NDArray[np.uint8] = field(default_factory=lambda: np.full(N_POINTS, 2, np.uint8))
    confidence: NDArray[np.float64] = field(default_factory=lambda: np.ones(N_POINTS))
    origin: NDArray[np.uint8] = field(default_factory=lambda: np.zeros(N_POINTS, np.uint8))
    model: tuple[str, ...] = ("",) * N_POINTS
    annotator: tuple[str, ...] = ("",) * N_POINTS
    time: NDArray[np.float64] = field(default_factory=lambda: np.zeros(N_POINTS))

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        set_(self, "points", _frozen(check_points(self.points)))
        set_(self, "visibility", _frozen(_column(self.visibility, np.uint8, 2, "visibility")))
        set_(self, "confidence", _frozen(_column(self.confidence, np.float64, 1, "confidence")))
        set_(self, "origin", _frozen(_column(self.origin, np.uint8, 3, "origin")))
        set_(self, "time", _frozen(_column(self.time, np.float64, np.inf, "time")))
        for name in ("model", "annotator"):
            names = tuple(getattr(self, name))
            if len(names) != N_POINTS:
                raise ValueError(f"{name} needs one name per point, got {len(names)}")
            set_(self, name, names)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Landmarks):
            return NotImplemented
        return (
            all(np.array_equal(getattr(self, n), getattr(other, n)) for n in _ARRAY_FIELDS)
            and self.model == other.model
            and self.annotator == other.annotator
        )

    __hash__ = None  # type: ignore[assignment]  # equal by value, and holds arrays

    @property
    def touched(self) -> NDArray[np.bool_]:
        """(106,) bool: the points that are a human's own (corrected or imported)."""
        # Not np.isin: this runs in every step of a drag.
        human: NDArray[np.bool_] = np.equal(self.origin, int(Origin.CORRECTED))
        human |= self.origin == int(Origin.IMPORTED)
        return human

    @property
    def interocular(self) -> float:
        """Distance of the outer eye corners (points 66 and 79) in pixels."""
        a, b = OUTER_EYE_CORNERS
        return float(np.hypot(*(self.points[a] - self.points[b])))

    def take(self, indices: Sequence[int]) -> PointSet:
        """Return everything known of the points at ``indices``, in that order."""
        i = list(indices)
        return PointSet(
            indices=tuple(int(k) for k in i),
            points=self.points[i],
            visibility=self.visibility[i],
            confidence=self.confidence[i],
            origin=self.origin[i],
            model=tuple(self.model[k] for k in i),
            annotator=tuple(self.annotator[k] for k in i),
            time=self.time[i],
        )

    def put(self, part: PointSet) -> Landmarks:
        """Return landmarks in which the points of ``part`` are as ``part`` says."""
        i = list(part.indices)
        columns: dict[str, Any] = {}
        for name in _ARRAY_FIELDS:
            columns[name] = np.array(getattr(self, name))
            columns[name][i] = getattr(part, name)
        for name in ("model", "annotator"):
            names = list(getattr(self, name))
            for k, value in zip(part.indices, getattr(part, name), strict=True):
                names[k] = value
            columns[name] = tuple(names)
        return replace(self, **columns)


_ARRAY_FIELDS = ("points", "visibility", "confidence", "origin", "time")


@dataclass(frozen=True, eq=False)
class PointSet:
    """Some points with everything known of each: what an edit takes away or puts in place.

    The columns are those of ``Landmarks``, each of length ``len(indices)``.
    """

    indices: tuple[int, ...]
    points: Points
    visibility: NDArray[np.uint8]
    confidence: NDArray[np.float64]
    origin: NDArray[np.uint8]
    model: tuple[str, ...]
    annotator: tuple[str, ...]
    time: NDArray[np.float64]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PointSet) and self.to_dict() == other.to_dict()

    __hash__ = None  # type: ignore[assignment]  # equal by value, and holds arrays

    def to_dict(self) -> dict[str, Any]:
        """Return plain lists and strings, fit for JSON; floats keep every bit."""
        return {
            "indices": list(self.indices),
            **{name: np.asarray(getattr(self, name)).tolist() for name in _ARRAY_FIELDS},
            "model": list(self.model),
            "annotator": list(self.annotator),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> PointSet:
        """Read what ``to_dict`` wrote.

        Raises:
            ValueError: a column of another length, an index or a value that is out of range.
        """
        indices = tuple(int(i) for i in data["indices"])
        if any(not 0 <= i < N_POINTS for i in indices):
            raise ValueError(f"point indices go from 0 to {N_POINTS - 1}, got {indices}")
        n = len(indices)
        columns: dict[str, NDArray[Any]] = {
            "points": np.array(data["points"], dtype=np.float64).reshape(n, 2),
            "visibility": _column(data["visibility"], np.uint8, 2, "visibility", n),
            "confidence": _column(data["confidence"], np.float64, 1, "confidence", n),
            "origin": _column(data["origin"], np.uint8, 3, "origin", n),
            "time": _column(data["time"], np.float64, np.inf, "time", n),
        }
        names = {k: tuple(str(v) for v in data[k]) for k in ("model", "annotator")}
        if {len(c) for c in names.values()} != {n}:
            raise ValueError(f"model and annotator need {n} names each")
        return cls(indices=indices, **columns, **names)  # type: ignore[arg-type]

    @classmethod
    def everything(cls, landmarks: Landmarks) -> PointSet:
        """Return all 106 points of ``landmarks``."""
        return landmarks.take(range(N_POINTS))

    def to_landmarks(self) -> Landmarks:
        """Return landmarks of a set that holds all 106 points, whatever their order.

        Raises:
            ValueError: a point is missing or stands twice.
        """
        if sorted(self.indices) != list(range(N_POINTS)):
            raise ValueError(f"landmarks need every point once, got {len(self.indices)}")
        return Landmarks(points=np.zeros((N_POINTS, 2))).put(self)


def _column(
    values: ArrayLike, dtype: Any, top: float, name: str, count: int = N_POINTS
) -> NDArray[Any]:
    try:
        array = np.array(values, dtype=dtype)
    except OverflowError as error:
        raise ValueError(f"{name} lies between 0 and {top}: {error}") from error
    if array.shape != (count,):
        raise ValueError(f"{name} needs {count} values, got shape {array.shape}")
    if not ((array >= 0) & (array <= top)).all():
        raise ValueError(f"{name} lies between 0 and {top}, got {array.min()} to {array.max()}")
    return array


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    array.setflags(write=False)
    return array
