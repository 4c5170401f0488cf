"""The dialogs about shortcuts: F1 shows them all, the other one edits them."""

from __future__ import annotations

import math
from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from lapa_annotator.gui.actions import ACTIONS, BY_ID, MENUS
from lapa_annotator.gui.keys import PRESETS, Keys, clashes, preset_keys, sequences, shown
from lapa_annotator.gui.theme import colour
from lapa_annotator.gui.widgets import named
from lapa_annotator.gui.words import said

_COLUMNS = 5
# A title and the room above it are as high as so many rows.
_HEAD = 2


def _menu_title(name: str) -> str:
    text = dict(MENUS)[name]
    return said(text).replace("&", "")


# A title, and rows of a text and its shortcuts.
_Group = tuple[str, list[tuple[str, list[str]]]]


def _columns(groups: list[_Group]) -> list[list[_Group]]:
    """Spread groups over columns of about the same height; a long one goes on in the next."""
    most = math.ceil(sum(len(rows) + _HEAD for _, rows in groups) / _COLUMNS) + 1
    columns: list[list[_Group]] = [[]]
    left = most
    for title, every in groups:
        rows = every
        while rows:
            if left < 2 * _HEAD and len(columns) < _COLUMNS:
                columns.append([])
                left = most
            room = left - _HEAD if len(columns) < _COLUMNS else len(rows)
            columns[-1].append((title, rows[:room]))
            left -= len(rows[:room]) + _HEAD
            rows = rows[room:]
    return columns


