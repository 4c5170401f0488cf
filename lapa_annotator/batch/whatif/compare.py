"""Two label maps of one face counted against each other, and what the counts add up to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.classes import CLASSES, N_CLASSES
from lapa_annotator.domain.face import Face
from lapa_annotator.domain.labelmap import LabelMap
from lapa_annotator.domain.override import UNSET
from lapa_annotator.ppa.local import local_parser, surroundings, within
from lapa_annotator.ppa.parse import ParseOptions
from lapa_annotator.ppa.raster import Rect
from lapa_annotator.ppa.segment import Segmentation

Counts = NDArray[np.int64]
"""(8, 11) pixels of each class: before; after; before and after; fixed by hand; drawn before and
after where a hand has fixed something; and of these what was right before and after."""

BEFORE, AFTER, BOTH, FIXED, DRAWN_BEFORE, DRAWN_AFTER, RIGHT_BEFORE, RIGHT_AFTER = range(8)
N_ROWS = 8


@dataclass(frozen=True)
class Side:
    """One way to make a face's map: its hair and skin, and how parts are fitted and fused."""

    said: Segmentation
    options: ParseOptions


def two_maps(
    size: tuple[int, int], face: Face, before: Side, after: Side
) -> tuple[Rect, LabelMap, LabelMap]:
    """Draw a face's map both ways, without what was fixed by hand.

    Args:
        size: (width, height) of the photo.
        face: with landmarks.
        before, after: the two ways.

    Returns:
        The rectangle of the photo outside of which both are background, and the maps in it.
    """
    assert face.landmarks is not None
    points, touched = face.landmarks.points, face.landmarks.touched
    area = surroundings(points, before.said, face.override, size)
    area = area.joined(surroundings(points, after.said, face.override, size))
    maps = [
        local_parser(area, points, touched, side.said, options=side.options).labels
        for side in (before, after)
    ]
    return area, maps[0], maps[1]


def count(size: tuple[int, int], face: Face, before: Side, after: Side) -> Counts:
    """Count a face's map both ways; see ``two_maps`` and ``Counts``."""
    area, one, other = two_maps(size, face, before, after)
    override = within(face.override, area)
    counts = np.zeros((N_ROWS, N_CLASSES), np.int64)
    h, w = override.values.shape
    here = slice(override.y, override.y + h), slice(override.x, override.x + w)
    said = override.classes
    fixed = said != UNSET
    if fixed.any():
        counts[FIXED] = _pixels(said[fixed])
        drawn = ((DRAWN_BEFORE, RIGHT_BEFORE, one), (DRAWN_AFTER, RIGHT_AFTER, other))
        for row, right, labels in drawn:
            there = labels[here][fixed]
            counts[row] = _pixels(there)
            counts[right] = _pixels(there[there == said[fixed]])
    one, other = override.apply(one), override.apply(other)
    counts[BEFORE], counts[AFTER] = _pixels(one), _pixels(other)
    counts[BOTH] = _pixels(one[one == other])
    return counts


def _pixels(labels: NDArray[np.uint8]) -> NDArray[np.int64]:
    return np.bincount(labels.ravel(), minlength=N_CLASSES).astype(np.int64)


@dataclass(frozen=True, eq=False)
class FaceChange:
    """What other settings make of one face.

    Attributes:
        image_id, path, face_id: which one.
        counts: see ``Counts``.
    """

    image_id: int
    path: str
    face_id: str
    counts: Counts

    @property
    def pixels(self) -> int:
        """How many pixels change."""
        return int(self.counts[BEFORE].sum() - self.counts[BOTH].sum())

    @property
    def share(self) -> float:
        """Pixels that change, as a share of all that are not background before and after."""
        head = int(self.counts[BEFORE].sum() - self.counts[BOTH, 0])
        return self.pixels / head if head else 0.0

    @property
    def worst(self) -> int | None:
        """The class that changes most by its own size; None where nothing changes."""
        iou = _iou(self.counts[BEFORE], self.counts[AFTER], self.counts[BOTH])[1:]
        return int(np.nanargmin(iou)) + 1 if (iou < 1).any() else None


@dataclass(frozen=True, slots=True)
class ClassChange:
    """What other settings make of one class over a whole project.

    Attributes:
        label: its id.
        before, after: its pixels.
        iou: of the two maps, in [0, 1]; 1 where nothing changes, NaN where neither has it.
        right_before, right_after: IoU with what people have fixed by hand, over these pixels
            alone; NaN where nobody has.
    """

    label: int
    before: int
    after: int
    iou: float
    right_before: float
    right_after: float

    @property
    def name(self) -> str:
        """The class's name."""
        return CLASSES[self.label].name

    @property
    def growth(self) -> float:
        """By how much its area grows, as a share of what it was; NaN where it was not."""
        return self.after / self.before - 1 if self.before else float("nan")


@dataclass
class Outcome:
    """What other settings would do to a project.

    Attributes:
        faces: every face that was looked at.
        problems: what could not be looked at, one sentence each.
    """

    faces: list[FaceChange] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def changed(self) -> int:
        """How many faces' maps change."""
        return sum(face.pixels > 0 for face in self.faces)

    @property
    def fixed(self) -> int:
        """How many pixels people have fixed by hand; no setting moves these."""
        return int(self.total[FIXED].sum())

    @property
    def total(self) -> Counts:
        """The counts of all faces together."""
        nothing = np.zeros((N_ROWS, N_CLASSES), np.int64)
        return np.asarray(sum((face.counts for face in self.faces), nothing))

    def classes(self) -> list[ClassChange]:
        """The change of every class, background included."""
        return class_changes(self.total)

    def most(self, number: int = 20) -> list[FaceChange]:
        """The faces that change most, the one that changes most first."""
        moved = [face for face in self.faces if face.pixels]
        return sorted(moved, key=lambda face: (-face.share, face.path, face.face_id))[:number]

    def sentence(self) -> str:
        """What it would do, in one sentence."""
        if not self.changed:
            return f"Nothing changes in {_faces(len(self.faces))}."
        share = sum(face.pixels for face in self.faces)
        head = sum(int(f.counts[BEFORE].sum() - f.counts[BOTH, 0]) for f in self.faces)
        part = 100 * share / max(head, 1)
        return f"{self.changed} of {_faces(len(self.faces))} change, {part:.2f} % of their pixels."


def class_changes(total: Counts) -> list[ClassChange]:
    """Read counts class by class."""
    iou = _iou(total[BEFORE], total[AFTER], total[BOTH])
    was = _iou(total[FIXED], total[DRAWN_BEFORE], total[RIGHT_BEFORE])
    will = _iou(total[FIXED], total[DRAWN_AFTER], total[RIGHT_AFTER])
    return [
        ClassChange(
            k,
            int(total[BEFORE, k]),
            int(total[AFTER, k]),
            float(iou[k]),
            float(was[k]) if total[FIXED, k] else float("nan"),
            float(will[k]) if total[FIXED, k] else float("nan"),
        )
        for k in range(N_CLASSES)
    ]


def _iou(
    one: Sequence[int] | Counts, other: Sequence[int] | Counts, both: Sequence[int] | Counts
) -> NDArray[np.float64]:
    either = np.asarray(one) + np.asarray(other) - np.asarray(both)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(either > 0, np.asarray(both) / either, np.nan))


def _faces(number: int) -> str:
    return "1 face" if number == 1 else f"{number:,} faces"
