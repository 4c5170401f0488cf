"""The 106-point schema: parts, drawing order, mirror table and point definitions.

"Left" and "right" are the viewer's (image) left and right. Points 84-103 equal
points 48-67 of the iBUG-68 schema.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

N_POINTS = 106


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the face.

    Attributes:
        name: the part's name, the same in files, tables and the window.
        indices: the part's points in LaPa's drawing order.
        closed: whether the outline returns to its first point.
        label: the class of the label map that the outline bounds, None when it bounds none.
        mirror: the name of the part on the other side (its own name when it has none).
    """

    name: str
    indices: tuple[int, ...]
    closed: bool
    label: int | None
    mirror: str


def _run(first: int, last: int) -> tuple[int, ...]:
    return tuple(range(first, last + 1))


PARTS: tuple[Part, ...] = (
    Part("contour", _run(0, 32), False, 1, "contour"),
    Part("left eyebrow", _run(33, 41), True, 2, "right eyebrow"),
    Part("right eyebrow", _run(42, 50), True, 3, "left eyebrow"),
    Part("nose bridge", _run(51, 54), False, None, "nose bridge"),
    Part("nose base", _run(55, 65), False, 6, "nose base"),
    Part("left eye", _run(66, 73), True, 4, "right eye"),
    Part("left eye centre", (74,), False, None, "right eye centre"),
    Part("right eye", _run(75, 82), True, 5, "left eye"),
    Part("right eye centre", (83,), False, None, "left eye centre"),
    Part("outer lip", _run(84, 95), True, None, "outer lip"),
    Part("inner lip", _run(96, 103), True, 8, "inner lip"),
    Part("left pupil", (104,), False, None, "right pupil"),
    Part("right pupil", (105,), False, None, "left pupil"),
)

PART_BY_NAME: dict[str, Part] = {part.name: part for part in PARTS}

PART_OF_POINT: tuple[str, ...] = tuple(
    next(part.name for part in PARTS if i in part.indices) for i in range(N_POINTS)
)

# Coarser groups that metrics are reported by.
GROUPS: dict[str, tuple[int, ...]] = {
    "contour": _run(0, 32),
    "eyebrows": _run(33, 50),
    "nose": _run(51, 65),
    "eyes": (*_run(66, 83), 104, 105),
    "mouth": _run(84, 103),
}

ORGANS: dict[str, tuple[int, ...]] = {
    "contour": _run(0, 32),
    "left eyebrow": _run(33, 41),
    "right eyebrow": _run(42, 50),
    "nose": _run(51, 65),
    "left eye": (*_run(66, 74), 104),
    "right eye": (*_run(75, 83), 105),
    "mouth": _run(84, 103),
}
"""The parts that belong together: where one of them is wrong the others seldom are right."""

INNER_POINTS: tuple[int, ...] = _run(33, 105)

# Outlines of the classes that share points, in drawing order.
UPPER_LIP_OUTLINE: tuple[int, ...] = (*_run(84, 90), 100, 99, 98, 97, 96)
LOWER_LIP_OUTLINE: tuple[int, ...] = (84, 96, 103, 102, 101, 100, *_run(90, 95))

# Outer corners of the eyes, which give the inter-ocular distance of the metrics.
OUTER_EYE_CORNERS: tuple[int, int] = (66, 79)

# Points that both schemas define at the same place: LaPa index -> iBUG-68 index.
IBUG68_SHARED: dict[int, int] = (
    {2 * i: i for i in range(17)}
    | {51 + i: 27 + i for i in range(4)}
    | {58 + i: 31 + i for i in range(5)}
    | {66: 36, 70: 39, 75: 42, 79: 45}
    | {84 + i: 48 + i for i in range(20)}
)

_MIRROR_PAIRS: tuple[tuple[int, int], ...] = (
    *((i, 32 - i) for i in range(16)),
    *((33, 46), (34, 45), (35, 44), (36, 43), (37, 42), (38, 50), (39, 49), (40, 48), (41, 47)),
    *((55, 65), (56, 64), (57, 63), (58, 62), (59, 61)),
    *((66, 79), (67, 78), (68, 77), (69, 76), (70, 75), (71, 82), (72, 81), (73, 80), (74, 83)),
    *((84, 90), (85, 89), (86, 88), (91, 95), (92, 94), (96, 100), (97, 99), (101, 103)),
    (104, 105),
)


def _mirror_table() -> NDArray[np.intp]:
    table = np.arange(N_POINTS)
    for a, b in _MIRROR_PAIRS:
        table[a], table[b] = b, a
    table.setflags(write=False)
    return table


