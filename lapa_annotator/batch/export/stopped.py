"""Exports that were stopped half way: what they left beside their place, and how it goes.

Such a folder holds nothing but what the project can give again, and the older export for the
moment of an exchange, which gets its name back first.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

from lapa_annotator.batch.export.staging import is_under_way, open_staging, staging_folder
from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.atomic import write_error

STALE_DAYS = 30
"""What nobody has gone on with for so long goes when another export beside it is whole."""

_OURS = {"data", "before", "records.sqlite"}


@dataclass(frozen=True, slots=True)
class Stopped:
    """An export that was stopped half way.

    Attributes:
        out: where the data set would be.
        photos: how many are done.
        time: when the last of them was, seconds since the epoch.
    """

    out: Path
    photos: int
    time: float

    def __str__(self) -> str:
        """Return one sentence that says so."""
        day = time.strftime("%Y-%m-%d %H:%M", time.localtime(self.time))
        return f"An export to {self.out} was stopped on {day} with {self.photos} photo(s) done"


def stopped_at(out: Path) -> Stopped | None:
    """Return what a stopped export to ``out`` has done; None without one, or while it works."""
    out = out.absolute()
    if not is_under_way(out):
        return None
    folder = staging_folder(out)
    touched = _last_touched(folder)
    try:
        with open_staging(out, keep=True) as staging:
            photos = staging.count()
    except InputError:
        return None
    with contextlib.suppress(OSError):
        # To look is no work: it would seem to have been stopped just now.
        os.utime(folder / "records.sqlite", (touched, touched))
    return Stopped(out, photos, touched)


def remove_stopped(out: Path) -> None:
    """Remove what a stopped export to ``out`` left; an export that is whole stays.

    Raises:
        InputError: it is at work, or something of it cannot be removed.
    """
    out = out.absolute()
    folder = staging_folder(out)
    if not folder.exists():
        return
    # To open it is to lock it, and to give an older export its name again.
    with open_staging(out, keep=True):
        pass
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise write_error(folder, error) from error


def remove_stale(parent: Path) -> list[Path]:
    """Remove what exports into a folder left that nobody has gone on with for a month.

    What is at work, is younger, or holds anything that no export makes, stays.

    Returns:
        The places of the data sets that would have been.
    """
    removed = []
    for folder in sorted(parent.glob(".*.export")):
        out = parent / folder.name.removeprefix(".").removesuffix(".export")
        try:
            if _is_ours(folder) and time.time() - _last_touched(folder) > STALE_DAYS * 86400:
                remove_stopped(out)
                removed.append(out)
        except (InputError, OSError):
            continue
    return removed


def _last_touched(folder: Path) -> float:
    return max((p.stat().st_mtime for p in folder.glob("records.sqlite*")), default=0.0)


def _is_ours(folder: Path) -> bool:
    """Whether a folder holds the records of an export, and nothing that no export makes."""
    if folder.is_symlink() or not (folder / "records.sqlite").is_file():
        return False
    if any(p.name not in _OURS and not p.name.startswith("records.") for p in folder.iterdir()):
        return False
    try:
        with contextlib.closing(sqlite3.connect(folder / "records.sqlite", timeout=0)) as found:
            names = {name for (name,) in found.execute("SELECT name FROM sqlite_master")}
    except sqlite3.Error:
        return False
    return {"photo", "row"} <= names
