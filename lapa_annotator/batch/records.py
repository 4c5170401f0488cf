"""What has been done in an out folder: one record a photo, in a small SQLite file.

The file also is the lock: one run at a time has it open. A record is written after the last
output of its photo, so that a run killed at any moment leaves either a finished photo with a
record or one that is simply done again.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from lapa_annotator.batch.outcome import Outcome
from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.atomic import write_error

FOLDER = ".annotate"
_FILE = "records.sqlite"
_TABLE = "CREATE TABLE IF NOT EXISTS record (name TEXT PRIMARY KEY, value TEXT);"


@dataclass(frozen=True, slots=True)
class Record:
    """A photo that is done.

    Attributes:
        name: the flat name of its samples.
        photo: the photo's absolute path when it was done.
        size, modified: its size in bytes and time of change in ns; the same means unchanged.
        options: fingerprint of the options and weights that were in force.
        outcome: the samples, the files written and the time it took.
    """

    name: str
    photo: str
    size: int
    modified: int
    options: str
    outcome: Outcome

    def is_of(self, photo: Path) -> bool:
        """Whether ``photo`` is, byte for byte, what was annotated then."""
        try:
            status = photo.stat()
        except OSError:
            return False
        if status.st_size != self.size:
            return False
        return status.st_mtime_ns == self.modified or sha256_of(photo) == self.outcome.source

    def outputs_stand(self, out: Path) -> bool:
        """Whether every file that was written is still there."""
        return all((out / place).is_file() for place in self.outcome.outputs)


class Records:
    """The records of one out folder, by name."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    def all(self) -> dict[str, Record]:
        """Read every record.

        Raises:
            InputError: the file is damaged.
        """
        try:
            rows = self._connection.execute("SELECT name, value FROM record").fetchall()
            return {name: _from_json(value) for name, value in rows}
        except (sqlite3.Error, ValueError, KeyError, TypeError) as error:
            raise damaged(self._path, error) from error

    def put(self, record: Record) -> None:
        """Keep a record in place of the one of the same name.

        Raises:
            InputError: a full disk.
        """
        value = json.dumps(asdict(record), ensure_ascii=True, sort_keys=True)
        self._run("INSERT OR REPLACE INTO record VALUES (?, ?)", record.name, value)

    def drop(self, name: str) -> None:
        """Forget a record.

        Raises:
            InputError: a full disk.
        """
        self._run("DELETE FROM record WHERE name = ?", name)

    def _run(self, statement: str, *values: str) -> None:
        try:
            self._connection.execute(statement, values)
        except sqlite3.Error as error:
            raise unwritable(self._path, error) from error


@contextmanager
def open_records(out: Path) -> Iterator[Records]:
    """Open the records of an out folder, made where missing, and lock the folder.

    Raises:
        InputError: the folder cannot be written, or another run has it, or the file is damaged.
    """
    path = out / FOLDER / _FILE
    with locked_database(out, path, _TABLE) as connection:
        yield Records(connection, path)


@contextmanager
def locked_database(out: Path, path: Path, tables: str) -> Iterator[sqlite3.Connection]:
    """Open a small database that one program at a time has, made where missing.

    Args:
        out: the folder that it is the lock of, for the sentence.
        path: its file.
        tables: SQL that makes its tables where they are missing.

    Raises:
        InputError: it cannot be written, or another run has it, or the file is damaged.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error(out, error) from error
    connection: sqlite3.Connection | None = None
    try:
        try:
            connection = sqlite3.connect(path, timeout=0, isolation_level=None)
            _prepare(connection, tables)
        except sqlite3.DatabaseError as error:
            raise _refused(out, path, error) from error
        yield connection
    finally:
        if connection is not None:
            connection.close()


def sha256_of(path: Path) -> str:
    """The sha256 of a file's bytes, as 64 hexadecimal digits.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _prepare(connection: sqlite3.Connection, tables: str) -> None:
    # An exclusive lock that lasts as long as the connection; the system drops it at a kill.
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("PRAGMA journal_mode = WAL")
    # A record lost in a power cut costs one photo done again; flushing each would cost more.
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.executescript(tables)
    connection.execute("BEGIN EXCLUSIVE")
    connection.execute("COMMIT")


def _from_json(value: str) -> Record:
    data = json.loads(value)
    return Record(**{**data, "outcome": Outcome.from_dict(data["outcome"])})


def _refused(out: Path, path: Path, error: sqlite3.DatabaseError) -> InputError:
    match error.sqlite_errorcode & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return InputError(out, "another run is at work in this folder", "wait for its end")
        case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT:
            return damaged(path, error)
        case _:
            return unwritable(path, error)


def unwritable(path: Path, error: sqlite3.Error) -> InputError:
    """Say in one sentence why a database could not be written."""
    if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL:
        return InputError(path, "the disk is full", "free some space and run again")
    return InputError(path, f"it cannot be written ({error})", "choose a folder you may write in")


def damaged(path: Path, error: Exception) -> InputError:
    """Say in one sentence that the database of what is done cannot be read."""
    return InputError(
        path, f"the record of what is done is damaged ({error})", "remove it and run --overwrite"
    )
