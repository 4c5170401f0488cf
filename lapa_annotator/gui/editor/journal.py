"""Where a photo's edits are kept: the protocol, and a journal in memory."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from lapa_annotator.domain.edits import Edit


@dataclass(frozen=True)
class Entry:
    """One edit of a photo as the history shows it.

    Attributes:
        title: what was done, in a few words.
        annotator: who did it.
        time: when, in seconds since the epoch.
        edit: the edit itself.
        undone: whether it is taken back at present.
    """

    title: str
    annotator: str
    time: float
    edit: Edit
    undone: bool = False


class Journal(Protocol):
    """Keeps the edits of one photo and can take them back.

    Every method may raise ``InputError`` (nothing could be written) or ``EditConflictError``
    (the photo has been changed by somebody else); nothing is changed then.
    """

    def save(self, edit: Edit, title: str, seconds: float) -> None:
        """Keep an edit, made in ``seconds`` of work; what was undone before is forgotten."""

    def undo(self) -> Edit | None:
        """Take the last edit back; return the edit that did so, None when there is none."""

    def redo(self) -> Edit | None:
        """Put back what was undone last; return the edit, None when there is none."""

    def depth(self) -> tuple[int, int]:
        """Return how many edits stand, and how many a redo can bring back."""

    def history(self) -> Sequence[Entry]:
        """Return the edits, oldest first, those that are undone last."""


class MemoryJournal:
    """A journal that lives as long as the window."""

    def __init__(self, annotator: str = "") -> None:
        self.annotator = annotator
        self._entries: list[Entry] = []
        self._done = 0

    def save(self, edit: Edit, title: str, seconds: float) -> None:
        """Keep an edit; ``seconds`` is of no use here."""
        del self._entries[self._done :]
        self._entries.append(Entry(title, self.annotator, time.time(), edit))
        self._done += 1

    def undo(self) -> Edit | None:
        """Take the last edit back; return the edit that did so."""
        if not self._done:
            return None
        self._done -= 1
        return self._entries[self._done].edit.inverse()

    def redo(self) -> Edit | None:
        """Put back what was undone last; return the edit."""
        if self._done == len(self._entries):
            return None
        self._done += 1
        return self._entries[self._done - 1].edit

    def depth(self) -> tuple[int, int]:
        """Return how many edits stand, and how many a redo can bring back."""
        return self._done, len(self._entries) - self._done

    def history(self) -> list[Entry]:
        """Return the edits, oldest first, those that are undone last."""
        return [
            Entry(e.title, e.annotator, e.time, e.edit, undone=i >= self._done)
            for i, e in enumerate(self._entries)
        ]
