"""The anatomy guard: what cannot be right about a face's points, and what would mend it.

Everything is looked at in a frame of the face's own, so heads may roll. Nothing is changed:
a problem carries an edit that a person may take with one key. Some points of a turned or
grimacing face look odd and are right, so the bounds are wide; measured by
``tests/benchmarks/guard.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.dla.anatomy import Shape, expected, robust_fit, shape_of, signed_distance
from lapa_annotator.dla.frame import mean_shape
from lapa_annotator.domain.edits import SetPoints
from lapa_annotator.domain.face import Face
from lapa_annotator.domain.landmarks import Landmarks, Origin, Points
from lapa_annotator.domain.schema import MIRROR, N_POINTS, PARTS, Part

Array = NDArray[np.float64]

Bound = tuple[float, float]
"""What is allowed on a head seen from the front, and on one seen from the side, where brows run
along the line of sight; in inter-ocular distances."""
# The degrees of turn from which on, and up to which, the one becomes the other.
_FROM_SIDE = (35.0, 55.0)


def _allowed(bound: Bound, shape: Shape) -> float:
    """What is allowed on a head that is turned so far."""
    return float(np.interp(shape.yaw, _FROM_SIDE, bound))


class Kind(StrEnum):
    """What is wrong."""

    SWAP = "swap"
    ORDER = "order"
    CROSSING = "crossing"
    OUTSIDE = "outside"
    PUPIL = "pupil"
    NOSE = "nose"
    MAP = "map"


@dataclass(frozen=True, eq=False)
class Problem:
    """Something that cannot be right about a face.

    Attributes:
        kind: what kind of problem it is.
        message: what is wrong, for people.
        indices: the points it is about.
        remedy: what ``repair`` does, for people.
        points: (n, 2) float64, where ``repair`` puts the points at ``indices``, image pixels.
    """

    kind: Kind
    message: str
    indices: tuple[int, ...]
    remedy: str
    points: Points

    def repair(self, face: Face, annotator: str = "", time: float = 0.0) -> SetPoints:
        """The edit that mends it; the points count as propagated.

        Args:
            face: the face that was looked at.
            annotator: who asks for it.
            time: when, in seconds since the epoch.

        Raises:
            ValueError: the face has no landmarks.
        """
        if face.landmarks is None:
            raise ValueError("the face has no points yet")
        before, n = face.landmarks.take(self.indices), len(self.indices)
        # Points of a person that were only given to the wrong side stay that person's.
        keeps = self.kind in (Kind.SWAP, Kind.ORDER)
        origin = before.origin if keeps else np.full(n, Origin.PROPAGATED, np.uint8)
        after = replace(
            before,
            points=self.points,
            origin=origin,
            annotator=(annotator,) * n,
            time=np.full(n, time),
        )
        return SetPoints(face.id, before, after)


def find_problems(landmarks: Landmarks) -> list[Problem]:
    """Find what cannot be right about a face's points.

    What follows from swapped sides is not told, and no point is told of twice: take the repairs
    and look again.
    """
    points = landmarks.points
    if whole := _whole_swap(points):
        return [whole]
    shape = shape_of(points)
    if swaps := list(_part_swaps(shape)):
        return swaps
    found: list[Problem] = []
    taken: set[int] = set()
    for look in _LOOKS:
        for problem in look(shape):
            if not taken.intersection(problem.indices):
                found.append(problem)
                taken.update(problem.indices)
    return found


def _repaired(
    shape: Shape, kind: Kind, message: str, remedy: str, indices: Sequence[int], upright: Points
) -> Problem:
    return Problem(kind, message, tuple(indices), remedy, shape.back.apply(upright))


# Swapped sides

_EYES = (*range(66, 84), 104, 105)
_PAIRS: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("eyes", _EYES),
    ("eyebrows", tuple(range(33, 51))),
    ("sides of the mouth", tuple(i for i in range(84, 104) if MIRROR[i] != i)),
    ("sides of the nose", (55, 56, 57, 58, 59, 61, 62, 63, 64, 65)),
    ("eyes without the pupils", tuple(range(66, 84))),
    ("pupils", (104, 105)),
    ("corners of the mouth", (84, 90, 96, 100)),
    ("outer corners of the mouth", (84, 90)),
    ("inner corners of the mouth", (96, 100)),
)
# Swapped back, the points must lie this much nearer to where they are expected; for the whole
# face, to the mean face.
_BETTER, _WHOLE_BETTER = 0.5, 0.8


def _whole_swap(points: Points) -> Problem | None:
    other = points[MIRROR]
    costs = []
    for side in (points, other):
        fit = robust_fit(side, mean_shape())
        off = np.linalg.norm(fit.apply(side) - mean_shape(), axis=1)
        costs.append(float(np.minimum(off, 0.5).mean()))
    if costs[1] >= _WHOLE_BETTER * costs[0]:
        return None
    message = "left and right of the whole face are swapped"
    return Problem(Kind.SWAP, message, tuple(range(N_POINTS)), "swap left and right", other)


def _part_swaps(shape: Shape) -> Iterator[Problem]:
    taken: set[int] = set()
    for name, indices in _PAIRS:
        chosen = list(indices)
        if taken.intersection(chosen):
            continue
        there = expected(shape, chosen)
        off = [
            float(np.linalg.norm(shape.upright[i] - there, axis=1).mean())
            for i in (chosen, MIRROR[chosen])
        ]
        if off[1] < _BETTER * off[0]:
            taken.update(chosen)
            swapped = shape.points[MIRROR[chosen]]
            yield Problem(Kind.SWAP, f"the {name} are swapped", indices, "swap them", swapped)


# Order along curves

_CURVES = tuple(part for part in PARTS if len(part.indices) > 3)
# How much better the mean face's part, stretched and sheared, must fit points in another order:
# left of the misfit, and taken off it in inter-ocular distances.
_LEFT_OF_MISFIT, _TAKEN_OFF = 0.8, 0.007


@cache
def _steps(count: int) -> NDArray[np.intp]:
    """(m, n) orders of n points: two exchanged, or a run reversed."""
    orders = []
    for i in range(count):
        for j in range(i + 1, count):
            exchanged, reversed_ = np.arange(count), np.arange(count)
            exchanged[[i, j]] = j, i
            reversed_[i : j + 1] = reversed_[i : j + 1][::-1]
            orders += [exchanged, reversed_]
    return np.unique(np.array(orders), axis=0)


@cache
def _stretches(part: Part) -> tuple[Array, Array]:
    """How a part's coordinates are when it is stretched, sheared or arched.

    An orthonormal basis (n, k), and the (k, k) way from it to 1, y, x and x².
    """
    x, y = (mean_shape()[list(part.indices)] - mean_shape()[list(part.indices)].mean(axis=0)).T
    # Few points in a row can be brought into any order but along the row.
    ways = [np.ones_like(x), y] if len(x) < 6 else [np.ones_like(x), y, x, x * x]
    basis, triangle = np.linalg.qr(np.column_stack(ways))
    return np.asarray(basis), np.asarray(np.linalg.inv(triangle))


def _misfits(lines: Array, part: Part, *, over: bool = False) -> Array:
    """(m,) root mean square distances of (m, n, 2) points from the part's stretched mean.

    Infinite where the part would have to be turned over, unless it may be.
    """
    basis, back = _stretches(part)
    shares = basis.T @ lines
    off = lines - basis @ shares
    fit = back @ shares
    if fit.shape[1] > 2:
        turned = fit[:, 2, 0] * fit[:, 1, 1] - fit[:, 2, 1] * fit[:, 1, 0] <= 0
    else:
        turned = fit[:, 1, 1] <= 0
    misfits = np.sqrt((off * off).sum(axis=2).mean(axis=1))
    return misfits if over else np.where(turned, np.inf, misfits)


def _disorder(shape: Shape) -> Iterator[Problem]:
    for part in _CURVES:
        line = shape.upright[list(part.indices)]
        order, before, after = _reordered(line, part)
        if after > _LEFT_OF_MISFIT * before or before - after < _TAKEN_OFF:
            continue
        if _length(line[order], part) > _length(line, part):
            continue
        moved = np.flatnonzero(order != np.arange(len(line))).tolist()
        indices = tuple(part.indices[k] for k in moved)
        points = shape.points[[part.indices[order[k]] for k in moved]]
        message = f"points of the {part.name} are out of order"
        yield Problem(Kind.ORDER, message, indices, "put them in order", points)


def _length(line: Points, part: Part) -> float:
    ends = np.vstack([line, line[:1]]) if part.closed else line
    return float(np.linalg.norm(np.diff(ends, axis=0), axis=1).sum())


def _reordered(line: Points, part: Part) -> tuple[NDArray[np.intp], float, float]:
    """The best order of a part's (n, 2) points that small steps find; misfit before and after."""
    order, steps = np.arange(len(line)), _steps(len(line))
    before = misfit = float(_misfits(line[None], part, over=True)[0])
    for _ in line:
        misfits = _misfits(line[order[steps]], part)
        best = int(misfits.argmin())
        if misfits[best] >= misfit:
            break
        order, misfit = order[steps[best]], float(misfits[best])
    return order, before, misfit


