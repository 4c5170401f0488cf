"""What a reviewer has at hand beside the canvas: a line to say why, pins, another map."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, QRectF
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QWidget

from lapa_annotator.domain.face import Comment
from lapa_annotator.gui.editor.change import unless_repair
from lapa_annotator.gui.editor.document import Document
from lapa_annotator.gui.editor.livemap import LiveMap, RunSlow
from lapa_annotator.gui.editor.options import ViewOptions
from lapa_annotator.gui.editor.repair.canvas import HandCanvas
from lapa_annotator.gui.editor.review.ask import AskLine
from lapa_annotator.gui.editor.review.comparing import Comparing
from lapa_annotator.gui.editor.review.pins import PinsItem


class Reviewing(QObject):
    """Remarks and comparison of the photo on show.

    Attributes:
        comparing: the map compared with, and the view beside.
        ask: the line below the canvas.
        place: which remark is being read, -1 for none.
    """

    def __init__(
        self,
        document: Document,
        options: ViewOptions,
        canvas: HandCanvas,
        live_map: LiveMap,
        run_slow: RunSlow,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._document, self._canvas = document, canvas
        options.set("review", False)
        self.comparing = Comparing(document, options, canvas, live_map, run_slow, self)
        self.ask = AskLine(parent)
        self.place = -1
        self._pins = PinsItem()
        canvas.scene().addItem(self._pins)
        document.opened.connect(self._on_opened)
        document.changed.connect(unless_repair(self._show_pins))

    def remark(self, text: str, place: tuple[float, float] | None = None) -> Comment:
        """A remark of the person at work, now; pinned to a place of the photo or to none."""
        by = self._document.by()
        x, y = place or (None, None)
        return Comment(text, by.annotator, by.time, x, y)

    def pin_place(self) -> tuple[float, float]:
        """Where a remark is pinned: at the current point, under the pointer, or in the middle."""
        canvas, viewport = self._canvas, self._canvas.viewport()
        at = QPointF(viewport.mapFromGlobal(QCursor.pos()))
        face, current = self._document.face, self._document.current
        points = None if face is None else self._document.points(face)
        if points is not None and current is not None:
            return round(float(points[current, 0]), 1), round(float(points[current, 1]), 1)
        if viewport.underMouse() and QRectF(viewport.rect()).contains(at):
            place = canvas.to_scene().map(at)
        else:
            place = canvas.visible_rect().center()
        width, height = self._document.size
        x, y = min(max(place.x(), 0), width - 1), min(max(place.y(), 0), height - 1)
        return round(x, 1), round(y, 1)

    def read(self, place: int) -> Comment | None:
        """Go to a remark; None when there is none there."""
        comments = self._document.annotation.comments
        self.place = place if 0 <= place < len(comments) else -1
        self._show_pins()
        return None if self.place < 0 else comments[self.place]

    def _on_opened(self) -> None:
        self.ask.leave()
        self.place = -1
        self._show_pins()

    def _show_pins(self) -> None:
        comments = self._document.annotation.comments
        self.place = min(self.place, len(comments) - 1)
        self._pins.set_comments(comments, self.place, self._canvas.area)
