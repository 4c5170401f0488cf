"""Qt actions, menus and the toolbar, made from the table of actions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, QSize, Qt, QTimer
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu, QToolBar, QWidget

from lapa_annotator.gui.actions import ACTIONS, BY_ID, GAPS, MENUS, TOOLBAR, Action
from lapa_annotator.gui.keys import sequences, shown
from lapa_annotator.gui.theme import icon
from lapa_annotator.gui.words import mark as _
from lapa_annotator.gui.words import said

# Keys that lists, fields and dialogs need themselves: they are the editor's only while the
# focus is in it.
_LOCAL_KEYS = frozenset(
    {
        *("Tab", "Shift+Tab", "Space", "Shift+Space", "Return", "Enter", "Backspace", "Del"),
        *("Left", "Right", "Up", "Down", "Home", "End", "PgUp", "PgDown"),
        *("Shift+Left", "Shift+Right", "Shift+Up", "Shift+Down"),
    }
)


class ActionSet:
    """One ``QAction`` per row of the table.

    Args:
        window: where the menus go; its methods are those of rows with target "window".
        has: answers whether what a row needs is there.
    """

    def __init__(self, window: QMainWindow, has: Callable[[str], bool]) -> None:
        self._window = window
        self._has = has
        self._targets: dict[str, Any] = {"window": window}
        self._soon = QTimer(window, singleShot=True, interval=0)
        self._soon.timeout.connect(self.refresh)
        self._actions: dict[str, QAction] = {row.id: self._make(row) for row in ACTIONS}
        self.menus: dict[str, QMenu] = {}

    def __getitem__(self, name: str) -> QAction:
        """Return the action of that id."""
        return self._actions[name]

    def build_menus(self) -> None:
        """Make the menus of the window."""
        for name, text in MENUS:
            menu = self._window.menuBar().addMenu(said(text))
            self.menus[name] = menu
            for row in ACTIONS:
                if row.menu == name:
                    if row.id in GAPS:
                        menu.addSeparator()
                    menu.addAction(self._actions[row.id])

    def make_toolbar(self, parent: QWidget) -> QToolBar:
        """Make the toolbar of the table."""
        toolbar = QToolBar(said(_("Toolbar")), parent)
        toolbar.setObjectName("toolbar")
        toolbar.setMovable(False)
        toolbar.setIconSize(QSize(20, 20))
        for name in TOOLBAR:
            if name:
                toolbar.addAction(self._actions[name])
            else:
                toolbar.addSeparator()
        return toolbar

    def attach(self, view: QWidget, editor: QWidget, curation: QObject) -> None:
        """Let rows work on the view of the project, on its editor, and on its curation."""
        self._targets |= {"view": view, "editor": editor, "curation": curation}
        self.refresh()

    def use_keys(self, keys: Mapping[str, str]) -> None:
        """Take shortcuts (action id -> text like "E; PgDown") into use."""
        for row in ACTIONS:
            action = self._actions[row.id]
            wanted = sequences(keys.get(row.id, ""))
            for_editor = row.target == "editor" and "editor" in self._targets
            self._place(action, for_editor and any(key in _LOCAL_KEYS for key in wanted))
            action.setShortcuts([QKeySequence(key) for key in wanted])
            said = ", ".join(shown(keys.get(row.id, "")))
            text = row.said.rstrip("…")
            action.setToolTip(f"{text} ({said})" if said else text)

    def refresh(self) -> None:
        """Bring every action up to date with what is there."""
        for row in ACTIONS:
            action = self._actions[row.id]
            there = row.target in self._targets
            action.setEnabled(there and self._has(row.needs))
            if row.state and there:
                action.setChecked(bool(getattr(self._targets["editor"].options, row.state)))

    def refresh_soon(self) -> None:
        """Bring every action up to date when the events at hand have been dealt with."""
        self._soon.start()

    def recolour(self) -> None:
        """Take icons in the colours of the theme in use."""
        for row in ACTIONS:
            if row.icon:
                self._actions[row.id].setIcon(icon(row.icon))

    def _make(self, row: Action) -> QAction:
        action = QAction(row.said, self._window)
        action.setObjectName(row.id)
        action.setCheckable(bool(row.state))
        action.setMenuRole(QAction.MenuRole.NoRole)
        if row.tip:
            action.setStatusTip(said(row.tip, row.context))
        action.triggered.connect(partial(self._run, row.id))
        return action

    def _place(self, action: QAction, in_editor: bool) -> None:
        context = Qt.ShortcutContext
        wanted = context.WidgetWithChildrenShortcut if in_editor else context.WindowShortcut
        action.setShortcutContext(wanted)
        editor: QWidget | None = self._targets.get("editor")
        for home in (self._window, editor):
            if home is not None:
                home.removeAction(action)
        home = editor if in_editor and editor is not None else self._window
        home.addAction(action)

    def _run(self, name: str, _checked: bool = False) -> None:
        row = BY_ID[name]
        getattr(self._targets[row.target], row.callback)()
        self.refresh()
