"""Photos are given to people in the window, and taken back."""

from __future__ import annotations

import pytest

from lapa_annotator.store.values import Task


@pytest.fixture
def assigned(hand, photos, tmp_path):
    """The dialog on a project of three photos, the first on show."""
    hand.make(photos, tmp_path / "faces")
    hand.wait(lambda: hand.shows("a.png") and hand.faces())
    hand.do("assign")
    return hand.window.view.curation.assigning


def choose(dialog, task: Task, names: str, photos: int = 0) -> None:
    dialog.photos.setCurrentIndex(photos)
    dialog.task.setCurrentIndex(dialog.task.findData(task.value))
    dialog.names.setText(names)
    dialog.give.click()


def test_the_photo_on_show_is_given_to_a_person_and_taken_back(hand, assigned):
    assert "with nobody" in assigned.now.text()
    choose(assigned, Task.REVIEW, "cara")
    hand.wait(lambda: "1 photos were given" in assigned.told.text())
    of = hand.window.project.assignments.of
    assert of(hand.desk.image_id) == {Task.REVIEW: ["cara"]}
    assert "with cara (to review)" in assigned.now.text()
    assigned.take_back.click()
    hand.wait(lambda: "nobody" in assigned.told.text())
    assert of(hand.desk.image_id) == {}


def test_the_photos_of_the_list_are_dealt_out_and_what_somebody_has_stays(hand, assigned):
    choose(assigned, Task.ANNOTATE, "ben")
    hand.wait(lambda: "given" in assigned.told.text())
    choose(assigned, Task.ANNOTATE, "cara, dan", photos=1)
    hand.wait(lambda: "2 photos were given. 1 have somebody" in assigned.told.text())
    rows = {row.annotator: row.images for row in hand.window.project.assignments.all()}
    assert rows == {"ben": 1, "cara": 1, "dan": 1}


@pytest.mark.parametrize(("names", "sentence"), [("", "nobody is named"), ("a,a", "named twice")])
def test_what_is_wrong_is_said_in_one_sentence(hand, assigned, names, sentence):
    choose(assigned, Task.SECOND, names)
    hand.wait(lambda: sentence in assigned.told.text())
    assert "\n" not in assigned.told.text()
    assert assigned.give.isEnabled()


def test_another_project_puts_the_dialog_away(hand, assigned, photos, tmp_path):
    hand.make(photos, tmp_path / "other")
    assert hand.window.view.curation.assigning is None
