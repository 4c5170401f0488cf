"""Points that cannot be right, as the anatomy guard sees them."""

from __future__ import annotations

from collections.abc import Iterator

from lapa_annotator.batch.errors.finding import Finding, box_around
from lapa_annotator.batch.errors.seen import Seen
from lapa_annotator.dla.guard import Kind, find_problems

_SEVERITY = {
    Kind.SWAP: 1.0,
    Kind.OUTSIDE: 0.8,
    Kind.CROSSING: 0.7,
    Kind.ORDER: 0.65,
    Kind.NOSE: 0.6,
    Kind.PUPIL: 0.5,
    Kind.MAP: 0.6,
}


def look(seen: Seen) -> Iterator[Finding]:
    """Give the guard's problems of every face."""
    for face in seen.faces:
        for problem in find_problems(face.landmarks):
            indices = list(problem.indices)
            yield Finding(
                "anatomy",
                face.photo.info.id,
                face.photo.path,
                face.id,
                _SEVERITY[problem.kind],
                box_around(face.points[indices]),
                f"{problem.message[:1].upper()}{problem.message[1:]}.",
                f"{problem.kind}:{indices[0]}",
                points=problem.indices,
            )
