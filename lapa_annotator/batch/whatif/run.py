"""Trying other settings over a whole project: in processes, cancelled and resumed at any time.

Nothing in the project is changed but its cache: hair and skin that another segmenter sees are
kept there apart, and so is what was counted, face by face, under the names of both settings.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from lapa_annotator import __version__
from lapa_annotator.batch.execute import Executor, Nobody, Processes
from lapa_annotator.batch.maps import kept, segmented
from lapa_annotator.batch.naming import printable
from lapa_annotator.batch.whatif.compare import Counts, FaceChange, Outcome, Side, count
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Face
from lapa_annotator.formats.photo import Photo, read_photo
from lapa_annotator.ppa.segment import Segmentation
from lapa_annotator.ppa.settings import Applied, Settings, apply, settings_of
from lapa_annotator.store.cache import SegmentationCache
from lapa_annotator.store.project import Project
from lapa_annotator.store.values import ImageInfo

FOLDER = Path("cache", "what-if")
_MOST_RECORDS = 5
# What arithmetic on an odd photo may raise. One photo shall not end the trial.
_BROKEN = (ValueError, ArithmeticError, LookupError, MemoryError, cv2.error)


@dataclass(frozen=True, slots=True)
class Tried:
    """How far a trial is: photos done of all, those of an earlier call, and what was wrong."""

    done: int
    total: int
    reused: int
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """One photo: its number, its place, its size, and what tells whether it was done."""

    image_id: int
    path: str
    size: tuple[int, int]
    stamp: str


@dataclass(frozen=True, eq=False)
class Counted:
    """What became of a photo: the counts of every face, or one sentence."""

    faces: tuple[tuple[str, Counts], ...] = ()
    problem: str | None = None


def what_if(
    project: Project,
    after: Settings,
    query: str = "",
    *,
    jobs: int = 1,
    executor: Executor | None = None,
) -> Generator[Tried, None, Outcome]:
    """Try settings on every face with points that a query finds; a generator that returns it all.

    Closing it cancels, within a photo's time; the same call goes on later.

    Args:
        project: an open project.
        after: the settings to try, against those of the project.
        query: which images.
        jobs: how many processes.
        executor: where photos are worked on; this machine's processes by default.

    Raises:
        InputError: the query is not understood, the segmenter's file is missing, or the
            project's settings are damaged.
    """
    before = settings_of(project)
    after.check()  # told now, and not photo by photo
    tasks = [_task(info) for info in project.infos(project.ids(f"{query} faces:>0").tolist())]
    outcome = Outcome()
    records = _Records(project, before, after)
    done = records.read({task.image_id: task.stamp for task in tasks})
    for task in tasks:
        if task.image_id in done:
            _take(outcome, task, done[task.image_id])
    state = Tried(len(done), len(tasks), len(done))
    yield state
    start = partial(Trial, project.folder, before, after, read_only=project.read_only)
    todo = [task for task in tasks if task.image_id not in done]
    executor = (executor or Processes(jobs, 1, hasty=True)) if todo else Nobody()
    with closing(executor.run(start, todo)) as results:
        for task, result in results:
            counted = result or Counted(problem=_lost(task))
            if counted.problem is None:
                records.add(task, counted)
            _take(outcome, task, counted)
            state = replace(state, done=state.done + 1, problem=counted.problem)
            yield state
    return outcome


def _task(info: ImageInfo) -> Task:
    stamp = f"{__version__} {info.content} {info.updated!r} {info.width}x{info.height}"
    return Task(info.id, info.path.as_posix(), (info.width, info.height), stamp)


def _take(outcome: Outcome, task: Task, counted: Counted) -> None:
    for face_id, counts in counted.faces:
        outcome.faces.append(FaceChange(task.image_id, task.path, face_id, counts))
    if counted.problem is not None:
        outcome.problems.append(counted.problem)


def _lost(task: Task) -> str:
    problem = "the process that worked on it died, perhaps for want of memory"
    return printable(str(InputError(task.path, problem, "use fewer jobs")))


class Trial:
    """Counts the faces of photos both ways, one photo after the other.

    Args:
        folder: the project's folder.
        before, after: the two settings.
        read_only: whether nothing may be cached.
    """

    def __init__(
        self, folder: Path, before: Settings, after: Settings, *, read_only: bool = False
    ) -> None:
        self._project = Project.open(folder, read_only=True)
        self._ways = _Ways(folder, before, after, keeps=not read_only)

    def __call__(self, task: Task) -> Counted:
        """Count one photo; whatever is wrong with it is told in what comes back."""
        try:
            faces = [f for f in self._project.load(task.image_id).faces if f.landmarks is not None]
            photo = _Lazily(self._project, task)
            ways = self._ways
            counted = [(f.id, count(task.size, f, *ways.sides(f, faces, photo))) for f in faces]
            return Counted(tuple(counted))
        except InputError as error:
            return Counted(problem=printable(str(error)))
        except _BROKEN as error:
            plain = " ".join(str(error).split())
            problem = f"it could not be tried ({type(error).__name__}: {plain})"
            return Counted(problem=str(InputError(task.path, problem, "please report this photo")))


class _Ways:
    """Gives the two ways to make a face's map; hair and skin are made where not cached."""

    def __init__(self, folder: Path, before: Settings, after: Settings, *, keeps: bool) -> None:
        self._before, self._after = before, after
        self._own, self._others = SegmentationCache(folder), other_segmentations(folder, after)
        self._keeps = keeps

    def sides(self, face: Face, faces: list[Face], photo: _Lazily) -> tuple[Side, Side]:
        """The ways before and after."""
        was = self._said(face, faces, photo, self._before, self._own)
        will = was
        if not self._after.takes(was.model):
            will = self._said(face, faces, photo, self._after, self._others)
        return Side(was, self._before.options), Side(will, self._after.options)

    def _said(
        self,
        face: Face,
        faces: list[Face],
        photo: _Lazily,
        settings: Settings,
        cache: SegmentationCache,
    ) -> Segmentation:
        found = kept(cache, face.id, settings)
        if found is not None:
            return found
        pixels = photo.read().pixels
        return segmented(pixels, face, faces, settings, cache if self._keeps else None)


