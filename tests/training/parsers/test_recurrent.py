"""Paper 003's parsers in training: the losses of each variant, the points of the second stage."""

import numpy as np
import pytest
import torch

from lapa_annotator.training.ablation import varied
from lapa_annotator.training.data.augment import NO_CHANGE
from lapa_annotator.training.data.batches import Batches, plain_batches
from lapa_annotator.training.datasets import Data
from lapa_annotator.training.parsers.recurrent import RecurrentTask, StagesTask, moved
from lapa_annotator.training.parsers.table import PARSERS, STUDIES
from lapa_annotator.training.parsing import seen_crop
from lapa_annotator.training.parsing_run import ParsingOrder
from tests.training.crops import Dotted

STORE = Dotted(["a", "b", "c"])


def _batches(size=64):
    return Batches([STORE], [1.0], NO_CHANGE, 0, 2, seen_crop("fine", size), maps=True)


def _stages(**options):
    settings = {"classes": 11, "variant": "rnn-g"}
    return StagesTask("two-stages", settings, _batches(), [STORE], {"moved": 0.05, **options})


@pytest.mark.parametrize(
    ("variant", "parts"),
    [
        ("cnn-s", {"semantic"}),
        ("cnn-deep", {"semantic"}),
        ("rnn", {"semantic", "coarse"}),
        ("rnn-g", {"semantic", "coarse", "gates"}),
    ],
)
@pytest.mark.parametrize("classes", [3, 11])
def test_each_variant_learns_by_the_losses_it_has(variant, parts, classes):
    task = RecurrentTask("recurrent", {"classes": classes, "variant": variant}, _batches(), [])
    loss, told = task.loss(task.network(), task.batch(0))
    assert set(told) == parts
    assert torch.isfinite(loss)


def test_both_stages_learn_and_are_scored():
    task = _stages()
    batch = task.batch(3)
    assert batch["points"].shape == (2, 5, 2)
    module = task.network()
    loss, parts = task.loss(module, batch)
    assert {"eye", "nose", "mouth", "gates"} < set(parts)
    assert torch.isfinite(loss)
    assert "mean F1" in task.validate(module.eval())


def test_the_points_of_a_step_are_the_crops_own_moved_alike_every_time():
    arrays = _batches().at(5)
    still = _stages(moved=0.0).batch(5)["points"].numpy()
    np.testing.assert_allclose(still, arrays["points"][:, [74, 83, 54, 84, 90]], atol=1e-4)
    once, again = (_stages().batch(5)["points"] for _ in range(2))
    assert torch.equal(once, again)
    assert not np.allclose(once.numpy(), still, atol=0.05)


def test_a_face_is_scored_where_its_points_truly_lie():
    task, seen = _stages(), []
    arrays = next(plain_batches(STORE, 2, seen_crop("fine", 64), maps=True))
    task.answer(lambda pixels, points: seen.append(points) or pixels, torch.zeros(2, 3, 64, 64),
                arrays)  # fmt: skip
    np.testing.assert_allclose(seen[0], arrays["points"][:, [74, 83, 54, 84, 90]], atol=1e-4)


def test_points_are_moved_as_one():
    points = np.array([[[20.0, 20], [40, 20], [30, 32], [22, 40], [38, 40]]] * 200, np.float32)
    said = moved(points, 0.05, np.random.default_rng(0))
    apart = np.linalg.norm(said[:, 1] - said[:, 0], axis=1)
    below = np.linalg.norm(said[:, 3:].mean(axis=1) - said[:, :2].mean(axis=1), axis=1)
    np.testing.assert_allclose(apart, below, rtol=1e-4)
    # The scale's logarithm and the shift in distances between the eyes spread by 0.05.
    assert np.log(apart / 20).std() == pytest.approx(0.05, rel=0.2)
    assert (said.mean(axis=1) - points.mean(axis=1)).std() / 20 == pytest.approx(0.05, rel=0.2)


def test_points_that_are_not_moved_stay():
    points = np.random.default_rng(0).random((3, 5, 2)).astype(np.float32)
    np.testing.assert_allclose(moved(points, 0.0, np.random.default_rng(0)), points, atol=1e-6)


@pytest.mark.parametrize("net", ["recurrent", "two-stages"])
def test_the_second_stage_sees_a_large_picture_and_the_first_128(net):
    row = PARSERS[net]
    assert row.paper["classes"] == (3 if net == "recurrent" else 11)
    assert row.paper.get("size", 256) == (128 if net == "recurrent" else 256)


def test_the_studies_compare_what_tables_1_and_3_do(tmp_path):
    orders = {
        study.name: [
            varied(ParsingOrder((Data(tmp_path),), **study.base), variant, tmp_path)
            for variant in study.variants
        ]
        for study in STUDIES
        if study.paper == "003"
    }
    assert [o.settings["variant"] for o in orders["propagation"]] == [
        "cnn-s",
        "cnn-deep",
        "rnn",
        "rnn-g",
    ]
    assert {o.classes for o in orders["propagation"]} == {3}
    assert [o.net for o in orders["stages"]] == ["recurrent", "two-stages"]
    assert {o.classes for o in orders["stages"]} == {11}
