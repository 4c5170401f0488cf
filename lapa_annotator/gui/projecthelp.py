"""What a project knows that saves hand work: its priors, and what is good enough in it."""

from __future__ import annotations

from functools import cache
from typing import Any

from PySide6.QtCore import QObject, Signal

from lapa_annotator.batch.project_prior import learn_from_project, project_prior
from lapa_annotator.dla.doubt import GoodEnough, suggest
from lapa_annotator.dla.prior import Prior
from lapa_annotator.domain.errors import InputError
from lapa_annotator.gui.doubtbar import DoubtBar
from lapa_annotator.gui.editor.editor import Editor
from lapa_annotator.gui.editor.guarding import Parser
from lapa_annotator.gui.messages import Message
from lapa_annotator.gui.workers import Queues, once
from lapa_annotator.ppa.networks import ELEVEN
from lapa_annotator.ppa.opinion import SecondOpinion
from lapa_annotator.runtime.files import is_here
from lapa_annotator.store.effort import HoursLeft, finished_faces, hours_left
from lapa_annotator.store.project import Project

BOUND_KEY = "good_enough"
LEARN_EVERY = 20
"""After so many photos finished the project's priors are learned anew, in the background."""
FORECAST_EVERY = 5
"""After so many photos finished the hours left are estimated anew."""


def parser() -> Parser | None:
    """The eleven-class parser that the guard compares points with; None where there is none.

    It is opened with the first face, off the window's thread.
    """
    if not is_here(ELEVEN):
        return None
    opened = cache(SecondOpinion)
    return lambda pixels, points: opened(ELEVEN).parse(pixels, points)


class ProjectHelp(QObject):
    """Keeps the doubt bar and the editor's priors in step with the open project.

    ``said(Message)`` is for the message bar.
    """

    said = Signal(object)

    def __init__(self, editor: Editor, queues: Queues, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._editor, self._queues = editor, queues
        self._project: Project | None = None
        self._finished = 0
        self.bar = bar = DoubtBar()
        editor.doubting.changed.connect(self._show)
        editor.following.changed.connect(self._show)
        editor.finished.connect(self._count)
        editor.saver.taken.connect(bar.tally.count)
        bar.chosen.connect(self._choose)
        bar.suggestion_wanted.connect(self._suggest)

    def open(self, project: Project | None) -> None:
        """Work for another project, or none."""
        self._project, self._finished = project, 0
        self._editor.following.use(None if project is None else self._prior)
        self._editor.guarding.use(None if project is None else parser())
        self.bar.tally.begin()
        if project is not None:
            self._editor.doubting.set_good_enough(_bound(project.settings.get(BOUND_KEY, {})))
            self._forecast(project)

    def _prior(self, model: str) -> Prior:
        if self._project is None:
            raise InputError(model, "the project is closed", "open it again")
        return project_prior(self._project, model)

    # The bar

    def _show(self) -> None:
        doubting, following = self._editor.doubting, self._editor.following
        self.bar.show_doubt(doubting.doubt, doubting.good_enough)
        self.bar.tally.show_face(self._editor.document.face_id)
        self.bar.show_why_not(following.why_not if self._editor.options.follow else "")

    def _choose(self, bound: GoodEnough) -> None:
        self._editor.doubting.set_good_enough(bound)
        if self._project is None or self._project.read_only:
            return
        try:
            self._project.settings.set(BOUND_KEY, {"value": bound.value, "unit": bound.unit})
        except InputError as error:
            self.said.emit(Message(str(error), "error", "store"))

    def _suggest(self) -> None:
        """Estimate the bound from the drags of the finished photos, off this thread."""
        project = self._project
        if project is not None:
            self._queues.files.run(
                once(lambda: suggest([d for f in finished_faces(project) for d in f.lengths])),
                returned=self._suggested,
                failed=lambda error: self.said.emit(Message(str(error), "error", "store")),
            )

    def _suggested(self, bound: GoodEnough | None) -> None:
        if bound is None:
            self.bar.panel.say(
                self.tr("There are too few corrections in finished photos yet: 20 are needed.")
            )
            return
        text = self.tr("Nine of ten of your corrections were longer than {value:g} %.")
        self.bar.panel.say(text.format(value=bound.value))
        self._choose(bound)

    # Hours left

    def _forecast(self, project: Project) -> None:
        """Estimate the hours that the project still takes, off this thread."""
        self._queues.files.run(
            once(lambda: hours_left(project)),
            returned=lambda left: self._forecasted(project, left),
            failed=lambda error: self.said.emit(Message(str(error), "error", "store")),
        )

    def _forecasted(self, project: Project, left: HoursLeft | None) -> None:
        if project is self._project:
            self.bar.tally.show_left(left)

    # Learning

    def _count(self) -> None:
        self._finished += 1
        project = self._project
        if project is not None and self._finished % FORECAST_EVERY == 0:
            self._forecast(project)
        if project is None or project.read_only or self._finished % LEARN_EVERY:
            return
        # It looks through all finished photos: the list must not wait for it.
        self._queues.models.run(
            once(lambda: learn_from_project(project)),
            self.tr("Learning from your corrections …"),
            returned=lambda _: self._learned(project),
            failed=lambda error: self.said.emit(Message(str(error), "warning", "store")),
        )

    def _learned(self, project: Project) -> None:
        if project is self._project:
            self._editor.following.use(self._prior)


def _bound(kept: dict[str, Any]) -> GoodEnough:
    """Read a bound that was kept; what makes no sense is the usual one."""
    try:
        return GoodEnough(float(kept["value"]), kept["unit"])
    except (KeyError, TypeError, ValueError):
        return GoodEnough()
