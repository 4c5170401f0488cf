"""Milliseconds per step of a drag, with the live label map, at 1 and at 12 megapixels.

Once with the neighbours left where they are, once with all untouched points following.
"""

from __future__ import annotations

import os
from time import perf_counter, process_time

import numpy as np

PARTS = {
    "chin": 16,
    "cheek": 8,
    "left eyebrow": 36,
    "left eye": 68,
    "nose tip": 54,
    "nose base": 60,
    "mouth corner": 84,
    "lower lip": 93,
}
STEPS = 60
GOAL_MS = 8.0


def _open_editor(width: int, height: int, follow: bool = False):
    from PySide6.QtWidgets import QApplication

    from lapa_annotator.dla.prior import Prior, Sums
    from lapa_annotator.domain.face import Annotation, Face, Status
    from lapa_annotator.domain.geometry import Box, square_crop
    from lapa_annotator.domain.landmarks import Landmarks
    from lapa_annotator.gui.editor.editor import Editor, OpenPhoto
    from lapa_annotator.gui.editor.journal import MemoryJournal
    from lapa_annotator.gui.editor.work import mean_shape
    from lapa_annotator.ppa.segment import Segmentation

    side = 0.6 * height
    box = Box((width - side) / 2, 0.2 * height, (width + side) / 2, 0.8 * height)
    points = mean_shape() * side + (box.x0, box.y0)
    face = Face(box, Landmarks(points, model=("mesh",) * 106))
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 255, (height, width, 3), np.uint8)
    crop = square_crop(box.centre, 3.4 * side, 512)
    channels = np.zeros((3, 512, 512), np.uint8)
    channels[0], channels[1, 150:340, 180:330], channels[2, 90:180, 170:340] = 255, 255, 255
    channels[0][channels[1:].any(axis=0)] = 0
    said = Segmentation(channels, crop, "fake")

    class Store(dict):
        def value(self, key, default=None):
            return self.get(key, default)

        def setValue(self, key, value):
            self[key] = value

    editor = Editor(Store(), "Ann")
    editor.resize(1600, 1000)
    editor.show()
    editor.options.set("map", True)
    editor.options.set("follow", follow)
    editor.following.use(lambda model: Prior(model, Sums.none()))
    annotation = Annotation((face,), Status.PROPOSED)
    proposals, said_of = {face.id: face.landmarks}, {face.id: said}
    start = perf_counter()
    editor.open(OpenPhoto(1, "a", pixels, annotation, MemoryJournal(), proposals, said_of))
    QApplication.processEvents()
    return editor, 1000 * (perf_counter() - start)


def _drag(editor, index: int) -> list[tuple[float, float]]:
    """Milliseconds of each step of a drag in a small circle, painting included.

    Returns:
        (by the clock, of processor time) per step: on a busy machine the second tells more.
    """
    from PySide6.QtCore import QEvent, QPointF, Qt
    from PySide6.QtGui import QMouseEvent
    from PySide6.QtWidgets import QApplication

    canvas = editor.canvas
    viewport = canvas.viewport()
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    at = canvas.viewportTransform().map(QPointF(*editor.document.face.landmarks.points[index]))

    def send(kind, place, button, buttons) -> None:
        keys = Qt.KeyboardModifier.NoModifier
        event = QMouseEvent(kind, place, viewport.mapToGlobal(place), button, buttons, keys)
        QApplication.sendEvent(viewport, event)
        QApplication.processEvents()

    send(QEvent.Type.MouseButtonPress, at, left, left)
    send(QEvent.Type.MouseMove, at + QPointF(5, 5), none, left)
    times = []
    for step in range(STEPS):
        angle = 2 * np.pi * step / 30
        place = at + QPointF(18 * np.cos(angle), 18 * np.sin(angle))
        start, worked = perf_counter(), process_time()
        send(QEvent.Type.MouseMove, place, none, left)
        times.append((1000 * (perf_counter() - start), 1000 * (process_time() - worked)))
    canvas.cancel_gesture()
    send(QEvent.Type.MouseButtonRelease, at, left, none)
    return times


def _twenty_faces() -> float:
    """Milliseconds to repaint a whole photo of 20 faces."""
    from PySide6.QtWidgets import QApplication

    from lapa_annotator.domain.edits import AddFace
    from lapa_annotator.domain.face import Face
    from lapa_annotator.domain.geometry import Box
    from lapa_annotator.domain.landmarks import Landmarks
    from lapa_annotator.gui.editor.work import mean_shape

    editor, _ = _open_editor(2000, 1600)
    editor.options.set("map", False)
    for place in range(1, 20):
        x, y = 400.0 * (place % 5) + 20, 400.0 * (place // 5) + 20
        points = mean_shape() * 340 + (x, y)
        editor.document.apply(AddFace(Face(Box(x, y, x + 340, y + 340), Landmarks(points)), 1), "")
    times = []
    for _ in range(20):
        editor.canvas.viewport().update()
        start = perf_counter()
        QApplication.processEvents()
        times.append(1000 * (perf_counter() - start))
    editor.close()
    return float(np.median(times))


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201  # its purpose


def main() -> None:
    """Print median and 95th percentile, for the whole photo and for the whole face in view."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from lapa_annotator.gui.app import application

    held = application(["drag"])
    assert held is not None
    for follow in (False, True):
        _say("neighbours follow" if follow else "neighbours stay")
        for width, height in ((1000, 1000), (4000, 3000)):
            _measure(width, height, follow)
    _say(f"20 faces: repainted whole in {_twenty_faces():.1f} ms (median)")


def _measure(width: int, height: int, follow: bool) -> None:
    from PySide6.QtWidgets import QApplication

    editor, opening = _open_editor(width, height, follow)
    _say(f"{width}x{height}: opened with its label map in {opening:.0f} ms")
    for name, show in (("whole photo", editor.fit), ("whole face", editor.fit_face)):
        show()
        QApplication.processEvents()
        all_steps: list[tuple[float, float]] = []
        for part, index in PARTS.items():
            steps = _drag(editor, index)
            all_steps += steps
            _say(f"    {part:14s} median {np.median(steps, axis=0)[0]:5.2f} ms")
        (median, cpu), (high, cpu_high) = np.percentile(all_steps, (50, 95), axis=0)
        verdict = "within" if high < GOAL_MS else "over"
        _say(
            f"  {name}: median {median:.2f} ms, 95th percentile {high:.2f} ms"
            f" ({verdict} the goal of {GOAL_MS:.0f} ms);"
            f" of processor time {cpu:.2f} and {cpu_high:.2f} ms"
        )
    editor.close()
