"""Annotating a second time in the window: apart from the first, and then reviewed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest

from lapa_annotator.domain.edits import SetPoints, SetStatus
from lapa_annotator.domain.face import Status
from lapa_annotator.gui.settings import Settings
from lapa_annotator.store.project import Project
from lapa_annotator.store.values import Task


def _by(name: str, tmp_path) -> Settings:
    store = QSettings(str(tmp_path / f"{name}.ini"), QSettings.Format.IniFormat)
    settings = Settings(store)
    settings.set("work/annotator", name)
    return settings


@pytest.fixture
def first(make_window, photos, tmp_path):
    """The folder of a project that ann has finished, but for c.png."""
    hand = make_window(use=_by("ann", tmp_path))
    hand.make(photos, tmp_path / "p")
    for name in ("a.png", "b.png"):
        hand.wait(lambda name=name: hand.shows(name) and hand.faces())
        hand.do("select_all")
        hand.do("nudge_right_far")
        hand.do("finish")
    hand.wait(lambda: hand.shows("c.png") and hand.faces())
    folder = hand.window.project.folder
    ids = hand.window.project.ids("status:done").tolist()
    hand.window.project.assignments.give(ids, ["ben"], Task.SECOND)
    hand.close()
    return folder


def test_a_second_person_sees_the_proposal_and_changes_nothing_of_the_first(
    first, make_window, tmp_path
):
    hand = make_window(use=_by("ben", tmp_path))
    hand.open(first)
    project = hand.window.project
    hand.do("first_photo")
    hand.wait(lambda: hand.shows("a.png") and hand.faces())
    image = hand.desk.image_id
    before, entries = project.load(image), len(project.history(image))
    hand.do("toggle_second")
    hand.wait(lambda: hand.desk.second and hand.shows("a.png") and hand.faces())
    assert "kept apart" in hand.said
    hand.wait(lambda: hand.window.view.panel.search.text() == 'assigned:"ben"')
    shown = hand.editor.document.faces[0].landmarks
    assert shown == project.proposal(before.faces[0].id)
    assert not np.array_equal(shown.points, before.faces[0].landmarks.points)
    assert not hand.editor.document.can_undo
    hand.do("select_all")
    hand.do("nudge_left_far")
    hand.do("finish")
    hand.wait(lambda: hand.shows("b.png"))
    assert project.load(image) == before and len(project.history(image)) == entries
    assert project.second.mine(image).annotation.status is Status.DONE
    both = sorted(project.assignments.mine(Task.SECOND))
    assert project.assignments.next_second(both) == hand.desk.image_id != image
    hand.do("toggle_second")
    hand.wait(lambda: not hand.desk.second and hand.shows("b.png"))
    assert hand.editor.document.photo.annotation == project.load(hand.desk.image_id)


def test_who_made_the_first_annotation_is_told_so_in_one_sentence(first, make_window, tmp_path):
    hand = make_window(use=_by("ann", tmp_path))
    hand.open(first)
    hand.do("first_photo")
    hand.wait(lambda: hand.shows("a.png") and hand.faces())
    hand.do("toggle_second")
    hand.wait(lambda: "has made the first annotation" in hand.said)
    assert "\n" not in hand.said
    hand.do("toggle_second")
    hand.wait(lambda: hand.shows("a.png") and hand.faces())
    assert hand.window.project.second.images() == []


def test_a_reviewer_settles_between_the_two(first, make_window, tmp_path):
    with Project.open(first, annotator="ben") as project:
        image = int(project.ids("path:a.png")[0])
        (face,) = project.second.begin(image).annotation.faces
        taken = face.landmarks.take([54])
        project.second.save(image, SetPoints(face.id, taken, _right(taken)))
        project.second.save(image, _done(project, image))
    hand = make_window(use=_by("cara", tmp_path))
    hand.open(first)
    hand.do("toggle_review")
    hand.wait(lambda: hand.shows("a.png") and hand.faces())
    for _ in range(3):
        hand.do("next_reference")
    assert "Compared with what ben says" in hand.said
    QTest.keyClick(hand.editor, Qt.Key.Key_Right)
    stored = hand.window.project.load(hand.desk.image_id)
    assert "adjudicated" in stored.tags
    second = hand.window.project.second.all(image)[0].annotation.faces[0]
    assert stored.faces[0].landmarks == second.landmarks
    assert hand.window.project.history(image)[-1].title == "Adjudicate: take what ben says"


def _right(points):

    return replace(points, points=points.points + 5.0, annotator=("ben",))


def _done(project, image):

    return SetStatus(project.second.mine(image).annotation.status, Status.DONE)
