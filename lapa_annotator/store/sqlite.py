"""All that is SQLite's own: how it is opened, told apart, copied, checked, and how it fails.

Nothing else in ``store`` holds a pragma or a word of SQLite's dialect.
"""

from __future__ import annotations

import random
import re
import sqlite3
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, Select, create_engine, event, func, literal, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import QueuePool
from sqlalchemy.sql.expression import FunctionElement
from sqlalchemy.types import Boolean

from lapa_annotator.domain.errors import InputError

APPLICATION_ID = 0x4C615061  # "LaPa"
_BUSY_SECONDS = 10
_TURN_SECONDS = 0.002
_CHECKPOINT_PAGES = 4000

# Numbers of images come out of arrays; without this the driver would store their bytes.
sqlite3.register_adapter(np.int64, int)


def make_engine(file: Path, *, read_only: bool = False, immutable: bool = False) -> Engine:
    """Return an engine on a database file; nothing is opened yet.

    Args:
        read_only: refuse to write.
        immutable: also trust that nobody else writes, which read-only media need.
    """
    mode = "ro" if read_only else "rw"
    uri = f"{file.absolute().as_uri()}?mode={mode}" + ("&immutable=1" if immutable else "")

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS, check_same_thread=False)

    pool = {"poolclass": QueuePool, "pool_size": 8, "max_overflow": -1}
    engine = create_engine("sqlite://", creator=connect, **pool)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def create_file(file: Path) -> None:
    """Make an empty database of ours.

    Raises:
        InputError: it cannot be written.
    """
    try:
        connection = sqlite3.connect(file)
        try:
            connection.execute("PRAGMA page_size = 8192")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise _told(error, file) from error


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the begin event says BEGIN, not the driver
    cursor = connection.cursor()
    for pragma in (
        "synchronous = FULL",  # a commit is on the disk when it returns, even without power
        "foreign_keys = ON",
        "trusted_schema = OFF",  # a schema from elsewhere cannot call functions
        "cell_size_check = ON",
        f"wal_autocheckpoint = {_CHECKPOINT_PAGES}",
        "cache_size = -32768",
        "temp_store = MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    # A writer takes its turn at once: upgrading a read transaction later could only fail.
    if connection.get_execution_options().get("writes", False):
        _take_turn(connection)
    else:
        connection.exec_driver_sql("BEGIN")


def _take_turn(connection: Connection) -> None:
    """Begin to write as soon as nobody else does.

    SQLite's own waiting asks ever more seldom, up to ten times a second, so that a program that
    writes all the time, such as a long job, would shut a person out for seconds.
    """
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA busy_timeout = 1")
    end = time.monotonic() + _BUSY_SECONDS
    try:
        while time.monotonic() < end:
            try:
                driver.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                    break
                time.sleep(_TURN_SECONDS * random.random())
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # for its error, told like every other
    finally:
        driver.execute(f"PRAGMA busy_timeout = {1000 * _BUSY_SECONDS}")


def read_something(connection: Connection) -> None:
    """Read a little; opening a file reads nothing yet, and so cannot fail."""
    connection.exec_driver_sql("SELECT count(*) FROM sqlite_master")


def check_ours(connection: Connection, file: Path) -> None:
    """Check that a database is a project's and holds nothing but tables and indexes.

    Raises:
        InputError: it is something else, or has triggers, views or tables that run code.
    """
    number = connection.exec_driver_sql("PRAGMA application_id").scalar()
    if number != APPLICATION_ID:
        raise InputError(file, "is not a project of this program", "choose a .lapa folder")
    rows = connection.exec_driver_sql("SELECT type, name, sql FROM sqlite_master").all()
    strange = [name for kind, name, _ in rows if kind not in ("table", "index")]
    strange += [name for _, name, sql in rows if (sql or "").upper().startswith("CREATE VIRTUAL")]
    _refuse(file, strange)


def check_tables(
    connection: Connection, file: Path, needed: set[str], known: set[str] | None
) -> None:
    """Check that the tables of a project are there, and none beside those that are known.

    Args:
        known: None where a newer program may have made more.

    Raises:
        InputError: a table is missing, or one is there that no project has.
    """
    found = {
        name
        for (name,) in connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        )
        if not name.startswith("sqlite_")
    }
    _refuse(file, [] if known is None else sorted(found - known))
    if needed - found:
        raise InputError(
            file, f"lacks the table {min(needed - found)}", "open a backup of the project"
        )


def _refuse(file: Path, strange: list[str]) -> None:
    if strange:
        names = ", ".join(sorted(strange)[:3])
        raise InputError(
            file, f"holds parts that no project has ({names})", "do not open it, or use a backup"
        )


def numbers_of(connection: Connection, ordered: Select[Any]) -> NDArray[np.int64]:
    """Return the whole numbers that a select of one column gives, in its order: (n,) int64.

    SQLite writes them into one text, which is five times as fast as to hand over a million rows.
    It keeps the order of an inner select for the sake of group_concat.
    """
    column = ordered.subquery().c[0]
    text = connection.scalar(select(func.group_concat(column)))
    return np.fromstring(text, np.int64, sep=",") if text else np.zeros(0, np.int64)


def integrity(connection: Connection) -> list[str]:
    """Return what SQLite's own checks complain about, in at most 100 lines; empty when sound."""
    lines = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check")]
    lines = [line for line in lines if line != "ok"]
    dangling = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    lines += [f"a row of {row[0]} points to a row of {row[2]} that is gone" for row in dangling]
    return lines[:100]


