"""What a drag shows of the label map of a large face, and what comes when it ends."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from lapa_annotator.domain.geometry import Box, Similarity
from lapa_annotator.ppa.parse import parse_face
from tests.gui.editor.conftest import Desk, face_in, photo_of
from tests.gui.editor.test_livemap import segmentation

LARGE = (1600, 1200)
AROUND = Box(250, 150, 1350, 1150)


@pytest.fixture
def large(desk) -> Desk:
    """A face of 1,000 pixels, of which a step of a drag shows no more than a sketch."""
    face = face_in(AROUND)
    said = replace(segmentation(), to_crop=Similarity(0.125, 0.0, -0.4375, -0.4375))
    desk.editor.open(photo_of(face, size=LARGE, segmentations={face.id: said}))
    desk.editor.fit()
    desk.editor.toggle_map()
    return desk


def whole(desk) -> np.ndarray:
    """The large photo's label map, made in one go."""
    face, map_ = desk.document.face, desk.editor.live_map
    points, touched = desk.document.points(face), desk.document.touched(face)
    said = map_.segmentation(face.id)
    made = parse_face(LARGE, points, said, override=face.override, touched=touched)
    return made[map_.area.slices]


def test_of_a_large_face_a_drag_shows_a_sketch_and_its_end_the_map_itself(large):
    item, before = large.canvas.map_item, large.canvas.map_item.pixels.copy()
    start = large.point(90)
    large.press(start)
    large.move(start + QPoint(12, 9))
    assert item.is_sketch
    assert np.array_equal(item.pixels, before)
    large.release(start + QPoint(12, 9))
    assert not item.is_sketch
    assert not np.array_equal(item.pixels, before)
    assert np.array_equal(item.pixels, whole(large))
    assert np.array_equal(large.editor.live_map.labels, whole(large))


def test_when_the_hand_rests_the_map_itself_is_shown(large, qtbot):
    item, start = large.canvas.map_item, large.point(16)
    large.press(start)
    large.move(start + QPoint(0, 15))
    qtbot.waitUntil(lambda: not item.is_sketch)
    assert np.array_equal(item.pixels, whole(large))
    large.move(start + QPoint(0, 20))
    assert item.is_sketch
    large.key(Qt.Key.Key_Escape)
    assert not item.is_sketch
    assert np.array_equal(item.pixels, whole(large))


def test_a_sketch_looks_like_the_map_that_takes_its_place(large):
    for name in ("curves", "arrows"):
        large.editor.options.set(name, False)
    large.editor.options.set("opacity", 1.0)
    large.editor.parts.toggle_solo("left pupil")
    large.editor.parts.toggle_solo("left pupil")
    start = large.point(60)
    large.press(start)
    large.move(start + QPoint(9, 14))
    rough = large.shown().astype(int)
    large.editor.live_map.catch_up()
    fine = large.shown().astype(int)
    apart = np.abs(rough - fine).max(axis=2) > 60
    assert 0 < apart.mean() < 0.03
    large.key(Qt.Key.Key_Escape)


def test_zoomed_in_on_a_large_face_a_sketch_holds_what_is_in_sight(large):
    large.canvas.zoom_to(4)
    large.editor.go_to(Box.around(large.points[66:74]))
    start = large.point(68)
    large.press(start)
    large.move(start + QPoint(0, 8))
    shown = large.shown().copy()
    large.editor.live_map.catch_up()
    assert np.array_equal(large.shown(), shown)
    large.key(Qt.Key.Key_Escape)
