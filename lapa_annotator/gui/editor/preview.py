"""Points of a face on their way: what the hand moves, and what follows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.edits import SetPoints
from lapa_annotator.domain.face import Face
from lapa_annotator.domain.landmarks import Points
from lapa_annotator.domain.schema import N_POINTS, PARTS

Mask = NDArray[np.bool_]

# What comes along at one time: a part, or a third of the contour, which is as long as all others.
_THIRD = 11
_PIECE = np.zeros(N_POINTS, np.intp)
for _place, _part in enumerate(PARTS):
    _PIECE[list(_part.indices)] = _place
for _place, _start in enumerate(range(0, 3 * _THIRD, _THIRD), len(PARTS)):
    _PIECE[_start : _start + _THIRD] = _place


class Follower(Protocol):
    """Says where the points of a face go that nobody has touched, while others are moved."""

    def may_follow(self, face: Face) -> Mask | None:
        """(106,) bool: the points that may follow; None when nothing follows in this face."""

    def places(self, face: Face, fixed: Mapping[int, Points]) -> tuple[Points, float]:
        """Where all points go, and how small a way is not worth showing yet.

        Args:
            face: the face as it is saved; ``may_follow`` has said yes.
            fixed: index -> (2,) place in photo pixels of every point that a person has set.

        Returns:
            (106, 2) points and a length, both in photo pixels.
        """

    def with_followers(self, face: Face, edit: SetPoints) -> SetPoints:
        """``edit``, what the hand did, and with it the points that follow, if any."""


class Preview:
    """Some points of a face at places that are not saved yet.

    Attributes:
        face: the face as it is saved.
        points: (106, 2) as they are on screen, photo pixels.
        touched: the points that the hand moves.
        following: (106,) bool, the points that follow it.
    """

    def __init__(self, face: Face, follower: Follower | None) -> None:
        assert face.landmarks is not None
        self.face = face
        self.points: Points = np.array(face.landmarks.points)
        self.touched: set[int] = set()
        self._places = self.points
        may_follow = None if follower is None else follower.may_follow(face)
        self._follower = None if may_follow is None else follower
        self._human = face.landmarks.touched
        self.following: Mask = np.zeros(len(self._human), bool)
        if may_follow is not None:
            self.following = may_follow & ~self._human

    def move(self, indices: Sequence[int], points: Points) -> tuple[int, ...]:
        """Put points at (n, 2) places; return the indices of all that moved on screen."""
        self.points[list(indices)] = points
        self.touched.update(indices)
        if self._follower is None:
            return tuple(indices)
        self.following[list(indices)] = False
        lag = self._lag()
        # A whole face on its way is more than one step may cost: the hand's own pieces move with
        # it, and the one that lags most; ``catch_up`` brings the rest.
        by_piece = np.zeros(_PIECE.max() + 1)
        np.maximum.at(by_piece, _PIECE, lag)
        now = np.isin(_PIECE, [*_PIECE[list(indices)], by_piece.argmax()])
        return (*indices, *self._bring(np.flatnonzero((lag > 0) & now)))

    def catch_up(self) -> tuple[int, ...]:
        """Bring every point that lags behind; return the indices of those that moved."""
        return () if self._follower is None else self._bring(np.flatnonzero(self._lag()))

    def _lag(self) -> NDArray[np.float64]:
        """(106,) how far points are from where they follow to; 0 where that cannot be seen."""
        assert self._follower is not None
        hands = np.flatnonzero(self._human).tolist()
        fixed = {i: self.points[i] for i in (*hands, *self.touched)}
        self._places, least = self._follower.places(self.face, fixed)
        lag = np.abs(self._places - self.points).max(axis=1)
        return np.where(self.following & (lag >= least), lag, 0.0)

    def _bring(self, indices: NDArray[np.intp]) -> tuple[int, ...]:
        self.points[indices] = self._places[indices]
        return tuple(indices.tolist())

    @property
    def indices(self) -> tuple[int, ...]:
        """Every point that may be elsewhere than it is saved."""
        return (*sorted(self.touched), *np.flatnonzero(self.following).tolist())
