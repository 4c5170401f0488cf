"""The repairing hand's tools beside the canvas."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QCoreApplication, QSignalBlocker, Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QGridLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from lapa_annotator.domain.classes import CLASSES
from lapa_annotator.gui.editor.docks.look import OptionSlider, swatch
from lapa_annotator.gui.editor.repair.items import value_colour
from lapa_annotator.gui.editor.repair.state import VALUES, RepairState, RepairTool, value_name

_VALUE = Qt.ItemDataRole.UserRole
_COLUMNS = 3


class RepairDock(QWidget):
    """Tools, what they paint, the brush's size, and what becomes of whole classes.

    Args:
        state: what the hand holds.
        begin: turns repairing on or off.
        operations: what can be done to a whole class: a text and what does it.
    """

    def __init__(
        self,
        state: RepairState,
        begin: Callable[[], None],
        operations: Sequence[tuple[str, Callable[[], None]]],
    ) -> None:
        super().__init__()
        self._state = state
        self.on = QPushButton(_tr("Repair the label map"))
        self.on.setCheckable(True)
        self.on.clicked.connect(begin)
        self.tools = QButtonGroup(self)
        self._held = QWidget()
        held = QVBoxLayout(self._held)
        held.setContentsMargins(0, 0, 0, 0)
        held.addLayout(self._tool_buttons())
        self._size = QLabel()
        held.addWidget(self._size)
        held.addWidget(OptionSlider(state.options, "brush"))
        self.values = self._picker()
        held.addWidget(self.values, 1)
        self.behind = QCheckBox(_tr("Paint only over the ticked classes"))
        self.behind.toggled.connect(lambda on: state.options.set("behind", on))
        held.addWidget(self.behind)
        held.addLayout(_buttons(operations))
        layout = QVBoxLayout(self)
        layout.addWidget(self.on)
        layout.addWidget(self._held, 1)
        for part in self.findChildren(QWidget):
            # The keys stay with the canvas: a click here takes a tool and no more.
            part.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        state.changed.connect(self._follow)
        self._follow()

    def _tool_buttons(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(4)
        for place, tool in enumerate(RepairTool):
            button = QPushButton(_tr(tool.value.capitalize()))
            button.setCheckable(True)
            button.clicked.connect(lambda _=False, tool=tool: self._state.take(tool))
            self.tools.addButton(button, place)
            grid.addWidget(button, place // _COLUMNS, place % _COLUMNS)
        return grid

    def _picker(self) -> QListWidget:
        rows = QListWidget()
        for value in VALUES:
            text = value_name(value)
            if value >= len(CLASSES):
                text = _tr("{name} (stays background)").format(name=text)
            icon = swatch(value_colour(value), hatched=value >= len(CLASSES))
            row = QListWidgetItem(icon, text, rows)
            row.setData(_VALUE, value)
        rows.currentItemChanged.connect(self._chosen)
        rows.itemChanged.connect(self._ticked)
        return rows

    def _chosen(self, row: QListWidgetItem | None) -> None:
        if row is not None:
            self._state.choose(int(row.data(_VALUE)))

    def _ticked(self, row: QListWidgetItem) -> None:
        bit = 1 << int(row.data(_VALUE))
        over = int(self._state.options.over)
        on = row.checkState() == Qt.CheckState.Checked
        self._state.options.set("over", over | bit if on else over & ~bit)

    def _follow(self) -> None:
        """Show what the hand holds."""
        state = self._state
        with QSignalBlocker(self.on), QSignalBlocker(self.behind), QSignalBlocker(self.values):
            self.on.setChecked(state.on)
            self.behind.setChecked(bool(state.options.behind))
            self.values.setCurrentRow(VALUES.index(state.value))
            for place in range(len(CLASSES)):
                row = self.values.item(place)
                is_on = int(state.options.over) >> int(row.data(_VALUE)) & 1
                checked = Qt.CheckState.Checked if is_on else Qt.CheckState.Unchecked
                shown = checked if state.options.behind else None
                row.setData(Qt.ItemDataRole.CheckStateRole, shown)
        self._held.setEnabled(state.on)
        self.tools.button(list(RepairTool).index(state.tool)).setChecked(True)
        size = _tr("Brush: {n} pixels wide").format(n=round(2 * state.radius))
        self._size.setText(size)


def _buttons(operations: Sequence[tuple[str, Callable[[], None]]]) -> QGridLayout:
    grid = QGridLayout()
    grid.setSpacing(4)
    for place, (text, do) in enumerate(operations):
        button = QPushButton(text)
        button.clicked.connect(lambda _=False, do=do: do())
        grid.addWidget(button, place // _COLUMNS, place % _COLUMNS)
    return grid


def _tr(text: str) -> str:
    return QCoreApplication.translate("editor", text)
