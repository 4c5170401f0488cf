"""What cannot be right is shown in place, and repaired by a key alone."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from lapa_annotator.dla.guard import Kind
from lapa_annotator.domain.landmarks import Origin
from lapa_annotator.domain.schema import MIRROR, PART_BY_NAME
from tests.gui.editor.conftest import CTRL, SHIFT, face_in, photo_of

EYES = [*range(66, 84), 104, 105]
ORANGE = np.array([255, 120, 40])


@pytest.fixture
def swapped(desk):
    """A face whose eyes were exchanged."""
    face = face_in()
    points = np.array(face.landmarks.points)
    points[EYES] = points[MIRROR[EYES]]
    desk.editor.open(photo_of(replace(face, landmarks=replace(face.landmarks, points=points))))
    desk.editor.fit_face()
    return desk


def oranges(desk) -> int:
    return int((np.abs(desk.shown().astype(int) - ORANGE).max(axis=2) < 12).sum())


def guard_dock(desk):
    return next(d.widget for d in desk.editor.docks() if d.id == "guard")


def test_nothing_is_said_of_a_face_that_is_right(desk):
    assert desk.editor.guarding.problems == ()
    assert not desk.editor.has("problem")
    assert oranges(desk) == 0
    assert guard_dock(desk).list.count() == 0


def test_a_swap_is_marked_in_place_and_named_and_changes_nothing_by_itself(swapped):
    before = swapped.landmarks
    assert swapped.editor.guarding.problems[0].kind is Kind.SWAP
    assert oranges(swapped) > 100
    dock = guard_dock(swapped)
    assert dock.list.item(0).text() == "The eyes are swapped."
    assert dock.button.text() == "Repair: swap them"
    assert swapped.landmarks == before
    assert swapped.titles == []


def test_one_key_repairs_the_swap_as_an_edit_that_can_be_undone(swapped):
    before = swapped.landmarks
    swapped.key(Qt.Key.Key_R, SHIFT)
    assert swapped.points[EYES] == pytest.approx(before.points[MIRROR[EYES]])
    assert swapped.editor.guarding.problems == ()
    assert swapped.titles == ["Repair: swap them"]
    assert oranges(swapped) == 0
    swapped.key(Qt.Key.Key_Z, CTRL)
    assert swapped.landmarks == before
    assert swapped.editor.guarding.problems[0].kind is Kind.SWAP


def test_the_key_goes_to_the_problem_and_says_what_it_is(swapped):
    swapped.key(Qt.Key.Key_G, SHIFT)
    assert swapped.document.selection == set(EYES)
    assert swapped.messages[-1] == ("warning", "The eyes are swapped.")


def test_a_click_in_the_list_chooses_what_is_repaired(desk):
    face = face_in()
    points = np.array(face.landmarks.points)
    points[104] += (0, -50)
    lips = list(PART_BY_NAME["outer lip"].indices)
    points[[*lips, *PART_BY_NAME["inner lip"].indices]] += (0, 70)
    desk.editor.open(photo_of(replace(face, landmarks=replace(face.landmarks, points=points))))
    problems, dock = desk.editor.guarding.problems, guard_dock(desk)
    assert len(problems) > 1
    dock.list.itemClicked.emit(dock.list.item(1))
    assert desk.editor.guarding.chosen is problems[1]
    dock.button.click()
    indices = list(problems[1].indices)
    assert desk.points[indices] == pytest.approx(problems[1].points)


def test_marks_go_while_a_point_is_dragged_and_come_back_when_it_is_let_go(swapped):
    at = swapped.point(16)
    swapped.press(at)
    swapped.move(at + QPoint(0, 8))
    assert swapped.editor.guarding.problems == ()
    swapped.release(at + QPoint(0, 8))
    assert swapped.editor.guarding.problems[0].kind is Kind.SWAP


def test_a_swap_of_points_set_by_hand_leaves_them_the_hands(swapped):
    swapped.document.select(EYES)
    swapped.editor.accept()
    swapped.editor.repair_problem()
    assert (swapped.landmarks.origin[EYES] == Origin.CORRECTED).all()