MIRROR: NDArray[np.intp] = _mirror_table()
"""(106,) index table: the point that takes point i's place in a mirrored picture."""


def mirror_points(points: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """Mirror (106, 2) points of a picture ``width`` pixels wide, left to right.

    Pixel centres are at whole numbers, so x becomes ``width - 1 - x``.
    """
    mirrored = points[MIRROR].copy()
    mirrored[:, 0] = width - 1 - mirrored[:, 0]
    return mirrored


def _eyebrow_definitions(side: str, first: int) -> dict[int, str]:
    """Definitions along one brow: upper edge from image left to right, then the lower edge."""
    tip = f"outer tip of the {side} eyebrow, where its last hairs end"
    inner = f"inner end of the {side} eyebrow, where its hairs begin"
    left = side == "left"
    text = {first: tip if left else f"upper {inner}", first + 4: f"upper {inner}" if left else tip}
    text[first + (5 if left else 8)] = f"lower {inner}"
    lower = first + (6 if left else 5)
    for k, where in enumerate(("a quarter", "half way", "three quarters")):
        text[first + 1 + k] = f"upper edge of the {side} eyebrow, {where} from left to right"
        text[lower + k] = f"lower edge of the {side} eyebrow, {where} from right to left"
    return text


def _eye_definitions(side: str, first: int) -> dict[int, str]:
    ends = ("outer", "inner") if side == "left" else ("inner", "outer")
    text = {first: f"{ends[0]} corner of the {side} eye, where the lids meet"}
    text[first + 4] = f"{ends[1]} corner of the {side} eye, where the lids meet"
    for k, where in enumerate(("a quarter", "half way", "three quarters")):
        text[first + 1 + k] = f"edge of the {side} upper lid, {where} from image left to right"
        text[first + 5 + k] = f"edge of the {side} lower lid, {where} from image right to left"
    text[first + 8] = f"centre of the opening of the {side} eye"
    return text


def _lip_definitions() -> dict[int, str]:
    text = {
        84: "left corner of the mouth, outer edge of the lips",
        90: "right corner of the mouth, outer edge of the lips",
        96: "left corner of the mouth opening, where the lips meet inside",
        100: "right corner of the mouth opening, where the lips meet inside",
    }
    outer_top = (
        "between the left corner and peak",
        "left peak of the Cupid's bow",
        "dip of the Cupid's bow",
        "right peak of the Cupid's bow",
        "between the right peak and corner",
    )
    outer_low = (
        "right, near the corner",
        "right of the middle",
        "middle",
        "left of the middle",
        "left, near the corner",
    )
    for k in range(5):
        text[85 + k] = f"outer edge of the upper lip, {outer_top[k]}"
        text[91 + k] = f"outer edge of the lower lip, {outer_low[k]}"
    for k, where in enumerate(("left", "middle", "right")):
        text[97 + k] = f"inner edge of the upper lip, {where}"
        text[103 - k] = f"inner edge of the lower lip, {where}"
    return text


def _contour_definitions() -> dict[int, str]:
    text = {16: "lowest point of the chin"}
    for i in range(16):
        for index, side in ((i, "left"), (32 - i, "right")):
            if i == 0:
                text[index] = f"{side} temple, start of the face contour level with the eye"
            else:
                text[index] = f"face contour, {side} side, {i} of 16 steps from temple to chin"
    return text


def _nose_definitions() -> dict[int, str]:
    text = {
        51: "nose bridge, root between the inner eye corners",
        52: "nose bridge, a third of the way down to the tip",
        53: "nose bridge, two thirds of the way down to the tip",
        54: "tip of the nose",
        60: "base of the nose, centre, where the septum meets the upper lip",
    }
    for side, order in (("left", (55, 56, 57, 58, 59)), ("right", (65, 64, 63, 62, 61))):
        text[order[0]] = f"{side} side of the nose root, by the inner corner of the eye"
        text[order[1]] = f"{side} side of the nose, where the wing begins"
        text[order[2]] = f"{side} wing of the nose, its widest point"
        text[order[3]] = f"base of the nose, where the {side} wing meets the cheek and lip"
        text[order[4]] = f"base of the nose, lower edge of the {side} nostril"
    return text


POINT_DEFINITIONS: tuple[str, ...] = tuple(
    text
    for _, text in sorted(
        (
            _contour_definitions()
            | _eyebrow_definitions("left", 33)
            | _eyebrow_definitions("right", 42)
            | _nose_definitions()
            | _eye_definitions("left", 66)
            | _eye_definitions("right", 75)
            | _lip_definitions()
            | {104: "centre of the left pupil", 105: "centre of the right pupil"}
        ).items()
    )
)
"""One line per point, row = index, for tooltips and the guide."""
