"""How much doubt is left in the face on show, and the bound that is good enough."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from lapa_annotator.dla.doubt import Doubt, GoodEnough
from lapa_annotator.domain.schema import N_POINTS
from lapa_annotator.gui.tally import Tally

_ENOUGH, _DOUBTFUL = QColor(72, 178, 96), QColor(232, 150, 40)


class DoubtBar(QWidget):
    """A bar that empties while a face is corrected, and a button that sets the bound.

    ``chosen(GoodEnough)`` when a person has set another bound; ``suggestion_wanted()`` when the
    program is asked to estimate it.
    """

    chosen = Signal(object)
    suggestion_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.why_not, self.said = QLabel(), QLabel()
        self.tally, self.bar = Tally(), _Bar()
        self.button = QToolButton()
        self.button.setAutoRaise(True)
        self.button.setToolTip(self.tr("Good enough: up to which error a point needs no drag"))
        self.button.clicked.connect(self._open)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for widget in (self.why_not, self.tally, self.bar, self.said, self.button):
            row.addWidget(widget)
        self.panel = _BoundPanel(self)
        self.panel.chosen.connect(self.chosen)
        self.panel.suggestion_wanted.connect(self.suggestion_wanted)
        self.show_doubt(None, GoodEnough())

    def show_doubt(self, doubt: Doubt | None, bound: GoodEnough) -> None:
        """Show the doubt of a face, None for no face with points; ``bound`` is good enough."""
        self.button.setText(f"≤ {bound.value:g} {_unit(bound)}")
        self.panel.show_bound(bound)
        for widget in (self.bar, self.said):
            widget.setVisible(doubt is not None)
        if doubt is None:
            return
        count = round(doubt.expected)
        enough = doubt.is_good_enough()
        self.bar.show_share(doubt.left, _ENOUGH if enough else _DOUBTFUL)
        one, several = self.tr("1 point in doubt"), self.tr("{n} points in doubt").format(n=count)
        self.said.setText(self.tr("Good enough") if enough else one if count == 1 else several)
        tip = self.tr(
            "{n:.1f} of {all} points are probably off by more than {bound}. G goes there."
        )
        text = tip.format(n=doubt.expected, all=N_POINTS, bound=f"{bound.value:g} {_unit(bound)}")
        self.bar.setToolTip(text)
        self.said.setToolTip(text)

    def show_why_not(self, text: str) -> None:
        """Say in a sentence why no points follow; "" when they do."""
        self.why_not.setText(text)
        self.why_not.setVisible(bool(text))

    def _open(self) -> None:
        self.panel.adjustSize()
        corner = self.button.mapToGlobal(self.button.rect().topRight())
        self.panel.move(corner.x() - self.panel.width(), corner.y() - self.panel.height() - 4)
        self.panel.show()


class _Bar(QWidget):
    """A bar whose filled share is the doubt; the first few points weigh most."""

    def __init__(self) -> None:
        super().__init__()
        self._share, self._colour = 0.0, _ENOUGH
        self.setFixedSize(self.sizeHint())

    def sizeHint(self) -> QSize:
        """As high as a line of small text."""
        return QSize(90, 10)

    def show_share(self, share: float, colour: QColor) -> None:
        """Fill a share in [0, 1]."""
        self._share, self._colour = share, colour
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the bar."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        whole = QRectF(self.rect())
        back = self.palette().windowText().color()
        back.setAlphaF(0.18)
        painter.setBrush(back)
        painter.drawRoundedRect(whole, 3, 3)
        # The root: what matters is whether three points are left or none, not 60 or 63.
        whole.setWidth(max(4.0, whole.width() * self._share**0.5))
        painter.setBrush(self._colour)
        painter.drawRoundedRect(whole, 3, 3)


class _BoundPanel(QFrame):
    """A small window over the status bar in which the bound is set."""

    chosen = Signal(object)
    suggestion_wanted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.value, self.unit = QDoubleSpinBox(), QComboBox()
        self.value.setRange(0.1, 500)
        self.value.setDecimals(1)
        self.value.setKeyboardTracking(False)
        self.unit.addItem(self.tr("% of the distance of the outer eye corners"), "%")
        self.unit.addItem(self.tr("pixels of the photo"), "px")
        self.suggest = QPushButton(self.tr("Estimate from my corrections"))
        self.said = QLabel()
        self.said.setWordWrap(True)
        self.said.hide()
        column = QVBoxLayout(self)
        column.addWidget(QLabel(self.tr("In this project a point is good enough within")))
        form = QFormLayout()
        form.addRow(self.value, self.unit)
        column.addLayout(form)
        column.addWidget(self.suggest)
        column.addWidget(self.said)
        self.value.valueChanged.connect(self._tell)
        self.unit.activated.connect(self._tell)
        self.suggest.clicked.connect(lambda _: self.suggestion_wanted.emit())

    def show_bound(self, bound: GoodEnough) -> None:
        """Show a bound without telling of it."""
        for field in (self.value, self.unit):
            field.blockSignals(True)
        self.value.setValue(bound.value)
        self.unit.setCurrentIndex(self.unit.findData(bound.unit))
        for field in (self.value, self.unit):
            field.blockSignals(False)

    def say(self, text: str) -> None:
        """Say something below the fields."""
        self.said.setText(text)
        self.said.setVisible(bool(text))
        self.adjustSize()

    def _tell(self, *_: object) -> None:
        self.chosen.emit(GoodEnough(self.value.value(), self.unit.currentData()))


def _unit(bound: GoodEnough) -> str:
    return "%" if bound.unit == "%" else "px"
