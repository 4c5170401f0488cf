"""A project of a million annotated images: opening, paging, filtering, saving, size.

The number of images can be given: ``LAPA_BENCH_IMAGES=100000``.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import insert

from lapa_annotator.domain.edits import SetPoints
from lapa_annotator.domain.landmarks import Landmarks, Origin, PointSet
from lapa_annotator.store.codec import pack_landmarks
from lapa_annotator.store.models import CreditRow, FaceRow, ImageRow, ImageTagRow, RootRow, TagRow
from lapa_annotator.store.project import Project
from lapa_annotator.store.values import Order, OrderBy

COUNT = int(os.environ.get("LAPA_BENCH_IMAGES", "1000000"))
_BATCH = 10_000
_SAVES = 3000


def main() -> None:
    """Make the project and print every figure, in milliseconds."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        made = make(Path(folder), COUNT)
        say(f"{COUNT} images, one face each, made in", time.perf_counter() - start, "s")
        say("file", made.joinpath("project.db").stat().st_size / 1e6, "MB")
        with timed("open and first count of nothing"), Project.open(made):
            pass
        with Project.open(made, annotator="ann") as project:
            lists(project)
            saves(project)
        say("file after the saves", made.joinpath("project.db").stat().st_size / 1e6, "MB")


def lists(project: Project) -> None:
    """Time what a window shows."""
    count = project.count()
    page = repeat("first page of 100", project.page)
    middle = int(project.ids()[count // 2])
    repeat("jump to the middle", lambda: project.page(after=project.cursor(middle)))
    by_doubt = Order(OrderBy.DOUBT, descending=True)
    repeat("first page by doubt", lambda: project.page(order=by_doubt))
    queries = (
        "status:done",
        "conf:<0.4",
        "status:done conf:<0.4",
        "status:proposed doubt:>0.9 -tag:tag5",
        "tag:tag5",
        "path:folder0500/*",
        "model:net-1 faces:1",
        "annotator:ann",
        "date:>2023",
    )
    for query in queries:
        repeat(f"page of {query}", lambda q=query: project.page(q))
        repeat(f"  its count, {project.count(query)}", lambda q=query: project.count(q), times=3)
    repeat("page of a word (12345)", lambda: project.page("12345"), times=3)
    repeat("  its count", lambda: project.count("12345"), times=3)
    for order in OrderBy:
        repeat(f"ids of all by {order}", lambda o=order: project.ids("", Order(o)), times=3)
    repeat("ids of status:done by doubt", lambda: project.ids("status:done", by_doubt), times=3)
    repeat("place of an image by doubt", lambda: project.position(middle, "", by_doubt), times=3)
    ids = project.ids()[count // 3 :][:60]
    repeat("rows of 60 ids", lambda: project.infos(ids))
    assert len(page.rows) == min(100, count)


def saves(project: Project) -> None:
    """Time durable saves of a drag of one point and of all 106, beside the disk's own pace."""
    raw_writes(project.folder)
    ids = np.random.default_rng(1).choice(project.ids(), _SAVES)
    for title, indices in (("one point", [54]), ("all 106 points", list(range(106)))):
        took, busy = [], []
        for image in ids.tolist():
            face = project.load(image).faces[0]
            assert face.landmarks is not None
            edit = drag(face.id, face.landmarks, indices)
            start, worked = time.perf_counter(), time.thread_time()
            project.save(image, edit, title="Drag")
            took.append(time.perf_counter() - start)
            busy.append(time.thread_time() - worked)
        percentiles(f"durable save of {title}", took)
        percentiles("  of that, work of the processor", busy)


def raw_writes(folder: Path) -> None:
    """Time what any durable save of that size costs here: 40 kB appended and synced."""
    took = []
    with (folder / "raw").open("wb") as stream:
        for _ in range(_SAVES // 3):
            start = time.perf_counter()
            stream.write(os.urandom(40_000))
            stream.flush()
            os.fsync(stream.fileno())
            took.append(time.perf_counter() - start)
    percentiles("40 kB appended to a file and synced", took)


def percentiles(title: str, seconds: list[float]) -> None:
    """Print the median, the 99th percentile and the longest of some times."""
    told = np.array(seconds) * 1000
    half, most = np.median(told), np.percentile(told, 99)
    write(f"{title}: median {half:.2f} ms, 99 % {most:.2f}, max {told.max():.1f}")


def drag(face_id: str, landmarks: Landmarks, indices: list[int]) -> SetPoints:
    """The edit that moves some points by a pixel and a half."""
    before = landmarks.take(indices)
    n = len(indices)
    after = PointSet(
        before.indices,
        before.points + 1.5,
        before.visibility,
        np.ones(n),
        np.full(n, Origin.CORRECTED, np.uint8),
        before.model,
        ("ann",) * n,
        np.full(n, time.time()),
    )
    return SetPoints(face_id, before, after)


def make(folder: Path, count: int) -> Path:
    """Make a project of ``count`` images with a face each; returns its folder."""
    with Project.create(folder / "million", annotator="maker") as project:
        rng = np.random.default_rng(0)
        with project.database.write() as connection:
            name_id = project.names.ids(connection)
            pool = [pack_landmarks(_landmarks(rng, k), name_id) for k in range(500)]
            models = [name_id(f"net-{k}") for k in range(3)]
            connection.execute(
                insert(RootRow).values(id=1, path=str(folder), relative="..", added=0.0)
            )
            tags = [{"id": k, "text": f"tag{k}"} for k in range(1, 21)]
            connection.execute(insert(TagRow), tags)
        for batch in _batches(rng, count):
            with project.database.write() as connection:
                connection.execute(insert(ImageRow), [_image(*row) for row in batch])
                connection.execute(
                    insert(FaceRow), [_face(row[0], pool[row[0] % len(pool)]) for row in batch]
                )
                connection.execute(
                    insert(CreditRow),
                    [{"role": 1, "name_id": models[r[0] % 3], "image_id": r[0]} for r in batch],
                )
                tagged = [
                    {"tag_id": r[0] % 20 + 1, "image_id": r[0]} for r in batch if r[0] % 4 == 0
                ]
                connection.execute(insert(ImageTagRow), tagged)
        project.compact()
        return project.folder


def _landmarks(rng: np.random.Generator, k: int) -> Landmarks:
    return Landmarks(
        points=rng.normal(800, 200, (106, 2)),
        confidence=rng.random(106),
        model=(f"net-{k % 3}",) * 106,
        time=np.full(106, 1.7e9),
    )


def _batches(rng: np.random.Generator, count: int) -> Iterator[list[tuple[Any, ...]]]:
    for start in range(0, count, _BATCH):
        n = min(_BATCH, count - start)
        status = rng.choice(6, n, p=[0.1, 0.5, 0.05, 0.2, 0.1, 0.05])
        columns = (rng.random(n), rng.random(n), 1.7e9 + rng.random(n) * 1e7)
        content = rng.bytes(16 * n)
        yield [
            (start + i + 1, int(status[i]), *(float(c[i]) for c in columns), content[i * 16 :][:16])
            for i in range(n)
        ]


def _image(
    number: int, status: int, confidence: float, doubt: float, updated: float, content: bytes
) -> dict[str, Any]:
    return {
        "id": number,
        "root_id": 1,
        "path": f"folder{number // 1000:04d}/IMG_{number:07d}.jpg",
        "width": 4000,
        "height": 3000,
        "orientation": 1,
        "size": 3_000_000,
        "modified": 1_700_000_000_000_000_000,
        "content": content,
        "photo": 0,
        "status": status,
        "faces": 1,
        "confidence": confidence,
        "doubt": doubt,
        "updated": updated,
        "seconds": 0.0,
        "annotator_id": None,
        "head": 0,
    }


def _face(number: int, points: bytes) -> dict[str, Any]:
    return {
        "image_id": number,
        "uid": f"{number:032x}",
        "position": 0,
        "x0": 100.0,
        "y0": 100.0,
        "x1": 900.0,
        "y1": 1000.0,
        "score": 0.9,
        "roll": 1.0,
        "pose_yaw": 1.0,
        "pose_pitch": 2.0,
        "pose_roll": 3.0,
        "points": points,
        "override": None,
    }


def repeat(title: str, call: Callable[[], Any], times: int = 20) -> Any:
    """Call several times and print the first and the median time."""
    took = []
    for _ in range(times):
        start = time.perf_counter()
        result = call()
        took.append((time.perf_counter() - start) * 1000)
    write(f"{title}: first {took[0]:.1f} ms, median {np.median(took):.1f} ms")
    return result


class timed:  # noqa: N801  # reads like a function where it is used
    """Print how long a block took."""

    def __init__(self, title: str) -> None:
        self.title = title

    def __enter__(self) -> None:
        self.start = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        say(self.title, (time.perf_counter() - self.start) * 1000, "ms")


def say(title: str, value: float, unit: str) -> None:
    """Print one figure."""
    write(f"{title}: {value:.1f} {unit}")


def write(line: str) -> None:
    """Print one line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