# Crossing curves

# Name, how far below its lower point an upper one must lie in inter-ocular distances, seen from
# the front and from the side (lids of closed eyes overlap), upper points, lower points, corners.
_OPENINGS: tuple[tuple[str, Bound, tuple[int, ...], tuple[int, ...], tuple[int, int]], ...] = (
    ("lids of the left eye", (0.06, 0.06), (67, 68, 69), (73, 72, 71), (66, 70)),
    ("lids of the right eye", (0.06, 0.06), (76, 77, 78), (82, 81, 80), (75, 79)),
    ("edges of the left eyebrow", (0.06, 0.095), (34, 35, 36, 37), (41, 40, 39, 38), (33, 37)),
    ("edges of the right eyebrow", (0.06, 0.095), (43, 44, 45, 42), (49, 48, 47, 50), (42, 46)),
    ("lips", (0.06, 0.06), (97, 98, 99), (103, 102, 101), (96, 100)),
    ("edges of the upper lip", (0.035, 0.035), (86, 87, 88), (97, 98, 99), (84, 90)),
    ("edges of the lower lip", (0.035, 0.035), (103, 102, 101), (94, 93, 92), (84, 90)),
)


# Beside points that cross, those are exchanged too that overlap by more than this.
_TOUCHING = 0.01


