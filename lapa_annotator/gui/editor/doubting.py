"""How much doubt is left in the current face, and the walk from one doubtful point to the next."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, Signal

from lapa_annotator.dla.doubt import Doubt, GoodEnough, chance_within
from lapa_annotator.domain.face import Face
from lapa_annotator.domain.landmarks import Landmarks
from lapa_annotator.gui.editor.document import Document
from lapa_annotator.gui.editor.following import Following
from lapa_annotator.gui.editor.parts import PartsState


class Doubting(QObject):
    """The doubt of the current face.

    ``changed()`` tells of another doubt, another face or another bound.
    """

    changed = Signal()

    def __init__(
        self,
        document: Document,
        following: Following,
        parts: PartsState,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._following, self._parts = document, following, parts
        self._seen: dict[str, set[int]] = {}
        self.good_enough = GoodEnough()
        self.doubt: Doubt | None = None
        document.opened.connect(self._seen.clear)
        following.changed.connect(self._look)
        self._look()

    def set_good_enough(self, bound: GoodEnough) -> None:
        """Say up to which error a point needs no correction."""
        self.good_enough = bound
        self._look()

    def next_point(self) -> int | None:
        """The most doubtful point of the current face that was not looked at yet.

        The current point counts as looked at; None when nothing is left to look at.
        """
        seen = self._seen.setdefault(self._document.face_id, set())
        if self._document.current is not None:
            seen.add(self._document.current)
        free = self._parts.free_points()
        walk = [] if self.doubt is None else self.doubt.walk(seen)
        return next((i for i in walk if free[i]), None)

    def _look(self, *_: object) -> None:
        face = self._document.face
        self.doubt = None
        if face is not None and face.landmarks is not None:
            self.doubt = self._of(face, face.landmarks)
        self.changed.emit()

    def _of(self, face: Face, landmarks: Landmarks) -> Doubt:
        """What is known of a face's errors once the fixed points are given.

        Without a prior it is what the proposer said of itself.
        """
        touched = landmarks.touched
        propagator = self._following.propagator(face)
        if propagator is None:
            return Doubt(np.where(touched, 0.0, 1 - landmarks.confidence))
        fixed = {i: landmarks.points[i] for i in np.flatnonzero(touched).tolist()}
        estimate = propagator.move(fixed)
        # Where a point was left elsewhere than it is thought to be, that is doubtful as well.
        off = ((landmarks.points - estimate.points) ** 2).sum(axis=1) / 2
        deviation = np.sqrt(estimate.deviation**2 + off)
        within = chance_within(self.good_enough.pixels(landmarks), deviation, estimate.freedom)
        return Doubt(np.where(touched, 0.0, 1 - within))
