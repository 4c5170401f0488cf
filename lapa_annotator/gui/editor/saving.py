"""Saving of edits: at once when it can be done, kept and tried again when it cannot."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal

from lapa_annotator.domain.edits import Edit, EditConflictError
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

    One photo's trouble does not hold up another's. ``failed(str)`` says in one sentence why
    something is not saved, ``all_saved()`` that nothing waits any more, ``taken(Unsaved)`` that
    an edit was made.
    """

    failed = Signal(str)
    taken = Signal(object)
    all_saved = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._waiting: list[Unsaved] = []
        self._timer = QTimer(self)
        self._timer.setInterval(RETRY_MS)
        self._timer.timeout.connect(self.retry)

    @property
    def waiting(self) -> tuple[Unsaved, ...]:
        """The edits that are not saved yet, in order."""
        return tuple(self._waiting)

    def save(self, item: Unsaved) -> None:
        """Save an edit now, after those of its journal that wait."""
        self._waiting.append(item)
        self.retry()
        self.taken.emit(item)

    def retry(self) -> bool:
        """Try to save what waits; return whether everything is saved."""
        had = len(self._waiting)
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
        if left:
            self._timer.start()
            self.failed.emit(_said(reason, len(left)))
        elif had:
            self._timer.stop()
            self.all_saved.emit()
        return not left

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


def _said(reason: str, count: int) -> str:
    text = QCoreApplication.translate(
        "editor", "Not saved: {reason} {count} change(s) are kept here and tried again."
    )
    reason = reason if reason.endswith(".") else f"{reason}."
    return text.format(reason=reason, count=count)
