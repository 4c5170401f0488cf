"""Whether and how the points that nobody has touched follow those that are moved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import numpy as np
from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal

from lapa_annotator.dla.prior import Prior
from lapa_annotator.dla.propagate import Propagator
from lapa_annotator.dla.shape import shipped_shapes
from lapa_annotator.domain.edits import SetPoints
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Face
from lapa_annotator.domain.landmarks import Landmarks, Points
from lapa_annotator.gui.editor import work
from lapa_annotator.gui.editor.change import unless_repair
from lapa_annotator.gui.editor.document import Document
from lapa_annotator.gui.editor.livemap import RunSlow, at_once
from lapa_annotator.gui.editor.options import ViewOptions
from lapa_annotator.gui.editor.parts import PartsState
from lapa_annotator.gui.editor.preview import Mask

FindPrior = Callable[[str], Prior]
"""Gives the prior of a model version; slow, and may raise ``InputError``."""

_NOT_A_MODEL = frozenset({"", "mean shape", "previous face"})
# Of a screen pixel: a shorter way is not drawn while the hand is on its way.
_LEAST = 0.4

REST_MS = 40
"""When the hand has rested so long, every point is brought to where it follows to."""


class Following(QObject):
    """Propagation as the window has it: its switch, its strength, and the reason for a no.

    It is the document's ``Follower``. ``changed()`` tells that another answer may hold.
    """

    changed = Signal()

    def __init__(
        self,
        document: Document,
        options: ViewOptions,
        parts: PartsState,
        zoom: Callable[[], float],
        run_slow: RunSlow = at_once,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._options, self._parts, self._zoom = document, options, parts, zoom
        self._find_prior: FindPrior | None = None
        self._source = 0
        self._run_slow = run_slow
        self._strength = 1.0
        self._priors: dict[str, Prior | str] = {}
        self._wanted: set[str] = set()
        self._made: tuple[Landmarks, Propagator] | None = None
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(document.catch_up)
        document.moved.connect(self._rest.start)
        document.follower = self
        for signal in (document.opened, document.face_switched):
            signal.connect(self.look_up)
        document.changed.connect(unless_repair(self.look_up))
        options.changed.connect(self._on_option)

    def use(self, find_prior: FindPrior | None) -> None:
        """Take priors from another source; without one no points follow."""
        self._find_prior = find_prior
        self._source += 1
        self._priors.clear()
        self._wanted.clear()
        self._made = None
        self.look_up()

    # What the person chooses

    def set_strength(self, strength: float) -> None:
        """Say how far points follow, from 0 (they stay) to 1."""
        self._strength = strength
        self._made = None
        self.changed.emit()

    @property
    def why_not(self) -> str:
        """Why points cannot follow in the current face, as a sentence; "" when they can."""
        face = self._document.face
        return "" if face is None or face.landmarks is None else self._why_not(face)

    # What follows

    def propagator(self, face: Face) -> Propagator | None:
        """What re-estimates a face's points, whether the switch is on or off; None without."""
        proposal = self._document.proposals.get(face.id)
        prior = None if proposal is None else self._priors.get(model_of(proposal))
        if proposal is None or not isinstance(prior, Prior):
            return None
        if self._made is None or self._made[0] is not proposal:
            shapes, strength = shipped_shapes(), self._strength
            self._made = proposal, Propagator(prior, proposal, shapes, strength=strength)
        return self._made[1]

    def may_follow(self, face: Face) -> Mask | None:
        """(106,) bool: the model's points of parts that are not locked; None when none is."""
        if not self._options.follow or not self._strength or self.propagator(face) is None:
            return None
        mask = self._parts.unlocked_points() & self._as_proposed(face)
        return mask if mask.any() else None

    def places(self, face: Face, fixed: Mapping[int, Points]) -> tuple[Points, float]:
        """Where all points of a face go, and the length that cannot be seen, photo pixels."""
        propagator = self.propagator(face)
        assert propagator is not None
        points = work.clamped(propagator.move(fixed).points, self._document.size)
        return points, _LEAST / self._zoom()

    def with_followers(self, face: Face, edit: SetPoints) -> SetPoints:
        """What the hand did, and with it the points that follow, if any."""
        may_follow, propagator = self.may_follow(face), self.propagator(face)
        if may_follow is None or propagator is None or face.landmarks is None:
            return edit
        every = propagator.edit(face, edit)
        hand = set(edit.after.indices)
        kept = [i for i in every.after.indices if i in hand or may_follow[i]]
        after = face.landmarks.put(every.after).take(kept)
        after = replace(after, points=work.clamped(after.points, self._document.size))
        return SetPoints(face.id, face.landmarks.take(kept), after)

    def look_up(self, *_: object) -> None:
        """Bring what is known of the current face's model version, off this thread."""
        face, find = self._document.face, self._find_prior
        proposal = None if face is None else self._document.proposals.get(face.id)
        model = "" if proposal is None else model_of(proposal)
        if find is not None and model not in _NOT_A_MODEL and model not in self._wanted:
            self._wanted.add(model)
            take = partial(self._take, self._source, model)
            self._run_slow(lambda: _found(find, model), take)
        self.changed.emit()

    # Inside

    def _as_proposed(self, face: Face) -> Mask:
        """(106,) bool: the points that come from the proposal, wherever they are now."""
        assert face.landmarks is not None
        model = model_of(self._document.proposals[face.id])
        return np.array([name == model for name in face.landmarks.model])

    def _why_not(self, face: Face) -> str:
        tr = QCoreApplication.translate
        proposal = self._document.proposals.get(face.id)
        if proposal is None:
            return tr("editor", "No points follow: nobody knows where these were proposed.")
        model = model_of(proposal)
        prior = self._priors.get(model)
        if isinstance(prior, str):
            return tr("editor", "No points follow: {problem}").format(problem=prior)
        known = model not in _NOT_A_MODEL and self._find_prior is not None
        if not known or not self._as_proposed(face).any():
            return tr("editor", "No points follow: no model has proposed these.")
        if isinstance(prior, Prior):
            return ""
        return tr("editor", "No points follow yet: what is known of {model} is being read.").format(
            model=model
        )

    def _on_option(self, name: str) -> None:
        if name == "follow":
            self.changed.emit()

    def _take(self, source: int, model: str, prior: Prior | str) -> None:
        if source == self._source:
            self._priors[model] = prior
            self.changed.emit()


def model_of(proposal: Landmarks) -> str:
    """The model version that most of a proposal's points are of; "" for none."""
    names = proposal.model
    return max(set(names), key=lambda name: (names.count(name), name))


def _found(find: FindPrior, model: str) -> Prior | str:
    try:
        prior = find(model)
        # What both come to is worked out here, not under the hand.
        shipped_shapes()
    except InputError as error:
        return str(error)
    prior.prepare()
    return prior
