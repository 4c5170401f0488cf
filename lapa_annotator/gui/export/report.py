"""The report of a project from the window: what it is about, how far it is, and the page."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from lapa_annotator.batch.summary.gather import gather
from lapa_annotator.batch.summary.page import write_report
from lapa_annotator.domain.errors import InputError
from lapa_annotator.gui.newproject import FolderField
from lapa_annotator.gui.opening import show_file
from lapa_annotator.gui.widgets import named, wrapped
from lapa_annotator.gui.words import mark as _
from lapa_annotator.gui.words import said
from lapa_annotator.gui.workers import Job, JobQueue, Step, stepwise
from lapa_annotator.store.project import Project

_MOST_PICTURES = 500


class ReportDialog(QDialog):
    """Makes a report in the background; it goes on when this is closed.

    ``ended(Path)`` with the page when it is written.
    """

    ended = Signal(object)

    def __init__(self, project: Project, queue: JobQueue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Report"))
        self.setMinimumWidth(520)
        self._project, self._queue = project, queue
        self._job: Job | None = None
        self.folder = FolderField("", self.tr("An older report there is replaced."))
        self.folder.edit.setText(str(project.folder.with_name(f"{project.folder.stem}-report")))
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("all photos; or a search such as status:done"))
        self.worst = QSpinBox()
        self.worst.setRange(0, _MOST_PICTURES)
        self.worst.setValue(24)
        self.maps = QCheckBox(self.tr("Count the pixels of every class"))
        self.maps.setChecked(True)
        self.opens = QCheckBox(self.tr("Open the page when it is written"))
        self.opens.setChecked(True)
        self.told, self.bar = wrapped(""), QProgressBar()
        self.start = named(QPushButton(self.tr("Make the report")), "primary")
        self.cancel = QPushButton(self.tr("Cancel"))
        self._lay_out()
        self.start.clicked.connect(self.begin)
        self.cancel.clicked.connect(self.stop)
        self._offer()

    def _lay_out(self) -> None:
        self._form = QWidget()
        form = QFormLayout(self._form)
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(10)
        form.addRow(self.tr("Folder"), self.folder)
        form.addRow(self.tr("Photos"), self.search)
        form.addRow(self.tr("Worst cases shown"), self.worst)
        form.addRow(self.maps)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(8)
        buttons = QHBoxLayout()
        buttons.addWidget(self.opens)
        buttons.addStretch(1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.start)
        column = QVBoxLayout(self)
        column.setSpacing(12)
        about = self.tr(
            "One page and tables (CSV): progress, effort, agreement, classes, poses and sizes, "
            "model versions and the worst cases. It loads nothing from anywhere."
        )
        column.addWidget(wrapped(about, "faint"))
        column.addWidget(self._form)
        column.addStretch(1)
        column.addWidget(self.told)
        column.addWidget(self.bar)
        column.addLayout(buttons)
        self.start.setDefault(True)

    @property
    def is_running(self) -> bool:
        """Whether a report is being made."""
        return self._job is not None

    def begin(self) -> None:
        """Make the report."""
        if self._job is not None:
            return
        out = Path(self.folder.text).expanduser()
        problem = "" if out.is_absolute() else self.tr("Write the whole path of the folder.")
        if self._project.folder in (out, *out.parents):
            problem = self.tr("That is inside the project: choose a folder elsewhere.")
        self.folder.say(problem)
        if problem:
            return
        place, query = self._project.folder, self.search.text().strip()
        maps, worst = self.maps.isChecked(), self.worst.value()
        job = Job(lambda: work(place, out, query, maps, worst), said(_("Making the report …")))
        job.progressed.connect(self._advance)
        job.returned.connect(self._done)
        # Methods, so that a dialog that is gone hears no more.
        job.failed.connect(self._failed)
        job.cancelled.connect(self._stopped)
        job.finished.connect(self._ended)
        self._job = job
        self._tell("")
        self.bar.setRange(0, 0)
        self._queue.add(job)
        self._offer()

    def stop(self) -> None:
        """Stop; nothing is written."""
        if self._job is not None:
            self._job.cancel()

    def _advance(self, step: Step) -> None:
        self.bar.setRange(0, max(step.total, 1))
        self.bar.setValue(step.done)
        text = self.tr("{done:,} of {total:,} photos looked at")
        self._tell(text.format(done=step.done, total=step.total))

    def _done(self, page: Path) -> None:
        self._tell(self.tr("The report is in {page}.").format(page=page))
        self.ended.emit(page)
        if self.opens.isChecked():
            show_file(page)

    def _failed(self, error: InputError) -> None:
        self._tell(str(error), bad=True)

    def _stopped(self) -> None:
        self._tell(self.tr("Stopped; no report was written."))

    def _ended(self) -> None:
        self._job = None
        self._offer()

    def _offer(self) -> None:
        busy = self._job is not None
        self.bar.setVisible(busy)
        self.cancel.setEnabled(busy)
        self.start.setEnabled(not busy)
        self._form.setEnabled(not busy)

    def _tell(self, text: str, *, bad: bool = False) -> None:
        named(self.told, "fieldError" if bad else "")
        self.told.style().unpolish(self.told)
        self.told.style().polish(self.told)
        self.told.setText(text)


def work(place: Path, out: Path, query: str, maps: bool, worst: int) -> Generator[Step, None, Path]:
    """Make a report, whatever else is done with the project meanwhile; returns the page.

    Raises:
        InputError: the search is not understood, or the report cannot be written.
    """
    # A project of its own, so that the window may put its own away.
    with Project.open(place, read_only=True) as project:
        steps = gather(project, query, maps=maps, worst=worst)
        found = yield from stepwise(steps, said(_("Making the report …")))
    return write_report(out, found)
