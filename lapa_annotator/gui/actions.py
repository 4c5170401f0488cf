"""Every action of the window as one table: menus, toolbar, shortcuts and F1 are made from it.

The editor's rows come from ``editor.actions``; here they get an icon and a place. Keys of a
row are in Qt's portable form, several of them parted by "; ".
"""

from __future__ import annotations

from dataclasses import dataclass

from lapa_annotator.gui.editor.actions import EDITOR_ACTIONS
from lapa_annotator.gui.words import mark as _
from lapa_annotator.gui.words import said


@dataclass(frozen=True, slots=True)
class Action:
    """One row.

    Attributes:
        id: never changes; shortcuts are kept under it.
        text: what the menu says, untranslated, in the context ``context``.
        keys: its shortcuts at first, "" for none.
        target: whose method ``callback`` is: "window", "view" (the open project), "curation" (its
            found errors and trials) or "editor".
        callback: the name of a public method without arguments.
        menu: a row of ``MENUS``.
        needs: what must be there: "" nothing, "project", or what ``Editor.has`` understands.
        state: the boolean that a checkable action shows, "" for one that is not checkable.
        icon: a drawing of ``resources/icons``, "" for none.
        tip: one sentence more than the text, "" for none.
        context: the translation context of ``text``.
    """

    id: str
    text: str
    keys: str
    target: str
    callback: str
    menu: str
    needs: str = ""
    state: str = ""
    icon: str = ""
    tip: str = ""
    context: str = ""

    @property
    def said(self) -> str:
        """The text in the person's language."""
        return said(self.text, self.context)


MENUS: tuple[tuple[str, str], ...] = (
    ("file", _("&File")),
    ("edit", _("&Edit")),
    ("points", _("&Points")),
    ("faces", _("F&aces")),
    ("repair", _("&Repair")),
    ("review", _("Rev&iew")),
    ("view", _("&View")),
    ("go", _("&Go")),
    ("help", _("&Help")),
)


def _row(
    name: str, text: str, keys: str, menu: str, needs: str = "", icon: str = "", tip: str = ""
) -> Action:
    target = "view" if needs and menu in ("go", "faces") else "window"
    return Action(name, text, keys, target, name, menu, needs, "", icon, tip)


_WINDOW: tuple[Action, ...] = (
    _row("new_project", _("New project…"), "Ctrl+N", "file", icon="folder-new"),
    _row("open_project", _("Open project…"), "Ctrl+O", "file", icon="folder"),
    _row("add_photos", _("Add photos…"), "Ctrl+Shift+O", "file", "project", "photo"),
    _row("import_lapa", _("Import a LaPa data set…"), "", "file", icon="import"),
    _row("export_data_set", _("Export…"), "Ctrl+Shift+E", "file", "project", "export"),
    _row("make_report", _("Report…"), "", "file", "project"),
    _row("show_start", _("Start page"), "", "file"),
    _row("preferences", _("Preferences…"), "Ctrl+,", "file", icon="settings"),
    _row("quit", _("Quit"), "Ctrl+Q", "file"),
    _row("propose_photo", _("Find faces and propose points"), "Ctrl+R", "faces", "photo", "face"),
    _row("propose_all", _("Propose points for all new photos"), "", "faces", "project"),
    _row(
        "toggle_second", _("Annotate a second time, apart from the first"), "", "faces", "project"
    ),
    _row("show_training", _("Retraining…"), "", "faces", "project"),
    _row("next_photo", _("Next photo"), "E; PgDown", "go", "project", "next"),
    _row("previous_photo", _("Previous photo"), "Q; PgUp", "go", "project", "previous"),
    _row("next_to_do", _("Next photo that is not done"), "X", "go", "project"),
    _row("previous_to_do", _("Previous photo that is not done"), "Shift+X", "go", "project"),
    _row("next_to_review", _("Next photo to review"), "Ctrl+E", "go", "project"),
    _row("first_photo", _("First photo"), "Ctrl+Home", "go", "project"),
    _row("last_photo", _("Last photo"), "Ctrl+End", "go", "project"),
    _row("search_photos", _("Search photos"), "Ctrl+F", "go", "project", "search"),
    _row("show_shortcuts", _("All shortcuts"), "F1", "help", icon="help"),
    _row("edit_shortcuts", _("Edit shortcuts…"), "", "help", icon="keyboard"),
    _row("show_reports", _("Crash reports"), "", "help"),
    _row("about", _("About LaPa Annotator"), "", "help"),
)

