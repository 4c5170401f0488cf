"""Classes without a pixel where there should be some."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from lapa_annotator.batch.errors.finding import Finding, box_around
from lapa_annotator.batch.errors.seen import FaceSeen, Seen
from lapa_annotator.domain.classes import CLASSES, Label
from lapa_annotator.domain.landmarks import Visibility
from lapa_annotator.domain.override import UNSET
from lapa_annotator.domain.schema import PART_BY_NAME
from lapa_annotator.ppa.curves import Polygon
from lapa_annotator.ppa.fit import fit_parts

# How much it matters: hair may be gone, and sunglasses hide eyes and brows.
_SEVERITY = {
    Label.SKIN: 1.0,
    Label.NOSE: 0.9,
    Label.UPPER_LIP: 0.8,
    Label.LOWER_LIP: 0.8,
    Label.LEFT_EYEBROW: 0.55,
    Label.RIGHT_EYEBROW: 0.55,
    Label.LEFT_EYE: 0.6,
    Label.RIGHT_EYE: 0.6,
    Label.INNER_MOUTH: 0.4,
    Label.HAIR: 0.25,
}
_PARTS = {
    Label.NOSE: ("nose bridge", "nose base"),
    Label.UPPER_LIP: ("outer lip",),
    Label.LOWER_LIP: ("outer lip",),
    Label.INNER_MOUTH: ("inner lip",),
}
_NAMED = 3
_PROFILE = 50.0
"""Degrees of yaw from which the far eye and eyebrow may be out of sight."""


def look(seen: Seen) -> Iterator[Finding]:
    """Give the classes that a face lacks: seen by its points, and not in its map."""
    for face, pixels in seen.mapped():
        if not any(pixels[1:]):
            said = "The label map is empty."
            yield _finding(face, 1.0, said, "map")
            continue
        drawn = fit_parts(face.points, seen.options.fit(""))
        lacking = [label for label in _SEVERITY if not pixels[label]]
        lacking = [n for n in lacking if _should_be(n, drawn) and not _is_known(face, n)]
        if lacking:
            names = ", ".join(CLASSES[label].name for label in lacking)
            parts = [i for label in lacking if label in drawn for i in _points_of(label)]
            worst = max(_SEVERITY[label] for label in lacking)
            yield _finding(face, worst, f"The label map has no {_few(lacking)}.", names, parts)


def _few(labels: list[Label]) -> str:
    """The first of some classes by name, and how many more there are."""
    first = ", ".join(CLASSES[label].name for label in labels[:_NAMED])
    more = len(labels) - _NAMED
    return first if more <= 0 else f"{first} and {more} more"


def _should_be(label: Label, drawn: dict[int, list[Polygon]]) -> bool:
    """Whether the points say that there is such a class: a closed eye has none."""
    return label not in drawn or bool(drawn[label])


def _is_known(face: FaceSeen, label: Label) -> bool:
    """Whether somebody has said why the class is not there, or the pose does."""
    name = CLASSES[label].name
    far = "left" if face.pose.yaw < 0 else "right"
    if abs(face.pose.yaw) > _PROFILE and name.startswith(far):
        return True
    if label in (Label.SKIN, Label.HAIR):
        return False
    indices = _points_of(label)
    if (face.landmarks.visibility[indices] != Visibility.VISIBLE).all():
        return True
    # A curator has painted over it.
    x, y = np.round(face.points[indices]).astype(int).T
    values = face.override.values
    x, y = x - face.override.x, y - face.override.y
    inside = (x >= 0) & (y >= 0) & (x < values.shape[1]) & (y < values.shape[0])
    return bool(inside.any() and (values[y[inside], x[inside]] != UNSET).mean() > 0.5)


def _points_of(label: Label) -> list[int]:
    names = _PARTS.get(label, (CLASSES[label].name,))
    return [i for name in names for i in PART_BY_NAME[name].indices]


def _finding(
    face: FaceSeen, severity: float, said: str, about: str, parts: Sequence[int] = ()
) -> Finding:
    """What a face lacks, with the points that it is about; none for the whole face."""
    return Finding(
        "empty",
        face.photo.info.id,
        face.photo.path,
        face.id,
        severity,
        box_around(face.points[list(parts)] if parts else face.points),
        said,
        about,
        points=tuple(parts),
    )
