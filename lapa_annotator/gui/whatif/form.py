"""The form of the settings of label maps, made from their table."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from lapa_annotator.gui.words import mark as _
from lapa_annotator.gui.words import said
from lapa_annotator.ppa.registry import known_parsers
from lapa_annotator.ppa.settings import BY_NAME, KNOBS, Knob, Settings, Value

_TITLES: dict[str, str] = {
    "order": _("Layers, the last on top"),
    "curve.eyebrows": _("Eyebrows"),
    "curve.eyes": _("Eyes"),
    "curve.nose": _("Nose"),
    "curve.mouth": _("Mouth"),
    "curve.jawline": _("Jawline"),
    "closed-eye": _("Eyes closed below"),
    "closed-mouth": _("Mouth closed below"),
    "hair": _("Hair covers parts from"),
    "background": _("Background covers from"),
    "jaw-slack": _("Skin beyond the jaw"),
    "segmenter": _("Hair and skin by"),
    "parser": _("Fine stage"),
}
_ROW = 21


class Layers(QListWidget):
    """The layers of the fusion: drag them into another order, untick one to leave it out."""

    altered = Signal()

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__()
        self._names = names
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setFixedHeight(len(names) * _ROW + 4)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.itemChanged.connect(lambda _: self.altered.emit())
        self.model().rowsMoved.connect(lambda *_: self.altered.emit())

    def value(self) -> str:
        """The layers that are ticked, in order, with commas."""
        rows = [self.item(row) for row in range(self.count())]
        return ",".join(r.text() for r in rows if r.checkState() == Qt.CheckState.Checked)

    def show_value(self, value: str) -> None:
        """Show an order; layers that it lacks stand last, not ticked."""
        there = value.split(",")
        self.blockSignals(True)
        self.clear()
        for name in [*there, *(n for n in self._names if n not in there)]:
            row = QListWidgetItem(name)
            row.setCheckState(Qt.CheckState.Checked if name in there else Qt.CheckState.Unchecked)
            self.addItem(row)
        self.blockSignals(False)


class SettingsForm(QWidget):
    """One field for every setting; what differs from the settings in use is bold.

    ``changed()`` when a field says something else.
    """

    changed = Signal()

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._used = settings
        self._read: dict[str, Callable[[], Value]] = {}
        self._show: dict[str, Callable[[Value], None]] = {}
        self.fields: dict[str, QWidget] = {}
        self._labels: dict[str, QLabel] = {}
        form = QFormLayout()
        column = QVBoxLayout(self)
        column.addLayout(form)
        column.addStretch(1)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setVerticalSpacing(7)
        for knob in KNOBS:
            label, field = QLabel(said(_TITLES[knob.name])), self._field(knob)
            for widget in (label, field):
                widget.setToolTip(f"{knob.name}: {knob.about}")
            if knob.kind == "order":
                form.addRow(label)
                form.addRow(field)
            else:
                form.addRow(label, field)
            self.fields[knob.name], self._labels[knob.name] = field, label
        self.use(settings)

    def settings(self) -> Settings:
        """What the fields say.

        Raises:
            InputError: no layer is ticked.
        """
        return Settings.of({name: read() for name, read in self._read.items()})

    def use(self, settings: Settings) -> None:
        """Show settings as those in use."""
        self._used = settings
        self.show_settings(settings)

    def show_settings(self, settings: Settings) -> None:
        """Let the fields say these settings."""
        self.blockSignals(True)
        for name, value in settings.values.items():
            self._show[name](value)
        self.blockSignals(False)
        self._on_changed()

    def _on_changed(self) -> None:
        for name, label in self._labels.items():
            font = label.font()
            font.setBold(self._read[name]() != self._used.values[name])
            label.setFont(font)
        self.changed.emit()

    def _field(self, knob: Knob) -> QWidget:
        if knob.kind == "number":
            return self._number(knob)
        if knob.kind == "order":
            layers = Layers(knob.choices)
            layers.altered.connect(self._on_changed)
            self._read[knob.name] = layers.value
            self._show[knob.name] = lambda value: layers.show_value(str(value))
            return layers
        if knob.kind == "parser":
            names = QComboBox()
            names.setEditable(True)
            names.addItems(["", *known_parsers()])
            line = names.lineEdit()
            assert line is not None, "an editable box has a line"
            line.setPlaceholderText(self.tr("the usual one"))
            line.editingFinished.connect(self._on_changed)
            names.activated.connect(lambda _: self._on_changed())
            self._read[knob.name] = lambda: BY_NAME[knob.name].read(line.text())
            self._show[knob.name] = lambda value: line.setText(str(value))
            return names
        box = QComboBox()
        for choice in knob.choices:
            box.addItem(choice, choice)
        box.currentIndexChanged.connect(lambda _: self._on_changed())
        self._read[knob.name] = lambda: str(box.currentData())
        self._show[knob.name] = lambda value: box.setCurrentIndex(box.findData(value))
        return box

    def _number(self, knob: Knob) -> QDoubleSpinBox:
        box = QDoubleSpinBox()
        box.setRange(knob.low, knob.high)
        box.setSingleStep(knob.step)
        box.setDecimals(3)
        box.valueChanged.connect(lambda _: self._on_changed())
        self._read[knob.name] = lambda: float(BY_NAME[knob.name].read(round(box.value(), 3)))
        self._show[knob.name] = lambda value: box.setValue(float(value))
        return box
