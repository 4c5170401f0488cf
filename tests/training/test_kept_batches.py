"""Batches that are drawn once are the same ones when they are read."""

import dataclasses

import numpy as np
import pytest

from lapa_annotator.domain.errors import InputError
from lapa_annotator.training.data.augment import AugmentSettings
from lapa_annotator.training.data.batches import Batches
from lapa_annotator.training.data.crops import CropSpec
from lapa_annotator.training.kept_batches import KeptBatches
from tests.training.crops import Dotted

DRAWN = ([Dotted("abc")], (1,), AugmentSettings(), 3, 2, CropSpec(64, 1.5))


@pytest.fixture
def kept(tmp_path):
    return KeptBatches(*DRAWN, maps=True, folder=tmp_path)


def files(folder):
    return sorted(folder.glob("*/*.npz"))


def test_a_kept_batch_is_the_one_that_would_be_drawn(kept, tmp_path):
    drawn = Batches(*DRAWN, maps=True).at(4)
    for made in (kept.at(4), kept.at(4)):
        assert made.keys() == drawn.keys()
        for name in drawn:
            assert made[name].dtype == drawn[name].dtype
            assert np.array_equal(made[name], drawn[name])
    assert [path.name for path in files(tmp_path)] == ["4.npz"]


def test_a_kept_batch_is_not_drawn_again(kept, tmp_path):
    kept.at(4)
    (path,) = files(tmp_path)
    np.savez(path, image=np.zeros(1))
    assert kept.at(4)["image"].shape == (1,)


def test_a_damaged_batch_is_drawn_again(kept, tmp_path):
    whole = kept.at(4)
    (path,) = files(tmp_path)
    path.write_bytes(path.read_bytes()[:99])
    assert np.array_equal(kept.at(4)["image"], whole["image"])
    assert path.stat().st_size > 99


def test_other_faces_seeds_crops_and_strengths_are_kept_apart(kept):
    others = (
        {"seed": 4},
        {"batch": 3},
        {"stores": [Dotted("abd")]},
        {"to": CropSpec(64, 1.6)},
        {"settings": AugmentSettings(mirror=0.1)},
        {"prints": {"faces": "changed"}},
    )
    digests = {dataclasses.replace(kept, **change).digest() for change in others}
    assert len(digests | {kept.digest()}) == len(others) + 1


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").touch()
    kept = KeptBatches(*DRAWN, maps=True, folder=tmp_path / "file")
    with pytest.raises(InputError):
        kept.at(0)
