"""What the anatomy guard says of the current face, looked for whenever an edit was made.

Where there is an eleven-class parser, what it sees of the face is compared with the points, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from lapa_annotator.dla.guard import Problem, find_problems
from lapa_annotator.dla.guard_map import find_disagreements
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.geometry import Box
from lapa_annotator.domain.labelmap import LabelMap
from lapa_annotator.domain.landmarks import Landmarks, Points
from lapa_annotator.gui.editor.document import Document
from lapa_annotator.gui.editor.livemap import RunSlow, at_once
from lapa_annotator.ppa.raster import Rect

Parser = Callable[[NDArray[np.uint8], Points], LabelMap]
"""Gives the label map of an (H, W, 3) picture with a face at (106, 2) points; slow."""

_Seen = tuple[Rect, LabelMap]

_ROOM = 12.0
# What the parser sees beside a face, in parts of the longer side of its points' box.
_AROUND = 0.6


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
        self._parser: Parser | None = None
        self._seen: dict[str, _Seen] = {}
        self._looked_at: Landmarks | None = None
        self.problems: tuple[Problem, ...] = ()
        self._chosen: int | None = None
        document.opened.connect(self._seen.clear)
        for signal in (document.opened, document.face_switched, document.changed):
            signal.connect(self._look)
        document.moved.connect(self._forget)

    def use(self, parser: Parser | None) -> None:
        """Compare points with what a parser sees from the next look on; with nothing for None."""
        self._parser = parser
        self._seen.clear()

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
        face, photo, parser = self._document.face, self._document.photo, self._parser
        landmarks = None if face is None else face.landmarks
        if landmarks is self._looked_at and not self._document.is_previewing:
            return
        self._looked_at = landmarks
        self._take(())
        if landmarks is None or face is None or photo is None:
            return
        face_id, seen = face.id, self._seen.get(face.id)

        def look() -> tuple[list[Problem], _Seen | None]:
            problems, now = find_problems(landmarks), seen
            if parser is not None and now is None:
                now = _parsed(parser, photo.pixels, landmarks.points)
            told = {i for problem in problems for i in problem.indices}
            more = [] if now is None else _against(landmarks, now)
            return [*problems, *(p for p in more if not told.intersection(p.indices))], now

        def done(result: tuple[Sequence[Problem], _Seen | None]) -> None:
            problems, now = result
            if now is not None and photo is self._document.photo and parser is self._parser:
                self._seen[face_id] = now
            if landmarks is self._looked_at:
                self._take(tuple(problems))

        self._run_slow(look, done)

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


def _parsed(parser: Parser, pixels: NDArray[np.uint8], points: Points) -> _Seen | None:
    """What a parser sees of a face and its surroundings; None where it cannot."""
    room = _AROUND * float(np.ptp(points, axis=0).max())
    area = Rect.around(np.vstack([points.min(axis=0) - room, points.max(axis=0) + room]))
    area = area.clipped(Rect(0, 0, *pixels.shape[1::-1]))
    if area.empty:
        return None
    try:
        return area, parser(np.ascontiguousarray(pixels[area.slices]), _moved(points, area, -1))
    except InputError:
        return None  # nobody asked for it: the guard does without


def _against(landmarks: Landmarks, seen: _Seen) -> list[Problem]:
    area, labels = seen
    here = replace(landmarks, points=_moved(landmarks.points, area, -1))
    found = find_disagreements(here, labels)
    return [replace(problem, points=_moved(problem.points, area, 1)) for problem in found]


def _moved(points: Points, area: Rect, sign: int) -> Points:
    return points + sign * np.array([area.x0, area.y0], np.float64)
