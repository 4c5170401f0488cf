"""Panels that share a column: who gets how much of its height."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow

LEFT = 140
"""What is left to the other panels of a column where there is not room for all, in pixels."""


def give_room(home: QMainWindow, dock: QDockWidget, height: int) -> None:
    """Give a panel so much height, if it has less, as far as its column has it."""
    if dock.height() >= height:
        return
    others = _beside(home, dock)
    heights = [height, *(LEFT for _ in others)]
    home.resizeDocks([dock, *others], heights, Qt.Orientation.Vertical)


def _beside(home: QMainWindow, dock: QDockWidget) -> list[QDockWidget]:
    """The docks that share a dock's column, but not its place."""
    area, here = home.dockWidgetArea(dock), [dock, *home.tabifiedDockWidgets(dock)]
    docks = [d for d in home.findChildren(QDockWidget) if not d.isFloating()]
    return [d for d in docks if home.dockWidgetArea(d) == area and d not in here]
