"""Scores of face detection: recall, false alarms and average precision of boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from lapa_annotator.dla.centre import MIN_SCORE
from lapa_annotator.domain.geometry import Box

SAME_FACE_IOU = 0.5
"""How far a found box must overlap the true one."""

Truth = tuple[Sequence[Box], Sequence[Box]]
"""The faces of a picture, and the doubtful ones, which may be found or not."""


@dataclass(frozen=True, slots=True)
class FindingScore:
    """How well faces are found over a set of pictures.

    Attributes:
        pictures, faces: how many there are.
        recall: share of the faces that are found by a box of the least score.
        false_alarms: boxes of the least score that are no face, a picture.
        average_precision: mean precision over all recalls, whatever the score, in [0, 1].
        iou: mean IoU of the faces found; 0 where none is.
        roll: median error of their rolls in degrees; 0 where none is.
    """

    pictures: int
    faces: int
    recall: float
    false_alarms: float
    average_precision: float
    iou: float
    roll: float

    def numbers(self) -> dict[str, float]:
        """The scores by name, for curves and tables."""
        plain = asdict(self)
        return {name: float(plain[name]) for name in plain if name not in ("pictures", "faces")}


@dataclass(frozen=True, slots=True)
class _Claim:
    """A found box: its score, and the face that is its own, None for a false alarm."""

    box: Box
    face: Box | None


def score_boxes(
    found: Sequence[Sequence[Box]], truth: Sequence[Truth], least: float = MIN_SCORE
) -> FindingScore:
    """Score the boxes found in pictures.

    The surest boxes choose first; each face belongs to one box, so that a second box of it is
    a false alarm. A box on a doubtful face is neither right nor wrong.

    Args:
        found: the boxes of each picture, down to low scores for the average precision.
        truth: the faces of each picture.
        least: the score from which on a box counts for recall and false alarms.
    """
    claims = [claim for f, t in zip(found, truth, strict=True) for claim in _claims(f, t)]
    faces = sum(len(boxes) for boxes, _ in truth)
    sure = [claim for claim in claims if claim.box.score >= least]
    hits = [(claim.box, claim.face) for claim in sure if claim.face is not None]
    turns = [abs((a.roll - b.roll + 180) % 360 - 180) for a, b in hits]
    return FindingScore(
        pictures=len(truth),
        faces=faces,
        recall=len(hits) / max(faces, 1),
        false_alarms=(len(sure) - len(hits)) / max(len(truth), 1),
        average_precision=_average_precision(claims, faces),
        iou=float(np.mean([a.iou(b) for a, b in hits])) if hits else 0.0,
        roll=float(np.median(turns)) if turns else 0.0,
    )


def _claims(found: Sequence[Box], truth: Truth) -> list[_Claim]:
    faces, doubtful = truth
    free = list(faces)
    claims = []
    for box in sorted(found, key=lambda b: b.score, reverse=True):
        best = max(free, key=box.iou, default=None)
        if best is not None and box.iou(best) >= SAME_FACE_IOU:
            free.remove(best)
            claims.append(_Claim(box, best))
        elif not any(_covers(box, other) for other in doubtful):
            claims.append(_Claim(box, None))
    return claims


def _covers(box: Box, doubtful: Box) -> bool:
    """Whether half of a box lies on a doubtful face."""
    w = min(box.x1, doubtful.x1) - max(box.x0, doubtful.x0)
    h = min(box.y1, doubtful.y1) - max(box.y0, doubtful.y0)
    return max(0.0, w) * max(0.0, h) > 0.5 * min(box.area, doubtful.area)


def _average_precision(claims: Sequence[_Claim], faces: int) -> float:
    """Area under precision over recall, precision made to fall (as in PASCAL VOC)."""
    if not faces or not claims:
        return 0.0
    right = np.array(
        [c.face is not None for c in sorted(claims, key=lambda c: c.box.score, reverse=True)]
    )
    hits = right.cumsum()
    precision = hits / np.arange(1, len(right) + 1)
    falling = np.maximum.accumulate(precision[::-1])[::-1]
    return float(falling[right].sum() / faces)
