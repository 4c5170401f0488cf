"""Eyes and eyebrows of very unlike areas: one is half covered, cut, or drawn too thick.

A turned head shows one side narrower. So areas are compared after their widths, which the
points tell.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lapa_annotator.batch.errors.finding import Finding, box_around, ramp
from lapa_annotator.batch.errors.seen import FaceSeen, Seen
from lapa_annotator.domain.classes import CLASSES, Label
from lapa_annotator.domain.schema import PART_BY_NAME

_FROM, _SURE = 0.35, 1.0
# A part of fewer pixels says nothing: one row more is a third more.
_LEAST_PIXELS = 30
_PAIRS: tuple[tuple[Label, Label, tuple[int, int], tuple[int, int]], ...] = (
    (Label.LEFT_EYE, Label.RIGHT_EYE, (66, 70), (75, 79)),
    (Label.LEFT_EYEBROW, Label.RIGHT_EYEBROW, (33, 37), (42, 46)),
)


def look(seen: Seen) -> Iterator[Finding]:
    """Give the pairs of parts that are out of balance."""
    for face, pixels in seen.mapped():
        for left, right, left_ends, right_ends in _PAIRS:
            a, b = pixels[left], pixels[right]
            wide = _width(face, left_ends), _width(face, right_ends)
            if min(a, b) == 0 or max(a, b) < _LEAST_PIXELS or min(wide) <= 0:
                continue  # what is empty is told by another kind
            off = (a - b) / (a + b) - (wide[0] - wide[1]) / (wide[0] + wide[1])
            if abs(off) > _FROM:
                yield _finding(face, left if off < 0 else right, pixels, (left, right), abs(off))


def _finding(
    face: FaceSeen,
    smaller: Label,
    pixels: tuple[int, ...],
    pair: tuple[Label, Label],
    off: float,
) -> Finding:
    larger = pair[0] if smaller == pair[1] else pair[1]
    name, other = CLASSES[smaller].name, CLASSES[larger].name
    return Finding(
        "balance",
        face.photo.info.id,
        face.photo.path,
        face.id,
        ramp(off, _FROM / 2, _SURE),
        box_around(face.points[list(PART_BY_NAME[name].indices)]),
        f"The {name} has {pixels[smaller]} pixels, the {other} {pixels[larger]}.",
        name,
    )


def _width(face: FaceSeen, ends: tuple[int, int]) -> float:
    a, b = face.points[list(ends)]
    return float(np.hypot(*(a - b)))
