"""Paper 002's parser in training: the prior, its exemplars, and the studies of its units."""

import dataclasses
import json

import numpy as np
import pytest
import torch

from lapa_annotator.domain.errors import InputError
from lapa_annotator.nets.weights import load_weights
from lapa_annotator.ppa.networks import NetworkSegmenter
from lapa_annotator.training.ablation import run_folder, train_ablation, varied
from lapa_annotator.training.data.augment import NO_CHANGE
from lapa_annotator.training.data.batches import Batches, plain_batches
from lapa_annotator.training.data.split import held_out
from lapa_annotator.training.datasets import Data
from lapa_annotator.training.loop import Machine
from lapa_annotator.training.parsers.rednet import REDNetTask, divided, gathered
from lapa_annotator.training.parsers.table import study_of
from lapa_annotator.training.parsing import seen_crop
from lapa_annotator.training.parsing_run import ParsingOrder, _prepare, train_parsing
from tests.training.crops import Dotted
from tests.training.data.support import write_lapa

QUIET = Machine(accelerator="cpu", precision="fp32", threads=1, report_every=1, save_every=1)
NAMES = [f"face{i}" for i in range(60)]
STORE = Dotted([f"f{i}" for i in range(45)])
SETTINGS = {"classes": 3, "width": 0.0625, "variant": "a", "prior": True}


def _batches(size=64):
    return Batches([STORE], [1.0], NO_CHANGE, 0, 2, seen_crop("fine", size), maps=True)


@pytest.fixture(scope="module")
def order(tmp_path_factory):
    """Forty faces, so that five become exemplars."""
    root = tmp_path_factory.mktemp("faces")
    kept = [n for n in NAMES if not held_out(n)][:34]
    write_lapa(root, [*kept, *[n for n in NAMES if held_out(n)][:1]])
    cache = tmp_path_factory.mktemp("cache")
    tiny = {"width": 0.0625, "size": 64, "batch": 2, "steps": 1, "classes": 3}
    return ParsingOrder((Data(root),), "rednet", cache=cache, **tiny)


def test_no_exemplar_is_trained_on():
    kept, rest = divided([STORE])
    assert len(kept[0]) == 6
    assert set(kept[0].keys).isdisjoint(rest[0].keys)
    assert set(kept[0].keys) | set(rest[0].keys) == set(STORE.keys)
    task = REDNetTask("rednet", SETTINGS, _batches(), [])
    assert len(task.batches.stores[0]) == 39
    assert len(task.exemplars.maps) == 6


def test_many_faces_give_no_more_exemplars_than_are_kept():
    many = Dotted([str(i) for i in range(1000)], crop=lambda i: None)
    kept, _ = divided([many, many])
    assert sum(len(one) for one in kept) == 200


def test_exemplars_are_small_maps_with_their_points(order):
    batches = _batches(256)
    exemplars = gathered([STORE], batches, 3)
    assert exemplars.maps.shape == (45, 128, 128)
    arrays = next(plain_batches(STORE, 2, batches.to, maps=True))
    eye = arrays["points"][0, 66:74].mean(axis=0)
    np.testing.assert_allclose(exemplars.shapes[0, 0], (eye + 0.5) / 2 - 0.5, atol=1e-4)


def test_the_network_is_shown_the_prior_of_every_class():
    task = REDNetTask("rednet", SETTINGS, _batches(), [STORE], most=2)
    batch = task.batch(0)
    assert batch["image"].shape == (2, 6, 64, 64)
    assert (batch["image"][:, 3:].sum(dim=1) == 255).all()
    loss, parts = task.loss(task.network(), batch)
    assert set(parts) == {"final", "network"}
    torch.testing.assert_close(loss, parts["final"])
    assert "mean F1" in task.validate(task.network().eval())


def test_without_a_prior_every_face_is_trained_on():
    task = REDNetTask("rednet", {**SETTINGS, "prior": False}, _batches(), [])
    assert task.batch(0)["image"].shape == (2, 3, 64, 64)
    assert task.batches.stores[0] is STORE


def test_too_few_faces_for_a_prior_are_told():
    few = dataclasses.replace(_batches(), stores=[Dotted("abc")])
    with pytest.raises(InputError, match="no prior"):
        REDNetTask("rednet", SETTINGS, few, [])


def test_a_trained_network_runs_with_its_prior(order, tmp_path):
    list(train_parsing(order, tmp_path, QUIET))
    told = json.loads((tmp_path / "network.json").read_text())
    assert told == {"size": 64, "classes": 3, "guide": "prior"}
    module, info = load_weights(tmp_path / "weights.safetensors")
    assert (module.inputs, info.settings["variant"]) == (6, "a")
    segmenter = NetworkSegmenter("mine", tmp_path / "network.xml")
    crop = np.full((64, 64, 3), 128, np.uint8)
    said = segmenter.segment_with(crop, np.random.default_rng(0).uniform(10, 50, (106, 2)))
    np.testing.assert_allclose(said.sum(axis=0), 1, atol=1e-3)


def test_smaller_variants_can_begin_from_the_whole_network(order, tmp_path):
    study = study_of("002")
    assert [v.name for v in study.variants] == [
        *("var a", "var b", "var c", "var c-ft", "var d", "var d-ft"),
    ]
    some = tuple(v for v in study.variants if v.name in ("var a", "var c-ft"))
    list(train_ablation(order, dataclasses.replace(study, variants=some), 1, tmp_path, QUIET))
    whole = load_weights(run_folder(tmp_path, "var a", 0) / "weights.safetensors")[0]
    fine = dataclasses.replace(
        order,
        named={"variant": "c", "prior": False},
        init=run_folder(tmp_path, "var a", 0) / "weights.safetensors",
    )
    begun = _prepare(fine, [])[0].network()
    torch.testing.assert_close(
        begun.decode3.densify[0].weight, whole.decode3.densify[0].weight.float()
    )
    assert not list(begun.decode3.detail.parameters())


def test_the_papers_recipe_is_its_own(order):
    from lapa_annotator.training.parsers.table import parser_of

    paper = ParsingOrder(order.data, cache=order.cache, net="rednet", **parser_of("rednet").paper)
    assert (paper.size, paper.batch, paper.rate, paper.weight_decay) == (224, 64, 0.01, 5e-4)
    assert paper.settings == {"classes": 11, "width": 1.0, "variant": "a", "prior": True}


def test_what_begins_from_a_variant_takes_all_of_it(order, tmp_path):
    """``--init-part`` is about the weights that all begin from."""
    part = dataclasses.replace(order, init_part="unit")
    variants = {v.name: v for v in study_of("002").variants}
    assert varied(part, variants["var c"], tmp_path).init_part == "unit"
    fine = varied(part, variants["var c-ft"], tmp_path)
    assert fine.init_part == ""
    assert fine.init == run_folder(tmp_path, "var a", order.seed) / "weights.safetensors"
