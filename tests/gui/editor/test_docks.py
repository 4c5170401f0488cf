"""What stands beside the canvas."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from lapa_annotator.domain.face import Face
from lapa_annotator.domain.geometry import Box
from lapa_annotator.domain.landmarks import Origin, Visibility
from lapa_annotator.domain.schema import PARTS, POINT_DEFINITIONS
from lapa_annotator.gui.editor.docks.parts import LOCKED, NAME, SHOWN, SOLO
from lapa_annotator.gui.editor.items.stamps import confidence_colour
from lapa_annotator.gui.editor.pointtip import schematic, tip
from lapa_annotator.gui.editor.work import mean_shape
from tests.gui.editor.conftest import face_in, photo_of


@pytest.fixture
def dock(desk, qtbot):
    """A dock's widget by its id, shown."""

    def find(name: str):
        widget = next(dock.widget for dock in desk.editor.docks() if dock.id == name)
        qtbot.addWidget(widget)
        with qtbot.waitExposed(widget):
            widget.show()
        return widget

    return find


def test_every_dock_has_an_id_of_its_own_and_a_title(desk):
    docks = desk.editor.docks()
    ids = [d.id for d in docks]
    assert len(set(ids)) == len(ids)
    assert {"parts", "faces", "point", "guard", "history", "map", "tones"} <= set(ids)
    assert all(d.title for d in docks)


# Parts


def row_of(tree, name: str):
    return next(
        tree.topLevelItem(i)
        for i in range(tree.topLevelItemCount())
        if tree.topLevelItem(i).text(NAME) == name
    )


def click(tree, row, column: int) -> None:
    tree.scrollToItem(row)  # nobody clicks on what is out of sight
    rect = tree.visualItemRect(row)
    x = tree.header().sectionPosition(column) + tree.header().sectionSize(column) // 2
    place = rect.center()
    place.setX(x if column else rect.left() + 4)
    QTest.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=place)


def test_the_tree_holds_every_part_and_point_with_its_definition(dock):
    tree = dock("parts").tree
    assert tree.topLevelItemCount() == len(PARTS)
    texts = [
        tree.topLevelItem(i).child(k).text(NAME)
        for i in range(len(PARTS))
        for k in range(tree.topLevelItem(i).childCount())
    ]
    assert sorted(texts, key=lambda t: int(t.split()[0])) == [
        f"{i}  {text}" for i, text in enumerate(POINT_DEFINITIONS)
    ]


def test_the_switches_of_a_part_hide_lock_and_show_it_alone(desk, dock):
    tree = dock("parts").tree
    row, parts = row_of(tree, "left eye"), desk.editor.parts
    click(tree, row, SHOWN)
    assert not parts.is_shown("left eye")
    click(tree, row, SHOWN)
    click(tree, row, LOCKED)
    assert parts.locked == {"left eye"}
    click(tree, row, SOLO)
    assert [part.name for part in PARTS if parts.is_shown(part.name)] == ["left eye"]


def test_the_tree_and_the_canvas_select_together(desk, dock):
    tree = dock("parts").tree
    click(tree, row_of(tree, "inner lip"), NAME)
    assert desk.document.selection == set(range(96, 104))
    desk.document.select({54})
    assert not row_of(tree, "inner lip").isSelected()
    assert row_of(tree, "nose bridge").child(3).isSelected()


def test_a_point_in_the_tree_has_the_tooltip_of_the_canvas(dock):
    row = row_of(dock("parts").tree, "nose bridge").child(3)
    assert row.data(NAME, Qt.ItemDataRole.ToolTipRole) == tip(54)


# Faces


