"""A finding: what is probably wrong, where, and how much it matters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.batch.errors.seen import Need, Seen
from lapa_annotator.domain.geometry import Box


@dataclass(frozen=True)
class Finding:
    """Something that a curator should look at.

    Attributes:
        kind: a row of ``registry.KINDS``.
        image_id, path: the photo.
        face_id: the face, "" where it is about the photo.
        severity: from 0, hardly worth a look, to 1, surely wrong.
        place: where to look, in image pixels; None for the whole photo.
        sentence: what is wrong, for people.
        about: what of the face it is about; the same as long as the finding is the same.
        other: another photo that it is about, 0 for none.
        points: the points that it is about, none where it is not about points.
    """

    kind: str
    image_id: int
    path: str
    face_id: str
    severity: float
    place: Box | None
    sentence: str
    about: str
    other: int = 0
    points: tuple[int, ...] = ()

    @property
    def key(self) -> str:
        """What it is known by when it is marked as fine."""
        return f"{self.kind}/{self.image_id}/{self.face_id}/{self.about}"


class TooLittle(Exception):  # noqa: N818  # no error: the kind says in one sentence why it is silent
    """A kind cannot look: the sentence says what it is missing."""


Look = Callable[[Seen], Iterator[Finding]]


@dataclass(frozen=True)
class Kind:
    """One kind of errors.

    Attributes:
        name: what the command line and the marks call it.
        title: for people.
        needs: what has to be measured first.
        look: gives the findings of a project, in any order.
    """

    name: str
    title: str
    needs: frozenset[Need]
    look: Look


def ramp(value: float, low: float, high: float) -> float:
    """0 up to ``low``, 1 from ``high`` on, straight between."""
    return float(np.clip((value - low) / (high - low), 0, 1))


def box_around(points: NDArray[np.float64], room: float = 0.3) -> Box:
    """The place around some (n, 2) points, a little larger than they are."""
    low, high = points.min(axis=0), points.max(axis=0)
    grow = max(room * float((high - low).max()), 3.0)
    return Box(*(low - grow).tolist(), *(high + grow).tolist())


def robust_scores(values: NDArray[np.float64], least: float) -> NDArray[np.float64]:
    """How many deviations each of (n,) values lies from the median.

    The deviation is the median absolute one, scaled to a Gaussian's, and ``least`` at least.
    """
    middle = np.median(values)
    deviation = max(1.4826 * float(np.median(np.abs(values - middle))), least)
    return np.asarray((values - middle) / deviation)
