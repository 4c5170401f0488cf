"""Face boxes, the frame and handles around a selection, and the rectangle being drawn."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from lapa_annotator.domain.geometry import Box
from lapa_annotator.domain.landmarks import Points
from lapa_annotator.gui.editor.items.stamps import CASING

_WHITE = QColor(255, 255, 255)
_QUIET = QColor(190, 190, 190)
_EDGE = QColor(30, 30, 30)
_BAND = QColor(255, 255, 255, 40)
_HANDLE = 4.0


def rect_of(box: Box) -> QRectF:
    """The box as Qt's rectangle, in scene units (photo pixels)."""
    return QRectF(box.x0, box.y0, box.width, box.height)


class Whole(QGraphicsItem):
    """An item as large as the scene that draws a few things in screen sizes."""

    def __init__(self) -> None:
        super().__init__()
        self._area = QRectF()

    def set_area(self, area: QRectF) -> None:
        """Say where things may lie: the whole scene."""
        self.prepareGeometryChange()
        self._area = area

    def boundingRect(self) -> QRectF:
        """The whole scene."""
        return self._area


class BoxesItem(Whole):
    """Draws face boxes, each with its number, the current one brighter."""

    def __init__(self) -> None:
        super().__init__()
        self._boxes: Sequence[tuple[str, Box, bool]] = ()

    def set_boxes(self, boxes: Sequence[tuple[str, Box, bool]]) -> None:
        """Draw boxes: (number, box, whether it is the current face's)."""
        self._boxes = boxes
        self.update()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Draw the boxes."""
        view = painter.worldTransform()
        painter.save()
        painter.resetTransform()
        font = QFont()
        font.setPixelSize(12)
        font.setBold(True)
        painter.setFont(font)
        for number, box, current in self._boxes:
            rect = view.mapRect(rect_of(box))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(_EDGE, 3))
            painter.drawRect(rect)
            painter.setPen(QPen(_WHITE if current else _QUIET, 1, Qt.PenStyle.DashLine))
            painter.drawRect(rect)
            tag = QRectF(rect.left(), rect.top() - 17, 9 + 8 * len(number), 17)
            painter.fillRect(tag, _WHITE if current else CASING)
            painter.setPen(QColor(0, 0, 0) if current else _WHITE)
            painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, number)
        painter.restore()


class OverlayItem(Whole):
    """Draws a selection's frame with its handles, and the rectangle that the hand draws."""

    def __init__(self) -> None:
        super().__init__()
        self._handles: Points | None = None
        self._band: QRectF | None = None

    def set_handles(self, handles: Points | None) -> None:
        """Draw the frame through (5, 2) handles (``handles.handle_places``), or none."""
        self._handles = handles
        self.update()

    def set_band(self, band: QRectF | None) -> None:
        """Draw a rectangle in scene units, or none."""
        self._band = band
        self.update()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Draw what there is."""
        view = painter.worldTransform()
        painter.save()
        painter.resetTransform()
        if self._band is not None:
            painter.setPen(QPen(_WHITE, 1, Qt.PenStyle.DashLine))
            painter.setBrush(_BAND)
            painter.drawRect(view.mapRect(self._band))
        if self._handles is not None:
            _draw_handles(painter, [view.map(QPointF(*place)) for place in self._handles])
        painter.restore()


def _draw_handles(painter: QPainter, places: list[QPointF]) -> None:
    frame = QRectF(places[0], places[2])
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (QPen(CASING, 3), QPen(_QUIET, 1)):
        painter.setPen(pen)
        painter.drawRect(frame)
        painter.drawLine(QPointF(frame.center().x(), frame.top()), places[4])
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(0, 0, 0), 1))
    painter.setBrush(_WHITE)
    for corner in places[:4]:
        painter.drawRect(QRectF(corner.x() - _HANDLE, corner.y() - _HANDLE, 8, 8))
    painter.drawEllipse(places[4], 5, 5)
