"""Other settings are tried in the window, looked at, used, and taken back."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt

from lapa_annotator.batch.execute import Serial
from lapa_annotator.batch.whatif import run as running
from lapa_annotator.domain.classes import Label
from lapa_annotator.gui.whatif.form import SettingsForm
from lapa_annotator.ppa.registry import known_parsers
from lapa_annotator.ppa.settings import Settings, apply, settings_of
from tests.gui.skin import cache_skin


@pytest.fixture
def tried(hand, photos, tmp_path, monkeypatch):
    """The dialog over a project of three photos with a face each."""
    monkeypatch.setattr(running, "Processes", lambda *args, **options: Serial())
    hand.make(photos, tmp_path / "project")
    hand.wait(lambda: hand.window.project.count("faces:1") == 3)
    hand.editor.options.set("map", True)
    hand.wait(lambda: hand.editor.live_map.is_segmented)
    cache_skin(hand.window.project)
    hand.do("what_if")
    return hand.window.view.curation.dialog


def choose(dialog, name, value):
    box = dialog.form.fields[name]
    box.setCurrentIndex(box.findData(value))


def run(hand, dialog):
    dialog.try_.click()
    hand.wait(lambda: dialog._job is None)


def test_nothing_can_be_used_before_it_was_tried(tried):
    assert not tried.try_.isEnabled()
    choose(tried, "curve.mouth", "straight")
    assert tried.try_.isEnabled()
    assert not tried.apply.isEnabled()
    assert not tried.back.isEnabled()


def test_a_trial_shows_every_class_and_the_faces_that_change_most(hand, tried):
    choose(tried, "curve.mouth", "straight")
    run(hand, tried)
    assert "3 of 3 faces change" in tried.said.text()
    texts = {
        tried.classes.item(row, 0).text(): tried.classes.item(row, 1).text() for row in range(11)
    }
    assert texts["nose"] == "100.00"
    assert float(texts["lower lip"]) < 100
    assert tried.classes.isColumnHidden(3)
    assert tried.most.count() == 3
    hand.wait(lambda: not tried.most.item(0).icon().isNull())
    assert settings_of(hand.window.project) == Settings.of()


def test_settings_other_than_those_tried_cannot_be_used(hand, tried):
    choose(tried, "curve.mouth", "straight")
    run(hand, tried)
    assert tried.apply.isEnabled()
    choose(tried, "curve.nose", "straight")
    assert not tried.apply.isEnabled()
    choose(tried, "curve.nose", "curved")
    assert tried.apply.isEnabled()


def test_used_settings_make_the_map_on_show_anew_and_repairs_stay(hand, tried):
    editor = hand.editor
    hand.do("toggle_repair")
    hand.do("paint_hair")
    before = editor.live_map.labels.copy()
    choose(tried, "curve.mouth", "straight")
    run(hand, tried)
    tried.apply.click()
    hand.wait(lambda: not np.array_equal(editor.live_map.labels, before))
    assert settings_of(hand.window.project) == Settings.of({"curve.mouth": "straight"})
    assert not tried.apply.isEnabled()
    assert tried.back.isEnabled()
    tried.back.click()
    assert settings_of(hand.window.project) == Settings.of()
    hand.wait(lambda: np.array_equal(editor.live_map.labels, before))


def test_an_order_without_skin_leaves_the_skin_out_and_none_at_all_is_told(hand, tried):
    layers = tried.form.fields["order"]
    layers.item(0).setCheckState(Qt.CheckState.Unchecked)
    run(hand, tried)
    skin = tried.classes.item(Label.SKIN, 2).text()
    assert skin == "-100.00"
    for row in range(layers.count()):
        layers.item(row).setCheckState(Qt.CheckState.Unchecked)
    assert not tried.try_.isEnabled()


def test_a_trial_can_be_stopped(hand, tried):
    choose(tried, "curve.mouth", "straight")
    tried.try_.click()
    tried.stop.click()
    hand.wait(lambda: tried._job is None)
    assert not tried.apply.isEnabled()
    assert tried.try_.isEnabled()


def test_damaged_settings_are_told_in_one_sentence(hand, photos, tmp_path):
    hand.make(photos, tmp_path / "project")
    hand.window.project.settings.set("parsing", {"now": {"hair": "?"}})
    hand.do("what_if")
    hand.wait(lambda: "--reset" in hand.said)
    apply(hand.window.project, Settings.of())


def test_the_fine_stage_offers_the_networks_that_are_known_and_takes_any_other(qtbot):
    form = SettingsForm(Settings.of())
    qtbot.addWidget(form)
    field = form.fields["parser"]
    offered = [field.itemText(row) for row in range(field.count())]
    assert offered == ["", *known_parsers()]
    field.setCurrentIndex(1)
    field.activated.emit(1)
    assert form.settings().parser == known_parsers()[0]
    field.lineEdit().setText("runs/mine")
    assert form.settings().parser == "runs/mine"
