"""The label map over the photo: an indexed picture whose pixels are changed in place.

What hides a face is background in the map; here it is hatched, each kind in a colour of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRect, QRectF
from PySide6.QtGui import QImage, QPainter, qRgba
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from lapa_annotator.domain.classes import CLASSES, Label
from lapa_annotator.domain.override import Occluder

DIFFERS = 11
"""The index that stands for "was another class before" in the difference view."""

OCCLUDER_COLOURS: dict[Occluder, tuple[int, int, int]] = {
    Occluder.GLASSES: (180, 180, 190),
    Occluder.HAND: (215, 150, 120),
    Occluder.MASK: (130, 175, 165),
    Occluder.HAT: (140, 140, 40),
    Occluder.MICROPHONE: (130, 95, 65),
    Occluder.OTHER: (160, 110, 170),
}
"""RGB of what hides a face, apart from the colours of all classes."""

_DIFFERENCE = (255, 255, 255)
_FIRST_HIDDEN = DIFFERS + 1
_HATCHED = 0.45
# What is hatched must be told from the photo however faint the map is.
_LEAST_HATCHED = 150
_STRIPES = 80


def colour_table(opacity: float, classes: int, occluders: int = ~0) -> list[int]:
    """The colours of the map's indices: class ids 0-10, ``DIFFERS``, two of each occluder.

    Args:
        opacity: of every class shown, in [0, 1]; the background is never painted.
        classes: bit mask of the classes shown.
        occluders: bit mask of the occluders shown.
    """
    alpha = round(255 * opacity)
    table = [
        qRgba(*c.colour, alpha if c.id != Label.BACKGROUND and classes >> c.id & 1 else 0)
        for c in CLASSES
    ]
    table.append(qRgba(*_DIFFERENCE, max(alpha, 160)))
    for place, rgb in enumerate(OCCLUDER_COLOURS.values()):
        there = max(alpha, _LEAST_HATCHED) if occluders >> place & 1 else 0
        table += [qRgba(*rgb, there), qRgba(*dark_of(rgb), there)]
    return table


def dark_of(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    """The RGB of the darker stripes of a hatched colour."""
    r, g, b = (round(_HATCHED * v) for v in colour)
    return r, g, b


def put_occluders(
    shown: NDArray[np.uint8], values: NDArray[np.uint8], corner: tuple[int, int], side: int
) -> None:
    """Put what hides the face into a picture of indices: stripes of its two colours.

    Args:
        shown: (h, w) uint8 indices, changed in place.
        values: (h, w) uint8 of the override layer.
        corner: where their first pixel lies in the photo; stripes go on across rectangles.
        side: the longer side of the whole map in pixels: stripes are as wide as it is large.
    """
    first, last = min(Occluder), max(Occluder)
    hidden = (values >= first) & (values <= last)
    if not hidden.any():
        return
    height, width = shown.shape
    along = np.arange(width) + corner[0] + (np.arange(height) + corner[1])[:, None]
    stripe = along // max(2, side // _STRIPES) % 2
    indices = _FIRST_HIDDEN + 2 * (values.astype(np.intp) - first) + stripe
    np.copyto(shown, indices.astype(np.uint8), where=hidden)


def premultiplied(table: list[int]) -> NDArray[np.uint32]:
    """(256,) the colours of a table as Qt blends them fastest, 0 beyond its end."""
    colours = np.zeros(256, np.uint32)
    colours[: len(table)] = table
    alpha = colours >> 24
    out = alpha << 24
    for shift in (0, 8, 16):
        out |= ((colours >> shift & 255) * alpha + 127) // 255 << shift
    return out.astype(np.uint32, copy=False)


@dataclass(frozen=True)
class _Sketch:
    """A coarse picture that stands in for the map: where it lies in the photo, and its pixels."""

    area: QRectF
    step: int
    pixels: NDArray[np.uint32]
    picture: QImage


class MapItem(QGraphicsItem):
    """Draws a rectangle of indices over the photo. ``pixels`` is shared with the picture.

    A sketch, coarser and of what is in sight alone, may stand in for it for a while.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        self._image = QImage()
        self._rect = QRect()
        self._table = colour_table(0.5, ~0)
        self._blended = premultiplied(self._table)
        self._sketch: _Sketch | None = None
        self.pixels: NDArray[np.uint8] = np.zeros((0, 0), np.uint8)

    def set_rect(self, rect: QRect) -> None:
        """Cover another rectangle of the photo; all of it is background at first."""
        self.prepareGeometryChange()
        self._rect = rect
        self._sketch = None
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

    def begin_sketch(self, corner: QPoint, shape: tuple[int, int], step: int) -> None:
        """Draw a sketch in place of ``pixels``, which ``draw`` fills; nothing at first.

        Args:
            corner: the photo pixel that it begins at.
            shape: (height, width) of the sketch.
            step: photo pixels, across and down, to a pixel of it.
        """
        height, width = shape
        pixels = np.zeros(shape, np.uint32)
        blended = QImage.Format.Format_ARGB32_Premultiplied
        picture = QImage(pixels.data, width, height, 4 * width, blended)
        area = QRectF(corner.x() - 0.5, corner.y() - 0.5, step * width, step * height)
        self._sketch = _Sketch(area, step, pixels, picture)
        self.update()

    @property
    def is_sketch(self) -> bool:
        """Whether a sketch stands in for ``pixels``."""
        return self._sketch is not None

    def end_sketch(self) -> None:
        """Draw ``pixels`` again."""
        if self._sketch is not None:
            self._sketch = None
            self.update()

    def draw(self, x: int, y: int, indices: NDArray[np.uint8]) -> None:
        """Put (h, w) indices into the sketch, or into ``pixels`` while there is none."""
        height, width = indices.shape
        here = slice(y, y + height), slice(x, x + width)
        sketch = self._sketch
        if sketch is None:
            self.pixels[here] = indices
            self.changed(x, y, width, height)
            return
        # A tenth of what NumPy's own indexing takes.
        sketch.pixels[here] = cv2.LUT(indices, self._blended.view(np.int32)).view(np.uint32)
        step, corner = sketch.step, sketch.area.topLeft()
        place = QRectF(step * x, step * y, step * width, step * height)
        self.update(place.translated(corner))

    def set_colours(self, table: list[int]) -> None:
        """Draw the indices in other colours."""
        self._table, self._blended = table, premultiplied(table)
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
        if self._sketch is not None:
            painter.drawImage(self._sketch.area, self._sketch.picture)
        else:
            painter.drawImage(self.boundingRect(), self._image)
