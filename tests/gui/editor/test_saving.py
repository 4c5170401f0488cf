"""What happens to edits that cannot be saved: nothing is lost."""

import threading
from dataclasses import dataclass

import numpy as np
import pytest

from lapa_annotator.domain.edits import EditConflictError, SetStatus
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Status
from lapa_annotator.gui.editor import saving
from lapa_annotator.gui.editor.journal import MemoryJournal
from lapa_annotator.gui.editor.saving import Saver, Unsaved
from tests.gui.editor.conftest import face_in, photo_of


class FullDisk(MemoryJournal):
    """A journal whose disk can be full."""

    full = True

    def save(self, edit, title, seconds):
        if self.full:
            raise InputError("project.db", "the disk is full", "free some space")
        super().save(edit, title, seconds)


def move(desk, index: int, dx: float = 5.0) -> None:
    desk.document.select({index})
    desk.editor.nudge(dx, 0)
    desk.rest()


@pytest.fixture
def full(desk) -> FullDisk:
    journal = FullDisk()
    desk.editor.open(photo_of(face_in(), journal=journal))
    return journal


def test_an_edit_that_cannot_be_saved_stays_and_is_said_in_place(desk, full, qtbot):
    before = desk.points[54].copy()
    with qtbot.waitSignal(desk.editor.saved_changed) as told:
        move(desk, 54)
    assert told.args == [False]
    assert desk.points[54] == pytest.approx(before + np.array([5, 0]))
    level, text = desk.messages[-1]
    assert level == "error"
    assert "the disk is full; free some space." in text
    assert "1 change(s)" in text
    assert full.history() == []


def test_it_is_saved_in_order_as_soon_as_that_can_be_done(desk, full, qtbot, monkeypatch):
    desk.editor.saver._timer.setInterval(10)
    move(desk, 54)
    move(desk, 60)
    full.full = False
    with qtbot.waitSignal(desk.editor.saver.all_saved, timeout=3000):
        pass
    assert [e.title for e in full.history()] == ["Move point 54", "Move point 60"]
    assert desk.messages[-1] == ("info", "")


def test_a_save_without_trouble_takes_back_no_message_and_says_that_all_is_saved(desk, qtbot):
    with qtbot.waitSignal(desk.editor.saved_changed) as told:
        move(desk, 54)
    assert told.args == [True]
    assert desk.messages == []
    with qtbot.waitSignal(desk.editor.saved_changed) as told:
        desk.editor.undo()
    assert told.args == [True]


def test_saving_by_hand_tries_at_once(desk, full):
    move(desk, 54)
    full.full = False
    desk.editor.save()
    assert len(full.history()) == 1


def test_unsaved_edits_are_kept_when_the_photo_is_left(desk, full):
    move(desk, 54)
    desk.editor.open(photo_of(face_in(), image_id=2))
    move(desk, 60)
    assert desk.titles == ["Move point 60"], "another photo's journal is not held up"
    full.full = False
    desk.editor.save()
    assert [e.title for e in full.history()] == ["Move point 54"]


def test_unsaved_edits_can_be_undone_and_redone(desk, full):
    before = desk.points.copy()
    move(desk, 54)
    move(desk, 60)
    after = desk.points.copy()
    desk.editor.undo()
    desk.editor.undo()
    assert np.array_equal(desk.points, before)
    desk.editor.redo()
    desk.editor.redo()
    assert np.array_equal(desk.points, after)
    full.full = False
    desk.editor.save()
    assert len(full.history()) == 2
    desk.editor.undo()
    assert desk.points[60] == pytest.approx(before[60])


def test_a_photo_changed_by_somebody_else_says_so_and_keeps_the_edit(desk):
    class Changed(MemoryJournal):
        def save(self, edit, title, seconds):
            raise EditConflictError("a point has been changed meanwhile; reload the picture")

    desk.editor.open(photo_of(face_in(), journal=Changed()))
    move(desk, 54)
    assert "has been changed meanwhile" in desk.messages[-1][1]
    assert len(desk.editor.saver.waiting) == 1


def test_an_undo_that_cannot_be_written_changes_nothing(desk):
    class Stuck(MemoryJournal):
        def undo(self):
            raise InputError("project.db", "the disk is full", "free some space")

    desk.editor.open(photo_of(face_in(), journal=Stuck()))
    move(desk, 54)
    after = desk.points.copy()
    desk.editor.undo()
    assert np.array_equal(desk.points, after)
    assert desk.messages[-1][0] == "error"
    assert desk.editor.has("undo")


