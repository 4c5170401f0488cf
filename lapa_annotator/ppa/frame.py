"""Where a face lies in its picture, and the upright crops around it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lapa_annotator.domain.geometry import Similarity, square_crop
from lapa_annotator.domain.landmarks import Points


@dataclass(frozen=True, slots=True)
class FaceFrame:
    """Where a face lies: its centre and size (pixels) and its roll (degrees, clockwise)."""

    centre: tuple[float, float]
    size: float
    roll: float

    @classmethod
    def of(cls, points: Points) -> FaceFrame:
        """The frame of (106, 2) points: their upright box, turned by the line of the eyes."""
        dx, dy = points[75:83].mean(axis=0) - points[66:74].mean(axis=0)
        roll = float(np.degrees(np.arctan2(dy, dx)))
        turn = Similarity.about((0.0, 0.0), (0.0, 0.0), 1.0, -roll)
        upright = turn.apply(points)
        low, high = upright.min(axis=0), upright.max(axis=0)
        centre = turn.inverse().apply((low + high) / 2)
        return cls((float(centre[0]), float(centre[1])), max(1.0, float((high - low).max())), roll)

    def crop(self, factor: float, lift: float, size: int) -> Similarity:
        """The upright crop ``factor`` times the face's size, raised by ``lift`` times it."""
        angle = np.radians(self.roll)
        x = self.centre[0] + lift * self.size * float(np.sin(angle))
        y = self.centre[1] - lift * self.size * float(np.cos(angle))
        return square_crop((x, y), factor * self.size, size, self.roll)