def _crossings(shape: Shape) -> Iterator[Problem]:
    for name, bound, upper, lower, corners in _OPENINGS:
        up, low = shape.upright[list(upper)], shape.upright[list(lower)]
        along = shape.upright[corners[1]] - shape.upright[corners[0]]
        width = float(np.linalg.norm(along))
        along = along / max(width, 1e-6)
        # Down, square to the corners' line; in profile the line is short and says little.
        down = np.array([-along[1], along[0]]) if width > 0.1 else np.array([0.0, 1.0])
        depth = (up - low) @ down
        if depth.max() <= _allowed(bound, shape):
            continue
        crossed = depth > _TOUCHING
        pairs = [(u, d) for u, d, c in zip(upper, lower, crossed, strict=True) if c]
        indices = [i for pair in pairs for i in pair]
        swapped = shape.points[[i for u, d in pairs for i in (d, u)]]
        message = f"the {name} cross"
        yield Problem(Kind.CROSSING, message, tuple(indices), "exchange them", swapped)


# Places

_PLACED: tuple[tuple[str, tuple[int, ...], Bound], ...] = (
    ("left eyebrow", tuple(range(33, 42)), (0.2, 0.28)),
    ("right eyebrow", tuple(range(42, 51)), (0.2, 0.28)),
    ("nose bridge", tuple(range(51, 55)), (0.22, 0.22)),
    ("nose base", tuple(range(55, 66)), (0.22, 0.22)),
    ("left eye", (*range(66, 75), 104), (0.2, 0.2)),
    ("right eye", (*range(75, 84), 105), (0.2, 0.2)),
    ("outer lip", tuple(range(84, 96)), (0.24, 0.24)),
    ("inner lip", tuple(range(96, 104)), (0.24, 0.24)),
)
"""Name, points, and how far the middle of a part may lie from where the others have it, seen from
the front and from the side."""


