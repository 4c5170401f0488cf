"""The table of actions, and the shortcuts made from it."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence

from lapa_annotator.gui.actions import ACTIONS, BY_ID, GAPS, MENUS, TOOLBAR
from lapa_annotator.gui.curation import Curation
from lapa_annotator.gui.editor.editor import Editor
from lapa_annotator.gui.keys import PRESETS, Keys, clashes, preset_keys, sequences
from lapa_annotator.gui.projectview import ProjectView
from lapa_annotator.gui.resources import resource
from lapa_annotator.gui.shortcuts import ShortcutEditor, ShortcutOverview
from lapa_annotator.gui.window import Window

TARGETS = {"window": Window, "view": ProjectView, "editor": Editor, "curation": Curation}


@pytest.mark.parametrize("row", ACTIONS, ids=lambda row: row.id)
def test_every_row_names_a_method_a_menu_and_a_drawing_that_exist(row):
    assert callable(getattr(TARGETS[row.target], row.callback))
    assert row.menu in dict(MENUS)
    assert not row.icon or resource("icons", f"{row.icon}.svg").is_file()


def test_no_id_stands_twice_and_toolbar_and_gaps_name_rows():
    assert len(BY_ID) == len(ACTIONS)
    assert {name for name in TOOLBAR if name} | GAPS <= set(BY_ID)


@pytest.mark.parametrize("preset", PRESETS)
def test_no_preset_gives_one_key_to_two_actions(preset):
    assert clashes(preset_keys(preset)) == {}


@pytest.mark.parametrize("preset", PRESETS)
def test_every_key_of_a_preset_is_one_that_qt_knows(preset):
    for name, keys in (PRESETS[preset][1] or {r.id: r.keys for r in ACTIONS}).items():
        assert name in BY_ID
        for part in keys.split("; ") if keys else []:
            assert QKeySequence(part)[0].key() != Qt.Key.Key_unknown, part


def test_a_preset_takes_its_keys_away_from_other_actions():
    keys = preset_keys("cvat")
    assert sequences(keys["next_photo"]) == ["F"]
    assert "F" not in sequences(keys["next_face"])


def test_two_actions_with_one_key_clash():
    assert clashes({"undo": "Ctrl+Z", "redo": "Ctrl+Y; Ctrl+Z"}) == {"Ctrl+Z": ["undo", "redo"]}


def test_changed_shortcuts_are_kept_and_the_rest_follows_the_preset(store):
    keys = Keys(store)
    keys.keep("labelme", keys.all() | preset_keys("labelme") | {"undo": "Ctrl+U; U"})
    again = Keys(store).all()
    assert again["undo"] == "Ctrl+U; U"
    assert again["next_photo"] == "D"
    assert Keys(store).preset == "labelme"


def test_the_editor_of_shortcuts_refuses_clashes_and_says_whose(store, qtbot):
    dialog = ShortcutEditor(Keys(store))
    qtbot.addWidget(dialog)
    ok = dialog.buttons.button(dialog.buttons.StandardButton.Ok)
    dialog.set_keys("redo", "Ctrl+Z")
    assert not ok.isEnabled()
    assert "Undo" in dialog.problem
    assert "Redo" in dialog.problem
    dialog.set_keys("redo", "Ctrl+Y")
    assert ok.isEnabled()
    assert dialog.problem == ""
    with qtbot.waitSignal(dialog.kept):
        ok.click()
    assert Keys(store).all()["redo"] == "Ctrl+Y"


def test_choosing_a_preset_fills_the_table(store, qtbot):
    dialog = ShortcutEditor(Keys(store))
    qtbot.addWidget(dialog)
    dialog.preset.setCurrentIndex(list(PRESETS).index("sleap"))
    dialog.preset.activated.emit(dialog.preset.currentIndex())
    assert dialog.wanted["next_photo"] == "Right"
    assert dialog.clashing == {}


def test_the_overview_shows_every_action_that_has_a_shortcut(store, qtbot):
    dialog = ShortcutOverview(Keys(store).all())
    qtbot.addWidget(dialog)
    assert set(dialog.shown_actions) == {row.id for row in ACTIONS if row.keys}


def test_new_shortcuts_count_at_once(hand):
    keys = hand.window.keys
    keys.keep("ours", keys.all() | {"about": "Ctrl+Alt+Shift+A"})
    hand.window.actions_.use_keys(keys.all())
    assert hand.window.actions_["about"].shortcut() == QKeySequence("Ctrl+Alt+Shift+A")


def test_texts_of_tables_are_found_in_a_translation_with_and_without_context(qapp):
    from PySide6.QtCore import QTranslator

    from lapa_annotator.gui.words import said

    class German(QTranslator):
        def isEmpty(self) -> bool:
            return False

        def translate(self, context, text, disambiguation=None, n=-1):
            return {("", "Quit"): "Beenden", ("editor", "Undo"): "Zurück"}.get((context, text))

    translator = German()
    qapp.installTranslator(translator)
    try:
        assert BY_ID["quit"].said == "Beenden"
        assert BY_ID["undo"].said == "Zurück"
        assert said("Anything else") == "Anything else"
        assert said("") == ""
    finally:
        qapp.removeTranslator(translator)


def test_every_menu_opens_by_a_letter_of_its_own():
    letters = [text[text.index("&") + 1].lower() for _, text in MENUS]
    assert len(set(letters)) == len(letters)
