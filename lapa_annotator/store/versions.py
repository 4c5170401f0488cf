"""Making a project's database, opening it, and bringing an older one up to date.

The format has a major and a minor number. An older project is backed up and upgraded when it is
opened for writing. One with a larger minor number still fits this program; one with a larger
major number needs a newer program, and is refused.
"""

from __future__ import annotations

import os
import shutil
import time
import uuid
from pathlib import Path

from sqlalchemy import Connection, insert, select, update

import lapa_annotator
from lapa_annotator.domain.errors import InputError
from lapa_annotator.store import sqlite
from lapa_annotator.store.database import Database
from lapa_annotator.store.models import Base, FormatRow

DATABASE = "project.db"
MAJOR = 1
MINOR = 1

_TABLES = {*Base.metadata.tables, "alembic_version"}
# What a format 1.0 has not yet.
_SINCE_1_1 = {"second", "second_entry", "assignment"}


def create(folder: Path) -> None:
    """Make the folder of a new project, and those above it: beside its place first, then whole.

    Raises:
        InputError: something is there already, or it cannot be written.
    """
    if os.path.lexists(folder):
        raise InputError(folder, "is there already", "choose another name, or open it")
    beside = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}")
    try:
        beside.mkdir(parents=True)
        try:
            _fill(beside / DATABASE)
            beside.rename(folder)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    except OSError as error:
        raise InputError(
            folder, f"cannot be made ({error.strerror})", "choose a folder that can be written to"
        ) from error


def _fill(file: Path) -> None:
    sqlite.create_file(file)
    database = Database(file, sqlite.make_engine(file))
    try:
        with database.write() as connection:
            migrate(connection)
            connection.execute(
                insert(FormatRow).values(
                    id=1,
                    major=MAJOR,
                    minor=MINOR,
                    uid=uuid.uuid4().hex,
                    program=lapa_annotator.__version__,
                    created=time.time(),
                )
            )
    finally:
        database.close()


def migrate(connection: Connection) -> None:
    """Bring the tables to this program's form, within a transaction."""
    # Imported here: opening a project that is up to date does without it.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "lapa_annotator.store:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def open_database(folder: Path, *, read_only: bool | None) -> Database:
    """Open a project's database, upgrading an older one.

    Args:
        read_only: None for a project that cannot be written to alone.

    Raises:
        InputError: it is not a project, of a newer program, damaged, or not writable.
    """
    file = folder / DATABASE
    if not file.is_file():
        problem = "is not a project" if folder.exists() else "is not there"
        raise InputError(folder, problem, "choose a .lapa folder, or make one with `project new`")
    writable = os.access(file, os.W_OK) and os.access(folder, os.W_OK)
    if read_only is None:
        read_only = not writable
    if not (read_only or writable):
        raise InputError(
            folder, "cannot be written to", "open it for reading only, or copy it to a disk"
        )
    database = _reachable(file, read_only=read_only)
    try:
        with database.read() as connection:
            sqlite.check_ours(connection, file)
            version = _version(connection, folder)
            needed = _TABLES if version >= (1, 1) else _TABLES - _SINCE_1_1
            newer = version > (MAJOR, MINOR)
            sqlite.check_tables(connection, file, needed, None if newer else _TABLES)
        if not read_only and version < (MAJOR, MINOR):
            _upgrade(database, folder, version)
    except BaseException:
        database.close()
        raise
    return database


def _reachable(file: Path, *, read_only: bool) -> Database:
    """Open a file; read-only media take an engine that looks for no journal beside it."""
    database = Database(file, sqlite.make_engine(file, read_only=read_only), read_only=read_only)
    try:
        with database.read() as connection:
            sqlite.read_something(connection)
    except InputError:
        database.close()
        journal = file.with_name(file.name + "-wal")
        if not read_only or (journal.exists() and journal.stat().st_size):
            raise
        engine = sqlite.make_engine(file, read_only=True, immutable=True)
        return Database(file, engine, read_only=True)
    return database


def _version(connection: Connection, folder: Path) -> tuple[int, int]:
    row = connection.execute(select(FormatRow.major, FormatRow.minor)).first()
    if row is None:
        raise InputError(folder, "does not say its version", "open a backup of the project")
    if row.major > MAJOR:
        raise InputError(
            folder, f"was made by a newer program (format {row.major})", "install that program"
        )
    return row.major, row.minor


def _upgrade(database: Database, folder: Path, version: tuple[int, int]) -> None:
    backups = folder / "backups"
    stamp = time.strftime("%Y%m%d-%H%M%S")
    target = backups / f"format-{version[0]}.{version[1]}-{stamp}.db"
    try:
        backups.mkdir(exist_ok=True)
    except OSError as error:
        raise InputError(
            folder, f"cannot be backed up before its upgrade ({error.strerror})", "free some room"
        ) from error
    sqlite.online_copy(database.engine, target)
    with database.write() as connection:
        if _version(connection, folder) < (MAJOR, MINOR):  # nobody else has done it meanwhile
            migrate(connection)
            connection.execute(update(FormatRow).values(major=MAJOR, minor=MINOR))
