"""One line below the canvas in which a reviewer says why."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QStringListModel, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCompleter, QHBoxLayout, QLabel, QLineEdit, QWidget


class AskLine(QWidget):
    """Asks for a text where the work is: Enter answers, Esc leaves it. Earlier answers come back.

    The keyboard is its own while it is there, and goes back to ``parent``'s canvas after.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._answered: Callable[[str], None] | None = None
        self._known = QStringListModel(self)
        self._label = QLabel()
        self.field = QLineEdit()
        completer = QCompleter(self._known, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.field.setCompleter(completer)
        self.field.returnPressed.connect(self._answer)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 6, 10, 6)
        row.addWidget(self._label)
        row.addWidget(self.field, 1)
        self.setAutoFillBackground(True)
        self.hide()

    @property
    def is_asking(self) -> bool:
        """Whether an answer is waited for."""
        return self._answered is not None

    def ask(self, question: str, answered: Callable[[str], None]) -> None:
        """Ask; ``answered`` gets the text, which is never empty."""
        self._answered = answered
        self._label.setText(question)
        self.field.clear()
        self.show()
        self.field.setFocus()

    def leave(self) -> None:
        """Stop asking without an answer."""
        if self._answered is None:
            return
        self._answered = None
        self.hide()
        parent = self.parentWidget()
        if parent is not None:
            parent.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc leaves."""
        if event.key() == Qt.Key.Key_Escape:
            self.leave()
        else:
            super().keyPressEvent(event)

    def _answer(self) -> None:
        answered, text = self._answered, self.field.text().strip()
        if answered is None or not text:
            return
        known = self._known.stringList()
        self._known.setStringList([text, *(k for k in known if k != text)])
        self.leave()
        answered(text)
