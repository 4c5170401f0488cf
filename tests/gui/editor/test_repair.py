"""Repairing the label map in the window."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QPointingDevice, QTabletEvent
from PySide6.QtWidgets import QApplication

from lapa_annotator.domain.classes import Label
from lapa_annotator.domain.override import UNSET, Occluder
from lapa_annotator.gui.editor.items.map import DIFFERS
from lapa_annotator.gui.editor.repair import repairing
from lapa_annotator.gui.editor.repair.state import RepairTool
from lapa_annotator.ppa.parse import parse_face
from tests.gui.editor.conftest import CTRL, SHIFT, SIZE, face_in, photo_of
from tests.gui.editor.test_livemap import drawn, expected, live, segmentation

CHEEK = (150, 150)
ELSEWHERE = (20, 280)


@pytest.fixture
def repair(desk):
    """The desk with the repairing hand at work, brush in hand."""
    face = face_in()
    desk.editor.open(photo_of(face, segmentations={face.id: segmentation()}))
    desk.editor.zoom_100()
    desk.editor.options.set("brush", 12.0)
    desk.editor.toggle_repair()
    return desk


def layer(desk) -> np.ndarray:
    """(H, W) uint8: what the override layer says of the whole photo."""
    return desk.document.face.override.region(0, 0, *SIZE).values


def paint(desk, start=CHEEK, end=(180, 150), keys=Qt.KeyboardModifier.NoModifier) -> None:
    desk.drag(desk.on_screen(start), desk.on_screen(end), keys)


def test_a_key_begins_to_repair_shows_the_map_and_ends_it(repair):
    assert repair.editor.repair.on
    assert repair.editor.options.map
    assert repair.editor.has("repair")
    assert not repair.editor.has("points")
    repair.key(Qt.Key.Key_Y, SHIFT)
    assert not repair.editor.repair.on
    assert repair.editor.has("points")
    repair.key(Qt.Key.Key_Y, SHIFT)
    assert repair.editor.repair.on


def test_a_stroke_fixes_a_class_and_the_map_follows(repair):
    repair.key(Qt.Key.Key_H)
    paint(repair)
    painted = layer(repair) != UNSET
    assert (layer(repair)[painted] == Label.HAIR).all()
    assert 12 * 30 < painted.sum() < 12 * 45
    assert live(repair)[150, 165] == Label.HAIR
    np.testing.assert_array_equal(live(repair), expected(repair))
    np.testing.assert_array_equal(drawn(repair), live(repair))
    assert repair.titles == ["Repair hair"]


def test_a_click_leaves_a_dot(repair):
    repair.click(repair.on_screen(CHEEK))
    assert 90 < (layer(repair) == Label.SKIN).sum() < 130


def test_a_stroke_outside_what_the_parser_sees_makes_it_see_more(repair):
    repair.key(Qt.Key.Key_6)
    paint(repair, ELSEWHERE, (60, 285))
    assert live(repair)[283, 40] == Label.NOSE
    np.testing.assert_array_equal(live(repair), expected(repair))


def test_esc_during_a_stroke_leaves_nothing(repair):
    at = repair.on_screen(CHEEK)
    repair.press(at)
    repair.move(at + QPoint(20, 0))
    repair.key(Qt.Key.Key_Escape)
    repair.release(at + QPoint(20, 0))
    assert (layer(repair) == UNSET).all()
    assert repair.titles == []


def test_the_eraser_brings_back_what_lies_below(repair):
    before = live(repair).copy()
    repair.key(Qt.Key.Key_H)
    paint(repair)
    repair.key(Qt.Key.Key_W)
    repair.editor.options.set("brush", 30.0)
    paint(repair, (140, 150), (190, 150))
    assert (layer(repair) == UNSET).all()
    np.testing.assert_array_equal(live(repair), before)
    assert repair.titles[-1] == "Take repairs away"


def test_the_eraser_is_named_as_such_where_it_leaves_repairs_beside_it(repair):
    repair.key(Qt.Key.Key_H)
    paint(repair)
    repair.key(Qt.Key.Key_W)
    paint(repair, (165, 140), (165, 175))
    assert (layer(repair) != UNSET).any()
    assert repair.titles[-1] == "Take repairs away"


def test_undo_and_redo_take_a_stroke_back_and_bring_it_again(repair):
    before = live(repair).copy()
    repair.key(Qt.Key.Key_4)
    paint(repair)
    after = live(repair).copy()
    repair.editor.undo()
    np.testing.assert_array_equal(live(repair), before)
    repair.editor.redo()
    np.testing.assert_array_equal(live(repair), after)
    assert repair.editor.repair.on


def test_the_wheel_sizes_the_brush_and_with_ctrl_it_zooms(repair):
    zoom, at = repair.canvas.zoom, repair.on_screen(CHEEK)
    repair.wheel(at, 2)
    assert repair.editor.options.brush > 12
    assert repair.canvas.zoom == zoom
    repair.wheel(at, -20)
    assert repair.editor.options.brush == 1
    repair.wheel(at, 1, CTRL)
    assert repair.canvas.zoom > zoom


def test_a_pen_that_presses_lightly_paints_a_thin_line(repair):
    def pen(kind, at, pressure) -> None:
        viewport = repair.canvas.viewport()
        event = QTabletEvent(
            kind,
            QPointingDevice.primaryPointingDevice(),
            QPointF(at),
            QPointF(viewport.mapToGlobal(at)),
            pressure,
            0,
            0,
            0,
            0,
            0,
            Qt.KeyboardModifier.NoModifier,
            Qt.MouseButton.LeftButton,
            Qt.MouseButton.LeftButton,
        )
        QApplication.sendEvent(viewport, event)

    start, end = repair.on_screen(CHEEK), repair.on_screen((180, 150))
    pen(QEvent.Type.TabletPress, start, 0.3)
    repair.press(start)
    pen(QEvent.Type.TabletMove, end, 0.3)
    repair.move(end)
    repair.release(end)
    thin = (layer(repair) != UNSET).sum()
    paint(repair, (150, 200), (180, 200))
    thick = (layer(repair) != UNSET).sum() - thin
    assert thin < 0.5 * thick


def test_drawing_behind_paints_over_chosen_classes_alone(repair):
    before = live(repair).copy()
    eye = repair.points[74]
    repair.editor.options.set("over", 1 << Label.SKIN)
    repair.key(Qt.Key.Key_Comma)
    repair.editor.options.set("brush", 40.0)
    repair.key(Qt.Key.Key_H)
    repair.click(repair.on_screen(eye))
    assert ((layer(repair) != UNSET) <= (before == Label.SKIN)).all()
    assert (live(repair) == Label.LEFT_EYE).sum() == (before == Label.LEFT_EYE).sum()
    assert (layer(repair) == Label.HAIR).any()


def test_a_polygon_is_closed_by_a_click_on_its_first_corner_or_by_a_key(repair):
    corners = [(140, 140), (180, 140), (180, 170), (140, 170)]
    repair.key(Qt.Key.Key_P)
    for corner in corners:
        repair.click(repair.on_screen(corner))
    assert (layer(repair) == UNSET).all()
    repair.click(repair.on_screen(corners[0]))
    once = (layer(repair) != UNSET).sum()
    assert 40 * 30 <= once <= 41 * 31
    repair.editor.undo()
    for corner in corners:
        repair.click(repair.on_screen(corner))
    repair.key(Qt.Key.Key_Return)
    assert (layer(repair) != UNSET).sum() == once


def test_a_drag_with_the_polygon_is_a_lasso_and_esc_drops_an_open_one(repair):
    repair.key(Qt.Key.Key_P)
    repair.click(repair.on_screen((140, 140)))
    repair.key(Qt.Key.Key_Escape)
    at = [repair.on_screen(p) for p in ((140, 140), (180, 140), (180, 170), (140, 170))]
    repair.press(at[0])
    for place in at[1:]:
        repair.move(place)
    repair.release(at[-1])
    assert 40 * 30 <= (layer(repair) != UNSET).sum() <= 41 * 31


def test_a_fill_gives_a_region_another_class(repair):
    lip = live(repair) == Label.LOWER_LIP
    repair.key(Qt.Key.Key_L)
    repair.key(Qt.Key.Key_7)
    y, x = np.argwhere(lip)[lip.sum() // 2]
    repair.click(repair.on_screen((x, y)))
    filled = layer(repair) == Label.UPPER_LIP
    assert (filled <= lip).all()
    assert filled.sum() > 0.98 * lip.sum()


def test_a_repair_is_turned_into_an_occluder_that_stays_background(repair):
    repair.key(Qt.Key.Key_O)
    paint(repair)
    painted = layer(repair) == Label.BACKGROUND
    repair.key(Qt.Key.Key_Period)
    repair.key(Qt.Key.Key_L)
    repair.click(repair.on_screen(CHEEK))
    np.testing.assert_array_equal(layer(repair) == Occluder.GLASSES, painted)
    assert (live(repair)[painted] == Label.BACKGROUND).all()
    assert repair.titles[-1] == "Repair glasses"


def occluder(desk) -> np.ndarray:
    """(H, W) bool: where the canvas draws glasses, in either of their colours."""
    return np.isin(drawn(desk), (DIFFERS + 1, DIFFERS + 2))


def test_what_hides_the_face_stays_in_sight_hatched_and_leaves_with_an_undo(repair):
    repair.key(Qt.Key.Key_Period)
    paint(repair)
    painted = layer(repair) == Occluder.GLASSES
    np.testing.assert_array_equal(occluder(repair), painted)
    assert len(np.unique(drawn(repair)[painted])) == 2
    # Points that move beneath it redraw what is around.
    repair.editor.toggle_repair()
    start = repair.point(60)
    repair.drag(start, start + QPoint(20, 6))
    np.testing.assert_array_equal(occluder(repair), painted)
    repair.editor.undo()
    repair.editor.undo()
    assert not occluder(repair).any()
    np.testing.assert_array_equal(drawn(repair), live(repair))


def test_of_what_hides_the_face_outlines_show_the_edge_and_differences_what_it_took(repair):
    repair.key(Qt.Key.Key_Period)
    paint(repair)
    painted = layer(repair) == Occluder.GLASSES
    repair.editor.toggle_outline()
    edge = occluder(repair)
    assert (edge <= painted).all()
    assert 0 < edge.sum() < painted.sum() / 2
    repair.editor.toggle_outline()
    repair.editor.toggle_difference()
    np.testing.assert_array_equal(occluder(repair), painted)
    repair.editor.live_map.mark_saved()
    assert not occluder(repair).any()


def test_a_kind_of_what_hides_the_face_is_listed_and_can_be_hidden_alone(repair):
    repair.key(Qt.Key.Key_Period)
    paint(repair)
    dock = next(dock.widget for dock in repair.editor.docks() if dock.id == "map")
    rows = [dock.classes.item(i) for i in range(dock.classes.count())]
    row = next(row for row in rows if row.text().startswith("glasses"))
    before = repair.shown()
    row.setCheckState(Qt.CheckState.Unchecked)
    assert not repair.editor.options.shows_class(Occluder.GLASSES)
    assert repair.editor.options.shows_class(Occluder.HAND)
    assert (repair.shown() != before).any()


def test_operations_change_the_whole_class(repair):
    before = live(repair) == Label.NOSE
    repair.key(Qt.Key.Key_6)
    repair.key(Qt.Key.Key_Up, CTRL)
    grown = live(repair) == Label.NOSE
    assert grown.sum() > before.sum()
    assert (grown >= before).all()
    repair.key(Qt.Key.Key_Backspace)
    np.testing.assert_array_equal(live(repair) == Label.NOSE, before)


def test_a_magic_stroke_and_a_superpixel_stroke_cover_what_they_touch(repair):
    for key, tool in (("take_magic_edge", "MAGIC"), ("take_superpixel", "SUPERPIXEL")):
        getattr(repair.editor, key)()
        assert repair.editor.repair.tool is RepairTool[tool]
        paint(repair)
        assert (layer(repair)[150, 152:178] == Label.SKIN).all()
        repair.editor.undo()
        assert (layer(repair) == UNSET).all()


def test_a_magic_stroke_that_changes_nothing_says_so(repair):
    repair.editor.options.set("behind", True)
    repair.editor.options.set("over", 1 << Label.NOSE)
    repair.editor.take_magic_edge()
    paint(repair, ELSEWHERE, (60, 285))
    assert (layer(repair) == UNSET).all()
    assert repair.messages[-1][1].startswith("Nothing changed: ")


def test_a_magic_stroke_that_finds_no_edge_says_so(repair, monkeypatch):
    monkeypatch.setattr(repairing, "magic_edge", lambda image, stroke: stroke)
    repair.editor.take_magic_edge()
    paint(repair)
    assert (layer(repair) != UNSET).any()
    assert repair.messages[-1][1] == (
        "No edge was found around the stroke, so it alone was painted."
    )


def test_keys_walk_through_the_picker_and_the_dock_shows_it(repair):
    dock = next(d.widget for d in repair.editor.docks() if d.id == "repair")
    repair.key(Qt.Key.Key_9)
    repair.key(Qt.Key.Key_Right)
    assert repair.editor.repair.value == Label.HAIR
    assert dock.values.currentRow() == Label.HAIR
    repair.key(Qt.Key.Key_Left)
    dock.values.setCurrentRow(3)
    assert repair.editor.repair.value == Label.RIGHT_EYEBROW
    assert dock.tools.checkedButton().text() == "Brush"


def test_points_are_out_of_reach_during_repair(repair):
    before = repair.points.copy()
    repair.drag(repair.point(54), repair.point(54) + QPoint(20, 20))
    np.testing.assert_array_equal(repair.points, before)
    repair.editor.toggle_repair()
    repair.drag(repair.point(54), repair.point(54) + QPoint(20, 20))
    assert not np.array_equal(repair.points, before)


def test_a_repair_stays_when_points_move_and_the_segmentation_is_redone(repair):
    repair.key(Qt.Key.Key_O)
    paint(repair, (120, 100), (200, 100))
    fixed = layer(repair) == Label.BACKGROUND
    repair.editor.toggle_repair()
    repair.drag(repair.point(16), repair.point(16) + QPoint(5, 25))
    said = segmentation()
    other = replace(said, probabilities=np.roll(said.probabilities, 6, axis=2))
    repair.editor.receive_segmentation(1, repair.document.face_id, other)
    face = repair.document.face
    touched = repair.document.touched(face)
    bare = parse_face(SIZE, repair.points, other, touched=touched)
    assert (live(repair)[fixed] == Label.BACKGROUND).all()
    np.testing.assert_array_equal(live(repair)[~fixed], bare[~fixed])
    np.testing.assert_array_equal(layer(repair) == Label.BACKGROUND, fixed)


def test_a_face_without_points_says_what_is_missing(desk):
    desk.editor.open(photo_of(replace(face_in(), landmarks=None)))
    desk.editor.toggle_repair()
    desk.click(desk.on_screen(CHEEK))
    assert "needs a face with points" in desk.messages[-1][1]


def test_repairing_ends_with_the_program_and_not_with_the_photo(repair):
    repair.editor.open(photo_of(face_in(), image_id=2))
    assert repair.editor.repair.on
    paint(repair)
    assert (layer(repair) == Label.SKIN).any()
