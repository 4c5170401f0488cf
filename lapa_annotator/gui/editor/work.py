"""The edits that an annotator's work makes, built from a face and what is wanted of it.

Pure functions: every one returns an edit, or None when nothing would change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.edits import SetFace, SetPoints
from lapa_annotator.domain.face import Face
from lapa_annotator.domain.geometry import Box, Similarity, fit_similarity
from lapa_annotator.domain.landmarks import (
    Landmarks,
    Origin,
    Points,
    PointSet,
    Visibility,
    check_points,
)
from lapa_annotator.domain.schema import N_POINTS
from lapa_annotator.gui.resources import resource

MARGIN = 0.25
"""How far outside the photo a point may lie, in parts of the photo's longer side."""

UNIT_BOX = Box(0.0, 0.0, 1.0, 1.0)

_FEWEST_FOR_FIT = 3


@dataclass(frozen=True)
class By:
    """Who makes an edit, and when (seconds since the epoch)."""

    annotator: str
    time: float


def clamped(points: Points, size: tuple[int, int]) -> Points:
    """Keep (n, 2) points within the photo of ``size`` (width, height) and its margin.

    Faces are cut off by the edges of photos and their points go on outside, so a point may
    leave the photo by a quarter of its longer side; beyond that it can only be lost.
    """
    width, height = size
    margin = MARGIN * max(width, height)
    return np.clip(points, [-margin, -margin], [width - 1 + margin, height - 1 + margin])


def moved(face: Face, indices: Sequence[int], points: Points, by: By) -> SetPoints | None:
    """Put points where a person wants them: (n, 2) for the n indices, photo pixels."""
    landmarks = _landmarks(face)
    stays = (landmarks.points[list(indices)] == points).all(axis=1)
    chosen = [i for i, same in zip(indices, stays, strict=True) if not same]
    return _corrected(face, chosen, by, points=points[~stays])


def accepted(face: Face, indices: Sequence[int], by: By) -> SetPoints | None:
    """Make points a person's own without moving them."""
    touched = _landmarks(face).touched
    return _corrected(face, [i for i in indices if not touched[i]], by)


def with_visibility(
    face: Face, indices: Sequence[int], visibility: Visibility, by: By
) -> SetPoints | None:
    """Say how much of some points can be seen."""
    now = _landmarks(face).visibility
    chosen = [i for i in indices if now[i] != visibility]
    return _corrected(face, chosen, by, visibility=np.full(len(chosen), visibility, np.uint8))


def back_to(face: Face, indices: Sequence[int], proposal: Landmarks) -> SetPoints | None:
    """Put points back to how they were proposed."""
    return _set(face, proposal.take(indices))


def proposed(face: Face, proposal: Landmarks) -> SetFace | SetPoints | None:
    """Take a new proposal in: whole when there are no points yet, else for the untouched ones."""
    if face.landmarks is None:
        return SetFace(face, replace(face, landmarks=proposal))
    untouched = np.flatnonzero(~face.landmarks.touched).tolist()
    return _set(face, proposal.take(untouched))


def put_shape(
    face: Face, shape: Points, frame: Box, indices: Sequence[int], name: str, by: By
) -> SetFace | SetPoints | None:
    """Lay a shape of (106, 2) points over the face and put the points at ``indices`` on it.

    Args:
        face: the face; its touched points, where there are three or more, say where the
            shape goes, else its box does.
        shape: the points in the frame that ``frame`` is the face box of.
        frame: the box that corresponds to the face's own.
        indices: the points to put in place; all of them when the face has none yet.
        name: what stands as the points' model version ("mean shape").
        by: who asked for it.
    """
    points = _laid_over(face, shape, frame)
    if face.landmarks is None:
        everything = _placed(Landmarks(points), range(N_POINTS), points, name, by)
        return SetFace(face, replace(face, landmarks=everything.to_landmarks()))
    chosen = list(indices)
    return _set(face, _placed(face.landmarks, chosen, points[chosen], name, by))


@cache
def mean_shape() -> Points:
    """The mean of frontal faces: (106, 2) in a face box of side 1 whose corner is (0, 0)."""
    rows = resource("mean_shape.txt").read_text(encoding="ascii").split("\n")[1:]
    points = check_points([[float(v) for v in row.split()] for row in rows if row])
    points.setflags(write=False)
    return points


def transformed(points: Points, transform: Similarity) -> Points:
    """Move, turn or scale (n, 2) points; rounded to a thousandth of a pixel."""
    return np.round(transform.apply(points), 3)


def _laid_over(face: Face, shape: Points, frame: Box) -> Points:
    if face.landmarks is not None:
        touched: NDArray[np.bool_] = face.landmarks.touched
        if touched.sum() >= _FEWEST_FOR_FIT:
            source, target = shape[touched], face.landmarks.points[touched]
            return transformed(shape, fit_similarity(source, target))
    scale = (face.box.area / frame.area) ** 0.5
    turn = face.box.roll - frame.roll
    return transformed(shape, Similarity.about(frame.centre, face.box.centre, scale, turn))


def _landmarks(face: Face) -> Landmarks:
    if face.landmarks is None:
        raise ValueError("the face has no points yet")
    return face.landmarks


def _corrected(
    face: Face,
    indices: Sequence[int],
    by: By,
    points: Points | None = None,
    visibility: NDArray[np.uint8] | None = None,
) -> SetPoints | None:
    before = _landmarks(face).take(indices)
    n = len(before.indices)
    after = replace(
        before,
        points=before.points if points is None else points,
        visibility=before.visibility if visibility is None else visibility,
        confidence=np.ones(n),
        origin=np.full(n, Origin.CORRECTED, np.uint8),
        annotator=(by.annotator,) * n,
        time=np.full(n, by.time),
    )
    return _set(face, after)


def _placed(
    landmarks: Landmarks, indices: Sequence[int], points: Points, name: str, by: By
) -> PointSet:
    n = len(indices)
    return replace(
        landmarks.take(indices),
        points=points,
        confidence=np.zeros(n),
        origin=np.full(n, Origin.PROPAGATED, np.uint8),
        model=(name,) * n,
        annotator=(by.annotator,) * n,
        time=np.full(n, by.time),
    )


def _set(face: Face, after: PointSet) -> SetPoints | None:
    before = _landmarks(face).take(after.indices)
    return None if before == after else SetPoints(face.id, before, after)
