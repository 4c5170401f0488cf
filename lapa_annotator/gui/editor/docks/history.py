"""The edits of the photo, of this session and earlier ones; a click goes back to one."""

from __future__ import annotations

import time

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from lapa_annotator.gui.editor.document import Document


class HistoryDock(QWidget):
    """A list of the edits, oldest first; those that are undone are grey.

    A click on an edit undoes or redoes until it is the last one that stands; the first row
    takes everything back.
    """

    def __init__(self, document: Document) -> None:
        super().__init__()
        self._document = document
        self._standing = 0
        self.list = QListWidget()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.list)
        self.list.itemClicked.connect(self._on_clicked)
        document.opened.connect(self._fill)
        document.journaled.connect(self._fill)

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what happened out of sight."""
        super().showEvent(event)
        self._fill()

    def _fill(self) -> None:
        # The journal is asked only while somebody looks: it may be long.
        if not self.isVisible():
            return
        self.list.clear()
        if self._document.photo is None:
            return
        entries = self._document.history()
        self._standing = sum(not entry.undone for entry in entries)
        self.list.addItem(QCoreApplication.translate("editor", "As it was at first"))
        for entry in entries:
            row = QListWidgetItem(entry.title)
            when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(entry.time))
            row.setToolTip(f"{entry.annotator}  {when}".strip())
            if entry.undone:
                row.setForeground(Qt.GlobalColor.gray)
            self.list.addItem(row)
        self.list.setCurrentRow(self._standing)
        self.list.scrollToItem(self.list.item(self._standing))

    def _on_clicked(self, row: QListWidgetItem) -> None:
        steps = self.list.row(row) - self._standing
        step = self._document.redo if steps > 0 else self._document.undo
        for _ in range(abs(steps)):
            if not step():
                break
