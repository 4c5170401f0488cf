"""Found errors in the window: listed with pictures, gone to by key, marked as fine."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from lapa_annotator.batch.errors import run as looking
from lapa_annotator.batch.errors.fine import fine_keys
from lapa_annotator.batch.execute import Serial
from lapa_annotator.domain.edits import SetPoints
from lapa_annotator.domain.schema import MIRROR, ORGANS, PART_BY_NAME
from lapa_annotator.gui.errors.findings import PICTURE, STATE, State
from lapa_annotator.store.project import Project
from tests.gui.skin import cache_skin


@pytest.fixture
def found(hand, photos, tmp_path, monkeypatch):
    """A project of three photos with one face each; that of b.png is swapped."""
    monkeypatch.setattr(looking, "Processes", lambda *args, **options: Serial())
    hand.make(photos, tmp_path / "project")
    for name in ("a.png", "b.png"):
        hand.wait(lambda name=name: hand.shows(name) and hand.faces())
        hand.do("finish")
    hand.wait(lambda: hand.shows("c.png") and hand.faces())
    project = hand.window.project
    image = int(project.ids("path:b.png")[0])
    face = project.load(image).faces[0]
    before = face.landmarks.take(range(106))
    points = face.landmarks.points[MIRROR]
    project.save(image, SetPoints(face.id, before, replace(before, points=points)))
    cache_skin(project)
    hand.do("find_errors")
    curation = hand.window.view.curation
    hand.wait(lambda: curation.panel.model.rowCount() and curation._job is None)
    return curation


def shown(curation):
    return [f.kind for f in curation.panel.model.findings]


def test_errors_are_listed_the_worst_first_with_a_picture(hand, found):
    findings = found.panel.model.findings
    assert (findings[0].kind, findings[0].path) == ("anatomy", "b.png")
    severities = [f.severity for f in findings]
    assert severities == sorted(severities, reverse=True)
    assert "eleven-class network" in found.panel.notes.text()
    index = found.panel.model.index(0)
    hand.wait(lambda: index.data(Qt.ItemDataRole.DecorationRole) is not None)


def test_a_key_goes_to_the_photo_the_face_and_the_place(hand, found):
    assert hand.shows("c.png")
    hand.do("next_finding")
    hand.wait(lambda: hand.shows("b.png"))
    finding = found.panel.current
    assert hand.editor.document.face_id == finding.face_id
    seen = hand.editor.canvas.visible_rect()
    place = finding.place
    assert seen.left() < place.x0 < place.x1 < seen.right()
    marker = found._marker.rect()
    assert (marker.left(), marker.bottom()) == pytest.approx((place.x0, place.y1), abs=1)
    hand.do("first_photo")
    hand.wait(lambda: hand.shows("a.png"))
    assert found._marker is None


def test_the_points_that_a_finding_is_about_are_selected_with_all_that_belongs_to_them(hand, found):
    model = found.panel.model
    lips = replace(model.findings[0], points=PART_BY_NAME["outer lip"].indices, about="outside:84")
    model.put(lips)
    found._go_to(lips)
    hand.wait(lambda: hand.shows("b.png"))
    assert hand.editor.document.selection == set(ORGANS["mouth"])


def test_the_list_is_gone_through_and_its_end_is_said(hand, found):
    rows = found.panel.model.rowCount()
    for row in range(rows):
        hand.do("next_finding")
        assert found.panel.list.currentIndex().row() == row
    hand.do("next_finding")
    hand.wait(lambda: "No other error" in hand.said)
    hand.do("previous_finding")
    assert found.panel.list.currentIndex().row() == rows - 2


def test_the_filter_shows_one_kind_alone(found):
    counts = found.panel.model.counts()
    kind = found.panel.kinds.findData("anatomy")
    found.panel.kinds.setCurrentIndex(kind)
    found.panel.kinds.activated.emit(kind)
    assert set(shown(found)) == {"anatomy"}
    assert len(shown(found)) == counts["anatomy"]
    found.panel.kinds.setCurrentIndex(0)
    found.panel.kinds.activated.emit(0)
    assert len(shown(found)) == sum(counts.values())


def test_what_is_fine_leaves_the_list_for_good_and_can_be_taken_back(hand, found):
    hand.do("next_finding")
    first, count = found.panel.current, found.panel.model.rowCount()
    hand.do("mark_fine")
    assert found.panel.model.rowCount() == count - 1
    assert fine_keys(hand.window.project) == {first.key}
    assert "Marked as fine" in hand.said
    hand.do("find_errors")
    hand.wait(lambda: found._job is None)
    assert first.key not in {f.key for f in found.panel.model.findings}
    assert "1 are marked as fine" in found.panel.notes.text()
    found._take_back(first)
    assert found.panel.model.findings[0].key == first.key
    assert not fine_keys(hand.window.project)


def test_a_click_goes_there_too(hand, found):
    index = found.panel.model.index(0)
    found._bring_forward()
    at = found.panel.list.visualRect(index).center()
    QTest.mouseClick(found.panel.list.viewport(), Qt.MouseButton.LeftButton, pos=at)
    hand.wait(lambda: hand.shows("b.png"))


def test_a_search_can_be_stopped_and_another_project_begins_with_an_empty_list(
    hand, found, photos, tmp_path
):
    found.panel.search.click()
    assert found.panel.search.text() == "Stop"
    found.panel.search.click()
    hand.wait(lambda: found._job is None)
    assert found.panel.search.text() == "Find errors"
    hand.make(photos, tmp_path / "other")
    assert found.panel.model.rowCount() == 0


def test_without_a_search_the_key_says_what_to_do(hand, photos, tmp_path):
    hand.make(photos, tmp_path / "project")
    hand.do("next_finding")
    hand.wait(lambda: "look for them first" in hand.said)


def test_the_place_of_a_find_is_shown_with_its_surroundings_but_nothing_beyond_the_photo(
    hand, found
):
    canvas = hand.editor.canvas
    canvas.fit()
    whole = canvas.zoom
    hand.do("next_finding")
    hand.wait(lambda: hand.shows("b.png"))
    # A whole face asks for more around it than there is.
    assert canvas.zoom >= whole


def mend(hand) -> None:
    """Mirror the points of the face on show: what was swapped is right again."""
    face = hand.editor.document.face
    before = face.landmarks.take(range(106))
    points = face.landmarks.points[MIRROR]
    hand.editor.document.apply(SetPoints(face.id, before, replace(before, points=points)), "Mend")


def test_a_finding_that_is_mended_is_struck_out_at_once_and_passed_over(hand, found):
    hand.do("next_finding")
    hand.wait(lambda: hand.shows("b.png"))
    model, first = found.panel.model, found.panel.model.index(0)
    there = len(model.findings)
    mend(hand)
    assert first.data(STATE) == State.CHECKED
    hand.wait(lambda: first.data(STATE) == State.MENDED)
    assert len(model.findings) == there
    assert "anatomy" not in model.counts()
    assert "(" + str(sum(model.counts().values())) + ")" in found.panel.kinds.itemText(0)
    found.panel.select(-1)
    while found.panel.step(1) is not None:
        assert model.state(found.panel.current) is State.OPEN


def test_a_finding_comes_back_when_what_mended_it_is_taken_back(hand, found):
    hand.do("next_finding")
    hand.wait(lambda: hand.shows("b.png"))
    first = found.panel.model.index(0)
    mend(hand)
    hand.wait(lambda: first.data(STATE) == State.MENDED)
    hand.do("undo")
    hand.wait(lambda: first.data(STATE) == State.OPEN)
    assert found.panel.model.counts()["anatomy"]


def test_an_error_that_comes_with_the_work_on_a_listed_photo_is_listed_too(hand, found):
    model = found.panel.model
    known = {f.key for f in model.findings}
    model.put(replace(model.findings[0], kind="empty", image_id=hand.desk.image_id, path="c.png"))
    assert hand.shows("c.png")
    mend(hand)
    hand.wait(lambda: any((f.kind, f.path) == ("anatomy", "c.png") for f in model.findings))
    assert known <= {f.key for f in model.findings}


def test_a_photo_that_cannot_be_measured_keeps_its_findings(hand, found):
    hand.do("next_finding")
    hand.wait(lambda: hand.shows("b.png"))
    first = found.panel.model.index(0)
    path = hand.window.project.photo_path(hand.desk.image_id)
    path.rename(path.with_suffix(".gone"))
    mend(hand)
    assert first.data(STATE) == State.CHECKED
    hand.wait(lambda: first.data(STATE) == State.OPEN)


def test_what_somebody_else_has_mended_is_seen_when_the_photo_is_opened(hand, found):
    project, first = hand.window.project, found.panel.model.index(0)
    finding = found.panel.model.findings[0]
    with Project.open(project.folder, annotator="ben") as other:
        face = other.load(finding.image_id).faces[0]
        before = face.landmarks.take(range(106))
        points = face.landmarks.points[MIRROR]
        other.save(finding.image_id, SetPoints(face.id, before, replace(before, points=points)))
    assert first.data(STATE) == State.OPEN
    hand.do("next_finding")
    hand.wait(lambda: hand.shows("b.png"))
    hand.wait(lambda: first.data(STATE) == State.MENDED)


def test_a_low_window_shows_several_rows_and_lets_the_other_panels_scroll(hand, found):
    hand.window.resize(1366, 700)
    found._bring_forward(room=True)
    model, view = found.panel.model, found.panel.list
    for number in range(12):
        model.put(replace(model.findings[0], about=f"more {number}"))
    hand.wait(lambda: view.viewport().height() > 4 * view.sizeHintForRow(0))
    hand.window.resize(1366, 1400)
    hand.wait(lambda: view.sizeHintForRow(0) > PICTURE)


def test_what_does_not_fit_beside_the_list_is_in_the_tip(found):
    notes = found.panel.notes
    notes.say(["One sentence.", "Another sentence, which goes on and on."])
    notes.resize(60, notes.height())
    assert notes.minimumSizeHint().width() == 0
    assert notes.toolTip() == "One sentence.\nAnother sentence, which goes on and on."
    assert not notes.grab().isNull()
