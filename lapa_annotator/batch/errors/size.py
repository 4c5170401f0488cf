"""Faces that are much smaller or larger than the others, or too small to be drawn."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lapa_annotator.batch.errors.finding import Finding, box_around, ramp, robust_scores
from lapa_annotator.batch.errors.seen import FaceSeen, Seen

LEAST = 12
"""With fewer faces only the too small ones are told."""
TOO_SMALL = 40.0
"""Pixels: parts of a smaller face have hardly a pixel."""
_FROM, _SURE = 4.0, 10.0
# A project of one camera has faces of nearly one size: that alone makes no outliers.
_LEAST_DEVIATION = 0.15


def look(seen: Seen) -> Iterator[Finding]:
    """Give the faces of an unusual size."""
    if not seen.faces:
        return
    sizes = np.array([size_of(face) for face in seen.faces])
    scores = np.zeros(len(sizes))
    if len(sizes) >= LEAST:
        scores = robust_scores(np.log(sizes), _LEAST_DEVIATION)
    usual = float(np.median(sizes))
    for face, size, score in zip(seen.faces, sizes.tolist(), scores.tolist(), strict=True):
        unusual = ramp(abs(score), _FROM / 2, _SURE) if abs(score) > _FROM else 0.0
        small = ramp(TOO_SMALL - size, -TOO_SMALL / 4, TOO_SMALL) if size < TOO_SMALL else 0.0
        if not unusual and not small:
            continue
        times = max(size / usual, usual / size)
        how = "larger" if score > 0 else "smaller"
        said = f"The face is {times:.1f} times {how} than usual in this project."
        if small >= unusual:
            said = f"The face is only {size:.0f} pixels large."
        yield Finding(
            "size",
            face.photo.info.id,
            face.photo.path,
            face.id,
            max(unusual, small),
            box_around(face.points, 0.1),
            said,
            "size",
        )


def size_of(face: FaceSeen) -> float:
    """A face's size in pixels: the root of the area of the box around its points."""
    width, height = np.maximum(np.ptp(face.points, axis=0), 1e-3)
    return float(np.sqrt(width * height))
