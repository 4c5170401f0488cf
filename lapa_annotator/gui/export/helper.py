"""What the window does about exports and reports: it shows a dialog, and tells of what is done."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from lapa_annotator.gui.messages import Message
from lapa_annotator.gui.opening import show_file, show_folder
from lapa_annotator.gui.workers import Queues

if TYPE_CHECKING:
    from lapa_annotator.gui.export.dialog import ExportDialog
    from lapa_annotator.gui.export.report import ReportDialog
    from lapa_annotator.gui.export.running import Outcome
    from lapa_annotator.store.project import Project


class ExportHelp(QObject):
    """Keeps the dialogs of the open project. ``said(Message)`` for the message bar."""

    said = Signal(object)

    def __init__(self, queues: Queues, parent: QWidget) -> None:
        super().__init__(parent)
        self._parent, self._queues = parent, queues
        self._project: Project | None = None
        self.dialog: ExportDialog | None = None
        self.report: ReportDialog | None = None

    def open(self, project: Project | None) -> None:
        """Work for another project, or none; an export under way stops, and can go on later."""
        for dialog in (self.dialog, self.report):
            if dialog is not None:
                dialog.stop()
                dialog.close()
                dialog.deleteLater()
        self.dialog = self.report = None
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

    def show_report(self) -> None:
        """Show the dialog that makes a report."""
        from lapa_annotator.gui.export.report import ReportDialog

        if self._project is None:
            return
        if self.report is None:
            self.report = ReportDialog(self._project, self._queues.trials, self._parent)
            self.report.ended.connect(self._reported)
        self.report.show()
        self.report.raise_()

    def _reported(self, page: Path) -> None:
        text = self.tr("The report is in {page}.").format(page=page)
        action, do = self.tr("Open"), lambda: show_file(page)
        self.said.emit(Message(text, "ok", "report", action, do))

    def _ended(self, outcome: Outcome) -> None:
        text = self.tr("{n:,} faces written to {folder}.")
        told = text.format(n=outcome.faces, folder=outcome.folder)
        kind = "warning" if outcome.skipped or not outcome.faces else "ok"
        action, do = self.tr("Show folder"), lambda: show_folder(outcome.folder)
        self.said.emit(Message(told, kind, "export", action, do))
