"""The photo on the canvas, at any size: a pyramid of halves, drawn window by window.

Only what is seen is ever turned into a picture for the screen, at the pyramid's level that is
just finer than the screen, so a photo of 200 megapixels costs no more than a small one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QRectF, QSize
from PySide6.QtGui import QImage, QPainter, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

Pixels = NDArray[np.uint8]

SMALLEST_LEVEL = 1024
SHARP_FROM = 8.0
"""From this scale on (screen pixels per photo pixel) pixels are drawn as squares."""

_AROUND = 0.2
"""How much more than the visible part is kept ready, in parts of its size on every side."""


def photo_levels(pixels: Pixels) -> tuple[Pixels, ...]:
    """Return (H, W, 3) uint8 ``pixels`` and its successive halves, down to about 1,000 pixels."""
    levels = [np.ascontiguousarray(pixels)]
    while max(levels[-1].shape[:2]) > SMALLEST_LEVEL:
        height, width = levels[-1].shape[:2]
        size = (max(1, (width + 1) // 2), max(1, (height + 1) // 2))
        levels.append(np.asarray(cv2.resize(levels[-1], size, interpolation=cv2.INTER_AREA)))
    return tuple(levels)


def tone_table(brightness: float, contrast: float, gamma: float) -> Pixels:
    """Return the (256,) uint8 table that brightness (0), contrast (1) and gamma (1) make."""
    grey = np.linspace(0.0, 1.0, 256) ** (1.0 / gamma)
    toned = (grey - 0.5) * contrast + 0.5 + brightness
    return np.round(np.clip(toned, 0.0, 1.0) * 255).astype(np.uint8)


@dataclass(frozen=True)
class _Ready:
    """A piece of one level, ready for the screen: where it lies in that level, and its picture."""

    level: int
    rect: QRect
    picture: QImage


_Place = tuple[QTransform, QSize, float]


def _place(painter: QPainter, widget: QWidget) -> _Place | None:
    """How the photo lies on a widget; None where its pixels are no whole pixels of the screen."""
    ratio = widget.devicePixelRatioF()
    return (painter.worldTransform(), widget.size(), ratio) if ratio.is_integer() else None


class PhotoItem(QGraphicsItem):
    """Draws the photo so that the centre of its pixel (0, 0) is at the scene's (0, 0)."""

    def __init__(self) -> None:
        super().__init__()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        self._levels: tuple[Pixels, ...] = ()
        self._tones = tone_table(0, 1, 1)
        self._ready: _Ready | None = None
        self._last: _Place | None = None
        self._screen: QImage | None = None

    def set_levels(self, levels: tuple[Pixels, ...]) -> None:
        """Show another photo, given as ``photo_levels`` makes it; nothing for ()."""
        self.prepareGeometryChange()
        self._levels = levels
        self._ready = self._last = self._screen = None
        self.update()

    def set_tones(self, table: Pixels) -> None:
        """Show the photo through a (256,) uint8 tone table."""
        self._tones = table
        self._ready = self._last = self._screen = None
        self.update()

    def boundingRect(self) -> QRectF:
        """The photo's edges: half a pixel around the centres of its outer pixels."""
        if not self._levels:
            return QRectF()
        height, width = self._levels[0].shape[:2]
        return QRectF(-0.5, -0.5, width, height)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Draw what is seen."""
        if not self._levels:
            return
        key = None if widget is None else _place(painter, widget)
        if key is None or key != self._last:
            self._last, self._screen = key, None
            self._draw(painter, self._visible(painter, option.exposedRect, widget))
            return
        # To scale the photo again in every step of a drag would take longer than all else.
        if self._screen is None and widget is not None:
            self._screen = self._on_screen(painter, widget)
        if self._screen is not None:
            painter.save()
            painter.resetTransform()
            painter.drawImage(0, 0, self._screen)
            painter.restore()

    def _on_screen(self, painter: QPainter, widget: QWidget) -> QImage:
        """What the widget shows of the photo, ready to be copied to it."""
        ratio = widget.devicePixelRatioF()
        screen = QImage(widget.size() * ratio, QImage.Format.Format_ARGB32_Premultiplied)
        screen.setDevicePixelRatio(ratio)
        screen.fill(0)
        other = QPainter(screen)
        other.setTransform(painter.worldTransform())
        self._draw(other, self._visible(painter, QRectF(), widget))
        other.end()
        return screen

    def _draw(self, painter: QPainter, seen: QRectF) -> None:
        """Draw the photo where ``seen`` lies, at the level that the painter's scale asks for."""
        device = painter.deviceTransform()
        scale = math.hypot(device.m11(), device.m12())
        level = self._level_for(scale)
        if self._ready is None or not self._covers(self._ready, level, seen):
            dx, dy = _AROUND * seen.width(), _AROUND * seen.height()
            around = seen.adjusted(-dx, -dy, dx, dy).intersected(self.boundingRect())
            self._ready = self._make(level, around)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale < SHARP_FROM)
        painter.drawImage(self._in_photo(level, self._ready.rect), self._ready.picture)

    def patch(self, x: int, y: int, size: int) -> QImage:
        """Return a square of ``size`` photo pixels whose corner is (x, y), toned; for the loupe.

        What lies outside the photo is dark.
        """
        out = np.full((size, size, 3), 24, np.uint8)
        if self._levels:
            height, width = self._levels[0].shape[:2]
            x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + size, width), min(y + size, height)
            if x1 > x0 and y1 > y0:
                out[y0 - y : y1 - y, x0 - x : x1 - x] = self._levels[0][y0:y1, x0:x1]
        return self._picture(out)

    def _level_for(self, scale: float) -> int:
        finest_needed = math.floor(math.log2(1 / scale)) if scale < 1 else 0
        return min(max(finest_needed, 0), len(self._levels) - 1)

    def _step(self, level: int) -> tuple[float, float]:
        """Photo pixels per pixel of a level, across and down (halves of odd sizes round up)."""
        full, here = self._levels[0].shape, self._levels[level].shape
        return full[1] / here[1], full[0] / here[0]

    def _in_photo(self, level: int, rect: QRect) -> QRectF:
        sx, sy = self._step(level)
        x, y = rect.x() * sx - 0.5, rect.y() * sy - 0.5
        return QRectF(x, y, rect.width() * sx, rect.height() * sy)

    def _in_level(self, level: int, rect: QRectF) -> QRect:
        sx, sy = self._step(level)
        height, width = self._levels[level].shape[:2]
        x0, y0 = math.floor((rect.left() + 0.5) / sx), math.floor((rect.top() + 0.5) / sy)
        x1, y1 = math.ceil((rect.right() + 0.5) / sx), math.ceil((rect.bottom() + 0.5) / sy)
        x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, width), min(y1, height)
        return QRect(x0, y0, max(x1 - x0, 1), max(y1 - y0, 1))

    def _covers(self, ready: _Ready, level: int, exposed: QRectF) -> bool:
        return ready.level == level and ready.rect.contains(self._in_level(level, exposed))

    def _visible(self, painter: QPainter, exposed: QRectF, widget: QWidget | None) -> QRectF:
        """What the view shows of the photo."""
        seen = QRectF(exposed)
        if widget is not None:
            inverse, _ = painter.worldTransform().inverted()
            seen = seen.united(inverse.mapRect(QRectF(widget.rect())))
        return seen.intersected(self.boundingRect())

    def _make(self, level: int, visible: QRectF) -> _Ready:
        rect = self._in_level(level, visible)
        rows = slice(rect.top(), rect.top() + rect.height())
        columns = slice(rect.left(), rect.left() + rect.width())
        return _Ready(level, rect, self._picture(self._levels[level][rows, columns]))

    def _picture(self, pixels: Pixels) -> QImage:
        bgra = cv2.cvtColor(cv2.LUT(np.ascontiguousarray(pixels), self._tones), cv2.COLOR_RGB2BGRA)
        height, width = bgra.shape[:2]
        shared = QImage(bgra.data, width, height, 4 * width, QImage.Format.Format_RGB32)
        return shared.copy()
