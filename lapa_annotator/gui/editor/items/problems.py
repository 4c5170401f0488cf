"""Marks on the points that cannot be right, and where the repair would put them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from lapa_annotator.domain.landmarks import Points
from lapa_annotator.gui.editor.items.boxes import Whole
from lapa_annotator.gui.editor.items.stamps import CASING

_WRONG = QColor(255, 120, 40)
_RADIUS, _CHOSEN_RADIUS = 8.0, 9.5
# More are a thicket: of the whole face only the ways are drawn, and of many ways a few.
_MOST_RINGS, _MOST_WAYS = 60, 6


@dataclass(frozen=True, eq=False)
class Mark:
    """A problem as it is drawn: (n, 2) photo pixels of its points, now and once repaired."""

    points: Points
    repaired: Points
    chosen: bool


class ProblemsItem(Whole):
    """Draws a ring around every point of a problem; of the chosen one, where they would go."""

    def __init__(self) -> None:
        super().__init__()
        self._marks: Sequence[Mark] = ()
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def set_marks(self, marks: Sequence[Mark]) -> None:
        """Draw other problems."""
        if marks or self._marks:
            self._marks = marks
            self.update()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Draw the marks, the chosen one on top."""
        if not self._marks:
            return
        view = painter.worldTransform()
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for mark in sorted(self._marks, key=lambda mark: mark.chosen):
            here = [view.map(QPointF(*place)) for place in mark.points.tolist()]
            if mark.chosen:
                there = [view.map(QPointF(*place)) for place in mark.repaired.tolist()]
                _draw_ways(painter, here, there)
            if len(here) <= _MOST_RINGS:
                _draw_rings(painter, here, mark.chosen)
        painter.restore()


def _draw_rings(painter: QPainter, places: list[QPointF], chosen: bool) -> None:
    radius, width = (_CHOSEN_RADIUS, 2.2) if chosen else (_RADIUS, 1.4)
    for pen in (QPen(CASING, width + 1.8), QPen(_WRONG, width)):
        painter.setPen(pen)
        for place in places:
            painter.drawEllipse(place, radius, radius)


def _draw_ways(painter: QPainter, here: list[QPointF], there: list[QPointF]) -> None:
    ways = list(zip(here, there, strict=True))
    ways = ways[:: -(-len(ways) // _MOST_WAYS)]
    for pen in (QPen(CASING, 3), QPen(_WRONG, 1.4, Qt.PenStyle.DashLine)):
        painter.setPen(pen)
        for start, end in ways:
            painter.drawLine(start, end)
