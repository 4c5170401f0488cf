"""A day's work in the window: two photos in, corrected points out, with a restart in between."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.lapa import read_labels, read_landmarks
from lapa_annotator.gui.proposals import BuiltInModels
from lapa_annotator.runtime.files import model_path
from tests.gui import conftest as window_kit
from tests.gui.conftest import FakeModels, make_photo

make_window, settings, store = window_kit.make_window, window_kit.settings, window_kit.store
pytestmark = pytest.mark.e2e

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def any_models():
    """The real models on real photos, or stand-ins where the files are missing."""
    try:
        for name in ("face_detection_full_range", "facemesh"):
            model_path(name)
    except InputError:
        return FakeModels()
    return BuiltInModels()


@pytest.fixture
def two_photos(tmp_path, any_models):
    folder = tmp_path / "photos"
    if isinstance(any_models, FakeModels):
        make_photo(folder / "a.png")
        make_photo(folder / "b.png", shade=200)
        return folder
    from shutil import copy

    from lapa_annotator.batch.sample import sample_photos

    folder.mkdir()
    for photo in sample_photos():
        copy(photo, folder)
    return folder


def drag(hand, index: int, dx: int, dy: int) -> None:
    """Drag a point with the mouse, as a hand does."""
    canvas = hand.editor.canvas
    x, y = hand.editor.document.faces[0].landmarks.points[index]
    start = canvas.mapFromScene(x, y)
    viewport = canvas.viewport()
    QTest.mouseMove(viewport, start)
    QTest.mousePress(viewport, LEFT, pos=start)
    for step in (0.5, 1.0):
        QTest.mouseMove(viewport, start + QPoint(round(dx * step), round(dy * step)))
    QTest.mouseRelease(viewport, LEFT, pos=start + QPoint(dx, dy))


def point(hand, index: int):
    return hand.editor.document.faces[0].landmarks.points[index].copy()


def test_from_two_photos_to_an_exported_data_set(make_window, any_models, two_photos, tmp_path):
    hand = make_window(any_models)
    hand.make(two_photos, tmp_path / "work")
    project = hand.window.project.folder

    # The first photo: its points are proposed; two are corrected by hand; done, next.
    hand.wait(lambda: hand.faces() == 1)
    first = hand.editor.document.photo.name
    proposed = point(hand, 54)
    drag(hand, 54, 12, 7)
    drag(hand, 16, 0, 15)
    corrected, chin = point(hand, 54), point(hand, 16)
    assert (corrected != proposed).any()
    QTest.keyClick(hand.editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    hand.wait(lambda: not hand.shows(first) and hand.faces() == 1)

    # A restart opens where the work stopped.
    second = hand.editor.document.photo.name
    hand.close()
    again = make_window(any_models)
    again.open(project)
    again.wait(lambda: again.shows(second))

    # Back to the first photo: the correction is there, and undo reaches it.
    again.do("previous_photo")
    again.wait(lambda: again.shows(first))
    assert (point(again, 54) == corrected).all()
    for _ in ("done", "chin"):
        QTest.keyClick(again.editor, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert (point(again, 16) != chin).any()
    assert (point(again, 54) == corrected).all()
    redo = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    for _ in ("chin", "done"):
        QTest.keyClick(again.editor, Qt.Key.Key_Z, redo)
    assert (point(again, 16) == chin).all()

    # The second photo, and everything out.
    again.do("next_photo")
    again.wait(lambda: again.shows(second) and again.faces() == 1)
    again.do("finish")
    assert again.window.project.count("status:done") == 2
    again.export(tmp_path / "out")
    assert "2 faces written" in again.said
    written = {f.stem: read_landmarks(f) for f in (tmp_path / "out").rglob("*.txt")}
    assert len(written) == 2
    stem = first.rsplit(".", 1)[0]
    assert abs(written[stem][54] - corrected).max() < 0.01
    maps = list((tmp_path / "out").rglob("labels/*.png"))
    assert len(maps) == 2
    assert all(read_labels(path).max() > 0 for path in maps)
