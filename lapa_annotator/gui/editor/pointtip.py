"""What a point is, in words and as a small picture of where it lies."""

from __future__ import annotations

import base64
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QBuffer, QByteArray, QCoreApplication, QIODevice, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QImageWriter, QPainter, QPen, QPolygonF

from lapa_annotator.domain.schema import PART_OF_POINT, PARTS, POINT_DEFINITIONS
from lapa_annotator.gui.editor.hittest import HitTarget
from lapa_annotator.gui.editor.work import mean_shape

SIDE = 150
_PAPER, _INK, _DOT = QColor(44, 44, 47), QColor(255, 255, 255, 90), QColor(255, 255, 255, 190)
_MARK = QColor(255, 105, 196)


def definition(index: int) -> str:
    """The definition of a point, in the person's language."""
    return QCoreApplication.translate("points", POINT_DEFINITIONS[index])


def part_name(name: str) -> str:
    """The name of a part, in the person's language."""
    return QCoreApplication.translate("parts", name)


@lru_cache(maxsize=106)
def tip(index: int) -> str:
    """Rich text for the tooltip of a point: its definition and its place on a face."""
    data = base64.b64encode(_png(schematic(index))).decode("ascii")
    return (
        f'<table><tr><td><img src="data:image/png;base64,{data}" width="{SIDE}" '
        f'height="{SIDE}"></td></tr><tr><td width="{SIDE + 60}"><b>{index}</b> · '
        f"{definition(index)}</td></tr></table>"
    )


def described(target: HitTarget, x: float, y: float) -> str:
    """One line on what is under the pointer at (x, y) in photo pixels, for the status bar."""
    place = f"{x:.1f}, {y:.1f}"
    if target.kind != "point":
        return place
    part = part_name(PART_OF_POINT[target.index])
    return f"{place}   {target.index} · {definition(target.index)} ({part})"


def schematic(index: int, side: int = 2 * SIDE) -> QImage:
    """A square picture of the mean face with one point marked; ``side`` in pixels."""
    image = QImage(side, side, QImage.Format.Format_RGB32)
    image.fill(_PAPER)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    shape = mean_shape()
    low, high = shape.min(axis=0), shape.max(axis=0)
    scale = 0.86 * side / float((high - low).max())
    places = (shape - (low + high) / 2) * scale + side / 2
    painter.setPen(QPen(_INK, side / 150))
    for part in PARTS:
        line = QPolygonF([QPointF(*places[i]) for i in part.indices])
        draw = painter.drawPolygon if part.closed else painter.drawPolyline
        draw(line)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_DOT)
    for place in np.delete(places, index, axis=0):
        painter.drawEllipse(QPointF(*place), side / 110, side / 110)
    painter.setBrush(_MARK)
    painter.drawEllipse(QPointF(*places[index]), side / 38, side / 38)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(255, 255, 255), side / 100))
    painter.drawEllipse(QPointF(*places[index]), side / 20, side / 20)
    painter.end()
    return image


def _png(image: QImage) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"PNG")).write(image)
    return bytes(buffer.data().data())
