"""Paper 001's parsers in training: heat maps, centres beside the network, teachers and students."""

import dataclasses
import itertools

import pytest
import torch

from lapa_annotator.domain.errors import InputError
from lapa_annotator.nets.registry import build_network
from lapa_annotator.nets.weights import load_weights, save_weights
from lapa_annotator.training.ablation import run_folder, train_ablation, varied
from lapa_annotator.training.data.split import held_out
from lapa_annotator.training.datasets import Data
from lapa_annotator.training.loop import Machine
from lapa_annotator.training.loop.optim import build_optimizer
from lapa_annotator.training.loop.recipe import Recipe
from lapa_annotator.training.parsers.table import parser_of, study_of
from lapa_annotator.training.parsing_run import ParsingOrder, _prepare, train_parsing
from tests.training.data.support import write_lapa

QUIET = Machine(accelerator="cpu", precision="fp32", threads=1, report_every=1, save_every=1)
NAMES = [f"face{i}" for i in range(40)]
TINY = {"width": 0.0625, "size": 64, "batch": 2, "steps": 1, "classes": 11}


@pytest.fixture(scope="module")
def order(tmp_path_factory):
    root = tmp_path_factory.mktemp("faces")
    kept = [n for n in NAMES if not held_out(n)][:3]
    write_lapa(root, [*kept, *[n for n in NAMES if held_out(n)][:1]])
    cache = tmp_path_factory.mktemp("cache")
    return ParsingOrder((Data(root),), "vgg-fcn", cache=cache, **TINY)


@pytest.fixture(scope="module")
def teacher(tmp_path_factory):
    """The file of an untrained teacher's weights."""
    torch.manual_seed(0)
    settings = {"classes": 11, "width": 0.0625}
    path = tmp_path_factory.mktemp("teacher") / "weights.safetensors"
    save_weights(path, build_network("vgg-fcn", **settings), "vgg-fcn", settings)
    return path


def _task(order, **change):
    named = {**order.named, **change.pop("named", {})}
    return _prepare(dataclasses.replace(order, **change, named=named), [])[0]


def test_the_fourth_channel_shows_the_landmarks(order):
    task = _task(order)
    batch = task.batch(0)
    assert batch["image"].shape == (2, 4, 64, 64)
    points = task.batches.at(0)["points"][0]
    inside = points[((points > 2) & (points < 61)).all(axis=1)].round().astype(int)
    heat = batch["image"][0, 3].numpy()
    assert heat[inside[:, 1], inside[:, 0]].mean() > 4 * max(1, heat.mean())
    assert _task(order, named={"heatmap": False}).batch(0)["image"].shape[1] == 3


def test_the_loss_has_its_parts_and_moves_the_centres(order):
    task = _task(order)
    module = task.network().train()
    loss, parts = task.loss(module, task.batch(0))
    assert set(parts) == {"semantic", "intra", "inter"}
    assert module.companion.values.shape == (11, 11)
    assert module.companion.values.abs().sum() > 0
    expected = parts["semantic"] + 0.01 * (parts["intra"] + parts["inter"])
    torch.testing.assert_close(loss, expected)


def test_in_the_networks_own_features_centres_have_their_dimensions(order):
    module = _task(order, named={"semantic": False}).network()
    assert module.companion.values.shape == (11, 64)


def test_the_centres_stay_behind_when_a_training_ends(order, tmp_path):
    list(train_parsing(order, tmp_path, QUIET))
    module, info = load_weights(tmp_path / "weights.safetensors")
    assert not hasattr(module, "companion")
    assert info.settings["heatmap"] is True
    assert '"guide": "heatmap"' in (tmp_path / "network.json").read_text()


def test_the_heat_maps_weights_have_their_own_rate(order):
    network = _task(order).network()
    recipe = Recipe("parsing", "vgg-fcn", rate=1e-3)
    groups = build_optimizer(network, recipe).param_groups
    heat = network.backbone.stage1.conv1_1.heatmap.weight
    rates = {id(p): group["lr"] for group in groups for p in group["params"]}
    assert rates[id(heat)] == pytest.approx(0.1)
    assert sorted(set(rates.values())) == pytest.approx([1e-3, 0.1])
    assert len(rates) == len(list(network.parameters()))


def test_a_student_alone_learns_by_the_truth(order):
    task = _task(order, net="student")
    _, parts = task.loss(task.network(), task.batch(0))
    assert set(parts) == {"semantic"}


def test_a_student_is_taught_and_begins_with_its_teachers_layers(order, teacher):
    task = _task(order, net="student", named={"teacher": str(teacher)})
    module = task.network()
    known = load_weights(teacher)[0]
    taught = known.backbone.stage1.conv1_2.weight
    torch.testing.assert_close(module.conv1_2.weight, taught)
    loss, parts = task.loss(module, task.batch(0))
    assert set(parts) == {"semantic", "soft"}
    torch.testing.assert_close(loss, parts["semantic"] + 4 * parts["soft"])
    assert len(task.options["teacher_sha256"]) == 64


