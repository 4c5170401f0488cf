"""Options of the main job: what is refused, and what makes results differ."""

from dataclasses import replace
from pathlib import Path

import pytest

from lapa_annotator.batch.options import AnnotateOptions, Crop, Faces, Fitting, read_splits
from lapa_annotator.domain.errors import InputError

OPTIONS = AnnotateOptions(paths=(Path("photos"),), out=Path("out"))
WEIGHTS = {"net": "00ff"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("jobs", 0),
        ("jobs", 1000),
        ("crop_size", 8),
        ("crop_size", 100_000),
        ("margin", -0.1),
        ("margin", float("nan")),
        ("paths", ()),
    ],
)
def test_values_out_of_range_are_refused(name, value):
    with pytest.raises(InputError):
        replace(OPTIONS, **{name: value})


@pytest.mark.parametrize(
    "change",
    [
        {"faces": Faces.ALL},
        {"crop": Crop.UPRIGHT},
        {"margin": 0.6},
        {"splits": (("val", 1.0),)},
        {"overlays": False},
        {"fitting": Fitting.DIRECT},
        {"crop_size": 256},
        {"landmarks": "other"},
        {"segmenter": "other"},
        {"parser": "other"},
    ],
)
def test_options_that_decide_results_change_the_fingerprint(change):
    assert replace(OPTIONS, **change).fingerprint(WEIGHTS) != OPTIONS.fingerprint(WEIGHTS)


def test_another_version_of_the_program_changes_the_fingerprint(monkeypatch):
    before = OPTIONS.fingerprint(WEIGHTS)
    monkeypatch.setattr("lapa_annotator.batch.options.__version__", "0.0.0")
    assert OPTIONS.fingerprint(WEIGHTS) != before


def test_other_weights_change_the_fingerprint():
    assert OPTIONS.fingerprint({"net": "00fe"}) != OPTIONS.fingerprint(WEIGHTS)


def test_jobs_and_places_do_not_change_the_fingerprint():
    other = replace(OPTIONS, jobs=7, out=Path("elsewhere"), paths=(Path("moved"),), overwrite=True)
    assert other.fingerprint(WEIGHTS) == OPTIONS.fingerprint(WEIGHTS)


def test_splits_are_read_with_their_weights():
    read = read_splits("train:0.8, val:0.1,test:0.1")
    assert read == (("train", 0.8), ("val", 0.1), ("test", 0.1))


@pytest.mark.parametrize(
    "text", ["", "train", "train:x", "dev:1", "train:1,train:1", "train:-1", "train:nan", "val:0"]
)
def test_splits_that_make_no_sense_are_refused_with_an_example(text):
    with pytest.raises(InputError, match=r"train:0\.8,val:0\.1,test:0\.1|all weights are zero"):
        read_splits(text)
