"""Bad input: a message in the window that says what to do, nothing lost, nothing modal."""

import os
import zlib
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from lapa_annotator.domain.errors import InputError
from lapa_annotator.gui.proposals import BuiltInModels
from lapa_annotator.store.project import Project
from tests.gui.conftest import FakeModels, make_photo


@pytest.fixture
def project(hand, photos, tmp_path):
    """The window on a project of three photos, all proposed."""
    hand.make(photos, tmp_path / "p")
    hand.wait(lambda: hand.faces() == 1)
    hand.wait(lambda: hand.window.project.count("status:proposed") == 3)
    yield hand
    assert QApplication.activeModalWidget() is None


def move_a_point(hand, index: int = 54) -> float:
    """Move a point to the right by a pixel; return where it is now."""
    hand.editor.document.select({index})
    hand.do("nudge_right")
    hand.editor.document.settle()
    return float(hand.editor.document.faces[0].landmarks.points[index, 0])


def stored_point(hand, index: int = 54) -> float:
    annotation = hand.window.project.load(hand.desk.image_id)
    return float(annotation.faces[0].landmarks.points[index, 0])


def test_a_photo_that_vanishes_while_it_is_open_can_still_be_worked_on(project, photos):
    (photos / "a.png").unlink()
    project.wait(lambda: "a.png is not there any more" in project.said)
    assert move_a_point(project) == stored_point(project)
    project.do("next_photo")
    project.wait(lambda: project.shows("b.png"))
    project.do("previous_photo")
    project.wait(lambda: "no such file" in project.said)
    assert project.editor.document.photo is None


def test_a_photo_that_comes_back_is_shown_again(project, photos):
    data = (photos / "b.png").read_bytes()
    (photos / "b.png").unlink()
    project.do("next_photo")
    project.wait(lambda: "no such file" in project.said)
    (photos / "b.png").write_bytes(data)
    project.do("next_photo")
    project.wait(lambda: project.shows("c.png"))
    project.do("previous_photo")
    project.wait(lambda: project.shows("b.png"))
    assert project.said == ""


