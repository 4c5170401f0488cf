"""The projects opened last, and where the work stopped in each."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from PySide6.QtCore import QSettings

_KEY = "recent/projects"
_MOST = 12


@dataclass(frozen=True, slots=True)
class Recent:
    """A project's folder, the photo shown last (0 for none) and when (seconds, epoch)."""

    folder: str
    image_id: int = 0
    time: float = 0.0

    @property
    def path(self) -> Path:
        """The project's folder."""
        return Path(self.folder)


class RecentProjects:
    """A short list in the user's configuration, the latest first."""

    def __init__(self, store: QSettings) -> None:
        self._store = store

    def all(self) -> list[Recent]:
        """Return the projects, the latest first; an unreadable list counts as empty."""
        try:
            rows = json.loads(str(self._store.value(_KEY, "[]")))
            return [Recent(**row) for row in rows]
        except (ValueError, TypeError):
            return []

    def latest(self) -> Recent | None:
        """The project opened last, None when there is none or its folder is gone."""
        rows = self.all()
        return rows[0] if rows and rows[0].path.is_dir() else None

    def note(self, folder: Path, image_id: int = 0) -> None:
        """Put a project on top of the list, with the photo that is shown."""
        entry = Recent(str(folder), image_id, time.time())
        rows = [entry, *(r for r in self.all() if r.folder != entry.folder)]
        self._write(rows[:_MOST])

    def forget(self, folder: str) -> None:
        """Take a project off the list; the project itself is not touched."""
        self._write([r for r in self.all() if r.folder != folder])

    def _write(self, rows: list[Recent]) -> None:
        self._store.setValue(_KEY, json.dumps([asdict(r) for r in rows]))
