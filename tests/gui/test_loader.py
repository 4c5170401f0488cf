"""Photos and thumbnails: read in threads, the wanted one first, kept while there is room."""

import numpy as np
import pytest

from lapa_annotator.gui.loader import PhotoLoader
from lapa_annotator.gui.thumbnails import SIDE, Thumbnails, thumbnail
from lapa_annotator.gui.workers import JobQueue
from tests.gui.conftest import make_photo
from tests.gui.test_imagelist import info


@pytest.fixture
def queue(qtbot):
    made = JobQueue("test")
    yield made
    made.close()


@pytest.fixture
def loader(queue):
    return PhotoLoader(queue)


def test_a_wanted_photo_comes_with_its_levels(loader, photos, qtbot):
    with qtbot.waitSignal(loader.loaded) as loaded:
        loader.want(1, photos / "a.png")
    photo = loaded.args[0]
    assert photo.image_id == 1
    assert photo.pixels.shape == (240, 320, 3)
    assert photo.pixels[0, 0].tolist() == [0, 40, 40]


def test_a_photo_read_ahead_is_there_at_once(loader, photos, qtbot):
    with qtbot.waitSignal(loader.came):
        loader.ahead([(2, photos / "b.png", 320 * 240)])
    heard = []
    loader.loaded.connect(heard.append)
    loader.want(2, photos / "b.png")
    assert [photo.image_id for photo in heard] == [2]


def test_keys_hammered_bring_only_the_last_photo(loader, photos, qtbot):
    heard = []
    loader.loaded.connect(lambda photo: heard.append(photo.image_id))
    for i, name in enumerate("abcabcabc"):
        loader.want(i, photos / f"{name}.png")
    qtbot.waitUntil(lambda: bool(heard))
    qtbot.wait(50)
    assert heard == [8]


def test_a_photo_too_large_is_not_read_ahead(loader, photos, queue):
    loader.ahead([(1, photos / "a.png", 200_000_000)])
    assert queue.jobs == ()


def test_a_photo_that_has_changed_on_the_disk_is_read_again(loader, photos, qtbot):
    with qtbot.waitSignal(loader.loaded):
        loader.want(1, photos / "a.png")
    make_photo(photos / "a.png", (100, 90), shade=7)
    with qtbot.waitSignal(loader.loaded) as loaded:
        loader.want(1, photos / "a.png")
    assert loaded.args[0].pixels.shape == (90, 100, 3)


def test_a_damaged_photo_is_told_for_the_wanted_one_alone(loader, photos, qtbot):
    (photos / "b.png").write_bytes(b"no picture at all")
    failures = []
    loader.failed.connect(lambda image_id, error: failures.append((image_id, error.remedy)))
    loader.ahead([(2, photos / "b.png", 1)])
    with qtbot.waitSignal(loader.loaded):
        loader.want(1, photos / "a.png")
    assert failures == []
    with qtbot.waitSignal(loader.failed):
        loader.want(2, photos / "b.png")
    assert failures[0][0] == 2


def test_memory_for_photos_has_a_limit(loader, photos, qtbot, monkeypatch):
    monkeypatch.setattr("lapa_annotator.gui.loader._KEPT_BYTES", 500_000)
    for i, name in enumerate("abc"):
        with qtbot.waitSignal(loader.loaded):
            loader.want(i, photos / f"{name}.png")
    kept = [i for i, name in enumerate("abc") if loader.get(i, photos / f"{name}.png")]
    assert kept == [1, 2]


def test_a_thumbnail_is_small_and_kept_on_the_disk(photos, tmp_path, qapp):
    make_photo(photos / "wide.png", (800, 200))
    kept = tmp_path / "cache" / "wide.jpg"
    made = thumbnail(photos / "wide.png", kept)
    assert (made.width(), made.height()) == (SIDE, SIDE // 4)
    (photos / "wide.png").unlink()
    assert thumbnail(photos / "wide.png", kept).width() == SIDE


def test_a_photo_that_cannot_be_read_has_no_thumbnail(tmp_path, qapp):
    assert thumbnail(tmp_path / "gone.png", tmp_path / "t.jpg") is None


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(photos, tmp_path, qapp):
    (tmp_path / "cache").write_text("a file in the folder's place")
    assert not thumbnail(photos / "a.png", tmp_path / "cache" / "a.jpg").isNull()


def test_thumbnails_are_asked_for_once_and_told_when_made(queue, photos, tmp_path, qtbot):
    from dataclasses import replace
    from pathlib import PurePosixPath

    row = replace(info(1), root=photos, path=PurePosixPath("a.png"))
    thumbnails = Thumbnails(queue)
    thumbnails.use(tmp_path / "cache")
    assert thumbnails.get(row) is None
    qtbot.waitSignal(thumbnails.made).wait()
    assert thumbnails.get(row).width() == SIDE


def test_levels_end_at_about_a_thousand_pixels(loader, tmp_path, qtbot):
    make_photo(tmp_path / "large.png", (3000, 1000))
    with qtbot.waitSignal(loader.loaded) as loaded:
        loader.want(1, tmp_path / "large.png")
    levels = loaded.args[0].levels
    assert [level.shape[1] for level in levels] == [3000, 1500, 750]
    assert loaded.args[0].bytes == sum(np.asarray(level).nbytes for level in levels)
