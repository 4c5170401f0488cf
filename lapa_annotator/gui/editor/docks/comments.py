"""The remarks on the photo."""

from __future__ import annotations

import time

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QListWidget, QVBoxLayout, QWidget

from lapa_annotator.domain.face import Comment
from lapa_annotator.gui.editor.change import unless_repair
from lapa_annotator.gui.editor.document import Document


class CommentsDock(QWidget):
    """A list of the remarks, oldest first; ``chosen(int)`` when one is clicked."""

    chosen = Signal(int)

    def __init__(self, document: Document) -> None:
        super().__init__()
        self._document = document
        self.list = QListWidget()
        self.list.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.list)
        self.list.itemClicked.connect(lambda row: self.chosen.emit(self.list.row(row)))
        document.opened.connect(self._fill)
        document.changed.connect(unless_repair(self._fill))

    def mark(self, place: int) -> None:
        """Show which remark is being read; -1 for none."""
        self.list.setCurrentRow(place)

    def _fill(self) -> None:
        self.list.clear()
        for number, comment in enumerate(self._document.annotation.comments, 1):
            self.list.addItem(_said(number, comment))


def _said(number: int, comment: Comment) -> str:
    day = time.strftime("%Y-%m-%d %H:%M", time.localtime(comment.time)) if comment.time else ""
    by = "  ".join(part for part in (comment.author, day) if part)
    return f"{number}  {comment.text}" + (f"\n     {by}" if by else "")
