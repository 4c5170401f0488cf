"""Reviewing: decisions, remarks and comparison, all from the keyboard."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from lapa_annotator.domain.classes import Label
from lapa_annotator.domain.edits import SetOverride, SetStatus
from lapa_annotator.domain.face import Annotation, Comment, Status
from lapa_annotator.domain.override import Occluder, Patch
from lapa_annotator.gui.editor.items.map import DIFFERS
from lapa_annotator.gui.editor.journal import Entry, MemoryJournal
from lapa_annotator.gui.editor.review.comparing import MODEL, PHOTO
from lapa_annotator.gui.editor.review.deciding import commented, decided, last_decided
from tests.gui.editor.conftest import SHIFT, face_in, photo_of
from tests.gui.editor.test_livemap import drawn, live, segmentation

HAIR_PATCH = Patch(150, 150, np.full((20, 30), Label.HAIR, np.uint8))


@pytest.fixture
def review(desk):
    """The desk with a finished, repaired photo and a reviewer before it."""
    proposed = face_in()
    points = proposed.landmarks.points.copy()
    points[16] += (0, 20)
    corrected = replace(proposed.landmarks, points=points)
    face = replace(proposed, landmarks=corrected, override=HAIR_PATCH)
    photo = photo_of(
        face,
        annotation=Annotation((face,), Status.DONE),
        proposals={face.id: proposed.landmarks},
        segmentations={face.id: segmentation()},
    )
    desk.editor.open(photo)
    desk.editor.zoom_100()
    desk.reviewed = []
    desk.editor.reviewed.connect(lambda: desk.reviewed.append(desk.document.annotation.status))
    desk.editor.toggle_review()
    return desk


def answer(desk, text: str) -> None:
    field = desk.editor.reviewing.ask.field
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


def test_a_key_approves_and_asks_for_the_next(review):
    review.key(Qt.Key.Key_A)
    assert review.reviewed == [Status.APPROVED]
    assert review.titles == ["Approve"]
    review.editor.undo()
    assert review.document.annotation.status is Status.DONE


def test_a_rejection_needs_a_reason_and_is_one_edit(review):
    review.key(Qt.Key.Key_W)
    assert review.editor.reviewing.ask.is_asking
    QTest.keyClick(review.editor.reviewing.ask.field, Qt.Key.Key_Return)
    assert review.reviewed == []
    answer(review, "hair is cut off")
    assert review.reviewed == [Status.REJECTED]
    remark = review.document.annotation.comments[0]
    assert (remark.text, remark.author, remark.x) == ("hair is cut off", "Ann", None)
    assert review.titles == ["Reject: hair is cut off"]
    review.editor.undo()
    assert review.document.annotation.comments == ()
    assert review.document.annotation.status is Status.DONE


def test_a_photo_is_sent_back_to_be_worked_on(review):
    review.key(Qt.Key.Key_S)
    answer(review, "left brow")
    assert review.reviewed == [Status.IN_PROGRESS]
    assert review.document.annotation.comments[0].text == "left brow"


def test_esc_leaves_the_question_and_the_keyboard_goes_back_to_the_canvas(review):
    review.key(Qt.Key.Key_W)
    QTest.keyClick(review.editor.reviewing.ask.field, Qt.Key.Key_Escape)
    assert not review.editor.reviewing.ask.is_asking
    assert review.reviewed == []
    review.key(Qt.Key.Key_A)
    assert review.reviewed == [Status.APPROVED]


def test_another_photo_ends_the_question(review):
    review.key(Qt.Key.Key_W)
    review.editor.open(photo_of(face_in(), image_id=2))
    assert not review.editor.reviewing.ask.is_asking
    assert review.document.annotation.status is Status.PROPOSED


def test_earlier_reasons_come_back(review):
    review.key(Qt.Key.Key_W)
    answer(review, "hair is cut off")
    review.key(Qt.Key.Key_W)
    completer = review.editor.reviewing.ask.field.completer()
    completer.setCompletionPrefix("cut")
    assert completer.currentCompletion() == "hair is cut off"


def test_a_photo_that_nobody_worked_on_can_be_rejected(review):
    face = face_in()
    review.editor.open(photo_of(face, image_id=3))
    review.key(Qt.Key.Key_W)
    answer(review, "no face")
    assert review.document.annotation.status is Status.REJECTED


def test_a_remark_is_pinned_to_the_current_point_read_and_settled(review):
    review.document.select({54}, 54)
    place = review.points[54]
    review.key(Qt.Key.Key_P)
    answer(review, "tip is off")
    remark = review.document.annotation.comments[0]
    assert (remark.x, remark.y) == pytest.approx(tuple(place), abs=0.06)
    dock = next(d.widget for d in review.editor.docks() if d.id == "comments")
    assert "tip is off" in dock.list.item(0).text()
    review.key(Qt.Key.Key_Period)
    assert review.messages[-1] == ("info", "Ann: tip is off")
    review.key(Qt.Key.Key_Backspace)
    assert review.document.annotation.comments == ()


def test_reading_remarks_brings_their_places_into_sight(review):
    review.editor.canvas.zoom_to(8.0)
    comments = tuple(Comment(t, "Bo", 0.0, x, y) for t, x, y in (("a", 5, 5), ("b", 390, 290)))
    for comment in comments:
        review.document.apply(commented(review.document.annotation, comment), "")
    for comment in (*comments, comments[0]):
        review.editor.next_comment()
        assert review.canvas.visible_rect().contains(comment.x, comment.y)


def test_blinking_shows_the_models_own_map_and_back(review):
    now = drawn(review)
    assert now[155, 160] == Label.HAIR
    review.key(Qt.Key.Key_V)
    other = drawn(review)
    assert other[155, 160] != Label.HAIR
    review.key(Qt.Key.Key_V)
    np.testing.assert_array_equal(drawn(review), now)


def drawings(desk) -> list[bool]:
    """Of everything that is drawn over the label map: whether it can be seen."""
    return [drawing.isVisible() for drawing in desk.canvas._drawings]


def test_while_maps_blink_nothing_else_is_drawn_until_the_hand_does_something_else(review):
    glasses = np.full((8, 40), Occluder.GLASSES, np.uint8)
    face = review.document.face
    edit = SetOverride(face.id, face.override.region(140, 100, 40, 8), Patch(140, 100, glasses))
    review.document.apply(edit, "Glasses")
    hatched = drawn(review)
    assert (hatched[100:108, 140:180] > DIFFERS).all()
    review.key(Qt.Key.Key_V)
    assert not any(drawings(review))
    assert drawn(review).max() < DIFFERS
    review.key(Qt.Key.Key_V)
    assert not any(drawings(review))
    assert (drawn(review)[100:108, 140:180] == Label.BACKGROUND).all()
    review.key(Qt.Key.Key_Escape)
    assert all(drawings(review))
    np.testing.assert_array_equal(drawn(review), hatched)


def test_an_edit_another_reference_and_the_end_of_the_review_bring_all_else_back(review):
    for other in (
        lambda: review.document.select({54}, 54),
        lambda: review.drag(review.point(16), review.point(16) + QPoint(0, 9)),
        review.editor.next_reference,
        review.editor.toggle_review,
    ):
        review.editor.options.set("reference", MODEL)
        review.key(Qt.Key.Key_V)
        assert not any(drawings(review))
        other()
        assert all(drawings(review))


def test_the_photo_alone_is_blinked_with_too(review):
    review.editor.options.set("reference", PHOTO)
    now = drawn(review)
    review.key(Qt.Key.Key_V)
    assert not drawn(review).any()
    assert not any(drawings(review))
    review.key(Qt.Key.Key_V)
    np.testing.assert_array_equal(drawn(review), now)


def test_the_difference_is_from_the_models_own_map(review):
    review.editor.options.set("difference", True)
    shown = drawn(review)
    assert (shown[150:170, 150:180] == Label.HAIR).all()
    assert shown[100, 200] == 0
    review.editor.toggle_review()
    assert not drawn(review).any(), "nothing has changed since the last save"


def test_side_by_side_shows_the_other_map_at_the_same_place(review, qtbot):
    beside = review.editor.reviewing.comparing.beside
    review.key(Qt.Key.Key_O)
    assert beside.isVisible()
    qtbot.waitUntil(lambda: beside.viewport().width() > 100)
    review.editor.canvas.zoom_to(3.0)
    assert beside.zoom == pytest.approx(3.0)
    ours = review.canvas.visible_rect().center()
    theirs = beside.visible_rect().center()
    assert (ours - theirs).manhattanLength() < 2
    area = review.editor.reviewing.comparing.reference[0]
    assert beside.map_item.pixels.shape == (area.y1 - area.y0, area.x1 - area.x0)
    assert beside.map_item.pixels[155 - area.y0, 160 - area.x0] != Label.HAIR


def test_what_there_is_to_compare_with_changes_by_a_key(review):
    review.key(Qt.Key.Key_L)
    assert "the last review" in review.messages[-1][1]
    review.key(Qt.Key.Key_V)
    assert "no other label map" in review.messages[-1][1]


def test_the_last_version_is_what_the_last_review_left(review):
    review.editor.send_back()
    answer(review, "repair the cheek")
    review.editor.toggle_review()
    before = live(review).copy()
    review.drag(review.point(87), review.point(87) + QPoint(0, -8))
    review.editor.toggle_review()
    review.editor.options.set("reference", 1)
    review.key(Qt.Key.Key_V)
    np.testing.assert_array_equal(drawn(review), before)


def test_review_and_repair_take_turns_at_the_keys(review):
    review.key(Qt.Key.Key_Y, SHIFT)
    assert review.editor.repair.on
    assert not review.editor.options.review
    review.key(Qt.Key.Key_Q, SHIFT)
    assert review.editor.options.review
    assert not review.editor.repair.on


# Without a window


def _history(*edits) -> list[Entry]:
    return [Entry("", "Bo", 0.0, edit) for edit in edits]


def test_a_photo_never_decided_on_has_no_earlier_version():
    done = SetStatus(Status.IN_PROGRESS, Status.DONE)
    assert last_decided(Annotation(status=Status.DONE), _history(done)) is None


def test_undone_decisions_do_not_count():
    journal = MemoryJournal("Bo")
    annotation = Annotation(status=Status.DONE)
    edit = decided(annotation, Status.REJECTED, Comment("no"))
    journal.save(edit, "", 0.0)
    assert last_decided(edit.apply(annotation), journal.history()) is not None
    journal.undo()
    assert last_decided(annotation, journal.history()) is None


def test_deciding_again_the_same_changes_nothing_but_adds_the_remark():
    annotation = Annotation(status=Status.APPROVED)
    assert decided(annotation, Status.APPROVED, None) is None
    edit = decided(annotation, Status.APPROVED, Comment("fine"))
    assert edit.apply(annotation).comments == (Comment("fine"),)
