"""Shortcuts as plain data: presets, what a person has changed, and who clashes with whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from PySide6.QtCore import QSettings
from PySide6.QtGui import QKeySequence

from lapa_annotator.gui.actions import ACTIONS, BY_ID

_PRESET_KEY = "keys/preset"
_GROUP = "keys/own"

# What a preset does not name keeps its own key unless the preset has taken that key away.
_LABELME = {
    "next_photo": "D",
    "previous_photo": "A",
    "next_to_do": "Shift+D",
    "previous_to_do": "Shift+A",
    "accept": "Ctrl+Return",
    "finish": "Ctrl+Shift+D",
    "open_project": "Ctrl+U",
    "add_face": "Ctrl+R",
    "delete_face": "Delete",
    "copy_from_previous": "Ctrl+D",
    "fit": "Ctrl+F",
    "fit_face": "Ctrl+Shift+F",
    "zoom_100": "Ctrl+0",
    "toggle_keep_view": "Ctrl+P",
    "show_all_parts": "Ctrl+Shift+A",
    "search_photos": "Ctrl+L",
}
_CVAT = {
    "next_photo": "F",
    "previous_photo": "D",
    "next_to_do": "Right",
    "previous_to_do": "Left",
    "add_face": "N",
    "delete_face": "Delete",
    "next_face": "Tab",
    "previous_face": "Shift+Tab",
    "next_point": "S",
    "previous_point": "W",
    "next_part": "Shift+S",
    "previous_part": "Shift+W",
    "hide_part": "H",
    "lock_part": "L",
    "cycle_visibility": "O",
    "copy_from_previous": "Ctrl+V",
    "redo": "Ctrl+Shift+Z; Ctrl+Y",
    "nudge_left": "Alt+Left",
    "nudge_right": "Alt+Right",
}
_SLEAP = {
    "next_photo": "Right",
    "previous_photo": "Left",
    "next_to_do": "Space",
    "previous_to_do": "Shift+Space",
    "first_photo": "Home",
    "last_photo": "End",
    "add_face": "Ctrl+I",
    "delete_face": "Ctrl+Backspace",
    "next_face": "`",
    "previous_face": "Shift+`",
    "copy_from_previous": "Ctrl+Shift+I",
    "nudge_left": "Alt+Left",
    "nudge_right": "Alt+Right",
    "nudge_up": "Alt+Up",
    "nudge_down": "Alt+Down",
    "fit": "Ctrl+Shift+F",
    "fit_face": "Ctrl+Shift+G",
    "export_data_set": "Ctrl+E",
}
PRESETS: dict[str, tuple[str, dict[str, str]]] = {
    "ours": ("LaPa Annotator", {}),
    "labelme": ("labelme", _LABELME),
    "cvat": ("CVAT", _CVAT),
    "sleap": ("SLEAP", _SLEAP),
}


def sequences(keys: str) -> list[str]:
    """Return the shortcuts of a text like "E; PgDown" in portable form."""
    portable = QKeySequence.SequenceFormat.PortableText
    return [s.toString(portable) for s in QKeySequence.listFromString(keys, portable) if s.count()]


def shown(keys: str) -> list[str]:
    """Return the shortcuts as this system writes them."""
    portable = QKeySequence.SequenceFormat.PortableText
    native = QKeySequence.SequenceFormat.NativeText
    return [s.toString(native) for s in QKeySequence.listFromString(keys, portable) if s.count()]


def preset_keys(preset: str) -> dict[str, str]:
    """Return the shortcuts of every action in a preset.

    An action that the preset does not name keeps its usual keys, without those that the
    preset gives to another action.
    """
    named = PRESETS[preset][1]
    found = {}
    for row in ACTIONS:
        if row.id in named:
            found[row.id] = named[row.id]
        else:
            rivals = [keys for other, keys in named.items() if together(row.id, other)]
            taken = {s for keys in rivals for s in sequences(keys)}
            found[row.id] = "; ".join(s for s in sequences(row.keys) if s not in taken)
    return found


def together(action: str, other: str) -> bool:
    """Whether two actions can ever be there at once, so that they must not share a key.

    While the label map is repaired, or reviewed, there are no points to work on.
    """
    needs = [BY_ID[name].needs for name in (action, other)]
    hands = {{"selection": "points", "others": "review"}.get(n, n) for n in needs}
    return len(hands & {"points", "repair", "review"}) < 2


def clashes(keys: Mapping[str, str]) -> dict[str, list[str]]:
    """Return shortcut -> ids of the actions that share it, for those that are there at once."""
    users: dict[str, list[str]] = defaultdict(list)
    for action, text in keys.items():
        for sequence in sequences(text):
            users[sequence].append(action)
    rivals = {
        sequence: [i for i in ids if any(j != i and together(i, j) for j in ids)]
        for sequence, ids in users.items()
    }
    return {sequence: ids for sequence, ids in rivals.items() if ids}


class Keys:
    """The shortcuts in use: a preset and what the person has changed of it."""

    def __init__(self, store: QSettings) -> None:
        self._store = store

    @property
    def preset(self) -> str:
        """The name of the preset, "ours" when none was chosen."""
        name = str(self._store.value(_PRESET_KEY, "ours"))
        return name if name in PRESETS else "ours"

    def all(self) -> dict[str, str]:
        """Return the shortcuts of every action."""
        own = {row.id: self._store.value(f"{_GROUP}/{row.id}") for row in ACTIONS}
        changed = {name: str(keys) for name, keys in own.items() if keys is not None}
        return preset_keys(self.preset) | changed

    def keep(self, preset: str, keys: Mapping[str, str]) -> None:
        """Keep a preset and whatever in ``keys`` differs from it."""
        self._store.remove(_GROUP)
        self._store.setValue(_PRESET_KEY, preset)
        usual = preset_keys(preset)
        for name, text in keys.items():
            if sequences(text) != sequences(usual[name]):
                self._store.setValue(f"{_GROUP}/{name}", text)
