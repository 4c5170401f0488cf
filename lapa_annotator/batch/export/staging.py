"""The folder in which an export grows until it is whole: ``.NAME.export``, beside the new one.

``data/`` is the data set to be; ``records.sqlite`` knows which photos are done and is the lock:
one export at a time has it open. A killed export leaves both, and the same call goes on. The
data set gets its name in one step, when everything in it has been written.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lapa_annotator.batch.export.work import Made, from_json, to_json
from lapa_annotator.batch.records import damaged, locked_database, sha256_of, unwritable
from lapa_annotator.formats.atomic import write_error

MANIFEST = "manifest.json"
_RECORDS = "records.sqlite"
_TABLES = """
CREATE TABLE IF NOT EXISTS photo (image INTEGER PRIMARY KEY, stamp TEXT, made TEXT);
CREATE TABLE IF NOT EXISTS row (number INTEGER PRIMARY KEY, image INTEGER, split TEXT, value TEXT);
CREATE INDEX IF NOT EXISTS row_image ON row (image);
"""


class Staging:
    """An export that is under way; ``open_staging`` makes one.

    Attributes:
        data: the data set to be.
    """

    def __init__(self, folder: Path, out: Path, connection: sqlite3.Connection) -> None:
        self.data = folder / "data"
        self._folder = folder
        self._out = out
        self._connection = connection
        self._order: list[int] = []

    def begin(self, stamps: Mapping[int, str]) -> set[int]:
        """Say what is to be exported; return the images that are done and whole already.

        Args:
            stamps: stamp by image, in the order of the data set; what has another stamp, or
                is not among them, is forgotten.

        Raises:
            InputError: the record is damaged, or cannot be written.
        """
        self._order = list(stamps)
        known = dict(self._run("SELECT image, stamp FROM photo"))
        done = set()
        for image, stamp in known.items():
            if stamps.get(image) == stamp and self._stands(self.made(image)):
                done.add(image)
            else:
                self._run("DELETE FROM photo WHERE image = ?", image)
                self._run("DELETE FROM row WHERE image = ?", image)
        return done

    def _stands(self, made: Made) -> bool:
        """Whether every file of a photo is there with the bytes that were written."""
        try:
            return all(sha256_of(self.data / p) == digest for p, digest in made.files.items())
        except OSError:
            return False

    def put(self, image: int, stamp: str, made: Made) -> None:
        """Note that a photo is done.

        Raises:
            InputError: a full disk.
        """
        self._run("BEGIN")
        for number, split, row in made.rows:
            told = json.dumps(row, ensure_ascii=False)
            self._run("INSERT OR REPLACE INTO row VALUES (?, ?, ?, ?)", number, image, split, told)
        kept = to_json(made)
        self._run("INSERT OR REPLACE INTO photo VALUES (?, ?, ?)", image, stamp, kept)
        self._run("COMMIT")

    def count(self) -> int:
        """How many photos are done, whole or not."""
        ((count,),) = self._run("SELECT count(*) FROM photo")
        return int(count)

    def made(self, image: int) -> Made:
        """What became of a photo that is done.

        Raises:
            InputError: the record is damaged.
        """
        ((text,),) = self._run("SELECT made FROM photo WHERE image = ?", image)
        try:
            return from_json(text)
        except (ValueError, TypeError, KeyError) as error:
            raise damaged(self._folder, error) from error

    def all(self) -> Iterator[Made]:
        """What became of every photo that is done, in the order of the data set, one by one."""
        there = {image for (image,) in self._run("SELECT image FROM photo")}
        return (self.made(image) for image in self._order if image in there)

    def rows(self, split: str) -> Iterator[dict[str, Any]]:
        """The rows of a split for the lists of a format, in the order of the samples."""
        told = "SELECT value FROM row WHERE split = ? ORDER BY number"
        try:
            # One by one, not fetched together: the rows of a whole data set are many.
            for (text,) in self._connection.execute(told, (split,)):
                yield json.loads(text)
        except (sqlite3.Error, ValueError) as error:
            raise damaged(self._folder, error) from error

    def _run(self, statement: str, *values: object) -> list[Any]:
        try:
            return self._connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise unwritable(self._folder, error) from error

    def keep_only(self, places: set[str]) -> None:
        """Remove every file of the data set but those at ``places``, and empty folders."""
        for folder, _, names in os.walk(self.data, topdown=False):
            for name in names:
                path = Path(folder, name)
                if path.relative_to(self.data).as_posix() not in places:
                    path.unlink()
            with contextlib.suppress(OSError):
                Path(folder).rmdir()

    def publish(self) -> None:
        """Give the data set its name; an older export that is there goes in the same moment.

        Raises:
            InputError: it cannot be renamed; what was there before is there again.
        """
        before = self._folder / "before"
        try:
            self.data.mkdir(parents=True, exist_ok=True)
            if hasattr(os, "sync"):
                os.sync()  # all files at once: one by one would take longer than making them
            if self._out.exists():
                self._out.rename(before)
            try:
                self.data.rename(self._out)
            except OSError:
                if before.exists():
                    before.rename(self._out)
                raise
        except OSError as error:
            raise write_error(self._out, error) from error


@contextmanager
def open_staging(out: Path, *, keep: bool = False) -> Iterator[Staging]:
    """Open the folder in which an export to ``out`` grows, and lock it.

    When the block ends without an exception, the folder goes, unless it is to be kept; else it
    stays to go on from.

    Raises:
        InputError: another export to ``out`` is at work, or it cannot be written.
    """
    folder = staging_folder(out)
    with locked_database(out, folder / _RECORDS, _TABLES) as connection:
        _put_back(folder / "before", out)
        yield Staging(folder, out, connection)
    if not keep:
        shutil.rmtree(folder, ignore_errors=True)


def staging_folder(out: Path) -> Path:
    """Return the folder in which an export to ``out`` grows."""
    return out.parent / f".{out.name}.export"


def _put_back(before: Path, out: Path) -> None:
    """Undo the half of an exchange that a kill left: the older export gets its name again."""
    if not before.exists():
        return
    try:
        if out.exists():
            shutil.rmtree(before)
        else:
            before.rename(out)
    except OSError as error:
        raise write_error(out, error) from error


def is_under_way(out: Path) -> bool:
    """Whether an export to ``out`` was stopped half way, and would go on from there."""
    return (staging_folder(out) / _RECORDS).is_file()
