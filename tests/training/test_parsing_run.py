"""Whole trainings of tiny parsers: files at the end, going on, beginning from weights, Table 2."""

import dataclasses
import json

import pytest
import torch
from safetensors.torch import save_file

from lapa_annotator.domain.errors import InputError
from lapa_annotator.nets.resnet import ResNet
from lapa_annotator.nets.weights import load_weights
from lapa_annotator.ppa.networks import NetworkSegmenter
from lapa_annotator.training.ablation import table, train_ablation
from lapa_annotator.training.data.split import held_out
from lapa_annotator.training.datasets import Data
from lapa_annotator.training.loop import Machine, RunFolder, trained
from lapa_annotator.training.parsers.lapa import PAPER, SMALL_COARSE
from lapa_annotator.training.parsers.table import study_of
from lapa_annotator.training.parsing_run import ParsingOrder, _prepare, train_parsing
from tests.training.data.support import write_lapa

QUIET = Machine(accelerator="cpu", precision="fp32", threads=1, report_every=1, save_every=1)
MODELS = study_of("000")
NAMES = [f"face{i}" for i in range(40)]


@pytest.fixture(scope="module")
def order(tmp_path_factory):
    """Two steps of two pictures with the smallest network, on a folder of four photos."""
    root = tmp_path_factory.mktemp("faces")
    kept = [n for n in NAMES if not held_out(n)][:3]
    write_lapa(root, [*kept, *[n for n in NAMES if held_out(n)][:1]])
    cache = tmp_path_factory.mktemp("cache")
    small = {"width": 0.125, "head": 8, "edge": 8, "size": 64, "batch": 2}
    return ParsingOrder((Data(root),), steps=2, cache=cache, **small)


@pytest.fixture(scope="module")
def run(order, tmp_path_factory):
    out = tmp_path_factory.mktemp("run")
    return out, list(train_parsing(order, out, QUIET))


def test_a_training_leaves_what_the_program_runs_on(order, run):
    out, _ = run
    module, info = load_weights(out / "weights.safetensors")
    assert info.network == "bspnet"
    assert info.settings["model"] == "C"
    assert module(torch.zeros(1, 3, 64, 64)).shape == (1, 3, 64, 64)
    assert json.loads((out / "network.json").read_text()) == {"size": 64, "classes": 3}
    assert NetworkSegmenter("mine", out / "network.xml").size == 64
    card = (out / "card.md").read_text()
    for told in (str(order.data[0].path), "skin F1", "hair F1", "Limits", "licence", "| seed | 0"):
        assert told in card


def test_every_epoch_is_scored_by_class(run):
    scores = next(r.metrics for r in reversed(run[1]) if r.stage == "validated")
    assert {"mean F1", "skin F1", "hair F1", "background F1"} <= set(scores)


def _weights(order, out):
    return trained(_prepare(order, [])[0], out).state_dict()


def test_two_trainings_of_one_seed_agree(order, run, tmp_path):
    list(train_parsing(order, tmp_path / "again", QUIET, export=False))
    mine, theirs = _weights(order, run[0]), _weights(order, tmp_path / "again")
    assert all(torch.equal(mine[name], theirs[name]) for name in mine)


def test_a_training_that_was_stopped_goes_on_as_if_it_had_not_been(order, run, tmp_path):
    training = train_parsing(order, tmp_path / "stopped", QUIET, export=False)
    for report in training:
        if report.stage == "saved" and report.step == 1:
            training.close()
            break
    list(train_parsing(order, tmp_path / "stopped", QUIET, export=False))
    mine, theirs = _weights(order, run[0]), _weights(order, tmp_path / "stopped")
    assert all(torch.equal(mine[name], theirs[name]) for name in mine)


def test_a_backbone_can_begin_from_a_local_file(order, tmp_path):
    backbone = ResNet("resnet18", 0.125)
    save_file(backbone.state_dict(), tmp_path / "imagenet.safetensors")
    task, recipe, _ = _prepare(
        dataclasses.replace(order, init=tmp_path / "imagenet.safetensors"), []
    )
    begun = task.network().state_dict()
    assert torch.equal(begun["backbone.conv1.weight"], backbone.state_dict()["conv1.weight"])
    assert len(recipe.fingerprints["init"]) == 64


def test_eleven_classes_can_begin_from_three(order, run):
    said = []
    more = dataclasses.replace(order, classes=11, init=run[0] / "weights.safetensors")
    task, _, _ = _prepare(more, said)
    begun, given = task.network().state_dict(), load_weights(more.init)[0].state_dict()
    assert begun["classify.weight"].shape[0] == 11
    assert torch.equal(begun["boundary.join.0.weight"], given["boundary.join.0.weight"])
    assert "tensors" in said[0]


def test_weights_that_fit_nowhere_are_told(order, tmp_path):
    save_file({"conv1.weight": torch.zeros(1)}, tmp_path / "odd.safetensors")
    with pytest.raises(InputError, match="another backbone"):
        list(train_parsing(dataclasses.replace(order, init=tmp_path / "odd.safetensors"), tmp_path))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"classes": 7}, "7 is not 2, 3 or 11"),
        ({"net": "unet"}, "no parser"),
        ({"model": "D"}, "no Model D"),
        ({"stride": 4}, "4 is not"),
        ({"size": 8}, "too few"),
    ],
)
def test_what_no_network_has_is_told(order, wrong, told):
    with pytest.raises(InputError, match=told):
        dataclasses.replace(order, **wrong)


