"""A curator's hand killed at random moments while its strokes are saved in a thread.

A document and a saver, as the window has them, paint into faces of a photo of 12 megapixels, move
points, undo and go on to other photos, and say so in a pipe: what is begun with the state that it
leads to, and what no longer waits to be saved. They are killed with SIGKILL at a random moment;
then every photo must be in the state that was said to be saved last, or in one begun after it,
and ``verify`` must find nothing. ``LAPA_BENCH_KILLS`` sets how often, 100 times by default.

    python -m tests.benchmarks stroke_kill
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import tempfile
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
from PySide6.QtCore import QCoreApplication

from lapa_annotator.domain.edits import AddFace, Edit, SetOverride, SetPoints
from lapa_annotator.domain.face import Annotation, Face, Status
from lapa_annotator.domain.override import UNSET
from lapa_annotator.gui.editor.document import UNTOUCHED, Document
from lapa_annotator.gui.editor.openphoto import OpenPhoto
from lapa_annotator.gui.editor.repair.state import VALUES
from lapa_annotator.gui.editor.saving import Saver
from lapa_annotator.gui.storejournal import StoreJournal
from lapa_annotator.ppa.raster import Rect
from lapa_annotator.ppa.repair import painted
from lapa_annotator.store.project import Project
from lapa_annotator.store.verify import verify
from tests.benchmarks.store_kill import digest, write
from tests.store.builders import make_project, moved, random_face

KILLS = int(os.environ.get("LAPA_BENCH_KILLS", "100"))
SIZE = (4000, 3000)
_IMAGES, _KILLS_A_PROJECT = 4, 20
# By what was said, since clocks mean little on a busy computer; then a moment more.
_MOST_SAID, _LONGEST_WAIT = 40, 0.06
# What an undo leads to is not foretold: killed in the middle of one, a photo is judged by
# ``verify`` alone.
_ANYTHING = "*"

Line = dict[str, object]


@dataclass
class Tally:
    """What was counted over all kills."""

    kills: int = 0
    acknowledged: int = 0
    lost: int = 0
    while_writing: int = 0
    landed: int = 0
    unsound: list[str] = field(default_factory=list)


class Hand:
    """A curator at work on one project; tells of everything through a pipe."""

    def __init__(self, folder: Path, pipe: int, chance: random.Random) -> None:
        self._pipe, self._chance = pipe, chance
        self._project = Project.open(folder, annotator="ann")
        self._saver = Saver()
        self._saver.use_thread()
        self._document = Document(self._saver, "ann")
        self._pixels = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
        self._begun: deque[tuple[int, str]] = deque()

    def work(self) -> None:
        """Work until killed."""
        while True:
            image = self._chance.choice(self._project.ids().tolist())
            with self._project.lease(image):
                annotation = self._project.load(image)
                journal = StoreJournal(self._project, image)
                self._document.open(OpenPhoto(image, "", self._pixels, annotation, journal))
                for _ in range(self._chance.randrange(2, 12)):
                    self._turn(image)
                # As the window does before it lets go of a photo.
                self._saver.settle()
                self._told()

    def _turn(self, image: int) -> None:
        kind, document = self._chance.random(), self._document
        if kind < 0.15:
            self._step(image, document.undo)
        elif kind < 0.2:
            self._step(image, document.redo)
        elif document.face is None:
            self._apply(image, AddFace(random_face(self._chance.randrange(10**9)), 0))
        elif kind < 0.35:
            marks = document.face.landmarks
            indices = self._chance.sample(range(106), 2)
            sides = moved(marks, *indices, by=self._chance.random())
            self._apply(image, SetPoints(document.face.id, *sides))
        elif (edit := _stroke(document.face, self._chance)) is not None:
            self._apply(image, edit)
        if self._chance.random() < 0.7:
            QCoreApplication.processEvents()
        self._told()

    def _apply(self, image: int, edit: Edit) -> None:
        now = self._document.annotation
        status = Status.IN_PROGRESS if now.status in UNTOUCHED else now.status
        then = digest(replace(edit.apply(now), status=status))
        self._tell(begun=image, then=then)
        self._begun.append((image, then))
        self._document.apply(edit, "Work")

    def _step(self, image: int, step: Callable[[], bool]) -> None:
        """Undo or redo; both wait for what is on its way, and are on the disk at once."""
        self._tell(begun=image, then=_ANYTHING)
        if step():
            self._begun.append((image, digest(self._document.annotation)))
        else:
            self._tell(nothing=image)

    def _told(self) -> None:
        """Say what no longer waits to be saved."""
        while len(self._begun) > len(self._saver.waiting):
            image, now = self._begun.popleft()
            self._tell(image=image, now=now)

    def _tell(self, **what: object) -> None:
        os.write(self._pipe, json.dumps(what).encode() + b"\n")


def _stroke(face: Face, chance: random.Random) -> SetOverride | None:
    """A stroke of a brush, or of the eraser, as letting go of it makes it."""
    x, y = chance.randrange(1200), chance.randrange(1200)
    width, height = chance.randrange(20, 900), chance.randrange(20, 700)
    covered = np.zeros((height, width), np.uint8)
    middle, axes = (width // 2, height // 2), (width // 2, height // 2)
    cv2.ellipse(covered, middle, axes, 0, 0, 360, 1, -1)
    value = chance.choice([*VALUES, UNSET])
    return painted(face, Rect(x, y, x + width, y + height), covered.view(bool), value)


def _kill_one(folder: Path, chance: random.Random) -> tuple[list[Line], bool]:
    """Start a hand and kill it; what it said, and whether it lived until then."""
    end, begin = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(end)
        try:
            application = QCoreApplication([])
            assert application is not None
            Hand(folder, begin, random.Random(chance.random())).work()
        finally:
            os._exit(1)
    os.close(begin)
    with os.fdopen(end, "rb") as pipe:
        lines = [pipe.readline() for _ in range(chance.randrange(1, _MOST_SAID))]
        time.sleep(chance.random() * _LONGEST_WAIT)
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        lines += pipe.read().splitlines(keepends=True)
    said = [json.loads(line) for line in lines if line.endswith(b"\n")]
    return said, os.WIFSIGNALED(status)


def _unsaved(said: list[Line]) -> dict[int, list[str]]:
    """By image, the states that were begun and not said to be saved, in order."""
    waiting: dict[int, list[str]] = {}
    for line in said:
        if "begun" in line:
            waiting.setdefault(int(str(line["begun"])), []).append(str(line["then"]))
        elif "image" in line or "nothing" in line:
            waiting[int(str(line.get("image", line.get("nothing"))))].pop(0)
    return waiting


def _compare(project: Project, said: list[Line], known: dict[int, str], tally: Tally) -> None:
    """Compare what was said with what is there; ``known`` becomes what is there."""
    saved = [line for line in said if "now" in line]
    known |= {int(str(line["image"])): str(line["now"]) for line in saved}
    unsaved = _unsaved(said)
    tally.acknowledged += len(saved)
    tally.while_writing += any(unsaved.values())
    tally.unsound += list(verify(project))[-1].problems
    for image in project.ids().tolist():
        before = known.get(image, digest(Annotation()))
        now = digest(project.load(image))
        if now != before:
            begun = unsaved.get(image, [])
            tally.landed += now in begun
            tally.lost += now not in begun and _ANYTHING not in begun
        known[image] = now


def kill_many(folder: Path, kills: int) -> Tally:
    """Kill a hand again and again; a new project every so often."""
    tally, chance = Tally(), random.Random(0)
    known: dict[int, str] = {}
    for kill in range(kills):
        if kill % _KILLS_A_PROJECT == 0:
            shutil.rmtree(folder / "p.lapa", ignore_errors=True)
            make_project(folder, *(f"{k}.jpg" for k in range(_IMAGES))).close()
            known = {}
        said, lived = _kill_one(folder / "p.lapa", chance)
        if not lived:
            tally.unsound.append("a hand ended by itself")
        with Project.open(folder / "p.lapa", annotator="checker") as project:
            _compare(project, said, known, tally)
        tally.kills += 1
    return tally


def main() -> None:
    """Print what was counted."""
    with tempfile.TemporaryDirectory() as folder:
        tally = kill_many(Path(folder), KILLS)
    write(
        f"{tally.kills} kills, {tally.while_writing} of them while something waited to be saved;"
        f" {tally.acknowledged} acknowledged changes, {tally.lost} photos not in a state that was"
        f" said, {tally.landed} on the disk before that could be said,"
        f" {len(tally.unsound)} problems found by verify"
    )
    for problem in tally.unsound[:5]:
        write(f"  {problem}")
