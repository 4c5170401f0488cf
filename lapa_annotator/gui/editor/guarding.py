"""What the anatomy guard says of the current face, looked for whenever an edit was made."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QObject, Signal

from lapa_annotator.dla.guard import Problem, find_problems
from lapa_annotator.domain.geometry import Box
from lapa_annotator.domain.landmarks import Landmarks
from lapa_annotator.gui.editor.document import Document
from lapa_annotator.gui.editor.livemap import RunSlow, at_once

_ROOM = 12.0


class Guarding(QObject):
    """The problems of the current face, and the one that is chosen. It changes nothing itself.

    ``changed()`` tells of other problems or another choice.
    """

    changed = Signal()

    def __init__(
        self, document: Document, run_slow: RunSlow = at_once, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._run_slow = run_slow
        self._looked_at: Landmarks | None = None
        self.problems: tuple[Problem, ...] = ()
        self._chosen: int | None = None
        for signal in (document.opened, document.face_switched, document.changed):
            signal.connect(self._look)
        document.moved.connect(self._forget)

    @property
    def chosen(self) -> Problem | None:
        """The problem that a repair is for: the one gone to, else the first."""
        if not self.problems:
            return None
        return self.problems[self._chosen or 0]

    def choose(self, place: int) -> None:
        """Choose a problem by its place in the list."""
        self._chosen = place
        self.changed.emit()

    def choose_next(self) -> None:
        """Choose the first problem, then the next one in turn."""
        if self.problems:
            self.choose(0 if self._chosen is None else (self._chosen + 1) % len(self.problems))

    def around(self, problem: Problem) -> Box:
        """The rectangle of a problem and its remedy, in photo pixels."""
        face = self._document.face
        places = [problem.points]
        if face is not None and face.landmarks is not None:
            places.append(face.landmarks.points[list(problem.indices)])
        box = Box.around(np.vstack(places))
        return Box(box.x0 - _ROOM, box.y0 - _ROOM, box.x1 + _ROOM, box.y1 + _ROOM)

    def _look(self, *_: object) -> None:
        face = self._document.face
        landmarks = None if face is None else face.landmarks
        if landmarks is self._looked_at and not self._document.is_previewing:
            return
        self._looked_at = landmarks
        self._take(())
        if landmarks is None:
            return

        def done(problems: Sequence[Problem]) -> None:
            if landmarks is self._looked_at:
                self._take(tuple(problems))

        self._run_slow(lambda: find_problems(landmarks), done)

    def _forget(self, *_: object) -> None:
        """Points are on their way: what was said of them holds no more."""
        if self._document.is_previewing:
            self._looked_at = None
            if self.problems:
                self._take(())
        else:
            self._look()

    def _take(self, problems: tuple[Problem, ...]) -> None:
        self.problems, self._chosen = problems, None
        self.changed.emit()
