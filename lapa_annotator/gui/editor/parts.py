"""Which parts of the face are hidden, locked or shown alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from lapa_annotator.domain.schema import N_POINTS, ORGANS, PART_BY_NAME, PART_OF_POINT, PARTS

Indices = frozenset[int]


def whole_parts(chosen: Indices, free: Indices) -> Indices:
    """The points of every part that holds a chosen one; ``free`` are those that may be chosen."""
    parts = [PART_BY_NAME[PART_OF_POINT[i]].indices for i in chosen]
    return free.intersection(i for part in parts for i in part)


def belonging(chosen: Indices, free: Indices) -> Indices:
    """The points of every organ that holds a chosen one: of an eye its pupil, of lips both."""
    organs = [organ for organ in ORGANS.values() if not chosen.isdisjoint(organ)]
    return free.intersection(i for organ in organs for i in organ)


def widened(chosen: Indices, free: Indices) -> Indices:
    """The whole parts of chosen points, or of whole parts all that belongs with them."""
    parts = whole_parts(chosen, free)
    return belonging(chosen, free) if parts <= chosen else parts


class PartsState(QObject):
    """Hidden parts are neither drawn nor hit; locked ones are drawn but keep their place.

    While a part is alone, every other part counts as hidden. The state belongs to the session,
    not to a photo. ``changed()`` tells of every change.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.hidden: frozenset[str] = frozenset()
        self.locked: frozenset[str] = frozenset()
        self.solo: str | None = None

    def toggle_hidden(self, name: str) -> None:
        """Hide the part of that name, or show it again."""
        self.hidden ^= {name}
        self.changed.emit()

    def toggle_locked(self, name: str) -> None:
        """Lock the part of that name, or unlock it."""
        self.locked ^= {name}
        self.changed.emit()

    def toggle_solo(self, name: str) -> None:
        """Show the part of that name alone, or all parts again."""
        self.solo = None if self.solo == name else name
        self.changed.emit()

    def reset(self) -> None:
        """Show and unlock every part."""
        self.hidden = self.locked = frozenset()
        self.solo = None
        self.changed.emit()

    def is_shown(self, name: str) -> bool:
        """Whether the part of that name is drawn."""
        return name == self.solo if self.solo is not None else name not in self.hidden

    def is_free(self, name: str) -> bool:
        """Whether the points of that part can be picked and moved."""
        return self.is_shown(name) and name not in self.locked

    def shown_points(self) -> NDArray[np.bool_]:
        """(106,) bool: the points that are drawn."""
        return _points(self.is_shown)

    def free_points(self) -> NDArray[np.bool_]:
        """(106,) bool: the points that can be picked and moved."""
        return _points(self.is_free)

    def unlocked_points(self) -> NDArray[np.bool_]:
        """(106,) bool: the points of parts that are not locked, hidden ones among them."""
        return _points(lambda name: name not in self.locked)


def _points(chosen: Callable[[str], bool]) -> NDArray[np.bool_]:
    mask = np.zeros(N_POINTS, bool)
    for part in PARTS:
        mask[list(part.indices)] = chosen(part.name)
    return mask
