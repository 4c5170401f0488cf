"""Projects come and grow in jobs: opening, making, importing, adding photos."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices

from lapa_annotator.gui import projects
from lapa_annotator.gui.messages import Message
from lapa_annotator.gui.workers import Job, JobQueue, Work

if TYPE_CHECKING:
    from lapa_annotator.store.project import Project
    from lapa_annotator.store.scan import Progress

# What an open project needs of the window; loaded in the job, since it takes a while.
_VIEW = "lapa_annotator.gui.projectview"


class ProjectJobs(QObject):
    """Starts the jobs and tells how they end.

    ``opened(project, image_id)`` with the photo to begin with (0: the first), ``grown()`` when
    the open project has more photos, ``failed(InputError)``, ``said(Message)``.

    Args:
        queue: where the jobs go.
        annotator: gives the person's name, None for the computer's user.
        parser: gives the network of the fine stage in new projects, "" for the program's own.
    """

    opened = Signal(object, int)
    grown = Signal()
    failed = Signal(object)
    said = Signal(object)

    def __init__(
        self,
        queue: JobQueue,
        annotator: Callable[[], str | None],
        parser: Callable[[], str],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._queue = queue
        self._annotator, self._parser = annotator, parser
        self._opening: Job | None = None

    def open(self, folder: Path, image_id: int) -> None:
        """Open the project in ``folder``."""
        self._bring(lambda: projects.open_project(folder, self._annotator()), image_id)

    def create(self, photos: Path, folder: Path) -> None:
        """Make a project of the photos below a folder, and open it."""
        self._bring(
            lambda: projects.create_project(photos, folder, self._annotator(), self._parser())
        )

    def create_import(self, data_set: Path, folder: Path) -> None:
        """Make a project of a LaPa data set, and open it."""
        self._bring(
            lambda: projects.import_lapa(data_set, folder, self._annotator(), self._parser())
        )

    def open_sample(self, folder: Path | None) -> None:
        """Open the sample project, in the user's data folder or in ``folder``."""
        self._bring(lambda: projects.sample_project(folder, self._annotator()))

    def add(self, project: Project, folder: Path) -> None:
        """Add the photos below a folder to an open project."""
        self._queue.run(
            lambda: projects.add_photos(project, folder),
            self.tr("Looking at photos …"),
            returned=self._added,
            failed=self.failed.emit,
        )

    def _bring(self, work: Work, image_id: int = 0) -> None:
        if self._opening is not None:
            self._opening.cancel()
        job = Job(lambda: _with_modules(work), self.tr("Opening …"))
        job.returned.connect(lambda project: self.opened.emit(project, image_id))
        job.failed.connect(self.failed)
        job.finished.connect(self._forget)
        self._opening = self._queue.add(job)

    def _forget(self) -> None:
        self._opening = None

    def _added(self, found: Progress | None) -> None:
        self.grown.emit()
        new = found.new if found is not None else 0
        text = self.tr("{n} new photos are in the project.").format(n=new)
        self.said.emit(Message(text, "ok", "added"))
        self._tell_unreadable(found.unreadable if found is not None else ())

    def _tell_unreadable(self, problems: Sequence[str]) -> None:
        if problems:
            text = self.tr("Left out: {n}. {first}").format(n=len(problems), first=problems[0])
            self.said.emit(Message(text, "warning", "unreadable"))


def show_folder(folder: Path) -> None:
    """Show a folder in the system's file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


def show_file(file: Path) -> None:
    """Open a file with what the system opens its kind with: a page in the browser."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(file)))


def _with_modules(work: Work) -> Any:
    yield None
    importlib.import_module(_VIEW)
    return (yield from work())
