"""The curves that outlines are drawn with, and the repair of outlines that cross themselves.

Points are (n, 2) float64, (x, y), in any frame; nothing here knows of faces. An outline is a
closed polygon without its first point repeated, clockwise as seen (y points down).
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

Polygon = NDArray[np.float64]

STEPS = 12
"""Straight pieces per span of a smooth curve: under 0.05 pixel off for a face of 2,000 pixels."""

_LEANS = np.linspace(-0.8, 0.8, 81)


def smooth_curve(points: NDArray[np.float64], steps: int = STEPS) -> Polygon:
    """A centripetal Catmull-Rom curve through (n, 2) ``points``, open, ends included.

    It passes through every point, never loops between two of them, and moves only near a point
    that moves. The ends are parabolic. Coinciding neighbours count once, fewer than three
    distinct points give straight lines.

    Returns:
        (1 + (n - 1) · steps, 2) points; fewer when neighbours coincide.
    """
    spans = np.hypot(*np.diff(points, axis=0).T)
    points = points[np.r_[True, spans > 1e-9]]
    if len(points) < 3:
        return points
    dt = np.hypot(*np.diff(points, axis=0).T)[:, None] ** 0.5
    slope = np.diff(points, axis=0) / dt
    tangent = np.empty_like(points)
    tangent[1:-1] = (slope[:-1] * dt[1:] + slope[1:] * dt[:-1]) / (dt[:-1] + dt[1:])
    tangent[0] = 2 * slope[0] - tangent[1]
    tangent[-1] = 2 * slope[-1] - tangent[-2]
    t = (np.arange(steps) / steps)[None, :, None]
    p0, p1 = points[:-1, None], points[1:, None]
    m0, m1 = (tangent[:-1] * dt)[:, None], (tangent[1:] * dt)[:, None]
    curve = (
        (2 * t**3 - 3 * t**2 + 1) * p0
        + (t**3 - 2 * t**2 + t) * m0
        + (3 * t**2 - 2 * t**3) * p1
        + (t**3 - t**2) * m1
    )
    return np.vstack([curve.reshape(-1, 2), points[-1:]])


def parabola(points: NDArray[np.float64], x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Heights at ``x`` of the parabola from (-1, 0) to (1, 0) closest to (n, 2) ``points``.

    The frame is the part's standard pose: its corners lie at (-1, 0) and (1, 0). The axis of the
    parabola may lean, for an eye is seldom highest in the middle: a parabola through both
    corners is a quadratic Bézier curve with the control point (q, h); the lean q is searched
    and the height h is its least-squares solution over the heights of the points.

    Args:
        points: (n, 2), n >= 1; those outside -1 < x < 1 count as corners.
        x: (m,) places in [-1, 1].
    """
    t = _bezier_parameter(points[None, :, 0], _LEANS[:, None])
    weight = 2 * t * (1 - t)
    norm = np.maximum((weight**2).sum(axis=1), 1e-12)
    height = (weight * points[:, 1]).sum(axis=1) / norm
    error = ((points[:, 1] - weight * height[:, None]) ** 2).sum(axis=1)
    # A leaning axis has to earn its place: without noise the penalty vanishes beside the error.
    error = error + 1e-4 * (points[:, 1] ** 2).sum() * _LEANS**2
    best = int(error.argmin())
    q = _LEANS[best] + _vertex(error, best) * (_LEANS[1] - _LEANS[0])
    t = _bezier_parameter(points[:, 0], q)
    weight = 2 * t * (1 - t)
    h = (weight * points[:, 1]).sum() / max((weight**2).sum(), 1e-12)
    t = _bezier_parameter(x, q)
    return np.asarray(2 * t * (1 - t) * h)


def _bezier_parameter(
    x: NDArray[np.float64], q: NDArray[np.float64] | float
) -> NDArray[np.float64]:
    """The t in [0, 1] at which the Bézier curve (-1, q, 1) reaches ``x``; |q| < 1."""
    c = np.clip((x + 1) / 2, 0, 1)
    # (1 + q) t - q t² = c, in the form that stays exact as q goes to zero.
    root = np.sqrt(np.maximum((1 + q) ** 2 - 4 * q * c, 0))
    return np.asarray(np.clip(2 * c / (1 + q + root), 0, 1))


def _vertex(values: NDArray[np.float64], i: int) -> float:
    """Offset in steps from index ``i`` to the lowest point of the parabola around it."""
    if not 0 < i < len(values) - 1:
        return 0.0
    a, b, c = values[i - 1 : i + 2]
    bend = a - 2 * b + c
    return float(0.5 * (a - c) / bend) if bend > 0 else 0.0


def signed_area(ring: Polygon) -> float:
    """Area of a closed polygon, positive when it runs clockwise as seen."""
    x, y = ring[:, 0], ring[:, 1]
    return float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


def repair(ring: Polygon, smallest: float = 0.02) -> tuple[list[Polygon], bool]:
    """Split an outline that crosses itself into simple ones, and drop what is inside out.

    Args:
        ring: (n, 2) closed polygon that ought to run clockwise as seen.
        smallest: pieces below this share of the largest are slivers and dropped.

    Returns:
        The simple outlines, possibly none, and whether anything had to be mended.
    """
    if len(ring) < 3:
        return [], True
    polygon = shapely.polygons(ring)
    if shapely.is_valid(polygon):
        return ([ring], False) if signed_area(ring) > 0 else ([], True)
    # Union of the lines cuts the outline at its crossings; each face of the result has one
    # winding number, and only the faces the outline runs round clockwise belong to the part.
    noded = shapely.union_all(shapely.linestrings(np.vstack([ring, ring[:1]])))
    faces = shapely.get_parts(shapely.polygonize([noded]))
    kept = [f for f in faces if _winding(ring, f) > 0]
    largest = max((f.area for f in kept), default=0.0)
    kept = [f for f in kept if f.area > smallest * largest]
    pieces = [np.asarray(f.exterior.coords)[:-1] for f in kept]
    return [p if signed_area(p) > 0 else p[::-1] for p in pieces], True


def _winding(ring: Polygon, face: shapely.Polygon) -> int:
    """How often ``ring`` runs clockwise round the inside of ``face``."""
    inside = face.representative_point()
    offset = ring - (inside.x, inside.y)
    angle = np.unwrap(np.arctan2(*np.vstack([offset, offset[:1]]).T[::-1]))
    return round(float(angle[-1] - angle[0]) / (2 * np.pi))
