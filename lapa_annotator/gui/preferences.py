"""The preferences dialog, made from the table of settings; every change counts at once."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from lapa_annotator.gui.settings import SETTINGS, Setting, Settings, Value
from lapa_annotator.gui.widgets import named
from lapa_annotator.gui.words import said


class Preferences(QDialog):
    """One field per row of the table, in groups."""

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Preferences"))
        self.setMinimumWidth(460)
        self._settings = settings
        self.fields: dict[str, QWidget] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 14)
        column.setSpacing(8)
        column.addLayout(self._form())
        column.addStretch(1)
        self.buttons = buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Close | QDialogButtonBox.StandardButton.RestoreDefaults
        )
        buttons.rejected.connect(self.reject)
        restore = buttons.button(QDialogButtonBox.StandardButton.RestoreDefaults)
        restore.clicked.connect(self._restore)
        column.addWidget(buttons)

    def _form(self) -> QFormLayout:
        form = QFormLayout()
        form.setVerticalSpacing(8)
        form.setHorizontalSpacing(16)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.FieldsStayAtSizeHint)
        for group, rows in groupby(SETTINGS, key=lambda row: row.group):
            title = named(QLabel(said(group)), "sectionTitle")
            title.setContentsMargins(0, 8 if form.rowCount() else 0, 0, 0)
            form.addRow(title)
            for row in rows:
                self._add(form, row)
        return form

    def _add(self, form: QFormLayout, row: Setting) -> None:
        field = _field(row, self._settings.get(row.key), self._setter(row.key))
        field.setToolTip(said(row.tip))
        self.fields[row.key] = field
        if isinstance(field, QCheckBox):
            form.addRow(field)
        else:
            form.addRow(said(row.text), field)

    def _setter(self, key: str) -> Callable[[Value], None]:
        return lambda value: self._settings.set(key, value)

    def _restore(self) -> None:
        self._settings.reset()
        for row in SETTINGS:
            _show(self.fields[row.key], row.default)


def _field(row: Setting, value: Value, keep: Callable[[Value], None]) -> QWidget:
    if isinstance(row.default, bool):
        box = QCheckBox(said(row.text))
        box.setChecked(bool(value))
        box.toggled.connect(keep)
        return box
    if isinstance(row.default, int):
        return _number(row, value, keep)
    if row.choices:
        choice = QComboBox()
        for name, text in row.choices:
            choice.addItem(said(text), name)
        choice.setCurrentIndex(choice.findData(value))
        choice.currentIndexChanged.connect(lambda _: keep(choice.currentData()))
        return choice
    line = QLineEdit(str(value))
    line.setMinimumWidth(180)
    line.editingFinished.connect(lambda: keep(line.text().strip()))
    return line


def _number(row: Setting, value: Value, keep: Callable[[Value], None]) -> QWidget:
    number = QSpinBox()
    number.setRange(row.low, row.high)
    number.setSuffix(f" {said(row.unit)}" if row.unit else "")
    number.setValue(int(value))
    number.setMinimumWidth(90)
    number.valueChanged.connect(keep)
    return number


def _show(field: QWidget, value: Value) -> None:
    if isinstance(field, QCheckBox):
        field.setChecked(bool(value))
    elif isinstance(field, QComboBox):
        field.setCurrentIndex(field.findData(value))
    elif isinstance(field, QLineEdit):
        field.setText(str(value))
    elif isinstance(field, QSpinBox):
        field.setValue(int(value))
