"""Proposing points for all new photos, one after the other, while nothing else wants the models."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.photo import read_photo
from lapa_annotator.gui.proposals import Found, Models
from lapa_annotator.gui.workers import Job, JobQueue, once

_LAST = -1


class ProposeAll(QObject):
    """One job per photo at the end of the models' queue, so that the photo on show comes first.

    ``found(image_id, Found)`` for every photo, ``ended(done, skipped)`` when all are done or it
    was cancelled; ``skipped`` could not be read.

    Args:
        queue: the models' queue.
        models: the models.
        path_of: says where an image's photo lies.
    """

    found = Signal(int, object)
    ended = Signal(int, int)

    def __init__(
        self, queue: JobQueue, models: Models, path_of: Callable[[int], Path], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._queue = queue
        self._models = models
        self._path_of = path_of
        self._ids: list[int] = []
        self._total = self._done = self._skipped = 0
        self._job: Job | None = None

    @property
    def is_running(self) -> bool:
        """Whether it is at work."""
        return self._job is not None

    def start(self, image_ids: list[int]) -> None:
        """Begin with these images; what was under way is given up."""
        self.cancel()
        self._ids = list(reversed(image_ids))
        self._total = len(image_ids)
        self._done = self._skipped = 0
        self._next()

    def cancel(self) -> None:
        """Stop after the photo at hand."""
        self._ids = []
        if self._job is not None:
            self._job.cancel()

    def _next(self) -> None:
        if not self._ids:
            self.ended.emit(self._done, self._skipped)
            return
        image_id = self._ids.pop()
        number = self._total - len(self._ids)
        title = self.tr("Proposing points: {n:,} of {total:,}")
        path, models = self._path_of(image_id), self._models
        job = Job(
            once(lambda: models.faces(read_photo(path).pixels)),
            title.format(n=number, total=self._total),
            _LAST,
        )
        self._job = job
        job.returned.connect(lambda found: self._take(image_id, found))
        job.failed.connect(self._skip)
        job.cancelled.connect(self._ids.clear)
        job.finished.connect(self._go_on)
        self._queue.add(job)

    def _take(self, image_id: int, found: Found) -> None:
        self._done += 1
        self.found.emit(image_id, found)

    def _skip(self, _error: InputError) -> None:
        self._skipped += 1

    def _go_on(self) -> None:
        self._job = None
        self._next()
