"""The photo on the canvas: zoom, pan, pixels, tones."""

from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter

from lapa_annotator.gui.editor.editor import Editor
from lapa_annotator.gui.editor.items.photo import PhotoItem, photo_levels, tone_table
from tests.gui.editor.conftest import CTRL, MIDDLE, face_in, photo_of, picture

CORNER = QPoint(20, 20)
"""A place of the window that shows no point."""


def colour_at(desk, place) -> np.ndarray:
    at = desk.on_screen(place)
    return desk.shown()[at.y(), at.x()].astype(int)


def bare(desk, size=(400, 300), **more):
    """Show a photo without faces."""
    desk.editor.open(photo_of(size=size, **more))
    desk.editor.zoom_100()


@pytest.mark.parametrize("keys", [None, CTRL])
def test_the_wheel_zooms_at_the_pointer_with_ctrl_or_without(desk, keys):
    at = QPoint(200, 150)
    before, zoom = desk.on_photo(at), desk.canvas.zoom
    desk.wheel(at, 3, keys or Qt.KeyboardModifier.NoModifier)
    assert desk.canvas.zoom > 1.5 * zoom
    assert desk.on_photo(at) == pytest.approx(before, abs=1 / desk.canvas.zoom + 1e-6)
    desk.wheel(at, -3)
    assert desk.canvas.zoom == pytest.approx(zoom)


def test_zooming_far_in_stays_at_the_pointer(desk):
    at = QPoint(123, 321)
    before = desk.on_photo(at)
    for _ in range(12):
        desk.wheel(at, 1)
    assert desk.on_photo(at) == pytest.approx(before, abs=0.6)


def test_fit_shows_the_whole_photo_and_follows_the_window(desk):
    desk.editor.zoom_in()
    desk.editor.fit()
    assert desk.canvas.visible_rect().contains(QRectF(-0.5, -0.5, 400, 300))
    desk.editor.resize(420, 320)
    assert desk.canvas.visible_rect().contains(QRectF(-0.5, -0.5, 400, 300))


def test_100_percent_is_one_screen_pixel_per_photo_pixel(desk, qtbot):
    desk.editor.fit()
    with qtbot.waitSignal(desk.editor.zoom_changed) as told:
        desk.editor.zoom_100()
    assert told.args == [1.0]
    a, b = desk.on_screen((100, 100)), desk.on_screen((200, 100))
    assert (b - a).x() == 100


def test_zoom_stops_before_nothing_can_be_seen_any_more(desk):
    for _ in range(60):
        desk.editor.zoom_in()
    assert desk.canvas.zoom == 64
    for _ in range(90):
        desk.editor.zoom_out()
    assert desk.canvas.zoom > 0.1


@pytest.mark.parametrize("how", ["middle button", "space", "left on nothing"])
def test_the_photo_is_panned(desk, how):
    before = desk.on_photo(CORNER)
    button = MIDDLE if how == "middle button" else Qt.MouseButton.LeftButton
    # With the middle button and with Space it may begin on a point, and must not move it.
    start = QPoint(15, 300) if how == "left on nothing" else desk.point(54)
    points = desk.points.copy()
    if how == "space":
        desk.canvas.keyPressEvent(_key(Qt.Key.Key_Space))
    desk.drag(start, start + QPoint(40, -25), button=button)
    assert desk.on_photo(CORNER) == pytest.approx(before - (40, -25))
    assert np.array_equal(desk.points, points)
    assert desk.titles == []


def _key(key):
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QKeyEvent

    return QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier)


def test_zoom_and_place_are_kept_from_photo_to_photo_when_wanted(desk):
    desk.editor.toggle_keep_view()
    desk.canvas.zoom_to(3.0)
    desk.canvas.put(QPointF(120, 90), QPointF(100, 100))
    desk.editor.open(photo_of(face_in(), image_id=2))
    assert desk.canvas.zoom == 3.0
    assert desk.on_photo(QPoint(100, 100)) == pytest.approx((120, 90), abs=0.7)


def test_each_photo_is_shown_whole_when_the_view_is_not_kept(desk):
    desk.canvas.zoom_to(3.0)
    desk.editor.open(photo_of(face_in(), image_id=2))
    assert desk.canvas.visible_rect().contains(QRectF(-0.5, -0.5, 400, 300))


def test_the_centre_of_the_first_pixel_is_at_the_scenes_origin(desk):
    pixels = np.zeros((300, 400, 3), np.uint8)
    pixels[0, 0] = (255, 0, 0)
    pixels[7, 5] = (0, 255, 0)
    desk.editor.open(_photo(pixels))
    desk.canvas.zoom_to(16)
    desk.canvas.put(QPointF(0, 0), QPointF(100, 100))
    seen = desk.shown()
    red = np.argwhere(seen[..., 0] > 200)
    assert red.min(axis=0).tolist() == [92, 92]
    assert red.max(axis=0).tolist() == [107, 107]
    green = np.argwhere(seen[..., 1] > 200).mean(axis=0)
    assert green == pytest.approx((100 + 16 * 7 - 0.5, 100 + 16 * 5 - 0.5))


