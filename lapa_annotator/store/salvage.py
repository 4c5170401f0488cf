"""Saving what can be read of a damaged project into a new one.

Every table is read row by row around the damage, in the order in which tables refer to each
other; rows whose parents are lost are left out. The journal and the annotations hold the same
twice: an annotation that is lost or damaged is made again from its journal where that is whole.
This is SQLite's business like ``sqlite``: it goes by row numbers.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Integer, Table, column, delete, select, update
from sqlalchemy.exc import DBAPIError

from lapa_annotator.domain.edits import AddFace, Edit, Gesture, SetComments, SetStatus, SetTags
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Annotation
from lapa_annotator.store import journal, rows, sqlite, versions
from lapa_annotator.store.codec import DamagedError
from lapa_annotator.store.models import Base, CommentRow, FaceRow, ImageRow, ImageTagRow
from lapa_annotator.store.project import Project, project_folder
from lapa_annotator.store.second import has_table, mend_seconds
from lapa_annotator.store.verify import check_image

_BATCH = 500
_MOST_ROWS = 1 << 40
_LEFT_OUT = {"format", "lease"}


@dataclass
class Salvaged:
    """What was saved.

    Attributes:
        folder: the new project.
        rows: rows saved, by table.
        damaged: how many damaged stretches were skipped, by table.
        rebuilt: images whose annotation was made again from the journal.
        lost: images whose annotation is gone or incomplete, and no journal to make it from.
    """

    folder: Path
    rows: dict[str, int] = field(default_factory=dict)
    damaged: dict[str, int] = field(default_factory=dict)
    rebuilt: int = 0
    lost: list[str] = field(default_factory=list)


def salvage(folder: Path, target: Path) -> Salvaged:
    """Save what can be read of the project in ``folder`` into the new project ``target``.

    Raises:
        InputError: nothing can be read at all, or the new project cannot be written.
    """
    file = folder / versions.DATABASE
    if not file.is_file():
        raise InputError(folder, "is not a project", "choose a .lapa folder")
    target = project_folder(target)
    versions.create(target)
    try:
        with Project.open(target) as project:
            result = Salvaged(project.folder)
            with _damaged(file) as source:
                _copy_all(source, project, result)
            for image_id in project.ids().tolist():
                _mend(project, image_id, result)
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise
    return result


@contextmanager
def _damaged(file: Path) -> Iterator[Connection]:
    engine = sqlite.make_engine(file, read_only=True)
    try:
        with engine.connect() as connection:
            yield connection
    except DBAPIError as error:
        raise sqlite.told(error, file) or error from error
    finally:
        engine.dispose()


def _copy_all(source: Connection, project: Project, result: Salvaged) -> None:
    for table in Base.metadata.sorted_tables:
        if table.name not in _LEFT_OUT and _has(source, table):
            batch: list[dict[str, Any]] = []
            for row in _readable(source, table, result):
                batch.append(row)
                if len(batch) == _BATCH:
                    _store(project, table, batch, result)
                    batch = []
            _store(project, table, batch, result)


def _has(source: Connection, table: Table) -> bool:
    """Whether a project has a table, which one of an older program may not; yes where in doubt."""
    try:
        return has_table(source, table)
    except (DBAPIError, UnicodeError):
        return True


def _readable(source: Connection, table: Table, result: Salvaged) -> Iterator[dict[str, Any]]:
    if table.dialect_options["sqlite"]["with_rowid"]:
        return _by_number(source, table, result)
    return _from_both_ends(source, table, result)


def _by_number(source: Connection, table: Table, result: Salvaged) -> Iterator[dict[str, Any]]:
    """The readable rows in order of SQLite's row number, around what is damaged."""
    number = column("rowid", Integer)
    wanted = select(number.label("row_number"), table)
    start = 0
    while start < _MOST_ROWS:
        try:
            for row in source.execute(wanted.where(number >= start).order_by(number)):
                values = dict(row._mapping)
                start = values.pop("row_number") + 1
                yield values
            return
        except (DBAPIError, UnicodeError):
            result.damaged[table.name] = result.damaged.get(table.name, 0) + 1
            start = _next_readable(source, table, start)


