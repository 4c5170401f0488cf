"""One database as the rest of ``store`` sees it: read and write transactions that tell failures."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from lapa_annotator.domain.errors import InputError
from lapa_annotator.store import sqlite
from lapa_annotator.store.codec import DamagedError


class Database:
    """An open database.

    Attributes:
        file: where it lies.
        read_only: whether writing is refused.
        rolled_back: called after a transaction that was given up, to forget what it made.
    """

    def __init__(self, file: Path, engine: Engine, *, read_only: bool = False) -> None:
        """Take an engine on ``file``.

        Raises:
            InputError: the file is not there.
        """
        self.file = file
        self.engine = engine
        self.read_only = read_only
        self.rolled_back: list[Callable[[], None]] = []
        self._turn = threading.Lock()
        self._identity = self._look()

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection that sees one state of the database throughout.

        Raises:
            InputError: it cannot be read.
        """
        with self._told(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a connection whose changes are on the disk when the block ends, or not made at all.

        Raises:
            InputError: it cannot be written, or the file has gone from where it was.
        """
        if self.read_only:
            raise InputError(self.file, "is open for reading only", "open it for writing")
        with self._turn, self._told(forget=True):
            self._check_there()
            with self.engine.connect() as fresh:
                connection = fresh.execution_options(writes=True)
                with connection.begin():
                    yield connection
            # A file that was deleted while open still takes writes, and they would be lost.
            self._check_there()

    @contextmanager
    def _told(self, forget: bool = False) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            for clear in self.rolled_back if forget else ():
                clear()
            if isinstance(error, DBAPIError) and (tell := sqlite.told(error, self.file)):
                raise tell from error
            if isinstance(error, DamagedError):
                raise InputError(
                    self.file, f"is damaged ({error})", "check it with `project verify`"
                ) from error
            if isinstance(error, UnicodeEncodeError):
                raise InputError(
                    self.file, "cannot hold text that is not Unicode", "write it differently"
                ) from error
            raise

    def _look(self) -> tuple[int, int]:
        try:
            found = self.file.stat()
        except OSError as error:
            raise InputError(
                self.file, f"cannot be reached ({error.strerror})", "check that its folder is there"
            ) from error
        return found.st_dev, found.st_ino

    def _check_there(self) -> None:
        if self._look() != self._identity:
            raise InputError(
                self.file, "was replaced while it was open", "open the project again, then save"
            )
