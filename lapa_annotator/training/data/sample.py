"""A sample: one face that a network may learn from."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.landmarks import Points, check_points
from lapa_annotator.domain.schema import N_POINTS

UNKNOWN = 255
"""The value of a label map's pixel of which nothing is known; no loss counts it."""


def _sure() -> NDArray[np.float32]:
    return np.ones(N_POINTS, np.float32)


def _seen() -> NDArray[np.uint8]:
    return np.full(N_POINTS, 2, np.uint8)


@dataclass(frozen=True, eq=False)
class Sample:
    """One face of an image, with all that is known of it.

    Attributes:
        image: (H, W, 3) uint8 RGB.
        points: (106, 2) float64 in image pixels.
        key: name of the sample, unique in its source; see ``split.photo_of``.
        source: name of the source it comes from.
        weights: (106,) float32 in [0, 1], how far each point may be believed.
        visibility: (106,) uint8, 0 absent, 1 occluded, 2 visible.
        labels: (H, W) uint8 class ids 0-10 or ``UNKNOWN``; None without a label map.
        soft: (3, H, W) uint8, a teacher's probabilities (0-255 for 0-1) of background, skin
            (all of the face) and hair; None without a teacher.
        matte: (H, W) uint8, how surely a pixel belongs to the person, body and clothes
            included (0-255 for 0-1); None where the background cannot be replaced.

    Raises:
        ValueError: points that are not (106, 2) finite numbers.
    """

    image: NDArray[np.uint8]
    points: Points
    key: str
    source: str = ""
    weights: NDArray[np.float32] = field(default_factory=_sure)
    visibility: NDArray[np.uint8] = field(default_factory=_seen)
    labels: NDArray[np.uint8] | None = None
    soft: NDArray[np.uint8] | None = None
    matte: NDArray[np.uint8] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", check_points(self.points))
