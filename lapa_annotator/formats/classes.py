"""The classes of an exported data set: LaPa's eleven, or what they are put together to."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.classes import CLASSES, N_CLASSES, FaceClass
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.labelmap import LabelMap

IDS: Mapping[str, int] = {c.name: c.id for c in CLASSES}
"""LaPa's class ids by name."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9 _-]{0,39}", re.ASCII)
_COLOUR = re.compile(r"#([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})", re.ASCII)


@dataclass(frozen=True)
class Classes:
    """The classes of a data set.

    Attributes:
        rows: one row per class, in the order of the ids; 0 is the background.
        targets: for each of LaPa's ids 0-10 the id that takes its place.
    """

    rows: tuple[FaceClass, ...] = CLASSES
    targets: tuple[int, ...] = tuple(range(N_CLASSES))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names, in the order of the ids."""
        return tuple(row.name for row in self.rows)

    @property
    def foreground(self) -> tuple[FaceClass, ...]:
        """All classes but the background."""
        return self.rows[1:]

    @property
    def own(self) -> bool:
        """Whether these are LaPa's eleven classes under their names."""
        return self.names == tuple(IDS) and self.targets == tuple(range(N_CLASSES))

    def map(self, labels: LabelMap) -> LabelMap:
        """Bring an (H, W) map of LaPa's ids to these classes' ids."""
        return np.asarray(np.array(self.targets, np.uint8)[labels], np.uint8)

    def palette(self) -> NDArray[np.uint8]:
        """(n, 3) uint8 RGB, row = id."""
        return np.array([row.colour for row in self.rows], np.uint8)


def parse_classes(merge: Sequence[str] = (), colours: Sequence[str] = ()) -> Classes:
    """Read what classes to make of LaPa's.

    Args:
        merge: like ``upper lip+lower lip=lips`` or ``hair=background``; classes that are not
            named stay as they are. The ids are counted anew in LaPa's order.
        colours: like ``lips=#ff0066``.

    Raises:
        InputError: an unknown class, one that is named twice, or no colour.
    """
    target = {name: name for name in IDS}
    told: set[str] = set()
    for rule in merge:
        sources, _, name = (part.strip() for part in rule.partition("="))
        if not _NAME.fullmatch(name):
            raise InputError(rule, "this is no rule for classes", "write upper lip+lower lip=lips")
        for source in (part.strip() for part in sources.split("+")):
            if source not in IDS or source in told or (source == CLASSES[0].name != name):
                problem = "is named twice" if source in told else "cannot be mapped"
                raise InputError(rule, f"the class {source!r} {problem}", f"take {_names(IDS)}")
            told.add(source)
            target[source] = name
    names = list(dict.fromkeys(target.values()))
    ids = {name: number for number, name in enumerate(names)}
    first = {name: next(c for c in CLASSES if target[c.name] == name) for name in names}
    rows = [replace(first[name], id=ids[name], name=name) for name in names]
    for rule in colours:
        name, _, colour = (part.strip() for part in rule.partition("="))
        match = _COLOUR.fullmatch(colour)
        if name not in ids or match is None:
            raise InputError(rule, "this is no class and colour", f"write {names[-1]}=#ff0066")
        red, green, blue = (int(digits, 16) for digits in match.groups())
        rows[ids[name]] = replace(rows[ids[name]], colour=(red, green, blue))
    return Classes(tuple(rows), tuple(ids[target[c.name]] for c in CLASSES))


def lapa_ids(path: Path, names: Sequence[str]) -> NDArray[np.uint8]:
    """Return which of LaPa's ids each class of a data set is: (n,) uint8.

    Raises:
        InputError: a class that LaPa does not have, or one that is there twice.
    """
    ids = []
    for name in names:
        if name not in IDS:
            raise InputError(path, f"it has the unknown class {_short(name)}", _rename())
        ids.append(IDS[name])
    if len(set(ids)) < len(ids):
        raise InputError(path, "it has one class twice", _rename())
    return np.array(ids, np.uint8)


def _rename() -> str:
    return f"rename its classes to {_names(IDS)}"


def _names(names: Mapping[str, int]) -> str:
    return ", ".join(names)


def _short(name: str) -> str:
    return repr(name if len(name) <= 40 else f"{name[:40]}…")
