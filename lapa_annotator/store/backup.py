"""Copying a project while it is in use, and giving unused room back."""

from __future__ import annotations

import os
import shutil
import uuid
from pathlib import Path

from lapa_annotator.domain.errors import InputError
from lapa_annotator.store import sqlite
from lapa_annotator.store.database import Database


def backup(database: Database, folder: Path, target: Path) -> Path:
    """Copy a project's database into a new folder; see ``Project.backup``."""
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
            beside.rename(target)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    except OSError as error:
        raise InputError(
            target, f"cannot be written ({error.strerror})", f"{folder.name} is as it was"
        ) from error
    return target


def compact(database: Database) -> int:
    """Rewrite a database without its unused room; see ``Project.compact``."""
    if database.read_only:
        raise InputError(database.file, "is open for reading only", "open it for writing")
    freed = sqlite.vacuum(database.engine, database.file)
    with database.write() as connection:
        sqlite.refresh_statistics(connection)
    return freed
