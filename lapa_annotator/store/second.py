"""Second annotations: what other people say of images that have an annotation already.

Each is kept apart from the first annotation and from those of others, with a journal of its own,
so that nobody's work is ever overwritten by somebody else's. Its first entry puts in place what
the person began with: the faces as a model proposed them, without anybody's corrections. Undo
stops there. What is to be compared with it goes by the faces' ids.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, Table, delete, insert, inspect, literal, select, update

from lapa_annotator.domain.edits import AddFace, Edit, Gesture, SetStatus
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Annotation, Face, Status
from lapa_annotator.domain.override import EMPTY
from lapa_annotator.store import journal
from lapa_annotator.store.codec import DamagedError, pack_annotation, pack_edit, unpack_annotation
from lapa_annotator.store.models import Action, NameRow, SecondEntryRow, SecondRow, table
from lapa_annotator.store.values import JournalEntry, Revision, SecondAnnotation, UndoState

if TYPE_CHECKING:
    from lapa_annotator.store.project import Project

_seconds, _entries = table(SecondRow), table(SecondEntryRow)
_FINISHED = (Status.DONE, Status.APPROVED)


class SecondAnnotations:
    """The second annotations of a project; ``Project.second``.

    Every method that changes something is one transaction, and journals under the project's
    annotator, whose second annotation it is.
    """

    def __init__(self, project: Project) -> None:
        self._project = project

    def all(self, image_id: int) -> list[SecondAnnotation]:
        """Return what other people say of an image, in the order they began.

        Raises:
            InputError: a stored value is damaged.
        """
        wanted = (
            select(_seconds, NameRow.text.label("annotator"))
            .join(NameRow, NameRow.id == _seconds.c.annotator_id)
            .where(_seconds.c.image_id == image_id)
            .order_by(_seconds.c.id)
        )
        with self._project.database.read() as connection:
            if not has_table(connection, _seconds):
                return []
            return [_told(row) for row in connection.execute(wanted)]

    def mine(self, image_id: int) -> SecondAnnotation | None:
        """Return the project's annotator's second annotation of an image, None without one."""
        me = self._project.annotator
        return next((s for s in self.all(image_id) if s.annotator == me), None)

    def images(self) -> list[int]:
        """Return the images that have second annotations, in order."""
        with self._project.database.read() as connection:
            if not has_table(connection, _seconds):
                return []
            wanted = select(_seconds.c.image_id).distinct().order_by(_seconds.c.image_id)
            return [int(i) for i in connection.scalars(wanted)]

    def begin(self, image_id: int) -> SecondAnnotation:
        """Begin a second annotation of an image, or return the one that was begun.

        It begins with the faces of the first annotation as they were proposed; one of which no
        proposal is known begins with its box alone.

        Raises:
            InputError: the image has no faces yet, or the first annotation is by the same person.
        """
        known = self.mine(image_id)
        if known is not None:
            return known
        first = self._first(image_id)
        faces = tuple(self._as_proposed(face) for face in first.faces)
        edits: list[Edit] = [AddFace(face, i) for i, face in enumerate(faces)]
        edits.append(SetStatus(Status.NEW, Status.PROPOSED))
        edit = Gesture(tuple(edits))
        with self._project.database.write() as connection:
            me = self._project.names.ids(connection)(self._project.annotator)
            values: dict[str, Any] = {"image_id": image_id, "annotator_id": me, "head": 0}
            values |= {"annotation": pack_annotation(Annotation()), "updated": 0.0, "seconds": 0.0}
            second = connection.execute(insert(_seconds).values(values).returning(_seconds.c.id))
            _save(connection, (second.scalar_one(), 0, Annotation()), edit, "Begin")
        begun = self.mine(image_id)
        assert begun is not None
        return begun

    def _first(self, image_id: int) -> Annotation:
        me, info = self._project.annotator, self._project.info(image_id)
        first = self._project.load(image_id)
        if not first.faces:
            raise InputError(str(info.path), "has no faces yet", "find its faces first")
        if any(_has_touched(face, me) for face in first.faces) or (
            info.annotator == me and first.status in _FINISHED
        ):
            problem = f"{me or 'nobody'} has made the first annotation"
            raise InputError(
                str(info.path), problem, "let another person annotate it a second time"
            )
        return first

    def _as_proposed(self, face: Face) -> Face:
        proposal = self._project.proposal(face.id)
        return replace(face, landmarks=proposal, pose=None, override=EMPTY)

    def save(self, image_id: int, edit: Edit, *, title: str = "", seconds: float = 0.0) -> Revision:
        """Apply an edit to one's own second annotation and journal it.

        Raises:
            EditConflictError: what the edit takes away is not what stands there.
            InputError: it was not begun, or cannot be written; nothing has changed.
        """
        with self._project.database.write() as connection:
            stored = self._stored(connection, image_id)
            return _save(connection, stored, edit, title, seconds)

    def undo(self, image_id: int) -> Edit | None:
        """Undo the last edit that stands; returns the edit that was applied, None without one."""
        with self._project.database.write() as connection:
            stored = self._stored(connection, image_id)
            row = _entry(connection, stored[1])
            if row is None or not row.parent:
                return None
            edit = journal.edit_of(row).inverse()
            _step(connection, stored, edit, row, Action.UNDO)
            return edit

    def redo(self, image_id: int) -> Edit | None:
        """Redo the last edit undone; returns the edit that was applied, None without one."""
        with self._project.database.write() as connection:
            stored = self._stored(connection, image_id)
            row = _newest_child(connection, stored[0], stored[1])
            if row is None:
                return None
            edit = journal.edit_of(row)
            _step(connection, stored, edit, row, Action.REDO)
            return edit

    def history(self, image_id: int) -> list[JournalEntry]:
        """Return the journal of one's own second annotation, without its beginning."""
        me = self._project.annotator
        with self._project.database.read() as connection:
            second, head, _ = self._stored(connection, image_id)
            wanted = select(
                _entries, literal(image_id).label("image_id"), literal(me).label("annotator")
            )
            found = connection.execute(wanted.where(_entries.c.second_id == second).order_by("id"))
            return journal.told(found.all(), head)[1:]

    def undo_state(self, image_id: int) -> UndoState:
        """Return the titles of what ``undo`` and ``redo`` would be about."""
        with self._project.database.read() as connection:
            second, head, _ = self._stored(connection, image_id)
            last, next_ = _entry(connection, head), _newest_child(connection, second, head)
        undone = None if last is None or not last.parent else str(last.title or last.kind)
        return UndoState(undone, None if next_ is None else str(next_.title or next_.kind))

    def _stored(self, connection: Connection, image_id: int) -> _Stored:
        wanted = (
            select(_seconds)
            .join(NameRow, NameRow.id == _seconds.c.annotator_id)
            .where(_seconds.c.image_id == image_id, NameRow.text == self._project.annotator)
        )
        row = connection.execute(wanted).one_or_none()
        if row is None:
            problem = f"{self._project.annotator} has not begun to annotate it a second time"
            raise InputError(f"image {image_id}", problem, "begin first")
        return row.id, row.head, unpack_annotation(row.annotation)


