"""The list of photos: a million rows, of which only those in sight are fetched."""

from pathlib import Path, PurePosixPath

import numpy as np
import pytest
from PySide6.QtCore import Qt

from lapa_annotator.domain.face import Status
from lapa_annotator.gui.imagelist import INFO, Column, ImageList
from lapa_annotator.gui.listpanel import ListPanel
from lapa_annotator.gui.navigator import Navigator
from lapa_annotator.store.values import ImageInfo, PhotoState


def info(image_id: int, status: Status = Status.NEW, photo: PhotoState = PhotoState.PRESENT):
    return ImageInfo(
        id=image_id,
        root=Path("/photos"),
        path=PurePosixPath(f"{image_id}.jpg"),
        width=640,
        height=480,
        orientation=1,
        photo=photo,
        status=status,
        faces=2,
        confidence=0.8,
        doubt=0.25,
        tags=("train",),
        annotator="",
        updated=0.0,
        seconds=0.0,
        content=f"{image_id:032x}",
    )


class Source:
    """Knows every id but 13; counts what it was asked for."""

    def __init__(self, done: frozenset[int] = frozenset()):
        self.asked = 0
        self.done = done

    def infos(self, image_ids):
        self.asked += len(image_ids)
        found = [i for i in image_ids if i != 13]
        return [info(i, Status.DONE if i in self.done else Status.NEW) for i in found]

    def ids(self, query):
        assert query == "status:new,proposed,in-progress"
        return np.array([i for i in range(1, 100_000) if i not in self.done])


@pytest.fixture
def model(qapp):
    made = ImageList(lambda _: None)
    made.show(Source(), np.arange(1_000_000, 0, -1))
    return made


def test_a_million_rows_are_there_and_few_are_fetched(model, qtbot):
    panel = ListPanel(model)
    qtbot.addWidget(panel)
    panel.resize(340, 800)
    panel.show()
    assert model.rowCount() == 1_000_000
    panel.table.scrollToBottom()
    panel.grab()
    assert model.index(999_999, 0).data() == "1.jpg"
    assert model._source.asked < 1000


def test_a_row_says_name_status_doubt_and_more_in_its_tip(model):
    cells = [model.index(0, column).data() for column in Column]
    assert cells == ["1000000.jpg", "new", "25 %"]
    tip = model.index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert "640 × 480, 2 faces" in tip
    assert "train" in tip


def test_an_image_that_the_store_knows_no_more_leaves_an_empty_row(model):
    row = model.row_of(13)
    assert model.index(row, 0).data() is None
    assert model.index(row, 0).data(INFO) is None


def test_a_changed_image_is_fetched_again(model):
    model.index(0, 0).data()
    asked = model._source.asked
    changed = []
    model.dataChanged.connect(lambda *_: changed.append(True))
    model.refresh(1_000_000)
    model.index(0, 0).data()
    assert changed
    assert model._source.asked > asked


def test_a_click_on_a_header_asks_the_store_to_sort(model, qtbot):
    panel = ListPanel(model)
    qtbot.addWidget(panel)
    with qtbot.waitSignal(model.sort_asked) as asked:
        panel.table.sortByColumn(Column.DOUBT, Qt.SortOrder.DescendingOrder)
    assert asked.args == [Column.DOUBT, True]


def test_following_the_photo_on_show_is_no_choice_by_hand(model, qtbot):
    panel = ListPanel(model)
    qtbot.addWidget(panel)
    chosen = []
    panel.chosen.connect(chosen.append)
    panel.follow(500_000)
    assert panel.table.currentIndex().row() == 500_000
    assert chosen == []
    panel.table.selectRow(3)
    assert chosen == [999_997]


def walk(ids, source=None, at=None):
    made = Navigator(source or Source())
    made.show(np.array(ids), 0)
    if at is not None:
        made.at(at)
    return made


def test_steps_follow_the_list_and_end_with_it():
    navigator = walk([5, 3, 9], at=3)
    assert (navigator.step(1), navigator.step(-1)) == (9, 5)
    assert (navigator.step(2), navigator.step(-2)) == (None, None)
    assert (navigator.end(last=False), navigator.end(last=True)) == (5, 9)
    assert navigator.ahead(5) == [9]


def test_the_next_to_do_skips_what_is_done_and_looks_on_at_the_other_end():
    source = Source(done=frozenset({2, 3, 5}))
    assert walk([1, 2, 3, 4, 5], source, at=1).to_do() == 4
    assert walk([1, 2, 3, 4, 5], source, at=4).to_do() == 1
    assert walk([1, 2, 3, 4, 5], source, at=4).to_do(forward=False) == 1
    assert walk([2, 3, 5], source, at=3).to_do() is None


def test_the_next_to_do_is_found_behind_a_hundred_thousand_done():
    done = frozenset(range(2, 99_000))
    source = Source(done)
    assert walk(range(1, 100_000), source, at=1).to_do() == 99_000
    assert source.asked < 10_000


def test_a_search_that_drops_the_photo_on_show_goes_on_where_it_was():
    navigator = walk([1, 2, 3, 4, 5], at=3)
    navigator.show(np.array([1, 2, 4, 5]), 3)
    assert navigator.step(1) == 4
    assert navigator.step(0) == 2


def test_an_empty_list_leads_nowhere():
    navigator = walk([])
    assert [navigator.step(1), navigator.end(last=True), navigator.to_do()] == [None, None, None]
    assert navigator.ahead(3) == []
