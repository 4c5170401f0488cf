import json

import numpy as np
import pytest

from lapa_annotator.dla.registry import DETECTORS, PROPOSERS
from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.photo import write_picture
from lapa_annotator.ppa.registry import SEGMENTERS
from lapa_annotator.training.data import teach as work
from lapa_annotator.training.data.jobs import write_sample
from lapa_annotator.training.data.sources import open_source
from lapa_annotator.training.data.teacher import (
    TEACHERS,
    TeachSettings,
    _cut_out,
    disagreement,
    weigh,
)
from tests.support import SHARED, needs_models, needs_shared
from tests.training.data.support import face_points, sample
from tests.training.data.test_turn import dome


def test_the_teachers_are_rows_of_the_visible_tables():
    detector, proposer, segmenter = TEACHERS
    assert detector in DETECTORS
    assert proposer in PROPOSERS
    assert segmenter in SEGMENTERS


def test_looks_that_agree_give_full_weight_and_looks_that_do_not_give_none():
    points = face_points()
    eyes = np.hypot(*(points[66] - points[79]))
    runs = np.stack([points, points])
    runs[0, 40] += (0.2 * eyes, 0)
    runs[1, 40] -= (0.2 * eyes, 0)
    spread = disagreement(runs, points)
    assert spread[40] == pytest.approx(0.2)
    weights = weigh(spread, TeachSettings())
    assert weights[40] == 0
    assert (np.delete(weights, 40) == 1).all()


def test_weights_fall_in_between():
    settings = TeachSettings(calm=0.02, limit=0.06)
    assert weigh(np.array([0.02, 0.04, 0.06]), settings).tolist() == pytest.approx([1, 0.5, 0])


def test_a_large_face_is_cut_out_and_scaled_down_with_its_points():
    y, x = np.mgrid[:900, :1200]
    photo = np.stack([x // 5, y // 5, np.zeros_like(x)], axis=-1).astype(np.uint8)
    points = face_points((700, 500), 200)
    image, moved = _cut_out(photo, points, TeachSettings(most_face=100, surroundings=3))
    assert max(image.shape) < 320
    column, row = np.round(moved[54]).astype(int)
    assert np.abs(image[row, column, :2].astype(float) * 5 - points[54]).max() < 8


def test_what_is_written_is_read_back(tmp_path):
    soft = np.stack([np.full((128, 120), v, np.uint8) for v in (55, 150, 50)])
    made = sample("folder/a", soft=soft, matte=np.full((128, 120), 222, np.uint8))
    write_sample(tmp_path, made, {"mesh": []})
    got = open_source(tmp_path, "all").load(0)
    assert got.key == "folder/a"
    assert np.array_equal(got.soft, soft)
    assert np.array_equal(got.matte, made.matte)
    assert np.array_equal(got.labels, made.labels)


def taught_folder(root, keys=("a", "b")):
    made, mesh = dome(soft=np.zeros((3, 240, 240), np.uint8))
    for key in keys:
        write_sample(root, type(made)(**{**vars(made), "key": key}), {"mesh": mesh.tolist()})
    return root


def test_turning_is_resumed_and_repeats_itself(tmp_path):
    taught = taught_folder(tmp_path / "taught")
    last = list(work.turn_all(taught, tmp_path / "one", 1))[-1]
    assert (last.done, last.reused) == (2, 0)
    assert last.faces > 0
    again = list(work.turn_all(taught, tmp_path / "one", 1))
    assert [(p.done, p.reused) for p in again] == [(2, 2)]
    list(work.turn_all(taught, tmp_path / "two", 1))
    names = sorted(p.relative_to(tmp_path / "one") for p in (tmp_path / "one").rglob("*.txt"))
    assert names
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_turned_pictures_are_samples_of_their_photo(tmp_path):
    taught = taught_folder(tmp_path / "taught")
    list(work.turn_all(taught, tmp_path / "out", 1))
    source = open_source(tmp_path / "out", "all")
    assert set(source.keys()) <= {"a~t0", "b~t0"}
    assert source.load(0).image.shape == (240, 240, 3)


def test_a_face_without_a_mesh_cannot_be_turned(tmp_path):
    taught = taught_folder(tmp_path / "taught")
    (tmp_path / "taught/train/metadata/a.json").write_text(json.dumps({"weights": [1] * 106}))
    with pytest.raises(InputError, match=r"a\.json"):
        list(work.turn_all(taught, tmp_path / "out", 1))


def test_no_photos_are_told(tmp_path):
    with pytest.raises(InputError, match="photos"):
        list(work.teach([tmp_path], tmp_path / "out"))


def test_a_photo_that_cannot_be_read_is_told_and_tried_again(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/a.jpg").write_bytes(b"no picture")
    for _ in range(2):
        last = list(work.teach([tmp_path / "photos"], tmp_path / "out"))[-1]
        assert (last.done, last.reused, last.faces) == (1, 0, 0)
        assert "a.jpg" in last.problem


@pytest.mark.models
@needs_models("face_detection_full_range", "facemesh", "multiclass")
@needs_shared("portraits")
def test_photos_are_labelled_once(tmp_path):
    photo = sorted((SHARED / "data/portraits").glob("*.jpg"))[3]
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / photo.name).write_bytes(photo.read_bytes())
    write_picture(tmp_path / "in/empty.png", np.full((64, 64, 3), 90, np.uint8))
    last = list(work.teach([tmp_path / "in"], tmp_path / "out"))[-1]
    assert (last.done, last.faces) == (2, 1)
    got = open_source(tmp_path / "out", "all").load(0)
    assert got.weights.mean() > 0.7
    assert {1, 2, 3, 4, 5, 6} <= set(np.unique(got.labels).tolist())
    x, y = np.round(got.points[54]).astype(int)
    assert got.matte[y, x] > 200
    again = list(work.teach([tmp_path / "in"], tmp_path / "out"))
    assert [(p.done, p.reused, p.faces) for p in again] == [(2, 2, 1)]
