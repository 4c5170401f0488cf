"""All points of all faces, drawn by one item: stamps, arrows and numbers keep their screen size.

One item instead of 106 per face: twenty faces are two thousand points, and a drag repaints
only the few that lie in the dirty rectangle.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import (
    QFont,
    QFontMetricsF,
    QPainter,
    QPainterPath,
    QPen,
    QPixmap,
    QPolygonF,
)
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from lapa_annotator.domain.landmarks import Points
from lapa_annotator.gui.editor.items.stamps import ARROW, CASING, FOLLOWED, Look, stamp

Mask = NDArray[np.bool_]

REACH = 26.0
"""How far from its point, in screen pixels, anything of it is drawn (a number is widest)."""

SHORTEST_ARROW = 3.0
CROWDED = 150.0
"""A face narrower than this on screen gets small points, or they would cover it."""


@dataclass(frozen=True)
class ShownFace:
    """A face as its points are drawn.

    Attributes:
        points: (106, 2) in photo pixels; the very array that a gesture moves.
        shown: (106,) bool, the points that are drawn.
        looks: (106,) uint8 of ``Look``.
        colours: (106, 3) uint8 RGB.
        selected: (106,) bool.
        numbers: whether every point has its number beside it.
        arrows_from: (106, 2) where the points were proposed, None for no arrows.
        followed: (106,) bool, the points that were propagated: their arrows are thin and blue.
        on_their_way: whether a gesture moves them: arrows are bare lines then, quickly drawn.
    """

    points: Points
    shown: NDArray[np.bool_]
    looks: NDArray[np.uint8]
    colours: NDArray[np.uint8]
    selected: NDArray[np.bool_]
    numbers: bool = False
    arrows_from: Points | None = None
    followed: NDArray[np.bool_] | None = None
    on_their_way: bool = False


class PointsItem(QGraphicsItem):
    """Draws the points of every face, the last face on top."""

    def __init__(self) -> None:
        super().__init__()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        self._faces: Sequence[ShownFace] = ()
        self._area = QRectF()
        self._font = QFont()
        self._font.setPixelSize(11)
        self._font.setBold(True)

    def set_area(self, area: QRectF) -> None:
        """Say where points may lie: the whole scene."""
        self.prepareGeometryChange()
        self._area = area

    def set_faces(self, faces: Sequence[ShownFace]) -> None:
        """Draw other faces, or the same ones in another state; the last one is on top."""
        self._faces = faces
        self.update()

    def boundingRect(self) -> QRectF:
        """The whole scene; what is not in sight is left out one by one."""
        return self._area

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Draw the points in sight."""
        view = painter.worldTransform()
        exposed = view.mapRect(option.exposedRect).adjusted(-REACH, -REACH, REACH, REACH)
        matrix = np.array([[view.m11(), view.m12()], [view.m21(), view.m22()]])
        shift = np.array([view.dx(), view.dy()])
        ratio = painter.device().devicePixelRatio()
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for face in self._faces:
            places = face.points @ matrix + shift
            if face.arrows_from is not None:
                _draw_arrows(painter, face, face.arrows_from @ matrix + shift, places, exposed)
            inside = face.shown & _inside(places, exposed)
            _draw_stamps(painter, face, places, np.flatnonzero(inside), ratio)
            if face.numbers:
                self._draw_numbers(painter, places, np.flatnonzero(inside))
        painter.restore()

    def _draw_numbers(self, painter: QPainter, places: Points, indices: NDArray[np.intp]) -> None:
        painter.setFont(self._font)
        metrics = QFontMetricsF(self._font)
        painter.setPen(Qt.PenStyle.NoPen)
        for i in indices:
            text = str(i)
            x, y = places[i, 0] + 6, places[i, 1] - 4
            width = metrics.horizontalAdvance(text)
            back = QRectF(x - 2, y - 9.5, width + 4, 11.5)
            painter.setBrush(CASING)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawRoundedRect(back, 2, 2)
            painter.setPen(ARROW)
            painter.drawText(QPointF(x, y), text)


def _inside(places: Points, rect: QRectF) -> NDArray[np.bool_]:
    x, y = places.T
    return np.asarray(
        (x >= rect.left()) & (x <= rect.right()) & (y >= rect.top()) & (y <= rect.bottom())
    )


