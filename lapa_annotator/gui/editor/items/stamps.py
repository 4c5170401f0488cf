"""How a point looks: small pictures, drawn once and stamped wherever a point is."""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap

from lapa_annotator.domain.landmarks import Landmarks, Origin

Colour = tuple[int, int, int]

ORIGIN_COLOURS: dict[Origin, Colour] = {
    Origin.PROPOSED: (255, 105, 196),
    Origin.CORRECTED: (64, 224, 96),
    Origin.PROPAGATED: (92, 190, 255),
    Origin.IMPORTED: (255, 205, 64),
}
"""LaPa's Fig. 3: proposed points pink, corrected ones green."""

_LOW, _MIDDLE, _HIGH = (235, 64, 52), (250, 205, 70), (70, 190, 255)
_STEPS = 10

ARROW = QColor(255, 255, 255)
FOLLOWED = QColor(*ORIGIN_COLOURS[Origin.PROPAGATED])
"""The arrow of a point that has followed others."""
CASING = QColor(0, 0, 0, 170)


class Look(IntEnum):
    """The shape of a stamp: the first three are those of ``Visibility``."""

    ABSENT = 0
    OCCLUDED = 1
    VISIBLE = 2
    DISTANT = 3
    CURRENT_ABSENT = 4
    CURRENT_OCCLUDED = 5
    CURRENT = 6

    @property
    def is_current(self) -> bool:
        """Whether it is a shape of the point that the hand is on."""
        return self >= Look.CURRENT_ABSENT


def current(visibility: int) -> Look:
    """The look of the current point of that ``Visibility``."""
    return Look(visibility + Look.CURRENT_ABSENT)


_SIZE, _CURRENT_SIZE, _DISTANT_SIZE = 11, 19, 5


def point_colours(landmarks: Landmarks, by_confidence: bool) -> NDArray[np.uint8]:
    """(106, 3) uint8 RGB of the points: by origin, or by confidence from red to blue."""
    if not by_confidence:
        table = np.array([ORIGIN_COLOURS[o] for o in Origin], np.uint8)
        return np.asarray(table[landmarks.origin])
    return np.array([confidence_colour(c) for c in landmarks.confidence], np.uint8)


def confidence_colour(confidence: float) -> Colour:
    """The colour of a confidence in [0, 1], in ten steps: red, amber, blue."""
    t = round(confidence * _STEPS) / _STEPS * 2
    ends = (_LOW, _MIDDLE) if t <= 1 else (_MIDDLE, _HIGH)
    t = t if t <= 1 else t - 1
    r, g, b = (round(a + (z - a) * t) for a, z in zip(*ends, strict=True))
    return r, g, b


@lru_cache(maxsize=512)
def stamp(look: Look, colour: Colour, selected: bool, ratio: float) -> QPixmap:
    """Return the picture of a point, its middle on the point; ``ratio`` is the screen's."""
    size = _CURRENT_SIZE if look.is_current else _SIZE + (4 if selected else 0)
    size = _DISTANT_SIZE if look is Look.DISTANT else size
    pixmap = QPixmap(round(size * ratio), round(size * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(size / 2, size / 2)
    _DRAW[look](painter, QColor(*colour), selected)
    painter.end()
    return pixmap


def _disc(painter: QPainter, radius: float, colour: QColor) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawEllipse(QPointF(0, 0), radius, radius)


def _ring(painter: QPainter, radius: float, colour: QColor, width: float) -> None:
    painter.setPen(QPen(colour, width))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawEllipse(QPointF(0, 0), radius, radius)


def _halo(painter: QPainter, selected: bool) -> None:
    if selected:
        _ring(painter, 5.9, CASING, 2.6)
        _ring(painter, 5.9, QColor(255, 255, 255), 1.5)


def _visible(painter: QPainter, colour: QColor, selected: bool) -> None:
    _halo(painter, selected)
    _disc(painter, 4.2, CASING)
    _disc(painter, 3.2, colour)


def _occluded(painter: QPainter, colour: QColor, selected: bool) -> None:
    _halo(painter, selected)
    _ring(painter, 3.2, CASING, 3.2)
    _ring(painter, 3.2, colour, 1.6)


def _absent(painter: QPainter, colour: QColor, selected: bool) -> None:
    _halo(painter, selected)
    for pen in (QPen(CASING, 3.4), QPen(colour, 1.6)):
        painter.setPen(pen)
        painter.drawLine(QPointF(-3, -3), QPointF(3, 3))
        painter.drawLine(QPointF(-3, 3), QPointF(3, -3))


def _distant(painter: QPainter, colour: QColor, selected: bool) -> None:
    _disc(painter, 2.2, CASING)
    _disc(painter, 1.5, colour)


def _aim(painter: QPainter) -> None:
    """A ring around the point, so that the hand sees the very pixel it aims at."""
    _ring(painter, 7.0, CASING, 3.4)
    _ring(painter, 7.0, QColor(255, 255, 255), 1.8)


def _current(painter: QPainter, colour: QColor, selected: bool) -> None:
    _aim(painter)
    painter.fillRect(QRectF(-2, -2, 4, 4), CASING)
    painter.fillRect(QRectF(-1, -1, 2, 2), colour)


def _current_occluded(painter: QPainter, colour: QColor, selected: bool) -> None:
    _aim(painter)
    _occluded(painter, colour, selected=False)


def _current_absent(painter: QPainter, colour: QColor, selected: bool) -> None:
    _aim(painter)
    _absent(painter, colour, selected=False)


_DRAW = {
    Look.ABSENT: _absent,
    Look.OCCLUDED: _occluded,
    Look.VISIBLE: _visible,
    Look.DISTANT: _distant,
    Look.CURRENT_ABSENT: _current_absent,
    Look.CURRENT_OCCLUDED: _current_occluded,
    Look.CURRENT: _current,
}
