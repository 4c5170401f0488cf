"""The export dialog: what goes out and how; and how far it is, once it has begun."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from lapa_annotator.batch.export.stopped import Stopped, remove_stopped, stopped_at
from lapa_annotator.domain.errors import InputError
from lapa_annotator.gui.export.choices import Choices
from lapa_annotator.gui.export.classes import ClassSection
from lapa_annotator.gui.export.running import ExportStep, Outcome, Pace, in_words, work
from lapa_annotator.gui.export.sections import PictureSection, SplitSection, WhatSection
from lapa_annotator.gui.opening import show_folder
from lapa_annotator.gui.widgets import named, wrapped
from lapa_annotator.gui.workers import Job, Queues, once
from lapa_annotator.store.project import Project

KEY = "export"
"""The project's setting under which the last choices are remembered."""

_COUNT_AFTER_MS = 250


class ExportDialog(QDialog):
    """Asks what is to go out of a project, and shows how far that is.

    The export goes on when this is closed. ``ended(Outcome)`` when a data set is whole.
    """

    ended = Signal(object)

    def __init__(self, project: Project, queues: Queues, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Export"))
        self.resize(720, 600)
        self._project, self._queues = project, queues
        self._job: Job | None = None
        self._pace = Pace()
        self._outcome: Outcome | None = None
        self.what = WhatSection(project.tags())
        self.splits, self.pictures, self.classes = SplitSection(), PictureSection(), ClassSection()
        self._sections = (self.what, self.splits, self.pictures, self.classes)
        self.tabs = QTabWidget()
        self.told, self.bar = wrapped(""), QProgressBar()
        self.opens = QCheckBox(self.tr("Open the folder when it is done"))
        self.start = named(QPushButton(self.tr("Export")), "primary")
        self.cancel = QPushButton(self.tr("Cancel"))
        self.show_it = QPushButton(self.tr("Show folder"))
        self.forget = QPushButton(self.tr("Remove what is left"))
        self._offered = ""
        self._counting = QTimer(self, singleShot=True, interval=_COUNT_AFTER_MS)
        self._counting.timeout.connect(self._count)
        self._lay_out()
        self.show_choices(self._remembered())
        for section in self._sections:
            section.changed.connect(self.check)
        self.start.clicked.connect(self.begin)
        self.cancel.clicked.connect(self.stop)
        self.show_it.clicked.connect(self._show_folder)
        self.forget.clicked.connect(self.forget_stopped)
        self.check()

    def _lay_out(self) -> None:
        titles = (self.tr("What and where"), self.tr("Splits"), self.tr("Pictures"))
        for section, title in zip(self._sections, (*titles, self.tr("Classes")), strict=True):
            self.tabs.addTab(section, title)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(8)
        self.bar.hide()
        buttons = QHBoxLayout()
        buttons.addWidget(self.opens)
        buttons.addStretch(1)
        for button in (self.forget, self.show_it, self.cancel, self.start):
            buttons.addWidget(button)
        column = QVBoxLayout(self)
        column.addWidget(self.tabs, 1)
        column.addWidget(self.told)
        column.addWidget(self.bar)
        column.addLayout(buttons)
        self.start.setDefault(True)

    # Choices

    def _remembered(self) -> Choices:
        choices = Choices.from_dict(self._project.settings.get(KEY, {}))
        place = self._project.folder
        return choices if choices.folder else _with(choices, folder=_new_name(place))

    def show_choices(self, choices: Choices) -> None:
        """Show what is chosen."""
        for section in self._sections:
            section.blockSignals(True)
            section.show_choices(choices)
            section.blockSignals(False)
        self.opens.setChecked(choices.opens)
        self.check()

    def choices(self) -> Choices:
        """Return what is chosen."""
        told: dict[str, object] = {"opens": self.opens.isChecked()}
        for section in self._sections:
            told |= section.chosen()
        return Choices(**told)  # type: ignore[arg-type]  # each section gives its own fields

    def check(self) -> None:
        """Say at its field what is wrong, and offer what can be done."""
        choices = self.choices()
        problems = choices.problems(self._project.folder)
        wrong = [section.say(problems) for section in self._sections]
        for index, is_wrong in enumerate(wrong):
            text = self.tabs.tabText(index).removesuffix(" ⚠")
            self.tabs.setTabText(index, f"{text} ⚠" if is_wrong else text)
        self.classes.table.setEnabled(choices.keeps_labels)
        self.classes.reset.setEnabled(choices.keeps_labels)
        running = self._job is not None
        may_go_on = "folder" not in problems and not running
        self._offer(stopped_at(Path(choices.folder)) if may_go_on else None)
        self.start.setEnabled(not problems and not running)
        self.cancel.setEnabled(running)
        self.show_it.setEnabled(self._outcome is not None)
        self.tabs.setEnabled(not running)
        self._counting.start()

    def _offer(self, stopped: Stopped | None) -> None:
        """Offer to go on with an export that was stopped half way, or to remove what it left."""
        self.start.setText(self.tr("Export") if stopped is None else self.tr("Go on"))
        self.forget.setVisible(stopped is not None)
        if stopped is not None and not self.told.text():
            self._offered = f"{stopped}: go on, or remove what it left and begin anew."
            self._tell(self._offered)
        elif stopped is None and self._offered == self.told.text():
            self._tell("")

    def forget_stopped(self) -> None:
        """Remove what an export left that was stopped half way."""
        try:
            remove_stopped(Path(self.choices().folder))
        except InputError as error:
            self._tell(str(error), bad=True)
        else:
            self._tell("")
        self.check()

    def _count(self) -> None:
        choices = self.choices()
        if "more" in choices.problems(self._project.folder) or not choices.statuses:
            self.what.count.clear()
            return
        project, query = self._project, choices.query
        job = Job(once(lambda: project.count(query)))
        job.returned.connect(self._counted)
        job.failed.connect(self._failed)
        self._queues.files.add(job)

    def _counted(self, count: int) -> None:
        text = self.tr("1 photo") if count == 1 else self.tr("{n:,} photos").format(n=count)
        self.what.count.setText(text if count else self.tr("No photo yet: finish one first."))

    def remember(self) -> None:
        """Keep the choices with the project."""
        if self._project.read_only:
            return
        try:
            self._project.settings.set(KEY, self.choices().to_dict())
        except InputError as error:
            self._tell(str(error), bad=True)

    # The export

    @property
    def is_running(self) -> bool:
        """Whether an export is at work."""
        return self._job is not None

    def begin(self) -> None:
        """Export, or go on with what was stopped half way."""
        if self._job is not None:
            return
        self.remember()
        project = self._project
        try:
            options = self.choices().options()
        except InputError as error:
            self._tell(str(error), bad=True)
            return
        folder, annotator, read_only = project.folder, project.annotator, project.read_only
        job = Job(
            lambda: work(folder, annotator, options, read_only=read_only), self.tr("Exporting …")
        )
        self._job, self._pace, self._outcome = job, Pace(), None
        job.progressed.connect(self._advance)
        job.returned.connect(self._done)
        job.failed.connect(self._failed)
        job.cancelled.connect(self._stopped)
        job.finished.connect(self._ended)
        self._tell(self.tr("Looking at what is to go out …"))
        self.bar.setRange(0, 0)
        self.bar.show()
        self._queues.exports.add(job)
        self.check()

    def stop(self) -> None:
        """Stop the export; it can go on later."""
        if self._job is not None:
            self._tell(self.tr("Stopping …"))
            self._job.cancel()

    def _advance(self, step: ExportStep) -> None:
        self._pace.take(step.at)
        self.bar.setRange(0, max(step.total, 1))
        self.bar.setValue(step.done)
        parts = [self.tr("{done:,} of {total:,} photos").format(done=step.done, total=step.total)]
        rate, left = self._pace.rate, self._pace.left
        if rate:
            parts.append(self.tr("{rate:.1f} a second").format(rate=rate))
        if left is not None:
            parts.append(self.tr("{time} left").format(time=in_words(left)))
        if step.at.skipped:
            parts.append(self.tr("{n} left out").format(n=step.at.skipped))
        self._tell(", ".join(parts))

    def _done(self, outcome: Outcome) -> None:
        self._outcome = outcome
        if not outcome.faces:
            text = self.tr("No face went out: the data set in {folder} is empty.")
        else:
            text = self.tr("{faces:,} faces of {photos:,} photos are in {folder}.")
        told = [text.format(faces=outcome.faces, photos=outcome.photos, folder=outcome.folder)]
        if outcome.skipped:
            more = self.tr("Left out: {n}. {first}")
            told.append(more.format(n=outcome.skipped, first=outcome.problems[0]))
        self._tell("\n".join(told))
        self.ended.emit(outcome)
        if self.opens.isChecked():
            self._show_folder()

    def _failed(self, error: InputError) -> None:
        self._tell(str(error), bad=True)

    def _stopped(self) -> None:
        self._tell(self.tr("Stopped. What is done is kept: Go on continues where it was."))

    def _ended(self) -> None:
        self._job = None
        self.bar.hide()
        self.check()

    def _tell(self, text: str, *, bad: bool = False) -> None:
        named(self.told, "fieldError" if bad else "")
        self.told.style().unpolish(self.told)
        self.told.style().polish(self.told)
        self.told.setText(text)

    def _show_folder(self) -> None:
        if self._outcome is not None:
            show_folder(self._outcome.folder)


def _with(choices: Choices, **changed: str) -> Choices:
    return Choices.from_dict(choices.to_dict() | changed)


def _new_name(project: Path) -> str:
    """A folder beside the project that is not there yet."""
    place, number = project.with_name(f"{project.stem}-export"), 2
    while place.exists():
        place, number = project.with_name(f"{project.stem}-export-{number}"), number + 1
    return str(place)
