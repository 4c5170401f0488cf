"""A project's training in a process of its own: started, found again, paused and cancelled.

The project's table of jobs is where the two sides meet: the trainer tells there that it lives and
how far it is, and others write there what they want of it: ``running``, ``paused`` or
``cancelling``. So a window finds a training that another one has begun, and a trainer that was
killed is told from one that works.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from lapa_annotator.domain.errors import InputError
from lapa_annotator.store.finding import count_faces
from lapa_annotator.store.project import Project
from lapa_annotator.store.values import Job
from lapa_annotator.training.loop import Machine, Progress, RunFolder
from lapa_annotator.training.retrain.run import discard_run, last_key, retrain, unfinished_run
from lapa_annotator.training.retrain.settings import RetrainSettings, settings_of
from lapa_annotator.training.retrain.snapshot import finished_query
from lapa_annotator.training.retrain.versions import FOLDER, TASK, TASKS

LOG = "trainer.log"
Wish = Literal["running", "paused", "cancelling"]

_BEAT_S = 2.0
_NICE = 10
_POWER = Path("/sys/class/power_supply")

Train = Callable[..., Generator[Progress, None, None]]


def kind_of(task: str) -> str:
    """What the project's table of jobs calls the trainings of a task."""
    return f"retrain {task}"


KIND = kind_of(TASK)


@dataclass(frozen=True, slots=True)
class Due:
    """Whether a training is due: faces finished since the last one, and after how many it is."""

    new: int
    every: int

    @property
    def now(self) -> bool:
        """Whether it is due now."""
        return self.new >= self.every


def due(project: Project, task: str = TASK) -> Due:
    """Say how many faces were finished since a project's last training of a task.

    Raises:
        InputError: the project's settings are out of range.
    """
    settings = settings_of(project, task)
    finished = count_faces(project, finished_query(settings))
    return Due(max(0, finished - project.settings.get(last_key(task), 0)), settings.every)


@dataclass(frozen=True)
class Training:
    """The last training of a project.

    Attributes:
        job: what its process told last.
        run: the folder of a run that has not come to its end; None for one that has.
    """

    job: Job
    run: Path | None

    @property
    def unfinished(self) -> bool:
        """Whether it was stopped or killed, and would go on if it was started again."""
        return self.run is not None and not self.job.alive

    def reports(self) -> list[Progress]:
        """The course of the run so far."""
        return [] if self.run is None else list(RunFolder(self.run).reports())


def last_training(project: Project, task: str = TASK) -> Training | None:
    """Find a project's training, running or past; None if there never was one."""
    job = project.jobs.last(kind_of(task))
    return None if job is None else Training(job, unfinished_run(project, task))


def is_training(project: Project) -> bool:
    """Whether a training of any task is running; there is one at a time."""
    jobs = [project.jobs.last(kind_of(task)) for task in TASKS]
    return any(job is not None and job.alive for job in jobs)


def ask(project: Project, wish: Wish, task: str = TASK) -> None:
    """Tell the running training to go on, to pause, or to end and leave nothing.

    A training whose process has gone can be cancelled, too.

    Raises:
        InputError: there is none.
    """
    job = project.jobs.last(kind_of(task))
    if job is not None and job.alive:
        project.jobs.update(job.id, state=wish)
    elif wish != "cancelling" or not discard_run(project, task):
        raise InputError(project.folder, "no training is running", "begin one with `retrain`")


def start_process(folder: Path, task: str = TASK) -> subprocess.Popen[bytes]:
    """Begin a training, or go on with one, in a process of its own; it outlives this one.

    Raises:
        InputError: one is running, or the project's folder cannot be written.
    """
    with Project.open(folder, read_only=True) as project:
        busy = is_training(project)
    if busy:
        raise InputError(folder, "a training is running already", "wait for it, or cancel it")
    command = [sys.executable, "-m", "lapa_annotator", "retrain", str(folder), "--worker"]
    command += ["--task", task]
    try:
        (folder / FOLDER).mkdir(exist_ok=True)
        with (folder / FOLDER / LOG).open("wb") as log:
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
    except OSError as error:
        raise InputError(
            folder, f"a training cannot be begun ({error.strerror})", "check the folder"
        ) from error


