"""The window's settings as rows of a table, kept in the user's configuration.

A row says what a setting is called, what kind of value it takes and what it is at first; the
preferences dialog is made from the same rows, and nothing else reads the stored values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, QSettings, Signal

from lapa_annotator.gui.words import mark as _

Value = bool | int | str


@dataclass(frozen=True, slots=True)
class Setting:
    """One row: a setting's key, group, first value, text and what values it may take.

    The kind of the value is that of ``default``; ``choices`` are (value, text) pairs of a
    text setting, ``low`` and ``high`` the range of a whole number, ``unit`` what stands behind it.
    """

    key: str
    group: str
    default: Value
    text: str
    tip: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    low: int = 0
    high: int = 100
    unit: str = ""


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "look/theme",
        _("Appearance"),
        "system",
        _("Colours"),
        choices=(("system", _("As the system")), ("light", _("Light")), ("dark", _("Dark"))),
    ),
    Setting(
        "list/thumbnails",
        _("Appearance"),
        True,
        _("Show thumbnails in the list of photos"),
    ),
    Setting(
        "work/annotator",
        _("Work"),
        "",
        _("Your name"),
        _("Stands beside every point that you correct; empty means your user name."),
    ),
    Setting(
        "work/propose",
        _("Work"),
        True,
        _("Propose points for new photos by itself"),
        _("Faces are found and their points proposed in the background."),
    ),
    Setting(
        "work/ahead",
        _("Work"),
        2,
        _("Photos read and proposed ahead"),
        low=0,
        high=10,
    ),
    Setting(
        "work/idle",
        _("Work"),
        30,
        _("Count as idle after"),
        _("Time without a touch of mouse or keyboard beyond this is not counted as work."),
        low=5,
        high=600,
        unit=_("s"),
    ),
    Setting(
        "work/strength",
        _("Work"),
        100,
        _("Untouched points follow by"),
        _("How far points that nobody has touched follow a drag (J switches it off and on)."),
        low=0,
        high=100,
        unit=_("%"),
    ),
    Setting(
        "work/reopen",
        _("Work"),
        True,
        _("Open the last project at the start"),
    ),
    Setting(
        "work/face",
        _("Work"),
        True,
        _("Go to the face when a photo opens"),
        _("Unless zoom and position are kept from photo to photo (K)."),
    ),
    Setting(
        "work/segment",
        _("Work"),
        True,
        _("Segment hair and skin for the live label map"),
        _("Runs in the background when a face is opened; without it the map shows parts only."),
    ),
    Setting(
        "work/parser",
        _("Work"),
        "",
        _("Parser of hair and skin in new projects"),
        _(
            "A trained network for the fine stage: its name, or its folder or file; empty means "
            "the program's own. It is kept with the project, for exports and reports too; What "
            "if… changes it there."
        ),
    ),
)

BY_KEY: dict[str, Setting] = {row.key: row for row in SETTINGS}


class Settings(QObject):
    """Typed access to the rows above. ``changed(key, value)`` tells of every new value."""

    changed = Signal(str, object)

    def __init__(self, store: QSettings | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.store = store or QSettings(
            QSettings.Format.IniFormat, QSettings.Scope.UserScope, "lapa-annotator", "window"
        )

    def get(self, key: str) -> Any:
        """Return the value of a setting; what cannot be understood counts as the default."""
        row = BY_KEY[key]
        raw = self.store.value(key)
        if raw is None:
            return row.default
        return _understood(row, raw)

    def set(self, key: str, value: Value) -> None:
        """Keep a value and tell whom it concerns."""
        if self.get(key) != value:
            self.store.setValue(key, value)
            self.changed.emit(key, value)

    def reset(self) -> None:
        """Bring every row back to its first value."""
        for row in SETTINGS:
            self.set(row.key, row.default)


def _understood(row: Setting, raw: object) -> Value:
    if isinstance(row.default, bool):
        return {"true": True, "false": False}.get(str(raw).lower(), row.default)
    if isinstance(row.default, int):
        try:
            number = int(str(raw))
        except ValueError:
            return row.default
        return number if row.low <= number <= row.high else row.default
    text = str(raw)
    return text if not row.choices or text in {v for v, _ in row.choices} else row.default