_CURATION: tuple[Action, ...] = tuple(
    Action(name, text, keys, "curation", name, "review", "project")
    for name, text, keys in (
        ("find_errors", _("Find errors"), "Ctrl+F8"),
        ("next_finding", _("Next found error"), "F8"),
        ("previous_finding", _("Found error before"), "Shift+F8"),
        ("mark_fine", _("The found error is fine"), "F9"),
        ("assign", _("Assign…"), "F7"),
        ("what_if", _("What if…"), ""),
    )
)

_EDITOR_ICONS: dict[str, str] = {
    "undo": "undo",
    "redo": "redo",
    "save": "save",
    "finish": "done",
    "repropose": "propose",
    "copy_from_previous": "copy",
    "from_mean_shape": "mean",
    "hide_part": "hidden",
    "lock_part": "lock",
    "solo_part": "solo",
    "show_all_parts": "visible",
    "add_face": "box",
    "delete_face": "face-delete",
    "toggle_repair": "brush",
    "toggle_review": "review",
    "fit": "zoom-fit",
    "fit_face": "face",
    "zoom_100": "zoom-100",
    "zoom_in": "zoom-in",
    "zoom_out": "zoom-out",
    "toggle_labels": "numbers",
    "toggle_arrows": "arrows",
    "toggle_curves": "curves",
    "toggle_loupe": "loupe",
    "toggle_map": "labels",
    "toggle_outline": "outline",
    "toggle_difference": "difference",
}

_EDITOR: tuple[Action, ...] = tuple(
    Action(
        id=row.method,
        text=row.text,
        keys=row.key,
        target="editor",
        callback=row.method,
        menu=row.menu,
        needs=row.needs,
        state=row.state,
        icon=_EDITOR_ICONS.get(row.method, ""),
        context="editor",
    )
    for row in EDITOR_ACTIONS
)

ACTIONS: tuple[Action, ...] = (*_WINDOW, *_EDITOR, *_CURATION)
BY_ID: dict[str, Action] = {row.id: row for row in ACTIONS}

TOOLBAR: tuple[str, ...] = (
    "previous_photo",
    "next_photo",
    "finish",
    "",
    "undo",
    "redo",
    "",
    "add_face",
    "delete_face",
    "repropose",
    "copy_from_previous",
    "toggle_repair",
    "toggle_review",
    "",
    "fit",
    "fit_face",
    "zoom_100",
    "",
    "toggle_curves",
    "toggle_arrows",
    "toggle_labels",
    "toggle_map",
    "toggle_outline",
    "toggle_difference",
)
"""Ids of actions in the toolbar's order, "" for a gap."""

# In these menus a line stands before each of these actions.
GAPS: frozenset[str] = frozenset(
    {
        "import_lapa",
        "show_start",
        "preferences",
        "quit",
        "save",
        "select_all",
        "next_doubt",
        "nudge_left",
        "rotate_left",
        "toggle_follow",
        "cycle_visibility",
        "repropose",
        "hide_part",
        "next_face",
        "approve",
        "comment",
        "blink",
        "take_brush",
        "larger_brush",
        "paint_background",
        "grow_class",
        "toggle_keep_view",
        "toggle_map",
        "brighter",
        "next_to_do",
        "first_photo",
        "search_photos",
        "show_reports",
        "find_errors",
        "assign",
    }
)
