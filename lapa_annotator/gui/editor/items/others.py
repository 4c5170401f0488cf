"""Another person's points, and how far they are from those of the face."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from lapa_annotator.domain.landmarks import Points
from lapa_annotator.gui.editor.items.boxes import Whole
from lapa_annotator.gui.editor.items.stamps import CASING

_INK = QColor(190, 130, 255)
_ARM = 3.5
# Where two people set a point within so many pixels of the screen, they agree.
_SAME = 4.0


class OthersItem(Whole):
    """Draws a cross at each of another person's points that lies elsewhere, and a line to it."""

    def __init__(self) -> None:
        super().__init__()
        self._ours: Points | None = None
        self._theirs: Points | None = None
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def set_points(self, ours: Points | None, theirs: Points | None) -> None:
        """Draw other points, (106, 2) photo pixels each; None for none."""
        if self._theirs is not None or theirs is not None:
            self._ours, self._theirs = ours, theirs
            self.update()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Draw crosses and lines at the screen's size."""
        if self._ours is None or self._theirs is None:
            return
        view = painter.worldTransform()
        here = [view.map(QPointF(*place)) for place in self._ours.tolist()]
        there = [view.map(QPointF(*place)) for place in self._theirs.tolist()]
        ways = [(a, b) for a, b in zip(here, there, strict=True) if _far(a, b)]
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for pen in (QPen(CASING, 3), QPen(_INK, 1.4)):
            painter.setPen(pen)
            for start, end in ways:
                painter.drawLine(start, end)
                for arm in (QPointF(_ARM, _ARM), QPointF(_ARM, -_ARM)):
                    painter.drawLine(end - arm, end + arm)
        painter.restore()


def _far(a: QPointF, b: QPointF) -> bool:
    return max(abs(a.x() - b.x()), abs(a.y() - b.y())) >= _SAME
