"""Copying a project while it is in use, and giving unused room back."""

from __future__ import annotations

import os
import shutil
import uuid
from pathlib import Path

from lapa_annotator.domain.errors import InputError
from lapa_annotator.store import sqlite
from lapa_annotator.store.database import Database

TRAINING = "training"
"""Where a project keeps its own model versions."""

# Of a training: what going on with it needs, and what can be made again from the photos. Both
# are many times as large as the weights.
_LEFT_OUT = shutil.ignore_patterns("checkpoints", "crops")


def backup(database: Database, folder: Path, target: Path) -> Path:
    """Copy a project's database and model versions into a new folder; see ``Project.backup``."""
    if os.path.lexists(target):
        raise InputError(target, "is there already", "choose another name for the backup")
    beside = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    try:
        beside.mkdir(parents=True)
        try:
            copy = beside / database.file.name
            sqlite.online_copy(database.engine, copy)
            with copy.open("rb+") as stream:
                os.fsync(stream.fileno())
            if (folder / TRAINING).is_dir():
                shutil.copytree(folder / TRAINING, beside / TRAINING, True, _LEFT_OUT)
            beside.rename(target)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    except shutil.Error as error:  # the OSErrors of all files that could not be copied
        _, _, why = error.args[0][0]
        raise _not_written(target, folder, str(why)) from error
    except OSError as error:
        raise _not_written(target, folder, str(error.strerror)) from error
    return target


def _not_written(target: Path, folder: Path, why: str) -> InputError:
    return InputError(target, f"cannot be written ({why})", f"{folder.name} is as it was")


def compact(database: Database) -> int:
    """Rewrite a database without its unused room; see ``Project.compact``."""
    if database.read_only:
        raise InputError(database.file, "is open for reading only", "open it for writing")
    freed = sqlite.vacuum(database.engine, database.file)
    with database.write() as connection:
        sqlite.refresh_statistics(connection)
    return freed
