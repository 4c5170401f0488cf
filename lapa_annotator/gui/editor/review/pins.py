"""Remarks that are pinned to a place of the photo."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from lapa_annotator.domain.face import Comment

_FILL, _CURRENT, _INK = QColor(255, 196, 0), QColor(255, 120, 60), QColor(20, 20, 20)
_RADIUS = 9.0


class PinsItem(QGraphicsItem):
    """Draws a numbered pin at the place of every remark that has one, at the screen's size."""

    def __init__(self) -> None:
        super().__init__()
        self._area = QRectF()
        self._pins: list[tuple[str, QPointF, bool]] = []

    def set_comments(self, comments: Sequence[Comment], current: int, area: QRectF) -> None:
        """Draw the remarks of a photo; ``current`` is the place of the one being read."""
        self.prepareGeometryChange()
        self._area = area
        self._pins = [
            (str(n + 1), QPointF(c.x, c.y), n == current)
            for n, c in enumerate(comments)
            if c.x is not None and c.y is not None
        ]
        self.update()

    def boundingRect(self) -> QRectF:
        """The whole scene while there are pins."""
        return self._area if self._pins else QRectF()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Draw the pins, each with its tip at its place."""
        view = painter.worldTransform()
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont()
        font.setPixelSize(11)
        font.setBold(True)
        painter.setFont(font)
        for number, place, is_current in self._pins:
            tip = view.map(place)
            head = tip - QPointF(0, 2 * _RADIUS)
            painter.setPen(QPen(_INK, 1.5))
            painter.drawLine(tip, head)
            painter.setBrush(_CURRENT if is_current else _FILL)
            painter.drawEllipse(head, _RADIUS, _RADIUS)
            room = QRectF(head.x() - _RADIUS, head.y() - _RADIUS, 2 * _RADIUS, 2 * _RADIUS)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, number)
        painter.restore()
