"""The dialog of retraining: the training at work, the versions, the learning curve."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QDateTime, QTime, QTimer, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QTabWidget,
    QTimeEdit,
    QVBoxLayout,
    QWidget,
)

from lapa_annotator.batch.retraining import Training, ask, due, last_training, start_process
from lapa_annotator.domain.errors import InputError
from lapa_annotator.gui.retrain.plots import CourseView, LearningCurveView
from lapa_annotator.gui.retrain.versions import VersionsView
from lapa_annotator.gui.widgets import wrapped
from lapa_annotator.gui.workers import Job, JobQueue, once
from lapa_annotator.store.effort import finished_faces
from lapa_annotator.store.project import Project
from lapa_annotator.training.loop import Progress
from lapa_annotator.training.retrain.forecast import CurvePoint, forecast, learning_curve
from lapa_annotator.training.retrain.settings import settings_of
from lapa_annotator.training.retrain.versions import PARSING, TASK

_LOOK_MS = 1000


class TrainingDialog(QDialog):
    """Shows and steers a project's trainings; a training goes on when this is closed.

    What is shown is of one task at a time: the model of points, or the network of hair and skin.

    ``said(InputError)`` for what went wrong, ``changed()`` when another version is in use.
    """

    said = Signal(object)
    changed = Signal()

    def __init__(self, project: Project, queue: JobQueue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Retraining"))
        self.resize(860, 560)
        self._project = project
        self.work = _Work(project)
        self.versions = VersionsView(project)
        self.curve = _Curve(project, queue)
        self.problem = wrapped("")
        self.problem.hide()
        self.task = QComboBox()
        self.task.addItem(self.tr("Points"), TASK)
        self.task.addItem(self.tr("Hair and skin"), PARSING)
        self.task.currentIndexChanged.connect(self._choose)
        about = QLabel(self.tr("What the model &learns"))
        about.setBuddy(self.task)
        above = QHBoxLayout()
        above.addWidget(about)
        above.addWidget(self.task)
        above.addStretch(1)
        tabs = QTabWidget()
        tabs.addTab(self.work, self.tr("Training"))
        tabs.addTab(self.versions, self.tr("Versions"))
        tabs.addTab(self.curve, self.tr("Learning curve"))
        self.tabs = tabs
        column = QVBoxLayout(self)
        column.addLayout(above)
        column.addWidget(tabs)
        column.addWidget(self.problem)
        for part in (self.work, self.versions, self.curve):
            part.failed.connect(self._tell)
        self.versions.changed.connect(self.changed)
        self.work.ended.connect(self._ended)
        self._timer = QTimer(self, interval=_LOOK_MS)
        self._timer.timeout.connect(self.work.look)
        self._timer.start()

    def _choose(self) -> None:
        self.problem.hide()
        for part in (self.work, self.versions, self.curve):
            part.show_task(self.task.currentData())

    def _ended(self) -> None:
        self.versions.fill()
        self.curve.fill()
        self.changed.emit()

    def _tell(self, error: InputError) -> None:
        self.problem.setText(str(error))
        self.problem.show()
        self.said.emit(error)


@dataclass(frozen=True, slots=True)
class _Offer:
    """Which of the buttons make sense now."""

    start: bool
    pause: bool
    go_on: bool
    cancel: bool


class _Work(QWidget):
    """How far the training is, and the buttons that begin and steer one."""

    failed = Signal(object)
    ended = Signal()

    def __init__(self, project: Project) -> None:
        super().__init__()
        self._project, self._task = project, TASK
        self._was_alive = False
        self.state = wrapped("")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.course = CourseView()
        self.start = QPushButton(self.tr("Retrain now"))
        self.pause = QPushButton(self.tr("Pause"))
        self.go_on = QPushButton(self.tr("Go on"))
        self.cancel = QPushButton(self.tr("Cancel"))
        self.at = QTimeEdit(QTime(22, 0))
        self.wait = QPushButton(self.tr("Begin then"))
        self._later = QTimer(self, singleShot=True)
        self._later.timeout.connect(self._start)
        self.start.clicked.connect(self._start)
        self.pause.clicked.connect(lambda: self._ask("paused"))
        self.go_on.clicked.connect(lambda: self._ask("running"))
        self.cancel.clicked.connect(lambda: self._ask("cancelling"))
        self.wait.clicked.connect(self._wait)
        buttons = QHBoxLayout()
        for widget in (self.start, self.pause, self.go_on, self.cancel):
            buttons.addWidget(widget)
        buttons.addStretch(1)
        buttons.addWidget(self.at)
        buttons.addWidget(self.wait)
        column = QVBoxLayout(self)
        column.addWidget(self.state)
        column.addWidget(self.bar)
        column.addWidget(self.course, 1)
        column.addLayout(buttons)
        self.look()

    def show_task(self, task: str) -> None:
        """Show the training of another task from now on."""
        self._task, self._was_alive = task, False
        self.course.measure(task)
        self.look()

    def look(self) -> None:
        """Bring everything up to date with what the training tells."""
        try:
            training = last_training(self._project, self._task)
            told = due(self._project, self._task)
        except InputError as error:
            self.failed.emit(error)
            return
        alive = training is not None and training.job.alive
        counted = self.tr("{new:,} faces finished since the last training; due at {every:,}.")
        reports = training.reports() if training is not None else []
        lines = [_said(training), self._far(training, reports)]
        lines += [counted.format(new=told.new, every=told.every)]
        self.state.setText("\n".join(line for line in lines if line))
        if training is not None:
            self.bar.setMaximum(max(training.job.total, 1))
            self.bar.setValue(min(training.job.done, max(training.job.total, 1)))
            if reports or not alive:
                self.course.show_course(reports)
        self.bar.setVisible(alive)
        self._offer(training)
        if self._was_alive and not alive:
            self.ended.emit()
        self._was_alive = alive

    def _far(self, training: Training | None, reports: list[Progress]) -> str:
        """Steps taken and the time left, while it is at work."""
        if training is None or not training.job.alive or not training.job.total:
            return ""
        text = self.tr("{done} of {total}").format(done=training.job.done, total=training.job.total)
        steps = [r for r in reports if r.stage == "training" and r.step and r.seconds]
        if steps and training.job.state == "running":
            last = steps[-1]
            left = last.seconds / last.step * (last.steps - last.step) / 60
            text += self.tr(", about {minutes} minutes of training left").format(
                minutes=math.ceil(left)
            )
        return text

    def _offer(self, training: Training | None) -> None:
        alive = training is not None and training.job.alive
        state = training.job.state if training is not None else ""
        unfinished = training is not None and training.unfinished
        offer = _Offer(
            start=not alive,
            pause=alive and state == "running",
            go_on=alive and state == "paused",
            cancel=(alive and state != "cancelling") or unfinished,
        )
        self.start.setText(
            self.tr("Go on with the training") if unfinished else self.tr("Retrain now")
        )
        for name in ("start", "pause", "go_on", "cancel"):
            getattr(self, name).setEnabled(getattr(offer, name))
        self.wait.setEnabled(offer.start)

    def _start(self) -> None:
        try:
            start_process(self._project.folder, self._task)
        except InputError as error:
            self.failed.emit(error)
        self.start.setEnabled(False)

    def _wait(self) -> None:
        now = QDateTime.currentDateTime()
        then = QDateTime(now.date(), self.at.time())
        then = then if then > now else then.addDays(1)
        self._later.start(int(now.msecsTo(then)))
        self.wait.setText(self.tr("Waiting until {time}").format(time=then.toString("HH:mm")))

    def _ask(self, wish: Any) -> None:
        try:
            ask(self._project, wish, self._task)
        except InputError as error:
            self.failed.emit(error)
        self.look()


def _said(training: Training | None) -> str:
    if training is None:
        return ""
    job = training.job
    state = "stopped" if training.unfinished and job.state == "running" else job.state
    return f"{state.capitalize()}: {job.message}" if job.message else state.capitalize()


class _Curve(QWidget):
    """The learning curve, and in one sentence what more faces would bring."""

    failed = Signal(object)

    def __init__(self, project: Project, queue: JobQueue) -> None:
        super().__init__()
        self._project, self._queue, self._task = project, queue, TASK
        self.view = LearningCurveView()
        self.told = QLabel()
        self.told.setWordWrap(True)
        column = QVBoxLayout(self)
        column.addWidget(self.view, 1)
        column.addWidget(self.told)
        self.fill()

    def show_task(self, task: str) -> None:
        """Show the curve of another task from now on."""
        self._task = task
        self.view.measure(task)
        self.fill()

    def fill(self) -> None:
        """Read the project's finished faces, off the window's thread, and draw."""
        project, task = self._project, self._task
        job = Job(
            once(lambda: learning_curve(project, list(finished_faces(project)), task)),
            self.tr("Reading the learning curve …"),
        )
        job.returned.connect(lambda points: self._show(points) if task == self._task else None)
        job.failed.connect(self.failed)
        self._queue.add(job)

    def _show(self, points: list[CurvePoint] | None) -> None:
        if points is None:
            return
        more = settings_of(self._project, self._task).every
        told = forecast(points, more)
        if told is None:
            self.told.setText(self.tr("A forecast needs two versions of other sizes."))
        else:
            worth = self.tr("worth it") if told.worth_it else self.tr("time to stop")
            text = self.tr(
                "{n:,} faces more would bring the error to about {error:.2f} %: {worth}."
            )
            self.told.setText(text.format(n=more, error=told.error, worth=worth))
        self.view.show_curve(points, more)