def _displaced(shape: Shape) -> Iterator[Problem]:
    """The parts that lie elsewhere, worst first, each judged without those found before it."""
    found: set[int] = set()
    while True:
        worst, best = 1.0, None
        for name, indices, bound in _PLACED:
            if not found.isdisjoint(indices):
                continue
            there = expected(shape, [*indices, *sorted(found)])[: len(indices)]
            off = there.mean(axis=0) - shape.upright[list(indices)].mean(axis=0)
            if (far := float(np.hypot(*off)) / _allowed(bound, shape)) > worst:
                worst, best = far, (name, indices, off)
        if best is None:
            return
        name, indices, off = best
        found.update(indices)
        message = f"the {name} is not where the rest of the face has it"
        here = shape.upright[list(indices)]
        yield _repaired(shape, Kind.OUTSIDE, message, "move it there", indices, here + off)


_SIGHT = (("left", 104, 74, tuple(range(66, 74))), ("right", 105, 83, tuple(range(75, 83))))
# How far outside of the lids pupil and centre may lie: of the eye's width, in inter-ocular
# distances, and where the eye is closed.
_OUT_OF_EYE, _OUT_AT_LEAST, _OUT_OF_CLOSED = 0.25, 0.06, 0.16
_CLOSED = 0.05


def _pupils(shape: Shape) -> Iterator[Problem]:
    for side, pupil, centre, ring in _SIGHT:
        outline = shape.upright[list(ring)]
        width = float(np.ptp(outline, axis=0).max())
        gaps = np.linalg.norm(outline[1:4] - outline[:4:-1], axis=1)
        closed = float(gaps.min()) < _CLOSED
        bound = _OUT_OF_CLOSED if closed else max(_OUT_OF_EYE * width, _OUT_AT_LEAST)
        for index, what in ((pupil, "pupil"), (centre, "centre")):
            if -signed_distance(shape.upright[index], outline) > bound:
                middle = outline.mean(axis=0)[None]
                message = f"the {side} {what} lies outside of its eye"
                remedy = "put it in the middle"
                yield _repaired(shape, Kind.PUPIL, message, remedy, (index,), middle)


_NOSE = tuple(range(51, 66))
# How far the contour may run inside of the nose, in inter-ocular distances; on turned heads the
# visible outline does, and more so with every degree.
_CUT, _CUT_A_DEGREE, _TURNED = 0.06, 0.011, 25.0
_SIDES, _FAR_OFF = (list(range(2, 15)), list(range(18, 31))), 0.12


def _cut_nose(shape: Shape) -> Iterator[Problem]:
    contour = shape.upright[:33]
    # The contour ends level with the eyes; the forehead is put on top.
    brow = np.array([[contour[32, 0], -1.2], [contour[0, 0], -1.2]])
    outline = np.vstack([contour, brow])
    bound = _CUT + _CUT_A_DEGREE * max(0.0, shape.yaw - _TURNED)
    cut = [i for i in _NOSE if signed_distance(shape.upright[i], outline) < -bound]
    if not cut:
        return
    nose = shape.upright[list(_NOSE)].mean(axis=0)
    # The side that comes near the nose; its points that lie far from where they should are wrong.
    half = min(_SIDES, key=lambda side: np.linalg.norm(contour[side] - nose, axis=1).min())
    there = expected(shape, half)
    off = np.linalg.norm(contour[half] - there, axis=1)
    far = off >= min(_FAR_OFF, float(off.max()))
    wrong = [i for i, is_far in zip(half, far, strict=True) if is_far]
    there = expected(shape, wrong)
    message = "the contour cuts the nose"
    yield _repaired(shape, Kind.NOSE, message, "put the contour outside", wrong, there)


_LOOKS: tuple[Callable[[Shape], Iterator[Problem]], ...] = (
    _cut_nose,
    _crossings,
    _disorder,
    _displaced,
    _pupils,
)
