"""The walk from one doubtful point to the next, and how much doubt is left."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from lapa_annotator.dla.doubt import GoodEnough
from lapa_annotator.domain.geometry import Box
from tests.gui.editor.conftest import face_in, photo_of
from tests.gui.editor.test_following import smooth

RIGHT = Box(210, 40, 390, 220)


def sure_but(*doubtful: int) -> np.ndarray:
    confidence = np.full(106, 0.99)
    confidence[list(doubtful)] = np.linspace(0.2, 0.5, len(doubtful))
    return confidence


def press_g(desk) -> int | None:
    desk.key(Qt.Key.Key_G)
    return desk.document.current


def test_g_goes_from_the_most_doubtful_point_to_the_next(desk):
    desk.editor.open(photo_of(face_in(confidence=sure_but(12, 40, 90))))
    assert [press_g(desk) for _ in range(3)] == [12, 40, 90]


def test_a_point_set_by_hand_is_in_doubt_no_more(desk):
    desk.editor.open(photo_of(face_in(confidence=sure_but(12, 40))))
    assert press_g(desk) == 12
    desk.key(Qt.Key.Key_A)
    assert desk.editor.doubting.doubt.points[12] == 0
    assert press_g(desk) == 40


def test_after_the_last_doubtful_point_the_walk_goes_to_the_next_face_and_then_on(desk, qtbot):
    first = face_in(Box(10, 40, 190, 220), confidence=sure_but(12))
    second = face_in(RIGHT, confidence=sure_but(54))
    desk.editor.open(photo_of(first, second))
    assert press_g(desk) == 12
    assert press_g(desk) == 54
    assert desk.document.face_id == second.id
    with qtbot.waitSignal(desk.editor.walked_out):
        press_g(desk)


def test_points_of_hidden_and_locked_parts_are_not_walked_to(desk):
    desk.editor.open(photo_of(face_in(confidence=sure_but(12, 40))))
    desk.editor.parts.toggle_locked("contour")
    assert press_g(desk) == 40


def test_a_drag_takes_doubt_from_its_neighbours(desk):
    desk.editor.following.use(smooth)
    before = desk.editor.doubting.doubt
    start = desk.point(8)
    desk.drag(start, start + QPoint(-3, 3))
    after = desk.editor.doubting.doubt
    assert after.points[8] == 0
    assert after.points[9] < 0.7 * before.points[9]
    assert after.expected < before.expected


def test_a_wider_bound_leaves_less_doubt_and_pixels_are_pixels(desk):
    desk.editor.following.use(smooth)
    doubting = desk.editor.doubting
    narrow = doubting.doubt.expected
    doubting.set_good_enough(GoodEnough(8.0, "%"))
    wide = doubting.doubt.expected
    assert wide < narrow
    doubting.set_good_enough(GoodEnough(0.08 * desk.landmarks.interocular, "px"))
    assert doubting.doubt.expected == pytest.approx(wide)


def test_a_photo_without_a_face_has_no_doubt(desk, qtbot):
    desk.editor.open(photo_of())
    assert desk.editor.doubting.doubt is None
    with qtbot.waitSignal(desk.editor.walked_out):
        desk.editor.next_doubt()
