"""The store's journal, which only grows, as the history that an annotator sees."""

from lapa_annotator.domain.edits import SetStatus
from lapa_annotator.domain.face import Status
from lapa_annotator.gui.storejournal import StoreJournal, entries
from lapa_annotator.store.values import JournalEntry

STATUS = SetStatus(Status.NEW, Status.DONE)


def entry(number: int, action: str = "edit", target: int | None = None, undone: bool = False):
    return JournalEntry(
        id=number,
        image_id=1,
        time=float(number),
        annotator="ann",
        action=action,
        title=f"edit {number}",
        kind="status",
        seconds=1.0,
        edit=STATUS,
        target=target,
        undone=undone,
    )


def titles(journal: list[JournalEntry]) -> list[str]:
    return [f"{e.title} undone" if e.undone else e.title for e in entries(journal)]


def test_edits_stand_in_order_and_what_can_come_back_stands_last():
    journal = [entry(1), entry(2, undone=True), entry(3, "undo", target=2)]
    assert titles(journal) == ["edit 1", "edit 2 undone"]


def test_what_a_later_edit_has_cut_off_is_not_shown():
    journal = [entry(1), entry(2, undone=True), entry(3, "undo", target=2), entry(4)]
    assert titles(journal) == ["edit 1", "edit 4"]


def test_an_edit_that_came_back_stands_where_it_was():
    journal = [entry(1), entry(2), entry(3, "undo", target=2), entry(4, "redo", target=2)]
    assert titles(journal) == ["edit 1", "edit 2"]


def test_undo_and_redo_go_through_the_store_and_count_the_time(hand, photos, tmp_path):
    hand.make(photos, tmp_path / "p")
    project, image_id = hand.window.project, hand.desk.navigator.end(last=True)
    journal = StoreJournal(project, image_id)
    before = project.load(image_id).status
    journal.save(SetStatus(before, Status.REJECTED), "reject", 2.5)
    assert project.info(image_id).seconds == 2.5
    assert journal.history()[-1].title == "reject"
    journal.undo()
    assert project.load(image_id).status == before
    assert journal.history()[-1].undone
    journal.redo()
    assert project.load(image_id).status == Status.REJECTED
    assert journal.redo() is None
