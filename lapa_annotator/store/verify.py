"""Checking a project: the database, every annotation against its journal, and the photos."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import Connection, select

from lapa_annotator.domain.errors import InputError
from lapa_annotator.store import folders, journal, rows, sqlite
from lapa_annotator.store.models import ImageRow
from lapa_annotator.store.scan import content_hash
from lapa_annotator.store.second import check_seconds

if TYPE_CHECKING:
    from lapa_annotator.store.project import Project


@dataclass(frozen=True)
class Checked:
    """How far a check is: images done of all, and sentences that say what is wrong so far."""

    done: int
    total: int
    problems: tuple[str, ...]


def verify(project: Project, *, photos: bool = False) -> Iterator[Checked]:
    """Check a project; a generator that goes on after whatever is wrong.

    Checked are the database's own structure and references; that every annotation can be read,
    is what its journal makes of it, and is summed up rightly in lists; that no photo lies outside
    its folder; and with ``photos`` that every photo is there with the bytes it was added with.
    """
    problems = tuple(_database(project))
    ids = np.zeros(0, np.int64)
    try:
        ids = project.ids()
    except InputError as error:
        problems += (str(error),)
    yield Checked(0, len(ids), problems)
    for done, image_id in enumerate(ids.tolist(), start=1):
        problem = _image(project, image_id, photos=photos)
        problems += () if problem is None else (problem,)
        yield Checked(done, len(ids), problems)


def _database(project: Project) -> list[str]:
    try:
        with project.database.read() as connection:
            lines = sqlite.integrity(connection)
    except InputError as error:
        return [str(error)]
    return [f"{project.database.file}: {line}" for line in lines]


def _image(project: Project, image_id: int, *, photos: bool) -> str | None:
    try:
        with project.database.read() as connection:
            problem = check_image(connection, project, image_id)
        if problem is None and photos:
            problem = _photo(project, image_id)
    except InputError as error:
        problem = f"image {image_id}: {error}"
    return problem


def check_image(connection: Connection, project: Project, image_id: int) -> str | None:
    """Return what is wrong with an image's rows; None when all is well.

    Raises:
        DamagedError: they cannot be read.
    """
    stored = rows.read(connection, project.names, image_id)
    folders.inside(project.folder, stored.path)
    if journal.replayed(connection, image_id, stored.head) != stored.annotation:
        return f"{stored.path}: the annotation is not what its journal makes of it"
    t = ImageRow
    wanted = select(t.status, t.faces, t.confidence).where(t.id == image_id)
    if dict(connection.execute(wanted).one()._mapping) != rows.sums(stored.annotation):
        return f"{stored.path}: lists say something else of it than its annotation"
    problem = check_seconds(connection, image_id)
    return None if problem is None else f"{stored.path}: {problem}"


def _photo(project: Project, image_id: int) -> str | None:
    file = project.photo_path(image_id)
    with project.database.read() as connection:
        known = connection.scalar(select(ImageRow.content).where(ImageRow.id == image_id))
    try:
        if content_hash(file) != known:
            return f"{file}: its bytes have changed since it was added"
    except InputError as error:
        return str(error)
    return None
