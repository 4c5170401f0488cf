"""An editor on a real canvas, a photo with a face, and a hand that works on it."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from shiboken6 import delete, isValid

from lapa_annotator.domain.face import Annotation, Face, Status
from lapa_annotator.domain.geometry import Box
from lapa_annotator.domain.landmarks import Landmarks, Points
from lapa_annotator.gui.editor.actions import EDITOR_ACTIONS
from lapa_annotator.gui.editor.editor import Editor, OpenPhoto
from lapa_annotator.gui.editor.journal import MemoryJournal
from lapa_annotator.gui.editor.work import mean_shape

LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
PLAIN, SHIFT, CTRL = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
)
BOX = Box(100, 40, 300, 240)
SIZE = (400, 300)


class Store(dict[str, Any]):
    """Settings that last as long as the test."""

    def value(self, key: str, default: Any = None) -> Any:
        return self.get(key, default)

    def setValue(self, key: str, value: Any) -> None:
        self[key] = value


def face_in(box: Box = BOX, **columns: Any) -> Face:
    """A face whose 106 proposed points lie on the mean shape in ``box``."""
    points = mean_shape() * (box.width, box.height) + (box.x0, box.y0)
    columns.setdefault("confidence", np.full(106, 0.5))
    columns.setdefault("model", ("mesh",) * 106)
    return Face(box=box, landmarks=Landmarks(np.round(points, 3), **columns))


def picture(size: tuple[int, int] = SIZE) -> np.ndarray:
    """(H, W, 3) uint8: red grows to the right, green downwards."""
    width, height = size
    out = np.full((height, width, 3), 90, np.uint8)
    out[..., 0] = np.linspace(0, 255, width).astype(np.uint8)
    out[..., 1] = np.linspace(0, 255, height).astype(np.uint8)[:, None]
    return out


def photo_of(*faces: Face, image_id: int = 1, size: tuple[int, int] = SIZE, **more: Any):
    """A photo of these faces, fresh from the proposer."""
    more.setdefault("journal", MemoryJournal("Ann"))
    more.setdefault("annotation", Annotation(faces, Status.PROPOSED))
    proposals = {face.id: face.landmarks for face in faces if face.landmarks is not None}
    more.setdefault("proposals", proposals)
    return OpenPhoto(image_id, "a.jpg", picture(size), **more)


@dataclass
class Desk:
    """An editor in a window of its own, and the hand of an annotator."""

    editor: Editor
    messages: list[tuple[str, str]] = field(default_factory=list)

    @property
    def canvas(self):
        return self.editor.canvas

    @property
    def document(self):
        return self.editor.document

    @property
    def journal(self):
        return self.document.photo.journal

    @property
    def points(self) -> Points:
        """The current face's saved points."""
        return self.document.face.landmarks.points

    @property
    def landmarks(self) -> Landmarks:
        return self.document.face.landmarks

    @property
    def titles(self) -> list[str]:
        return [entry.title for entry in self.journal.history() if not entry.undone]

    def on_screen(self, place: Any) -> QPoint:
        return self.canvas.viewportTransform().map(QPointF(*map(float, place))).toPoint()

    def on_photo(self, at: QPoint) -> np.ndarray:
        place = self.canvas.to_scene().map(QPointF(at))
        return np.array([place.x(), place.y()])

    def point(self, index: int) -> QPoint:
        """Where a point of the current face is on the screen."""
        return self.on_screen(self.document.points(self.document.face)[index])

    def press(self, at: QPoint, keys=PLAIN, button=LEFT) -> None:
        QTest.mousePress(self.canvas.viewport(), button, keys, at)

    def move(self, at: QPoint, button=LEFT, keys=PLAIN) -> None:
        from PySide6.QtCore import QEvent
        from PySide6.QtGui import QMouseEvent

        viewport = self.canvas.viewport()
        place = QPointF(at)
        event = QMouseEvent(
            QEvent.Type.MouseMove,
            place,
            QPointF(viewport.mapToGlobal(at)),
            Qt.MouseButton.NoButton,
            button,
            keys,
        )
        QApplication.sendEvent(viewport, event)

    def release(self, at: QPoint, keys=PLAIN, button=LEFT) -> None:
        QTest.mouseRelease(self.canvas.viewport(), button, keys, at)

    def drag(self, start: QPoint, end: QPoint, keys=PLAIN, button=LEFT) -> None:
        """Press, move in four steps, release."""
        self.press(start, keys, button)
        for k in range(1, 5):
            self.move(start + (end - start) * (k / 4), button, keys)
        self.release(end, keys, button)

    def click(self, at: QPoint, keys=PLAIN) -> None:
        QTest.mouseClick(self.canvas.viewport(), LEFT, keys, at)

    def wheel(self, at: QPoint, turns: int, keys=PLAIN) -> None:
        viewport = self.canvas.viewport()
        event = QWheelEvent(
            QPointF(at),
            QPointF(viewport.mapToGlobal(at)),
            QPoint(),
            QPoint(0, 120 * turns),
            Qt.MouseButton.NoButton,
            keys,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(viewport, event)

    def key(self, key: Qt.Key, keys=PLAIN) -> None:
        QTest.keyClick(self.canvas, key, keys)

    def rest(self) -> None:
        """Let the keys come to rest, as they do after a moment."""
        self.document.settle()

    def shown(self) -> np.ndarray:
        """(H, W, 3) uint8 of what the canvas shows."""
        image = self.canvas.viewport().grab().toImage()
        image = image.convertToFormat(image.Format.Format_RGB888)
        rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
        return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def bind_keys(editor: Editor) -> None:
    """Give the editor the shortcuts of its own table, as the window does."""
    made: list[tuple[QAction, str]] = []
    for row in EDITOR_ACTIONS:
        action = QAction(row.text, editor)
        action.setShortcuts([key for key in row.key.split("; ") if key])
        action.triggered.connect(getattr(editor, row.method))
        editor.addAction(action)
        made.append((action, row.needs))

    def refresh() -> None:
        """Points, the repairing hand and the reviewer have keys in common."""
        for action, needs in made:
            hand = {"repair": editor.repair.on, "review": editor.options.review}
            hand["others"] = editor.has("others")
            hand |= dict.fromkeys(("points", "selection"), not any(hand.values()))
            action.setEnabled(bool(hand.get(needs, True)))

    editor.state_changed.connect(refresh)
    refresh()


@pytest.fixture(autouse=True)
def nothing_stays(qapp) -> Iterator[None]:
    """Panels without a parent outlive their editor; later tests would pay for every one."""
    before = set(QApplication.topLevelWidgets())
    yield
    for widget in QApplication.topLevelWidgets():
        if widget not in before and isValid(widget):
            delete(widget)


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def desk(qtbot, store) -> Desk:
    """The editor, showing a photo of one face at its real size."""
    editor = Editor(store, "Ann")
    desk = Desk(editor)
    editor.message.connect(lambda level, text: desk.messages.append((level, text)))
    bind_keys(editor)
    qtbot.addWidget(editor)
    editor.resize(700, 520)
    editor.show()
    qtbot.waitExposed(editor)
    editor.activateWindow()
    editor.canvas.setFocus()
    editor.open(photo_of(face_in()))
    editor.zoom_100()
    return desk
