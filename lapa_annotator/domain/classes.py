"""The eleven classes of a LaPa label map: ids, names and display colours.

"Left" and "right" are the viewer's (image) left and right everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

N_CLASSES = 11


class Label(IntEnum):
    """Ids of the label map's classes (LaPa paper, section 3.2)."""

    BACKGROUND = 0
    SKIN = 1
    LEFT_EYEBROW = 2
    RIGHT_EYEBROW = 3
    LEFT_EYE = 4
    RIGHT_EYE = 5
    NOSE = 6
    UPPER_LIP = 7
    INNER_MOUTH = 8
    LOWER_LIP = 9
    HAIR = 10


@dataclass(frozen=True, slots=True)
class FaceClass:
    """One class: its id in the label map, its name and its RGB colour (0-255)."""

    id: int
    name: str
    colour: tuple[int, int, int]


CLASSES: tuple[FaceClass, ...] = (
    FaceClass(0, "background", (0, 0, 0)),
    FaceClass(1, "skin", (0, 153, 255)),
    FaceClass(2, "left eyebrow", (102, 255, 153)),
    FaceClass(3, "right eyebrow", (0, 204, 153)),
    FaceClass(4, "left eye", (255, 255, 102)),
    FaceClass(5, "right eye", (255, 255, 204)),
    FaceClass(6, "nose", (255, 153, 0)),
    FaceClass(7, "upper lip", (255, 102, 255)),
    FaceClass(8, "inner mouth", (102, 0, 51)),
    FaceClass(9, "lower lip", (255, 204, 255)),
    FaceClass(10, "hair", (255, 0, 102)),
)

FOREGROUND: tuple[int, ...] = tuple(c.id for c in CLASSES if c.id != Label.BACKGROUND)

# Classes that swap when a picture is mirrored left to right.
MIRRORED_LABELS: dict[int, int] = {
    Label.LEFT_EYEBROW: Label.RIGHT_EYEBROW,
    Label.RIGHT_EYEBROW: Label.LEFT_EYEBROW,
    Label.LEFT_EYE: Label.RIGHT_EYE,
    Label.RIGHT_EYE: Label.LEFT_EYE,
}


def palette() -> NDArray[np.uint8]:
    """Return the (11, 3) uint8 RGB colours of the classes, row = class id."""
    return np.array([c.colour for c in CLASSES], dtype=np.uint8)
