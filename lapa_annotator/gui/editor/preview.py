"""Points of a face on their way: what the hand moves, and what follows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.edits import SetPoints
from lapa_annotator.domain.face import Face
from lapa_annotator.domain.landmarks import Points

Mask = NDArray[np.bool_]


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
        hands = np.flatnonzero(self._human).tolist()
        fixed = {i: self.points[i] for i in (*hands, *self.touched)}
        places, least = self._follower.places(self.face, fixed)
        far = np.abs(places - self.points).max(axis=1) >= least
        moved = np.flatnonzero(far & self.following)
        self.points[moved] = places[moved]
        return (*indices, *moved.tolist())

    @property
    def indices(self) -> tuple[int, ...]:
        """Every point that may be elsewhere than it is saved."""
        return (*sorted(self.touched), *np.flatnonzero(self.following).tolist())
