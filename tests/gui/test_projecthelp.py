"""What a project knows that saves hand work, in the real window."""

import numpy as np
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest

from lapa_annotator.dla.doubt import Doubt, GoodEnough
from lapa_annotator.dla.prior_file import load_prior
from lapa_annotator.domain.landmarks import Origin
from lapa_annotator.gui import projecthelp
from lapa_annotator.gui.doubtbar import DoubtBar
from lapa_annotator.gui.tally import Tally
from lapa_annotator.store.effort import HoursLeft


def bar(hand):
    return hand.window.view.help.bar


def drag(hand, index: int, by: QPoint) -> None:
    canvas = hand.editor.canvas
    place = hand.editor.document.face.landmarks.points[index]
    start = canvas.viewportTransform().map(QPointF(*place)).toPoint()
    QTest.mousePress(canvas.viewport(), Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(canvas.viewport(), start + by / 2)
    QTest.mouseMove(canvas.viewport(), start + by)
    QTest.mouseRelease(canvas.viewport(), Qt.MouseButton.LeftButton, pos=start + by)


def ready(hand, photos, tmp_path) -> None:
    hand.make(photos, tmp_path / "faces")
    hand.wait(lambda: hand.faces() and hand.editor.has("points"))
    hand.wait(lambda: not hand.editor.following.why_not)


def test_a_drag_in_the_window_brings_neighbours_along_and_the_store_keeps_them(
    hand, photos, tmp_path
):
    ready(hand, photos, tmp_path)
    before = round(hand.editor.doubting.doubt.expected, 2)
    drag(hand, 8, QPoint(-12, 12))
    kept = hand.window.project.load(hand.desk.image_id).faces[0].landmarks
    assert kept.origin[8] == Origin.CORRECTED
    assert kept.origin[9] == Origin.PROPAGATED
    assert hand.editor.doubting.doubt.expected < before
    assert bar(hand).isVisible()
    hand.do("undo")
    assert not (hand.window.project.load(hand.desk.image_id).faces[0].landmarks.origin == 2).any()


def test_the_walk_goes_on_in_the_next_photo(hand, photos, tmp_path):
    ready(hand, photos, tmp_path)
    first = hand.desk.image_id
    face = hand.editor.document.face
    hand.editor.select_all()
    hand.do("accept")
    assert hand.editor.doubting.doubt.expected == 0
    assert bar(hand).said.text() == "Good enough"
    hand.do("next_doubt")
    hand.wait(lambda: hand.desk.image_id != first and hand.editor.document.current is not None)
    assert hand.editor.document.face_id != face.id
    assert hand.editor.doubting.doubt.points[hand.editor.document.current] > 0.1


def test_the_bound_is_the_projects_own(hand, photos, tmp_path):
    ready(hand, photos, tmp_path)
    panel = bar(hand).panel
    panel.value.setValue(2.5)
    panel.unit.setCurrentIndex(panel.unit.findData("px"))
    panel.unit.activated.emit(panel.unit.currentIndex())
    assert hand.editor.doubting.good_enough == GoodEnough(2.5, "px")
    assert bar(hand).button.text() == "≤ 2.5 px"
    folder = hand.window.project.folder
    hand.window.show_start()
    assert hand.editor.following.why_not == ""
    hand.open(folder)
    assert hand.editor.doubting.good_enough == GoodEnough(2.5, "px")


def test_an_estimate_needs_corrections_first(hand, photos, tmp_path):
    ready(hand, photos, tmp_path)
    bar(hand).panel.suggest.click()
    hand.wait(bar(hand).panel.said.text)
    assert "too few" in bar(hand).panel.said.text()
    assert hand.editor.doubting.good_enough == GoodEnough()


def test_a_project_learns_from_finished_photos(hand, photos, tmp_path, monkeypatch):
    monkeypatch.setattr(projecthelp, "LEARN_EVERY", 1)
    ready(hand, photos, tmp_path)
    drag(hand, 8, QPoint(-12, 12))
    learned = hand.window.project.folder / "cache" / "priors" / "prior-fake.npz"
    assert not learned.exists()
    hand.do("finish")
    hand.wait(learned.exists)
    hand.wait(lambda: not hand.window.queues.models.jobs and not hand.editor.following.why_not)
    assert load_prior(learned).sums.faces > 0


def test_drags_are_counted_by_face_while_they_are_made(hand, photos, tmp_path):
    ready(hand, photos, tmp_path)
    tally = bar(hand).tally
    assert tally.isHidden()
    drag(hand, 8, QPoint(-12, 12))
    assert tally.text().startswith("1 drag,")
    drag(hand, 24, QPoint(12, 12))
    assert tally.text().startswith("2 drags,")
    assert "1 faces corrected, 2 drags" in tally.toolTip()
    hand.do("finish")
    hand.wait(lambda: hand.editor.has("points") and not tally.text())
    assert "2.0 drags" in tally.toolTip(), "the session goes on in the next photo"


def test_hours_left_are_told_with_their_interval_once_photos_are_finished(qtbot):
    tally = Tally()
    qtbot.addWidget(tally)
    tally.show_left(HoursLeft(40, 2.0, 1.5, 2.5))
    assert tally.text() == "2.0 h left (1.5–2.5)"
    assert "40 photos" in tally.toolTip()
    tally.begin()
    assert tally.isHidden()


def test_the_strength_is_a_preference(hand, photos, tmp_path, settings):
    ready(hand, photos, tmp_path)
    settings.set("work/strength", 0)
    before = hand.editor.document.face.landmarks.points
    drag(hand, 8, QPoint(-12, 12))
    after = hand.editor.document.face.landmarks.points
    assert (after != before).any(axis=1).sum() == 1


def test_the_bar_counts_points_and_says_why_none_follows(qtbot):
    shown = DoubtBar()
    qtbot.addWidget(shown)
    doubts = np.zeros(106)
    doubts[:3] = 0.9
    shown.show_doubt(Doubt(doubts), GoodEnough())
    assert shown.said.text() == "3 points in doubt"
    shown.show_why_not("No points follow: so it is.")
    assert not shown.why_not.isHidden()
    shown.show_doubt(None, GoodEnough())
    assert shown.bar.isHidden() and shown.said.isHidden()


def test_less_than_an_hour_left_is_told_in_minutes(qtbot):
    tally = Tally()
    qtbot.addWidget(tally)
    tally.show_left(HoursLeft(40, 0.5, 0.25, 0.75))
    assert tally.text() == "30 min left (15–45)"
