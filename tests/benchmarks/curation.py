"""Found errors and trials over a project of real photos: photos per second, first and again.

python -m tests.benchmarks curation
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

from lapa_annotator.batch.errors.run import find_errors
from lapa_annotator.batch.photos import add_folder
from lapa_annotator.batch.whatif.run import what_if
from lapa_annotator.dla.registry import find_faces, make_detector, make_proposer
from lapa_annotator.formats.photo import read_photo
from lapa_annotator.ppa.settings import Settings
from lapa_annotator.store.project import Project
from tests.support import SHARED

PHOTOS = 60


def _timed(steps: Generator[Any, None, Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return time.perf_counter() - begun, end.value


def _project(folder: Path) -> Project:
    photos = folder / "photos"
    photos.mkdir()
    for file in sorted((SHARED / "data" / "portraits").rglob("*.jpg"))[:PHOTOS]:
        (photos / file.name).write_bytes(file.read_bytes())
    project = Project.create(folder / "p")
    list(add_folder(project, photos))
    detector, proposer = make_detector(), make_proposer()
    for image in project.ids().tolist():
        faces = find_faces(read_photo(project.photo_path(image)).pixels, detector, proposer)
        project.propose(image, faces, proposer.name)
    return project


def main() -> None:
    """Print how fast a project is looked through, and how fast settings are tried."""
    if not (SHARED / "data" / "portraits").is_dir():
        sys.stdout.write("The shared portraits are not here.\n")
        return
    with tempfile.TemporaryDirectory() as folder, _project(Path(folder)) as project:
        after = Settings.of({"hair": 0.8, "curve.mouth": "straight"})
        for name, make in (
            ("errors, with segmenting", lambda: find_errors(project)),
            ("errors again", lambda: find_errors(project)),
            ("trial, segmentations cached", lambda: what_if(project, after)),
            ("trial again", lambda: what_if(project, after)),
        ):
            seconds, _ = _timed(make())
            sys.stdout.write(f"{name}: {seconds:.2f} s, {PHOTOS / seconds:.1f} photos/s\n")


if __name__ == "__main__":
    main()
