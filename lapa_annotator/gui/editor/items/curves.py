"""The curves of the current face's parts."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from lapa_annotator.domain.classes import CLASSES
from lapa_annotator.domain.landmarks import Points

_ROOM = 3.0


def path_of(lines: Iterable[Points], closed: bool) -> QPainterPath:
    """A path through (n, 2) lines in photo pixels, each returning to its start if ``closed``."""
    path = QPainterPath()
    for line in lines:
        path.addPolygon(QPolygonF([QPointF(x, y) for x, y in line.tolist()]))
        if closed:
            path.closeSubpath()
    return path


class CurvesItem(QGraphicsItem):
    """Draws one path per class of the label map, thin on screen at any zoom."""

    def __init__(self) -> None:
        super().__init__()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        self._paths: dict[int, QPainterPath] = {}
        self._rects: dict[int, QRectF] = {}
        self._area = QRectF()

    def set_area(self, area: QRectF) -> None:
        """Say where curves may lie: the whole scene."""
        self.prepareGeometryChange()
        self._area = area

    def clear(self) -> None:
        """Draw nothing."""
        self._paths.clear()
        self._rects.clear()
        self.update()

    def set_path(self, label: int, path: QPainterPath, scale: float) -> None:
        """Draw another curve for a class; only what it covered and covers is redrawn."""
        room = _ROOM / scale
        rect = path.controlPointRect().adjusted(-room, -room, room, room)
        before = self._rects.get(label)
        if before is not None:
            self.update(before)
        self._paths[label], self._rects[label] = path, rect
        self.update(rect)

    def boundingRect(self) -> QRectF:
        """The whole scene; curves out of sight are skipped one by one."""
        return self._area

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Draw the curves in sight."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for label, path in self._paths.items():
            if not self._rects[label].intersects(option.exposedRect):
                continue
            for colour, width in ((QColor(0, 0, 0, 90), 2.6), (_colour(label), 1.3)):
                pen = QPen(colour, width)
                pen.setCosmetic(True)
                painter.strokePath(path, pen)


def _colour(label: int) -> QColor:
    """The class's own colour, lightened so that a thin line of it shows on a face."""
    r, g, b = CLASSES[label].colour
    red, green, blue = (round(v + (255 - v) * 0.35) for v in (r, g, b))
    return QColor(red, green, blue, 230)
