"""The export dialog in the window: choices, what is wrong, progress, stopping and going on."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from lapa_annotator.batch.execute import Serial
from lapa_annotator.batch.export import run
from lapa_annotator.batch.export.card import verify
from lapa_annotator.batch.export.options import ExportOptions
from lapa_annotator.batch.export.run import export
from lapa_annotator.domain.edits import SetStatus, SetTags
from lapa_annotator.domain.face import Status
from lapa_annotator.domain.geometry import Similarity
from lapa_annotator.gui.export import dialog as dialogs
from lapa_annotator.gui.export.choices import Choices
from lapa_annotator.store.cache import CachedSegmentation


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Photos are worked on in this process."""
    monkeypatch.setattr(run, "Processes", lambda *_, **__: Serial())


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders that were opened."""
    found: list[Path] = []
    monkeypatch.setattr(dialogs, "show_folder", found.append)
    return found


def _skin() -> CachedSegmentation:
    """Skin everywhere, so that no network is needed."""
    said = np.zeros((3, 64, 64), np.uint8)
    said[1] = 255
    return CachedSegmentation(said, Similarity(0.2, 0, 0, 0), "fake")


@pytest.fixture
def finished(hand, photos, tmp_path):
    """A project of three finished photos, the first of them of ann."""
    hand.make(photos, tmp_path / "p")
    project = hand.window.project
    hand.wait(lambda: project.count("status:proposed") == 3)
    hand.wait(lambda: not hand.window.queues.models.jobs)
    hand.desk.go(0)
    for image in project.ids().tolist():
        (face,) = project.load(image).faces
        project.segmentations.store(face.id, _skin())
        project.save(image, SetStatus(project.load(image).status, Status.DONE))
    first = int(project.ids()[0])
    project.save(first, SetTags(frozenset(), frozenset({"person:ann", "blurry", 'a"b'})))
    return hand


def _dialog(hand, **choices: object):
    hand.do("export_data_set")
    dialog = hand.window.view.exports.dialog
    dialog.show_choices(Choices(**(dialog.choices().to_dict() | {"opens": False} | choices)))
    return dialog


def test_a_new_folder_beside_the_project_is_suggested_and_all_is_well(finished) -> None:
    dialog = _dialog(finished)
    assert dialog.choices().folder == str(finished.window.project.folder.with_name("p-export"))
    assert dialog.start.isEnabled() and not dialog.cancel.isEnabled()
    finished.wait(lambda: dialog.what.count.text() == "3 photos")


def test_tags_and_people_are_offered_and_narrow_what_goes_out(finished) -> None:
    dialog = _dialog(finished)
    what = dialog.what
    assert [what.person.itemText(i) for i in range(what.person.count())] == ["any", "ann"]
    assert [what.tag.itemText(i) for i in range(what.tag.count())] == ["any", "blurry"]
    what.person.setCurrentIndex(1)
    finished.wait(lambda: what.count.text() == "1 photo")
    what.statuses["done"].setChecked(False)
    finished.wait(lambda: "No photo" in what.count.text())


def test_a_bad_choice_stands_at_its_field_and_on_its_tab_and_stops_the_start(finished) -> None:
    dialog = _dialog(finished)
    for box in dialog.splits.shares:
        box.setValue(0)
    assert "One split" in dialog.splits.notes["shares"].text()
    assert dialog.tabs.tabText(1).endswith("⚠") and not dialog.tabs.tabText(0).endswith("⚠")
    assert not dialog.start.isEnabled()
    dialog.splits.shares[0].setValue(1)
    assert dialog.start.isEnabled() and not dialog.tabs.tabText(1).endswith("⚠")
    dialog.what.folder.edit.setText("nowhere")
    assert "whole path" in dialog.what.folder.said and not dialog.start.isEnabled()
    dialog.what.folder.edit.setText(str(finished.window.project.folder / "x"))
    assert "inside the project" in dialog.what.folder.said


def test_everything_that_is_chosen_goes_into_the_data_set(finished, tmp_path, shown) -> None:
    out = tmp_path / "out"
    dialog = _dialog(
        finished, folder=str(out), format="coco", shown="crop", size=64, overlays=True,
        metadata=True, licence="CC0", shares=(1, 0, 0), opens=True,
        names={"upper lip": "lips", "lower lip": "lips"},
    )  # fmt: skip
    dialog.classes.set_colour(7, "#102030")
    dialog.start.click()
    finished.wait(lambda: not dialog.is_running)
    assert "3 faces of 3 photos are in" in dialog.told.text() and str(out) in dialog.told.text()
    assert shown == [out] and dialog.show_it.isEnabled()
    assert verify(out) == []
    places = {p.relative_to(out).as_posix() for p in out.rglob("*.*")}
    assert {"metadata.jsonl", "card.md", "annotations/instances_train.json"} <= places
    assert sum(p.startswith("overlays/") for p in places) == 3
    card = (out / "card.md").read_text(encoding="utf-8")
    assert "CC0" in card and "| lips | #102030 |" in card
    assert "3 faces written" in finished.said


def _waiting_after_the_first(asked: Event):
    """An export that waits after its first photo until it has been asked to stop."""
    work = dialogs.work

    def waiting(*args, **named):
        with closing(work(*args, **named)) as steps:
            for step in steps:
                yield step
                if step.done == 1 and not asked.is_set():
                    assert asked.wait(30)
                    yield None

    return waiting


def test_an_export_that_is_stopped_goes_on_where_it_was(finished, tmp_path, monkeypatch) -> None:
    out, asked = tmp_path / "out", Event()
    dialog = _dialog(finished, folder=str(out))
    steps = []

    def stop_after_the_first(step) -> None:
        steps.append(step.done)
        if step.done == 1:
            dialog.cancel.click()
            asked.set()

    with monkeypatch.context() as patched:
        patched.setattr(dialogs, "work", _waiting_after_the_first(asked))
        dialog.begin()
        dialog._job.progressed.connect(stop_after_the_first)
        assert not dialog.start.isEnabled() and dialog.cancel.isEnabled()
        finished.wait(lambda: not dialog.is_running)
        assert not out.exists() and max(steps) == 1
    assert "Stopped" in dialog.told.text() and dialog.start.text() == "Go on"
    dialog.begin()
    first = []
    dialog._job.progressed.connect(lambda step: first.append(step.at.reused))
    finished.wait(lambda: not dialog.is_running)
    assert first[0] >= 1
    assert verify(out) == [] and len(list(out.rglob("*.txt"))) == 3
    assert dialog.start.text() == "Export"


def test_what_a_stopped_export_left_is_offered_and_can_be_removed(finished, tmp_path) -> None:
    out = tmp_path / "out"
    dialog = _dialog(finished, folder=str(tmp_path / "other"))
    assert dialog.forget.isHidden()
    with closing(export(finished.window.project, ExportOptions(out), Serial())) as job:
        next(job), next(job)
    dialog = _dialog(finished, folder=str(out))
    assert "was stopped on" in dialog.told.text() and "with 1 photo(s) done" in dialog.told.text()
    assert dialog.start.text() == "Go on"
    dialog.forget.click()
    assert dialog.forget.isHidden()
    assert dialog.told.text() == ""
    assert dialog.start.text() == "Export"
    assert not out.with_name(".out.export").exists()


def test_the_last_choice_comes_back_for_this_project_and_for_no_other(
    finished, photos, tmp_path
) -> None:
    dialog = _dialog(finished, folder=str(tmp_path / "out"), format="ibug", margin=3.0)
    dialog.start.click()
    finished.wait(lambda: not dialog.is_running)
    folder = finished.window.project.folder
    finished.window.show_start()
    finished.open(folder)
    again = finished.window.view.exports
    again.show()
    assert again.dialog is not dialog
    assert (again.dialog.choices().format, again.dialog.choices().margin) == ("ibug", 3.0)
    finished.make(photos, tmp_path / "q")
    again.show()
    assert again.dialog.choices().format == "lapa"


def test_what_goes_wrong_half_way_is_one_sentence_and_can_be_tried_again(
    finished, tmp_path, photos
) -> None:
    (photos / "b.png").unlink()
    dialog = _dialog(finished, folder=str(tmp_path / "out"))
    dialog.start.click()
    finished.wait(lambda: not dialog.is_running)
    told = dialog.told.text().splitlines()
    assert told[0].startswith("2 faces of 2 photos") and told[1].startswith("Left out: 1. ")
    assert "b.png" in told[1]
    (tmp_path / "out" / "manifest.json").unlink()
    dialog.begin()  # the folder is now no export any more, which nobody has looked at since
    finished.wait(lambda: not dialog.is_running)
    assert "is not empty" in dialog.told.text() and "\n" not in dialog.told.text()


def test_the_project_can_be_put_away_while_an_export_is_at_work(finished, tmp_path) -> None:
    out = tmp_path / "out"
    dialog = _dialog(finished, folder=str(out))
    dialog.begin()
    folder = finished.window.project.folder
    finished.window.show_start()
    finished.wait(lambda: not finished.window.queues.exports.jobs)
    assert not out.exists() or verify(out) == []
    finished.open(folder)
    finished.do("export_data_set")
    assert finished.window.view.exports.dialog.choices().folder == str(out)
