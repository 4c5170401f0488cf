"""Saving of edits: at once, in a thread for large ones; kept and tried again when it fails."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QObject, Qt, QTimer, Signal

from lapa_annotator.domain.edits import Edit, EditConflictError, Gesture, SetOverride
from lapa_annotator.domain.errors import InputError
from lapa_annotator.gui.editor.journal import Journal

RETRY_MS = 3000


@dataclass(frozen=True)
class Unsaved:
    """An edit on its way to its journal."""

    journal: Journal
    edit: Edit
    title: str
    seconds: float


class Saver(QObject):
    """Brings edits to their journals in order; what fails stays in memory and is tried again.

    A repair of the label map is large and is written in a thread, when there is one: the hand
    goes on meanwhile. It counts as waiting until it is on the disk, and nothing else is written
    before it.

    One photo's trouble does not hold up another's. ``failed(str)`` says in one sentence why
    something is not saved, ``begun()`` that something is on its way, ``all_saved()`` that nothing
    waits any more, ``taken(Unsaved)`` that an edit was made.
    """

    failed = Signal(str)
    taken = Signal(object)
    begun = Signal()
    all_saved = Signal()
    _landed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._waiting: list[Unsaved] = []
        self._thread: ThreadPoolExecutor | None = None
        self._writing: tuple[Unsaved, Future[None]] | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(RETRY_MS)
        self._timer.timeout.connect(self.retry)
        self._landed.connect(self._on_landed, Qt.ConnectionType.QueuedConnection)

    def use_thread(self) -> None:
        """Write repairs in a thread from now on."""
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="saver")

    @property
    def waiting(self) -> tuple[Unsaved, ...]:
        """The edits that are not saved yet, in order."""
        return tuple(self._waiting)

    def save(self, item: Unsaved) -> None:
        """Save an edit, after those of its journal that wait."""
        self._waiting.append(item)
        # What has failed before is the timer's: it keeps the order.
        if self._thread is not None and _is_large(item.edit) and not self._timer.isActive():
            self._write_next()
        else:
            self.retry()
        self.taken.emit(item)

    def settle(self) -> bool:
        """Wait for what is being written; return whether everything is saved."""
        while self._writing is not None:
            self._take_in()
        return not self._waiting

    def retry(self) -> bool:
        """Try to save what waits; return whether everything is saved."""
        had = len(self._waiting)
        self._end_writing()
        left: list[Unsaved] = []
        blocked: list[Journal] = []
        reason = ""
        for item in self._waiting:
            if any(item.journal is journal for journal in blocked):
                left.append(item)
                continue
            try:
                item.journal.save(item.edit, item.title, item.seconds)
            except (InputError, EditConflictError) as error:
                reason = str(error)
                blocked.append(item.journal)
                left.append(item)
        self._waiting = left
        self._tell(reason, had > 0)
        return not left

    def _tell(self, reason: str, had_any: bool) -> None:
        if reason:
            self._timer.start()
            self.failed.emit(_said(reason, len(self._waiting)))
        elif had_any and not self._waiting:
            self._timer.stop()
            self.all_saved.emit()

    # In the thread

    def _write_next(self) -> None:
        """Begin to write the first edit that waits, unless one is being written."""
        if self._writing is not None or self._thread is None:
            return
        item = self._waiting[0]
        future = self._thread.submit(item.journal.save, item.edit, item.title, item.seconds)
        self._writing = item, future
        self.begun.emit()
        future.add_done_callback(lambda _: self._landed.emit())

    def _end_writing(self) -> str:
        """Wait for the edit that is being written; return why it could not be, "" when it was."""
        if self._writing is None:
            return ""
        (item, future), self._writing = self._writing, None
        try:
            future.result()
        except (InputError, EditConflictError) as error:
            return str(error)
        self._waiting = [other for other in self._waiting if other is not item]
        return ""

    def _take_in(self) -> None:
        reason = self._end_writing()
        self._tell(reason, had_any=True)
        if self._waiting and not reason:
            self._write_next()

    def _on_landed(self) -> None:
        # Somebody may have waited for it, and another one may be on its way already.
        if self._writing is not None and self._writing[1].done():
            self._take_in()

    def waits_for(self, journal: Journal) -> bool:
        """Whether an edit of that journal is not saved yet."""
        return any(item.journal is journal for item in self._waiting)

    def take_back(self, journal: Journal) -> Unsaved:
        """Give back the last edit of that journal that waits, unsaved for good.

        Raises:
            LookupError: none waits.
        """
        for place in reversed(range(len(self._waiting))):
            if self._waiting[place].journal is journal:
                item = self._waiting.pop(place)
                if not self._waiting:
                    self._timer.stop()
                    self.all_saved.emit()
                return item
        raise LookupError("no edit of that journal waits")


def _is_large(edit: Edit) -> bool:
    """Whether an edit holds pixels, so that writing it takes longer than a frame."""
    if isinstance(edit, Gesture):
        return any(_is_large(part) for part in edit.edits)
    return isinstance(edit, SetOverride)


def _said(reason: str, count: int) -> str:
    text = QCoreApplication.translate(
        "editor", "Not saved: {reason} {count} change(s) are kept here and tried again."
    )
    reason = reason if reason.endswith(".") else f"{reason}."
    return text.format(reason=reason, count=count)
