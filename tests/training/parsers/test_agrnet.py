"""Paper 004's parser in training: its five losses, and what its tables compare."""

import pytest
import torch

from lapa_annotator.training.ablation import varied
from lapa_annotator.training.data.augment import NO_CHANGE
from lapa_annotator.training.data.batches import Batches
from lapa_annotator.training.datasets import Data
from lapa_annotator.training.parsers.agrnet import AGRNetTask
from lapa_annotator.training.parsers.table import PARSERS, study_of
from lapa_annotator.training.parsing import seen_crop
from lapa_annotator.training.parsing_run import ParsingOrder
from tests.training.crops import Dotted

STORE = Dotted(["a", "b", "c"])
SMALL = {"backbone": "resnet18", "width": 0.125, "head": 8, "edge": 4, "channels": 8}


def _task(classes=11, settings=None, **options):
    batches = Batches([STORE], [1.0], NO_CHANGE, 0, 2, seen_crop("fine", 64), maps=True)
    named = {**PARSERS["agrnet"].options, **options}
    built = {"classes": classes, **SMALL, **(settings or {})}
    return AGRNetTask("agrnet", built, batches, [STORE], named)


@pytest.mark.parametrize("classes", [3, 11])
def test_it_learns_by_five_losses(classes):
    task = _task(classes)
    loss, parts = task.loss(task.network(), task.batch(0))
    assert set(parts) == {"raw", "edges", "attention", "final", "apart"}
    assert torch.isfinite(loss)
    assert "mean F1" in task.validate(task.network().eval())


def test_the_options_are_the_weights_of_equation_11():
    task = _task()
    assert task.options == {"raw": 1, "edges": 1, "attention": 1, "final": 0.5, "apart": 0.1}
    torch.manual_seed(0)
    module = task.network().eval()
    batch = task.batch(0)
    whole, parts = task.loss(module, batch)
    raw_alone, _ = _task(edges=0, attention=0, final=0, apart=0).loss(module, batch)
    assert raw_alone.item() == pytest.approx(parts["raw"].item(), rel=1e-5)
    by_hand = sum(task.options[name] * part.item() for name, part in parts.items())
    assert whole.item() == pytest.approx(by_hand, rel=1e-5)


def test_a_network_without_a_graph_learns_by_what_it_has():
    task = _task(settings={"projection": "none", "edge": 0})
    _, parts = task.loss(task.network(), task.batch(0))
    assert set(parts) == {"final", "attention"}


def _orders(name, tmp_path):
    study = study_of("004", name)
    shared = ParsingOrder((Data(tmp_path),), **study.base)
    return {v.name: varied(shared, v, tmp_path) for v in study.variants}


def test_table_1a_adds_module_after_module(tmp_path):
    orders = _orders("modules", tmp_path)
    told = {
        name: (o.settings["projection"], o.settings["edge"] > 0, o.settings["reasoning"])
        for name, o in orders.items()
    }
    assert told == {
        "ResNet": ("none", False, False),
        "spatial": ("spatial", False, False),
        "adaptive": ("adaptive", False, False),
        "with graph": ("adaptive", False, True),
        "with edges": ("adaptive", True, False),
        "all": ("adaptive", True, True),
    }
    assert {o.settings["stride"] for o in orders.values()} == {8}


def test_table_1b_switches_losses(tmp_path):
    told = {
        name: (o.options["attention"], o.options["apart"])
        for name, o in _orders("losses", tmp_path).items()
    }
    assert told == {
        "cross-entropy": (0, 0),
        "discriminative": (0, 0.1),
        "attention": (1, 0),
        "both": (1, 0.1),
    }


def test_table_1c_picks_1_2_4_and_8(tmp_path):
    orders = _orders("vertices", tmp_path)
    assert [o.settings["top"] for o in orders.values()] == [1, 2, 4, 8]


def test_the_papers_recipe_is_section_v_b(tmp_path):
    order = ParsingOrder((Data(tmp_path),), "agrnet", **PARSERS["agrnet"].paper)
    assert order.settings["backbone"] == "resnet101"
    assert (order.settings["stride"], order.settings["top"], order.size) == (8, 4, 473)
    assert (order.optimizer, order.rate, order.weight_decay, order.batch) == ("sgd", 1e-3, 5e-4, 8)
