"""The 106 points on the mesh: curves in its texture coordinates, after LaPa's definitions.

Texture coordinates are MakeHuman's: u grows downwards over the face, v to the image's right,
and the face is symmetric about ``MIDDLE``. A table row is a point of the image-left half.
Class outlines run through the points themselves, so that points and label maps agree by
construction.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.classes import Label
from lapa_annotator.domain.schema import LOWER_LIP_OUTLINE, MIRROR, N_POINTS, UPPER_LIP_OUTLINE

Array = NDArray[np.float64]

MIDDLE = 0.483

_CONTOUR = (
    (0.8341, 0.3693), (0.8440, 0.3712), (0.8535, 0.3718), (0.8629, 0.3715), (0.8724, 0.3700),
    (0.8830, 0.3705), (0.8940, 0.3735), (0.9050, 0.3780), (0.9155, 0.3860), (0.9245, 0.3970),
    (0.9325, 0.4095), (0.9380, 0.4238), (0.9425, 0.4380), (0.9462, 0.4515), (0.9500, 0.4615),
    (0.9545, 0.4720), (0.9570, MIDDLE),
)  # fmt: skip
_BROW = (
    (0.8301, 0.4276), (0.8264, 0.4290), (0.8218, 0.4382), (0.8200, 0.4520), (0.8217, 0.4685),
    (0.8290, 0.4692), (0.8247, 0.4548), (0.8245, 0.4448), (0.8268, 0.4365),
)  # fmt: skip
_NOSE = (
    (0.8367, MIDDLE), (0.8492, MIDDLE), (0.8608, MIDDLE), (0.8714, MIDDLE),
    (0.8390, 0.4743), (0.8668, 0.4707), (0.8755, 0.4645), (0.8787, 0.4668), (0.8831, 0.4764),
    (0.8826, MIDDLE),
)  # fmt: skip
_EYE = (
    (0.8391, 0.4406), (0.8359, 0.4433), (0.8344, 0.4492), (0.8359, 0.4552), (0.8404, 0.4590),
    (0.8421, 0.4552), (0.8427, 0.4497), (0.8421, 0.4443),
)  # fmt: skip
_LIPS = {
    84: (0.9078, 0.4630), 85: (0.9005, 0.4672), 86: (0.8963, 0.4753), 87: (0.8972, MIDDLE),
    93: (0.9253, MIDDLE), 94: (0.9232, 0.4745), 95: (0.9172, 0.4666),
    96: (0.9082, 0.4648), 97: (0.9041, 0.4752), 98: (0.9039, MIDDLE),
    102: (0.9141, MIDDLE), 103: (0.9131, 0.4742),
}  # fmt: skip

INNER_CHEEK = (
    (0.9400, 0.4800), (0.9130, 0.4590), (0.9000, 0.4590), (0.8790, 0.4610), (0.8560, 0.4600),
    (0.8470, 0.4520), (0.8460, 0.4440), (0.8390, 0.4340),
)  # fmt: skip
"""Where the left cheek ends inwards: what may be the face's outline lies outside of it."""


@dataclass(frozen=True)
class BrowShape:
    """How one person's brows differ from the table's.

    Attributes:
        thickness: factor on the height of the hair.
        raised: moved up by this much, in texture coordinates.
        arch: the middle raised by this much.
        length: factor on the length of the outer half.
    """

    thickness: float = 1.0
    raised: float = 0.0
    arch: float = 0.0
    length: float = 1.0


def mirrored(uv: Array) -> Array:
    """(n, 2) texture coordinates on the other half of the face."""
    return np.stack([uv[..., 0], 2 * MIDDLE - uv[..., 1]], axis=-1)


def points_uv(brow: BrowShape) -> Array:
    """The (106, 2) texture coordinates of the points; NaN for pupils and the eyes' centres."""
    left = np.full((N_POINTS, 2), np.nan)
    left[0:17] = _CONTOUR
    left[33:42] = _brow(brow)
    left[[51, 52, 53, 54, *range(55, 61)]] = _NOSE
    left[66:74] = _EYE
    for point, place in _LIPS.items():
        left[point] = place
    whole = left.copy()
    other = mirrored(left)[MIRROR]
    missing = np.isnan(left[:, 0])
    whole[missing] = other[missing]
    return whole