def _draw_stamps(
    painter: QPainter, face: ShownFace, places: Points, indices: NDArray[np.intp], ratio: float
) -> None:
    looks = face.looks
    if np.ptp(places[:, 0]) < CROWDED:
        looks = np.where(looks >= Look.CURRENT_ABSENT, looks, Look.DISTANT)
    ready: dict[tuple[int, ...], tuple[QPixmap, float]] = {}
    rows = zip(
        looks[indices].tolist(),
        face.colours[indices].tolist(),
        face.selected[indices].tolist(),
        places[indices].tolist(),
        strict=True,
    )
    # The point that the hand is on comes last and so lies on top.
    for look, (r, g, b), selected, (x, y) in sorted(rows, key=_on_top):
        key = (look, r, g, b, selected)
        if key not in ready:
            picture = stamp(Look(look), (r, g, b), selected, ratio)
            ready[key] = (picture, picture.width() / ratio / 2)
        picture, half = ready[key]
        painter.drawPixmap(QPointF(x - half, y - half), picture)


def _on_top(row: tuple[int, list[int], bool, list[float]]) -> bool:
    return row[0] >= Look.CURRENT_ABSENT


def _draw_arrows(
    painter: QPainter, face: ShownFace, starts: Points, ends: Points, exposed: QRectF
) -> None:
    length = np.hypot(*(ends - starts).T)
    far = face.shown & (length >= SHORTEST_ARROW)
    followed = np.zeros(len(far), bool) if face.followed is None else face.followed
    if face.on_their_way:
        _draw_ways(painter, starts, ends, far, followed)
        return
    for chosen, colour, width in ((far & followed, FOLLOWED, 1.0), (far & ~followed, ARROW, 1.8)):
        lines, heads = _arrow_paths(face, starts, ends, length, np.flatnonzero(chosen), exposed)
        if lines.isEmpty():
            continue
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.strokePath(lines, QPen(CASING, 2 * width))
        painter.strokePath(heads, QPen(CASING, 1.6 * width))
        painter.strokePath(lines, QPen(colour, width))
        painter.fillPath(heads, colour)


def _draw_ways(painter: QPainter, starts: Points, ends: Points, far: Mask, followed: Mask) -> None:
    """Bare lines in place of arrows: Qt draws those of a pixel ten times faster."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for chosen, colour in ((far & followed, FOLLOWED), (far & ~followed, ARROW)):
        ways = np.hstack([starts[chosen], ends[chosen]]).tolist()
        painter.setPen(QPen(colour, 0))
        painter.drawLines([QLineF(*way) for way in ways])
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)


def _arrow_paths(
    face: ShownFace,
    starts: Points,
    ends: Points,
    length: NDArray[np.float64],
    indices: NDArray[np.intp],
    exposed: QRectF,
) -> tuple[QPainterPath, QPainterPath]:
    """Shafts and heads of the arrows in sight."""
    lines, heads = QPainterPath(), QPainterPath()
    for i in indices:
        (x0, y0), (x1, y1) = starts[i], ends[i]
        # An upright arrow's rectangle has no width, and Qt says that nothing meets it.
        around = QRectF(QPointF(x0, y0), QPointF(x1, y1)).normalized().adjusted(-1, -1, 1, 1)
        if not exposed.intersects(around):
            continue
        lines.moveTo(x0, y0)
        lines.lineTo(x1, y1)
        gap = 9.0 if face.looks[i] >= Look.CURRENT_ABSENT else 4.5
        heads.addPolygon(_head(x0, y0, x1, y1, min(gap, 0.4 * float(length[i]))))
    return lines, heads


def _head(x0: float, y0: float, x1: float, y1: float, gap: float) -> QPolygonF:
    """A small triangle ``gap`` before the arrow's end, so that the point stays in sight."""
    angle = math.atan2(y1 - y0, x1 - x0)
    size = min(8.0, math.hypot(x1 - x0, y1 - y0) - gap)
    tip = (x1 - gap * math.cos(angle), y1 - gap * math.sin(angle))
    wings = [
        (tip[0] - size * math.cos(angle + turn), tip[1] - size * math.sin(angle + turn))
        for turn in (-0.4, 0.4)
    ]
    return QPolygonF([QPointF(*tip), QPointF(*wings[0]), QPointF(*wings[1]), QPointF(*tip)])
