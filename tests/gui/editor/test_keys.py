"""Work with the keys of the editor's own table, pressed on the real canvas."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRectF, Qt

from lapa_annotator.domain.face import Annotation, Face, Status
from lapa_annotator.domain.geometry import Box
from lapa_annotator.domain.landmarks import Origin, Visibility
from lapa_annotator.domain.schema import ORGANS, PART_BY_NAME
from lapa_annotator.gui.editor.actions import EDITOR_ACTIONS
from lapa_annotator.gui.editor.document import HOLD_MS
from lapa_annotator.gui.editor.editor import Editor
from tests.gui.editor.conftest import BOX, CTRL, SHIFT, face_in, photo_of

Key = Qt.Key


@pytest.mark.parametrize(
    "key, keys, expected",
    [
        (Key.Key_Left, None, (-1, 0)),
        (Key.Key_Right, None, (1, 0)),
        (Key.Key_Up, None, (0, -1)),
        (Key.Key_Down, None, (0, 1)),
        (Key.Key_Left, SHIFT, (-10, 0)),
        (Key.Key_Right, SHIFT, (10, 0)),
        (Key.Key_Up, SHIFT, (0, -10)),
        (Key.Key_Down, SHIFT, (0, 10)),
    ],
)
def test_arrow_keys_move_by_a_pixel_and_shift_by_ten(desk, key, keys, expected):
    desk.document.select({54})
    before = desk.points.copy()
    desk.key(key, keys or Qt.KeyboardModifier.NoModifier)
    desk.rest()
    assert desk.points[54] - before[54] == pytest.approx(expected)
    assert desk.landmarks.origin[54] == Origin.CORRECTED


def test_key_presses_in_a_row_are_one_edit_saved_when_the_keys_rest(desk, qtbot):
    desk.document.select({54})
    before = desk.points.copy()
    for _ in range(7):
        desk.key(Key.Key_Right)
    assert desk.titles == []
    qtbot.waitUntil(lambda: desk.titles == ["Move point 54"], timeout=5 * HOLD_MS)
    assert desk.points[54] - before[54] == pytest.approx((7, 0))
    desk.editor.undo()
    assert np.array_equal(desk.points, before)


@pytest.mark.parametrize("then", ["undo", "select", "drag", "finish", "open", "save", "visibility"])
def test_what_the_keys_moved_is_kept_whatever_comes_next(desk, then):
    desk.document.select({54})
    before = desk.points[54].copy()
    desk.key(Key.Key_Right)
    journal = desk.journal
    if then == "undo":
        desk.key(Key.Key_Z, CTRL)
        assert desk.points[54] == pytest.approx(before)
        desk.key(Key.Key_Z, CTRL | SHIFT)
    elif then == "select":
        desk.document.select({60})
    elif then == "drag":
        start = desk.point(16)
        desk.drag(start, start + QPoint(9, 9))
    elif then == "finish":
        desk.editor.finish()
    elif then == "open":
        desk.editor.open(photo_of(face_in(), image_id=2))
    elif then == "save":
        desk.editor.save()
    else:
        desk.editor.cycle_visibility()
    assert journal.history()[0].title == "Move point 54"


def test_tab_and_s_walk_on_through_the_points_and_w_back(desk):
    for expected in (0, 1, 2):
        desk.key(Key.Key_Tab)
        assert desk.document.current == expected
    desk.key(Key.Key_S)
    assert desk.document.selection == {3}
    desk.key(Key.Key_W)
    desk.key(Key.Key_Backtab, SHIFT)
    assert desk.document.current == 1
    desk.document.select({105})
    desk.key(Key.Key_Tab)
    assert desk.document.current == 0


def test_the_walk_skips_hidden_parts_and_stays_in_a_solo_part(desk):
    desk.editor.parts.toggle_hidden("contour")
    desk.key(Key.Key_Tab)
    assert desk.document.current == 33
    desk.editor.parts.toggle_solo("left eye")
    desk.document.select({73})
    desk.key(Key.Key_Tab)
    assert desk.document.current == 66


def test_the_keys_walk_from_part_to_part(desk):
    desk.document.select({40})
    desk.key(Key.Key_Period)
    assert desk.document.current == 42
    desk.key(Key.Key_Comma)
    desk.key(Key.Key_Comma)
    assert desk.document.current == 0


def test_the_view_follows_the_walk(desk):
    desk.canvas.zoom_to(12)
    for _ in range(40):
        desk.key(Key.Key_Tab)
        place = desk.points[desk.document.current]
        assert desk.canvas.visible_rect().contains(*place)


def test_visibility_cycles_with_one_key(desk):
    desk.document.select({66, 67})
    seen = []
    for _ in range(3):
        desk.key(Key.Key_V)
        seen.append(desk.landmarks.visibility[[66, 67]].tolist())
    assert seen == [[Visibility.OCCLUDED] * 2, [Visibility.ABSENT] * 2, [Visibility.VISIBLE] * 2]
    assert desk.landmarks.touched.sum() == 2
    assert len(desk.titles) == 3


def test_every_point_looks_as_visible_as_it_is(desk):
    desk.document.select({16})
    at = desk.point(16)
    looks = []
    for _ in range(3):
        desk.document.select({16})
        desk.key(Key.Key_V)
        for _ in ("selected", "not selected"):
            looks.append(desk.shown()[at.y() - 5 : at.y() + 6, at.x() - 5 : at.x() + 6].tobytes())
            desk.editor.select_none()
    assert len(set(looks)) == 6


def test_parts_are_hidden_locked_and_shown_alone_with_a_key(desk):
    desk.document.select({66})
    desk.key(Key.Key_H)
    assert not desk.editor.parts.is_shown("left eye")
    desk.key(Key.Key_L)
    assert "left eye" in desk.editor.parts.locked
    desk.key(Key.Key_O)
    assert desk.editor.parts.solo == "left eye"
    desk.key(Key.Key_H, SHIFT)
    assert desk.editor.parts.shown_points().all()
    assert desk.editor.parts.free_points().all()


def test_keys_move_no_locked_and_no_hidden_point(desk):
    desk.editor.parts.toggle_locked("left eye")
    desk.document.select({66, 54})
    before = desk.points.copy()
    desk.key(Key.Key_Right)
    desk.rest()
    assert np.flatnonzero((desk.points != before).any(axis=1)).tolist() == [54]


def test_the_whole_part_is_turned_and_scaled_with_keys(desk):
    desk.document.select({66})
    desk.key(Key.Key_P)
    eye = list(PART_BY_NAME["left eye"].indices)
    assert desk.document.selection == set(eye)
    before = desk.points[eye]
    for _ in range(10):
        desk.key(Key.Key_Up, CTRL)
    desk.rest()
    larger = np.ptp(before, axis=0) * 1.01**10
    assert np.ptp(desk.points[eye], axis=0) == pytest.approx(larger, abs=0.002)
    desk.key(Key.Key_Down, CTRL)
    desk.key(Key.Key_Right, CTRL)
    desk.rest()
    assert desk.titles == ["Scale 8 points", "Scale 8 points", "Turn 8 points"]


@pytest.mark.parametrize(("point", "organ"), [(66, "left eye"), (105, "right eye"), (98, "mouth")])
def test_the_key_pressed_again_takes_all_that_belongs_to_the_part(desk, point, organ):
    desk.document.select({point})
    desk.key(Key.Key_P)
    desk.key(Key.Key_P)
    assert desk.document.selection == set(ORGANS[organ])
    desk.key(Key.Key_P)
    assert desk.document.selection == set(ORGANS[organ])


def test_locked_parts_do_not_keep_the_key_from_the_rest_of_the_organ(desk):
    desk.editor.parts.toggle_locked("inner lip")
    desk.document.select({84})
    desk.key(Key.Key_P)
    desk.key(Key.Key_P)
    assert desk.document.selection == set(PART_BY_NAME["outer lip"].indices)


def test_a_found_part_is_selected_with_its_organ_and_a_few_points_alone(desk):
    desk.editor.select_found(PART_BY_NAME["outer lip"].indices)
    assert desk.document.selection == set(ORGANS["mouth"])
    desk.editor.select_found((97, 103))
    assert desk.document.selection == {97, 103}
    desk.editor.select_found(())
    assert desk.document.selection == set()


def test_an_arrow_key_in_the_middle_of_a_drag_does_nothing(desk):
    before = desk.points[54].copy()
    start = desk.point(54)
    desk.press(start)
    desk.move(start + QPoint(30, 0))
    desk.key(Key.Key_Down, SHIFT)
    desk.release(start + QPoint(30, 0))
    assert desk.points[54] == pytest.approx(before + np.array([30, 0]))


# Points from elsewhere


def test_points_are_copied_from_the_face_before(desk):
    a = face_in(Box(20, 60, 180, 220), origin=np.full(106, Origin.CORRECTED, np.uint8))
    b = face_in(Box(220, 60, 380, 220))
    scrambled = b.landmarks.points[::-1]
    b = Face(b.box, type(b.landmarks)(scrambled), id=b.id)
    desk.editor.open(photo_of(a, b))
    desk.editor.next_face()
    desk.key(Key.Key_C)
    assert desk.points == pytest.approx(a.landmarks.points + np.array([200, 0]), abs=0.01)
    assert (desk.landmarks.origin == Origin.PROPAGATED).all()
    assert desk.titles == ["Copy from the previous face"]


def test_points_are_copied_from_the_last_photos_face_when_there_is_none_before(desk):
    desk.document.select({54})
    desk.key(Key.Key_Right, SHIFT)
    desk.rest()
    last = desk.points.copy()
    desk.editor.open(photo_of(Face(BOX), image_id=2))
    desk.key(Key.Key_C)
    assert desk.points == pytest.approx(last, abs=0.01)


def test_copying_leaves_what_is_set_by_hand_alone(desk):
    a, b = face_in(Box(20, 60, 180, 220)), face_in(Box(220, 80, 380, 240))
    desk.editor.open(photo_of(a, b))
    desk.editor.next_face()
    desk.document.select({54})
    desk.key(Key.Key_Right, SHIFT)
    desk.rest()
    tip = desk.points[54].copy()
    desk.key(Key.Key_Escape)
    desk.key(Key.Key_C)
    assert desk.points[54] == pytest.approx(tip)
    assert desk.landmarks.origin[54] == Origin.CORRECTED


def test_nothing_to_copy_from_is_said_in_place(desk):
    desk.key(Key.Key_C)
    assert desk.messages[-1][0] == "warning"
    assert desk.titles == []


def test_a_face_without_points_gets_them_from_the_mean_shape(desk):
    desk.editor.open(photo_of(Face(BOX)))
    desk.key(Key.Key_M)
    assert desk.points == pytest.approx(face_in(BOX).landmarks.points, abs=0.01)
    assert set(desk.landmarks.model) == {"mean shape"}
    assert desk.landmarks.confidence.max() == 0


def test_the_mean_shape_is_laid_over_the_points_set_by_hand(desk):
    # The face in the photo is 30 pixels right of its box; four points are put there by hand.
    desk.document.select({16, 54, 66, 79})
    for _ in range(3):
        desk.key(Key.Key_Right, SHIFT)
    desk.rest()
    desk.key(Key.Key_Escape)
    before = desk.points.copy()
    desk.key(Key.Key_M)
    assert desk.points[[16, 54, 66, 79]] == pytest.approx(before[[16, 54, 66, 79]])
    moved = np.delete(desk.points - before, [16, 54, 66, 79], axis=0)
    assert moved == pytest.approx(np.tile((30.0, 0.0), (102, 1)), abs=0.02)


def test_a_new_proposal_moves_the_untouched_points_alone(desk, qtbot):
    desk.document.select({54})
    desk.key(Key.Key_Right, SHIFT)
    desk.rest()
    tip = desk.points[54].copy()
    with qtbot.waitSignal(desk.editor.proposal_wanted) as asked:
        desk.key(Key.Key_R)
    image_id, face_id = asked.args
    better = face_in(Box(105, 45, 305, 245)).landmarks
    desk.editor.receive_proposal(image_id, face_id, better)
    assert desk.points[54] == pytest.approx(tip)
    assert np.delete(desk.points, 54, axis=0) == pytest.approx(np.delete(better.points, 54, axis=0))
    desk.editor.undo()
    assert desk.points[54] == pytest.approx(tip)
    assert desk.points[0] != pytest.approx(better.points[0])


def test_a_proposal_waits_for_the_end_of_a_drag(desk):
    face_id = desk.document.face_id
    better = face_in(Box(105, 45, 305, 245)).landmarks
    start = desk.point(54)
    desk.press(start)
    desk.move(start + QPoint(20, 0))
    desk.editor.receive_proposal(1, face_id, better)
    assert desk.document.is_previewing
    desk.move(start + QPoint(25, 0))
    desk.release(start + QPoint(25, 0))
    assert desk.titles == ["Move point 54", "Propose points"]
    assert desk.points[0] == pytest.approx(better.points[0])
    assert desk.landmarks.origin[54] == Origin.CORRECTED


def test_a_proposal_for_a_photo_that_was_left_is_dropped(desk):
    face_id = desk.document.face_id
    desk.editor.open(photo_of(face_in(), image_id=2))
    desk.editor.receive_proposal(1, face_id, face_in().landmarks)
    assert desk.titles == []


def test_points_go_back_to_where_they_were_proposed(desk):
    before = desk.landmarks
    desk.document.select({54, 60})
    desk.key(Key.Key_Down, SHIFT)
    desk.rest()
    desk.key(Key.Key_Backspace)
    assert desk.landmarks == before


def test_points_are_accepted_where_they_are(desk):
    before = desk.points.copy()
    desk.key(Key.Key_A)
    assert desk.landmarks.touched.all()
    assert np.array_equal(desk.points, before)
    desk.key(Key.Key_A)
    assert desk.titles == ["Accept points"]


# Undo, finish, faces


def test_undo_and_redo_walk_through_everything_and_the_view_goes_there(desk):
    places = [54, 0, 105]
    states = [desk.points.copy()]
    for index in places:
        desk.document.select({index})
        desk.key(Key.Key_Left)
        desk.rest()
        states.append(desk.points.copy())
    desk.canvas.zoom_to(20)
    for state, index in zip(states[-2::-1], places[::-1], strict=True):
        desk.editor.go_to(Box(390, 290, 399, 299))
        desk.key(Key.Key_Z, CTRL)
        assert np.array_equal(desk.points, state)
        assert desk.canvas.visible_rect().contains(*state[index])
        assert desk.document.selection == {index}
    assert not desk.editor.has("undo")
    for state in states[1:]:
        desk.key(Key.Key_Z, CTRL | SHIFT)
        assert np.array_equal(desk.points, state)
    assert not desk.editor.has("redo")


def test_undo_reaches_the_edits_of_an_earlier_session(desk):
    before = desk.points.copy()
    desk.document.select({54})
    desk.key(Key.Key_Left)
    desk.rest()
    photo, annotation = desk.document.photo, desk.document.annotation
    desk.editor.close_photo()
    desk.editor.open(photo_of(journal=photo.journal, annotation=annotation))
    desk.key(Key.Key_Z, CTRL)
    assert np.array_equal(desk.points, before)


def test_a_new_edit_forgets_what_was_undone(desk):
    desk.document.select({54})
    desk.key(Key.Key_Left)
    desk.key(Key.Key_Z, CTRL)
    assert desk.editor.has("redo")
    desk.key(Key.Key_Right)
    desk.rest()
    assert not desk.editor.has("redo")


def test_undo_switches_to_the_face_it_concerns(desk):
    a, b = face_in(Box(20, 60, 180, 220)), face_in(Box(220, 60, 380, 220))
    desk.editor.open(photo_of(a, b))
    desk.document.select({54})
    desk.key(Key.Key_Left)
    desk.key(Key.Key_F)
    assert desk.document.face_id == b.id
    desk.key(Key.Key_Z, CTRL)
    assert desk.document.face_id == a.id


def test_ctrl_enter_marks_the_photo_done_and_asks_for_the_next(desk, qtbot):
    with qtbot.waitSignal(desk.editor.finished):
        desk.key(Key.Key_Return, CTRL)
    assert desk.document.annotation.status == Status.DONE
    assert desk.titles == ["Done"]


def test_ctrl_s_is_there_for_the_hand_that_wants_it(desk):
    desk.key(Key.Key_S, CTRL)
    assert desk.messages[-1] == ("info", "Everything is saved.")


def test_keys_in_the_middle_of_a_drag_break_it_off_and_lose_nothing(desk):
    desk.document.select({60})
    desk.key(Key.Key_Left)
    before = desk.document.points(desk.document.face).copy()
    start = desk.point(54)
    desk.press(start)
    desk.move(start + QPoint(30, 0))
    desk.key(Key.Key_Z, CTRL)
    desk.release(start + QPoint(30, 0))
    desk.key(Key.Key_Z, CTRL | SHIFT)
    assert np.array_equal(desk.points, before)


def test_faces_are_switched_and_brought_into_sight(desk):
    a, b = face_in(Box(20, 60, 180, 220)), face_in(Box(220, 60, 380, 220))
    desk.editor.open(photo_of(a, b))
    desk.canvas.fit_rect(QRectF(20, 60, 160, 160), 1.0)
    desk.key(Key.Key_F)
    assert desk.document.face_id == b.id
    assert desk.canvas.visible_rect().contains(300, 140)
    desk.key(Key.Key_F, SHIFT)
    assert desk.document.face_id == a.id


def test_every_row_of_the_table_is_a_documented_method_and_a_known_need(desk):
    for row in EDITOR_ACTIONS:
        assert getattr(Editor, row.method).__doc__
        assert desk.editor.has(row.needs) in (True, False)
        assert not row.state or isinstance(getattr(desk.editor.options, row.state), bool)


@pytest.mark.parametrize("mode", ["points", "repair", "review"])
def test_no_two_rows_share_a_key_while_both_are_there(mode):
    """Points, the repair of the label map and the review are never worked on at once."""
    here = {"points": {"selection"}, "review": {"others"}}.get(mode, set()) | {mode}
    others = {"points", "selection", "repair", "review", "others"} - here
    rows = [row for row in EDITOR_ACTIONS if row.needs not in others]
    keys = [key for row in rows for key in row.key.split("; ") if key]
    assert len(rows) > 10
    assert sorted({key for key in keys if keys.count(key) > 1}) == []


def test_every_action_bears_a_face_without_points_and_a_photo_without_faces(desk):
    for annotation in (Annotation((Face(BOX),)), Annotation()):
        for row in EDITOR_ACTIONS:
            desk.editor.open(photo_of(annotation=annotation))
            getattr(desk.editor, row.method)()
