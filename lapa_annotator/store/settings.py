"""Small named values kept with a project, as JSON."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from sqlalchemy import delete, insert, select

from lapa_annotator.store.database import Database
from lapa_annotator.store.models import SettingRow

T = TypeVar("T", bool, int, float, str, list[Any], dict[str, Any])


class Settings:
    """The settings of a project, by key."""

    def __init__(self, database: Database) -> None:
        """Keep settings in ``database``."""
        self._database = database

    def get(self, key: str, default: T) -> T:
        """Return a setting; ``default`` if it is not set or not of the default's type."""
        with self._database.read() as connection:
            text = connection.scalar(select(SettingRow.value).where(SettingRow.key == key))
        try:
            value = default if text is None else json.loads(text)
        except ValueError:
            return default
        if isinstance(default, float) and type(value) is int:
            value = float(value)
        return value if type(value) is type(default) else default

    def set(self, key: str, value: bool | int | float | str | list[Any] | dict[str, Any]) -> None:
        """Store a setting; the value must be fit for JSON."""
        text = json.dumps(value)
        with self._database.write() as connection:
            connection.execute(delete(SettingRow).where(SettingRow.key == key))
            connection.execute(insert(SettingRow).values(key=key, value=text))

    def all(self) -> dict[str, Any]:
        """Return all settings, by key."""
        with self._database.read() as connection:
            rows = connection.execute(select(SettingRow.key, SettingRow.value)).all()
        return {key: json.loads(text) for key, text in rows}
