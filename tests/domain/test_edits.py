"""Every edit does what it says, undoes itself, survives JSON, and never overwrites in silence."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lapa_annotator.domain import edits
from lapa_annotator.domain.edits import Edit, EditConflictError, Gesture, edit_from_dict
from lapa_annotator.domain.face import Annotation, Comment, Face, Pose, Status
from lapa_annotator.domain.geometry import Box
from lapa_annotator.domain.landmarks import Landmarks
from lapa_annotator.domain.override import Patch
from tests.domain import strategies


@st.composite
def annotated_edits(draw: st.DrawFn) -> tuple[Annotation, Edit]:
    """An annotation, and an edit that can be applied to it."""
    annotation = draw(strategies.annotations)
    count = draw(st.integers(1, 3))
    made: list[Edit] = []
    now = annotation
    for _ in range(count):
        made.append(draw(_edit_of(now)))
        now = made[-1].apply(now)
    return annotation, made[0] if count == 1 else Gesture(tuple(made))


def _edit_of(annotation: Annotation) -> st.SearchStrategy[Edit]:
    choices = [_on_picture(annotation)]
    if annotation.faces:
        choices.append(st.sampled_from(annotation.faces).flatmap(_on_face))
        last = len(annotation.faces) - 1
        choices.append(st.integers(0, last).map(lambda i: edits.RemoveFace(annotation.faces[i], i)))
    return st.one_of(*choices)


def _on_picture(annotation: Annotation) -> st.SearchStrategy[Edit]:
    comments = st.lists(strategies.comments, max_size=2).map(tuple)
    return st.one_of(
        st.builds(edits.AddFace, strategies.faces, st.integers(0, len(annotation.faces))),
        st.sampled_from(Status).map(lambda s: edits.SetStatus(annotation.status, s)),
        st.frozensets(strategies.names, max_size=2).map(
            lambda t: edits.SetTags(annotation.tags, t)
        ),
        comments.map(lambda c: edits.SetComments(annotation.comments, c)),
    )


def _on_face(face: Face) -> st.SearchStrategy[Edit]:
    poses = st.none() | strategies.poses
    choices: list[st.SearchStrategy[Edit]] = [
        st.tuples(strategies.boxes(), poses).map(
            lambda after: edits.SetBox(face.id, (face.box, face.pose), after)
        ),
        strategies.faces.map(lambda other: edits.SetFace(face, replace(other, id=face.id))),
        strategies.patches().map(lambda patch: _paint(face, patch)),
    ]
    if (before := face.landmarks) is not None:
        choices.append(
            st.tuples(strategies.index_lists, strategies.landmarks()).map(
                lambda drawn: edits.SetPoints(
                    face.id, before.take(drawn[0]), drawn[1].take(drawn[0])
                )
            )
        )
    return st.one_of(*choices)


def _paint(face: Face, patch: Patch) -> edits.SetOverride:
    height, width = patch.values.shape
    before = face.override.region(patch.x, patch.y, width, height)
    return edits.SetOverride(face.id, before, patch)


@settings(max_examples=150)
@given(annotated_edits())
def test_an_edit_and_its_inverse_leave_everything_as_it_was(
    case: tuple[Annotation, Edit],
) -> None:
    before, edit = case
    after = edit.apply(before)
    assert edit.inverse().apply(after) == before
    assert edit.inverse().inverse() == edit


@settings(max_examples=150)
@given(annotated_edits())
def test_an_edit_survives_json_and_does_the_same(case: tuple[Annotation, Edit]) -> None:
    before, edit = case
    found = edit_from_dict(json.loads(json.dumps(edit.to_dict())))
    assert found == edit
    assert found.apply(before) == edit.apply(before)


FACE = Face(Box(0, 0, 10, 10), Landmarks(np.zeros((106, 2))), id="f")
START = Annotation((FACE,))
PAINT = Patch(1, 1, np.array([[3]], np.uint8))
MOVED = Landmarks(np.ones((106, 2)))
HERE = (FACE.box, FACE.pose)
THERE = (Box(1, 1, 5, 5), Pose(1, 2, 3))
ONE_OF_EACH: tuple[Edit, ...] = (
    edits.SetPoints("f", FACE.landmarks.take([3, 4]), MOVED.take([3, 4])),  # type: ignore[union-attr]
    edits.SetFace(FACE, replace(FACE, pose=Pose(1, 2, 3))),
    edits.SetBox("f", HERE, THERE),
    edits.AddFace(Face(Box(0, 0, 5, 5), id="g"), 1),
    edits.RemoveFace(FACE, 0),
    _paint(FACE, PAINT),
    edits.SetStatus(Status.NEW, Status.DONE),
    edits.SetTags(frozenset(), frozenset({"beard"})),
    edits.SetComments((), (Comment("look here", x=1.0, y=2.0),)),
)


@pytest.mark.parametrize("edit", ONE_OF_EACH, ids=lambda e: e.kind)
def test_an_edit_that_was_made_already_is_refused(edit: Edit) -> None:
    once = edit.apply(START)
    assert once != START
    with pytest.raises((EditConflictError, KeyError)):
        edit.apply(once)
    with pytest.raises((EditConflictError, KeyError)):
        edit.inverse().apply(START)


def test_an_undo_does_not_overwrite_what_came_later() -> None:
    first = edits.SetStatus(Status.NEW, Status.IN_PROGRESS)
    later = edits.SetStatus(Status.IN_PROGRESS, Status.DONE)
    done = later.apply(first.apply(START))
    with pytest.raises(EditConflictError, match="the status has been changed meanwhile; reload"):
        first.inverse().apply(done)


def test_a_drag_moves_the_points_it_names_and_leaves_the_rest() -> None:
    dragged = ONE_OF_EACH[0].apply(START).face("f").landmarks
    assert dragged is not None
    assert np.flatnonzero(dragged.points.any(axis=1)).tolist() == [3, 4]


def test_a_gesture_is_undone_backwards_as_one() -> None:
    add, remove = ONE_OF_EACH[3], ONE_OF_EACH[4]
    gesture = Gesture((add, remove))
    after = gesture.apply(START)
    assert [face.id for face in after.faces] == ["g"]
    assert gesture.inverse().apply(after) == START


def test_a_gesture_that_cannot_be_finished_changes_nothing() -> None:
    gesture = Gesture((ONE_OF_EACH[6], ONE_OF_EACH[6]))
    with pytest.raises(EditConflictError):
        gesture.apply(START)
    assert START.status is Status.NEW


def test_points_cannot_be_moved_before_there_are_any() -> None:
    bare = Annotation((replace(FACE, landmarks=None),))
    with pytest.raises(EditConflictError, match="propose them first"):
        ONE_OF_EACH[0].apply(bare)


def test_an_edit_that_contradicts_itself_is_refused() -> None:
    landmarks = Landmarks(np.zeros((106, 2)))
    with pytest.raises(ValueError, match="the same points"):
        edits.SetPoints("f", landmarks.take([1]), landmarks.take([2]))
    with pytest.raises(ValueError, match="keeps the face's id"):
        edits.SetFace(FACE, replace(FACE, id="other"))
    with pytest.raises(ValueError, match="one rectangle"):
        edits.SetOverride("f", PAINT, replace(PAINT, x=2))


@pytest.mark.parametrize("edit", ONE_OF_EACH, ids=lambda e: e.kind)
def test_an_edit_that_lost_a_part_is_refused_on_reading(edit: Edit) -> None:
    whole = edit.to_dict()
    for key in set(whole) - {"kind"}:
        with pytest.raises(ValueError, match=f"a damaged edit of kind {edit.kind!r}"):
            edit_from_dict({k: v for k, v in whole.items() if k != key})


def test_an_unknown_kind_of_edit_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown kind of edit 'dance'"):
        edit_from_dict({"kind": "dance"})
    with pytest.raises(ValueError, match="unknown kind of edit None"):
        edit_from_dict({})
