"""The queue of a review in the window, and repairs that reach the store."""

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from lapa_annotator.domain.classes import Label
from lapa_annotator.domain.face import Status


def _two_done(hand, photos, tmp_path) -> None:
    """A project of three photos; a and b are done, c is on show."""
    hand.make(photos, tmp_path / "project")
    for name in ("a.png", "b.png"):
        hand.wait(lambda name=name: hand.shows(name) and hand.faces())
        hand.do("finish")
    hand.wait(lambda: hand.shows("c.png") and hand.faces())


def test_a_review_goes_through_what_is_done_and_says_when_nothing_is_left(hand, photos, tmp_path):
    _two_done(hand, photos, tmp_path)
    hand.do("toggle_review")
    hand.wait(lambda: hand.shows("a.png"))
    hand.wait(lambda: hand.window.view.images.rowCount() == 2)
    assert hand.window.view.panel.search.text() == "status:done"
    hand.do("approve")
    hand.wait(lambda: hand.shows("b.png"))
    hand.do("reject")
    field = hand.editor.reviewing.ask.field
    QTest.keyClicks(field, "no face")
    QTest.keyClick(field, Qt.Key.Key_Return)
    hand.wait(lambda: "waits for a review" in hand.said)
    project = hand.window.project
    assert project.count("status:approved") == 1
    rejected = project.load(int(project.ids("status:rejected")[0]))
    assert rejected.comments[0].text == "no face"
    hand.do("toggle_review")
    hand.wait(lambda: hand.window.view.images.rowCount() == 3)


def test_a_review_keeps_to_the_filter_that_is_there(hand, photos, tmp_path):
    _two_done(hand, photos, tmp_path)
    hand.window.view.panel.search.setText("b.png")
    hand.wait(lambda: hand.window.view.images.rowCount() == 1)
    hand.do("toggle_review")
    hand.wait(lambda: hand.shows("b.png"))
    assert hand.window.view.panel.search.text() == "b.png"


def test_a_repair_is_in_the_store_when_the_stroke_ends(hand, photos, tmp_path):
    hand.make(photos, tmp_path / "project")
    hand.wait(lambda: hand.shows("a.png") and hand.faces())
    hand.do("toggle_repair")
    hand.wait(lambda: hand.editor.live_map.labels is not None)
    hand.do("paint_hair")
    canvas = hand.editor.canvas
    at = canvas.viewportTransform().map(QPointF(160, 120)).toPoint()
    QTest.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=at)
    stored = hand.window.project.load(hand.desk.image_id)
    assert stored.status is Status.IN_PROGRESS
    assert (stored.faces[0].override.values == Label.HAIR).any()
    hand.do("undo")
    assert not hand.window.project.load(hand.desk.image_id).faces[0].override.values.size
    assert not np.array(hand.editor.document.face.override.values).size
