"""Small projects that are ready to be exported."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from lapa_annotator.batch.photos import add_folder
from lapa_annotator.domain.edits import AddFace, Edit, Gesture, SetStatus, SetTags
from lapa_annotator.domain.face import Face, Pose, Status
from lapa_annotator.domain.geometry import Box, Similarity
from lapa_annotator.domain.landmarks import Landmarks
from lapa_annotator.store.cache import CachedSegmentation
from lapa_annotator.store.project import Project
from tests.batch.fakes import face_points

WIDTH, HEIGHT = 60, 48


def make_photo(file: Path, seed: int) -> Path:
    """A photo of noise."""
    pixels = np.random.default_rng(seed).integers(0, 256, (HEIGHT, WIDTH, 3)).astype(np.uint8)
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(file)
    return file


def points(seed: int) -> np.ndarray:
    """(106, 2) points of a face within the photo."""
    return face_points() * 30 + 5 + np.random.default_rng(seed).random((106, 2))


def segmentation() -> CachedSegmentation:
    """Skin everywhere within the picture."""
    probabilities = np.zeros((3, HEIGHT, WIDTH), np.uint8)
    probabilities[1] = 255
    return CachedSegmentation(probabilities, Similarity(1, 0, 0, 0), "fake")


def make_project(
    folder: Path,
    names: list[str],
    *,
    faces: int = 1,
    tags: dict[str, list[str]] | None = None,
    yaws: dict[str, float] | None = None,
) -> Project:
    """A project of finished photos, their segmentations cached; ``tags`` and ``yaws`` by name."""
    for k, name in enumerate(names):
        make_photo(folder / "photos" / name, k)
    project = Project.create(folder / "p", annotator="ann")
    list(add_folder(project, folder / "photos"))
    for image in project.ids().tolist():
        name = project.info(image).path.as_posix()
        seed = names.index(name)
        pose = Pose((yaws or {}).get(name, 0.0), 0.0, 0.0)
        box = Box(5, 5, 35, 40)
        made = [Face(box, Landmarks(points(10 * seed + i)), pose) for i in range(faces)]
        for face in made:
            project.segmentations.store(face.id, segmentation())
        edits: list[Edit] = [AddFace(face, i) for i, face in enumerate(made)]
        edits.append(SetStatus(Status.NEW, Status.DONE))
        given = frozenset((tags or {}).get(name, []))
        if given:
            edits.append(SetTags(frozenset(), given))
        project.save(image, Gesture(tuple(edits)))
    return project


def files_of(folder: Path) -> dict[str, bytes]:
    """The bytes of every file by its place."""
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }
