"""Doubt: which points are probably wrong, how much is left in a face, and what is good enough."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lapa_annotator.domain.landmarks import Landmarks

Array = NDArray[np.float64]

# The smallest corrections that a person bothers to make tell what is good enough for them.
_BOTHERED = 0.1
_FEWEST_DRAGS = 20


@dataclass(frozen=True, slots=True)
class GoodEnough:
    """The error up to which a point needs no correction.

    Attributes:
        value: in pixels of the image, or in per cent of the inter-ocular distance.
        unit: "px" or "%".

    Raises:
        ValueError: a value that is not positive, or another unit.
    """

    value: float = 5.0
    unit: Literal["px", "%"] = "%"

    def __post_init__(self) -> None:
        if not self.value > 0 or self.unit not in ("px", "%"):
            raise ValueError(f"good enough is a positive number of px or %, got {self}")

    def pixels(self, landmarks: Landmarks) -> float:
        """The error in pixels of the image of a face with these landmarks."""
        if self.unit == "px":
            return self.value
        return self.value / 100 * max(landmarks.interocular, 1.0)


def good_enough(landmarks: Landmarks) -> float:
    """The usual bound in image pixels: 5 % of the inter-ocular distance."""
    return GoodEnough().pixels(landmarks)


def chance_within(radius: float, deviation: Array, freedom: float) -> Array:
    """Chance that points lie within ``radius`` of the truth.

    Their errors are t-distributed in two dimensions, the same in every direction.

    Args:
        radius: in the unit of ``deviation``.
        deviation: (n,) standard deviation of either coordinate; 0 for points that are set.
        freedom: degrees of freedom, more than 0.

    Returns:
        (n,) float64 in [0, 1].
    """
    ratio = radius / np.maximum(deviation, 1e-9 * radius)
    return np.asarray(1 - (1 + ratio**2 / freedom) ** (-freedom / 2))


@dataclass(frozen=True, eq=False)
class Doubt:
    """How much doubt there is in a face.

    Attributes:
        points: (106,) float64, the chance that a point is off by more than is good enough; 0
            for points that a person has set.
    """

    points: Array

    @property
    def expected(self) -> float:
        """How many points are probably off by more than is good enough."""
        return float(self.points.sum())

    @property
    def left(self) -> float:
        """The share of points that are probably off, in [0, 1]: what the doubt bar shows."""
        return float(self.points.mean())

    def is_good_enough(self, most: float = 1.0) -> bool:
        """Whether fewer than ``most`` points are probably off."""
        return self.expected < most

    def walk(self, seen: Collection[int] = (), least: float = 0.1) -> list[int]:
        """The points to look at, most doubtful first.

        Args:
            seen: points that were looked at and left as they are.
            least: doubt below which a point needs no look.
        """
        order = np.argsort(-self.points, kind="stable").tolist()
        return [i for i in order if self.points[i] >= least and i not in seen]


def suggest(drags: ArrayLike) -> GoodEnough | None:
    """Estimate what is good enough from the corrections that a person bothered to make.

    Args:
        drags: lengths of drags in per cent of the inter-ocular distance.

    Returns:
        The length that nine of ten drags exceed, to a tenth of a per cent; None for fewer than
        twenty drags.
    """
    lengths = np.asarray(drags, dtype=np.float64)
    lengths = lengths[lengths > 0]
    if lengths.size < _FEWEST_DRAGS:
        return None
    return GoodEnough(max(0.1, round(float(np.quantile(lengths, _BOTHERED)), 1)))
