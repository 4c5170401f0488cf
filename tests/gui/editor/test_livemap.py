"""The label map, live."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from lapa_annotator.domain.classes import CLASSES, Label
from lapa_annotator.domain.edits import SetOverride
from lapa_annotator.domain.face import Face
from lapa_annotator.domain.geometry import Box, Similarity
from lapa_annotator.domain.override import Patch
from lapa_annotator.domain.schema import PARTS
from lapa_annotator.gui.editor.editor import Editor
from lapa_annotator.gui.editor.items.map import DIFFERS
from lapa_annotator.ppa.parse import parse_face
from lapa_annotator.ppa.segment import Segmentation
from tests.gui.editor.conftest import BOX, SIZE, Desk, face_in, photo_of


def segmentation() -> Segmentation:
    """Hair above the face's box, skin within, background around, at half the photo's size."""
    channels = np.zeros((3, SIZE[1] // 2, SIZE[0] // 2), np.uint8)
    channels[0] = 255
    face = (slice(20, 120), slice(50, 150))
    hair = (slice(5, 30), slice(50, 150))
    for place, channel in ((face, 1), (hair, 2)):
        channels[(slice(None), *place)] = 0
        channels[(channel, *place)] = 255
    return Segmentation(channels, Similarity(0.5, 0.0, -0.25, -0.25), "fake")


@pytest.fixture
def mapped(desk) -> Desk:
    """The desk with the label map on and hair and skin known."""
    face = face_in()
    desk.editor.open(photo_of(face, segmentations={face.id: segmentation()}))
    desk.editor.zoom_100()
    desk.editor.toggle_map()
    return desk


def expected(desk, points=None) -> np.ndarray:
    """The whole photo's label map, made in one go."""
    face = desk.document.face
    points = desk.document.points(face) if points is None else points
    touched = desk.document.touched(face)
    return parse_face(SIZE, points, segmentation(), override=face.override, touched=touched)


def live(desk) -> np.ndarray:
    """The whole photo's label map as the editor has it."""
    out = np.zeros(SIZE[::-1], np.uint8)
    out[desk.editor.live_map.area.slices] = desk.editor.live_map.labels
    return out


def drawn(desk) -> np.ndarray:
    """The whole photo's indices as they are drawn."""
    out = np.zeros(SIZE[::-1], np.uint8)
    out[desk.editor.live_map.area.slices] = desk.canvas.map_item.pixels
    return out


def test_the_map_is_the_one_that_is_exported(mapped):
    assert np.array_equal(live(mapped), expected(mapped))
    assert np.array_equal(drawn(mapped), expected(mapped))
    assert set(np.unique(live(mapped))) >= {Label.SKIN, Label.HAIR, Label.NOSE}


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_while_a_point_of_any_part_is_dragged_the_map_follows(mapped, part):
    start = mapped.point(part.indices[0])
    mapped.press(start)
    for step in range(1, 7):
        mapped.move(start + QPoint(2 * step, step))
        assert np.array_equal(drawn(mapped), expected(mapped))
    mapped.release(start + QPoint(12, 6))
    assert np.array_equal(drawn(mapped), expected(mapped))


def test_a_cancelled_drag_brings_the_map_back(mapped):
    before = drawn(mapped)
    start = mapped.point(60)
    mapped.press(start)
    mapped.move(start + QPoint(15, 20))
    assert (drawn(mapped) != before).any()
    mapped.key(Qt.Key.Key_Escape)
    assert np.array_equal(drawn(mapped), before)


def test_undo_and_a_drag_far_away_bring_the_map_along(mapped):
    mapped.editor.select_all()
    before = drawn(mapped)
    start = mapped.point(54)
    mapped.drag(start, start + QPoint(-90, 40))
    assert np.array_equal(drawn(mapped), expected(mapped))
    mapped.editor.undo()
    assert np.array_equal(drawn(mapped), before)


def test_only_changed_pixels_are_redrawn(mapped, monkeypatch):
    redrawn = []
    item = mapped.canvas.map_item
    monkeypatch.setattr(item, "changed", lambda *rect: redrawn.append(rect))
    start = mapped.point(66)
    mapped.press(start)
    mapped.move(start + QPoint(4, 0))
    eye = np.ptp(mapped.points[66:74], axis=0)
    assert redrawn
    for _, _, width, height in redrawn:
        assert width < 2 * eye[0]
        assert height < 3 * eye[1] + 8
    mapped.key(Qt.Key.Key_Escape)


