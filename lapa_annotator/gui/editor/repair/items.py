"""What the repairing hand sees: the stroke on its way, the brush's ring, an open polygon."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF, qRgba
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from lapa_annotator.domain.classes import CLASSES
from lapa_annotator.domain.override import UNSET, Occluder
from lapa_annotator.gui.editor.items.map import OCCLUDER_COLOURS
from lapa_annotator.ppa.raster import Rect

_ERASED = (255, 255, 255)
_GROUND = (70, 70, 70)
_ALPHA = 190
_LIGHT, _SHADE = QColor(255, 255, 255), QColor(0, 0, 0, 170)
_ROOM = 4.0


def value_colour(value: int) -> tuple[int, int, int]:
    """The RGB colour in which a class, an occluder or an erased pixel is shown."""
    if value == UNSET:
        return _ERASED
    if value >= len(CLASSES):
        return OCCLUDER_COLOURS[Occluder(value)]
    return CLASSES[value].colour if value else _GROUND


class StrokeItem(QGraphicsItem):
    """Draws the pixels of a stroke under way, sharing their memory."""

    def __init__(self) -> None:
        super().__init__()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        self._rows: NDArray[np.uint8] = np.zeros((0, 0), np.uint8)
        self._image = QImage()
        self._rect = QRectF()

    def show_stroke(self, rows: NDArray[np.uint8], width: int, value: int) -> None:
        """Draw a stroke from now on: (H, W') uint8 with ``width`` columns that count."""
        height, stride = rows.shape
        if (width, height) != (self._rect.width(), self._rect.height()):
            self.prepareGeometryChange()
            self._rect = QRectF(-0.5, -0.5, width, height)
        self._rows = rows
        self._image = QImage(rows.data, width, height, stride, QImage.Format.Format_Indexed8)
        self._image.setColorTable([0, qRgba(*value_colour(value), _ALPHA)])

    def changed(self, rect: Rect) -> None:
        """Redraw a rectangle of the stroke."""
        width, height = rect.x1 - rect.x0, rect.y1 - rect.y0
        self.update(QRectF(rect.x0 - 0.5, rect.y0 - 0.5, width, height))

    def clear(self, rect: Rect) -> None:
        """Draw no stroke any more; the last one covered nothing outside a rectangle."""
        self._image = QImage()
        self._rows = np.zeros((0, 0), np.uint8)
        self.changed(rect)

    def boundingRect(self) -> QRectF:
        """The whole photo, once there was a stroke: what is drawn of it comes and goes."""
        return self._rect

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Draw the exposed part of the stroke, every pixel with hard edges."""
        if self._image.isNull():
            return
        exposed = option.exposedRect.translated(0.5, 0.5).toAlignedRect()
        part = exposed.intersected(self._image.rect())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        painter.drawImage(QRectF(part).translated(-0.5, -0.5), self._image, QRectF(part))


class HandItem(QGraphicsItem):
    """Draws the ring of the brush at the pointer and the polygon that is still open."""

    def __init__(self) -> None:
        super().__init__()
        self._ring: tuple[QPointF, float] | None = None
        self._corners: list[QPointF] = []

    def show_ring(self, at: QPointF | None, radius: float = 0.0) -> None:
        """Draw a ring of so many photo pixels about a place, or none."""
        self.prepareGeometryChange()
        self._ring = None if at is None else (at, radius)

    def show_polygon(self, corners: list[QPointF]) -> None:
        """Draw an open polygon, or none."""
        self.prepareGeometryChange()
        self._corners = corners
        self.update()

    def boundingRect(self) -> QRectF:
        """Around ring and polygon."""
        rect = QRectF()
        if self._corners:
            rect = QPolygonF(self._corners).boundingRect().adjusted(-1, -1, 1, 1)
        if self._ring is not None:
            at, radius = self._ring
            # The pen is of the screen, so its share of the photo is not known here.
            reach = radius + _ROOM
            rect = rect.united(QRectF(at.x() - reach, at.y() - reach, 2 * reach, 2 * reach))
        return rect

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Draw both, light on dark, so that they are seen on any photo."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((_SHADE, 3.0), (_LIGHT, 1.2)):
            pen = QPen(colour, width)
            pen.setCosmetic(True)
            painter.setPen(pen)
            if self._ring is not None:
                painter.drawEllipse(self._ring[0], self._ring[1], self._ring[1])
            if self._corners:
                painter.drawPolyline(QPolygonF(self._corners))
                for corner in self._corners[:1]:
                    painter.drawEllipse(corner, _ROOM / 2, _ROOM / 2)
