"""A photo's journal in the project's store, as the editor wants it."""

from __future__ import annotations

from lapa_annotator.domain.edits import Edit
from lapa_annotator.gui.editor.journal import Entry
from lapa_annotator.store.project import Project
from lapa_annotator.store.values import JournalEntry


class StoreJournal:
    """Keeps the edits of one image of a project; it is ours while ``Project.lease`` holds."""

    def __init__(self, project: Project, image_id: int) -> None:
        self._project = project
        self._image_id = image_id

    def save(self, edit: Edit, title: str, seconds: float) -> None:
        """Keep an edit, made in ``seconds`` of work.

        Raises:
            InputError: it cannot be written, or another person has the photo.
            EditConflictError: somebody else has changed the photo.
        """
        self._project.save(self._image_id, edit, title=title, seconds=seconds)

    def undo(self) -> Edit | None:
        """Take the last edit back; return the edit that did so, None when there is none."""
        return self._project.undo(self._image_id)

    def redo(self) -> Edit | None:
        """Put back what was undone last; return the edit, None when there is none."""
        return self._project.redo(self._image_id)

    def depth(self) -> tuple[int, int]:
        """Return how many edits stand, and how many a redo can bring back."""
        return self._project.undo_depth(self._image_id)

    def history(self) -> list[Entry]:
        """Return the edits, oldest first, those that a redo can bring back last."""
        return entries(self._project.history(self._image_id))


class SecondJournal:
    """Keeps the edits of one's own second annotation of an image; as ``StoreJournal``."""

    def __init__(self, project: Project, image_id: int) -> None:
        self._second = project.second
        self._image_id = image_id

    def save(self, edit: Edit, title: str, seconds: float) -> None:
        """Keep an edit, made in ``seconds`` of work."""
        self._second.save(self._image_id, edit, title=title, seconds=seconds)

    def undo(self) -> Edit | None:
        """Take the last edit back; return the edit that did so, None when there is none."""
        return self._second.undo(self._image_id)

    def redo(self) -> Edit | None:
        """Put back what was undone last; return the edit, None when there is none."""
        return self._second.redo(self._image_id)

    def depth(self) -> tuple[int, int]:
        """Return how many edits stand, and how many a redo can bring back."""
        undone = [entry.undone for entry in self.history()]
        return len(undone) - sum(undone), sum(undone)

    def history(self) -> list[Entry]:
        """Return the edits, oldest first, those that a redo can bring back last."""
        return entries(self._second.history(self._image_id))


def entries(journal: list[JournalEntry]) -> list[Entry]:
    """Turn the store's journal, which is only ever appended to, into the edits as they stand.

    An undone edit can be brought back as long as no other edit was made after its undoing.
    """
    edits = [e for e in journal if e.action == "edit"]
    last_edit = max((e.id for e in edits), default=0)
    undone_at = {e.target: e.id for e in journal if e.action == "undo"}
    standing = [e for e in edits if not e.undone]
    waiting = [e for e in edits if e.undone and undone_at.get(e.id, 0) > last_edit]
    return [
        Entry(e.title, e.annotator, e.time, e.edit, undone=e.undone)
        for e in (*standing, *waiting)
        if e.edit is not None
    ]