def test_an_undo_of_something_that_stands_no_longer_says_so(desk):
    journal = MemoryJournal()
    desk.editor.open(photo_of(face_in(), journal=journal))
    journal.save(SetStatus(Status.REJECTED, Status.DONE), "elsewhere", 0)
    move(desk, 54)
    desk.editor.undo()
    desk.editor.document._done += 1
    after = desk.points.copy()
    desk.editor.undo()
    assert "changed elsewhere" in desk.messages[-1][1]
    assert np.array_equal(desk.points, after)


def test_the_time_of_work_goes_with_the_edit_and_leaves_idle_hours_out(desk):
    @dataclass
    class Clock:
        now: float = 1000.0

        def __call__(self) -> float:
            return self.now

    spent: list[float] = []

    class Timed(MemoryJournal):
        def save(self, edit, title, seconds):
            spent.append(seconds)
            super().save(edit, title, seconds)

    clock = desk.document._clock = Clock()
    desk.editor.open(photo_of(face_in(), journal=Timed()))
    clock.now += 4
    move(desk, 54)
    clock.now += 7200
    move(desk, 60)
    assert spent == [4.0, desk.document.idle_after]


def test_a_saver_without_trouble_never_starts_its_timer(qtbot):
    saver = Saver()
    edit = SetStatus(Status.NEW, Status.DONE)
    saver.save(Unsaved(MemoryJournal(), edit, "Done", 1.0))
    assert saver.waiting == ()
    assert not saver._timer.isActive()
    assert saving.RETRY_MS > 0


class SlowDisk(MemoryJournal):
    """A journal that writes nothing until it may; it can also be full then."""

    def __init__(self) -> None:
        super().__init__()
        self.may_write = threading.Event()
        self.full = False

    def save(self, edit, title, seconds):
        assert self.may_write.wait(30)
        if self.full:
            raise InputError("project.db", "the disk is full", "free some space")
        super().save(edit, title, seconds)


@pytest.fixture
def slow(desk) -> SlowDisk:
    """A photo that is being repaired, on a slow disk."""
    journal = SlowDisk()
    desk.editor.saver.use_thread()
    desk.editor.open(photo_of(face_in(), journal=journal))
    desk.editor.toggle_repair()
    yield journal
    journal.may_write.set()
    desk.editor.saver.settle()


def stroke(desk, y: int = 150) -> None:
    desk.drag(desk.on_screen((150, y)), desk.on_screen((190, y)))


def test_the_hand_goes_on_while_a_repair_is_written_and_it_is_told_when_it_is_safe(
    desk, slow, qtbot
):
    told: list[bool] = []
    desk.editor.saved_changed.connect(told.append)
    stroke(desk)
    assert desk.document.face.override.values.size, "it is seen at once"
    assert told == [False], "and not called safe before it is"
    stroke(desk, 170)
    with qtbot.waitSignal(desk.editor.saver.all_saved, timeout=10_000):
        slow.may_write.set()
    assert told[-1] is True
    assert len(slow.history()) == 2
    assert desk.editor.saver.waiting == ()


def test_what_comes_after_a_repair_is_written_after_it(desk, slow):
    stroke(desk)
    slow.may_write.set()
    desk.document.set_status(Status.DONE, "Done")
    assert [e.title for e in slow.history()] == ["Repair skin", "Done"]


def test_a_repair_that_is_being_written_can_be_undone_and_is_in_the_history(desk, slow):
    stroke(desk)
    slow.may_write.set()
    assert [e.title for e in desk.document.history()] == ["Repair skin"]
    stroke(desk, 170)
    desk.editor.undo()
    desk.editor.undo()
    assert not desk.document.face.override.values.size
    assert [e.undone for e in slow.history()] == [True, True]


def test_a_repair_that_cannot_be_written_stays_and_those_after_it_wait_in_order(desk, slow, qtbot):
    slow.full = True
    stroke(desk)
    stroke(desk, 170)
    with qtbot.waitSignal(desk.editor.saver.failed, timeout=10_000):
        slow.may_write.set()
    assert "the disk is full" in desk.messages[-1][1]
    stroke(desk, 190)
    assert len(desk.editor.saver.waiting) == 3
    slow.full = False
    assert desk.editor.saver.retry()
    layers = [e.edit for e in slow.history()]
    assert len(layers) == 3
    annotation = desk.document.photo.annotation
    for edit in layers:
        annotation = edit.apply(annotation)
    assert annotation == desk.document.annotation


def test_every_journal_says_how_often_can_be_undone(desk):
    stroke_less = MemoryJournal()
    desk.editor.open(photo_of(face_in(), journal=stroke_less))
    move(desk, 54)
    move(desk, 60)
    desk.editor.undo()
    assert stroke_less.depth() == (1, 1)
    desk.editor.open(photo_of(face_in(), annotation=desk.document.annotation, journal=stroke_less))
    assert desk.editor.has("undo")
    assert desk.editor.has("redo")