def online_copy(engine: Engine, target: Path) -> None:
    """Copy a database that may be in use into the file ``target``.

    Raises:
        InputError: it cannot be read or written.
    """
    try:
        source = engine.raw_connection()
        copy = sqlite3.connect(target)
        try:
            driver: Any = source.driver_connection
            driver.backup(copy, pages=1000)
        finally:
            copy.close()
            source.close()
    except sqlite3.Error as error:
        raise _told(error, target) from error


def vacuum(engine: Engine, file: Path) -> int:
    """Rewrite a database without its unused room; returns how many bytes that gave back.

    Raises:
        InputError: there is no room for the copy, or somebody is using the database.
    """
    source = engine.raw_connection()
    try:
        driver: Any = source.driver_connection
        before = driver.execute("PRAGMA page_count").fetchone()[0]
        driver.execute("VACUUM")
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        after = driver.execute("PRAGMA page_count").fetchone()[0]
        return int(before - after) * int(driver.execute("PRAGMA page_size").fetchone()[0])
    except sqlite3.Error as error:
        raise _told(error, file) from error
    finally:
        source.close()


def refresh_statistics(connection: Connection) -> None:
    """Let the query planner look at how many rows of each kind there are."""
    connection.exec_driver_sql("PRAGMA analysis_limit = 1000")
    connection.exec_driver_sql("ANALYZE")


def told(error: DBAPIError, file: Path) -> InputError | None:
    """Return what to tell of a database's failure; None when it is a fault of the program."""
    return _told(error.orig, file) if isinstance(error.orig, sqlite3.Error) else None


_FAILURES: dict[str, tuple[str, str]] = {
    "SQLITE_FULL": (
        "the disk is full",
        "free some room and save again; nothing that was saved is lost",
    ),
    "SQLITE_READONLY": ("cannot be written to", "open it for reading only, or copy it to a disk"),
    "SQLITE_CANTOPEN": ("cannot be opened", "check that the folder is there and may be read"),
    "SQLITE_CORRUPT": (
        "is damaged",
        "save what can be read with `lapa-annotator project verify --salvage NEW.lapa`",
    ),
    "SQLITE_NOTADB": (
        "is damaged or not a project",
        "open a backup, or try `lapa-annotator project verify --salvage NEW.lapa`",
    ),
    "SQLITE_BUSY": ("is busy: another program is writing to it", "try again in a moment"),
    "SQLITE_LOCKED": ("is busy: another program is using it", "try again in a moment"),
    "SQLITE_IOERR": (
        "the disk reports an error",
        "check the disk and its free room; nothing that was saved is lost",
    ),
    "SQLITE_PERM": ("may not be opened", "check the folder's permissions"),
    "SQLITE_TOOBIG": ("is given a value that is too large", "save a smaller one"),
}


def _told(error: BaseException, file: Path) -> InputError:
    name: str = getattr(error, "sqlite_errorname", None) or ""
    for start, (problem, remedy) in _FAILURES.items():
        if name.startswith(start):
            return InputError(file, problem, remedy)
    if str(error).startswith("no such table"):  # what is missing else is told when it is opened
        remedy = "open it for writing once, which upgrades it"
        return InputError(file, "is of an older form, which cannot tell that", remedy)
    return InputError(file, f"the database fails ({error})", "check it with `project verify`")


def _escaped(text: str) -> str:
    """Return a text for LIKE in which nothing is a wildcard."""
    return re.sub(r"([\\%_])", r"\\\1", text)


class Matches(FunctionElement[bool]):
    """Whether a text matches a pattern with ``*`` and ``?``, case counting.

    SQLite writes it as GLOB, every other database as LIKE.
    """

    inherit_cache = True
    type = Boolean()
    name = "matches"

    def __init__(self, column: Any, pattern: str) -> None:
        """Match ``column`` against ``pattern``."""
        like = _escaped(pattern).replace("*", "%").replace("?", "_")
        super().__init__(column, literal(pattern.replace("[", "[[]")), literal(like))


@compiles(Matches, "sqlite")
def _glob(element: Matches, compiler: Any, **options: Any) -> str:
    column, glob, _ = element.clauses
    return f"{compiler.process(column, **options)} GLOB {compiler.process(glob, **options)}"


@compiles(Matches)
def _like(element: Matches, compiler: Any, **options: Any) -> str:
    column, _, like = element.clauses
    both = compiler.process(column, **options), compiler.process(like, **options)
    return f"{both[0]} LIKE {both[1]} ESCAPE '\\'"


class Contains(FunctionElement[bool]):
    """Whether a text holds another, whatever the case.

    SQLite's LIKE takes no notice of the case (of Latin letters) by itself, which is four times
    as fast as to make both lower.
    """

    inherit_cache = True
    type = Boolean()
    name = "contains"

    def __init__(self, column: Any, text: str) -> None:
        """Look for ``text`` in ``column``."""
        super().__init__(column, literal(f"%{_escaped(text)}%"))


@compiles(Contains, "sqlite")
def _like_in_any_case(element: Contains, compiler: Any, **options: Any) -> str:
    column, text = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} LIKE {text} ESCAPE '\\'"


@compiles(Contains)
def _like_in_lower_case(element: Contains, compiler: Any, **options: Any) -> str:
    column, text = (compiler.process(part, **options) for part in element.clauses)
    return f"lower({column}) LIKE lower({text}) ESCAPE '\\'"
