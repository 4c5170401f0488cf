"""The journal: every change of an annotation is stored with its effect, and can be undone.

The edits of an image form a tree. ``image.head`` is the last edit that stands; an edit made there
becomes its newest child and the new head. Undo goes to the parent, redo to the newest child: after
an undo a new edit therefore cuts off the branch that was undone, which stays in the journal.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from lapa_annotator.domain.edits import Edit, EditConflictError
from lapa_annotator.domain.face import Annotation
from lapa_annotator.store import rows
from lapa_annotator.store.codec import DamagedError, pack_edit, unpack_edit
from lapa_annotator.store.models import Action, ImageRow, JournalRow, NameRow, Role, table
from lapa_annotator.store.values import JournalEntry, Revision, UndoState

if TYPE_CHECKING:
    from lapa_annotator.store.project import Project

_ENTRY = select(JournalRow.__table__).where(JournalRow.id == bindparam("entry"))
_NEWEST_CHILD = (
    select(JournalRow.__table__)
    .where(
        JournalRow.image_id == bindparam("image"),
        JournalRow.parent == bindparam("parent"),
        JournalRow.action == int(Action.EDIT),
    )
    .order_by(JournalRow.id.desc())
    .limit(1)
)
_images, _entries = table(ImageRow), table(JournalRow)
_ADD_ENTRY = insert(_entries).returning(_entries.c.id)
_CHANGE_IMAGE = update(_images).where(_images.c.id == bindparam("which"))
_HEAD = select(ImageRow.head).where(ImageRow.id == bindparam("image"))


def save(project: Project, image_id: int, edit: Edit, title: str, seconds: float) -> Revision:
    """Apply, store and journal an edit in one transaction; see ``Project.save``."""
    with project.database.write() as connection:
        return save_within(connection, project, image_id, edit, title, seconds)


def save_within(
    connection: Connection,
    project: Project,
    image_id: int,
    edit: Edit,
    title: str = "",
    seconds: float = 0.0,
) -> Revision:
    """Do what ``save`` does as a part of a larger transaction."""
    stored = rows.read(connection, project.names, image_id, project.latest)
    project.leases.guard(connection, image_id, stored.path)
    after = applied(edit, stored.annotation)
    packed = pack_edit(edit)
    entry = _append(
        connection,
        project,
        image_id,
        {
            "action": int(Action.EDIT),
            "kind": edit.kind,
            "title": title,
            "seconds": seconds,
            "parent": stored.head,
            "target": 0,
            "edit": packed,
        },
    )
    _put(connection, project, image_id, (stored.annotation, after), entry, seconds)
    return Revision(entry, after, edit)


def undo(project: Project, image_id: int) -> Edit | None:
    """Take back the last edit that stands; see ``Project.undo``."""
    with project.database.write() as connection:
        stored = rows.read(connection, project.names, image_id, project.latest)
        project.leases.guard(connection, image_id, stored.path)
        row = _entry(connection, stored.head)
        if row is None:
            return None
        edit = edit_of(row).inverse()
        _step(connection, project, image_id, stored.annotation, edit, row, Action.UNDO)
        return edit


def redo(project: Project, image_id: int) -> Edit | None:
    """Make the last edit undone stand again; see ``Project.redo``."""
    with project.database.write() as connection:
        stored = rows.read(connection, project.names, image_id, project.latest)
        project.leases.guard(connection, image_id, stored.path)
        row = connection.execute(
            _NEWEST_CHILD, {"image": image_id, "parent": stored.head}
        ).one_or_none()
        if row is None:
            return None
        edit = edit_of(row)
        _step(connection, project, image_id, stored.annotation, edit, row, Action.REDO)
        return edit


def undo_state(project: Project, image_id: int) -> UndoState:
    """Return the titles of the next undo and redo; see ``Project.undo_state``."""
    with project.database.read() as connection:
        head = connection.scalar(_HEAD, {"image": image_id}) or 0
        last = _entry(connection, head)
        key = {"image": image_id, "parent": head}
        next_ = connection.execute(_NEWEST_CHILD, key).one_or_none()
    return UndoState(_title(last), _title(next_))


def history(project: Project, image_id: int) -> list[JournalEntry]:
    """Return an image's journal; see ``Project.history``."""
    t = JournalRow
    wanted = (
        select(t.__table__, NameRow.text.label("annotator"))
        .join(NameRow, NameRow.id == t.annotator_id)
        .where(t.image_id == image_id)
        .order_by(t.id)
    )
    with project.database.read() as connection:
        entries = connection.execute(wanted).all()
        return told(entries, connection.scalar(_HEAD, {"image": image_id}) or 0)


def undo_depth(project: Project, image_id: int) -> tuple[int, int]:
    """Return how many edits stand and how many can be redone; see ``Project.undo_depth``."""
    t = JournalRow
    wanted = select(t.id, t.parent).where(t.image_id == image_id, t.action == int(Action.EDIT))
    with project.database.read() as connection:
        parents = {row.id: row.parent for row in connection.execute(wanted.order_by(t.id))}
        head = connection.scalar(_HEAD, {"image": image_id}) or 0
    newest_child = {parent: entry for entry, parent in parents.items()}
    return _length(head, parents), _length(newest_child.get(head, 0), newest_child)


