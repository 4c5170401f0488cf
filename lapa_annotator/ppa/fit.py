"""Category-wise fitting: the outline of every facial part from its landmarks (LaPa, 3.2(2)).

Eyes and the inner mouth are bounded by two parabolas in the standard pose of the part, in which
its corners lie at (-1, 0) and (1, 0); brows, outer lips and the jawline are interpolated
polygons; the nose is two halves that share the bridge, so that in a profile one may vanish.
Every part is fitted from its own points alone, and alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.classes import Label
from lapa_annotator.domain.geometry import Similarity, fit_similarity
from lapa_annotator.domain.landmarks import Points
from lapa_annotator.domain.schema import LOWER_LIP_OUTLINE, UPPER_LIP_OUTLINE
from lapa_annotator.ppa.curves import Polygon, parabola, repair, smooth_curve

Fitting = Literal["curves", "direct"]

_ACROSS = -np.cos(np.linspace(0, np.pi, 41))
"""Where the parabolas are sampled: from corner to corner, denser where they are steep."""

_STANDARD_CORNERS = np.array([[-1.0, 0.0], [1.0, 0.0]])


@dataclass(frozen=True)
class FitOptions:
    """How outlines are drawn.

    Attributes:
        fitting: "curves" as the paper's method, "direct" joins the landmarks with straight
            lines (the paper's Fig. 5, left), for comparison.
        closed_eye: an eye whose opening is lower than this share of its width is closed.
        closed_mouth: the same for the inner mouth.
    """

    fitting: Fitting = "curves"
    closed_eye: float = 0.06
    closed_mouth: float = 0.05


@dataclass(frozen=True)
class Outlines:
    """The outlines that one group of points gives.

    Attributes:
        rings: class id -> closed polygons (n, 2) in image pixels, clockwise as seen; a class
            without area has an empty list.
        remarks: what had to be repaired or left out, for people to read.
    """

    rings: dict[int, list[Polygon]]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class PartGroup:
    """Points that are fitted together, because the classes they bound share them."""

    name: str
    indices: tuple[int, ...]
    fit: Callable[[Points, FitOptions], Outlines]
    labels: tuple[int, ...] = field(default=())


def _standard_pose(corners: NDArray[np.float64]) -> Similarity | None:
    """The similarity that brings two corners to (-1, 0) and (1, 0); None when they coincide."""
    if np.hypot(*(corners[1] - corners[0])) < 1e-6:
        return None
    return fit_similarity(corners, _STANDARD_CORNERS)


def _lids(points: Points, first: int) -> tuple[NDArray[np.float64], Similarity] | None:
    """The two parabolas of an eye or an inner mouth whose eight points start at ``first``.

    Returns:
        (2, 41) heights of the upper and the lower parabola at ``_ACROSS`` in the standard
        pose, y down, and the transform from image pixels to it; None without a width.
    """
    pose = _standard_pose(points[[first, first + 4]])
    if pose is None:
        return None
    upper = pose.apply(points[first + 1 : first + 4])
    lower = pose.apply(points[first + 5 : first + 8])
    return np.stack([parabola(upper, _ACROSS), parabola(lower, _ACROSS)]), pose


def _open_run(heights: NDArray[np.float64]) -> slice:
    """The longest stretch of samples between which the upper curve lies above the lower."""
    gap = heights[1] - heights[0] > 1e-9
    edges = np.flatnonzero(np.diff(np.r_[False, gap, False].astype(np.int8)))
    starts, ends = edges[::2], edges[1::2]
    if not len(starts):
        return slice(0, 0)
    k = int((_ACROSS[ends - 1] - _ACROSS[starts]).argmax())
    return slice(max(0, int(starts[k]) - 1), min(len(gap), int(ends[k]) + 1))


def _opening(
    lids: tuple[NDArray[np.float64], Similarity] | None, closed: float, name: str
) -> tuple[list[Polygon], str]:
    """The area between two lids or lips, none when closed, and a remark or ""."""
    if lids is None:
        return [], f"{name} has no width"
    heights, pose = lids
    if (heights[1] - heights[0]).max() / 2 < closed:
        return [], ""
    run = _open_run(heights)
    remark = "" if run == slice(0, len(_ACROSS)) else f"{name}: upper and lower edge crossed"
    # Where the run was widened by a sample to reach the crossing, the edges meet half way.
    upper = np.minimum(heights[0], heights.mean(axis=0))[run]
    lower = np.maximum(heights[1], heights.mean(axis=0))[run]
    x = _ACROSS[run]
    # The corners belong to both curves and count once.
    ring = np.vstack([np.c_[x, upper], np.c_[x, lower][-2:0:-1]])
    return [pose.inverse().apply(ring)], remark


def _fit_eye(first: int, label: Label, name: str) -> Callable[[Points, FitOptions], Outlines]:
    def fit(points: Points, options: FitOptions) -> Outlines:
        if options.fitting == "direct":
            return _repaired({label: [points[first : first + 8]]}, {label: name})
        rings, remark = _opening(_lids(points, first), options.closed_eye, name)
        return Outlines({label: rings}, (remark,) if remark else ())

    return fit


def _repaired(rings: dict[Label, list[Polygon]], names: dict[Label, str]) -> Outlines:
    """Outlines with self-crossing rings repaired and a remark for each class that had any."""
    kept: dict[int, list[Polygon]] = {}
    remarks = []
    for label, candidates in rings.items():
        results = [repair(ring) for ring in candidates]
        kept[int(label)] = [piece for pieces, _ in results for piece in pieces]
        if any(mended for _, mended in results):
            what = "crossed itself and was repaired" if kept[int(label)] else "has no area"
            remarks.append(f"{names[label]} {what}")
    return Outlines(kept, tuple(remarks))


def _fit_brow(first: int, tip: int, label: Label) -> Callable[[Points, FitOptions], Outlines]:
    """Brows: the upper and the lower edge are curves that meet in the outer tip.

    The ring starts at ``first`` and runs along the upper edge; the tip is its first point on
    the left and its fifth on the right. The inner end is cut off straight, as LaPa's is.
    """
    name = "left eyebrow" if label == Label.LEFT_EYEBROW else "right eyebrow"

    def fit(points: Points, options: FitOptions) -> Outlines:
        ring = points[first : first + 9]
        if options.fitting == "curves":
            upper, lower = (ring[:5], ring[[5, 6, 7, 8, 0]]) if tip == 0 else (ring[:5], ring[4:])
            ring = np.vstack([smooth_curve(upper), smooth_curve(lower)])
        return _repaired({label: [_distinct(ring)]}, {label: name})

    return fit


def _distinct(ring: Polygon) -> Polygon:
    """A closed polygon without vertices that repeat the one before."""
    step = np.abs(ring - np.roll(ring, 1, axis=0)).max(axis=1)
    return np.asarray(ring[step > 1e-9])


def _fit_nose(points: Points, options: FitOptions) -> Outlines:
    """Nose: left and right half, each between the bridge and its own side, wing and base.

    Seen from the side, the far half collapses: its wing passes behind the bridge, the outline
    turns inside out and encloses nothing.
    """
    bridge = points[[51, 52, 53, 54, 60]]
    left_wing, right_wing = points[[56, 57, 58, 59, 60]], points[[64, 63, 62, 61, 60]]
    if options.fitting == "curves":
        bridge, left_wing, right_wing = (smooth_curve(c) for c in (bridge, left_wing, right_wing))
    # The slopes between root and wing are straight; a curve through both would cave in.
    left = np.vstack([bridge, left_wing[::-1], points[55:56]])
    right = np.vstack([points[65:66], right_wing, bridge[::-1]])
    rings = [_distinct(left), _distinct(right)]
    return _repaired({Label.NOSE: rings}, {Label.NOSE: "nose"})


def _inner_edges(
    points: Points, lids: tuple[NDArray[np.float64], Similarity] | None, shut: bool
) -> tuple[Polygon, Polygon]:
    """Inner edge of the upper and the lower lip, from left to right.

    Shut lips, and lips that cross, meet in one line: neither a slit nor an overlap is left.
    """
    if lids is None:
        return points[[96, 100]], points[[96, 100]]
    heights, pose = lids
    middle = heights.mean(axis=0)
    upper = middle if shut else np.minimum(heights[0], middle)
    lower = middle if shut else np.maximum(heights[1], middle)
    back = pose.inverse()
    return back.apply(np.c_[_ACROSS, upper]), back.apply(np.c_[_ACROSS, lower])


def _fit_mouth(points: Points, options: FitOptions) -> Outlines:
    """Lips and inner mouth: outer edges interpolated, inner edges two parabolas."""
    names = {
        Label.UPPER_LIP: "upper lip",
        Label.INNER_MOUTH: "inner mouth",
        Label.LOWER_LIP: "lower lip",
    }
    if options.fitting == "direct":
        rings = {
            Label.UPPER_LIP: [points[list(UPPER_LIP_OUTLINE)]],
            Label.INNER_MOUTH: [points[96:104]],
            Label.LOWER_LIP: [points[list(LOWER_LIP_OUTLINE)]],
        }
        return _repaired(rings, names)
    lids = _lids(points, 96)
    inner, remark = _opening(lids, options.closed_mouth, names[Label.INNER_MOUTH])
    upper_inner, lower_inner = _inner_edges(points, lids, shut=not inner)
    top = smooth_curve(points[84:91])
    bottom = smooth_curve(points[[90, 91, 92, 93, 94, 95, 84]])
    lips = _repaired(
        {
            Label.UPPER_LIP: [_distinct(np.vstack([top, upper_inner[::-1]]))],
            Label.LOWER_LIP: [_distinct(np.vstack([lower_inner, bottom]))],
        },
        names,
    )
    rings_by_id = {**lips.rings, int(Label.INNER_MOUTH): inner}
    return Outlines(rings_by_id, lips.remarks + ((remark,) if remark else ()))


def _group(
    name: str,
    first: int,
    last: int,
    fit: Callable[[Points, FitOptions], Outlines],
    *labels: Label,
) -> PartGroup:
    return PartGroup(name, tuple(range(first, last + 1)), fit, tuple(int(v) for v in labels))


GROUPS: tuple[PartGroup, ...] = (
    _group("left eyebrow", 33, 41, _fit_brow(33, 0, Label.LEFT_EYEBROW), Label.LEFT_EYEBROW),
    _group("right eyebrow", 42, 50, _fit_brow(42, 4, Label.RIGHT_EYEBROW), Label.RIGHT_EYEBROW),
    _group("left eye", 66, 73, _fit_eye(66, Label.LEFT_EYE, "left eye"), Label.LEFT_EYE),
    _group("right eye", 75, 82, _fit_eye(75, Label.RIGHT_EYE, "right eye"), Label.RIGHT_EYE),
    _group("nose", 51, 65, _fit_nose, Label.NOSE),
    _group("mouth", 84, 103, _fit_mouth, Label.UPPER_LIP, Label.INNER_MOUTH, Label.LOWER_LIP),
)
"""The groups in the order in which their classes are painted."""


def fit_group(points: Points, group: PartGroup, options: FitOptions | None = None) -> Outlines:
    """Fit one group of parts alone; ``points`` is the whole (106, 2) float64 array."""
    return group.fit(points, options or FitOptions())


def fit_parts(points: Points, options: FitOptions | None = None) -> dict[int, list[Polygon]]:
    """Fit every facial part (LaPa, section 3.2(2)).

    Args:
        points: (106, 2) float64 in image pixels, anywhere in the plane.
        options: how to draw.

    Returns:
        Class id (2-9) -> closed polygons (n, 2) float64 in image pixels. A closed eye or
        mouth, or a part without area, has none.
    """
    rings: dict[int, list[Polygon]] = {}
    for group in GROUPS:
        rings |= fit_group(points, group, options).rings
    return dict(sorted(rings.items()))


def fit_jawline(points: Points, options: FitOptions | None = None) -> Polygon:
    """The face contour, points 0-32, as an open polyline (n, 2) in image pixels."""
    contour = points[:33]
    direct = options is not None and options.fitting == "direct"
    return contour.copy() if direct else smooth_curve(contour)
