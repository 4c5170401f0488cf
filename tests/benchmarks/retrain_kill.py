"""Trainer and window killed with SIGKILL at random moments, on one project, in turns and at once.

A window without a display drags points, finishes photos and goes on, and says so after every
change that was saved, while a training runs beside in its own process. After each kill the
project is checked, and what was killed is begun again: the training must go on where it was.

    LAPA_KILL_FACES=FOLDER LAPA_BENCH_KILLS=50 python -m tests.benchmarks retrain_kill

``FOLDER`` is in LaPa's layout; ``LAPA_BENCH_SEED`` chooses other moments.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

from lapa_annotator.batch.photos import LOOK
from lapa_annotator.batch.retraining import LOG, last_training, start_process
from lapa_annotator.domain.edits import AddFace, SetStatus
from lapa_annotator.domain.face import Face, Status
from lapa_annotator.domain.geometry import Box
from lapa_annotator.domain.landmarks import Landmarks, Origin
from lapa_annotator.formats.lapa import LapaFolder, read_landmarks
from lapa_annotator.store.project import Project
from lapa_annotator.store.verify import verify
from lapa_annotator.training.retrain.gate import Rule
from lapa_annotator.training.retrain.settings import RetrainSettings, set_settings
from lapa_annotator.training.retrain.versions import FOLDER, TASK, proposer_of
from tests.benchmarks.store_kill import digest, write

KILLS = int(os.environ.get("LAPA_BENCH_KILLS", "50"))
_PHOTOS, _FINISHED = 40, 24
_LONGEST_LIFE = 12.0
_PATIENCE = 180.0
_SETTINGS = RetrainSettings(
    least=8, held_out=0.3, steps=200, batch=2, scratch=True, width=8, rule=Rule(faces=5)
)


class Siege:
    """A project with a trainer and a window at work, and what each of them has achieved."""

    def __init__(self, folder: Path, faces: Path) -> None:
        self.folder, self.project = folder, folder / "p.lapa"
        self.tally: Counter[str] = Counter()
        self.problems: list[str] = []
        self.saved: dict[int, str] = {}
        self.finished: dict[str, str] = {}
        self.said = folder / "said.jsonl"
        self.window: subprocess.Popen[bytes] | None = None
        self.trainer: subprocess.Popen[bytes] | None = None
        self._make(faces)

    def _make(self, faces: Path) -> None:
        samples = [s for s in LapaFolder(faces).samples() if s.landmarks is not None][:_PHOTOS]
        photos = self.folder / "photos"
        photos.mkdir()
        for sample in samples:
            (photos / sample.image.name).symlink_to(sample.image.resolve())
        truth = {s.image.stem: read_landmarks(s.landmarks) for s in samples if s.landmarks}
        with Project.create(self.project, annotator="nobody") as project:
            list(project.add_folder(photos, LOOK))
            for image_id in project.ids().tolist():
                points = truth[project.info(image_id).path.stem]
                made = Landmarks(points, origin=np.full(len(points), int(Origin.CORRECTED)))
                project.save(image_id, AddFace(Face(Box.around(points), made), 0))
            for image_id in project.ids().tolist()[:_FINISHED]:
                project.save(image_id, SetStatus(project.load(image_id).status, Status.DONE))
            set_settings(project, _SETTINGS)
            self.saved = {i: digest(project.load(i)) for i in project.ids().tolist()}

    def begin(self) -> None:
        """Begin what does not run; a training that was killed must go on."""
        if self.window is None or self.window.poll() is not None:
            self.said.write_bytes(b"")
            with self.said.open("ab") as pipe, (self.folder / "window.log").open("ab") as log:
                self.window = subprocess.Popen(
                    [sys.executable, "-m", __spec__.name, "window", str(self.project)],
                    stdout=pipe,
                    stderr=log,
                    env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
                )
            self.tally["windows begun"] += 1
        if self.trainer is None or self.trainer.poll() is not None:
            self._reap()
            with Project.open(self.project, read_only=True) as project:
                before = last_training(project)
            interrupted = before is not None and before.run is not None
            self.trainer = start_process(self.project)
            self.tally["trainers begun"] += 1
            if interrupted and before is not None and before.run is not None:
                self._expect(f"Going on with {before.run.name}.")

    def _reap(self) -> None:
        """Count how a trainer ended that nobody had killed."""
        status = None if self.trainer is None else self.trainer.returncode
        if status == 0:
            self.tally["trainings that came to their end"] += 1
        elif status not in (None, -signal.SIGKILL):
            log = (self.project / FOLDER / LOG).read_text(errors="replace")
            self.problems.append(f"the trainer ended with {status}: {log[-300:]}")

    def _expect(self, words: str) -> None:
        """Wait for what the trainer says first."""
        end = time.monotonic() + _PATIENCE
        log = self.project / FOLDER / LOG
        while words not in log.read_text(errors="replace"):
            if time.monotonic() > end or (self.trainer and self.trainer.poll() is not None):
                self.problems.append(f"not said: {words} but {log.read_text()[-300:]}")
                return
            time.sleep(0.1)
        self.tally["trainings resumed"] += 1

    def kill(self, what: str) -> None:
        """Kill at once, and check."""
        assert self.window is not None
        assert self.trainer is not None
        gone = self.trainer.poll() is not None
        for name, process in (("window", self.window), ("trainer", self.trainer)):
            if what in (name, "both") and process.poll() is None:
                process.kill()
                process.wait()
        if what == "window" and not gone:
            self._outlives()
        self.tally[
            f"kills: {what}" + (" (it had just ended)" if gone and what != "window" else "")
        ] += 1
        self.check(what)

    def _outlives(self) -> None:
        """The training goes on without the window, unless it came to its end just then."""
        assert self.trainer is not None
        time.sleep(0.5)
        if self.trainer.poll() in (None, 0):
            self.tally["trainers that outlived their window"] += 1
        else:
            self.problems.append(f"the trainer ended with {self.trainer.poll()} after its window")

    def check(self, what: str) -> None:
        """Compare the project with what was said to be saved, and look for damage."""
        flying = self._hear() if what != "trainer" else {int(i) for i in self.saved}
        with Project.open(self.project, annotator="checker") as project:
            for problem in list(verify(project))[-1].problems:
                self.problems.append(problem)
            for image_id, known in self.saved.items():
                now = digest(project.load(image_id))
                if now != known and image_id not in flying:
                    self.tally["saved changes lost"] += 1
                if what != "trainer":
                    self.saved[image_id] = now
            versions = {v.name: v for v in project.models.all(TASK)}
            self.tally["finished versions lost"] += len(self.finished.keys() - versions.keys())
            for version in versions.values():
                proposer_of(project, version)
                self.finished[version.name] = version.weights
            training = last_training(project)
        if what != "window" and training is not None:
            told = "reported as unfinished" if training.unfinished else "no run begun or all done"
            told = "still told alive (less than its heartbeat ago)" if training.job.alive else told
            self.tally[f"after a killed trainer: {told}"] += 1

    def _hear(self) -> set[int]:
        """Take in what the window said; returns the images whose change was not acknowledged."""
        flying: set[int] = set()
        for line in self.said.read_text().splitlines():
            try:
                told = json.loads(line)
            except ValueError:  # cut off by the kill
                continue
            if "begun" in told:
                flying.add(told["begun"])
            elif "now" in told:
                self.saved[told["image"]] = told["now"]
                flying.discard(told["image"])
                self.tally["changes acknowledged by the window"] += 1
            elif "training" in told:
                self.tally[f"a new window tells of the training: {told['training']}"] += 1
        return flying

    def end(self) -> None:
        """Let the training come to its end, and close."""
        self.begin()
        assert self.trainer is not None
        assert self.window is not None
        self.window.kill()
        self.window.wait()
        self.trainer.wait(600)
        self._reap()
        self.check("both")


def window_at_work(project: Path) -> None:
    """Annotate in the real window without end, and say what was saved."""
    from PySide6.QtCore import QPoint, QPointF, Qt
    from PySide6.QtTest import QTest

    from tests.benchmarks.window import opened, until

    def tell(**what: object) -> None:
        os.write(1, json.dumps(what).encode() + b"\n")

    with (
        tempfile.TemporaryDirectory() as settings,
        opened(Path(settings), lambda w: w.open_folder(project)) as window,
    ):
        until(
            lambda: window.view and window.view.desk.image_id and window.view.editor.has("points")
        )
        training = last_training(window.project)
        state = "none" if training is None else "running" if training.job.alive else "not running"
        tell(training=state)
        desk, editor, left = window.view.desk, window.view.editor, Qt.MouseButton.LeftButton
        for turn in range(10**9):
            image_id, saver = desk.image_id, editor.document.saver
            tell(begun=image_id)
            points = editor.document.faces[0].landmarks.points
            start = editor.canvas.mapFromScene(QPointF(*points[turn % len(points)]))
            QTest.mousePress(editor.canvas.viewport(), left, pos=start)
            QTest.mouseMove(editor.canvas.viewport(), start + QPoint(3, 2))
            QTest.mouseMove(editor.canvas.viewport(), start + QPoint(6, 4))
            QTest.mouseRelease(editor.canvas.viewport(), left, pos=start + QPoint(6, 4))
            until(lambda saver=saver: not saver.waiting)
            tell(image=image_id, now=digest(window.project.load(image_id)))
            if turn % 3 == 2:
                tell(begun=image_id)
                window.actions_["finish"].trigger()
                until(lambda saver=saver: not saver.waiting)
                tell(image=image_id, now=digest(window.project.load(image_id)))
                if desk.image_id == image_id:
                    window.actions_["next_photo"].trigger()
                until(lambda: editor.has("points"))


def siege(folder: Path, faces: Path) -> None:
    """Kill so often, and print what was counted."""
    chance = random.Random(int(os.environ.get("LAPA_BENCH_SEED", "8")))
    siege = Siege(folder, faces)
    for kill in range(1, KILLS + 1):
        siege.begin()
        time.sleep(chance.uniform(0, _LONGEST_LIFE))
        siege.kill(chance.choice(("trainer", "trainer", "window", "window", "both")))
        if kill % 5 == 0:
            write(f"{kill} kills, {len(siege.problems)} problems: {dict(siege.tally)}")
    siege.end()
    for name, count in sorted(siege.tally.items()):
        write(f"  {name}: {count}")
    write(f"  versions: {', '.join(siege.finished)}")
    write(f"  problems: {len(siege.problems)}")
    for problem in siege.problems[:8]:
        write(f"    {problem}")


def main() -> None:
    """Kill, check, and print; or be the window that is killed."""
    if sys.argv[1:2] == ["window"]:
        window_at_work(Path(sys.argv[2]))
        return
    faces = os.environ.get("LAPA_KILL_FACES")
    if not faces:
        write("skipped: say $LAPA_KILL_FACES, a folder of faces in LaPa's layout")
        return
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        siege(Path(folder), Path(faces))


if __name__ == "__main__":
    main()
