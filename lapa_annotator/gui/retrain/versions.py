"""The versions of a project's models with their scores and reports; any of them can be used."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QImage, QResizeEvent, QTextDocument
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from lapa_annotator.domain.errors import InputError
from lapa_annotator.store.project import Project
from lapa_annotator.training.retrain.forecast import ERROR
from lapa_annotator.training.retrain.report import MARKDOWN
from lapa_annotator.training.retrain.versions import TASK, go_back

# A scroll bar that comes or goes is no reason to fit a picture anew.
_SLACK = 20
_ROWS = 5
"""Versions that are in sight at once, above the report."""


class Report(QTextBrowser):
    """A report in Markdown; its picture is made to fit."""

    def show_report(self, text: str, folder: Path | None = None) -> None:
        """Show a text whose pictures lie in a folder."""
        self._text = text
        self.setSearchPaths([] if folder is None else [str(folder)])
        self._fitted = self.viewport().width()
        self.setMarkdown(text)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the picture anew."""
        super().resizeEvent(event)
        if abs(self.viewport().width() - self._fitted) > _SLACK:
            self._fitted = self.viewport().width()
            self.document().clear()
            self.setMarkdown(self._text)

    _text, _fitted = "", 0

    def loadResource(self, kind: int, name: QUrl | str) -> Any:
        """Give a picture no wider than what is shown."""
        found = super().loadResource(kind, name)
        if kind == QTextDocument.ResourceType.ImageResource.value and found is not None:
            image = QImage(found) if isinstance(found, QImage) else QImage.fromData(found)
            width = max(self.viewport().width() - 24, 200)
            if image.width() > width:
                smooth = Qt.TransformationMode.SmoothTransformation
                return image.scaledToWidth(width, smooth)
        return found


class VersionsView(QWidget):
    """The versions with their scores and reports; any of them can be used."""

    failed = Signal(object)
    changed = Signal()

    def __init__(self, project: Project) -> None:
        super().__init__()
        self._project, self._task = project, TASK
        columns = ("version", "faces", "error, %", "before, %", "fall, %", "")
        self.table = QTableWidget(0, len(columns))
        self.table.setHorizontalHeaderLabels(columns)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.report = Report()
        self.use = QPushButton(self.tr("Use this version"))
        self.use.clicked.connect(self._use)
        self.table.itemSelectionChanged.connect(self._chosen)
        column = QVBoxLayout(self)
        column.addWidget(self.table)
        column.addWidget(self.use, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.report, 1)
        self.fill()

    def show_task(self, task: str) -> None:
        """List the versions of another task from now on."""
        self._task = task
        self.fill()

    def fill(self) -> None:
        """List the versions, the newest first, and show the newest one's report."""
        self._versions = list(reversed(self._project.models.all(self._task)))
        self.table.setRowCount(len(self._versions))
        for row, version in enumerate(self._versions):
            scores = version.metrics or {}
            error = ERROR[self._task]
            numbers = [scores.get(n, math.nan) for n in (error, f"old {error}", "fall")]
            mark = self.tr("in use") if version.active else ""
            if not version.active and not scores.get("promoted", 1.0):
                mark = self.tr("candidate")
            cells = [version.name, f"{scores.get('faces', 0):.0f}"]
            cells += ["–" if math.isnan(n) else f"{n:.2f}" for n in numbers] + [mark]
            for column, text in enumerate(cells):
                self.table.setItem(row, column, QTableWidgetItem(text))
        rows = max(1, min(len(self._versions), _ROWS))
        row_height = self.table.verticalHeader().defaultSectionSize()
        head = self.table.horizontalHeader().sizeHint().height()
        self.table.setFixedHeight(head + rows * row_height + 2 * self.table.frameWidth())
        if self._versions:
            self.table.selectRow(0)
        self._chosen()

    def _chosen(self) -> None:
        row = self.table.currentRow()
        version = self._versions[row] if 0 <= row < len(self._versions) else None
        self.use.setEnabled(version is not None and not version.active)
        if version is None:
            self.report.show_report("")
            return
        folder = self._project.folder / version.weights
        try:
            self.report.show_report((folder / MARKDOWN).read_text(encoding="utf-8"), folder)
        except OSError:
            self.report.show_report(self.tr("Its report is gone."))

    def _use(self) -> None:
        version = self._versions[self.table.currentRow()]
        try:
            go_back(self._project, version.name)
        except InputError as error:
            self.failed.emit(error)
            return
        self.fill()
        self.changed.emit()
