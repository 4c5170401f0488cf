"""From FaceMesh's 478 vertices to LaPa's 106 points.

Each curve of LaPa is drawn through a row of mesh vertices and divided anew: brows, lids and
lips by vertex count, since the mesh's own vertices crowd where LaPa's points do; the contour
by length. On a turned head the far half of the contour follows the mesh's outline as seen,
as an annotator draws it, where the mesh's own jaw vertices lie hidden behind the cheek.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull

from lapa_annotator.domain.schema import N_POINTS

Array = NDArray[np.float64]

# Rows of vertices from image left to right (see FACTS.md, section 6).
_CONTOUR_LEFT = (127, 234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152)
_CONTOUR_RIGHT = (152, 377, 400, 378, 379, 365, 397, 288, 361, 323, 454, 356)

# Cheek and jaw between the contour and the mouth, in rings from outside in, image left and
# right: what can be the face's outline when the head is turned.
_CHEEK_LEFT = (
    *_CONTOUR_LEFT,
    *(34, 227, 137, 177, 215, 138, 135, 169, 170, 140, 171, 175),
    *(143, 116, 123, 147, 213, 192, 214, 210, 211, 32, 208, 199),
    *(111, 117, 50, 187, 207, 212, 202, 204),
)
_CHEEK_RIGHT = (
    *_CONTOUR_RIGHT,
    *(264, 447, 366, 401, 435, 367, 364, 394, 395, 369, 396, 175),
    *(372, 345, 352, 376, 433, 416, 434, 430, 431, 262, 428, 199),
    *(340, 346, 280, 411, 427, 432, 422, 424),
)

# (first point, last point, vertices): the points divide the row evenly by vertex count.
_ROWS: tuple[tuple[int, int, tuple[int, ...]], ...] = (
    (33, 37, (46, 70, 63, 105, 66, 107)),
    (38, 41, (55, 65, 52, 53)),
    (42, 46, (336, 296, 334, 293, 300, 276)),
    (47, 50, (283, 282, 295, 285)),
    (51, 54, (168, 6, 197, 195, 5, 4)),
    (66, 70, (33, 246, 161, 160, 159, 158, 157, 173, 133)),
    (71, 73, (154, 153, 145, 144, 163)),
    (75, 79, (362, 398, 384, 385, 386, 387, 388, 466, 263)),
    (80, 82, (390, 373, 374, 380, 381)),
    (84, 90, (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)),
    (96, 100, (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)),
)
# Lower lips go back from the right corner; the corners belong to the upper rows.
_OUTER_LOWER = (291, 375, 321, 405, 314, 17, 84, 181, 91, 146, 61)
_INNER_LOWER = (308, 324, 318, 402, 317, 14, 87, 178, 88, 95, 78)
_SINGLE: dict[int, int] = {
    **dict(zip(range(55, 66), (193, 198, 129, 64, 97, 2, 326, 294, 358, 420, 417), strict=True)),
    104: 468,
    105: 473,
}


def _weights() -> Array:
    """The (106, 478) matrix of every point but the contour's and the eye centres'."""
    table = np.zeros((N_POINTS, 478))
    for point, vertex in _SINGLE.items():
        table[point, vertex] = 1
    for first, last, row in _ROWS:
        _divide(table, list(range(first, last + 1)), row)
    for points, row in ((range(91, 96), _OUTER_LOWER), (range(101, 104), _INNER_LOWER)):
        # A scratch table takes the corners, which are already placed.
        scratch = np.zeros((len(points) + 2, 478))
        _divide(scratch, list(range(len(points) + 2)), row)
        table[list(points)] = scratch[1:-1]
    for centre, eye in ((74, range(66, 74)), (83, range(75, 83))):
        table[centre] = table[list(eye)].mean(axis=0)
    return table


def _divide(table: Array, points: list[int], row: tuple[int, ...]) -> None:
    for point, at in zip(points, np.linspace(0, len(row) - 1, len(points)), strict=True):
        low = min(int(at), len(row) - 2)
        table[point, row[low]] += 1 - (at - low)
        table[point, row[low + 1]] += at - low


_TABLE = _weights()


def map_mesh(mesh: Array) -> Array:
    """Return LaPa's (106, 2) points of a mesh.

    Args:
        mesh: (478, 2) float64 in any frame in which the face is about upright.
    """
    points = _TABLE @ mesh
    left = _outline(mesh, _CONTOUR_LEFT, _CHEEK_LEFT, -1)
    right = _outline(mesh, _CONTOUR_RIGHT, _CHEEK_RIGHT, 1)
    points[:17], points[16:33] = _resample(left, 17), _resample(right, 17)
    return points


def _outline(mesh: Array, contour: tuple[int, ...], cheek: tuple[int, ...], side: int) -> Array:
    """Half of the contour, moved out to the cheek's outline where that hides the jaw.

    Args:
        mesh: (478, 2) points, the face about upright.
        contour: the jaw's vertices of this half.
        cheek: all vertices of this half that may be the outline.
        side: -1 for the image-left half, 1 for the right one.
    """
    curve = mesh[list(contour)].copy()
    region = mesh[list(cheek)]
    hull = region[ConvexHull(region).vertices]
    ring = np.concatenate([hull, hull[:1]])
    for point in curve:
        crossed = _crossings(ring, point[1])
        if crossed.size:
            outermost = crossed.max() if side > 0 else crossed.min()
            point[0] = side * max(side * point[0], side * outermost)
    return curve


def _crossings(ring: Array, y: float) -> Array:
    """Where a closed (n + 1, 2) ring crosses the horizontal at ``y``: x of every crossing."""
    (x0, y0), (x1, y1) = ring[:-1].T, ring[1:].T
    cut = (y0 <= y) != (y1 <= y)
    crossings: Array = x0[cut] + (y - y0[cut]) / (y1[cut] - y0[cut]) * (x1[cut] - x0[cut])
    return crossings


def _resample(curve: Array, count: int) -> Array:
    """Divide a polyline into ``count`` points evenly by length."""
    steps = np.hypot(*np.diff(curve, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    wanted = np.linspace(0, along[-1], count)
    return np.stack([np.interp(wanted, along, curve[:, k]) for k in (0, 1)], axis=1)
