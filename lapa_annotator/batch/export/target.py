"""Where a data set may get its place: what stands there, and what of it would be lost."""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import Enum, auto
from pathlib import Path

from lapa_annotator.batch.export.card import CARD, CARD_TEXT
from lapa_annotator.batch.export.staging import MANIFEST
from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.atomic import write_error
from lapa_annotator.formats.checks import read_json


class Standing(Enum):
    """What stands where a data set is to be."""

    NOTHING = auto()
    EXPORT = auto()
    SOMETHING = auto()


def standing(out: Path) -> Standing:
    """Say what stands at ``out``; an export is told by its manifest and its card.

    Raises:
        OSError: it may not be looked at.
    """
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return Standing.NOTHING
    return Standing.EXPORT if _files_of(out) is not None else Standing.SOMETHING


def added_to(out: Path) -> list[str]:
    """What lies in an export that the export has not written: places from its folder, sorted."""
    known = {*(_files_of(out) or ()), MANIFEST, CARD, CARD_TEXT}
    there = (Path(folder, name) for folder, _, names in os.walk(out) for name in names)
    places = (path.relative_to(out).as_posix() for path in there)
    return sorted(place for place in places if place not in known)


def _files_of(out: Path) -> Mapping[str, object] | None:
    """The files that a folder's manifest lists; None where it is no export."""
    try:
        manifest, card = read_json(out / MANIFEST), read_json(out / CARD)
    except InputError:
        return None
    if not isinstance(manifest, dict) or not isinstance(card, dict) or "seal" not in card:
        return None
    files = manifest.get("files")
    return files if isinstance(files, dict) else None


def check_target(out: Path, project: Path, *, replace: bool) -> None:
    """Check that a data set may get the name ``out``.

    Raises:
        InputError: it lies inside the project, or the project in it; something else stands
            there; or an older export that is not to be replaced, or to which files were added.
    """
    if project == out or project in out.parents or out in project.parents:
        raise InputError(out, "the project lies there", "choose a folder beside the project")
    try:
        there = standing(out)
        if there is Standing.SOMETHING:
            raise InputError(out, "is not empty", "choose a new folder")
        if there is Standing.EXPORT and not replace:
            remedy = "choose a new folder or say --replace"
            raise InputError(out, "an older export is there", remedy)
        added = added_to(out) if there is Standing.EXPORT else []
    except OSError as error:
        raise write_error(out, error) from error
    if added:
        others = f" and {len(added) - 1} more" if len(added) > 1 else ""
        problem = f"the export there has {added[0]}{others}, which it did not write"
        raise InputError(out, problem, "move that away, or choose a new folder")
