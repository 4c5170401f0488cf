"""A project: a folder ``NAME.lapa`` that holds everything people and models say about photos.

The photos stay where they are and are never written to. The folder holds ``project.db`` (the
database: all that matters), ``cache/`` (derived, may be deleted at any time) and ``backups/``.

A ``Project`` may be used from several threads at once. Every method that changes something is
one transaction: when it returns the change is on the disk, and when it raises nothing has
changed. Bad input is told as ``InputError``; a query in the search language may be given as a
string wherever a ``Query`` is taken.
"""

from __future__ import annotations

import getpass
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.edits import Edit
from lapa_annotator.domain.face import Annotation, Face
from lapa_annotator.domain.landmarks import Landmarks
from lapa_annotator.store import (
    backup,
    finding,
    folders,
    journal,
    proposals,
    rows,
    scan,
    versions,
)
from lapa_annotator.store.assignment import Assignments
from lapa_annotator.store.cache import SegmentationCache
from lapa_annotator.store.database import Database
from lapa_annotator.store.latest import Latest
from lapa_annotator.store.lease import Lease, Leases
from lapa_annotator.store.names import Names
from lapa_annotator.store.query import Query, parse
from lapa_annotator.store.registry import Jobs, ModelVersions
from lapa_annotator.store.second import SecondAnnotations
from lapa_annotator.store.settings import Settings
from lapa_annotator.store.values import (
    BY_PATH,
    Cursor,
    Holder,
    ImageInfo,
    JournalEntry,
    Order,
    Page,
    Revision,
    Root,
    UndoState,
)

SUFFIX = ".lapa"


