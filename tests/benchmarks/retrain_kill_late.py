"""Killed with SIGKILL when a version is finished: compared, promoted, and proposing anew.

One process trains a version to its end, has it promoted, and proposes all that is untouched anew;
then it begins again with the next version. It is killed at a random moment of that, checked, and
begun again where it was cut off.

    LAPA_KILL_FACES=FOLDER LAPA_BENCH_KILLS=10 python -m tests.benchmarks retrain_kill_late

``FOLDER`` is in LaPa's layout; ``LAPA_BENCH_SEED`` chooses other moments.
"""

from __future__ import annotations

import importlib
import os
import random
import select
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from lapa_annotator.batch.photos import LOOK
from lapa_annotator.batch.queueing import UNFINISHED, queue
from lapa_annotator.batch.repropose import repropose
from lapa_annotator.domain.edits import AddFace, SetStatus
from lapa_annotator.domain.face import Face, Status
from lapa_annotator.domain.geometry import Box
from lapa_annotator.domain.landmarks import Landmarks, Origin
from lapa_annotator.formats.lapa import LapaFolder, read_landmarks
from lapa_annotator.store.project import Project
from lapa_annotator.store.verify import verify
from lapa_annotator.training.loop import Machine
from lapa_annotator.training.retrain.gate import Rule
from lapa_annotator.training.retrain.run import retrain
from lapa_annotator.training.retrain.settings import RetrainSettings
from lapa_annotator.training.retrain.versions import TASK, current_proposer, go_back, proposer_of
from tests.benchmarks.retrain_campaign import MeanFace
from tests.benchmarks.store_kill import digest, write

KILLS = int(os.environ.get("LAPA_BENCH_KILLS", "10"))
_PHOTOS, _FINISHED = 36, 20
_PATIENCE_S = 300.0
# What the process says, and how long after it a kill may come.
_MOMENTS = {"comparing": 1.0, "promoted": 0.3, "proposing": 1.5}
_SETTINGS = RetrainSettings(
    least=8, held_out=0.3, steps=4, batch=2, scratch=True, width=8, rule=Rule(faces=5)
)


class FarOff(MeanFace):
    """Proposes so badly that whatever was trained is promoted."""

    name = "far off"

    def propose(self, image: np.ndarray, box: Box) -> Landmarks:
        """Put the mean face far away from the face."""
        made = super().propose(image, box)
        return replace(made, points=made.points + 1e4)


def make(folder: Path, faces: Path) -> Path:
    """A project of which some faces are finished and the others have proposals."""
    samples = [s for s in LapaFolder(faces).samples() if s.landmarks is not None][:_PHOTOS]
    photos = folder / "photos"
    photos.mkdir()
    for sample in samples:
        (photos / sample.image.name).symlink_to(sample.image.resolve())
    truth = {s.image.stem: read_landmarks(s.landmarks) for s in samples if s.landmarks}
    with Project.create(folder / "p.lapa", annotator="nobody") as project:
        list(project.add_folder(photos, LOOK))
        for number, image_id in enumerate(project.ids().tolist()):
            points = truth[project.info(image_id).path.stem]
            box = Box.around(points)
            if number < _FINISHED:
                made = Landmarks(points, origin=np.full(len(points), int(Origin.CORRECTED)))
                project.save(image_id, AddFace(Face(box, made), 0))
                project.save(image_id, SetStatus(project.load(image_id).status, Status.DONE))
            else:
                face = Face(box, MeanFace().propose(np.zeros(0), box))
                project.propose(image_id, [face], MeanFace.name, doubt=0.5)
        return project.folder