_Stored = tuple[int, int, Annotation]
"""A second annotation's number, its last entry that stands, and what it says."""


def has_table(connection: Connection, wanted: Table) -> bool:
    """Whether a project has a table; one of format 1.0 that is only looked at lacks some."""
    return bool(inspect(connection).has_table(wanted.name))


def check_seconds(connection: Connection, image_id: int) -> str | None:
    """Return what is wrong with an image's second annotations; None when all is well.

    Raises:
        DamagedError: a stored value cannot be read.
    """
    for row in _rows(connection, image_id):
        if _replayed(connection, row) != unpack_annotation(row.annotation):
            return "a second annotation is not what its journal makes of it"
    return None


def mend_seconds(connection: Connection, image_id: int) -> tuple[int, int]:
    """Make second annotations that are damaged again from their journals.

    Returns:
        How many were made again, and how many could not be and are gone.
    """
    mended = lost = 0
    for row in _rows(connection, image_id):
        try:
            annotation = _replayed(connection, row)
        except DamagedError:
            if not _reads(row):
                for gone, key in ((_entries, _entries.c.second_id), (_seconds, _seconds.c.id)):
                    connection.execute(delete(gone).where(key == row.id))
                lost += 1
            continue
        if not _reads(row) or unpack_annotation(row.annotation) != annotation:
            packed = {"annotation": pack_annotation(annotation)}
            connection.execute(update(_seconds).where(_seconds.c.id == row.id).values(packed))
            mended += 1
    return mended, lost


