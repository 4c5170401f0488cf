"""Looking at folders: photos that are new, moved, changed, missing or found again.

Photos are told apart by a hash of their bytes. A photo that was moved or renamed keeps its
annotation; one whose bytes have changed keeps it too and is marked, until a person says that the
annotation still holds. What finds and measures photos is given from outside, since formats are
none of the store's business.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, insert, select, update

from lapa_annotator.domain.errors import InputError
from lapa_annotator.store import folders
from lapa_annotator.store.models import PHOTO_CODES, PHOTO_STATES, ImageRow
from lapa_annotator.store.values import PhotoState

if TYPE_CHECKING:
    from lapa_annotator.store.project import Project

_BATCH = 200


@dataclass(frozen=True)
class Look:
    """How photos are found and measured.

    Attributes:
        find: gives the photos below a folder as paths from it, in a fixed order.
        measure: gives a photo's width and height as displayed, in pixels, and its EXIF
            orientation; raises InputError for a file that is no photo.
    """

    find: Callable[[Path], Sequence[PurePosixPath]]
    measure: Callable[[Path], tuple[int, int, int]]


@dataclass(frozen=True)
class Progress:
    """How far a look at folders is, and what it has found so far.

    Attributes:
        done, total: photos looked at, and photos there are in the folder at hand.
        new, moved, changed, missing, found_again: numbers of photos.
        unreadable: what is wrong with each file that could not be read.
    """

    done: int = 0
    total: int = 0
    new: int = 0
    moved: int = 0
    changed: int = 0
    missing: int = 0
    found_again: int = 0
    unreadable: tuple[str, ...] = field(default=())


def content_hash(file: Path) -> bytes:
    """Return 16 bytes that stand for a file's content (BLAKE2b).

    Raises:
        InputError: it cannot be read.
    """
    digest = hashlib.blake2b(digest_size=16)
    try:
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    except OSError as error:
        raise InputError(
            file, f"cannot be read ({error.strerror})", "check the file and its permissions"
        ) from error
    return digest.digest()


def add_folder(project: Project, folder: Path, look: Look) -> Iterator[Progress]:
    """Add a folder's photos, or look at it again; see ``Project.add_folder``."""
    folder = folder.absolute()
    if not folder.is_dir():
        raise InputError(folder, "is not a folder", "choose a folder that holds photos")
    with project.database.write() as connection:
        root_id = folders.add_root(connection, project.folder, folder)
    yield from _scan(project, root_id, folder, look, Progress())


def rescan(project: Project, look: Look) -> Iterator[Progress]:
    """Look at all folders again; see ``Project.rescan``."""
    progress = Progress()
    for root in folders.roots(project):
        if root.path.is_dir():
            for step in _scan(project, root.id, root.path, look, progress):
                progress = step
                yield step
        else:
            gone = InputError(root.path, "is not there", "connect the disk, or relink the folder")
            progress = replace(progress, unreadable=(*progress.unreadable, str(gone)))
            yield progress


def _scan(
    project: Project, root_id: int, folder: Path, look: Look, progress: Progress
) -> Iterator[Progress]:
    found = [str(path) for path in look.find(folder) if not _in_project(path)]
    wanted = select(
        ImageRow.id,
        ImageRow.path,
        ImageRow.size,
        ImageRow.modified,
        ImageRow.content,
        ImageRow.photo,
    ).where(ImageRow.root_id == root_id)
    with project.database.read() as connection:
        known: dict[str, Any] = {row.path: row for row in connection.execute(wanted)}
        elsewhere = _files_elsewhere(connection, project.folder, root_id, folder)
    scan = _Scan(project, root_id, folder, look, known)
    progress = replace(progress, done=0, total=len(found))
    yield progress
    for start in range(0, len(found), _BATCH):
        batch = found[start : start + _BATCH]
        for path in batch:
            if path in known or str(folder / path) not in elsewhere:
                progress = scan.one(path, progress)
        progress = scan.store(replace(progress, done=start + len(batch)))
        yield progress
    yield scan.store(scan.absent(set(found), progress))


def _in_project(path: PurePosixPath) -> bool:
    return any(part.endswith(".lapa") for part in path.parts[:-1])


def _files_elsewhere(
    connection: Connection, project_folder: Path, root_id: int, folder: Path
) -> set[str]:
    """The files of other roots that lie in or around a folder: they are in the project already."""
    files: set[str] = set()
    for number, root in folders.root_paths(connection, project_folder).items():
        if number != root_id and (root.is_relative_to(folder) or folder.is_relative_to(root)):
            paths = connection.scalars(select(ImageRow.path).where(ImageRow.root_id == number))
            files |= {str(root / path) for path in paths}
    return files


