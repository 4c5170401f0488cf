"""The main job with stand-ins for the networks: what it writes, skips, resumes and refuses."""

import csv
import errno
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from lapa_annotator.batch.annotate import Progress, annotate
from lapa_annotator.batch.execute import Processes, Serial
from lapa_annotator.batch.options import AnnotateOptions, Crop, Faces
from lapa_annotator.batch.pipeline import Pipeline
from lapa_annotator.batch.work import claim
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.geometry import Box
from lapa_annotator.formats.lapa import LapaFolder, read_labels, read_landmarks
from lapa_annotator.formats.photo import probe_photo, read_photo
from lapa_annotator.ppa.parse import ParseOptions
from tests.batch.fakes import (
    DEADLY,
    GREEN,
    ODD,
    FakeDetector,
    FakeProposer,
    FakeSegmenter,
    build,
    face_points,
    photo,
)


def _run(options: AnnotateOptions, **changes: object) -> list[Progress]:
    return list(annotate(replace(options, **changes), build, Serial()))


def _results(out: Path) -> dict[str, bytes]:
    """Every file that a run leaves, but for its own notes and the times."""
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and ".annotate" not in path.parts and path.name != "report.csv"
    }


def _rows(out: Path) -> list[dict[str, str]]:
    with (out / "report.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _rows_without_times(out: Path) -> list[dict[str, str]]:
    return [{k: v for k, v in row.items() if "seconds" not in k} for row in _rows(out)]


@pytest.fixture
def job(tmp_path) -> AnnotateOptions:
    """Three photos in two folders, two of the same name."""
    photo(tmp_path / "photos" / "a.jpg")
    photo(tmp_path / "photos" / "sub" / "a.jpg", faces=((50, 50, 30),))
    photo(tmp_path / "photos" / "été 人脸 🙂.png", faces=((60, 60, 45),))
    return AnnotateOptions(paths=(tmp_path / "photos",), out=tmp_path / "out")


def test_every_photo_becomes_a_sample_in_lapas_layout(job):
    last = _run(job)[-1]
    assert (last.done, last.total, last.faces, last.skipped) == (3, 3, 3, 0)
    samples = {sample.name: sample for sample in LapaFolder(job.out).samples("train")}
    assert sorted(samples) == ["a", "sub__a", "été 人脸 🙂"]
    for sample in samples.values():
        info = probe_photo(sample.image)
        labels = read_labels(sample.labels, (info.width, info.height))
        assert {1, 4, 5, 6} <= set(np.unique(labels))
        assert (job.out / "overlays" / f"{sample.name}.jpg").is_file()
    expected = face_points() * 81 + (40, 20)
    assert np.allclose(read_landmarks(samples["a"].landmarks), expected, atol=3)


def test_the_reports_and_the_sheet_cover_every_photo(job):
    photo(job.paths[0] / "nobody.jpg", faces=())
    _run(job)
    rows = _rows(job.out)
    assert [row["photo"] for row in rows] == [
        "a.jpg",
        "nobody.jpg",
        "sub/a.jpg",
        "été 人脸 🙂.png",
    ]
    assert [row["faces"] for row in rows] == ["1", "0", "1", "1"]
    assert "no face" in rows[1]["problem"]
    assert float(rows[0]["seconds"]) > 0
    report = json.loads((job.out / "report.json").read_text(encoding="utf-8"))
    assert (report["photos"], report["faces"], report["skipped"]) == (4, 3, 1)
    assert report["weights"] == {"fake": "0" * 64}
    assert (job.out / "contact_sheet.jpg").is_file()


def test_a_plain_jpeg_is_copied_byte_for_byte(job):
    _run(job)
    source = (job.paths[0] / "a.jpg").read_bytes()
    assert (job.out / "train" / "images" / "a.jpg").read_bytes() == source


def test_what_is_no_plain_jpeg_becomes_one_that_shows_the_same(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    photos = tmp_path / "photos"
    photo(photos / "turned.jpg", exif=exif, quality=95)
    photo(photos / "lossless.png")
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    photo(photos / "profiled.jpg", icc_profile=profile, quality=95)
    _run(AnnotateOptions(paths=(photos,), out=tmp_path / "out"))
    for name in ("turned.jpg", "lossless.png", "profiled.jpg"):
        before = read_photo(photos / name).pixels.astype(int)
        written = tmp_path / "out" / "train" / "images" / Path(name).with_suffix(".jpg")
        with Image.open(written) as picture:
            assert (picture.format, picture.getexif().get(0x0112, 1)) == ("JPEG", 1)
            assert "icc_profile" not in picture.info, "any reader shows the same without it"
            after = np.asarray(picture).astype(int)
        assert before.shape == after.shape
        assert np.abs(before - after).mean() < 2


def test_all_faces_of_a_photo_become_samples_with_numbers_largest_first(tmp_path):
    photo(tmp_path / "photos" / "two.jpg", ((40, 60, 25), (110, 60, 35)))
    job = AnnotateOptions((tmp_path / "photos",), tmp_path / "out", faces=Faces.ALL)
    assert _run(job)[-1].faces == 2
    points = [
        read_landmarks(tmp_path / "out" / "train" / "landmarks" / f"two_{i}.txt") for i in (0, 1)
    ]
    assert points[0][:, 0].mean() == pytest.approx(110, abs=2)
    assert points[1][:, 0].mean() == pytest.approx(40, abs=2)
    _run(job, faces=Faces.LARGEST)
    names = [sample.name for sample in LapaFolder(tmp_path / "out").samples()]
    assert names == ["two"], "what other options made before is gone"


@pytest.mark.parametrize("crop", [Crop.UPRIGHT, Crop.ALIGNED])
def test_a_crop_holds_the_face_with_its_margin(job, crop):
    _run(job, crop=crop, crop_size=200, margin=0.25)
    for sample in LapaFolder(job.out).samples():
        pixels, labels = read_photo(sample.image).pixels, read_labels(sample.labels)
        points = read_landmarks(sample.landmarks)
        assert pixels.shape == (200, 200, 3)
        assert labels.shape == (200, 200)
        box = Box.around(points)
        assert max(box.width, box.height) == pytest.approx(200 / 1.5, rel=0.02)
        assert box.centre == pytest.approx((99.5, 99.5), abs=1.5)
        green = (np.abs(pixels.astype(int) - GREEN) < 60).all(axis=2)
        assert (green == (labels > 0)).mean() > 0.9


def test_an_aligned_crop_at_the_photos_own_resolution_holds_its_pixels(tmp_path):
    source = photo(tmp_path / "photos" / "a.png", size=(300, 200), faces=((150, 100, 30),))
    _run(AnnotateOptions((source,), tmp_path / "out", crop=Crop.ALIGNED))
    cropped = read_photo(tmp_path / "out" / "train" / "images" / "a.jpg").pixels
    points = read_landmarks(tmp_path / "out" / "train" / "landmarks" / "a.txt")
    left, top = np.round(face_points()[0] * 61 + (120, 70) - points[0]).astype(int)
    height, width = cropped.shape[:2]
    part = read_photo(source).pixels[top : top + height, left : left + width]
    assert np.abs(part.astype(int) - cropped).mean() < 2


def test_what_a_crop_shows_beyond_the_photo_is_background(tmp_path):
    source = photo(tmp_path / "photos" / "edge.png", faces=((10, 60, 40),))
    _run(AnnotateOptions((source,), tmp_path / "out", crop=Crop.ALIGNED))
    pixels = read_photo(tmp_path / "out" / "train" / "images" / "edge.jpg").pixels
    labels = read_labels(tmp_path / "out" / "train" / "labels" / "edge.png")
    outside = pixels.max(axis=2) < 20
    assert outside.any()
    assert not labels[outside].any()


def test_a_segmenter_that_sees_skin_beyond_the_photo_is_not_believed(tmp_path):
    class Everywhere(FakeSegmenter):
        def segment(self, crop):
            return np.stack(
                [np.zeros(crop.shape[:2]), np.ones(crop.shape[:2]), np.zeros(crop.shape[:2])]
            )

    def build_it(options):
        return Pipeline(FakeDetector(), FakeProposer(), Everywhere(), ParseOptions(), {})

    source = photo(tmp_path / "photos" / "edge.png", faces=((10, 60, 40),))
    job = AnnotateOptions((source,), tmp_path / "out", crop=Crop.ALIGNED)
    list(annotate(job, build_it, Serial()))
    pixels = read_photo(tmp_path / "out" / "train" / "images" / "edge.jpg").pixels
    labels = read_labels(tmp_path / "out" / "train" / "labels" / "edge.png")
    outside = pixels.max(axis=2) < 20
    assert outside.any() and labels.any()
    assert not labels[outside].any()


def test_splits_are_the_same_wherever_the_photos_lie(tmp_path):
    for i in range(30):
        photo(tmp_path / "photos" / f"{i}.jpg", size=(90, 90), faces=((45, 45, 30),))
    splits = (("train", 0.6), ("val", 0.2), ("test", 0.2))
    job = AnnotateOptions((tmp_path / "photos",), tmp_path / "out", splits=splits, overlays=False)
    _run(job)
    names = {s: [x.name for x in LapaFolder(job.out).samples(s)] for s in dict(splits)}
    assert all(names.values())
    (tmp_path / "photos").rename(tmp_path / "elsewhere")
    again = _run(job, paths=(tmp_path / "elsewhere",))[-1]
    assert again.reused == 30


def test_a_second_run_does_nothing_and_reports_the_same(job):
    photo(job.paths[0] / "nobody.jpg", faces=())
    _run(job)
    before, rows = _results(job.out), _rows_without_times(job.out)
    second = _run(job)
    assert second[0].reused == 3
    assert [p.photo for p in second[1:]] == ["nobody.jpg"], "what was skipped is tried again"
    assert _results(job.out) == before
    assert _rows_without_times(job.out) == rows


@pytest.mark.parametrize("executor", [Serial(), Processes(2, 1)])
def test_a_cancelled_run_goes_on_to_the_same_result(job, executor):
    for i in range(6):
        photo(job.paths[0] / f"more{i}.jpg", faces=((80, 60, 20 + 5 * i),))
    run = annotate(job, build, executor)
    assert [next(run).done for _ in range(3)] == [0, 1, 2]
    run.close()
    assert not (job.out / "report.json").exists()
    for sample in LapaFolder(job.out).samples():
        assert sample.labels is not None
        assert sample.landmarks is not None
    second = list(annotate(job, build, executor))
    assert 2 <= second[0].reused < 9
    whole = replace(job, out=job.out.with_name("whole"))
    _run(whole)
    assert _results(job.out) == _results(whole.out)
    assert _rows_without_times(job.out) == _rows_without_times(whole.out)


def test_only_what_changed_is_done_again(job):
    _run(job)
    photo(job.paths[0] / "a.jpg", faces=((90, 60, 35),))
    photo(job.paths[0] / "new.jpg")
    (job.out / "train" / "labels" / "sub__a.png").unlink()
    second = _run(job)
    assert second[0].reused == 1
    assert sorted(p.photo for p in second[1:]) == ["a.jpg", "new.jpg", "sub/a.jpg"]
    whole = replace(job, out=job.out.with_name("whole"))
    _run(whole)
    assert _results(job.out) == _results(whole.out)


def test_a_photo_that_was_only_touched_is_not_done_again(job):
    _run(job)
    os.utime(job.paths[0] / "a.jpg", ns=(1, 1))
    assert _run(job)[0].reused == 3


def test_other_options_do_everything_again(job):
    _run(job)
    assert _run(job, overlays=False)[0].reused == 0
    assert not list(job.out.rglob("overlays/*.jpg"))
    assert not (job.out / "contact_sheet.jpg").exists()


def test_what_a_killed_run_with_other_options_had_begun_to_replace_is_done_again(job):
    _run(job)
    before = _results(job.out)
    half = job.out / "train" / "labels" / "a.png"
    half.write_bytes((job.out / "train" / "labels" / "sub__a.png").read_bytes())
    claim(job.out, "a").touch()
    assert _run(job)[0].reused == 2
    assert _results(job.out) == before


def test_a_label_map_that_somebody_changed_is_not_replaced(job):
    _run(job)
    labels = job.out / "train" / "labels" / "a.png"
    labels.write_bytes(b"by hand")
    progress = _run(job, margin=0.7)
    problem = next(p.problem for p in progress if p.photo == "a.jpg")
    assert problem.startswith(str(job.paths[0] / "a.jpg"))
    assert "was changed" in problem
    assert labels.read_bytes() == b"by hand"
    assert _run(job, margin=0.7, overwrite=True)[-1].skipped == 0
    assert read_labels(labels).any()


def test_a_file_that_stood_there_before_is_not_replaced(job):
    mine = job.out / "train" / "landmarks" / "a.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    last = _run(job)[-1]
    assert (last.faces, last.skipped) == (2, 1)
    assert mine.read_text() == "mine"


def test_a_folder_in_the_place_of_an_output_stops_its_photo_alone(job):
    (job.out / "train" / "labels" / "a.png").mkdir(parents=True)
    last = _run(job, overwrite=False)[-1]
    assert (last.faces, last.skipped) == (2, 1)
    assert "stood there" in next(row["problem"] for row in _rows(job.out) if row["problem"])


def test_another_photo_of_the_same_name_does_not_replace_the_first(job, tmp_path):
    _run(job)
    other = photo(tmp_path / "others" / "a.jpg", faces=((100, 60, 30),))
    before = _results(job.out / "train")
    last = _run(job, paths=(other,))[-1]
    assert (last.skipped, last.faces) == (1, 0)
    assert str(job.paths[0] / "a.jpg") in last.problem
    assert _results(job.out / "train") == before


def test_a_photo_that_gets_another_name_leaves_nothing_under_the_old_one(job):
    _run(job)
    photo(job.paths[0] / "a.png", faces=((90, 60, 35),))
    _run(job)
    whole = replace(job, out=job.out.with_name("whole"))
    _run(whole)
    assert _results(job.out) == _results(whole.out)


def test_bad_photos_are_told_in_one_sentence_each_and_the_rest_goes_on(job):
    folder = job.paths[0]
    whole = (folder / "a.jpg").read_bytes()
    (folder / "truncated.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "text.jpg").write_text("no photo at all")
    (folder / "dangling.jpg").symlink_to(folder / "nowhere.jpg")
    photo(folder / "one.png", size=(1, 1), faces=())
    photo(folder / "nobody.jpg", faces=())
    photo(folder / "odd.png", behind=ODD)
    bad = ["dangling.jpg", "empty.jpg", "nobody.jpg", "odd.png"]
    bad += ["one.png", "text.jpg", "truncated.jpg"]
    progress = _run(job)
    problems = {p.photo: p.problem for p in progress if p.problem}
    assert sorted(problems) == bad
    for name, problem in problems.items():
        assert problem.startswith(f"{folder / name}: ")
        assert problem.count("; ") >= 1
        assert problem.endswith(".")
        assert "\n" not in problem
    assert (progress[-1].faces, progress[-1].skipped) == (3, 7)


def test_a_folder_out_of_reach_is_told_and_the_rest_goes_on(job, monkeypatch):
    allowed = os.access
    monkeypatch.setattr(os, "access", lambda p, m: Path(p).name != "sub" and allowed(p, m))
    last = _run(job)[-1]
    assert (last.faces, last.skipped) == (2, 1)
    problems = {row["photo"]: row["problem"] for row in _rows(job.out)}
    assert problems["sub"].startswith(f"{job.paths[0] / 'sub'}: it may not be read; ")


def test_an_empty_label_map_is_remarked(job):
    class Blind(FakeSegmenter):
        def segment(self, crop):
            return np.stack([np.ones(crop.shape[:2]), *np.zeros((2, *crop.shape[:2]))])

    def blind(options):
        return Pipeline(FakeDetector(), FakeProposer(), Blind(), ParseOptions(), {})

    list(annotate(job, blind, Serial()))
    report = json.loads((job.out / "report.json").read_text(encoding="utf-8"))
    remarks = [face["remarks"] for entry in report["results"] for face in entry["faces"]]
    assert remarks == [["the label map is empty"]] * 3


def test_a_photo_that_kills_its_worker_is_reported_and_the_rest_goes_on(job):
    photo(job.paths[0] / "bomb.png", behind=DEADLY)
    last = list(annotate(job, build, Processes(2, 1)))[-1]
    assert (last.faces, last.skipped) == (3, 1)
    assert "died" in next(row["problem"] for row in _rows(job.out) if row["photo"] == "bomb.png")


def test_a_full_disk_stops_the_job_and_leaves_nothing_half_there(job, monkeypatch):
    _run(job, paths=(job.paths[0] / "a.jpg",))
    real = os.replace

    def full(source, target):
        if str(target).endswith(".txt"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        with pytest.raises(InputError, match="disk is full"):
            _run(job)
    assert [s.name for s in LapaFolder(job.out).samples()] == ["a"]
    assert not list(job.out.rglob("*.part"))
    _run(job)
    whole = replace(job, out=job.out.with_name("whole"))
    _run(whole)
    assert _results(job.out) == _results(whole.out)


def test_the_out_folder_is_no_input_even_if_it_lies_among_the_photos(job):
    inside = replace(job, out=job.paths[0] / "results")
    _run(inside)
    assert _run(inside)[-1].total == 3


def test_no_photo_at_all_is_a_wrong_call(tmp_path):
    (tmp_path / "photos").mkdir()
    with pytest.raises(InputError, match="no photo is in it"):
        _run(AnnotateOptions((tmp_path / "photos",), tmp_path / "out"))


def test_names_and_sentences_that_are_no_unicode_can_be_reported(tmp_path):
    name = os.fsdecode(b"caf\xe9.jpg")
    photo(tmp_path / "photos" / name, faces=())
    last = _run(AnnotateOptions((tmp_path / "photos",), tmp_path / "out"))[-1]
    assert last.photo == "caf\\udce9.jpg"
    assert _rows(tmp_path / "out")[0]["photo"] == "caf\\udce9.jpg"