def work(folder: Path) -> Iterator[str]:
    """Train, promote and propose without end; says what comes next. Goes on where it was."""
    machine = Machine(threads=1, report_every=1, validate_every=10**6, save_every=2)
    with Project.open(folder, annotator="trainer") as project:
        while True:
            used = project.models.active(TASK)
            known = project.ids(f'model:"{used.name}"').tolist() if used else []
            left = [i for i in queue(project).tolist() if i not in known]
            if used is None or not left:
                settings = replace(_SETTINGS, seed=len(project.models.all(TASK)))
                work_ = retrain(project, settings, machine, baseline=FarOff())
                for report in work_:
                    yield report.stage if report.stage == "comparing" else ""
                # Versions this short are not better than each other: taken by hand they are used.
                go_back(project, project.models.all(TASK)[-1].name)
                yield "promoted"
                continue
            for _ in repropose(project, current_proposer(project), left):
                yield "proposing"


def life(folder: Path, moment: str, delay: float) -> str:
    """Let it live until a moment and a bit longer, then kill it; the last that it said."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        try:
            for said in work(folder):
                os.write(writing, f"{said}\n".encode())
        finally:
            os._exit(1)
    os.close(writing)
    heard, end = "", time.monotonic() + _PATIENCE_S
    while f"{moment}\n" not in heard and time.monotonic() < end:
        if select.select([reading], [], [], 1.0)[0]:
            told = os.read(reading, 65536).decode()
            heard += told
            if not told:
                break
    time.sleep(delay)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    while told := os.read(reading, 65536).decode():
        heard += told
    os.close(reading)
    if not os.WIFSIGNALED(status):
        return "it ended by itself"
    return ([line for line in heard.splitlines() if line] or ["beginning"])[-1]


def check(folder: Path, finished: dict[int, str], known: set[str]) -> list[str]:
    """What is wrong with the project after a kill; ``known`` takes in its versions."""
    problems: list[str] = []
    with Project.open(folder, annotator="checker") as project:
        problems += list(verify(project))[-1].problems
        for image_id, was in finished.items():
            if digest(project.load(image_id)) != was:
                problems.append(f"image {image_id} is finished and has changed")
        versions = {v.name: v for v in project.models.all(TASK)}
        problems += [f"{name} is lost" for name in known - versions.keys()]
        known.update(versions)
        if sum(v.active for v in versions.values()) > 1:
            problems.append("two versions are in use")
        for version in versions.values():
            proposer_of(project, version)
        for image_id in project.ids(UNFINISHED).tolist():
            faces = project.load(image_id).faces
            models = {name for f in faces if f.landmarks is not None for name in f.landmarks.model}
            if len(faces) != 1 or len(models) != 1 or not models <= {MeanFace.name, *versions}:
                problems.append(f"image {image_id} is half proposed: {sorted(models)}")
    return problems


def main() -> None:
    """Kill so often, and print what was counted."""
    faces = os.environ.get("LAPA_KILL_FACES")
    if not faces:
        write("skipped: say $LAPA_KILL_FACES, a folder of faces in LaPa's layout")
        return
    for heavy in ("lightning", "openvino", "torch"):  # once, and not in each life
        importlib.import_module(heavy)
    chance = random.Random(int(os.environ.get("LAPA_BENCH_SEED", "8")))
    tally: Counter[str] = Counter()
    problems: list[str] = []
    known: set[str] = set()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = make(Path(name), Path(faces))
        with Project.open(folder, annotator="checker") as project:
            done = project.ids("status:done").tolist()
            finished = {i: digest(project.load(i)) for i in done}
        for kill in range(KILLS):
            moment = list(_MOMENTS)[kill % len(_MOMENTS)]
            said = life(folder, moment, chance.uniform(0, _MOMENTS[moment]))
            tally[f"killed when it had said: {said}"] += 1
            problems += check(folder, finished, known)
            write(f"kill {kill + 1} after {said}: {len(known)} versions, {len(problems)} problems")
    for what, count in sorted(tally.items()):
        write(f"  {what}: {count}")
    write(f"  problems: {len(problems)}")
    for problem in problems[:8]:
        write(f"    {problem}")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
