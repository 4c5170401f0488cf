"""Settings: typed, kept, and forgiving about what stands in the file."""

import numpy as np
import pytest
from PySide6.QtWidgets import QCheckBox, QComboBox, QSpinBox

from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.landmarks import Landmarks
from lapa_annotator.gui.preferences import Preferences
from lapa_annotator.gui.proposals import BuiltInModels
from lapa_annotator.gui.settings import SETTINGS, Settings
from lapa_annotator.ppa.settings import Settings as ParsingSettings
from lapa_annotator.ppa.settings import apply, history, settings_of
from lapa_annotator.store.project import Project


def test_a_setting_is_kept_for_the_next_start(settings, store):
    settings.set("work/ahead", 5)
    settings.set("work/propose", False)
    store.sync()
    again = Settings(store)
    assert again.get("work/ahead") == 5
    assert again.get("work/propose") is False


def test_what_makes_no_sense_counts_as_the_first_value(settings, store):
    store.setValue("work/ahead", "many")
    store.setValue("work/idle", 10_000)
    store.setValue("look/theme", "purple")
    store.setValue("work/propose", "perhaps")
    assert [settings.get(k) for k in ("work/ahead", "work/idle", "look/theme", "work/propose")] == [
        2,
        30,
        "system",
        True,
    ]


def test_a_change_is_told_once(settings, qtbot):
    heard = []
    settings.changed.connect(lambda key, value: heard.append((key, value)))
    settings.set("work/ahead", 3)
    settings.set("work/ahead", 3)
    assert heard == [("work/ahead", 3)]


def test_the_preferences_have_a_field_for_every_row_and_it_counts_at_once(settings, qtbot):
    dialog = Preferences(settings)
    qtbot.addWidget(dialog)
    assert set(dialog.fields) == {row.key for row in SETTINGS}
    box, number, choice = (dialog.fields[k] for k in ("work/propose", "work/ahead", "look/theme"))
    assert isinstance(box, QCheckBox)
    assert isinstance(number, QSpinBox)
    assert isinstance(choice, QComboBox)
    box.setChecked(False)
    number.setValue(7)
    choice.setCurrentIndex(choice.findData("dark"))
    found = [settings.get(k) for k in ("work/propose", "work/ahead", "look/theme")]
    assert found == [False, 7, "dark"]


def test_restoring_the_defaults_changes_fields_and_settings(settings, qtbot):
    settings.set("work/ahead", 7)
    dialog = Preferences(settings)
    qtbot.addWidget(dialog)
    buttons = dialog.findChildren(type(dialog.buttons))[0]
    buttons.button(buttons.StandardButton.RestoreDefaults).click()
    assert settings.get("work/ahead") == 2
    assert dialog.fields["work/ahead"].value() == 2


def test_a_new_project_keeps_the_parser_of_the_preferences_for_all_that_makes_maps(
    hand, photos, tmp_path
):
    weights = tmp_path / "run" / "network.xml"
    weights.parent.mkdir()
    weights.touch()
    hand.window.settings.set("work/parser", str(weights.parent))
    hand.make(photos, tmp_path / "first")
    first = hand.window.project
    assert settings_of(first).parser == str(weights.parent)
    (change,) = history(first)
    assert "preferences" in change.about
    hand.window.settings.set("work/parser", "")
    hand.make(photos, tmp_path / "second")
    assert settings_of(hand.window.project).parser is None
    hand.open(first.folder)
    hand.wait(lambda: hand.window.project.folder == first.folder)
    assert settings_of(hand.window.project).parser == str(weights.parent)


def test_no_project_is_made_where_the_parser_of_the_preferences_is_missing(hand, photos, tmp_path):
    hand.window.settings.set("work/parser", str(tmp_path / "none"))
    hand.window.jobs.create(photos, tmp_path / "project")
    hand.wait(lambda: "no parser is here" in hand.said)
    assert hand.window.project is None
    assert not list(tmp_path.glob("project*"))


def test_the_map_in_the_window_is_segmented_as_the_project_wants_it(tmp_path):
    with Project.create(tmp_path / "faces") as project:
        apply(project, ParsingSettings.of({"parser": str(tmp_path / "none")}))
        models = BuiltInModels()
        models.use(project)
        with pytest.raises(InputError, match="no parser is here"):
            models.segmentation(np.zeros((64, 64, 3), np.uint8), Landmarks(np.zeros((106, 2))), [])