def test_only_the_touched_parts_are_refitted(mapped, monkeypatch):
    from lapa_annotator.ppa import parse

    fitted = []
    fit_group = parse.fit_group

    def noted(points, group, options=None):
        fitted.append(group.name)
        return fit_group(points, group, options)

    monkeypatch.setattr(parse, "fit_group", noted)
    start = mapped.point(66)
    mapped.press(start)
    mapped.move(start + QPoint(4, 0))
    assert set(fitted) == {"left eye"}
    mapped.key(Qt.Key.Key_Escape)


def test_parts_alone_are_shown_until_hair_and_skin_are_there(desk, qtbot):
    with qtbot.waitSignal(desk.editor.segmentation_wanted) as asked:
        desk.editor.toggle_map()
    assert asked.args == [1, desk.document.face_id]
    assert not desk.editor.live_map.is_segmented
    assert set(np.unique(live(desk))) >= {Label.NOSE, Label.LEFT_EYEBROW}
    assert not {Label.SKIN, Label.HAIR} & set(np.unique(live(desk)))
    desk.editor.receive_segmentation(1, desk.document.face_id, segmentation())
    assert desk.editor.live_map.is_segmented
    assert np.array_equal(drawn(desk), expected(desk))


def test_hair_and_skin_are_asked_for_once_and_not_when_nobody_looks(desk):
    asked = []
    desk.editor.segmentation_wanted.connect(lambda *a: asked.append(a))
    desk.document.select({54})
    desk.editor.nudge_right()
    desk.rest()
    assert asked == []
    desk.editor.toggle_map()
    desk.editor.toggle_map()
    desk.editor.toggle_map()
    desk.editor.nudge_right()
    desk.rest()
    assert len(asked) == 1


def test_a_segmentation_of_a_photo_that_was_left_is_dropped(desk):
    face_id = desk.document.face_id
    desk.editor.toggle_map()
    desk.editor.open(photo_of(face_in(), image_id=2))
    desk.editor.receive_segmentation(1, face_id, segmentation())
    assert not desk.editor.live_map.is_segmented


def test_a_map_that_takes_long_never_shows_a_photo_that_was_left(qtbot, store):
    waiting = []
    editor = Editor(store, run_slow=lambda work, done: waiting.append((work, done)))
    qtbot.addWidget(editor)
    editor.open(photo_of(face_in()))
    editor.toggle_map()
    editor.open(photo_of(image_id=2))
    for work, done in waiting:
        done(work())
    assert editor.live_map.labels is None


def test_points_moved_while_the_map_is_being_made_are_in_it(qtbot, store):
    waiting = []
    editor = Editor(store, run_slow=lambda work, done: waiting.append((work, done)))
    qtbot.addWidget(editor)
    desk = Desk(editor)
    face = face_in()
    editor.open(photo_of(face, segmentations={face.id: segmentation()}))
    editor.toggle_map()
    work, done = waiting.pop()
    made = work()
    editor.document.select({60})
    editor.nudge(4, 9)
    done(made)
    assert np.array_equal(live(desk), expected(desk))


def colour_at(desk, place):
    at = desk.on_screen(place)
    return desk.shown()[at.y(), at.x()].astype(int)


def test_opacity_and_the_visibility_of_classes(mapped):
    for name in ("curves", "arrows"):
        mapped.editor.options.set(name, False)
    cheek = (150, 150)
    skin = np.array(CLASSES[Label.SKIN].colour)
    photo = mapped.document.photo.pixels[150, 150].astype(int)
    mapped.editor.options.set("opacity", 1.0)
    assert colour_at(mapped, cheek) == pytest.approx(skin, abs=2)
    mapped.editor.options.set("opacity", 0.5)
    assert colour_at(mapped, cheek) == pytest.approx((skin + photo) / 2, abs=3)
    mapped.editor.options.toggle_class(Label.SKIN)
    assert colour_at(mapped, cheek) == pytest.approx(photo, abs=2)
    mapped.editor.options.toggle_class(Label.SKIN)
    mapped.editor.toggle_map()
    assert colour_at(mapped, cheek) == pytest.approx(photo, abs=2)


def outlines(labels):
    """Pixels with a neighbour of another class that lies below their own, done slowly."""
    rank = [0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 2]
    out = np.zeros_like(labels)
    for y, x in np.ndindex(labels.shape):
        for dy, dx in ((0, 1), (1, 0), (0, -1), (-1, 0)):
            ny, nx = y + dy, x + dx
            inside = 0 <= ny < labels.shape[0] and 0 <= nx < labels.shape[1]
            if inside and rank[labels[y, x]] > rank[labels[ny, nx]]:
                out[y, x] = labels[y, x]
    return out


