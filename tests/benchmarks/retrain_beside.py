"""Milliseconds per drag step and per next photo while a training runs beside, against none.

The trainer is the program's own: the usual network at the usual settings, in a process of low
priority. It is stopped and let go in turns, so that whatever else the machine does hits both.
What is measured is the window: the models that it waits for while it reads ahead are played.

    LAPA_KILL_FACES=FOLDER python -m tests.benchmarks retrain_beside

``FOLDER`` is in LaPa's layout; ``LAPA_BENCH_TURNS`` says how many turns (3). It takes about two
minutes of a quiet machine with two cores; a figure that is measured is printed at once.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtWidgets import QApplication

from lapa_annotator.batch.retraining import FOLDER, LOG, last_training, start_process
from lapa_annotator.gui import app
from lapa_annotator.store.project import Project
from lapa_annotator.training.retrain.gate import Rule
from lapa_annotator.training.retrain.settings import RetrainSettings, set_settings
from tests.benchmarks.drag import PARTS, _drag, _open_editor
from tests.benchmarks.retrain_kill import Siege
from tests.benchmarks.store_kill import write
from tests.benchmarks.window import _step, make_photos, opened, settled, until

GOAL = 1.5
_PATIENCE_S = 240
_PHOTOS = 8
_PARTS = ("chin", "left eye", "nose tip", "mouth corner")
_TURNS = int(os.environ.get("LAPA_BENCH_TURNS", "3"))


def begin(folder: Path, faces: Path) -> subprocess.Popen[bytes]:
    """Begin a training and wait until it takes steps."""
    project_folder = Siege(folder, faces).project
    with Project.open(project_folder, annotator="nobody") as project:
        settings = RetrainSettings(least=8, held_out=0.3, scratch=True, rule=Rule(faces=5))
        set_settings(project, settings)
        process = start_process(project_folder)
        begun = time.monotonic()
        end = begun + _PATIENCE_S
        while time.monotonic() < end and process.poll() is None:
            training = last_training(project)
            if training is not None and any(r.step for r in training.reports()):
                write(f"the training takes steps after {time.monotonic() - begun:.0f} s")
                return process
            time.sleep(0.5)
    process.kill()
    process.wait()
    told = (project_folder / FOLDER / LOG).read_text(errors="replace")
    raise TimeoutError(f"the training did not begin: {told[-500:]}")


def in_turns(trainer: subprocess.Popen[bytes], measure: Callable[[], list[float]]) -> str:
    """Measure with the trainer stopped and at work; the figures in words."""
    times: dict[int, list[float]] = {signal.SIGSTOP: [], signal.SIGCONT: []}
    for _ in range(_TURNS):
        for state in times:
            if trainer.poll() is not None:
                return "the training came to its end meanwhile: nothing to compare"
            trainer.send_signal(state)
            time.sleep(0.5)
            times[state] += measure()
    idle, beside = (np.percentile(found, (50, 95)) for found in times.values())
    ratio = beside / idle
    return (
        f"idle {idle[0]:.1f} and {idle[1]:.1f} ms (median, 95th percentile), beside a training "
        f"{beside[0]:.1f} and {beside[1]:.1f} ms: {ratio[0]:.2f} and {ratio[1]:.2f} times "
        f"(goal {GOAL}), n = {len(times[signal.SIGCONT])}"
    )


def drags(trainer: subprocess.Popen[bytes], side: tuple[int, int]) -> str:
    """Steps of drags of one point in each part, with the live label map."""
    application = QApplication.instance()
    assert application is not None
    editor, _ = _open_editor(*side)
    editor.fit_face()
    application.processEvents()
    _drag(editor, 16)
    try:
        return in_turns(
            trainer, lambda: [wall for part in _PARTS for wall, _ in _drag(editor, PARTS[part])]
        )
    finally:
        editor.close()


def next_photos(trainer: subprocess.Popen[bytes], folder: Path, warm: bool) -> str:
    """From the key to the next photo with its points painted."""
    photos = make_photos(folder / f"photos-{warm}", 1 + 2 * _TURNS * _PHOTOS, (1200, 900))
    with opened(folder, lambda w: w.jobs.create(photos, folder / f"p-{warm}")) as window:
        until(lambda: window.view.desk.image_id and settled(window))
        return in_turns(trainer, lambda: [1000 * _step(window, warm)[0] for _ in range(_PHOTOS)])


def main() -> None:
    """Print the figures."""
    faces = os.environ.get("LAPA_KILL_FACES")
    if not faces:
        write("skipped: say $LAPA_KILL_FACES, a folder of faces in LaPa's layout")
        return
    app.application(["benchmark"])
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        trainer = begin(folder, Path(faces))
        try:
            write(f"drag step, 1 MP: {drags(trainer, (1000, 1000))}")
            write(f"drag step, 12 MP: {drags(trainer, (4000, 3000))}")
            write(f"next photo, read ahead: {next_photos(trainer, folder, True)}")
            write(f"next photo, not read ahead: {next_photos(trainer, folder, False)}")
        finally:
            trainer.send_signal(signal.SIGCONT)
            trainer.kill()
            trainer.wait()


if __name__ == "__main__":
    main()