def step_back() -> None:
    """Let other programs go first; for a process that trains beside an annotator."""
    if hasattr(os, "nice"):
        os.nice(_NICE)


def on_battery() -> bool:
    """Whether the computer runs on its battery; False where that cannot be told."""
    try:
        states = [(place / "status").read_text().strip() for place in _POWER.glob("BAT*")]
    except OSError:
        return False
    return "Discharging" in states


def run_training(
    project: Project,
    settings: RetrainSettings,
    machine: Machine | None = None,
    *,
    task: str = TASK,
    train: Train | None = None,
    battery: Callable[[], bool] = on_battery,
) -> Generator[Progress, None, None]:
    """Train in this process, do what others ask of it meanwhile, and keep the job's row.

    Args:
        project: open for writing.
        settings, machine, task: see ``training.retrain.run.retrain``.
        train: what trains; ``retrain`` without.
        battery: tells whether to pause for the battery's sake.

    Raises:
        InputError: another training is running, the project was moved, and what ``train`` raises.
    """
    train = train or partial(retrain, task=task)
    if is_training(project):
        raise InputError(project.folder, "a training is already running", "wait, or cancel it")
    job = project.jobs.claim(kind_of(task), {})
    state, said = "stopped", "It was stopped; it goes on when it is started again."
    try:
        with _Heart(project, job) as heart:
            begin = partial(train, project, settings, machine)
            state, said = yield from _follow(project, job, heart, battery, begin)
        if state == "cancelled":
            discard_run(project, task)
    except InputError as error:
        state, said = "failed", str(error)
        raise
    finally:
        if (project.folder / "project.db").exists():
            project.jobs.update(job, state=state, message=said)
        else:
            _clear_old_place(project.folder)


def _follow(
    project: Project,
    job: int,
    heart: _Heart,
    battery: Callable[[], bool],
    begin: Callable[[], Generator[Progress, None, None]],
) -> Generator[Progress, None, tuple[str, str]]:
    spare = not settings_of(project).on_battery  # one setting for all that it trains
    said = ""
    while True:
        wish = "running"
        with closing(begin()) as work:
            for progress in work:
                said = progress.note or ("Training." if progress.stage == "training" else said)
                project.jobs.update(job, done=progress.step, total=progress.steps, message=said)
                yield progress
                wish = "paused" if spare and battery() else heart.wish()
                if wish != "running":
                    break
            else:
                return "finished", said
        if wish == "cancelling":
            return "cancelled", "It was cancelled."
        yield Progress("paused", progress.step, progress.steps, note="Paused.")
        while (spare and battery()) or heart.wish() == "paused":
            time.sleep(_BEAT_S / 4)


class _Heart:
    """Tells every other second that a job lives, and hears what others want of it."""

    def __init__(self, project: Project, job: int) -> None:
        self._project, self._job = project, job
        self._state = "running"
        self._lost: InputError | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> _Heart:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def wish(self) -> str:
        """What is wanted: "running", "paused" or "cancelling".

        Raises:
            InputError: the project cannot be reached any more.
        """
        if self._lost is not None:
            raise InputError(
                self._project.folder,
                "the project was moved or cannot be written during the training",
                "open it where it is now and start the training again: it goes on",
            ) from self._lost
        return self._state

    def _beat(self) -> None:
        while not self._stop.wait(_BEAT_S):
            try:
                self._state = self._project.jobs.beat(self._job)
            except InputError as error:
                self._lost = error
                return


def _clear_old_place(folder: Path) -> None:
    """Remove what a trainer wrote to where its project had been before it was moved."""
    left: Any = list(folder.iterdir()) if folder.is_dir() else []
    if [path.name for path in left] == [FOLDER]:
        shutil.rmtree(folder, ignore_errors=True)
