"""Small projects and random annotations for the tests of the store."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path, PurePosixPath

import numpy as np

from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Face, Pose
from lapa_annotator.domain.geometry import Box
from lapa_annotator.domain.landmarks import Landmarks, Origin, PointSet
from lapa_annotator.domain.override import Patch
from lapa_annotator.domain.schema import N_POINTS
from lapa_annotator.store.project import Project
from lapa_annotator.store.scan import Look, Progress


def _find(folder: Path) -> list[PurePosixPath]:
    files = sorted(p for p in folder.rglob("*") if p.suffix in (".jpg", ".bad"))
    return [PurePosixPath(p.relative_to(folder).as_posix()) for p in files]


def _measure(file: Path) -> tuple[int, int, int]:
    if file.suffix == ".bad":
        raise InputError(file, "is no photo", "remove it")
    return 640, 480, 1


LOOK = Look(_find, _measure)
"""Takes any .jpg for a photo of 640x480 pixels, and any .bad for a broken one."""


def make_photos(folder: Path, *names: str) -> Path:
    """Make files that pass for photos, each with bytes of its own."""
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(hashlib.sha256(name.encode()).digest())
    return folder


def add(project: Project, folder: Path) -> Progress:
    """Add a folder and return what was found."""
    return list(project.add_folder(folder, LOOK))[-1]


def rescan(project: Project) -> Progress:
    """Look at all folders again and return what was found."""
    return list(project.rescan(LOOK))[-1]


def make_project(folder: Path, *names: str, annotator: str = "ann") -> Project:
    """Make ``folder``/p.lapa with photos of those names in ``folder``/photos."""
    project = Project.create(folder / "p", annotator=annotator)
    add(project, make_photos(folder / "photos", *names))
    return project


def random_landmarks(seed: int, model: str = "mesh-1", origin: Origin = Origin.PROPOSED):
    """Landmarks in which every column differs from point to point."""
    rng = np.random.default_rng(seed)
    return Landmarks(
        points=rng.normal(200, 90, (N_POINTS, 2)),
        visibility=rng.integers(0, 3, N_POINTS),
        confidence=rng.random(N_POINTS),
        origin=np.full(N_POINTS, origin),
        model=tuple(f"{model}{'b' * (k % 2)}" for k in range(N_POINTS)),
        annotator=tuple(("", "ann", "bö")[k % 3] for k in range(N_POINTS)),
        time=rng.random(N_POINTS) * 2e9,
    )


def random_face(seed: int, **landmarks: object) -> Face:
    """A face with a box, a pose, landmarks and an override layer, all of random values."""
    rng = np.random.default_rng(seed)
    x, y, w, h = rng.random(4) * 100 + 1
    return Face(
        box=Box(x, y, x + w, y + h, score=rng.random(), roll=rng.normal()),
        landmarks=random_landmarks(seed, **landmarks),
        pose=Pose(*rng.normal(0, 30, 3)),
        override=Patch(int(x), int(y), rng.integers(0, 11, (5, 7))),
    )


def moved(landmarks: Landmarks, *indices: int, by: float = 1.5) -> tuple[PointSet, PointSet]:
    """What a drag of some points takes away and puts in place."""
    before = landmarks.take(indices)
    n = len(indices)
    after = PointSet(
        before.indices,
        before.points + by,
        before.visibility,
        np.ones(n),
        np.full(n, Origin.CORRECTED, np.uint8),
        before.model,
        ("ann",) * n,
        np.full(n, time.time()),
    )
    return before, after
