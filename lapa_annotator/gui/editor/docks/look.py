"""How the photo and the label map look: tones, classes, opacity."""

from __future__ import annotations

import math

from PySide6.QtCore import QCoreApplication, QSignalBlocker, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QFormLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from lapa_annotator.domain.classes import CLASSES
from lapa_annotator.gui.editor.items.map import OCCLUDER_COLOURS, dark_of
from lapa_annotator.gui.editor.options import OPTIONS, Option, ViewOptions
from lapa_annotator.gui.editor.repair.state import value_name

_STEPS = 200


class OptionSlider(QSlider):
    """A slider over one option; a double click brings its first value back."""

    def __init__(self, options: ViewOptions, name: str) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._options = options
        self._name = name
        self.setRange(0, _STEPS)
        self.valueChanged.connect(self._on_moved)
        options.changed.connect(self._follow)
        self._follow(name)

    def _on_moved(self, step: int) -> None:
        self._options.set(self._name, _value(OPTIONS[self._name], step / _STEPS))

    def _follow(self, name: str) -> None:
        if name == self._name:
            with QSignalBlocker(self):
                self.setValue(round(_part(OPTIONS[name], getattr(self._options, name)) * _STEPS))

    def mouseDoubleClickEvent(self, event: object) -> None:
        """Bring the first value back."""
        self._options.set(self._name, OPTIONS[self._name].default)


class TonesDock(QWidget):
    """Brightness, contrast and gamma of the photo on screen; the file is never touched."""

    def __init__(self, options: ViewOptions) -> None:
        super().__init__()
        self._options = options
        tr = QCoreApplication.translate
        form = QFormLayout()
        rows = {
            "brightness": tr("editor", "Brightness"),
            "contrast": tr("editor", "Contrast"),
            "gamma": tr("editor", "Gamma"),
        }
        for name, text in rows.items():
            form.addRow(text, OptionSlider(options, name))
        reset = QPushButton(tr("editor", "As it was"))
        reset.clicked.connect(self._reset)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(reset, alignment=Qt.AlignmentFlag.AlignRight)
        layout.addStretch()

    def _reset(self) -> None:
        for name in ("brightness", "contrast", "gamma"):
            self._options.set(name, OPTIONS[name].default)


class MapDock(QWidget):
    """The label map: shown or not, how opaque, which classes, outlines, difference."""

    def __init__(self, options: ViewOptions) -> None:
        super().__init__()
        tr = QCoreApplication.translate
        self._options = options
        self.switches = {
            "map": QCheckBox(tr("editor", "Show the label map")),
            "outline": QCheckBox(tr("editor", "Outlines only")),
            "difference": QCheckBox(tr("editor", "Difference from the last save")),
        }
        self.opacity = OptionSlider(options, "opacity")
        self.classes = QListWidget()
        self.note = QLabel()
        self.note.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.addWidget(self.switches["map"])
        layout.addWidget(QLabel(tr("editor", "Opacity")))
        layout.addWidget(self.opacity)
        for name in ("outline", "difference"):
            layout.addWidget(self.switches[name])
        layout.addWidget(self.classes)
        layout.addWidget(self.note)
        for face_class in CLASSES[1:]:
            text = tr("classes", face_class.name)
            row = QListWidgetItem(swatch(face_class.colour), text, self.classes)
            row.setData(Qt.ItemDataRole.UserRole, face_class.id)
        for kind, colour in OCCLUDER_COLOURS.items():
            text = tr("editor", "{name} (background)").format(name=value_name(kind))
            row = QListWidgetItem(swatch(colour, hatched=True), text, self.classes)
            row.setData(Qt.ItemDataRole.UserRole, int(kind))
            row.setToolTip(tr("editor", "What hides the face: background in the label map"))
        for name, switch in self.switches.items():
            switch.toggled.connect(lambda on, name=name: options.set(name, on))
        self.classes.itemChanged.connect(self._on_class)
        options.changed.connect(self._follow)
        self._follow()

    def say(self, text: str) -> None:
        """Say below the classes what the map lacks at present."""
        self.note.setText(text)
        self.note.setVisible(bool(text))

    def _on_class(self, row: QListWidgetItem) -> None:
        label = row.data(Qt.ItemDataRole.UserRole)
        if (row.checkState() == Qt.CheckState.Checked) != self._options.shows_class(label):
            self._options.toggle_class(label)

    def _follow(self) -> None:
        for name, switch in self.switches.items():
            with QSignalBlocker(switch):
                switch.setChecked(getattr(self._options, name))
        with QSignalBlocker(self.classes):
            for place in range(self.classes.count()):
                row = self.classes.item(place)
                shown = self._options.shows_class(row.data(Qt.ItemDataRole.UserRole))
                row.setCheckState(Qt.CheckState.Checked if shown else Qt.CheckState.Unchecked)


def _is_factor(row: Option) -> bool:
    """Whether the option multiplies, so that a slider over it steps by ratios."""
    return row.low * row.high == 1


def _value(row: Option, part: float) -> float:
    if _is_factor(row):
        return float(row.low * (row.high / row.low) ** part)
    return row.low + (row.high - row.low) * part


def _part(row: Option, value: float) -> float:
    if _is_factor(row):
        return math.log(value / row.low) / math.log(row.high / row.low)
    return (value - row.low) / (row.high - row.low)


def swatch(colour: tuple[int, int, int], *, hatched: bool = False) -> QIcon:
    """A square of a colour, to stand before its name; hatched for what hides a face."""
    pixmap = QPixmap(32, 32)
    pixmap.fill(QColor(*colour))
    if hatched:
        painter = QPainter(pixmap)
        painter.setPen(QPen(QColor(*dark_of(colour)), 6))
        for x in (0, 16, 32, 48):
            painter.drawLine(x, -4, x - 40, 36)
        painter.end()
    return QIcon(pixmap)
