"""Ways to a project, as work for a job: open one, make one of photos, of a data set, the sample.

Every function is a generator that yields ``Step`` values and returns the open project; when it
fails half way, what it had opened is closed again.
"""

from __future__ import annotations

import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

from lapa_annotator.gui.words import mark as _
from lapa_annotator.gui.words import said
from lapa_annotator.gui.workers import Step

if TYPE_CHECKING:
    from lapa_annotator.store.project import Project

Steps = Generator[Step, None, Any]


def open_project(folder: Path, annotator: str | None) -> Steps:
    """Open the project in ``folder``; one that can only be read is opened for looking."""
    yield Step(0, 0, said(_("Opening the project …")))
    from lapa_annotator.store.project import Project

    return Project.open(folder, annotator=annotator)


def create_project(photos: Path, folder: Path, annotator: str | None, parser: str = "") -> Steps:
    """Make a project in ``folder`` with the photos below ``photos``.

    ``parser`` is the network of its fine stage, "" for the program's own.
    """
    yield Step(0, 0, said(_("Making the project …")))
    project = _created(folder, annotator, parser)
    with _closed_on_failure(project):
        yield from add_photos(project, photos)
    return project


def add_photos(project: Project, photos: Path) -> Steps:
    """Add the photos below a folder to an open project; returns the last ``scan.Progress``."""
    from lapa_annotator.batch.photos import LOOK

    last = None
    for last in project.add_folder(photos, LOOK):
        yield Step(last.done, last.total, said(_("Looking at photos …")))
    return last


def import_lapa(data_set: Path, folder: Path, annotator: str | None, parser: str = "") -> Steps:
    """Make a project in ``folder`` of a LaPa data set, its landmarks and label maps."""
    yield Step(0, 0, said(_("Making the project …")))
    from lapa_annotator.batch.transfer import import_data_set

    project = _created(folder, annotator, parser)
    with _closed_on_failure(project):
        for at in import_data_set(project, data_set):
            yield Step(at.done, at.total, said(_("Importing …")))
    return project


def sample_project(folder: Path | None, annotator: str | None) -> Steps:
    """Open the sample project, making it the first time; in the user's data folder by default."""
    yield Step(0, 0, said(_("Making the sample project …")))
    from lapa_annotator.batch.sample import sample_photos
    from lapa_annotator.store.project import Project, project_folder

    home = folder or platformdirs.user_data_path("lapa-annotator", appauthor=False)
    place = project_folder(home / "sample")
    if (place / "project.db").is_file():
        return Project.open(place, annotator=annotator)
    photos = home / "sample-photos"
    photos.mkdir(parents=True, exist_ok=True)
    for photo in sample_photos():
        shutil.copyfile(photo, photos / photo.name)
    return (yield from create_project(photos, place, annotator))


def _created(folder: Path, annotator: str | None, parser: str) -> Project:
    """A new project whose label maps are made with a parser; none is made where it is missing."""
    from lapa_annotator.ppa.settings import Settings, apply
    from lapa_annotator.store.project import Project

    if not parser:
        return Project.create(folder, annotator=annotator)
    settings = Settings.of({"parser": parser})
    settings.check()
    project = Project.create(folder, annotator=annotator)
    with _closed_on_failure(project):
        apply(project, settings, "as the preferences have it for new projects")
    return project


@contextmanager
def _closed_on_failure(project: Project) -> Generator[None, None, None]:
    """Close the project unless the block comes to its end: an error, or a cancelled job."""
    try:
        yield
    except BaseException:
        project.close()
        raise
