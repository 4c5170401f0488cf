"""What cannot be right is shown in place, and repaired by a key alone."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from lapa_annotator.dla.guard import Kind
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.geometry import Box
from lapa_annotator.domain.landmarks import Origin
from lapa_annotator.domain.schema import MIRROR, PART_BY_NAME
from lapa_annotator.gui import projecthelp
from lapa_annotator.ppa.networks import ELEVEN
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


def mouth_elsewhere(pixels, points) -> np.ndarray:
    """What a parser might see: the mouth, half the face's width above its points."""
    labels = np.zeros(pixels.shape[:2], np.uint8)
    mouth = points[84:104]
    low, high = mouth.min(axis=0).astype(int), mouth.max(axis=0).astype(int)
    up = int(0.5 * np.ptp(points[:33, 0]))
    labels[low[1] - up : high[1] - up, low[0] : high[0]] = 7
    return labels


def test_points_are_compared_with_what_a_parser_sees(desk):
    asked = []

    def parser(pixels, points):
        asked.append(points)
        return mouth_elsewhere(pixels, points)

    desk.editor.guarding.use(parser)
    face = face_in(Box(110, 20, 250, 160))
    desk.editor.open(photo_of(face))
    (problem,) = desk.editor.guarding.problems
    assert problem.kind is Kind.MAP
    assert set(problem.indices) == set(range(84, 104))
    way = problem.points - face.landmarks.points[list(problem.indices)]
    width = np.ptp(face.landmarks.points[:33, 0])
    assert way[:, 0] == pytest.approx(0, abs=3)
    assert way[:, 1] == pytest.approx(-width / 2, abs=4)
    desk.key(Qt.Key.Key_R, SHIFT)
    kinds = {problem.kind for problem in desk.editor.guarding.problems}
    assert Kind.MAP not in kinds, "now the points are where the parser sees the mouth"
    assert len(asked) == 1, "a face is parsed once"
    desk.editor.undo()
    assert desk.editor.guarding.problems[0].kind is Kind.MAP


def test_a_parser_that_cannot_work_leaves_the_guard_to_the_points(desk):
    def parser(pixels, points):
        raise InputError("the network", "is damaged", "fetch it again")

    desk.editor.guarding.use(parser)
    desk.editor.open(photo_of(face_in()))
    assert desk.editor.guarding.problems == ()


def test_the_window_takes_the_parser_of_eleven_classes_where_it_is_here(monkeypatch):
    monkeypatch.setattr(projecthelp, "is_here", lambda name: False)
    assert projecthelp.parser() is None

    class Fake:
        def __init__(self, name):
            assert name == ELEVEN

        def parse(self, pixels, points):
            return mouth_elsewhere(pixels, points)

    monkeypatch.setattr(projecthelp, "is_here", lambda name: True)
    monkeypatch.setattr(projecthelp, "SecondOpinion", Fake)
    face = face_in()
    labels = projecthelp.parser()(np.zeros((300, 400, 3), np.uint8), face.landmarks.points)
    assert (labels == 7).any()
