"""Nothing but ``sqlite.py`` and ``salvage.py`` is SQLite's own."""

import re
from pathlib import Path

from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

import lapa_annotator.store
from lapa_annotator.store.conditions import condition
from lapa_annotator.store.models import Base
from lapa_annotator.store.query import parse

QUERY = 'path:2024/*_a? -tag:x* conf:<0.4 date:2026 model:net-* photo:missing "50%" status:done'


def test_tables_and_searches_can_be_put_to_another_database() -> None:
    other = postgresql.dialect()
    for table in Base.metadata.sorted_tables:
        assert str(CreateTable(table).compile(dialect=other))
        for index in table.indexes:
            assert str(CreateIndex(index).compile(dialect=other))
    said = str(condition(parse(QUERY)).compile(dialect=other))
    assert "GLOB" not in said
    assert "LIKE" in said


def test_pragmas_stay_in_their_place() -> None:
    folder = Path(lapa_annotator.store.__file__).parent
    for file in folder.glob("*.py"):
        own = file.name in ("sqlite.py", "salvage.py")
        words = re.findall(
            r"PRAGMA|VACUUM|GLOB|\browid\b|sqlite3|exec_driver_sql", file.read_text()
        )
        assert own or not words, file.name