def _length(entry: int, following: dict[int, int]) -> int:
    """How many entries there are from one on, each followed by another."""
    seen: set[int] = set()
    while entry and entry not in seen:
        seen.add(entry)
        entry = following.get(entry, 0)
    return len(seen)


def told(found: Sequence[Any], head: int) -> list[JournalEntry]:
    """Return what a journal tells: its rows, oldest first, and the last edit that stands.

    Raises:
        DamagedError: a row is not what it should be.
    """
    entries = {row.id: row for row in found}
    standing = set()
    while head in entries and head not in standing:
        standing.add(head)
        head = entries[head].parent
    return [_journal_entry(row, entries, row.id in standing) for row in found]


def replayed(connection: Connection, image_id: int, head: int) -> Annotation:
    """Return the annotation that an image's standing edits make, from nothing to ``head``.

    Raises:
        DamagedError: an entry is missing or damaged, or the edits do not follow each other.
    """
    wanted = select(JournalRow.id, JournalRow.parent, JournalRow.edit).where(
        JournalRow.image_id == image_id, JournalRow.action == int(Action.EDIT)
    )
    return made_of(connection.execute(wanted).all(), head)


def made_of(found: Sequence[Any], head: int) -> Annotation:
    """Return the annotation that the standing edits among a journal's rows make, up to ``head``.

    Raises:
        DamagedError: an entry is missing or damaged, or the edits do not follow each other.
    """
    entries = {row.id: row for row in found}
    standing: list[Any] = []
    while head:
        row = entries.pop(head, None)
        if row is None:
            raise DamagedError(f"entry {head} of the journal is missing")
        standing.append(row)
        head = row.parent
    annotation = Annotation()
    try:
        for row in reversed(standing):
            annotation = edit_of(row).apply(annotation)
    except (EditConflictError, KeyError, ValueError) as error:
        raise DamagedError(f"the journal does not add up: {error}") from error
    return annotation


def _journal_entry(row: Row[Any], entries: dict[int, Row[Any]], stands: bool) -> JournalEntry:
    try:
        action = Action(row.action)
    except ValueError as error:
        raise DamagedError(f"entry {row.id} of the journal is damaged") from error
    about = row if action is Action.EDIT else entries.get(row.target)
    try:
        edit = None if about is None else edit_of(about)
    except DamagedError:
        edit = None
    if edit is not None and action is Action.UNDO:
        edit = edit.inverse()
    return JournalEntry(
        id=row.id,
        image_id=row.image_id,
        time=row.time,
        annotator=row.annotator,
        action=action.name.lower(),
        title=row.title,
        kind=row.kind,
        seconds=row.seconds,
        edit=edit,
        target=row.target or None,
        undone=action is Action.EDIT and not stands,
    )


def _title(row: Row[Any] | None) -> str | None:
    return None if row is None else str(row.title or row.kind)


def applied(edit: Edit, annotation: Annotation) -> Annotation:
    """Apply an edit to a stored annotation; EditConflictError when it does not fit."""
    try:
        return edit.apply(annotation)
    except KeyError as error:
        raise EditConflictError(
            "the face has been removed meanwhile; reload the picture"
        ) from error


def _entry(connection: Connection, entry: int) -> Row[Any] | None:
    return connection.execute(_ENTRY, {"entry": entry}).one_or_none() if entry else None


def edit_of(row: Row[Any]) -> Edit:
    """Return the edit of a journal's row; DamagedError when it cannot be read."""
    if row.edit is None:
        raise DamagedError(f"entry {row.id} of the journal has no edit")
    return unpack_edit(row.edit)


def _step(
    connection: Connection,
    project: Project,
    image_id: int,
    before: Annotation,
    edit: Edit,
    row: Row[Any],
    action: Action,
) -> None:
    """Apply the inverse of an entry's edit, or the edit again, and move the head."""
    after = applied(edit, before)
    new = {"action": int(action), "kind": row.kind, "title": row.title, "target": row.id}
    _append(connection, project, image_id, {**new, "seconds": 0.0, "parent": 0, "edit": None})
    head = row.parent if action is Action.UNDO else row.id
    _put(connection, project, image_id, (before, after), head, 0.0)


def _append(connection: Connection, project: Project, image_id: int, values: dict[str, Any]) -> int:
    annotator = project.names.ids(connection)(project.annotator)
    own = {"image_id": image_id, "time": time.time(), "annotator_id": annotator}
    return int(connection.execute(_ADD_ENTRY, own | values).scalar_one())


def _put(
    connection: Connection,
    project: Project,
    image_id: int,
    sides: tuple[Annotation, Annotation],
    head: int,
    seconds: float,
) -> None:
    before, after = sides
    rows.write(connection, project.names, image_id, before, after)
    name_id = project.names.ids(connection)
    me = name_id(project.annotator)
    old = rows.sums(before)
    # Only what differs: every column given costs the rewriting of its indexes.
    differing = {key: value for key, value in rows.sums(after).items() if value != old[key]}
    own = {"which": image_id, "head": head, "annotator_id": me, "updated": time.time()}
    connection.execute(_CHANGE_IMAGE, own | differing)
    if seconds:
        spent = ImageRow.seconds + seconds
        connection.execute(update(ImageRow).where(ImageRow.id == image_id).values(seconds=spent))
    models = {(Role.MODEL, name_id(name)) for name in rows.model_names(after)}
    rows.give_credit(connection, image_id, models | {(Role.ANNOTATOR, me)})
    project.latest.keep(image_id, head, after)
