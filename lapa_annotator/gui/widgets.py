"""Small things that several widgets of the window need."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtWidgets import QLabel, QWidget

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