def _next_readable(source: Connection, table: Table, start: int) -> int:
    """The first row number from ``start + 1`` on at which reading works again."""
    step = 1
    while start + step < _MOST_ROWS and not _reads(source, table, start + step):
        step *= 2
    low, high = start + step // 2, start + step
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _reads(source, table, middle) else (middle, high)
    return high


def _reads(source: Connection, table: Table, start: int) -> bool:
    number = column("rowid", Integer)
    try:
        source.execute(select(table).where(number >= start).order_by(number).limit(1)).all()
    except (DBAPIError, UnicodeError):
        return False
    return True


def _from_both_ends(source: Connection, table: Table, result: Salvaged) -> Iterator[dict[str, Any]]:
    """The readable rows of a table without row numbers: from the front, and from the back."""
    seen = set()
    keys = list(table.primary_key)
    for order in (keys, [key.desc() for key in keys]):
        try:
            for row in source.execute(select(table).order_by(*order)):
                key = tuple(row._mapping[k.name] for k in keys)
                if key not in seen:
                    seen.add(key)
                    yield dict(row._mapping)
            return
        except (DBAPIError, UnicodeError):
            result.damaged[table.name] = result.damaged.get(table.name, 0) + 1


def _store(project: Project, table: Table, batch: list[dict[str, Any]], result: Salvaged) -> None:
    if not batch:
        return
    saved = 0
    with project.database.write() as connection:
        for row in batch:
            try:
                with connection.begin_nested():
                    connection.execute(table.insert().values(row))
                saved += 1
            except DBAPIError:
                continue  # it makes no sense, or what it belongs to is lost
    result.rows[table.name] = result.rows.get(table.name, 0) + saved


def _mend(project: Project, image_id: int, result: Salvaged) -> None:
    """Make an image's annotation whole again: from its journal, or of what is left of it."""
    with project.database.write() as connection:
        path, head = connection.execute(
            select(ImageRow.path, ImageRow.head).where(ImageRow.id == image_id)
        ).one()
        mended, gone = mend_seconds(connection, image_id)
        result.rebuilt += mended
        result.lost += [path] * gone
        try:
            if check_image(connection, project, image_id) is None:
                return
        except (DamagedError, InputError):
            pass
        try:
            after = journal.replayed(connection, image_id, head)
            result.rebuilt += 1
        except DamagedError:
            result.lost.append(path)
            left = _left(connection, project, image_id)
            _replace(connection, project, image_id, Annotation(), 0)
            journal.save_within(connection, project, image_id, _making(left), "Salvage")
        else:
            _replace(connection, project, image_id, after, head)


def _making(annotation: Annotation) -> Gesture:
    """The edit that makes an annotation out of nothing."""
    nothing = Annotation()
    edits: list[Edit] = [AddFace(face, i) for i, face in enumerate(annotation.faces)]
    edits.append(SetStatus(nothing.status, annotation.status))
    edits.append(SetTags(nothing.tags, annotation.tags))
    edits.append(SetComments(nothing.comments, annotation.comments))
    return Gesture(tuple(edits))


def _left(connection: Connection, project: Project, image_id: int) -> Annotation:
    """What can be read of an annotation; faces that cannot are taken out of the table."""
    for uid in connection.scalars(select(FaceRow.uid).where(FaceRow.image_id == image_id)).all():
        try:
            rows.read_face(connection, project.names, uid)
        except DamagedError:
            connection.execute(delete(FaceRow).where(FaceRow.uid == uid))
    try:
        return rows.read(connection, project.names, image_id).annotation
    except DamagedError:
        return Annotation()


def _replace(
    connection: Connection, project: Project, image_id: int, after: Annotation, head: int
) -> None:
    for table in (FaceRow, CommentRow, ImageTagRow):
        connection.execute(delete(table).where(table.image_id == image_id))
    rows.write(connection, project.names, image_id, Annotation(), after)
    values = {"head": head, **rows.sums(after)}
    connection.execute(update(ImageRow).where(ImageRow.id == image_id).values(values))
