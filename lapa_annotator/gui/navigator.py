"""Which photo comes next: by the order of the list, by what is still to do, by the search."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.face import Status
from lapa_annotator.gui.imagelist import Infos

OPEN = frozenset({Status.NEW, Status.PROPOSED, Status.IN_PROGRESS})
TO_DO = "status:new,proposed,in-progress"
TO_REVIEW = "status:done"
# Looked at one by one before the whole project is asked.
_NEAR = 512


class Source(Infos, Protocol):
    """What the walk needs to know; a ``store.Project`` is one."""

    def ids(self, query: str) -> NDArray[np.int64]:
        """Return the ids of all images that a query finds: (n,) int64."""


@dataclass
class Navigator:
    """Walks through the ids of the list as it is searched and sorted.

    Attributes:
        source: tells how far an image is.
        ids: (n,) int64, the image ids in the list's order.
        row: the row of the photo on show; -1 before the first.
    """

    source: Source
    ids: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    row: int = -1

    def show(self, ids: NDArray[np.int64], image_id: int) -> None:
        """Walk through other ids; ``image_id`` is the photo on show.

        If that photo is not among them any more, the walk goes on at the place it had.
        """
        rows = np.flatnonzero(ids == image_id)
        self.row = int(rows[0]) if rows.size else min(self.row, len(ids)) - 1
        self.ids = ids

    def at(self, image_id: int) -> None:
        """Say which photo is on show."""
        rows = np.flatnonzero(self.ids == image_id)
        if rows.size:
            self.row = int(rows[0])

    def step(self, by: int) -> int | None:
        """Return the image ``by`` rows further on, None beyond either end."""
        row = self.row + by
        return int(self.ids[row]) if 0 <= row < len(self.ids) else None

    def end(self, last: bool) -> int | None:
        """Return the first or the last image of the list, None when it is empty."""
        return int(self.ids[-1 if last else 0]) if len(self.ids) else None

    def to_do(self, forward: bool = True) -> int | None:
        """Return the nearest image after (or before) this one that is not finished.

        It looks on at the other end of the list, so that nothing that was skipped is forgotten.
        """
        after, before = self.ids[self.row + 1 :], self.ids[: max(self.row, 0)]
        way = np.concatenate([after, before])[:: 1 if forward else -1]
        return self._first(way, OPEN, TO_DO)

    def to_review(self, image_id: int) -> int | None:
        """Return the next image that waits for a reviewer, looking on at the list's start.

        ``image_id`` is the photo on show: it is not the next one, be it in the list or not.
        """
        way = np.concatenate([self.ids[self.row + 1 :], self.ids[: self.row + 1]])
        return self._first(way[way != image_id], frozenset({Status.DONE}), TO_REVIEW)

    def _first(self, way: NDArray[np.int64], wanted: frozenset[Status], query: str) -> int | None:
        """The first image of a way whose status is wanted, which ``query`` finds as well."""
        for info in self.source.infos(way[:_NEAR].tolist()):
            if info.status in wanted:
                return info.id
        if len(way) <= _NEAR:
            return None
        far = np.flatnonzero(np.isin(way, self.source.ids(query)))
        return int(way[far[0]]) if far.size else None

    def ahead(self, count: int) -> list[int]:
        """Return the next ``count`` images of the list."""
        return [int(i) for i in self.ids[self.row + 1 : self.row + 1 + count]]
