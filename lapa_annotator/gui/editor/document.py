"""One photo's annotation as the editor works on it: the only place where it changes.

A gesture shows what it is about to do with ``preview``; ``commit`` makes one edit of it, which
is applied here and saved through the journal, ``cancel`` takes it away without a trace.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal

from lapa_annotator.domain import edits
from lapa_annotator.domain.edits import EditConflictError
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Annotation, Face, Status
from lapa_annotator.domain.landmarks import Landmarks, Origin, Points
from lapa_annotator.gui.editor import work
from lapa_annotator.gui.editor.change import Change, change_of
from lapa_annotator.gui.editor.journal import Entry
from lapa_annotator.gui.editor.openphoto import OpenPhoto
from lapa_annotator.gui.editor.preview import Follower, Preview
from lapa_annotator.gui.editor.saving import Saver, Unsaved

HOLD_MS = 400
"""Key presses that follow each other within this time are one gesture."""

UNTOUCHED = (Status.NEW, Status.PROPOSED)


class Document(QObject):
    """The annotation of the open photo, what is selected of it, and its undo.

    Signals:
        opened(): another photo, or none, is open.
        moved(str, tuple): points of a face (id, indices) moved on screen, nothing is saved yet.
        changed(Change): an edit was applied; ``Change`` says what it touched.
        revisited(Change): the edit came from undo or redo: the view goes there.
        face_switched(): another face, or none, is the current one.
        selection_changed(): other points, or another current point.
        journaled(): the history has another entry, or another one stands last.
        message(str, str): "info", "warning" or "error" and a text to show in place.
    """

    opened = Signal()
    moved = Signal(str, tuple)
    changed = Signal(object)
    revisited = Signal(object)
    face_switched = Signal()
    selection_changed = Signal()
    journaled = Signal()
    message = Signal(str, str)

    def __init__(
        self,
        saver: Saver,
        annotator: str = "",
        clock: Callable[[], float] = time.time,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.saver = saver
        self.annotator = annotator
        self.idle_after = 30.0
        self.follower: Follower | None = None
        self._clock = clock
        self._held = QTimer(self)
        self._held.setSingleShot(True)
        self._held.setInterval(HOLD_MS)
        self._held.timeout.connect(self.settle)
        self._close()

    def _close(self) -> None:
        self.photo: OpenPhoto | None = None
        self.annotation = Annotation()
        self.proposals: dict[str, Landmarks] = {}
        self.face_id = ""
        self.selection: frozenset[int] = frozenset()
        self.current: int | None = None
        self._preview: Preview | None = None
        self._held_title = ""
        self._taken_back: list[Unsaved] = []
        self._done = self._undone = 0
        self._last_touch = self._clock()

    # The photo and its faces

    def open(self, photo: OpenPhoto | None) -> None:
        """Show another photo, or none. A drag in progress is cancelled, never saved."""
        self.settle()
        self._close()
        self.photo = photo
        if photo is not None:
            self.annotation = photo.annotation
            self.proposals = dict(photo.proposals)
            self.face_id = self.annotation.faces[0].id if self.annotation.faces else ""
            self._done, self._undone = photo.journal.depth()
        self.opened.emit()
        self.face_switched.emit()
        self.selection_changed.emit()

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the photo in pixels; (0, 0) when none is open."""
        return (0, 0) if self.photo is None else self.photo.pixels.shape[1::-1]

    @property
    def faces(self) -> tuple[Face, ...]:
        """The faces of the photo."""
        return self.annotation.faces

    @property
    def face(self) -> Face | None:
        """The current face."""
        return next((f for f in self.annotation.faces if f.id == self.face_id), None)

    def points(self, face: Face) -> Points | None:
        """(106, 2) points of a face as they are on screen now, None while it has none."""
        preview = self._preview_of(face)
        if preview is not None:
            return preview.points
        return None if face.landmarks is None else face.landmarks.points

    def touched(self, face: Face) -> NDArray[np.bool_]:
        """(106,) bool: the points of a face with points that are, or are about to be, a human's."""
        assert face.landmarks is not None
        touched = face.landmarks.touched.copy()
        preview = self._preview_of(face)
        if preview is not None:
            touched[list(preview.touched)] = True
        return touched

    def propagated(self, face: Face) -> NDArray[np.bool_]:
        """(106,) bool: the points of a face that have followed others, or are following them."""
        assert face.landmarks is not None
        propagated: NDArray[np.bool_] = face.landmarks.origin == int(Origin.PROPAGATED)
        preview = self._preview_of(face)
        return propagated if preview is None else propagated | preview.following

    def _preview_of(self, face: Face) -> Preview | None:
        return self._preview if self._preview and self._preview.face.id == face.id else None

    def proposal(self, face: Face) -> Points | None:
        """(106, 2) where the points of a face were proposed; None when nobody knows."""
        proposal = self.proposals.get(face.id)
        return None if proposal is None else proposal.points

    def face_before(self, face: Face) -> Face | None:
        """The last face with points that stands before ``face`` in the photo's list."""
        before = self.faces[: [f.id for f in self.faces].index(face.id)]
        return next((f for f in reversed(before) if f.landmarks is not None), None)

    def switch_face(self, face_id: str) -> None:
        """Make another face the current one; its selection starts empty."""
        if face_id == self.face_id:
            return
        self.settle()
        self.face_id = face_id
        self.selection, self.current = frozenset(), None
        self.face_switched.emit()
        self.selection_changed.emit()

    def select(self, indices: Iterable[int], current: int | None = None) -> None:
        """Select points of the current face; ``current`` is the one the keys walk from."""
        if self._held_title:
            self.settle()
        face = self.face
        chosen = frozenset(indices) if face is not None and face.landmarks is not None else None
        self.selection = chosen or frozenset()
        first = min(self.selection, default=None)
        self.current = current if current in self.selection else first
        self.selection_changed.emit()

    # Gestures

    @property
    def is_previewing(self) -> bool:
        """Whether points are on their way and nothing of it is saved."""
        return self._preview is not None

    def preview(self, indices: Sequence[int], points: Points) -> None:
        """Show points of the current face at (n, 2) other places without an edit."""
        face = self.face
        if face is None or face.landmarks is None:
            return
        if self._preview is None:
            self._preview = Preview(face, self.follower)
        moved = self._preview.move(indices, work.clamped(points, self.size))
        self.moved.emit(face.id, moved)

    def catch_up(self) -> None:
        """Bring on screen what lags behind the points on their way."""
        if self._preview is not None and (moved := self._preview.catch_up()):
            self.moved.emit(self._preview.face.id, moved)

    def commit(self, title: str) -> None:
        """Make one edit of what is previewed, with what followed it, and save it."""
        self._stop_holding()
        face, preview = self.face, self._preview
        if preview is None or face is None:
            return
        self._preview = None
        indices = sorted(preview.touched)
        edit = work.moved(face, indices, np.round(preview.points[indices], 3), self.by())
        if edit is None:
            self.moved.emit(face.id, preview.indices)
        else:
            self.apply_with_followers(face, edit, title)

    def hold(self, indices: Sequence[int], points: Points, title: str) -> None:
        """Move points by a key: shown at once, and one edit when the keys come to rest."""
        if self._held_title not in ("", title):
            self.settle()
        self.preview(indices, points)
        self._held_title = title
        self._held.start()

    def settle(self) -> None:
        """Before anything else happens: keep what the keys moved, cancel what the hand drags."""
        if self._held_title:
            self.commit(self._held_title)
        else:
            self.cancel()

    def cancel(self) -> None:
        """Take away what is previewed."""
        self._stop_holding()
        preview, self._preview = self._preview, None
        if preview is not None:
            self.moved.emit(preview.face.id, preview.indices)

    def _stop_holding(self) -> None:
        self._held_title = ""
        self._held.stop()

    # Edits

    def by(self) -> work.By:
        """Who makes an edit now."""
        return work.By(self.annotator, self._clock())

    def apply(self, edit: edits.Edit | None, title: str) -> None:
        """Apply an edit and save it; the first work on a photo makes it "in progress".

        A save that fails leaves the edit in place: it is kept and tried again.
        """
        if edit is None or self.photo is None:
            return
        self.cancel()
        if self.photo.read_only:
            self.message.emit("warning", self.photo.read_only)
            return
        if not _sets_status(edit) and self.annotation.status in UNTOUCHED:
            begin = edits.SetStatus(self.annotation.status, Status.IN_PROGRESS)
            edit = edits.Gesture((edit, begin))
        if self._show(edit) is None:
            return
        self._taken_back.clear()
        self._done, self._undone = self._done + 1, 0
        self.saver.save(Unsaved(self.photo.journal, edit, title, self._seconds()))
        self.journaled.emit()

    def apply_with_followers(self, face: Face, edit: edits.SetPoints | None, title: str) -> None:
        """Apply what the hand did to points of a face, and what follows it, as one edit."""
        follower = self.follower if edit is not None else None
        self.apply(follower.with_followers(face, edit) if follower and edit else edit, title)

    def set_status(self, status: Status, title: str) -> None:
        """Say how far the photo is."""
        if status != self.annotation.status:
            self.apply(edits.SetStatus(self.annotation.status, status), title)

    @property
    def can_undo(self) -> bool:
        """Whether there is an edit to take back."""
        return self.photo is not None and not self.photo.read_only and self._done > 0

    @property
    def can_redo(self) -> bool:
        """Whether there is an edit to put back."""
        return self.photo is not None and not self.photo.read_only and self._undone > 0

    def undo(self) -> bool:
        """Take the last edit back, of this session or an earlier one; False when there is none."""
        self.settle()
        return self.can_undo and self._go(self._undo_edit, -1)

    def redo(self) -> bool:
        """Put back what was undone last; False when there is nothing."""
        self.settle()
        return self.can_redo and self._go(self._redo_edit, +1)

    def history(self) -> list[Entry]:
        """The edits of the photo, oldest first, those that are undone last."""
        self.saver.settle()
        return [] if self.photo is None else list(self.photo.journal.history())

    def _go(self, step: Callable[[OpenPhoto], edits.Edit | None], direction: int) -> bool:
        assert self.photo is not None
        try:
            edit = step(self.photo)
        except (InputError, EditConflictError) as error:
            self.message.emit("error", str(error))
            return False
        change = None if edit is None else self._show(edit)
        if change is None:
            return False
        self._done += direction
        self._undone -= direction
        self.revisited.emit(change)
        self.journaled.emit()
        return True

    def _undo_edit(self, photo: OpenPhoto) -> edits.Edit | None:
        if self.saver.waits_for(photo.journal):
            self.saver.retry()
        if self.saver.waits_for(photo.journal):
            item = self.saver.take_back(photo.journal)
            self._taken_back.append(item)
            return item.edit.inverse()
        return photo.journal.undo()

    def _redo_edit(self, photo: OpenPhoto) -> edits.Edit | None:
        if not self._taken_back:
            return photo.journal.redo()
        item = self._taken_back.pop()
        self.saver.save(item)
        return item.edit

    def _show(self, edit: edits.Edit) -> Change | None:
        before = self.annotation
        try:
            self.annotation = edit.apply(before)
        except (EditConflictError, KeyError) as error:
            text = QCoreApplication.translate(
                "editor", "This photo was changed elsewhere: {problem}. Open it again to go on."
            )
            self.message.emit("error", text.format(problem=error))
            return None
        change = change_of(edit, before, self.annotation)
        if change.faces:
            self._keep_a_face(before)
        self.changed.emit(change)
        return change

    def _keep_a_face(self, before: Annotation) -> None:
        """A new face becomes the current one; one that is gone hands on to its neighbour."""
        known = {face.id for face in before.faces}
        ids = [face.id for face in self.annotation.faces]
        new = [i for i in ids if i not in known]
        if new:
            self.switch_face(new[-1])
        elif self.face_id not in ids:
            place = [face.id for face in before.faces].index(self.face_id) if self.face_id else 0
            self.switch_face(ids[min(place, len(ids) - 1)] if ids else "")

    def _seconds(self) -> float:
        now = self._clock()
        spent, self._last_touch = now - self._last_touch, now
        return max(0.0, min(spent, self.idle_after))


def _sets_status(edit: edits.Edit) -> bool:
    parts = edit.edits if isinstance(edit, edits.Gesture) else (edit,)
    return any(isinstance(part, edits.SetStatus) for part in parts)
