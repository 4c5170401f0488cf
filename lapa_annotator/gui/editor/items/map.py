"""The label map over the photo: an indexed picture whose pixels are changed in place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QImage, QPainter, qRgba
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from lapa_annotator.domain.classes import CLASSES, Label

DIFFERS = 11
"""The index that stands for "was another class before" in the difference view."""

_DIFFERENCE = (255, 255, 255)


def colour_table(opacity: float, classes: int) -> list[int]:
    """The colours of the map's indices: class ids 0-10 and ``DIFFERS``.

    Args:
        opacity: of every class shown, in [0, 1]; the background is never painted.
        classes: bit mask of the classes shown.
    """
    alpha = round(255 * opacity)
    table = [
        qRgba(*c.colour, alpha if c.id != Label.BACKGROUND and classes >> c.id & 1 else 0)
        for c in CLASSES
    ]
    return [*table, qRgba(*_DIFFERENCE, max(alpha, 160))]


class MapItem(QGraphicsItem):
    """Draws a rectangle of indices over the photo. ``pixels`` is shared with the picture."""

    def __init__(self) -> None:
        super().__init__()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        self._image = QImage()
        self._rect = QRect()
        self._table = colour_table(0.5, ~0)
        self.pixels: NDArray[np.uint8] = np.zeros((0, 0), np.uint8)

    def set_rect(self, rect: QRect) -> None:
        """Cover another rectangle of the photo; all of it is background at first."""
        self.prepareGeometryChange()
        self._rect = rect
        width, height = rect.width(), rect.height()
        # The memory is numpy's and outlives the picture; Qt wants rows of whole 32-bit words.
        rows = np.zeros((height, (width + 3) // 4 * 4), np.uint8)
        self.pixels = rows[:, :width]
        self._image = QImage()
        if rows.size:
            indexed = QImage.Format.Format_Indexed8
            self._image = QImage(rows.data, width, height, rows.shape[1], indexed)
            self._image.setColorTable(self._table)
        self.update()

    def set_colours(self, table: list[int]) -> None:
        """Draw the indices in other colours."""
        self._table = table
        if not self._image.isNull():
            self._image.setColorTable(table)
        self.update()

    def changed(self, x: int, y: int, width: int, height: int) -> None:
        """Redraw a rectangle of ``pixels`` that was written to."""
        self.update(QRectF(self._rect.x() + x - 0.5, self._rect.y() + y - 0.5, width, height))

    def boundingRect(self) -> QRectF:
        """The rectangle's edges, half a pixel around its outer pixels' centres."""
        return QRectF(self._rect).translated(-0.5, -0.5)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Draw what is exposed; classes have hard edges at every zoom."""
        if self._image.isNull():
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        painter.drawImage(self.boundingRect(), self._image)