class _Lazily:
    """A photo that is read when something is not cached, and not before."""

    def __init__(self, project: Project, task: Task) -> None:
        self._project, self._task = project, task
        self._photo: Photo | None = None

    def read(self) -> Photo:
        """Return the photo.

        Raises:
            InputError: it cannot be read, or is not the one that was annotated.
        """
        if self._photo is None:
            path = self._project.photo_path(self._task.image_id)
            photo = read_photo(path)
            if photo.pixels.shape[1::-1] != self._task.size:
                raise InputError(path, "has another size than it was annotated at", "put it back")
            self._photo = photo
        return self._photo


def both_ways(
    project: Project, change: FaceChange, after: Settings
) -> tuple[Photo, Face, Side, Side]:
    """The photo of a face, the face, and the two ways to make its map.

    Raises:
        InputError: the photo cannot be read, or the face is gone.
    """
    info = project.info(change.image_id)
    faces = project.load(info.id).faces
    face = next((f for f in faces if f.id == change.face_id), None)
    if face is None or face.landmarks is None:
        raise InputError(change.path, "this face is gone", "try the settings again")
    photo = _Lazily(project, _task(info))
    ways = _Ways(project.folder, settings_of(project), after, keeps=not project.read_only)
    before_side, after_side = ways.sides(face, list(faces), photo)
    return photo.read(), face, before_side, after_side


def other_segmentations(folder: Path, settings: Settings) -> SegmentationCache:
    """Where hair and skin wait that another segmenter than the project's sees."""
    named = f"{settings.segmenter} {settings.parser}"
    return SegmentationCache(folder / FOLDER / hashlib.sha256(named.encode()).hexdigest()[:16])


def use(project: Project, after: Settings, about: str = "") -> Applied:
    """Take settings that were tried into use: every label map is fused again where it is needed.

    What was fixed by hand stays. Segmentations that the trial made become the project's own.

    Raises:
        InputError: the project cannot be written.
    """
    applied = apply(project, after, about)
    if after.segmenter or after.parser:
        project.segmentations.take_over(other_segmentations(project.folder, after))
    return applied


class _Records:
    """What was counted, photo by photo, in a file that may be deleted at any time."""

    def __init__(self, project: Project, before: Settings, after: Settings) -> None:
        self._folder = project.folder / FOLDER
        self._file = self._folder / f"{before.fingerprint()}-{after.fingerprint()}.jsonl"
        self._writes = not project.read_only

    def read(self, stamps: dict[int, str]) -> dict[int, Counted]:
        """What is known of photos that are as they were, by number."""
        found: dict[int, Counted] = {}
        try:
            lines = self._file.read_text(encoding="ascii").splitlines()
        except (OSError, ValueError):
            return found
        for line in lines:
            # A line that a kill has cut off counts as missing.
            with suppress(ValueError, KeyError, TypeError):
                told: dict[str, Any] = json.loads(line)
                if stamps.get(told["image"]) == told["stamp"]:
                    faces = ((i, np.array(c, np.int64).reshape(8, -1)) for i, c in told["faces"])
                    found[told["image"]] = Counted(tuple(faces))
        return found

    def add(self, task: Task, counted: Counted) -> None:
        """Note a photo that is done; on a full disk it will be done again."""
        if not self._writes:
            return
        faces = [[face_id, counts.ravel().tolist()] for face_id, counts in counted.faces]
        line = json.dumps({"image": task.image_id, "stamp": task.stamp, "faces": faces})
        with suppress(OSError):
            if not self._file.exists():
                self._begin()
            with self._file.open("a", encoding="ascii") as file:
                file.write(line + "\n")

    def _begin(self) -> None:
        """Make room: of old trials only the last few are kept."""
        self._folder.mkdir(parents=True, exist_ok=True)
        old = sorted(self._folder.glob("*.jsonl"), key=lambda path: path.stat().st_mtime)
        for path in old[: max(0, len(old) + 1 - _MOST_RECORDS)]:
            path.unlink()
