import json

import numpy as np
import pytest

from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.photo import write_picture
from lapa_annotator.training.data.sources import open_source
from lapa_annotator.training.data.split import held_out
from tests.training.data.support import sample, write_lapa

NAMES = [f"n{k}" for k in range(30)]


def test_a_lapa_folder_gives_pictures_points_and_labels(tmp_path):
    write_lapa(tmp_path, NAMES)
    source = open_source(tmp_path, "all")
    assert source.keys() == sorted(NAMES)
    got, made = source.load(3), sample()
    assert np.array_equal(got.image, made.image)
    assert np.array_equal(got.labels, made.labels)
    assert np.allclose(got.points, made.points, atol=1e-6)


def test_held_out_photos_are_not_trained_on(tmp_path):
    write_lapa(tmp_path, NAMES)
    held = [n for n in NAMES if held_out(n)]
    assert held
    assert open_source(tmp_path, "held out").keys() == sorted(held)
    assert set(open_source(tmp_path, "train").keys()) == set(NAMES) - set(held)


def test_splits_of_the_folder_s_own_are_held_out_as_they_are(tmp_path):
    write_lapa(tmp_path, NAMES)
    write_lapa(tmp_path, ["v"], "val")
    assert open_source(tmp_path, "train").keys() == sorted(NAMES)
    assert open_source(tmp_path, "held out").keys() == ["v"]


def test_metadata_tell_weights_and_visibility(tmp_path):
    write_lapa(tmp_path, ["n0"])
    told = {"weights": [0.5] * 106, "visibility": [1] * 106}
    (tmp_path / "train/metadata").mkdir()
    (tmp_path / "train/metadata/n0.json").write_text(json.dumps(told))
    got = open_source(tmp_path, "all").load(0)
    assert (got.weights == 0.5).all()
    assert (got.visibility == 1).all()


@pytest.mark.parametrize("text", ["{", '{"weights": [1]}', '{"visibility": "x"}', "[]"])
def test_damaged_metadata_are_named(tmp_path, text):
    write_lapa(tmp_path, ["n0"])
    (tmp_path / "train/metadata").mkdir()
    (tmp_path / "train/metadata/n0.json").write_text(text)
    with pytest.raises(InputError, match=r"n0\.json"):
        open_source(tmp_path, "all").load(0)


def test_soft_maps_hold_skin_hair_and_person(tmp_path):
    write_lapa(tmp_path, ["n0"])
    told = np.zeros((128, 120, 3), np.uint8)
    told[..., 0], told[..., 1], told[..., 2] = 100, 50, 240
    write_picture(tmp_path / "train/soft/n0.png", told)
    got = open_source(tmp_path, "all").load(0)
    assert [int(plane[5, 5]) for plane in got.soft] == [105, 100, 50]
    assert (got.matte == 240).all()


def test_a_soft_map_of_another_size_is_refused(tmp_path):
    write_lapa(tmp_path, ["n0"])
    write_picture(tmp_path / "train/soft/n0.png", np.zeros((20, 20, 3), np.uint8))
    with pytest.raises(InputError, match="size"):
        open_source(tmp_path, "all").load(0)


def test_a_folder_without_landmarks_is_refused_with_a_remedy(tmp_path):
    write_picture(tmp_path / "images/a.png", sample().image)
    with pytest.raises(InputError, match="landmarks"):
        open_source(tmp_path)


def test_the_fingerprint_follows_the_files(tmp_path):
    write_lapa(tmp_path, ["n0"])
    before = open_source(tmp_path, "all").fingerprint()
    assert open_source(tmp_path, "all").fingerprint() == before
    write_lapa(tmp_path, ["n0", "n1"])
    assert open_source(tmp_path, "all").fingerprint() != before