class ShortcutOverview(QDialog):
    """All shortcuts at a glance, as they are now, and what the hand can do on the canvas."""

    edit_asked = Signal()

    def __init__(self, keys: Mapping[str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Shortcuts"))
        self.resize(1800, 700)
        self.shown_actions = [row.id for row in ACTIONS if sequences(keys[row.id])]
        columns = QHBoxLayout()
        columns.setSpacing(28)
        for groups in self._arranged(keys):
            column = QVBoxLayout()
            column.setSpacing(20)
            for title, rows in groups:
                column.addLayout(self._group(title, rows))
            column.addStretch(1)
            columns.addLayout(column, 1)
        inner = QWidget()
        inner.setLayout(columns)
        columns.setContentsMargins(20, 16, 20, 16)
        area = QScrollArea()
        area.setWidget(inner)
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        edit = buttons.addButton(self.tr("Edit shortcuts…"), QDialogButtonBox.ButtonRole.ActionRole)
        edit.clicked.connect(self.edit_asked)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 12, 12)
        column.addWidget(area, 1)
        column.addWidget(buttons)

    def _arranged(self, keys: Mapping[str, str]) -> list[list[_Group]]:
        """Groups of (text, shortcuts) in columns."""
        groups = []
        for name, _ in MENUS:
            rows = [
                (row.said.rstrip("…"), shown(keys[row.id]))
                for row in ACTIONS
                if row.menu == name and row.id in self.shown_actions
            ]
            if rows:
                groups.append((_menu_title(name), rows))
        groups.append((self.tr("Mouse"), self._mouse_rows()))
        return _columns(groups)

    def _mouse_rows(self) -> list[tuple[str, list[str]]]:
        return [
            (self.tr("Zoom at the pointer"), [self.tr("Wheel")]),
            (self.tr("Move the photo"), [self.tr("Middle button"), self.tr("Space + drag")]),
            (self.tr("Give a gesture up"), [self.tr("Esc")]),
            (self.tr("Size of the brush, in repair"), [self.tr("Wheel")]),
            (self.tr("Zoom, in repair"), [self.tr("Ctrl + wheel")]),
        ]

    def _group(self, title: str, rows: list[tuple[str, list[str]]]) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(0, 1)
        grid.addWidget(named(QLabel(title), "sectionTitle"), 0, 0)
        for i, (text, keys) in enumerate(rows, 1):
            grid.addWidget(QLabel(text), i, 0)
            caps = QHBoxLayout()
            caps.setSpacing(4)
            caps.addStretch(1)
            for key in keys:
                caps.addWidget(named(QLabel(key), "keyCap"))
            grid.addLayout(caps, i, 1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return grid


class ShortcutEditor(QDialog):
    """A table of all actions in which shortcuts are typed; clashes are shown where they are.

    ``kept()`` when new shortcuts have been kept. They cannot be while two actions share one.
    """

    kept = Signal()

    def __init__(self, keys: Keys, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Edit shortcuts"))
        self.resize(680, 640)
        self._keys = keys
        self.wanted: dict[str, str] = keys.all()
        self._rows: dict[str, int] = {}
        self._names: dict[str, QTableWidgetItem] = {}
        self._fields: dict[str, QKeySequenceEdit] = {}
        self.preset = QComboBox()
        for name, (title, _) in PRESETS.items():
            self.preset.addItem(title, name)
        self.preset.setCurrentIndex(list(PRESETS).index(keys.preset))
        self.preset.activated.connect(self._take_preset)
        self._filter = QLineEdit()
        self._filter.setPlaceholderText(self.tr("Search actions and keys"))
        self._filter.setClearButtonEnabled(True)
        self._filter.textChanged.connect(self._show_matching)
        self.table = self._make_table()
        self._problem = named(QLabel(), "fieldError")
        self._problem.setWordWrap(True)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self.buttons.accepted.connect(self._keep)
        self.buttons.rejected.connect(self.reject)
        self._lay_out()
        self._fill()

    @property
    def problem(self) -> str:
        """What is said about clashes, "" when there are none."""
        return self._problem.text()

    @property
    def clashing(self) -> dict[str, list[str]]:
        """Shortcut -> ids of the actions that share it."""
        return clashes(self.wanted)

    def set_keys(self, action: str, keys: str) -> None:
        """Give an action other shortcuts, as if they had been typed."""
        self.wanted[action] = keys
        self._fill()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(QLabel(self.tr("Shortcuts as in")))
        top.addWidget(self.preset)
        top.addSpacing(16)
        top.addWidget(self._filter, 1)
        bottom = QHBoxLayout()
        bottom.addWidget(self._problem, 1)
        bottom.addWidget(self.buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 14, 14, 12)
        column.setSpacing(10)
        column.addLayout(top)
        column.addWidget(self.table, 1)
        column.addLayout(bottom)

    def _make_table(self) -> QTableWidget:
        table = QTableWidget(len(ACTIONS), 3)
        table.setHorizontalHeaderLabels([self.tr("Action"), self.tr("Menu"), self.tr("Shortcut")])
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(34)
        table.setShowGrid(False)
        table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        header = table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        table.setColumnWidth(1, 90)
        table.setColumnWidth(2, 230)
        for i, row in enumerate(ACTIONS):
            self._rows[row.id] = i
            menu = QTableWidgetItem(_menu_title(row.menu))
            menu.setForeground(colour("faint"))
            self._names[row.id] = QTableWidgetItem(row.said.rstrip("…"))
            table.setItem(i, 0, self._names[row.id])
            table.setItem(i, 1, menu)
            table.setCellWidget(i, 2, self._field(row.id))
        return table

    def _field(self, action: str) -> QWidget:
        edit = QKeySequenceEdit()
        edit.setObjectName(action)
        edit.setMaximumSequenceLength(1)
        self._fields[action] = edit
        edit.editingFinished.connect(lambda: self._typed(action, edit.keySequence()))
        clear = QPushButton("×")
        clear.setFixedWidth(26)
        clear.setFlat(True)
        clear.setToolTip(self.tr("No shortcut"))
        clear.clicked.connect(lambda: self.set_keys(action, ""))
        holder = QWidget()
        line = QHBoxLayout(holder)
        line.setContentsMargins(4, 3, 8, 3)
        line.setSpacing(2)
        line.addWidget(edit, 1)
        line.addWidget(clear)
        return holder

    def _typed(self, action: str, sequence: QKeySequence) -> None:
        typed = sequence.toString(QKeySequence.SequenceFormat.PortableText)
        if typed and typed != (sequences(self.wanted[action]) or [""])[0]:
            self.set_keys(action, typed)

    def _take_preset(self) -> None:
        self.wanted = preset_keys(self.preset.currentData())
        self._fill()

    def _fill(self) -> None:
        shared = self.clashing
        bad = {action for users in shared.values() for action in users}
        for name, edit in self._fields.items():
            first = (sequences(self.wanted[name]) or [""])[0]
            edit.setKeySequence(QKeySequence(first))
            edit.setToolTip(", ".join(shown(self.wanted[name])))
            ink = colour("danger") if name in bad else colour("text")
            self._names[name].setForeground(ink)
        self._problem.setText("\n".join(self._said(k, users) for k, users in shared.items()))
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(not shared)

    def _said(self, key: str, users: list[str]) -> str:
        names = ", ".join(f"“{BY_ID[u].said.rstrip('…')}”" for u in users)
        return self.tr("{key} stands for {names}.").format(key=shown(key)[0], names=names)

    def _show_matching(self, text: str) -> None:
        wanted = text.casefold()
        for name, row in self._rows.items():
            words = f"{BY_ID[name].said} {' '.join(shown(self.wanted[name]))}".casefold()
            self.table.setRowHidden(row, wanted not in words)

    def _keep(self) -> None:
        self._keys.keep(self.preset.currentData(), self.wanted)
        self.kept.emit()
        self.accept()
