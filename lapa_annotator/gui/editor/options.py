"""How the photo and its points are shown, and whether points follow: options that persist."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from PySide6.QtCore import QObject, Signal

from lapa_annotator.domain.classes import N_CLASSES, Label
from lapa_annotator.domain.override import Occluder

ALL_CLASSES = (1 << N_CLASSES) - 1
ALL_OCCLUDERS = (1 << len(Occluder)) - 1
_FIRST_OCCLUDER = min(Occluder)


class Store(Protocol):
    """Where the options persist; a QSettings is one."""

    def value(self, key: str, default: Any = None) -> Any:
        """Return the value kept under ``key``."""

    def setValue(self, key: str, value: Any) -> None:
        """Keep a value."""


@dataclass(frozen=True, slots=True)
class Option:
    """One row: its first value, and the range of a number."""

    default: bool | int | float
    low: float = 0
    high: float = 1


OPTIONS: dict[str, Option] = {
    "labels": Option(False),
    "arrows": Option(True),
    "curves": Option(True),
    "confidence": Option(False),
    "loupe": Option(True),
    "follow": Option(True),
    "keep_view": Option(False),
    "map": Option(False),
    "outline": Option(False),
    "difference": Option(False),
    "opacity": Option(0.45, 0.05, 1.0),
    "classes": Option(ALL_CLASSES, 0, ALL_CLASSES),
    "occluders": Option(ALL_OCCLUDERS, 0, ALL_OCCLUDERS),
    "repair": Option(False),
    "review": Option(False),
    "reference": Option(0, 0, 99),
    "beside": Option(False),
    "brush": Option(16.0, 1.0, 600.0),
    "behind": Option(False),
    "over": Option(1 << Label.BACKGROUND | 1 << Label.SKIN, 0, ALL_CLASSES),
    "brightness": Option(0.0, -1.0, 1.0),
    "contrast": Option(1.0, 0.25, 4.0),
    "gamma": Option(1.0, 0.25, 4.0),
}
"""``classes`` and ``occluders`` are bit masks of what is shown, ``over`` one of the classes that a
brush paints over when it draws ``behind``; ``brush`` is its diameter in photo pixels; brightness,
contrast and gamma are those of ``photo.tone_table``; ``follow`` is whether untouched points follow
those that are moved; ``repair`` and ``review`` are what is being done now; ``reference`` is what a
review compares with (``review.comparing``), ``beside`` whether that stands beside; the others are
what their names say."""


class ViewOptions(QObject):
    """The options as attributes: ``options.labels``; ``changed(name)`` tells of a new value."""

    changed = Signal(str)

    def __init__(self, store: Store, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._values = {
            name: _understood(row, store.value(f"editor/{name}")) for name, row in OPTIONS.items()
        }

    def __getattr__(self, name: str) -> Any:
        values = self.__dict__.get("_values", {})
        if name not in values:
            raise AttributeError(name)
        return values[name]

    def set(self, name: str, value: bool | int | float) -> None:
        """Give an option a value, kept within its range, and remember it."""
        row = OPTIONS[name]
        if not isinstance(row.default, bool):
            value = type(row.default)(min(max(value, row.low), row.high))
        if value != self._values[name]:
            self._values[name] = value
            self._store.setValue(f"editor/{name}", value)
            self.changed.emit(name)

    def toggle(self, name: str) -> None:
        """Turn an option on or off."""
        self.set(name, not self._values[name])

    def shows_class(self, value: int) -> bool:
        """Whether the label map shows that class, or that occluder."""
        name, bit = _shown_by(value)
        return bool(int(self._values[name]) >> bit & 1)

    def toggle_class(self, value: int) -> None:
        """Show a class of the label map or an occluder, or hide it."""
        name, bit = _shown_by(value)
        self.set(name, int(self._values[name]) ^ 1 << bit)


def _shown_by(value: int) -> tuple[str, int]:
    """The option, and its bit, that says whether a class or an occluder is shown."""
    return ("classes", value) if value < N_CLASSES else ("occluders", value - _FIRST_OCCLUDER)


def _understood(row: Option, raw: object) -> bool | int | float:
    """Read a stored value; INI files give text, and what makes no sense is the default."""
    if raw is None:
        return row.default
    if isinstance(row.default, bool):
        return {"true": True, "false": False}.get(str(raw).lower(), row.default)
    try:
        number = type(row.default)(str(raw))
    except ValueError:
        return row.default
    return number if row.low <= number <= row.high else row.default
