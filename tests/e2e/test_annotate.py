"""The main job through the command line, with the real networks, on real photos."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lapa_annotator.batch.sample import sample_photos
from lapa_annotator.domain.schema import OUTER_EYE_CORNERS
from lapa_annotator.formats.lapa import LapaFolder, read_labels, read_landmarks
from lapa_annotator.formats.photo import probe_photo, read_photo
from tests.support import needs_models

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.models,
    needs_models("face_detection_full_range", "facemesh", "multiclass"),
]
ROTATE_270 = 6  # the EXIF orientation of a camera held upright


def _command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "lapa_annotator", *map(str, arguments)]


def _call(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        _command(*arguments), capture_output=True, text=True, check=False, timeout=300
    )


def _results(out: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and ".annotate" not in path.parts and path.name != "report.csv"
    }


def _rows_without_times(out: Path) -> list[dict[str, str]]:
    with (out / "report.csv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        return [{k: v for k, v in row.items() if "seconds" not in k} for row in rows]


def _kinds_of_photos(folder: Path) -> None:
    """One face in every guise that photos come in."""
    face = Image.open(sample_photos()[0]).convert("RGB").crop((120, 0, 330, 240))
    (folder / "sub").mkdir(parents=True)
    face.save(folder / "plain.jpg", quality=95)
    face.save(folder / "sub" / "plain.jpg", quality=90)
    face.save(folder / "name with spaces, é 人脸 🙂.png")
    face.convert("CMYK").save(folder / "cmyk.jpg", quality=95)
    wide = np.asarray(face.convert("L")).astype(np.uint16) * 257
    Image.fromarray(wide).save(folder / "16 bit.png")
    exif = Image.Exif()
    exif[0x0112] = ROTATE_270
    face.transpose(Image.Transpose.ROTATE_90).save(folder / "turned.jpg", exif=exif, quality=95)
    plain = (folder / "plain.jpg").read_bytes()
    (folder / "bad truncated.jpg").write_bytes(plain[: len(plain) // 3])
    (folder / "bad empty.jpg").write_bytes(b"")
    (folder / "bad text.jpg").write_text("no photo")
    Image.new("RGB", (1, 1)).save(folder / "bad 1x1.png")
    Image.new("RGB", (300, 200), (40, 90, 40)).save(folder / "bad nobody.png")


def _points(out: Path, name: str) -> np.ndarray:
    return read_landmarks(out / "train" / "landmarks" / f"{name}.txt")


@pytest.fixture(scope="module")
def annotated(tmp_path_factory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    root = tmp_path_factory.mktemp("kinds")
    _kinds_of_photos(root / "photos")
    return root / "out", _call("annotate", root / "photos", "--out", root / "out")


def test_photos_of_every_kind_become_samples(annotated):
    out, done = annotated
    samples = {sample.name: sample for sample in LapaFolder(out).samples("train")}
    names = ["16 bit", "cmyk", "name with spaces, é 人脸 🙂", "plain", "sub__plain", "turned"]
    assert sorted(samples) == names, done.stderr
    for sample in samples.values():
        info = probe_photo(sample.image)
        labels = read_labels(sample.labels, (info.width, info.height))
        assert {1, 2, 3, 4, 5, 6, 7, 9, 10} <= set(np.unique(labels)), sample.name
        assert np.isfinite(read_landmarks(sample.landmarks)).all()


def test_bad_photos_are_named_on_the_terminal_and_in_the_report(annotated):
    out, done = annotated
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    problems = {row["photo"]: row["problem"] for row in _rows_without_times(out) if row["problem"]}
    assert sorted(problems) == [
        "bad 1x1.png",
        "bad empty.jpg",
        "bad nobody.png",
        "bad text.jpg",
        "bad truncated.jpg",
    ]
    for name, problem in problems.items():
        assert name in problem
        assert f"Skipped: {problem}" in done.stderr
    assert "6 faces in 11 photos; 5 skipped." in done.stdout


def test_a_photo_that_is_turned_by_its_exif_gives_the_same_points(annotated):
    out, _ = annotated
    plain, turned = _points(out, "plain"), _points(out, "turned")
    a, b = OUTER_EYE_CORNERS
    eyes = np.hypot(*(plain[a] - plain[b]))
    assert np.hypot(*(plain - turned).T).mean() < 0.02 * eyes


def test_grey_and_cmyk_photos_give_the_points_of_the_coloured_one(annotated):
    out, _ = annotated
    plain = _points(out, "plain")
    a, b = OUTER_EYE_CORNERS
    eyes = np.hypot(*(plain[a] - plain[b]))
    for name in ("16 bit", "cmyk"):
        assert np.hypot(*(plain - _points(out, name)).T).mean() < 0.05 * eyes


def test_an_upright_crop_shows_a_tilted_face_level(tmp_path):
    face = Image.open(sample_photos()[0]).convert("RGB").crop((100, 0, 340, 240))
    face.rotate(25, Image.Resampling.BICUBIC).save(tmp_path / "tilted.png")
    for crop in ("upright", "aligned"):
        done = _call(
            *("annotate", tmp_path / "tilted.png", "--out", tmp_path / crop),
            *("--crop", crop, "--crop-size", 256),
        )
        assert done.returncode == 0, done.stderr
    tilt = {}
    for crop in ("upright", "aligned"):
        points = _points(tmp_path / crop, "tilted")
        across = points[OUTER_EYE_CORNERS[1]] - points[OUTER_EYE_CORNERS[0]]
        tilt[crop] = np.degrees(np.arctan2(across[1], across[0]))
        image = read_photo(tmp_path / crop / "train" / "images" / "tilted.jpg")
        assert image.pixels.shape == (256, 256, 3)
    assert abs(tilt["upright"]) < 4
    assert abs(tilt["aligned"]) == pytest.approx(25, abs=6)


def test_the_result_after_a_kill_is_that_of_an_uninterrupted_run(tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    face = Image.open(sample_photos()[0]).convert("RGB").crop((120, 0, 330, 240))
    for i in range(8):
        face.rotate(3 * i - 12).save(photos / f"{i}.jpg", quality=95)
    (photos / "empty.jpg").write_bytes(b"")
    call = ("annotate", photos, "--jobs", 2, "--split", "train:0.5,val:0.5")
    killed = tmp_path / "killed"
    with subprocess.Popen(
        _command(*call, "--out", killed), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as run:
        deadline = time.monotonic() + 200
        while not list(killed.glob("*/images/*.jpg")) and time.monotonic() < deadline:
            time.sleep(0.005)
        os.kill(run.pid, signal.SIGKILL)
    assert 1 <= len(list(killed.glob("*/images/*.jpg"))) < 8
    assert not (killed / "report.json").exists()
    again = _call(*call, "--out", killed)
    assert again.returncode == 1, again.stderr
    whole = tmp_path / "whole"
    _call(*call, "--out", whole, "--jobs", 1)
    assert _results(killed) == _results(whole)
    assert _rows_without_times(killed) == _rows_without_times(whole)


def test_ctrl_c_leaves_everything_whole_and_says_how_to_go_on(tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    face = Image.open(sample_photos()[0]).convert("RGB").crop((120, 0, 330, 240))
    for i in range(40):
        face.save(photos / f"{i}.jpg", quality=60 + i)
    out = tmp_path / "out"
    with subprocess.Popen(
        _command("annotate", photos, "--out", out),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as run:
        deadline = time.monotonic() + 200
        while not list(out.glob("*/images/*.jpg")) and time.monotonic() < deadline:
            time.sleep(0.005)
        os.killpg(run.pid, signal.SIGINT)  # as a terminal does: to every process at once
        _, said = run.communicate(timeout=200)
    assert run.returncode == 130
    assert "run the same again to go on" in said
    assert "Traceback" not in said
    assert not list(out.rglob("*.part"))
    samples = LapaFolder(out).samples("train")
    assert 1 <= len(samples) < 40
    assert all(sample.labels and sample.landmarks for sample in samples)


def test_the_demo_says_where_its_results_are(tmp_path):
    done = _call("demo", "--out", tmp_path / "demo")
    assert done.returncode == 0, done.stderr
    for place in ("train/labels", "overlays", "contact_sheet.jpg"):
        assert str(tmp_path / "demo" / place) in done.stdout
        assert (tmp_path / "demo" / place).exists()
    report = json.loads((tmp_path / "demo" / "report.json").read_text(encoding="utf-8"))
    assert (report["faces"], report["skipped"]) == (2, 0)