def test_outlines_alone(mapped):
    mapped.editor.toggle_outline()
    assert np.array_equal(drawn(mapped), outlines(expected(mapped)))
    start = mapped.point(60)
    mapped.press(start)
    for step in (3, 9, 5):
        mapped.move(start + QPoint(step, step))
    assert np.array_equal(drawn(mapped), outlines(expected(mapped)))
    mapped.key(Qt.Key.Key_Escape)
    mapped.editor.toggle_outline()
    assert np.array_equal(drawn(mapped), expected(mapped))


def test_the_difference_from_the_last_save(mapped):
    first = live(mapped)
    mapped.editor.toggle_difference()
    assert not drawn(mapped).any()
    start = mapped.point(60)
    mapped.drag(start, start + QPoint(8, 14))
    now = expected(mapped)
    differs = now != first
    assert differs.any()
    assert np.array_equal(drawn(mapped) != 0, differs)
    assert set(drawn(mapped)[differs & (now == 0)]) <= {DIFFERS}
    assert np.array_equal(drawn(mapped)[now != first], np.where(now == 0, DIFFERS, now)[differs])
    mapped.editor.save()
    assert not drawn(mapped).any()


def test_the_curators_override_lies_above(mapped):
    face = mapped.document.face
    patch = Patch(150, 150, np.full((10, 12), int(Label.HAIR), np.uint8))
    before = face.override.region(150, 150, 12, 10)
    mapped.document.apply(SetOverride(face.id, before, patch), "Paint")
    assert (live(mapped)[150:160, 150:162] == Label.HAIR).all()
    assert np.array_equal(live(mapped), expected(mapped))


def test_every_face_has_its_own_map(desk):
    a, b = face_in(Box(20, 60, 180, 220)), face_in(Box(220, 60, 380, 220))
    desk.editor.open(photo_of(a, b))
    desk.editor.toggle_map()
    left = live(desk)
    desk.editor.next_face()
    assert not (live(desk)[left != 0] != 0).any()
    desk.editor.delete_face()
    assert np.array_equal(live(desk), left)
    desk.editor.delete_face()
    assert desk.editor.live_map.labels is None


def test_a_face_gets_its_map_with_its_first_points(desk):
    desk.editor.open(photo_of(Face(BOX)))
    desk.editor.toggle_map()
    assert desk.editor.live_map.labels is None
    desk.editor.from_mean_shape()
    assert live(desk).any()


def test_a_face_cut_off_by_the_photos_edge_has_a_map(desk):
    face = face_in(Box(-90, -80, 60, 70))
    desk.editor.open(photo_of(face))
    desk.editor.toggle_map()
    whole = parse_face(SIZE, face.landmarks.points, segmentation())
    parts = np.isin(whole, (Label.RIGHT_EYE, Label.NOSE))
    assert np.array_equal(live(desk)[parts], whole[parts])


def test_the_map_lies_on_the_photos_pixels(mapped):
    for name in ("curves", "arrows"):
        mapped.editor.options.set(name, False)
    mapped.editor.options.set("opacity", 1.0)
    mapped.canvas.zoom_to(16)
    labels = expected(mapped)
    mapped.editor.go_to(Box(148, 118, 152, 122))
    mapped.editor.parts.toggle_solo("left pupil")
    table = {c.id: np.array(c.colour) for c in CLASSES}
    seen = mapped.canvas.visible_rect()
    for x in range(int(seen.left()) + 2, int(seen.right()) - 2, 5):
        for y in range(int(seen.top()) + 2, int(seen.bottom()) - 2, 3):
            for dx, dy in ((-0.4, -0.4), (0.4, 0.4)):
                want = table[labels[y, x]]
                if labels[y, x]:
                    assert colour_at(mapped, (x + dx, y + dy)) == pytest.approx(want, abs=2)


def test_the_dock_says_what_is_still_missing(desk):
    note = next(dock.widget for dock in desk.editor.docks() if dock.id == "map").note
    desk.editor.toggle_map()
    assert "Hair and skin" in note.text()
    desk.editor.receive_segmentation(1, desk.document.face_id, segmentation())
    assert note.text() == ""


def test_a_segmentation_is_no_part_of_the_annotation(mapped):
    assert mapped.titles == []
    assert replace(mapped.document.annotation) == mapped.document.photo.annotation


def test_another_photo_never_shows_the_map_of_the_one_before(desk):
    waiting: list = []
    desk.editor.live_map._run_slow = lambda make, done: waiting.append((make, done))

    def arrive() -> None:
        make, done = waiting.pop()
        done(make())

    desk.editor.toggle_map()
    arrive()
    assert drawn(desk).any()
    # The same photo is read anew: its map stays in sight.
    desk.editor.open(desk.document.photo)
    assert desk.canvas.map_item.pixels.any()
    arrive()
    desk.editor.open(photo_of(face_in(), image_id=2))
    assert not desk.canvas.map_item.pixels.any()
    arrive()
    assert drawn(desk).any()