class Project:
    """An open project; ``create`` and ``open`` make one.

    Attributes:
        folder: the project's folder, absolute.
        annotator: the name that edits are journaled under.
        read_only: whether it was opened for looking only.
        settings: small named values kept with the project.
        segmentations: the cache of hair and skin segmentations.
        models: the model versions and their metrics.
        jobs: long pieces of work, running or past.
        second: what other people say of images that have an annotation.
        assignments: who is to work on which images.
    """

    def __init__(self, folder: Path, database: Database, annotator: str) -> None:
        """Wrap an open database; for ``create`` and ``open``."""
        self.folder = folder
        self.annotator = annotator
        self.read_only = database.read_only
        self.database = database
        self.session = uuid.uuid4().hex
        self.names = Names(database)
        self.latest = Latest(database)
        self.settings = Settings(database)
        self.segmentations = SegmentationCache(folder)
        self.models = ModelVersions(database)
        self.jobs = Jobs(database)
        self.second = SecondAnnotations(self)
        self.assignments = Assignments(self)
        self.leases = Leases(database, self.session, annotator)

    @classmethod
    def create(cls, folder: Path, *, annotator: str | None = None) -> Project:
        """Make a new, empty project and open it; ``.lapa`` is appended to a name without it.

        Raises:
            InputError: something of that name is there already, or it cannot be written.
        """
        folder = project_folder(folder)
        versions.create(folder)
        return cls.open(folder, annotator=annotator)

    @classmethod
    def open(
        cls, folder: Path, *, annotator: str | None = None, read_only: bool | None = None
    ) -> Project:
        """Open a project; one of an older program is backed up and upgraded first.

        Args:
            folder: the ``.lapa`` folder, or the ``project.db`` in it.
            annotator: the name to journal edits under, the computer's user by default.
            read_only: only look; works on read-only media, and nothing can be saved. By default
                a project that cannot be written to is opened so.

        Raises:
            InputError: it is not a project, of a newer program, damaged, or not writable.
        """
        folder = folder.parent if folder.name == versions.DATABASE else folder
        folder = folder.absolute()
        database = versions.open_database(folder, read_only=read_only)
        return cls(folder, database, getpass.getuser() if annotator is None else annotator)

    def close(self) -> None:
        """Give back every lease and close the database; a second call does nothing."""
        self.leases.close()
        self.database.close()

    def __enter__(self) -> Project:
        """Return the project itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the project."""
        self.close()

    # Photos

    def roots(self) -> list[Root]:
        """Return the folders that photos come from."""
        return folders.roots(self)

    def add_folder(self, folder: Path, look: scan.Look) -> Iterator[scan.Progress]:
        """Add a folder's photos, or look again at one that was added before.

        A generator: it works while it is iterated and may be left at any point, after which
        what was found so far is in the project. ``batch.photos`` has it with ``look`` filled in.

        Args:
            look: how photos are found and measured.

        Raises:
            InputError: there is no such folder.
        """
        return scan.add_folder(self, folder, look)

    def rescan(self, look: scan.Look) -> Iterator[scan.Progress]:
        """Look at all folders again: photos that are new, moved, changed or missing."""
        return scan.rescan(self, look)

    def relink(self, root_id: int, folder: Path) -> int:
        """Say that a root's folder now lies elsewhere; returns how many photos were found there.

        Raises:
            InputError: none of the root's photos lies there.
        """
        return folders.relink(self, root_id, folder)

    def accept_change(self, image_id: int, look: scan.Look) -> None:
        """Take a changed photo's new bytes as the annotated ones: it counts as present again.

        Raises:
            InputError: it cannot be read.
        """
        scan.accept_change(self, image_id, look)

    def photo_path(self, image_id: int) -> Path:
        """Return where an image's photo lies; whether it is there is not looked at.

        Raises:
            InputError: no such image, or a path that leads out of its folder.
        """
        return folders.photo_path(self, image_id)

    def find(self, file: Path) -> int | None:
        """Return the image whose photo lies at ``file``, None when there is none."""
        return folders.find(self, file)

    # Lists

    def info(self, image_id: int) -> ImageInfo:
        """Return what lists show of an image.

        Raises:
            InputError: there is no such image.
        """
        return finding.info(self, image_id)

    def infos(self, image_ids: Sequence[int]) -> list[ImageInfo]:
        """Return what lists show of some images, in the order given, without unknown ones."""
        return finding.infos(self, image_ids)

    def ids(self, query: Query | str = "", order: Order = BY_PATH) -> NDArray[np.int64]:
        """Return the ids of all images that a query finds, in order: (n,) int64."""
        return finding.ids(self, parse(query), order)

    def count(self, query: Query | str = "") -> int:
        """Return how many images a query finds."""
        return finding.count(self, parse(query))

    def page(
        self,
        query: Query | str = "",
        order: Order = BY_PATH,
        *,
        after: Cursor | None = None,
        before: Cursor | None = None,
        limit: int = 100,
    ) -> Page:
        """Return the first rows of a list, or those just after or just before a place in it.

        Raises:
            InputError: the query is not understood.
        """
        return finding.page(self, parse(query), order, after, before, limit)

    def cursor(self, image_id: int, order: Order = BY_PATH) -> Cursor:
        """Return the place of an image in an order: ``page(after=...)`` starts just after it."""
        return finding.cursor(self, image_id, order)

    def position(self, image_id: int, query: Query | str = "", order: Order = BY_PATH) -> int:
        """Return how many images of a list come before an image."""
        return finding.position(self, image_id, parse(query), order)

    def tags(self) -> dict[str, int]:
        """Return all tags in use, and how many images have each."""
        return finding.tags(self)

    # Annotations

    def load(self, image_id: int) -> Annotation:
        """Return an image's annotation as it stands.

        Raises:
            InputError: there is no such image, or a stored value is damaged.
        """
        return rows.load(self, image_id)

    def save(self, image_id: int, edit: Edit, *, title: str = "", seconds: float = 0.0) -> Revision:
        """Apply an edit to the stored annotation and journal it; on the disk when it returns.

        Args:
            title: what the menu calls the edit, such as "Move point 54".
            seconds: time that went into it, added to the image's.

        Raises:
            EditConflictError: what the edit takes away is not what stands there.
            LeaseHeldError: another program is editing the image.
            InputError: it cannot be written; nothing has changed.
        """
        return journal.save(self, image_id, edit, title, seconds)

    def undo(self, image_id: int) -> Edit | None:
        """Undo the last edit that stands; returns the edit that was applied, None without one."""
        return journal.undo(self, image_id)

    def redo(self, image_id: int) -> Edit | None:
        """Redo the last edit undone; returns the edit that was applied, None without one."""
        return journal.redo(self, image_id)

    def undo_state(self, image_id: int) -> UndoState:
        """Return the titles of what ``undo`` and ``redo`` would be about."""
        return journal.undo_state(self, image_id)

    def undo_depth(self, image_id: int) -> tuple[int, int]:
        """Return how often an image can be undone, and how often redone; quick in long journals."""
        return journal.undo_depth(self, image_id)

    def history(self, image_id: int) -> list[JournalEntry]:
        """Return an image's journal, oldest entry first; what a redo cannot reach any more, too."""
        return journal.history(self, image_id)

    def propose(
        self,
        image_id: int,
        faces: Sequence[Face],
        model: str,
        *,
        doubt: float | None = None,
        force: bool = False,
    ) -> Revision | None:
        """Take a model's faces: new ones are added, known ones get their untouched points moved.

        A proposed face is a known one if their boxes overlap by half (intersection over union).
        No face is removed. An image that is done or approved keeps its annotation. What was
        proposed is kept for ``proposal`` in any case. Of images tagged "blind", and of the share
        of new ones that the project wants so, the faces alone are taken, without points.

        Args:
            faces: with landmarks; their points' origin and model say where they come from.
            model: the model version.
            doubt: how much the model doubts its faces, in [0, 1].
            force: move touched points and change finished images too.

        Returns:
            the revision, or None when the annotation stays as it is.

        Raises:
            LeaseHeldError: another program is editing the image.
        """
        return proposals.propose(self, image_id, faces, model, doubt, force)

    def proposal(self, face_id: str, model: str | None = None) -> Landmarks | None:
        """Return what a model version (the last one by default) proposed for a face, or None."""
        return proposals.proposal(self, face_id, model)

    def set_doubt(self, image_id: int, doubt: float | None) -> None:
        """Store how much a model doubts an image's proposal, in [0, 1]; not an edit."""
        proposals.set_doubt(self, image_id, doubt)

    # Leases

    def lease(self, image_id: int) -> Lease:
        """Take an image for editing; it is kept until released, or until this program dies.

        Raises:
            LeaseHeldError: another program has it.
        """
        return self.leases.take(image_id)

    def lease_holder(self, image_id: int) -> Holder | None:
        """Return which other program is editing an image; None when it is free or ours."""
        return self.leases.holder(image_id)

    # Care

    def backup(self, target: Path) -> Path:
        """Copy the project into a new folder while it is in use; returns that folder.

        Its model versions come along with all that using and training on from them needs;
        a training that is under way is begun again in the copy, and caches are left behind.

        Raises:
            InputError: something of that name is there already, or it cannot be written.
        """
        return backup.backup(self.database, self.folder, project_folder(target))

    def compact(self) -> int:
        """Give unused room in the database back to the disk; returns how many bytes."""
        return backup.compact(self.database)


def project_folder(path: Path) -> Path:
    """Return the absolute folder of a project of that name: ``.lapa`` at the end."""
    path = path.absolute()
    return path if path.suffix == SUFFIX else path.with_name(path.name + SUFFIX)
