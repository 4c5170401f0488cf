"""The curves of the current face's parts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QByteArray, QDataStream, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from lapa_annotator.domain.classes import CLASSES
from lapa_annotator.domain.landmarks import Points

_ROOM = 3.0
_STEP = 2.5
_SHARP = 0.35
# Width on screen and smoothness of casing and line, and how far aside it is drawn. Qt draws lines
# of more than a pixel five times slower, and smooth ones of these twenty times: a casing on its
# way is a line beside the line.
_FINE = ((2.4, True, 0.0), (1.4, True, 0.0))
_QUICK = ((0.99, False, 0.8), (0.99, True, 0.0))


class CurvesItem(QGraphicsItem):
    """Draws the lines of each class of the label map, thin on screen at any zoom.

    A drag changes a short stretch of a line: only that is marked for redrawing, and only what
    crosses the part to be redrawn is drawn.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        self._lines: dict[int, list[Points]] = {}
        self._thin: dict[int, list[Points]] = {}
        self._whole: dict[int, list[QPolygonF]] = {}
        self._bounds: dict[int, QRectF] = {}
        self._strides: dict[tuple[int, int, int], int] = {}
        self._scale = 1.0
        self._area = QRectF()
        self._on_their_way = False

    def set_area(self, area: QRectF) -> None:
        """Say where curves may lie: the whole scene."""
        self.prepareGeometryChange()
        self._area = area

    def set_on_their_way(self, on: bool) -> None:
        """Draw lines as quickly as can be, while they move; they are a little thinner then."""
        if on != self._on_their_way:
            self._on_their_way = on
            self._thin_anew()
            self.update()

    def clear(self) -> None:
        """Draw nothing."""
        self._lines.clear()
        self._thin_anew()
        self.update()

    def set_lines(self, label: int, lines: list[Points], scale: float) -> None:
        """Draw other lines for a class.

        Args:
            label: the class, which gives the colour.
            lines: (n, 2) polylines in photo pixels; closed ones end where they begin.
            scale: screen pixels per photo pixel.
        """
        before = self._lines.get(label, [])
        self._lines[label] = lines
        self._thin.pop(label, None)
        self._whole.pop(label, None)
        self._bounds[label] = _rect(np.vstack(lines), 0.0) if lines else QRectF()
        room = _ROOM / scale
        for changed in _changed(before, lines):
            self.update(_rect(changed, room))

    def boundingRect(self) -> QRectF:
        """The whole scene; stretches out of sight are skipped one by one."""
        return self._area

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Draw the stretches in sight."""
        scale = painter.worldTransform().m11()
        if scale != self._scale:
            self._scale = scale
            self._thin_anew()
        room = _ROOM / scale
        exposed = option.exposedRect.adjusted(-room, -room, room, room)
        widths = _QUICK if self._on_their_way else _FINE
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for label, lines in self._lines.items():
            if not self._bounds[label].intersects(exposed):
                continue
            if label not in self._thin:
                thin = [self._thinned(line, label, place) for place, line in enumerate(lines)]
                self._thin[label] = thin
                self._whole[label] = [_polygon(line) for line in thin if len(line) > 1]
            stretches = self._whole[label]
            if not self._on_their_way:
                stretches = [s for line in self._thin[label] for s in _in_sight(line, exposed)]
            for colour, (width, smooth, aside) in zip(_COLOURS[label], widths, strict=True):
                painter.setRenderHint(QPainter.RenderHint.Antialiasing, smooth)
                # In scene units: a cosmetic pen would grow thin on dense screens.
                painter.setPen(QPen(colour, width / scale))
                painter.translate(aside / scale, aside / scale)
                for stretch in stretches:
                    painter.drawPolyline(stretch)
                painter.translate(-aside / scale, -aside / scale)

    def _thin_anew(self) -> None:
        """Forget which vertices are left out."""
        self._thin.clear()
        self._whole.clear()
        self._strides.clear()

    def _thinned(self, line: Points, label: int, place: int) -> Points:
        """The line without vertices too close to be told apart on screen; corners stay.

        How many are left out does not change during a drag, or what is not redrawn would show.
        """
        if len(line) < 3:
            return line
        pieces = np.diff(line, axis=0)
        key = (label, place, len(line))
        if key not in self._strides:
            length = self._scale * float(np.hypot(*pieces.T).mean())
            step = _STEP * (2 if self._on_their_way else 1)
            self._strides[key] = int(np.clip(step / max(length, 1e-9), 1, 6))
        kept = np.arange(len(line)) % self._strides[key] == 0
        angle = np.arctan2(pieces[:, 1], pieces[:, 0])
        turn = np.abs((np.diff(angle) + np.pi) % (2 * np.pi) - np.pi)
        kept[1:-1] |= turn > _SHARP
        kept[-1] = True
        return line[kept]


def _rect(points: Points, room: float) -> QRectF:
    (x0, y0), (x1, y1) = points.min(axis=0) - room, points.max(axis=0) + room
    return QRectF(x0, y0, x1 - x0, y1 - y0)


def _changed(before: list[Points], after: list[Points]) -> list[Points]:
    """The vertices, old and new, of the stretches in which two sets of lines differ."""
    if [line.shape for line in before] != [line.shape for line in after]:
        return [line for line in (*before, *after) if len(line)]
    found = []
    for old, new in zip(before, after, strict=True):
        moved = (old != new).any(axis=1)
        # A vertex that moved takes the pieces to both its neighbours along.
        moved[1:] |= moved[:-1].copy()
        moved[:-1] |= moved[1:].copy()
        if moved.any():
            found.append(np.vstack([old[moved], new[moved]]))
    return found


def _in_sight(line: Points, rect: QRectF) -> list[QPolygonF]:
    """The stretches of a polyline whose pieces may cross a rectangle."""
    if len(line) < 2:
        return []
    low, high = np.minimum(line[:-1], line[1:]), np.maximum(line[:-1], line[1:])
    seen: NDArray[np.bool_] = (
        (high[:, 0] >= rect.left())
        & (low[:, 0] <= rect.right())
        & (high[:, 1] >= rect.top())
        & (low[:, 1] <= rect.bottom())
    )
    edges = np.flatnonzero(np.diff(np.r_[False, seen, False].astype(np.int8)))
    return [_polygon(line[first : last + 1]) for first, last in edges.reshape(-1, 2)]


def _polygon(line: Points) -> QPolygonF:
    """The line as Qt draws it, by way of Qt's own binary form: point by point takes ten times."""
    data = len(line).to_bytes(4, "big") + line.astype(">f8").tobytes()
    polygon = QPolygonF()
    QDataStream(QByteArray(data)) >> polygon
    return polygon


def _mixed(label: int, other: int, share: float) -> QColor:
    """The class's own colour with a share of a grey in it."""
    r, g, b = (round(v + (other - v) * share) for v in CLASSES[label].colour)
    return QColor(r, g, b)


# Casing and line of each class. Both are opaque: Qt strokes translucent lines five times slower.
_COLOURS = {c.id: (_mixed(c.id, 0, 0.65), _mixed(c.id, 255, 0.35)) for c in CLASSES}
