"""How a project finds and measures photos: ``Project.add_folder`` and ``rescan`` made ready."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from lapa_annotator.formats.decode import check_file
from lapa_annotator.formats.photo import find_photos, probe_photo
from lapa_annotator.store.project import Project
from lapa_annotator.store.scan import Look, Progress


def _find(folder: Path) -> list[PurePosixPath]:
    found = find_photos([folder])
    for photo in found:
        if photo.path.is_dir():
            # A folder out of reach: looking on would take the photos in it for missing.
            check_file(photo.path)
    return [photo.relative for photo in found]


def _measure(file: Path) -> tuple[int, int, int]:
    photo = probe_photo(file)
    return photo.width, photo.height, photo.orientation


def add_folder(project: Project, folder: Path) -> Iterator[Progress]:
    """Add a folder's photos to a project; see ``Project.add_folder``."""
    return project.add_folder(folder, LOOK)


def rescan(project: Project) -> Iterator[Progress]:
    """Look at all folders of a project again; see ``Project.rescan``."""
    return project.rescan(LOOK)


LOOK = Look(_find, _measure)
"""Photos of every kind that can be read, measured by their headers."""
