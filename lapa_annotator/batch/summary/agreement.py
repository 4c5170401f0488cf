"""How far people agree who have annotated the same photo."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.agreement import ADJUDICATED, apart, class_counts, f1_of
from lapa_annotator.domain.classes import CLASSES, N_CLASSES
from lapa_annotator.domain.edits import Edit, EditConflictError, Gesture, SetStatus
from lapa_annotator.domain.face import Annotation, Face, Status
from lapa_annotator.domain.labelmap import LabelMap
from lapa_annotator.domain.schema import GROUPS, N_POINTS
from lapa_annotator.store.project import Project
from lapa_annotator.store.values import ImageInfo, JournalEntry

MapOf = Callable[[ImageInfo, Face], LabelMap | None]
"""Gives a face's label map; None where that would need a network."""


@dataclass(frozen=True, eq=False)
class Agreement:
    """How far two people agree on one photo that both have annotated.

    Attributes:
        path: the photo.
        first, second: the annotators.
        points: (106,) mean distance of each point over the faces, in % of the inter-ocular
            distance; NaN for points that somebody calls absent.
        counts: (11, 3) pixels of each class in both maps, in the first's and in the second's;
            all 0 where there is no map to compare.
    """

    path: str
    first: str
    second: str
    points: NDArray[np.float64]
    counts: NDArray[np.int64]

    @property
    def nme(self) -> dict[str, float]:
        """The mean distance in %, over all points and by group; NaN where none is seen."""
        return nme_of(self.points)

    @property
    def f1(self) -> NDArray[np.float64]:
        """(11,) F1 of every class; NaN for classes that are in neither map."""
        return f1_of(self.counts)


def nme_of(points: NDArray[np.float64]) -> dict[str, float]:
    """Sum up the distances of 106 points over all of them and by group."""
    return {"all": _mean(points)} | {g: _mean(points[list(i)]) for g, i in GROUPS.items()}


def _mean(values: NDArray[np.float64]) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")


def mean_points(agreements: Sequence[Agreement]) -> NDArray[np.float64]:
    """(106,) mean distance of each point over all photos; NaN for one that is never seen."""
    told = np.array([a.points for a in agreements]).reshape(-1, N_POINTS)
    known = np.isfinite(told)
    sums = np.where(known, told, 0.0).sum(axis=0)
    return np.where(known.any(axis=0), sums / np.maximum(known.sum(axis=0), 1), np.nan)


def class_f1(agreements: Sequence[Agreement]) -> dict[str, float]:
    """The F1 of every class over all photos together, without background; NaN for unseen ones."""
    counts = np.zeros((N_CLASSES, 3), np.int64)
    for agreement in agreements:
        counts += agreement.counts
    scores = f1_of(counts)
    return {c.name: float(scores[c.id]) for c in CLASSES if c.id}


def agreements(
    project: Project, images: Sequence[ImageInfo], map_of: MapOf | None
) -> Iterator[Agreement]:
    """Compare second annotations that are done with the first one, which is finished.

    Photos that are there twice, finished by different people, are compared as well. What has been
    settled since counts as it was before: who has taken what another says would always agree.

    Args:
        project: an open project.
        images: which images.
        map_of: gives label maps; None to compare points alone.
    """
    finished = [i for i in images if i.status in ("done", "approved") and i.annotator]
    same: dict[str, list[ImageInfo]] = {}
    for info in finished:
        same.setdefault(info.content, []).append(info)
        others = [s for s in project.second.all(info.id) if s.is_done]
        if not others:
            continue
        history = [e for e in project.history(info.id) if e.action == "edit" and not e.undone]
        own = _unsettled(project.load(info.id), history)
        said = [(_author(own, history) or info.annotator, own)]
        said += [(s.annotator, s.annotation.faces) for s in others]
        for one, two in combinations(said, 2):
            found = _compared((info, *one), (info, *two), map_of, by_id=True)
            yield from [] if found is None else [found]
    for group in same.values():
        for a, b in combinations(group, 2):
            if a.annotator != b.annotator:
                sides = [(i, i.annotator, project.load(i.id).faces) for i in (a, b)]
                found = _compared(sides[0], sides[1], map_of, by_id=False)
                yield from [] if found is None else [found]


def _unsettled(now: Annotation, history: Sequence[JournalEntry]) -> tuple[Face, ...]:
    """The faces of the first annotation as they were before anybody settled between people."""
    annotation = now
    for edit in reversed([e.edit for e in history if e.edit is not None]):
        if ADJUDICATED not in annotation.tags:
            break
        try:
            annotation = edit.inverse().apply(annotation)
        except (EditConflictError, KeyError):
            return now.faces
    return annotation.faces


def _author(faces: tuple[Face, ...], history: Sequence[JournalEntry]) -> str:
    """Who set most of the points of the first annotation, else who finished it, "" for nobody.

    A reviewer has changed it last.
    """
    names: dict[str, int] = {}
    for face in faces:
        marks = face.landmarks
        for name, touched in zip(marks.annotator, marks.touched, strict=True) if marks else ():
            if touched and name:
                names[name] = names.get(name, 0) + 1
    finished = (e.annotator for e in history if e.edit is not None and _finishes(e.edit))
    return max(names, key=lambda n: names[n]) if names else next(finished, "")


def _finishes(edit: Edit) -> bool:
    if isinstance(edit, Gesture):
        return any(_finishes(part) for part in edit.edits)
    return isinstance(edit, SetStatus) and edit.after == Status.DONE


_Side = tuple[ImageInfo, str, tuple[Face, ...]]


def _compared(one: _Side, two: _Side, map_of: MapOf | None, *, by_id: bool) -> Agreement | None:
    off = []
    counts = np.zeros((N_CLASSES, 3), np.int64)
    for a in one[2]:
        for b in two[2]:
            is_same = a.id == b.id if by_id else a.box.iou(b.box) >= 0.5
            if not is_same or a.landmarks is None or b.landmarks is None:
                continue
            off.append(apart(a.landmarks, b.landmarks))
            maps = [] if map_of is None else [map_of(one[0], a), map_of(two[0], b)]
            if maps and maps[0] is not None and maps[1] is not None:
                counts += class_counts(maps[0], maps[1])
    if not off:
        return None
    known = np.isfinite(off)
    mean = np.where(known, off, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    points = np.where(known.any(axis=0), mean, np.nan)
    return Agreement(one[0].path.as_posix(), one[1], two[1], points, counts)