def _rows(connection: Connection, image_id: int) -> Sequence[Row[Any]]:
    if not has_table(connection, _seconds):
        return []
    return connection.execute(select(_seconds).where(_seconds.c.image_id == image_id)).all()


def _replayed(connection: Connection, row: Row[Any]) -> Annotation:
    wanted = select(_entries).where(
        _entries.c.second_id == row.id, _entries.c.action == int(Action.EDIT)
    )
    return journal.made_of(connection.execute(wanted).all(), row.head)


def _reads(row: Row[Any]) -> bool:
    try:
        unpack_annotation(row.annotation)
    except DamagedError:
        return False
    return True


def _has_touched(face: Face, annotator: str) -> bool:
    marks = face.landmarks
    if marks is None:
        return False
    return any(t and a == annotator for t, a in zip(marks.touched, marks.annotator, strict=True))


def _told(row: Row[Any]) -> SecondAnnotation:
    annotation = unpack_annotation(row.annotation)
    return SecondAnnotation(row.image_id, row.annotator, annotation, row.updated, row.seconds)


def _entry(connection: Connection, entry: int) -> Row[Any] | None:
    return connection.execute(select(_entries).where(_entries.c.id == entry)).one_or_none()


def _newest_child(connection: Connection, second: int, parent: int) -> Row[Any] | None:
    wanted = select(_entries).where(
        _entries.c.second_id == second,
        _entries.c.parent == parent,
        _entries.c.action == int(Action.EDIT),
    )
    return connection.execute(wanted.order_by(_entries.c.id.desc()).limit(1)).one_or_none()


def _save(
    connection: Connection, stored: _Stored, edit: Edit, title: str, seconds: float = 0.0
) -> Revision:
    second, head, before = stored
    after = journal.applied(edit, before)
    values = {"action": int(Action.EDIT), "kind": edit.kind, "title": title, "seconds": seconds}
    values |= {"parent": head, "target": 0, "edit": pack_edit(edit)}
    entry = _append(connection, second, values)
    _put(connection, second, after, entry, seconds)
    return Revision(entry, after, edit)


def _step(
    connection: Connection, stored: _Stored, edit: Edit, row: Row[Any], action: Action
) -> None:
    second, _, before = stored
    after = journal.applied(edit, before)
    values = {"action": int(action), "kind": row.kind, "title": row.title, "seconds": 0.0}
    _append(connection, second, values | {"parent": 0, "target": row.id, "edit": None})
    head = row.parent if action is Action.UNDO else row.id
    _put(connection, second, after, head, 0.0)


def _append(connection: Connection, second: int, values: dict[str, Any]) -> int:
    own = {"second_id": second, "time": time.time()}
    made = insert(_entries).values(own | values).returning(_entries.c.id)
    return int(connection.execute(made).scalar_one())


def _put(connection: Connection, second: int, after: Annotation, head: int, seconds: float) -> None:
    values = {"annotation": pack_annotation(after), "head": head, "updated": time.time()}
    spent = _seconds.c.seconds + seconds
    connection.execute(
        update(_seconds).where(_seconds.c.id == second).values(**values, seconds=spent)
    )
