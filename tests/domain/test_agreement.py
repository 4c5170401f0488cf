"""How far annotations agree, and edits that settle between them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lapa_annotator.domain.agreement import (
    ADJUDICATED,
    Verdict,
    adjudication,
    apart,
    class_counts,
    f1_of,
)
from lapa_annotator.domain.edits import Edit
from lapa_annotator.domain.face import Annotation, Face
from lapa_annotator.domain.geometry import Box
from lapa_annotator.domain.landmarks import Landmarks, Origin
from lapa_annotator.domain.override import Patch


def _face(off: float = 0.0, name: str = "ann", **more: object) -> Face:
    points = np.random.default_rng(0).uniform(0, 100, (106, 2))
    points[66], points[79] = (20, 50), (70, 50)
    marks = Landmarks(
        points + np.array([off, 0.0]),
        origin=np.full(106, Origin.CORRECTED),
        annotator=(name,) * 106,
    )
    return Face(Box(0, 0, 100, 100), marks, id="f", **more)


MINE = Annotation((_face(),), tags=frozenset({"blurry"}))
BEN = _face(2.0, "ben", override=Patch(3, 4, np.full((2, 2), 10, np.uint8)))
CARA = _face(4.0, "cara")


def _settle(verdict: Verdict, others=(BEN,), indices=None, annotation=MINE) -> Edit | None:
    return adjudication(annotation, "f", others, verdict, indices, annotator="dan", time=7.0)


def test_points_are_apart_in_per_cent_of_the_inter_ocular_distance() -> None:
    off = apart(MINE.faces[0].landmarks, BEN.landmarks)
    assert off == pytest.approx(np.full(106, 100 * 2 / 50))
    seen = np.full(106, 2)
    seen[5] = 0
    hidden = replace(BEN.landmarks, visibility=seen)
    assert np.isnan(apart(MINE.faces[0].landmarks, hidden)).nonzero()[0].tolist() == [5]


def test_the_f1_of_a_class_is_that_of_its_pixels() -> None:
    a = np.array([[1, 1, 1, 0]], np.uint8)
    b = np.array([[1, 1, 6, 0]], np.uint8)
    scores = f1_of(class_counts(a, b))
    assert scores[1] == pytest.approx(2 * 2 / 5) and scores[6] == 0 and scores[0] == 1
    assert np.isnan(scores[10])


def test_taking_theirs_takes_points_and_repairs_and_keeps_who_made_them() -> None:
    edit = _settle(Verdict.THEIRS)
    after = edit.apply(MINE)
    (face,) = after.faces
    assert face.landmarks == BEN.landmarks and face.override == BEN.override
    assert set(face.landmarks.annotator) == {"ben"}
    assert after.tags == {"blurry", ADJUDICATED}
    assert edit.inverse().apply(after) == MINE


def test_some_points_alone_can_be_taken() -> None:
    (face,) = _settle(Verdict.THEIRS, indices=[40, 7]).apply(MINE).faces
    moved = np.flatnonzero((face.landmarks.points != MINE.faces[0].landmarks.points).any(axis=1))
    assert moved.tolist() == [7, 40]
    assert face.override == MINE.faces[0].override
    assert (face.landmarks.annotator[7], face.landmarks.annotator[8]) == ("ben", "ann")


def test_the_mean_is_over_everybody_and_belongs_to_who_settles() -> None:
    (face,) = _settle(Verdict.MEAN, (BEN, CARA)).apply(MINE).faces
    assert face.landmarks.points == pytest.approx(
        MINE.faces[0].landmarks.points + np.array([2.0, 0.0])
    )
    assert set(face.landmarks.annotator) == {"dan"} and set(face.landmarks.time) == {7.0}


def test_a_point_that_one_calls_occluded_is_occluded_in_the_mean() -> None:
    seen = np.full(106, 2)
    seen[9] = 1
    ben = replace(BEN, landmarks=replace(BEN.landmarks, visibility=seen))
    (face,) = _settle(Verdict.MEAN, (ben,)).apply(MINE).faces
    assert face.landmarks.visibility[9] == 1 and face.landmarks.visibility[8] == 2


def test_keeping_mine_is_recorded_too_and_once_alone() -> None:
    edit = _settle(Verdict.MINE)
    after = edit.apply(MINE)
    assert after.faces == MINE.faces and ADJUDICATED in after.tags
    assert _settle(Verdict.MINE, annotation=after) is None


def test_annotations_without_points_cannot_be_settled_between() -> None:
    with pytest.raises(ValueError, match="has no points"):
        _settle(Verdict.MEAN, (replace(BEN, landmarks=None),))
    with pytest.raises(ValueError, match="has no points"):
        _settle(Verdict.THEIRS, ())
