"""Untouched points follow under the hand: one gesture, one edit, one undo."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from lapa_annotator.dla.prior import Prior, Sums
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Annotation, Status
from lapa_annotator.domain.landmarks import Origin
from lapa_annotator.gui.editor.items.stamps import ORIGIN_COLOURS
from lapa_annotator.gui.editor.shown import shown_faces
from tests.gui.editor.conftest import CTRL, face_in, photo_of

JAW, NEXT_ON_JAW, FAR_EYE = 8, 9, 79
DOWN = QPoint(-16, 12)


def smooth(model: str) -> Prior:
    """A prior that has seen no face: errors are smooth."""
    return Prior(model, Sums.none())


@pytest.fixture
def following(desk):
    desk.editor.following.use(smooth)
    return desk


def drag_jaw(desk, by: QPoint = DOWN) -> None:
    start = desk.point(JAW)
    desk.drag(start, start + by)


def test_without_a_prior_no_point_follows(desk):
    before = desk.points.copy()
    drag_jaw(desk)
    assert np.abs(np.delete(desk.points - before, JAW, axis=0)).max() == 0
    assert "no model" in desk.editor.following.why_not


def test_neighbours_follow_and_are_marked_as_propagated(following):
    before = following.points.copy()
    drag_jaw(following)
    moved = np.linalg.norm(following.points - before, axis=1)
    assert moved[JAW] == pytest.approx(20)
    assert moved[NEXT_ON_JAW] > 5
    assert moved[NEXT_ON_JAW] > 5 * moved[FAR_EYE]
    origin = following.landmarks.origin
    assert origin[JAW] == Origin.CORRECTED
    assert origin[NEXT_ON_JAW] == Origin.PROPAGATED
    assert following.editor.following.why_not == ""


def test_neighbours_move_under_the_pointer_and_are_blue_before_the_hand_lets_go(following):
    before = following.points.copy()
    start = following.point(JAW)
    following.press(start)
    following.move(start + DOWN / 2)
    following.move(start + DOWN)
    face = following.document.face
    shown = following.document.points(face)
    assert np.linalg.norm(shown[NEXT_ON_JAW] - before[NEXT_ON_JAW]) > 5
    assert np.array_equal(following.points, before), "nothing is saved yet"
    drawn = shown_faces(following.document, following.editor.parts, following.editor.options)[-1]
    assert tuple(drawn.colours[NEXT_ON_JAW]) == ORIGIN_COLOURS[Origin.PROPAGATED]
    assert drawn.followed[NEXT_ON_JAW] and not drawn.followed[JAW]
    following.document.catch_up()
    following.release(start + DOWN)
    assert following.points == pytest.approx(shown, abs=0.5)


def test_a_gesture_is_one_edit_and_one_undo_and_undo_selects_what_the_hand_moved(following):
    before = following.landmarks
    drag_jaw(following)
    after = following.landmarks
    assert following.titles == ["Move point 8"]
    following.key(Qt.Key.Key_Z, CTRL)
    assert following.landmarks == before
    assert following.document.selection == {JAW}
    following.editor.redo()
    assert following.landmarks == after
    assert following.document.selection == {JAW}


def test_escape_takes_the_followers_back_as_well(following):
    before = following.landmarks
    start = following.point(JAW)
    following.press(start)
    following.move(start + DOWN)
    following.key(Qt.Key.Key_Escape)
    face = following.document.face
    assert following.landmarks == before
    assert np.array_equal(following.document.points(face), before.points)
    assert following.titles == []


def test_touched_points_never_move(following):
    drag_jaw(following)
    first = following.points[JAW].copy()
    start = following.point(NEXT_ON_JAW + 1)
    following.drag(start, start + QPoint(0, 30))
    assert np.array_equal(following.points[JAW], first)
    assert following.landmarks.touched.sum() == 2


def test_points_of_locked_parts_stay(following):
    following.editor.parts.toggle_locked("outer lip")
    before = following.points.copy()
    start = following.point(60)
    following.drag(start, start + QPoint(20, 10))
    moved = (following.points != before).any(axis=1)
    assert not moved[84:96].any()
    assert moved[97:100].any()


def test_the_key_switches_following_off_and_on(following):
    following.key(Qt.Key.Key_J)
    before = following.points.copy()
    drag_jaw(following)
    assert (following.points != before).any(axis=1).sum() == 1
    following.key(Qt.Key.Key_J)
    drag_jaw(following, QPoint(8, 8))
    assert (following.points != before).any(axis=1).sum() > 20


def test_a_smaller_strength_brings_neighbours_less_far(following):
    before = following.points.copy()
    drag_jaw(following)
    whole = following.points[NEXT_ON_JAW] - before[NEXT_ON_JAW]
    following.editor.undo()
    following.editor.following.set_strength(0.5)
    drag_jaw(following)
    assert following.points[NEXT_ON_JAW] - before[NEXT_ON_JAW] == pytest.approx(whole / 2, abs=0.01)


def test_arrow_keys_bring_neighbours_along_too(following):
    before = following.points.copy()
    following.document.select({JAW})
    for _ in range(3):
        following.key(Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    following.rest()
    assert following.points[JAW] - before[JAW] == pytest.approx((0, 30))
    assert following.points[NEXT_ON_JAW, 1] - before[NEXT_ON_JAW, 1] > 8
    assert len(following.titles) == 1


@pytest.mark.parametrize(
    ("proposals", "expected"), [({}, "nobody knows where"), (None, "no model has proposed")]
)
def test_where_the_proposal_is_unknown_nothing_follows_and_a_sentence_says_so(
    following, proposals, expected
):
    face = face_in(model=("",) * 106)
    more = {} if proposals is None else {"proposals": proposals}
    following.editor.open(photo_of(face, **more))
    assert expected in following.editor.following.why_not
    before = following.points.copy()
    drag_jaw(following)
    assert (following.points != before).any(axis=1).sum() == 1


def test_points_that_were_put_elsewhere_since_the_proposal_do_not_follow(following):
    following.editor.from_mean_shape()
    assert "no model has proposed" in following.editor.following.why_not
    before = following.points.copy()
    drag_jaw(following)
    assert (following.points != before).any(axis=1).sum() == 1


def test_a_damaged_prior_is_said_in_a_sentence(desk):
    def damaged(model: str) -> Prior:
        raise InputError("prior-mesh.npz", "it is damaged", "delete the file")

    desk.editor.following.use(damaged)
    assert "prior-mesh.npz" in desk.editor.following.why_not
    drag_jaw(desk)
    assert desk.landmarks.touched.sum() == 1


def test_a_point_typed_in_brings_its_neighbours_along(following):
    before = following.points.copy()
    following.document.select({JAW}, JAW)
    dock = next(d.widget for d in following.editor.docks() if d.id == "point")
    dock.place_y.setValue(before[JAW, 1] + 25)
    dock.place_y.editingFinished.emit()
    assert following.points[NEXT_ON_JAW, 1] > before[NEXT_ON_JAW, 1] + 5


def test_a_proposal_that_arrives_later_is_what_points_follow_from(following):
    face = face_in()
    annotation = Annotation((face,), Status.PROPOSED)
    following.editor.open(photo_of(face, annotation=annotation, proposals={}))
    assert following.editor.following.why_not
    following.editor.receive_proposal(1, face.id, face_in().landmarks)
    assert following.editor.following.why_not == ""


def test_parts_that_lag_behind_the_hand_catch_up_when_it_rests(following, qtbot):
    start = following.point(JAW)
    following.press(start)
    following.move(start + DOWN)
    face = following.document.face
    shown = following.document.points(face)
    held = shown.copy()
    qtbot.waitUntil(lambda: not np.array_equal(shown, held), timeout=2000)
    following.document.catch_up()
    at_rest = shown.copy()
    following.release(start + DOWN)
    assert following.points == pytest.approx(at_rest, abs=0.5)
