"""Findings of a photo are looked at again as soon as somebody has worked on its faces.

What is done here is seen at once; what others have done is seen when the photo is opened.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from lapa_annotator.batch.errors.run import Found, look_again
from lapa_annotator.gui.editor.change import Change
from lapa_annotator.gui.editor.document import Document
from lapa_annotator.gui.errors.findings import FindingList
from lapa_annotator.gui.workers import Job, JobQueue, stepwise

if TYPE_CHECKING:
    from lapa_annotator.gui.desk import Desk

_REST_MS = 600
"""Edits follow each other: the last one of a while is worth a look."""


class LookAgain(QObject):
    """Keeps a list of findings in step with what is done in the editor.

    ``settled(image_id)`` when the findings of a photo are as they are now.
    """

    settled = Signal(int)

    def __init__(
        self, document: Document, findings: FindingList, queue: JobQueue, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._document, self._findings, self._queue = document, findings, queue
        self._desk: Desk | None = None
        self._waiting: set[int] = set()
        self._since = 0.0
        self._looked: dict[int, float] = {}
        self._job: Job | None = None
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self._look)
        document.changed.connect(self._changed)

    def open(self, desk: Desk | None) -> None:
        """Work for another desk, or none."""
        self._desk = desk
        self.begin()
        if desk is not None:
            desk.shown.connect(self._shown)
        self._rest.stop()
        if self._job is not None:
            self._job.cancel()

    def begin(self) -> None:
        """A search begins now: what was done before is in what it finds."""
        self._since = time.time()
        self._looked.clear()
        self._waiting.clear()

    def _shown(self, image_id: int) -> None:
        """A photo is opened: somebody else may have worked on it since the search."""
        desk = self._desk
        if desk is None or desk.second or self._document.photo is None:
            return
        changed = desk.project.info(image_id).updated
        if changed > self._looked.get(image_id, self._since) and self._findings.check(image_id):
            self._waiting.add(image_id)
            self._rest.start()

    def _changed(self, change: Change) -> None:
        photo, desk = self._document.photo, self._desk
        # What is said a second time is not what was found.
        if photo is None or desk is None or desk.second or not change.face_ids:
            return
        if self._findings.check(photo.image_id):
            self._waiting.add(photo.image_id)
            self._rest.start()

    def _look(self) -> None:
        if self._desk is None or not self._waiting or self._job is not None:
            return
        if self._document.saver.waiting:
            self._rest.start()
            return
        image_id, project = self._waiting.pop(), self._desk.project
        self._looked[image_id] = time.time()
        title = self.tr("Looking again …")
        job = Job(lambda: stepwise(look_again(project, image_id), title), title, priority=1)
        job.returned.connect(partial(self._take, image_id))
        job.failed.connect(lambda _: self._take(image_id, None))
        job.finished.connect(self._ended)
        self._job = self._queue.add(job)

    def _take(self, image_id: int, found: Found | None) -> None:
        # While somebody went on working this has become old; the next look is on its way.
        if self._desk is not None and image_id not in self._waiting:
            told = found is not None and not found.problems
            self._findings.settle(image_id, found.findings if found and told else None)
            self.settled.emit(image_id)

    def _ended(self) -> None:
        self._job = None
        if self._waiting:
            self._rest.start()