def test_a_student_may_be_shown_less_than_its_teacher(order, teacher):
    named = {"teacher": str(teacher), "heatmap": False}
    task = _task(order, net="student", named=named)
    module = task.network()
    assert task.batch(0)["image"].shape[1] == 4
    task.loss(module, task.batch(0))
    assert "mean F1" in task.validate(module.eval())


def test_without_truth_what_the_teacher_says_is_learned(order, teacher):
    named = {"teacher": str(teacher), "unlabelled": True, "noisy": 0.0, "reweigh": False}
    task = _task(order, net="student", named=named)
    module, batch = task.network().eval(), task.batch(0)
    changed = {**batch, "target": torch.flip(batch["target"], dims=(1,))}
    changed["weights"] = torch.zeros_like(batch["weights"])
    mine, theirs = (task.loss(module, b)[0] for b in (batch, changed))
    torch.testing.assert_close(mine, theirs)


def test_switches_change_what_is_taught(order, teacher):
    losses = []
    for more in ({}, {"trust": False}, {"reweigh": False}, {"temperature": 1.0}):
        task = _task(order, net="student", named={"teacher": str(teacher), **more})
        torch.manual_seed(0)
        losses.append(task.loss(task.network().eval(), task.batch(0))[1]["soft"].item())
    assert len(set(losses)) == len(losses)


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ({"unlabelled": True}, "needs a teacher"),
        ({"teacher": "/nowhere.safetensors"}, "no such file"),
        ({"magic": 1}, "no such setting"),
    ],
)
def test_what_a_student_cannot_do_is_told(order, named, told):
    with pytest.raises(InputError, match=told):
        _task(order, net="student", named=named)


def test_a_teacher_of_other_classes_is_told(order, teacher):
    task = _task(order, net="student", classes=3, named={"teacher": str(teacher)})
    with pytest.raises(InputError, match="11 classes"):
        task.network()


@pytest.mark.parametrize(
    ("text", "told"),
    [("dilation=4", 4), ("heatmap=no", False), ("margin=2", 2.0), ("teacher=a=b", "a=b")],
)
def test_settings_are_read_as_their_kind(text, told):
    name, value = parser_of("student").read(text)
    assert (name, value) == (text.partition("=")[0], told)
    assert type(value) is type(told)


@pytest.mark.parametrize("text", ["dilation=wide", "heatmap=perhaps", "magic=1"])
def test_settings_that_make_no_sense_are_told(text):
    with pytest.raises(InputError, match="--set"):
        parser_of("student").read(text)


def test_table_iv_adds_one_thing_to_each_row(order):
    study = study_of("001", "contextual")
    known = []
    for variant in study.variants:
        one = varied(dataclasses.replace(order, named={}), variant, order.cache)
        known.append({**one.settings, **one.options})
    changes = [{k for k in a if a[k] != b[k]} for a, b in itertools.pairwise(known)]
    added = ["contextual", "inter", "semantic", "hard_aware", "class_aware", "centre_decay"]
    assert changes == [{name} for name in added]
    assert not known[0]["contextual"]
    assert all(known[-1][name] for name in added)


def test_table_ii_changes_what_it_says(order):
    rows = {}
    for variant in study_of("001").variants:
        one = varied(dataclasses.replace(order, named={}), variant, order.cache)
        named = {**one.settings, **one.options}
        rows[variant.name] = tuple(named[k] for k in ("upsample", "heatmap", "contextual"))
    assert rows == {
        "FCN": (1, False, False),
        "contextual": (1, False, True),
        "field": (2, False, False),
        "field, heat map": (2, True, False),
        "all three": (2, True, True),
    }


def test_distillation_is_compared_from_teacher_to_unlabelled_faces(order, tmp_path):
    study = study_of("001", "distillation")
    small = dataclasses.replace(order, named={"norm": True})
    others = [dataclasses.replace(order.data[0])]
    list(train_ablation(small, study, 1, tmp_path, QUIET, others))
    rows = (tmp_path / "ablation.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows[1:]] == [v.name for v in study.variants]
    taught = run_folder(tmp_path, "+ trusted", 0) / "weights.safetensors"
    assert taught.is_file()
    recipe = (run_folder(tmp_path, "+ unlabelled", 0) / "recipe.toml").read_text()
    assert str(taught) in recipe
    assert '"unlabelled" = true' in recipe


def test_a_study_without_unlabelled_faces_says_so(order, tmp_path):
    variant = study_of("001", "distillation").variants[-1]
    with pytest.raises(InputError, match="without truth"):
        varied(order, variant, tmp_path)


@pytest.mark.parametrize(("paper", "study"), [("999", ""), ("001", "magic")])
def test_a_study_that_is_not_there_is_told(paper, study):
    with pytest.raises(InputError, match="stud"):
        study_of(paper, study)
