"""The visible table of kinds of errors."""

from __future__ import annotations

from collections.abc import Sequence

from lapa_annotator.batch.errors import anatomy, balance, copies, empty, opinion, shape, size
from lapa_annotator.batch.errors.finding import Kind
from lapa_annotator.domain.errors import choose

KINDS: tuple[Kind, ...] = (
    Kind("anatomy", "Points that cannot be right", frozenset(), anatomy.look),
    Kind("opinion", "Map and network disagree", frozenset({"map", "opinion"}), opinion.look),
    Kind("shape", "Unusual shape", frozenset(), shape.look),
    Kind("size", "Unusual size", frozenset(), size.look),
    Kind("copy", "Same file twice", frozenset(), copies.look_same),
    Kind("look", "Photos that look alike", frozenset({"look"}), copies.look_alike),
    Kind("balance", "Left and right out of balance", frozenset({"map"}), balance.look),
    Kind("empty", "Empty class", frozenset({"map"}), empty.look),
)
BY_NAME: dict[str, Kind] = {kind.name: kind for kind in KINDS}


def kinds_named(names: Sequence[str]) -> tuple[Kind, ...]:
    """The kinds of these names; all of them for none.

    Raises:
        InputError: there is no kind of a name.
    """
    return tuple(choose(BY_NAME, name, "kind of errors") for name in names) or KINDS