def _brow(shape: BrowShape) -> Array:
    """Points 33-41: the hair's outline, thickened about its middle line."""
    table = np.array(_BROW)
    upper, lower = table[[0, 1, 2, 3, 4]], table[[0, 8, 7, 6, 5]]
    middle, half = (upper + lower) / 2, (lower - upper) / 2
    middle[:, 0] -= shape.raised + shape.arch * np.array([-0.4, 0.0, 0.7, 1.0, 0.0])
    outer = middle[:, 1] < middle[3, 1]
    middle[outer, 1] = middle[3, 1] + (middle[outer, 1] - middle[3, 1]) * shape.length
    upper, lower = middle - half * shape.thickness, middle + half * shape.thickness
    return np.concatenate([upper, lower[:0:-1]])


def smooth(points: Array, closed: bool, steps: int = 8) -> Array:
    """A Catmull-Rom curve through (n, 2) points, ``steps`` pieces between neighbours."""
    n = len(points)
    ring = np.arange(-1, n + 2)
    extended = points[ring % n] if closed else points[np.clip(ring, 0, n - 1)]
    spans = n if closed else n - 1
    t = np.arange(steps)[:, None] / steps
    pieces = []
    for i in range(spans):
        a, b, c, d = extended[i : i + 4]
        pieces.append(
            0.5
            * (
                2 * b
                + (c - a) * t
                + (2 * a - 5 * b + 4 * c - d) * t**2
                + (3 * b - a - 3 * c + d) * t**3
            )
        )
    if not closed:
        pieces.append(points[-1:])
    return np.concatenate(pieces)


def lid_rings(uv: Array) -> tuple[Array, Array]:
    """Closed outlines of the left and the right eye: two arcs that meet in the corners."""
    rings = []
    for first in (66, 75):
        upper = smooth(uv[first : first + 5], closed=False)
        lower = smooth(uv[[first + 4, first + 5, first + 6, first + 7, first]], closed=False)
        rings.append(np.concatenate([upper[:-1], lower[:-1]]))
    return rings[0], rings[1]


def lip_arcs(uv: Array) -> tuple[Array, Array, Array, Array]:
    """Outer upper, outer lower, inner upper and inner lower edge of the lips, left to right."""
    return (
        smooth(uv[84:91], closed=False),
        smooth(uv[[84, 95, 94, 93, 92, 91, 90]], closed=False),
        smooth(uv[96:101], closed=False),
        smooth(uv[[96, 103, 102, 101, 100]], closed=False),
    )


def class_outlines(uv: Array) -> list[tuple[int, Array]]:
    """Class and closed outline in texture coordinates, in the order in which they are painted."""
    outer_upper, outer_lower, inner_upper, inner_lower = lip_arcs(uv)
    slopes = uv[[65, 51, 55]]
    nose = np.concatenate([smooth(uv[56:65], closed=False), slopes])
    left_eye, right_eye = lid_rings(uv)
    brows = [
        np.concatenate(
            [
                smooth(uv[list(upper)], closed=False),
                smooth(uv[list(lower)], closed=False),
            ]
        )
        for upper, lower in (
            ((33, 34, 35, 36, 37), (38, 39, 40, 41, 33)),
            ((42, 43, 44, 45, 46), (46, 47, 48, 49, 50)),
        )
    ]
    return [
        (Label.NOSE, nose),
        (Label.LEFT_EYEBROW, brows[0]),
        (Label.RIGHT_EYEBROW, brows[1]),
        (Label.UPPER_LIP, np.concatenate([outer_upper, inner_upper[::-1]])),
        (Label.LOWER_LIP, np.concatenate([outer_lower, inner_lower[::-1]])),
        (Label.INNER_MOUTH, np.concatenate([inner_upper, inner_lower[::-1]])),
        (Label.LEFT_EYE, left_eye),
        (Label.RIGHT_EYE, right_eye),
    ]


OUTLINE_POINTS: dict[int, tuple[int, ...]] = {
    Label.LEFT_EYEBROW: tuple(range(33, 42)),
    Label.RIGHT_EYEBROW: tuple(range(42, 51)),
    Label.NOSE: (51, *range(55, 66)),
    Label.LEFT_EYE: tuple(range(66, 74)),
    Label.RIGHT_EYE: tuple(range(75, 83)),
    Label.UPPER_LIP: UPPER_LIP_OUTLINE,
    Label.LOWER_LIP: LOWER_LIP_OUTLINE,
}
"""Class -> the points that lie on its outline."""
