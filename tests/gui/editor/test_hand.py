"""The hand on the canvas: what dragging, clicking and letting go does."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QFocusEvent, QGuiApplication
from PySide6.QtWidgets import QApplication

from lapa_annotator.domain.face import Annotation, Face, Status
from lapa_annotator.domain.geometry import Box
from lapa_annotator.domain.landmarks import Origin
from lapa_annotator.domain.schema import PART_BY_NAME
from lapa_annotator.gui.editor.items.stamps import ORIGIN_COLOURS
from lapa_annotator.gui.editor.work import MARGIN
from lapa_annotator.ppa.parse import CURVES, ParseOptions
from tests.gui.editor.conftest import CTRL, MIDDLE, SHIFT, face_in, photo_of

NOSE_TIP = 54
LEFT_EYE = list(PART_BY_NAME["left eye"].indices)


def test_a_point_is_dragged_and_becomes_the_annotators_own(desk):
    before = desk.points.copy()
    start = desk.point(NOSE_TIP)
    desk.drag(start, start + QPoint(12, -7))
    moved = desk.points - before
    assert moved[NOSE_TIP] == pytest.approx((12, -7))
    assert np.abs(np.delete(moved, NOSE_TIP, axis=0)).max() == 0
    landmarks = desk.landmarks
    assert landmarks.origin[NOSE_TIP] == Origin.CORRECTED
    assert landmarks.annotator[NOSE_TIP] == "Ann"
    assert landmarks.confidence[NOSE_TIP] == 1
    assert landmarks.time[NOSE_TIP] > 1e9
    assert landmarks.touched.sum() == 1
    assert desk.titles == ["Move point 54"]


def test_the_grip_on_a_point_stays_where_the_hand_took_it(desk):
    before = desk.points[NOSE_TIP].copy()
    start = desk.point(NOSE_TIP) + QPoint(3, 2)
    desk.drag(start, start + QPoint(20, 0))
    assert desk.points[NOSE_TIP] == pytest.approx(before + np.array([20, 0]))


def test_a_click_selects_a_point_and_moves_nothing(desk):
    at = desk.point(NOSE_TIP)
    desk.press(at)
    desk.move(at + QPoint(1, 1))
    desk.release(at + QPoint(1, 1))
    assert desk.document.selection == {NOSE_TIP}
    assert desk.titles == []
    desk.click(QPoint(5, 5))
    assert desk.document.selection == frozenset()


def test_ctrl_click_adds_to_the_selection_and_takes_away(desk):
    desk.click(desk.point(16))
    desk.click(desk.point(NOSE_TIP), CTRL)
    assert desk.document.selection == {16, NOSE_TIP}
    desk.click(desk.point(16), CTRL)
    assert desk.document.selection == {NOSE_TIP}


def test_a_rubber_band_with_shift_selects_and_the_selection_is_dragged_as_one(desk):
    desk.editor.fit_face()
    eye = desk.points[LEFT_EYE]
    low = desk.on_screen(eye.min(axis=0) - 6)
    high = desk.on_screen(eye.max(axis=0) + 6)
    desk.drag(low, high, SHIFT)
    assert desk.document.selection >= set(LEFT_EYE)
    assert 33 not in desk.document.selection
    before = desk.points.copy()
    start = desk.point(66)
    desk.drag(start, start + QPoint(0, 9))
    moved = (desk.points - before)[sorted(desk.document.selection)]
    down = 9 / desk.canvas.zoom
    assert moved == pytest.approx(np.tile((0.0, down), (len(moved), 1)), abs=0.001)
    assert len(desk.titles) == 1


def test_a_double_click_selects_the_whole_part_and_shift_drags_it(desk):
    from PySide6.QtTest import QTest

    QTest.mouseDClick(desk.canvas.viewport(), Qt.MouseButton.LeftButton, pos=desk.point(66))
    assert desk.document.selection == set(LEFT_EYE)
    desk.editor.select_none()
    before = desk.points.copy()
    start = desk.point(33)
    desk.drag(start, start + QPoint(10, 0), SHIFT)
    moved = np.flatnonzero((desk.points != before).any(axis=1)).tolist()
    assert moved == list(PART_BY_NAME["left eyebrow"].indices)
    assert desk.titles == ["Move the left eyebrow"]


def test_all_points_are_dragged(desk):
    desk.editor.select_all()
    before = desk.points.copy()
    start = desk.point(NOSE_TIP)
    desk.drag(start, start + QPoint(-15, 6))
    assert desk.points - before == pytest.approx(np.tile((-15.0, 6.0), (106, 1)))
    assert desk.titles == ["Move 106 points"]


def handle(desk, index: int) -> QPoint:
    return desk.on_screen(desk.canvas._handles[index])


def test_a_corner_scales_the_selection_about_the_opposite_corner(desk):
    desk.editor.select_all()
    before = desk.points.copy()
    corners = desk.canvas._handles.copy()
    half_way = desk.on_screen((corners[2] + corners[0]) / 2)
    desk.drag(handle(desk, 2), half_way)
    expected = corners[0] + (before - corners[0]) / 2
    assert desk.points == pytest.approx(expected, abs=0.8)
    assert desk.titles == ["Scale 106 points"]


def test_the_knob_turns_the_selection_about_its_middle_and_shift_in_steps(desk):
    desk.editor.select_all()
    before = desk.points.copy()
    middle = desk.canvas._handles[:4].mean(axis=0)
    knob = handle(desk, 4)
    arm = desk.on_screen(middle).y() - knob.y()
    beside = desk.on_screen(middle) + QPoint(arm, 4)
    desk.drag(knob, beside, SHIFT)
    x, y = (before - middle).T
    assert desk.points == pytest.approx(middle + np.stack([-y, x], axis=1), abs=0.01)
    assert desk.titles == ["Turn 106 points"]


def test_a_drag_is_one_edit_and_is_saved_at_its_end_alone(desk):
    start = desk.point(NOSE_TIP)
    desk.press(start)
    for step in range(1, 30):
        desk.move(start + QPoint(step, 0))
        assert desk.journal.history() == []
    assert desk.document.points(desk.document.face)[NOSE_TIP] != pytest.approx(desk.points[54])
    desk.release(start + QPoint(29, 0))
    assert len(desk.journal.history()) == 1


@pytest.mark.parametrize(
    "how", ["Esc", "focus", "screen", "other button", "lost release", "hidden", "photo"]
)
def test_a_drag_that_cannot_end_leaves_everything_as_it_was(desk, how):
    before = desk.points.copy()
    start = desk.point(NOSE_TIP)
    desk.press(start)
    desk.move(start + QPoint(30, 30))
    if how == "Esc":
        desk.key(Qt.Key.Key_Escape)
    elif how == "focus":
        QApplication.sendEvent(desk.canvas, QFocusEvent(QEvent.Type.FocusOut))
    elif how == "screen":
        QGuiApplication.instance().screenRemoved.emit(desk.editor.screen())
    elif how == "other button":
        desk.press(start, button=Qt.MouseButton.RightButton)
    elif how == "lost release":
        desk.move(start + QPoint(40, 40), button=Qt.MouseButton.NoButton)
    elif how == "hidden":
        desk.editor.hide()
    else:
        face = desk.document.face
        journal = desk.journal
        desk.editor.open(photo_of(face, image_id=2))
        assert journal.history() == []
    desk.release(start + QPoint(40, 40))
    assert np.array_equal(desk.points, before)
    assert not desk.document.is_previewing
    assert desk.journal.history() == []


def test_a_drag_that_ends_outside_the_photo_stops_at_its_margin(desk):
    desk.editor.fit()
    for _ in range(4):
        desk.editor.zoom_out()
    start = desk.point(16)
    desk.drag(start, QPoint(start.x(), desk.canvas.height() + 3000))
    y = desk.points[16, 1]
    assert y == pytest.approx(299 + MARGIN * 400)
    assert desk.titles == ["Move point 16"]


def test_a_loupe_shows_the_dragged_point_and_goes_with_the_drag(desk):
    loupe = desk.canvas._loupe
    start = desk.point(NOSE_TIP)
    desk.press(start)
    assert not loupe.isVisible()
    desk.move(start + QPoint(15, 0))
    assert loupe.isVisible()
    assert not loupe.geometry().contains(start + QPoint(15, 0))
    image = loupe.grab().toImage()
    place = desk.document.points(desk.document.face)[NOSE_TIP]
    expected = desk.document.photo.pixels[round(place[1]), round(place[0])]
    seen = image.pixelColor(loupe.width() // 2 + 3, loupe.height() // 2 + 3)
    assert (seen.red(), seen.green(), seen.blue()) == pytest.approx(tuple(expected), abs=2)
    desk.release(start + QPoint(15, 0))
    assert not loupe.isVisible()


def test_the_loupe_stays_away_when_it_is_not_wanted_or_pixels_are_large_already(desk):
    desk.editor.toggle_loupe()
    start = desk.point(NOSE_TIP)
    desk.press(start)
    desk.move(start + QPoint(15, 0))
    assert not desk.canvas._loupe.isVisible()
    desk.key(Qt.Key.Key_Escape)
    desk.release(start)
    desk.editor.toggle_loupe()
    desk.canvas.zoom_to(10)
    desk.editor.next_point()
    start = desk.point(desk.document.current)
    desk.press(start)
    desk.move(start + QPoint(15, 0))
    assert not desk.canvas._loupe.isVisible()


def test_points_keep_their_size_on_screen(desk):
    desk.editor.toggle_curves()
    desk.editor.toggle_arrows()

    def pink(zoom):
        desk.canvas.zoom_to(zoom)
        desk.editor.go_to(Box(*(desk.points[16] - 5), *(desk.points[16] + 5)))
        at = desk.point(16)
        around = desk.shown()[at.y() - 12 : at.y() + 13, at.x() - 12 : at.x() + 13].astype(int)
        return int((np.abs(around - ORIGIN_COLOURS[Origin.PROPOSED]).max(axis=2) < 12).sum())

    assert pink(2) > 15
    assert pink(2) == pytest.approx(pink(16), abs=6)


def test_points_are_coloured_by_state_or_by_confidence(desk):
    desk.editor.toggle_arrows()
    desk.editor.toggle_curves()

    def colour(index):
        at = desk.point(index)
        return tuple(desk.shown()[at.y(), at.x()].tolist())

    assert colour(16) == ORIGIN_COLOURS[Origin.PROPOSED]
    start = desk.point(16)
    desk.drag(start, start + QPoint(0, 20))
    desk.editor.select_none()
    assert colour(16) == ORIGIN_COLOURS[Origin.CORRECTED]
    desk.editor.toggle_confidence()
    assert colour(16) != ORIGIN_COLOURS[Origin.CORRECTED]
    assert colour(16) != colour(8)


def test_an_arrow_leads_from_where_a_point_was_proposed(desk):
    desk.editor.toggle_curves()
    start = desk.point(16)

    def white_between():
        seen = desk.shown()[start.y() + 12 : start.y() + 18, start.x() - 1 : start.x() + 2]
        return (seen.min(axis=2) > 180).any()

    assert not white_between()
    desk.press(start)
    desk.move(start + QPoint(0, 40))
    assert white_between(), "the arrow follows the drag"
    desk.release(start + QPoint(0, 40))
    assert white_between()
    desk.editor.toggle_arrows()
    assert not white_between()


def test_numbers_are_shown_on_demand(desk):
    before = desk.shown()
    desk.editor.toggle_labels()
    assert (desk.shown() != before).any()
    desk.editor.toggle_labels()
    assert np.array_equal(desk.shown(), before)


def test_curves_follow_a_drag(desk):
    desk.editor.toggle_arrows()
    start = desk.point(36)
    side = desk.on_screen((desk.points[36] + desk.points[37]) / 2 - (0, 12))

    def looks():
        return desk.shown()[side.y() - 6 : side.y() + 6, side.x() - 6 : side.x() + 6].copy()

    desk.click(start)
    before = looks()
    desk.press(start)
    desk.move(start - QPoint(0, 24))
    assert (looks() != before).any()
    desk.key(Qt.Key.Key_Escape)
    assert np.array_equal(looks(), before)


def test_curves_are_drawn_as_the_project_wants_them_while_the_map_is_hidden(desk):
    curved = desk.shown()
    desk.editor.live_map.parse = ParseOptions(straight=CURVES)
    desk.editor.open(desk.document.photo)
    straight = desk.shown()
    assert (straight != curved).any()
    desk.editor.live_map.parse = ParseOptions(fitting="direct")
    desk.editor.open(desk.document.photo)
    assert np.array_equal(desk.shown(), straight)


def test_a_drag_repaints_little_and_leaves_no_traces(desk):
    desk.editor.options.set("loupe", False)
    start = desk.point(NOSE_TIP)
    desk.press(start)
    for step in range(1, 25):
        desk.move(start + QPoint(step, step // 2))
        QApplication.processEvents()
    live = desk.canvas.viewport().grab().toImage()
    desk.canvas.viewport().update()
    QApplication.processEvents()
    assert live == desk.canvas.viewport().grab().toImage()
    desk.release(start + QPoint(24, 12))


def test_a_face_box_is_drawn_by_hand_where_the_detector_found_none(desk, qtbot):
    desk.editor.open(photo_of(image_id=5))
    desk.editor.zoom_100()
    desk.editor.add_face()
    with qtbot.waitSignal(desk.editor.proposal_wanted) as asked:
        desk.drag(desk.on_screen((100, 50)), desk.on_screen((220, 200)))
    face = desk.document.face
    box = face.box
    assert (box.x0, box.y0, box.x1, box.y1) == pytest.approx((100, 50, 220, 200), abs=0.6)
    assert asked.args == [5, face.id]
    proposed = face_in(box).landmarks
    desk.editor.receive_proposal(5, face.id, proposed)
    assert desk.landmarks == proposed
    desk.editor.undo()
    desk.editor.undo()
    assert desk.document.faces == ()


def test_a_face_box_is_kept_within_the_photo_and_a_slip_draws_none(desk):
    desk.editor.open(photo_of())
    desk.editor.zoom_100()
    desk.editor.add_face()
    desk.click(desk.on_screen((50, 50)))
    assert desk.document.faces == ()
    desk.editor.add_face()
    desk.key(Qt.Key.Key_Escape)
    desk.drag(desk.on_screen((10, 10)), desk.on_screen((90, 90)))
    assert desk.document.faces == ()
    desk.editor.add_face()
    desk.drag(desk.on_screen((300, 200)), desk.on_screen((460, 380)))
    box = desk.document.face.box
    assert (box.x1, box.y1) == (399.5, 299.5)


def two_faces(desk) -> tuple[Face, Face]:
    a, b = face_in(Box(20, 60, 180, 220)), face_in(Box(220, 60, 380, 220))
    desk.editor.open(photo_of(a, b))
    desk.editor.zoom_100()
    return a, b


def test_a_click_into_another_face_switches_to_it(desk):
    a, b = two_faces(desk)
    assert desk.document.face_id == a.id
    desk.click(desk.on_screen(b.landmarks.points[[60, 87]].mean(axis=0) + np.array([20, -2])))
    assert desk.document.face_id == b.id
    desk.click(desk.on_screen(a.landmarks.points[NOSE_TIP]))
    assert desk.document.face_id == a.id
    assert desk.document.selection == {NOSE_TIP}
    assert desk.titles == []


def test_faces_are_added_deleted_and_brought_back(desk):
    a, b = two_faces(desk)
    desk.editor.next_face()
    assert desk.document.face_id == b.id
    desk.editor.delete_face()
    assert [face.id for face in desk.document.faces] == [a.id]
    assert desk.document.face_id == a.id
    desk.editor.undo()
    assert [face.id for face in desk.document.faces] == [a.id, b.id]
    assert desk.document.face_id == b.id


def test_twenty_faces_are_shown_and_worked_on(desk):
    boxes = [Box(x, y, x + 70, y + 65) for y in (5, 78, 151, 224) for x in (5, 84, 163, 242, 321)]
    faces = [face_in(box) for box in boxes]
    desk.editor.open(photo_of(*faces))
    desk.editor.fit_face()
    for face in faces[1:]:
        desk.editor.next_face()
        assert desk.document.face_id == face.id
    start = desk.point(16)
    desk.drag(start, start + QPoint(5, 5))
    assert desk.titles == ["Move point 16"]


def test_a_locked_part_keeps_its_place_and_a_hidden_one_is_not_hit(desk):
    desk.click(desk.point(66))
    desk.editor.lock_part()
    before = desk.points.copy()
    start = desk.point(66)
    desk.drag(start, start + QPoint(10, 10))
    desk.editor.select_all()
    start = desk.point(NOSE_TIP)
    desk.drag(start, start + QPoint(10, 10))
    moved = (desk.points != before).any(axis=1)
    assert not moved[LEFT_EYE].any()
    assert moved.sum() == 106 - len(LEFT_EYE)
    desk.editor.undo()
    desk.editor.document.select({NOSE_TIP})
    desk.editor.hide_part()
    assert desk.canvas.hit(desk.point(NOSE_TIP).toPointF()).kind != "point"


def test_a_solo_part_is_drawn_alone(desk):
    desk.document.select({66})
    desk.editor.solo_part()
    assert desk.canvas.hit(desk.point(NOSE_TIP).toPointF()).kind == "face"
    assert desk.canvas.hit(desk.point(66).toPointF()).index == 66
    desk.editor.solo_part()
    assert desk.canvas.hit(desk.point(NOSE_TIP).toPointF()).index == NOSE_TIP


def test_resting_on_a_point_shows_what_it_is_and_where_it_lies(desk):
    from PySide6.QtGui import QHelpEvent
    from PySide6.QtWidgets import QToolTip

    viewport = desk.canvas.viewport()
    at = desk.point(NOSE_TIP)
    rest = QHelpEvent(QEvent.Type.ToolTip, at, viewport.mapToGlobal(at))
    QApplication.sendEvent(viewport, rest)
    assert "tip of the nose" in QToolTip.text()
    assert "data:image/png" in QToolTip.text()
    QToolTip.hideText()


def test_the_status_bar_is_told_what_is_under_the_pointer(desk, qtbot):
    with qtbot.waitSignal(desk.editor.pointed) as told:
        desk.move(desk.point(NOSE_TIP), button=Qt.MouseButton.NoButton)
    assert "54 · tip of the nose" in told.args[0]


def test_a_middle_button_drag_over_a_point_moves_no_point(desk):
    before = desk.points.copy()
    start = desk.point(NOSE_TIP)
    desk.drag(start, start + QPoint(30, 0), button=MIDDLE)
    assert np.array_equal(desk.points, before)


def test_the_first_work_on_a_photo_makes_it_in_progress_and_undo_takes_that_back(desk):
    assert desk.document.annotation.status == Status.PROPOSED
    start = desk.point(NOSE_TIP)
    desk.drag(start, start + QPoint(5, 5))
    assert desk.document.annotation.status == Status.IN_PROGRESS
    desk.editor.undo()
    assert desk.document.annotation.status == Status.PROPOSED


def test_work_on_a_finished_photo_leaves_it_finished(desk):
    face = face_in()
    desk.editor.open(photo_of(face, annotation=Annotation((face,), Status.DONE)))
    desk.editor.zoom_100()
    start = desk.point(NOSE_TIP)
    desk.drag(start, start + QPoint(5, 5))
    assert desk.document.annotation == replace(desk.document.annotation, status=Status.DONE)
