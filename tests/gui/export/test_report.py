"""A report from the window: made beside the work, stopped, and opened where it lies."""

from __future__ import annotations

import pytest

from lapa_annotator.gui.export import helper, report


@pytest.fixture
def opened(monkeypatch) -> list:
    """What would have been opened in the browser."""
    files: list = []
    monkeypatch.setattr(report, "show_file", files.append)
    monkeypatch.setattr(helper, "show_file", files.append)
    return files


@pytest.fixture
def dialog(hand, photos, tmp_path, opened):
    """The dialog on a project of three photos, the first of them finished."""
    hand.make(photos, tmp_path / "faces")
    hand.wait(lambda: hand.shows("a.png") and hand.faces())
    hand.do("finish")
    hand.wait(lambda: hand.shows("b.png") and hand.faces())
    hand.do("make_report")
    return hand.window.view.exports.report


def test_a_report_is_written_beside_the_project_told_and_opened(hand, dialog, opened, tmp_path):
    dialog.start.click()
    assert dialog.is_running
    hand.wait(lambda: not dialog.is_running)
    page = tmp_path / "faces-report" / "report.html"
    assert opened == [page]
    assert str(page) in dialog.told.text()
    assert str(page) in hand.said
    assert "3 photos" in page.read_text(encoding="utf-8")
    assert list(page.parent.glob("*.csv"))


def test_the_report_is_of_the_photos_that_are_searched_for(hand, dialog, tmp_path):
    dialog.search.setText("status:done")
    dialog.start.click()
    hand.wait(lambda: not dialog.is_running)
    page = (tmp_path / "faces-report" / "report.html").read_text(encoding="utf-8")
    assert "<p>1 photos, 1 faces" in page


def test_a_report_that_is_stopped_leaves_nothing(hand, dialog, opened, tmp_path):
    dialog.start.click()
    dialog.cancel.click()
    hand.wait(lambda: not dialog.is_running)
    assert "Stopped" in dialog.told.text()
    assert not (tmp_path / "faces-report").exists()
    assert opened == []


@pytest.mark.parametrize(
    ("folder", "search", "sentence"),
    [
        ("report", "", "whole path"),
        ("{project}/report", "", "inside the project"),
        ("{file}", "", "file"),
        ("{place}", "colour:blue", "colour"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(hand, dialog, tmp_path, folder, search, sentence):
    (tmp_path / "file").touch()
    names = {"project": tmp_path / "faces.lapa", "file": tmp_path / "file", "place": tmp_path / "r"}
    dialog.folder.edit.setText(folder.format(**names))
    dialog.search.setText(search)
    dialog.start.click()
    hand.wait(lambda: not dialog.is_running)
    told = dialog.folder.said + dialog.told.text()
    assert sentence in told
    assert "\n" not in told
    assert not (tmp_path / "r").exists()


def test_another_project_stops_the_report_and_begins_with_another_dialog(
    hand, dialog, photos, tmp_path
):
    dialog.start.click()
    hand.make(photos, tmp_path / "other")
    assert hand.window.view.exports.report is None
    hand.do("make_report")
    assert "other-report" in hand.window.view.exports.report.folder.text
