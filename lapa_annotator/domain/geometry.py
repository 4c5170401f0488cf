"""Crop geometry: boxes and similarity transforms with exact inverses.

Every coordinate is in pixels, (x, y), and whole numbers are pixel centres: (0, 0) is the
centre of the top-left pixel, so a picture of width W reaches from -0.5 to W - 0.5. This is
also the convention of OpenCV's ``warpAffine``, so a matrix of this module may be handed to
it as it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Box:
    """An axis-aligned box in picture pixels, with the detector's score and the face's roll.

    Attributes:
        x0, y0, x1, y1: left, top, right and bottom edge; x1 > x0 and y1 > y0.
        score: the detector's confidence in [0, 1]; 1 for a box drawn by hand.
        roll: rotation of the face in the picture plane in degrees, clockwise as seen.

    Raises:
        ValueError: an edge that is not finite, or a box without an area.
    """

    x0: float
    y0: float
    x1: float
    y1: float
    score: float = 1.0
    roll: float = 0.0

    def __post_init__(self) -> None:
        if not all(math.isfinite(v) for v in (self.x0, self.y0, self.x1, self.y1, self.roll)):
            raise ValueError("a face box needs finite edges and a finite roll")
        if self.x1 <= self.x0 or self.y1 <= self.y0:
            raise ValueError("a face box needs its right edge right of the left, bottom below top")

    @property
    def width(self) -> float:
        """Width in pixels."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """Height in pixels."""
        return self.y1 - self.y0

    @property
    def area(self) -> float:
        """Area in square pixels."""
        return self.width * self.height

    @property
    def centre(self) -> tuple[float, float]:
        """Centre (x, y)."""
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2

    def iou(self, other: Box) -> float:
        """Intersection over union with ``other``, in [0, 1]."""
        w = min(self.x1, other.x1) - max(self.x0, other.x0)
        h = min(self.y1, other.y1) - max(self.y0, other.y0)
        shared = max(0.0, w) * max(0.0, h)
        return shared / (self.area + other.area - shared)

    @classmethod
    def around(cls, points: NDArray[np.float64], margin: float = 0.0) -> Box:
        """The box around (n, 2) points, grown on every side by ``margin`` times its size."""
        x0, y0 = points.min(axis=0)
        x1, y1 = points.max(axis=0)
        dx, dy = margin * (x1 - x0), margin * (y1 - y0)
        return cls(float(x0 - dx), float(y0 - dy), float(x1 + dx), float(y1 + dy))


@dataclass(frozen=True, slots=True)
class Similarity:
    """A similarity transform of the plane: x' = a·x − b·y + tx, y' = b·x + a·y + ty.

    ``a = s·cos(r)`` and ``b = s·sin(r)`` for a scale s > 0 and a rotation r.

    Raises:
        ValueError: a scale of zero, or a value that is not finite.
    """

    a: float
    b: float
    tx: float
    ty: float

    def __post_init__(self) -> None:
        if not all(math.isfinite(v) for v in (self.a, self.b, self.tx, self.ty)):
            raise ValueError("a similarity transform needs finite values")
        if self.a == 0 and self.b == 0:
            raise ValueError("a similarity transform needs a scale above zero")

    @property
    def scale(self) -> float:
        """The factor by which lengths grow."""
        return math.hypot(self.a, self.b)

    @property
    def rotation(self) -> float:
        """The rotation in degrees, clockwise as seen (y points down)."""
        return math.degrees(math.atan2(self.b, self.a))

    @property
    def matrix(self) -> NDArray[np.float64]:
        """The (2, 3) float64 matrix that OpenCV takes."""
        return np.array([[self.a, -self.b, self.tx], [self.b, self.a, self.ty]])

    def apply(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Transform (..., 2) points."""
        x, y = points[..., 0], points[..., 1]
        return np.stack(
            [self.a * x - self.b * y + self.tx, self.b * x + self.a * y + self.ty], axis=-1
        )

    def inverse(self) -> Similarity:
        """The transform that undoes this one."""
        d = self.a * self.a + self.b * self.b
        a, b = self.a / d, -self.b / d
        return Similarity(a, b, -(a * self.tx - b * self.ty), -(b * self.tx + a * self.ty))

    def then(self, after: Similarity) -> Similarity:
        """The transform that does this one first and ``after`` second."""
        tx, ty = after.apply(np.array([self.tx, self.ty]))
        return Similarity(
            after.a * self.a - after.b * self.b,
            after.b * self.a + after.a * self.b,
            float(tx),
            float(ty),
        )

    @classmethod
    def about(
        cls, source: tuple[float, float], target: tuple[float, float], scale: float, degrees: float
    ) -> Similarity:
        """Scale and rotate (degrees clockwise as seen), bringing ``source`` to ``target``."""
        a = scale * math.cos(math.radians(degrees))
        b = scale * math.sin(math.radians(degrees))
        x, y = source
        return cls(a, b, target[0] - (a * x - b * y), target[1] - (b * x + a * y))


def square_crop(
    centre: tuple[float, float], side: float, size: int, roll: float = 0.0
) -> Similarity:
    """The transform from a picture to an upright square crop of ``size`` pixels.

    Args:
        centre: centre of the crop in picture pixels.
        side: side of the square in picture pixels; its edges fall on the crop's edges.
        size: side of the crop in pixels.
        roll: roll of the face in degrees, clockwise as seen; it is turned back to 0.

    Raises:
        ValueError: a side or size that is not positive.
    """
    if not side > 0 or size < 1:
        raise ValueError(f"a crop needs a positive side and size, got {side} and {size}")
    middle = (size - 1) / 2
    return Similarity.about(centre, (middle, middle), size / side, -roll)


def fit_similarity(source: NDArray[np.float64], target: NDArray[np.float64]) -> Similarity:
    """The similarity that brings (n, 2) ``source`` closest to ``target`` by least squares.

    Raises:
        ValueError: fewer than two points, or points that all coincide.
    """
    if len(source) < 2 or source.shape != target.shape:
        raise ValueError("a similarity is fitted to at least two pairs of points")
    ms, mt = source.mean(axis=0), target.mean(axis=0)
    s, t = source - ms, target - mt
    spread = float((s * s).sum())
    if spread == 0:
        raise ValueError("a similarity cannot be fitted to points that all coincide")
    a = float((s * t).sum()) / spread
    b = float((s[:, 0] * t[:, 1] - s[:, 1] * t[:, 0]).sum()) / spread
    return Similarity(
        a, b, float(mt[0] - (a * ms[0] - b * ms[1])), float(mt[1] - (b * ms[0] + a * ms[1]))
    )
