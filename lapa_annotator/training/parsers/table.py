"""The visible tables of parsers and of the studies that compare them."""

from __future__ import annotations

from typing import Any

from lapa_annotator.domain.errors import InputError
from lapa_annotator.training.parsers import agrnet, lapa, realtime, recurrent, rednet
from lapa_annotator.training.parsers.rows import Parser, Study, Variant

_FILES = (lapa, realtime, recurrent, rednet, agrnet)

PARSERS: dict[str, Parser] = {row.net: row for file in _FILES for row in file.PARSERS}
"""Name in the registry of networks -> how it is trained."""


def _narrow(net: str) -> dict[str, Any]:
    """A network's small recipe without what all are to have alike."""
    return {k: v for k, v in PARSERS[net].small.items() if k not in ("classes", "size", "width")}


ALL = Study(
    "all",
    "parsers",
    "every parser, trained alike",
    (
        Variant("pspnet", {"net": "pspnet"}),
        *(Variant(f"bspnet {x}", {"net": "bspnet", "model": x}) for x in "ABC"),
        *(Variant(net, {"net": net, **_narrow(net)}) for net in list(PARSERS)[2:]),
    ),
    {"net": "pspnet"},
)
"""What ``docs/parsers.md`` compares."""

STUDIES: tuple[Study, ...] = (ALL, *(study for file in _FILES for study in file.STUDIES))


def parser_of(net: str) -> Parser:
    """How a network is trained.

    Raises:
        InputError: no parser has this name.
    """
    if net not in PARSERS:
        raise InputError("--net", f"{net} is no parser", f"take {', '.join(PARSERS)}")
    return PARSERS[net]


def study_of(paper: str, name: str = "") -> Study:
    """A paper's study of that name; its first one without a name.

    Raises:
        InputError: no such paper, or no such study of it.
    """
    studies = [study for study in STUDIES if study.paper == paper]
    if not studies:
        known = sorted({study.paper for study in STUDIES})
        raise InputError("--paper", f"{paper} has no studies here", f"take {', '.join(known)}")
    for study in studies:
        if name in ("", study.name):
            return study
    known = [study.name for study in studies]
    raise InputError("--study", f"{paper} has no study {name}", f"take {', '.join(known)}")
