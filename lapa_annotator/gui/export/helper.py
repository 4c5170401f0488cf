"""What the window does about exports: it shows the dialog, and tells when a data set is whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from lapa_annotator.gui.messages import Message
from lapa_annotator.gui.opening import show_folder
from lapa_annotator.gui.workers import Queues

if TYPE_CHECKING:
    from lapa_annotator.gui.export.dialog import ExportDialog
    from lapa_annotator.gui.export.running import Outcome
    from lapa_annotator.store.project import Project


class ExportHelp(QObject):
    """Keeps the dialog of the open project. ``said(Message)`` for the message bar."""

    said = Signal(object)

    def __init__(self, queues: Queues, parent: QWidget) -> None:
        super().__init__(parent)
        self._parent, self._queues = parent, queues
        self._project: Project | None = None
        self.dialog: ExportDialog | None = None

    def open(self, project: Project | None) -> None:
        """Work for another project, or none; an export under way stops, and can go on later."""
        if self.dialog is not None:
            self.dialog.stop()
            self.dialog.close()
            self.dialog.deleteLater()
            self.dialog = None
        self._project = project

    def show(self) -> None:
        """Show the dialog."""
        from lapa_annotator.gui.export.dialog import ExportDialog

        if self._project is None:
            return
        if self.dialog is None:
            self.dialog = ExportDialog(self._project, self._queues, self._parent)
            self.dialog.ended.connect(self._ended)
        self.dialog.check()
        self.dialog.show()
        self.dialog.raise_()

    def _ended(self, outcome: Outcome) -> None:
        text = self.tr("{n:,} faces written to {folder}.")
        told = text.format(n=outcome.faces, folder=outcome.folder)
        kind = "warning" if outcome.skipped or not outcome.faces else "ok"
        action, do = self.tr("Show folder"), lambda: show_folder(outcome.folder)
        self.said.emit(Message(told, kind, "export", action, do))
