"""Names of annotators and model versions, kept once and referred to by number."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, insert, select

from lapa_annotator.store.codec import DamagedError
from lapa_annotator.store.database import Database
from lapa_annotator.store.models import NameRow


class Names:
    """The table of names, remembered while the project is open."""

    def __init__(self, database: Database) -> None:
        """Keep the names of ``database``."""
        self._ids: dict[str, int] = {}
        self._texts: dict[int, str] = {}
        database.rolled_back.append(self._forget)

    def _forget(self) -> None:
        self._ids.clear()
        self._texts.clear()

    def ids(self, connection: Connection) -> Callable[[str], int]:
        """Return what gives a name's number, adding names that are new, within a transaction."""

        def name_id(text: str) -> int:
            if text not in self._ids:
                found = connection.scalar(select(NameRow.id).where(NameRow.text == text))
                if found is None:
                    new = insert(NameRow).values(text=text).returning(NameRow.id)
                    found = connection.scalars(new).one()
                self._ids[text] = found
            return self._ids[text]

        return name_id

    def texts(self, connection: Connection) -> Callable[[int], str]:
        """Return what gives a number's name; it raises DamagedError for an unknown number."""

        def name(number: int) -> str:
            if number not in self._texts:
                found = connection.scalar(select(NameRow.text).where(NameRow.id == number))
                if found is None:
                    raise DamagedError(f"it refers to name {number}, which is gone")
                self._texts[number] = found
            return self._texts[number]

        return name