def test_a_click_in_the_list_of_faces_switches(desk, dock):
    a, b = face_in(Box(20, 60, 180, 220)), face_in(Box(220, 60, 380, 220))
    faces = dock("faces").list
    desk.editor.open(
        photo_of(
            a,
            b,
        )
    )
    assert faces.count() == 2
    assert faces.currentRow() == 0
    place = faces.visualItemRect(faces.item(1)).center()
    QTest.mouseClick(faces.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert desk.document.face_id == b.id
    desk.editor.previous_face()
    assert faces.currentRow() == 0


def test_the_list_says_how_far_each_face_is(desk, dock):
    faces = dock("faces").list
    desk.editor.open(photo_of(face_in(), Face(Box(310, 200, 390, 290))))
    desk.document.select({54, 55})
    desk.editor.nudge_left()
    desk.rest()
    assert "2 of 106" in faces.item(0).text()
    assert "no points yet" in faces.item(1).text()


# The selected point


def test_the_selected_point_shows_everything_known_of_it(desk, dock):
    widget = dock("point")
    assert widget.form.isHidden()
    desk.document.select({54})
    assert not widget.form.isHidden()
    assert "tip of the nose" in widget.title.text()
    assert widget.part.text() == "nose bridge"
    assert widget.origin.text() == "proposed"
    assert widget.model.text() == "mesh"
    assert widget.confidence.text() == "0.50"
    assert not widget.picture.pixmap().isNull()
    x, y = desk.points[54]
    assert (widget.place_x.value(), widget.place_y.value()) == pytest.approx((x, y), abs=0.01)
    desk.editor.nudge_left()
    assert widget.place_x.value() == pytest.approx(x - 1, abs=0.01)
    desk.rest()
    assert (widget.origin.text(), widget.annotator.text()) == ("corrected", "Ann")
    assert widget.time.text().startswith("20")


def test_the_place_of_a_point_can_be_typed(desk, dock):
    widget = dock("point")
    desk.document.select({54})
    y = desk.points[54, 1]
    widget.place_x.setFocus()
    widget.place_x.selectAll()
    QTest.keyClicks(widget.place_x, "123.25")
    QTest.keyClick(widget.place_x, Qt.Key.Key_Return)
    assert desk.points[54] == pytest.approx((123.25, y))
    assert desk.landmarks.origin[54] == Origin.CORRECTED
    assert desk.titles == ["Move point 54"]


def test_leaving_a_field_without_a_change_is_no_edit(desk, dock):
    widget = dock("point")
    desk.document.select({54})
    widget.place_x.setFocus()
    widget.place_y.setFocus()
    widget.place_x.setFocus()
    QTest.keyClick(widget.place_x, Qt.Key.Key_Return)
    assert desk.titles == []


def test_the_visibility_of_a_point_can_be_chosen(desk, dock):
    widget = dock("point")
    desk.document.select({54})
    widget.visibility.setCurrentIndex(widget.visibility.findText("absent"))
    widget.visibility.activated.emit(widget.visibility.currentIndex())
    assert desk.landmarks.visibility[54] == Visibility.ABSENT


# History


def titles(history) -> list[str]:
    return [history.item(i).text() for i in range(history.count())]


def test_the_history_lists_the_edits_and_a_click_goes_back_and_forth(desk, dock):
    history = dock("history").list
    states = [desk.points.copy()]
    for index in (54, 60, 16):
        desk.document.select({index})
        desk.editor.nudge_left()
        desk.rest()
        states.append(desk.points.copy())
    assert titles(history)[1:] == ["Move point 54", "Move point 60", "Move point 16"]
    assert history.currentRow() == 3
    for target in (1, 0, 3, 2):
        place = history.visualItemRect(history.item(target)).center()
        QTest.mouseClick(history.viewport(), Qt.MouseButton.LeftButton, pos=place)
        assert np.array_equal(desk.points, states[target])
        assert history.currentRow() == target
        assert len(titles(history)) == 4


def test_a_hidden_history_asks_the_journal_nothing(desk, monkeypatch):
    asked = []
    monkeypatch.setattr(desk.document, "history", lambda: asked.append(1) or [])
    desk.document.select({54})
    desk.editor.nudge_left()
    desk.rest()
    assert asked == []


# Looks


def test_the_sliders_and_switches_follow_the_options_and_set_them(desk, dock):
    widget = dock("map")
    desk.editor.toggle_map()
    assert widget.switches["map"].isChecked()
    widget.switches["outline"].click()
    assert desk.editor.options.outline
    widget.opacity.setValue(widget.opacity.maximum())
    assert desk.editor.options.opacity == 1.0
    row = widget.classes.item(0)
    row.setCheckState(Qt.CheckState.Unchecked)
    assert not desk.editor.options.shows_class(1)
    desk.editor.options.toggle_class(1)
    assert row.checkState() == Qt.CheckState.Checked


def test_a_double_click_on_a_slider_brings_its_first_value_back(desk, dock):
    widget = dock("map")
    desk.editor.options.set("opacity", 0.9)
    QTest.mouseDClick(widget.opacity, Qt.MouseButton.LeftButton)
    assert desk.editor.options.opacity == 0.45


def test_the_mean_shape_lies_in_a_face_box_and_is_symmetric():
    shape = mean_shape()
    assert (shape.min(axis=0) > 0).all()
    assert (shape.max(axis=0) < 1.1).all()
    assert shape[0, 0] + shape[32, 0] == pytest.approx(1)
    assert shape[16, 1] == shape[:33, 1].max()


@pytest.mark.parametrize("index", [0, 54, 105])
def test_the_picture_of_a_point_marks_its_place(index):
    plain, marked = schematic((index + 50) % 106, 200), schematic(index, 200)
    assert plain != marked


def test_confidence_goes_from_red_through_amber_to_blue():
    (r0, _, b0), (r1, g1, _), (r2, _, b2) = map(confidence_colour, (0.0, 0.5, 1.0))
    assert r0 > 200 > b0
    assert r1 > 200 and g1 > 180
    assert b2 > 200 > r2