class _Scan:
    """One look at one folder; what it finds is stored batch by batch."""

    def __init__(
        self, project: Project, root_id: int, folder: Path, look: Look, known: dict[str, Any]
    ) -> None:
        self.project = project
        self.root_id = root_id
        self.folder = folder
        self.look = look
        self.known = known
        self.new: list[dict[str, Any]] = []
        self.updates: list[tuple[int, dict[str, Any]]] = []
        self.moved: set[int] = set()

    def one(self, path: str, progress: Progress) -> Progress:
        """Look at one photo."""
        try:
            path.encode()
            file = self.folder / path
            stat = file.stat()
            row = self.known.get(path)
            if row is None:
                return self._unknown(path, file, stat, progress)
            return self._known(row, file, stat, progress)
        except InputError as error:
            problem = str(error)
        except (OSError, ValueError) as error:
            problem = str(InputError(path, f"cannot be read ({error})", "rename or remove it"))
        return replace(progress, unreadable=(*progress.unreadable, problem))

    def _known(
        self, row: Row[Any], file: Path, stat: os.stat_result, progress: Progress
    ) -> Progress:
        state = PHOTO_STATES[row.photo]
        same = (stat.st_size, stat.st_mtime_ns) == (row.size, row.modified)
        if not same:
            same = content_hash(file) == row.content
        if not same:
            if state is PhotoState.CHANGED:
                return progress
            self.updates.append((row.id, {"photo": PHOTO_CODES[PhotoState.CHANGED]}))
            return replace(progress, changed=progress.changed + 1)
        if state is not PhotoState.PRESENT or stat.st_mtime_ns != row.modified:
            values = {"photo": PHOTO_CODES[PhotoState.PRESENT], "modified": stat.st_mtime_ns}
            self.updates.append((row.id, values))
        again = state is not PhotoState.PRESENT
        return replace(progress, found_again=progress.found_again + again)

    def _unknown(self, path: str, file: Path, stat: os.stat_result, progress: Progress) -> Progress:
        content = content_hash(file)
        place = {"root_id": self.root_id, "path": path, "modified": stat.st_mtime_ns}
        old = self._moved_from(content)
        if old is not None:
            self.moved.add(old)
            self.updates.append((old, {**place, "photo": PHOTO_CODES[PhotoState.PRESENT]}))
            return replace(progress, moved=progress.moved + 1)
        width, height, orientation = self.look.measure(file)
        size = {"width": width, "height": height, "orientation": orientation}
        self.new.append({**place, **size, "size": stat.st_size, "content": content})
        return replace(progress, new=progress.new + 1)

    def _moved_from(self, content: bytes) -> int | None:
        """The image of that content whose photo is gone from where it was, if there is one."""
        t = ImageRow
        wanted = select(t.id, t.root_id, t.path).where(t.content == content).order_by(t.id)
        with self.project.database.read() as connection:
            rows = connection.execute(wanted).all()
            roots = folders.root_paths(connection, self.project.folder) if rows else {}
        for row in rows:
            gone = not folders.inside(roots[row.root_id], row.path).exists()
            if gone and row.id not in self.moved:
                return row.id  # type: ignore[no-any-return]  # the column is an int
        return None

    def absent(self, found: set[str], progress: Progress) -> Progress:
        """Mark the known photos that are not there any more."""
        missing = PHOTO_CODES[PhotoState.MISSING]
        for path, row in self.known.items():
            gone = path not in found and row.id not in self.moved
            if gone and row.photo != missing and not (self.folder / path).exists():
                self.updates.append((row.id, {"photo": missing}))
                progress = replace(progress, missing=progress.missing + 1)
        return progress

    def store(self, progress: Progress) -> Progress:
        """Write what was found since the last time."""
        if self.new or self.updates:
            with self.project.database.write() as connection:
                for image_id, values in self.updates:
                    connection.execute(
                        update(ImageRow).where(ImageRow.id == image_id).values(**values)
                    )
                if self.new:
                    connection.execute(insert(ImageRow), self.new)
            self.new.clear()
            self.updates.clear()
        return progress


def accept_change(project: Project, image_id: int, look: Look) -> None:
    """Take a changed photo as the annotated one; see ``Project.accept_change``."""
    file = folders.photo_path(project, image_id)
    content = content_hash(file)
    width, height, orientation = look.measure(file)
    stat = file.stat()
    values = {
        "content": content,
        "width": width,
        "height": height,
        "orientation": orientation,
        "size": stat.st_size,
        "modified": stat.st_mtime_ns,
        "photo": PHOTO_CODES[PhotoState.PRESENT],
    }
    with project.database.write() as connection:
        connection.execute(update(ImageRow).where(ImageRow.id == image_id).values(**values))
