"""What the window does about retraining: it reminds, shows the dialog, and proposes anew."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from lapa_annotator.domain.errors import InputError
from lapa_annotator.gui.messages import Message
from lapa_annotator.gui.proposals import AHEAD, BuiltInModels, Models
from lapa_annotator.gui.workers import Job, Queues, once

if TYPE_CHECKING:
    from lapa_annotator.batch.retraining import Due
    from lapa_annotator.gui.retrain.dialog import TrainingDialog
    from lapa_annotator.store.project import Project

_LOOK_MS = 60_000


@dataclass(frozen=True)
class _Open:
    """The images that nobody has finished.

    Attributes:
        ids: those to do, the next one last.
        known: those whose points the version in use has proposed.
        segments: whether a version of the project tells hair and skin apart.
    """

    ids: list[int] = field(default_factory=list)
    known: frozenset[int] = frozenset()
    segments: bool = False


class TrainingHelp(QObject):
    """Reminds once when a training is due, and lets the version in use propose.

    ``said(Message)`` for the message bar; ``changed(image_id)`` for a photo proposed anew.
    """

    said = Signal(object)
    changed = Signal(int)

    def __init__(self, queues: Queues, models: Models, parent: QWidget) -> None:
        super().__init__(parent)
        self._parent, self._queues, self._models = parent, queues, models
        self._project: Project | None = None
        self._reminded = False
        self._open = _Open()
        self._timer = QTimer(self, interval=_LOOK_MS)
        self._timer.timeout.connect(self.look)
        self.dialog: TrainingDialog | None = None

    def open(self, project: Project | None) -> None:
        """Look after a project from now on; None for none."""
        if self.dialog is not None:
            self.dialog.close()
            self.dialog = None
        self._project, self._reminded, self._open = project, False, _Open()
        if isinstance(self._models, BuiltInModels):
            self._models.use(project)
        if project is None:
            self._timer.stop()
        else:
            self._timer.start()

    def show(self) -> None:
        """Show the dialog of retraining."""
        from lapa_annotator.gui.retrain.dialog import TrainingDialog

        if self._project is None:
            return
        if self.dialog is None:
            self.dialog = TrainingDialog(self._project, self._queues.files, self._parent)
            self.dialog.changed.connect(self.follow)
        self.dialog.show()
        self.dialog.raise_()

    def look(self) -> None:
        """See, off the window's thread, whether a training is due, and remind once."""
        project = self._project
        if project is None or self._reminded or project.read_only:
            return

        def work() -> Due:
            from lapa_annotator.batch.retraining import due

            return due(project)

        job = Job(once(work))
        job.returned.connect(self._remind)
        # What is wrong is told when the dialog is opened, not again every minute.
        job.failed.connect(lambda _error: self._timer.stop())
        self._queues.files.add(job)

    def _remind(self, told: Due | None) -> None:
        if told is None or not told.now or self._reminded:
            return
        self._reminded = True
        text = self.tr("{new:,} faces are finished since the last training: the model can learn.")
        self.said.emit(
            Message(
                text.format(new=told.new),
                "warning",
                "retrain",
                self.tr("Retrain…"),
                self.show,
            )
        )

    def follow(self) -> None:
        """Propose by the versions in use now, and anew what nobody has touched."""
        project = self._project
        if project is None or not isinstance(self._models, BuiltInModels):
            return
        self._models.use(project)
        self._reminded = False

        def work() -> _Open:
            from lapa_annotator.batch.queueing import queue
            from lapa_annotator.training.retrain.versions import PARSING, TASK

            version = project.models.active(TASK)
            known = project.ids(f'model:"{version.name}"').tolist() if version else []
            segments = project.models.active(PARSING) is not None
            return _Open(queue(project).tolist(), frozenset(known), segments)

        job = Job(once(work))
        job.returned.connect(self._repropose)
        self._queues.files.add(job)

    def _repropose(self, found: _Open | None) -> None:
        if found is not None:
            ids = [i for i in found.ids if found.segments or i not in found.known]
            self._open = replace(found, ids=ids[::-1])
        self._next()

    def _next(self) -> None:
        """One photo a job, so that what the annotator looks at comes first."""
        project, models, ids = self._project, self._models, self._open.ids
        # What is open in the editor is left alone: it would change under the hand.
        while ids and project is not None and project.leases.holds(ids[-1]):
            ids.pop()
        if not ids or project is None or not isinstance(models, BuiltInModels):
            return
        image_id = ids.pop()
        points, maps = image_id not in self._open.known, self._open.segments

        def work() -> bool:
            from lapa_annotator.batch.repropose import repropose, segment_anew

            some, changed = [image_id], False
            if points:
                changed = next(repropose(project, models.proposer, some)).changed > 0
            if maps:
                changed |= next(segment_anew(project, models.segmenter, some)).changed > 0
            return changed

        job = Job(once(work), self.tr("Proposing anew …"), AHEAD)
        job.returned.connect(lambda changed: self.changed.emit(image_id) if changed else None)
        job.failed.connect(self._stop)
        job.finished.connect(self._next)
        self._queues.models.add(job)

    def _stop(self, error: InputError) -> None:
        self._open = _Open()
        self.said.emit(Message(str(error), "error", "retrain"))
