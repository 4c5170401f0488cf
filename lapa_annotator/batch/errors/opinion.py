"""Classes on which the fitted map and an eleven-class network do not agree."""

from __future__ import annotations

from collections.abc import Iterator

from lapa_annotator.batch.errors.finding import Finding, TooLittle, ramp
from lapa_annotator.batch.errors.seen import Seen
from lapa_annotator.domain.classes import CLASSES, Label
from lapa_annotator.domain.geometry import Box

# 1 - F1 from which two maps disagree. Thin parts differ by their edges alone, and an inner mouth
# that is nearly shut is a matter of opinion.
_FROM = dict.fromkeys(range(2, 10), 0.5) | {Label.SKIN: 0.25, Label.HAIR: 0.3}
_FROM[Label.INNER_MOUTH] = 0.75


def look(seen: Seen) -> Iterator[Finding]:
    """Give the classes that a network draws elsewhere.

    Raises:
        TooLittle: no network was asked.
    """
    if not seen.opinion:
        raise TooLittle("no eleven-class network is here, so no map was compared with one's")
    for face in seen.faces:
        for label, (off, place) in (face.measure.disputes or {}).items():
            if off >= _FROM[label]:
                name = CLASSES[label].name
                yield Finding(
                    "opinion",
                    face.photo.info.id,
                    face.photo.path,
                    face.id,
                    ramp(off, _FROM[label] / 2, 1.2),
                    Box(*place),
                    f"The network {seen.opinion} has the {name} elsewhere"
                    f" ({100 * (1 - off):.0f} % of the two areas agree).",
                    name,
                )
