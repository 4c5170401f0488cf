"""Whole trainings of a tiny network: files at the end, going on, and the curve."""

import dataclasses
import tomllib

import numpy as np
import pytest
import torch

from lapa_annotator.domain.errors import InputError
from lapa_annotator.nets.weights import load_weights
from lapa_annotator.training import landmark_run
from lapa_annotator.training.curve import read_curve, train_curve
from lapa_annotator.training.data.split import held_out
from lapa_annotator.training.datasets import Data
from lapa_annotator.training.landmark_run import LandmarkOrder, train_landmarks
from lapa_annotator.training.loop import Machine, RunFolder
from tests.training.data.support import write_lapa

QUIET = Machine(accelerator="cpu", precision="fp32", threads=1, report_every=1, validate_every=0)
NAMES = [f"face{i}" for i in range(40)]


@pytest.fixture(scope="module")
def order(tmp_path_factory):
    """Two steps of one picture with the smallest network, on a folder of four photos."""
    root = tmp_path_factory.mktemp("faces")
    kept = [n for n in NAMES if not held_out(n)][:4]
    write_lapa(root, [*kept, *[n for n in NAMES if held_out(n)][:1]])
    cache = tmp_path_factory.mktemp("cache")
    return LandmarkOrder((Data(root),), steps=2, batch=1, width=8, cache=cache)


@pytest.fixture(scope="module")
def run(order, tmp_path_factory):
    out = tmp_path_factory.mktemp("run")
    return out, list(train_landmarks(order, out, QUIET))


def test_a_training_leaves_weights_openvino_s_files_and_a_card(order, run):
    out, _ = run
    module, info = load_weights(out / "weights.safetensors")
    assert (info.network, info.settings["width"]) == ("hourglass", 8)
    assert module(torch.zeros(1, 3, 256, 256))[-1].shape == (1, 106, 64, 64)
    assert (out / "network.xml").stat().st_size
    card = (out / "card.md").read_text()
    for told in (str(order.data[0].path), "| seed | 0 |", "NME", "Limits", "licence"):
        assert told in card
    # One face is held out, too few to fit confidences on.
    assert "not calibrated" in card
    recipe = tomllib.loads((out / "recipe.toml").read_text())
    assert recipe["fingerprints"].keys() == {str(order.data[0].path)}


def test_nothing_that_is_held_out_is_trained_on(run):
    assert any("4 faces to train on" in r.note for r in run[1])


def test_a_call_on_a_finished_run_trains_nothing(order, run):
    card = run[0] / "card.md"
    card.write_text("completed by hand")
    stages = [r.stage for r in train_landmarks(order, run[0], QUIET)]
    assert "training" not in stages
    assert "done" in stages
    assert card.read_text() == "completed by hand"


def test_other_data_in_the_folder_are_another_recipe(order, run, tmp_path):
    write_lapa(tmp_path, [n for n in NAMES if not held_out(n)][:3])
    other = dataclasses.replace(order, data=(Data(tmp_path),))
    with pytest.raises(InputError, match="begun with"):
        list(train_landmarks(other, run[0], QUIET))


def test_training_goes_on_from_given_weights(order, run, tmp_path, monkeypatch):
    monkeypatch.setattr("lapa_annotator.runtime.convert.export_ir", lambda *_: None)
    init = run[0] / "weights.safetensors"
    fine = dataclasses.replace(order, init=init, width=None, rate=1e-9)
    list(train_landmarks(fine, tmp_path, QUIET))
    before, _ = load_weights(init)
    after, info = load_weights(tmp_path / "weights.safetensors")
    assert info.settings["width"] == 8
    pairs = zip(before.parameters(), after.parameters(), strict=True)
    assert all(torch.allclose(a, b, atol=1e-3) for a, b in pairs)
    assert "init" in RunFolder(tmp_path).recipe().fingerprints


def test_weights_of_another_width_are_refused(order, run, tmp_path):
    init = run[0] / "weights.safetensors"
    with pytest.raises(InputError, match="its width is 8, not 16"):
        list(train_landmarks(dataclasses.replace(order, init=init, width=16), tmp_path, QUIET))


def test_more_photos_than_there_are_is_one_sentence(order, tmp_path):
    with pytest.raises(InputError, match=r"9 photos are asked for and 4 are there"):
        list(train_landmarks(dataclasses.replace(order, limit=9), tmp_path, QUIET))


def test_the_curve_has_a_run_for_each_number_and_seed_and_is_drawn(order, tmp_path):
    reports = list(train_curve(order, [2, 4], 2, tmp_path, QUIET))
    scores = read_curve(tmp_path / "curve.csv")
    assert set(scores) == {(2, 0), (2, 1), (4, 0), (4, 1)}
    assert all(np.isfinite(row["NME"]) for row in scores.values())
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")
    assert sum(r.stage == "done" for r in reports) == 4
    again = list(train_curve(order, [2, 4], 2, tmp_path, QUIET))
    assert not [r for r in again if r.stage == "training"]


def test_a_curve_without_numbers_is_one_sentence(order, tmp_path):
    with pytest.raises(InputError, match="numbers of photos"):
        list(train_curve(order, [], 2, tmp_path, QUIET))


def test_without_lightning_the_command_that_brings_it_is_named(order, tmp_path, monkeypatch):
    def missing(name):
        raise InputError(name, "is missing", "run `pip install`")

    monkeypatch.setattr(landmark_run, "need", missing)
    with pytest.raises(InputError, match="pip install"):
        list(train_landmarks(order, tmp_path / "run", QUIET))
    assert not (tmp_path / "run").exists()
