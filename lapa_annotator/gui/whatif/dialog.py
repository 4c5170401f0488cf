"""The dialog of trials: settings at the left, what they would do at the right."""

from __future__ import annotations

import time

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from lapa_annotator.batch.whatif.compare import Outcome
from lapa_annotator.batch.whatif.run import use, what_if
from lapa_annotator.domain.errors import InputError
from lapa_annotator.gui.whatif.form import SettingsForm
from lapa_annotator.gui.whatif.results import ClassTable, MostChanged
from lapa_annotator.gui.widgets import named, wrapped
from lapa_annotator.gui.workers import Job, Queues, Step, stepwise
from lapa_annotator.ppa.settings import Settings, history, settings_of, take_back
from lapa_annotator.store.project import Project

_FORM_WIDTH = 300


class WhatIfDialog(QDialog):
    """Tries settings over the whole project, and takes them into use when they are wanted.

    ``used(Settings)`` when other settings are in use.

    Args:
        project: the open project.
        queues: the window's; trials go through the one for trials.
        parent: the window.

    Raises:
        InputError: the project's settings are damaged.
    """

    used = Signal(object)

    def __init__(self, project: Project, queues: Queues, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("What if"))
        self.resize(1120, 760)
        self._project, self._queues = project, queues
        self._job: Job | None = None
        self._tried: tuple[Settings, Outcome] | None = None
        self.form = SettingsForm(settings_of(project))
        self.form.changed.connect(self._offer)
        self.said = wrapped("")
        self.problem = named(wrapped(""), "fieldError")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setMaximumHeight(6)
        self.classes = ClassTable()
        self.most = MostChanged(queues.pictures)
        self.past = named(wrapped(""), "faint")
        self._make_buttons()
        self._lay_out()
        self._show(None)

    def _make_buttons(self) -> None:
        self.try_ = named(QPushButton(self.tr("Try on the whole project")), "primary")
        self.stop = QPushButton(self.tr("Stop"))
        self.as_used = QPushButton(self.tr("As they are in use"))
        self.apply = named(QPushButton(self.tr("Use these settings")), "primary")
        self.back = QPushButton(self.tr("Take the last change back"))
        self.leave = QPushButton(self.tr("Close"))
        self.try_.clicked.connect(lambda _: self.start())
        self.stop.clicked.connect(lambda _: self.cancel())
        self.as_used.clicked.connect(lambda _: self.form.use(settings_of(self._project)))
        self.apply.clicked.connect(lambda _: self._use())
        self.back.clicked.connect(lambda _: self._take_back())
        self.leave.clicked.connect(lambda _: self.close())
        for button in (self.stop, self.as_used, self.apply, self.back, self.leave):
            button.setAutoDefault(False)

    def _lay_out(self) -> None:
        scroll = QScrollArea()
        scroll.setWidget(self.form)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        left = QVBoxLayout()
        left.addWidget(scroll, 1)
        for button in (self.as_used, self.try_, self.stop):
            left.addWidget(button)
        side = QWidget()
        side.setLayout(left)
        side.setFixedWidth(_FORM_WIDTH)
        left.setContentsMargins(0, 0, 0, 0)
        titles = QLabel(self.tr("The faces that change most: before, after, and the difference"))
        right = QVBoxLayout()
        for widget in (self.said, self.bar, self.problem, self.classes, titles):
            right.addWidget(widget)
        right.addWidget(self.most, 1)
        halves = QHBoxLayout()
        halves.setSpacing(14)
        halves.addWidget(side)
        halves.addLayout(right, 1)
        foot = QHBoxLayout()
        foot.addWidget(self.past, 1)
        for button in (self.back, self.apply, self.leave):
            foot.addWidget(button)
        column = QVBoxLayout(self)
        column.addLayout(halves, 1)
        column.addLayout(foot)

    # Trying

    def start(self) -> None:
        """Try what the form says; a trial under way is given up."""
        self._tell(None)
        try:
            after = self.form.settings()
        except InputError as error:
            self._tell(error)
            return
        self.cancel()
        self._show(None)
        project, title = self._project, self.tr("Trying other settings …")
        job = Job(lambda: stepwise(what_if(project, after), title), title)
        job.progressed.connect(self._progress)
        job.returned.connect(lambda outcome: self._take(after, outcome))
        job.failed.connect(self._tell)
        job.finished.connect(lambda: self._ended(job))
        self._job = self._queues.trials.add(job)
        self._progress(Step(0))

    def cancel(self) -> None:
        """Stop the trial under way; what is done of it is not done again."""
        if self._job is not None:
            self._job.cancel()

    def _progress(self, step: Step) -> None:
        self.bar.setMaximum(step.total)
        self.bar.setValue(step.done)
        text = self.tr("{done:,} of {total:,} photos").format(done=step.done, total=step.total)
        self.said.setText(text if step.total else self.tr("Beginning …"))
        self._offer()

    def _take(self, after: Settings, outcome: Outcome | None) -> None:
        if outcome is not None:
            self._show((after, outcome))

    def _ended(self, job: Job) -> None:
        if self._job is job:
            self._job = None
            if self._tried is None:
                self.said.setText(self.tr("Stopped; another trial of the same goes on from here."))
            self._offer()

    # Results

    def _show(self, tried: tuple[Settings, Outcome] | None) -> None:
        self._tried = tried
        if tried is None:
            self.classes.show_outcome(None)
            self.most.show_outcome(self._project, None, Settings.of())
            self.said.setText(self.tr("Change settings and see what they do before they are used."))
        else:
            after, outcome = tried
            self.said.setText(outcome.sentence())
            self.classes.show_outcome(outcome)
            self.most.show_outcome(self._project, outcome, after)
            if outcome.problems:
                said = self.tr("{n} photos could not be tried. {first}")
                self.problem.setText(
                    said.format(n=len(outcome.problems), first=outcome.problems[0])
                )
                self.problem.show()
        self._offer()

    def _offer(self) -> None:
        """Let the buttons be pressed that make sense now."""
        busy = self._job is not None
        try:
            now: Settings | None = self.form.settings()
        except InputError:
            now = None
        in_use = settings_of(self._project)
        past = history(self._project)
        writes = not self._project.read_only
        self.bar.setVisible(busy)
        self.stop.setVisible(busy)
        self.try_.setEnabled(not busy and now is not None and now != in_use)
        self.as_used.setEnabled(now != in_use)
        seen = self._tried is not None and self._tried[0] == now and now != in_use
        self.apply.setEnabled(seen and not busy and writes)
        self.back.setEnabled(bool(past) and not busy and writes)
        self.past.setText(self._said_of(past[-1].time, past[-1].annotator) if past else "")

    def _said_of(self, when: float, who: str) -> str:
        day = time.strftime("%Y-%m-%d %H:%M", time.localtime(when))
        return self.tr("Last changed {day} by {who}").format(day=day, who=who)

    def _tell(self, error: InputError | None) -> None:
        self.problem.setText("" if error is None else str(error))
        self.problem.setVisible(error is not None)

    # Using

    def _use(self) -> None:
        if self._tried is None:
            return
        after, outcome = self._tried
        try:
            use(self._project, after, outcome.sentence())
        except InputError as error:
            self._tell(error)
            return
        self._in_use(after)

    def _take_back(self) -> None:
        try:
            settings = take_back(self._project)
        except InputError as error:
            self._tell(error)
            return
        self._in_use(settings)

    def _in_use(self, settings: Settings) -> None:
        self._tell(None)
        self.form.use(settings)
        self._show(None)
        self.used.emit(settings)

    def done(self, result: int) -> None:
        """Stop what is under way, and close."""
        self.cancel()
        super().done(result)