def test_the_papers_recipe_is_section_5_1s(order):
    paper = ParsingOrder(order.data, cache=order.cache, **PAPER)
    recipe = _prepare(paper, [])[1]
    assert (recipe.optimizer, recipe.momentum, recipe.weight_decay) == ("sgd", 0.9, 0.0005)
    assert (recipe.schedule, recipe.rate, recipe.batch) == ("poly", 0.001, 64)
    assert recipe.options["crop"]["size"] == 473
    assert recipe.settings["backbone"] == "resnet101"
    assert recipe.options["alpha"] == 200


def test_only_model_c_weighs_boundaries(order):
    alphas = [
        _prepare(dataclasses.replace(order, model=m), [])[1].options["alpha"] for m in ("A", "B")
    ]
    assert alphas == [0, 0]


def test_model_cs_weight_of_boundaries_is_a_setting(order):
    other = dataclasses.replace(order, model="C", named={"alpha": 20.0})
    assert _prepare(other, [])[1].options["alpha"] == 20


def test_the_shipped_pair_is_small_enough():
    from lapa_annotator.nets.registry import build_network

    pair = (ParsingOrder(()), ParsingOrder((), **SMALL_COARSE))
    count = 0
    with torch.device("meta"):
        for one in pair:
            network = build_network(one.net, **one.settings)
            count += sum(p.numel() for p in network.parameters())
    # Two bytes each in the safetensors and two in the IR.
    assert 4 * count < 45e6


def test_table_2_is_trained_model_by_model_and_seed_by_seed(order, tmp_path):
    small = dataclasses.replace(order, steps=1)
    training = train_ablation(small, MODELS, 1, tmp_path, QUIET)
    for report in training:
        if report.note.startswith("Model B"):
            training.close()
            break
    assert (tmp_path / "Model-A-seed-0" / "recipe.toml").is_file()
    assert not (tmp_path / "Model-C-seed-0").exists()
    reports = list(train_ablation(small, MODELS, 1, tmp_path, QUIET))
    assert "Model C" in reports[-1].note
    rows = (tmp_path / "ablation.csv").read_text().splitlines()
    assert [row.split(",")[:2] for row in rows[1:]] == [[f"Model {m}", "0"] for m in "ABC"]
    begun = [RunFolder(tmp_path / f"Model-{m}-seed-0").recipe() for m in "ABC"]
    told = {line.split(" = ")[0] for r in begun[1:] for line in begun[0].differences(r)}
    assert told == {"settings.model", "options.alpha"}


def test_the_table_has_mean_and_spread():
    a, c = "Model A", "Model C"
    scores = {(a, 0): {"skin F1": 0.9}, (a, 1): {"skin F1": 0.92}, (c, 0): {"skin F1": 0.95}}
    lines = table(scores).splitlines()
    assert lines[0].split() == ["F1,", "%", "Model", "A", "Model", "C"]
    assert lines[1].split() == ["skin", "91.00", "±", "1.41", "95.00"]


def test_an_ablation_needs_a_seed(order, tmp_path):
    with pytest.raises(InputError, match="nothing to train"):
        list(train_ablation(order, MODELS, 0, tmp_path))


def test_an_ablation_trains_on_kept_batches_as_on_drawn_ones(order, tmp_path):
    small = dataclasses.replace(order, steps=1)
    one = dataclasses.replace(MODELS, variants=MODELS.variants[:1])
    keeping = dataclasses.replace(small, batches=tmp_path / "batches")
    for name, what in (("drawn", small), ("kept", keeping), ("read", keeping)):
        list(train_ablation(what, one, 1, tmp_path / name, QUIET))
    told = {(tmp_path / name / "ablation.csv").read_text() for name in ("drawn", "kept", "read")}
    assert len(told) == 1
    assert [p.name for p in (tmp_path / "batches").glob("*/*.npz")] == ["0.npz"]


def test_only_a_named_part_of_the_weights_is_begun_from(order, run, tmp_path):
    init = dataclasses.replace(order, init=run[0] / "weights.safetensors", init_part="backbone.")
    list(train_parsing(init, tmp_path / "begun", QUIET, export=False))
    begun, _, _ = _prepare(init, [])
    assert begun.initial
    assert all(name.startswith("backbone.") for name in begun.initial)
    assert "(backbone.)" in RunFolder(tmp_path / "begun").recipe().init


def test_faces_that_are_scored_apart_change_no_other_score(order, tmp_path):
    task, _, _ = _prepare(order, [])
    module = task.network().eval()
    alone = task.validate(module)
    task.apart = [task.batches.stores[0]]
    scores = task.validate(module)
    name = task.batches.stores[0].name
    assert {key: scores[key] for key in alone} == alone
    assert set(scores) - set(alone) == {f"{name}: {key}" for key in alone}
