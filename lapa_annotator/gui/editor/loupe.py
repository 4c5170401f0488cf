"""The loupe: the pixels under a dragged point, enlarged, in a corner of the canvas."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from lapa_annotator.domain.landmarks import Points
from lapa_annotator.gui.editor.items.photo import PhotoItem

SIDE = 184
ZOOM = 8.0
_GAP = 12
_WHITE = QColor(255, 255, 255)
_DARK = QColor(0, 0, 0, 170)


class Loupe(QWidget):
    """Shows the photo around a place, ``ZOOM`` screen pixels per photo pixel or more."""

    def __init__(self, photo: PhotoItem, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.resize(SIDE, SIDE)
        self.hide()
        self._photo = photo
        self._canvas = parent
        self._place = (0.0, 0.0)
        self._zoom = ZOOM
        self._others: Points | None = None

    def show_at(
        self, place: tuple[float, float], scale: float, others: Points, hand: QPoint
    ) -> None:
        """Show the surroundings of ``place`` (photo pixels), away from the hand.

        Args:
            place: what is in the middle.
            scale: screen pixels per photo pixel of the canvas.
            others: (n, 2) points to mark as well.
            hand: the pointer in the canvas, screen pixels.
        """
        self._place, self._others = place, others
        self._zoom = max(ZOOM, 2 * scale)
        self._keep_away(hand)
        self.show()
        self.raise_()
        self.update()

    def _keep_away(self, hand: QPoint) -> None:
        width = self._canvas.width()
        corners = (QPoint(_GAP, _GAP), QPoint(width - SIDE - _GAP, _GAP))
        near = QRect(self.pos(), self.size()).adjusted(-3 * _GAP, -3 * _GAP, 3 * _GAP, 3 * _GAP)
        if self.isVisible() and not near.contains(hand):
            return
        self.move(max(corners, key=lambda c: abs(c.x() + SIDE / 2 - hand.x())))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the pixels as squares, the other points, and a cross on the place."""
        painter = QPainter(self)
        count = int(SIDE / self._zoom) + 3
        x0, y0 = (round(v) - count // 2 for v in self._place)
        painter.translate(SIDE / 2, SIDE / 2)
        painter.scale(self._zoom, self._zoom)
        painter.translate(-self._place[0], -self._place[1])
        patch = self._photo.patch(x0, y0, count)
        painter.drawImage(QRectF(x0 - 0.5, y0 - 0.5, count, count), patch)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if self._others is not None:
            near = np.abs(self._others - self._place).max(axis=1) < count
            for radius, colour in ((3.6, _DARK), (2.6, _WHITE)):
                painter.setBrush(colour)
                for x, y in self._others[near].tolist():
                    painter.drawEllipse(QPointF(x, y), radius / self._zoom, radius / self._zoom)
        painter.resetTransform()
        self._draw_cross(painter)

    def _draw_cross(self, painter: QPainter) -> None:
        middle, gap = SIDE // 2, 5
        arm = middle - gap
        for colour, wide in ((_DARK, 1), (_WHITE, 0)):
            for start in (0, middle + gap):
                painter.fillRect(start, middle - wide, arm, 1 + 2 * wide, colour)
                painter.fillRect(middle - wide, start, 1 + 2 * wide, arm, colour)
        for edge in (0, SIDE - 1):
            painter.fillRect(0, edge, SIDE, 1, _WHITE)
            painter.fillRect(edge, 0, 1, SIDE, _WHITE)
