"""The folders that photos come from: where they lie, and where they have been moved to.

A folder is remembered by its absolute path and by its path from the project, so that a project
that moves together with its photos finds them again.
"""

from __future__ import annotations

import os
import time
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, insert, select, update

from lapa_annotator.domain.errors import InputError
from lapa_annotator.store.codec import DamagedError
from lapa_annotator.store.models import PHOTO_CODES, ImageRow, RootRow
from lapa_annotator.store.values import PhotoState, Root

if TYPE_CHECKING:
    from lapa_annotator.store.project import Project


def root_paths(connection: Connection, project_folder: Path) -> dict[int, Path]:
    """Return where the folders lie, by number."""
    rows = connection.execute(select(RootRow.id, RootRow.path, RootRow.relative))
    return {number: _where(path, relative, project_folder) for number, path, relative in rows}


def _where(path: str, relative: str, project_folder: Path) -> Path:
    there = Path(path)
    if relative and not there.is_dir():
        near = Path(os.path.normpath(project_folder / relative))
        return near if near.is_dir() else there
    return there


def roots(project: Project) -> list[Root]:
    """Return the folders and how many images each gave; see ``Project.roots``."""
    counted = select(ImageRow.root_id, func.count()).group_by(ImageRow.root_id)
    with project.database.read() as connection:
        paths = root_paths(connection, project.folder)
        counts = dict(connection.execute(counted).all())
    return [Root(number, path, counts.get(number, 0)) for number, path in sorted(paths.items())]


def add_root(connection: Connection, project_folder: Path, folder: Path) -> int:
    """Remember a folder within a transaction; returns its number, the same for a known one."""
    for number, path in root_paths(connection, project_folder).items():
        if path == folder:
            return number
    values = _places(project_folder, folder)
    new = insert(RootRow).values(**values, added=time.time()).returning(RootRow.id)
    return connection.scalars(new).one()


def _places(project_folder: Path, folder: Path) -> dict[str, str]:
    try:
        relative = Path(os.path.relpath(folder, project_folder)).as_posix()
    except ValueError:  # on another drive
        relative = ""
    return {"path": str(folder), "relative": relative}


def inside(root: Path, path: str) -> Path:
    """Return the file at a path below a folder.

    Raises:
        DamagedError: the path leads out of the folder.
    """
    parts = PurePosixPath(path)
    strange = parts.is_absolute() or ".." in parts.parts or Path(path).drive
    if strange or path in ("", ".") or "\0" in path or (os.name == "nt" and "\\" in path):
        raise DamagedError(f"the photo {path!r} lies outside its folder")
    return root / parts


def photo_path(project: Project, image_id: int) -> Path:
    """Return where an image's photo lies; see ``Project.photo_path``."""
    wanted = select(ImageRow.root_id, ImageRow.path).where(ImageRow.id == image_id)
    with project.database.read() as connection:
        row = connection.execute(wanted).one_or_none()
        if row is None:
            raise InputError(f"image {image_id}", "is not in this project", "choose another image")
        found = root_paths(connection, project.folder)
        if row.root_id not in found:
            raise DamagedError(f"the folder of the photo {row.path} is gone")
        return inside(found[row.root_id], row.path)


def find(project: Project, file: Path) -> int | None:
    """Return the image whose photo lies at a path; see ``Project.find``."""
    file = file.absolute()
    t = ImageRow
    with project.database.read() as connection:
        for root_id, root in root_paths(connection, project.folder).items():
            if file.is_relative_to(root):
                path = file.relative_to(root).as_posix()
                wanted = select(t.id).where(t.root_id == root_id, t.path == path)
                if (found := connection.scalar(wanted)) is not None:
                    return found
    return None


def relink(project: Project, root_id: int, folder: Path) -> int:
    """Say that a folder lies elsewhere now; see ``Project.relink``."""
    folder = folder.absolute()
    wanted = select(ImageRow.id, ImageRow.path, ImageRow.size).where(ImageRow.root_id == root_id)
    with project.database.read() as connection:
        if root_id not in root_paths(connection, project.folder):
            raise InputError(f"folder {root_id}", "is not in this project", "see `project info`")
        rows = connection.execute(wanted).all()
    there = [row.id for row in rows if _is_there(inside(folder, row.path), row.size)]
    if rows and not there:
        raise InputError(
            folder, "holds none of the folder's photos", "choose the folder they were moved to"
        )
    with project.database.write() as connection:
        taken = select(RootRow.id).where(RootRow.path == str(folder), RootRow.id != root_id)
        if connection.scalar(taken) is not None:
            raise InputError(folder, "is in the project already", "choose another folder")
        places = _places(project.folder, folder)
        connection.execute(update(RootRow).where(RootRow.id == root_id).values(**places))
        found = set(there)
        missing = [row.id for row in rows if row.id not in found]
        mark(connection, missing, PhotoState.MISSING)
        mark(connection, there, PhotoState.PRESENT, only=PhotoState.MISSING)
    return len(there)


def _is_there(file: Path, size: int) -> bool:
    try:
        return file.stat().st_size == size
    except OSError:
        return False


def mark(
    connection: Connection,
    image_ids: list[int],
    state: PhotoState,
    *,
    only: PhotoState | None = None,
) -> None:
    """Store what was found of some photos (those of them that are ``only`` now)."""
    for start in range(0, len(image_ids), 500):
        chosen = update(ImageRow).where(ImageRow.id.in_(image_ids[start : start + 500]))
        if only is not None:
            chosen = chosen.where(ImageRow.photo == PHOTO_CODES[only])
        connection.execute(chosen.values(photo=PHOTO_CODES[state]))
