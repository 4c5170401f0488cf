"""The anatomy guard over the faces of a project."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from lapa_annotator.dla.guard import Problem, find_problems
from lapa_annotator.store.project import Project


@dataclass(frozen=True, eq=False)
class Suspect:
    """A face that has problems."""

    image_id: int
    path: PurePosixPath
    face_id: str
    problems: tuple[Problem, ...]


def check_project(project: Project, query: str = "") -> Iterator[Suspect]:
    """Give the faces that cannot be right, image by image in the order of their paths.

    Raises:
        InputError: the query is not understood, or a stored value is damaged.
    """
    for image_id in project.ids(query).tolist():
        for face in project.load(image_id).faces:
            problems = () if face.landmarks is None else tuple(find_problems(face.landmarks))
            if problems:
                yield Suspect(image_id, project.info(image_id).path, face.id, problems)
