"""Small things that several widgets of the window need."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QWidget

W = TypeVar("W", bound=QWidget)


def named(widget: W, name: str) -> W:
    """Give a widget the name that the style sheet knows it by, and return it."""
    widget.setObjectName(name)
    return widget


def wrapped(text: str, name: str = "") -> QLabel:
    """Make a label of a text that may take several lines."""
    label = named(QLabel(text), name)
    label.setWordWrap(True)
    return label


def scrolled(widget: QWidget) -> QScrollArea:
    """Put a widget where it can be lower than it would like to be: then it is scrolled."""
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidgetResizable(True)
    area.setWidget(widget)
    bar = area.verticalScrollBar().sizeHint().width()
    area.setMinimumWidth(widget.minimumSizeHint().width() + bar)
    return area


class ShortLabel(QLabel):
    """A label of one line, cut where there is no room; all of it is in its tip."""

    def say(self, lines: list[str]) -> None:
        """Show some sentences, one after the other."""
        self.setText(" ".join(lines))
        self.setToolTip("\n".join(lines))

    def minimumSizeHint(self) -> QSize:
        """As narrow as it must be."""
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw as much of the text as there is room for."""
        painter = QPainter(self)
        fits = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        place = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        role = self.foregroundRole()
        enabled = self.isEnabled()
        self.style().drawItemText(painter, self.rect(), place, self.palette(), enabled, fits, role)