def test_a_corrupt_photo_is_told_and_the_way_goes_on_past_it(project, photos):
    data = (photos / "b.png").read_bytes()
    (photos / "b.png").write_bytes(data[: len(data) // 2])
    project.do("next_photo")
    project.wait(lambda: "b.png" in project.said)
    assert "copy it again" in project.said
    project.do("next_photo")
    project.wait(lambda: project.shows("c.png"))


def test_a_photo_of_another_person_is_shown_but_not_changed(project):
    with Project.open(project.window.project.folder, annotator="Kim") as other:
        lease = other.lease(2)
        project.do("next_photo")
        project.wait(lambda: project.shows("b.png"))
        assert "Kim is editing this photo" in project.said
        before = stored_point(project)
        move_a_point(project)
        assert stored_point(project) == before
        project.wait(lambda: not project.window.actions_["undo"].isEnabled())
        lease.release()
        project.do("next_photo")
        project.wait(lambda: project.shows("c.png"))
        project.do("previous_photo")
        project.wait(lambda: project.shows("b.png"))
        assert move_a_point(project) == stored_point(project) == before + 1


def test_leaving_a_photo_gives_it_back_to_others(project):
    with Project.open(project.window.project.folder, annotator="Kim") as other:
        assert other.lease_holder(1) is not None
        project.do("next_photo")
        project.wait(lambda: project.shows("b.png"))
        project.wait(lambda: other.lease_holder(1) is None)


@pytest.mark.parametrize("damage", ["missing", "damaged"])
def test_a_model_file_that_is_not_whole_stops_no_work_by_hand(
    make_window, photos, tmp_path, monkeypatch, damage
):
    monkeypatch.setenv("LAPA_MODELS", str(tmp_path / "models"))
    if damage == "damaged":
        (tmp_path / "models").mkdir()
        for name in ("face_detection_full_range", "face_landmarks_detector"):
            (tmp_path / "models" / f"{name}.tflite").write_bytes(b"half a file")
    # By name: without one, the weights that are shipped stand in for what is not there.
    hand = make_window(BuiltInModels(detector_name="full-range", proposer_name="facemesh"))
    hand.make(photos, tmp_path / "p")
    hand.wait(lambda: "lapa-annotator models fetch" in hand.said)
    hand.do("add_face")
    from lapa_annotator.domain.geometry import Box

    hand.editor.canvas.box_drawn.emit(Box(50, 50, 150, 170))
    hand.wait(lambda: hand.faces() == 1)
    hand.do("from_mean_shape")
    assert hand.editor.document.faces[0].landmarks is not None


def test_a_photo_beyond_all_measure_is_refused_before_it_is_decoded(project, photos):
    """A panorama of 40,000 x 10,000 pixels, of which only the header is there."""
    data = bytearray((photos / "b.png").read_bytes())
    data[16:24] = (40_000).to_bytes(4, "big") + (10_000).to_bytes(4, "big")
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    (photos / "b.png").write_bytes(data)
    project.do("next_photo")
    project.wait(lambda: "b.png" in project.said)
    assert project.editor.document.photo is None


def test_a_photo_of_twenty_faces_has_them_all(make_window, tmp_path):
    make_photo(tmp_path / "crowd" / "crowd.png", (2000, 300))
    hand = make_window(FakeModels(count=20))
    hand.make(tmp_path / "crowd", tmp_path / "p")
    hand.wait(lambda: hand.faces() == 20)
    seen = set()
    for _ in range(20):
        seen.add(hand.editor.document.face_id)
        hand.do("next_face")
    assert len(seen) == 20


def test_keys_hammered_during_loading_end_at_the_right_photo(make_window, tmp_path):
    for i in range(30):
        make_photo(tmp_path / "many" / f"{i:02d}.png", (200 + i, 150))
    hand = make_window()
    hand.make(tmp_path / "many", tmp_path / "p")
    for _ in range(40):
        QTest.keyClick(hand.editor, Qt.Key.Key_E)
    for _ in range(12):
        QTest.keyClick(hand.editor, Qt.Key.Key_Q)
    hand.wait(lambda: hand.shows("17.png"))
    hand.wait(lambda: hand.faces() == 1)
    assert hand.editor.document.photo.pixels.shape == (150, 217, 3)


def test_a_full_disk_loses_nothing_and_keeps_the_window_open(project, monkeypatch):
    save = Project.save

    def full(self, *arguments, **named):
        raise InputError(self.folder, "the disk is full", "free some space")

    monkeypatch.setattr(Project, "save", full)
    wanted = move_a_point(project)
    assert "the disk is full" in project.said
    project.window.close()
    assert project.window.isVisible()
    assert "not saved yet" in project.said
    project.do("next_photo")
    project.wait(lambda: project.shows("b.png"))
    monkeypatch.setattr(Project, "save", save)
    project.window.close()
    assert not project.window.isVisible()
    with Project.open(project.window.recent.all()[0].path) as again:
        assert again.load(1).faces[0].landmarks.points[54, 0] == wanted


def test_a_proposal_that_cannot_be_kept_is_told(hand, photos, tmp_path, monkeypatch):
    def full(self, *arguments, **named):
        raise InputError(self.folder, "the disk is full", "free some space")

    monkeypatch.setattr(Project, "propose", full)
    hand.make(photos, tmp_path / "p")
    hand.wait(lambda: "the disk is full" in hand.said)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="needs a user with limits")
def test_a_project_that_may_not_be_written_is_told(hand, photos, tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)
    hand.window.jobs.create(photos, tmp_path / "locked" / "p")
    hand.wait(lambda: "locked" in hand.said)


def test_a_name_that_is_taken_is_told_and_nothing_there_is_touched(hand, photos, tmp_path):
    (tmp_path / "p.lapa").mkdir()
    (tmp_path / "p.lapa" / "note.txt").write_text("mine")
    hand.window.jobs.create(photos, tmp_path / "p")
    hand.wait(lambda: "p.lapa" in hand.said)
    assert [f.name for f in (tmp_path / "p.lapa").iterdir()] == ["note.txt"]


def test_a_folder_without_photos_makes_a_project_that_says_so(hand, tmp_path):
    (tmp_path / "empty").mkdir()
    hand.window.jobs.create(tmp_path / "empty", tmp_path / "p")
    hand.wait(lambda: hand.window.project is not None)
    hand.wait(lambda: "no photos" in hand.said)


def test_messages_come_back_when_a_later_one_is_closed(hand):
    from lapa_annotator.gui.messages import Message

    bar = hand.window.messages
    bar.say(Message("first", "error", "a"))
    bar.say(Message("second", "warning", "b"))
    bar.say(Message("second, again", "warning", "b"))
    assert hand.said == "second, again"
    bar.close_button.click()
    assert hand.said == "first"
    bar.withdraw(["a"])
    assert not bar.isVisible()


def test_long_work_is_cancelled_from_the_status_bar(hand, photos, tmp_path):
    def forever():
        while True:
            yield None

    progress = hand.window.status.progress
    job = hand.window.queues.files.run(forever, "Counting sheep")
    assert progress.isVisible()
    with hand.bot.waitSignal(job.cancelled):
        progress.cancel()
    assert not progress.isVisible()
    hand.make(photos, Path(tmp_path / "p"))


def test_a_message_shows_all_its_words_and_stays_inside_the_window(hand):
    from PySide6.QtCore import QRect

    from lapa_annotator.gui.messages import Message

    bar, pages = hand.window.messages, hand.window.pages
    for words in (3, 40, 150):
        bar.say(Message("word " * words, "error", "long", "Do it"))
        for width in (1200, 700):
            hand.window.resize(width, 600)
            hand.bot.wait(20)
            assert QRect(0, 0, pages.width(), pages.height()).contains(bar.geometry())
            label = bar.label
            assert label.height() >= label.heightForWidth(label.width())
