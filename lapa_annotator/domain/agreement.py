"""How far two annotations of a face agree, and the edit that settles between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.classes import N_CLASSES
from lapa_annotator.domain.edits import Edit, Gesture, SetFace, SetPoints, SetTags
from lapa_annotator.domain.face import Annotation, Face
from lapa_annotator.domain.labelmap import LabelMap
from lapa_annotator.domain.landmarks import Landmarks, Origin, PointSet, Visibility

ADJUDICATED = "adjudicated"
"""The tag of a photo about which somebody has settled between several annotations."""


class Verdict(StrEnum):
    """What stands after an adjudication: the first annotation, the other one, or their mean."""

    MINE = "mine"
    THEIRS = "theirs"
    MEAN = "mean"


def apart(a: Landmarks, b: Landmarks) -> NDArray[np.float64]:
    """Return how far each point of two annotations is apart, in % of the inter-ocular distance.

    Returns:
        (106,) float64, of the mean of both distances of the outer eye corners; NaN for points
        that either calls absent.
    """
    off = np.linalg.norm(a.points - b.points, axis=1)
    scale = max((a.interocular + b.interocular) / 2, 1e-6)
    absent = (a.visibility == Visibility.ABSENT) | (b.visibility == Visibility.ABSENT)
    return np.where(absent, np.nan, 100 * off / scale)


def class_counts(a: LabelMap, b: LabelMap) -> NDArray[np.int64]:
    """Count what F1 is made of: (11, 3) int64, pixels of a class in both maps, in a and in b."""
    both = np.bincount(a[a == b].ravel(), minlength=N_CLASSES)
    in_a, in_b = (np.bincount(m.ravel(), minlength=N_CLASSES) for m in (a, b))
    return np.stack([both, in_a, in_b], axis=1).astype(np.int64)


def f1_of(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the F1 of every class: (11,) float64, NaN for classes that are in neither map."""
    either = counts[:, 1] + counts[:, 2]
    return np.where(either > 0, 2 * counts[:, 0] / np.maximum(either, 1), np.nan)


def adjudication(
    annotation: Annotation,
    face_id: str,
    others: Sequence[Face],
    verdict: Verdict,
    indices: Sequence[int] | None,
    *,
    annotator: str,
    time: float,
) -> Edit | None:
    """Return the one edit that settles between an annotation of a face and those of others.

    Args:
        annotation: the first annotation of the photo.
        face_id: which face of it.
        others: the same face as others have it. The first of them is "theirs"; the mean is over
            all of them and the first annotation.
        verdict: what shall stand.
        indices: only these points; None for the whole face, with "theirs" its repairs too.
        annotator: who settles; a mean is his, what is taken stays its annotator's.
        time: when, in seconds since the epoch.

    Returns:
        The edit, which also tags the photo; None when nothing would change.

    Raises:
        KeyError: there is no such face.
        ValueError: the annotations to settle between have no points.
    """
    mine = annotation.face(face_id)
    edits: list[Edit] = []
    if verdict is not Verdict.MINE:
        change = _change(mine, others, verdict, indices, annotator, time)
        edits += [] if change is None else [change]
    if ADJUDICATED not in annotation.tags:
        edits.append(SetTags(annotation.tags, annotation.tags | {ADJUDICATED}))
    return Gesture(tuple(edits)) if edits else None


def _change(
    mine: Face,
    others: Sequence[Face],
    verdict: Verdict,
    indices: Sequence[int] | None,
    annotator: str,
    time: float,
) -> Edit | None:
    marks = [face.landmarks for face in (mine, *others)]
    told = [m for m in marks if m is not None]
    if len(told) != len(marks) or not others:
        raise ValueError("one of the annotations has no points")
    if verdict is Verdict.THEIRS and indices is None:
        after = replace(mine, landmarks=told[1], override=others[0].override, pose=None)
        return None if after == mine else SetFace(mine, after)
    where = tuple(range(len(told[0].points))) if indices is None else tuple(sorted(indices))
    before = told[0].take(where)
    if verdict is Verdict.THEIRS:
        taken = told[1].take(where)
    else:
        taken = _mean([marks.take(where) for marks in told], annotator, time)
    return None if taken == before else SetPoints(mine.id, before, taken)


def _mean(points: Sequence[PointSet], annotator: str, time: float) -> PointSet:
    """The mean of the same points of several annotations; who sees less of a point has the say."""
    count = len(points[0].indices)
    return PointSet(
        points[0].indices,
        np.mean([p.points for p in points], axis=0),
        np.min([p.visibility for p in points], axis=0).astype(np.uint8),
        np.ones(count),
        np.full(count, Origin.CORRECTED, np.uint8),
        points[0].model,
        (annotator,) * count,
        np.full(count, time),
    )