def _photo(pixels):
    photo = photo_of()
    return type(photo)(9, "b", pixels, photo.annotation, photo.journal)


def test_pixels_are_smoothed_below_800_percent_and_squares_from_there(desk):
    pixels = np.zeros((300, 400, 3), np.uint8)
    pixels[:, ::2] = 255
    desk.editor.open(_photo(pixels))

    def greys(zoom):
        desk.canvas.zoom_to(zoom)
        desk.canvas.put(QPointF(200, 150), QPointF(300, 250))
        middle = desk.shown()[200:300, 200:400, 0]
        return ((middle > 20) & (middle < 235)).mean()

    assert greys(7.5) > 0.3
    assert greys(8.0) == 0
    assert greys(20.0) == 0


def test_brightness_contrast_and_gamma_change_what_is_seen_and_persist(desk, store, qtbot):
    bare(desk)
    before = colour_at(desk, (200, 150))
    desk.editor.brighter()
    desk.editor.brighter()
    brighter = colour_at(desk, (200, 150))
    assert (brighter >= before + 20).all()
    desk.editor.more_contrast()
    desk.editor.options.set("gamma", 2.0)
    assert (colour_at(desk, (200, 150)) > brighter).all()
    other = Editor(store)
    qtbot.addWidget(other)
    assert other.options.gamma == 2.0
    assert other.options.contrast == pytest.approx(1.1)
    assert other.options.brightness == pytest.approx(0.1)
    desk.editor.reset_tones()
    assert (colour_at(desk, (200, 150)) == before).all()


def test_tones_that_are_neutral_change_nothing():
    assert np.array_equal(tone_table(0, 1, 1), np.arange(256))


def test_a_stored_option_that_makes_no_sense_counts_as_the_first_value(store, qtbot):
    store.update({"editor/gamma": "many", "editor/labels": "true", "editor/opacity": "7"})
    editor = Editor(store)
    qtbot.addWidget(editor)
    assert (editor.options.gamma, editor.options.labels) == (1.0, True)
    assert editor.options.opacity == 0.45


@pytest.mark.parametrize("size", [(1, 1), (3001, 17), (17, 3001), (2049, 1500)])
def test_the_levels_of_a_photo_halve_until_they_are_small(size):
    levels = photo_levels(picture(size))
    assert levels[0].shape[:2] == size[::-1]
    for finer, coarser in pairwise(levels):
        assert coarser.shape[0] == (finer.shape[0] + 1) // 2
        assert coarser.shape[1] == (finer.shape[1] + 1) // 2
    assert max(levels[-1].shape) <= 1024


def drawn(levels, scale, rect):
    """Draw a part of a photo at a scale, as the canvas does."""
    item = PhotoItem()
    item.set_levels(levels)
    from PySide6.QtWidgets import QGraphicsScene

    scene = QGraphicsScene()
    scene.addItem(item)
    size = (round(rect.width() * scale), round(rect.height() * scale))
    out = QImage(*size, QImage.Format.Format_RGB888)
    painter = QPainter(out)
    scene.render(painter, QRectF(0, 0, *size), rect)
    painter.end()
    rows = np.frombuffer(out.constBits(), np.uint8).reshape(size[1], -1)
    return rows[:, : 3 * size[0]].reshape(size[1], size[0], 3).copy()


@pytest.mark.parametrize("scale", [0.1, 0.24, 0.4, 1.0, 2.5])
def test_every_level_lies_at_the_same_place(scale):
    size = (2600, 1900)
    levels = photo_levels(picture(size))
    rect = QRectF(299.5, 199.5, 800, 600)
    seen = drawn(levels, scale, rect)
    columns = 299.5 + (np.arange(seen.shape[1]) + 0.5) / scale
    assert np.abs(seen[20, 5:-5, 0] - columns[5:-5] * 255 / 2599).max() < 2


def test_a_panorama_of_200_megapixels_is_shown_and_zoomed(desk):
    pixels = np.zeros((5000, 40000, 3), np.uint8)
    pixels[2400:2600, 39000:39200] = (250, 10, 10)
    desk.editor.open(_photo(pixels))
    assert colour_at(desk, (39100, 2500)) == pytest.approx((250, 10, 10), abs=30)
    desk.editor.zoom_100()
    desk.canvas.put(QPointF(39100, 2500), QPointF(200, 200))
    seen = desk.shown()
    assert (seen[105:295, 105:295, 0] > 245).all()
    assert (seen[20:90, 20:90] == 0).all()


def test_no_photo_shows_nothing_and_every_action_bears_it(desk):
    from lapa_annotator.gui.editor.actions import EDITOR_ACTIONS

    desk.editor.close_photo()
    for row in EDITOR_ACTIONS:
        getattr(desk.editor, row.method)()
    assert (desk.shown() == desk.shown()[0, 0]).all()
    assert not desk.editor.has("photo")
