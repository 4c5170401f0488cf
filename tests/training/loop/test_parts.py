"""The schedule, the optimizers, the feed and the machine."""

import pytest
import torch

from lapa_annotator.training.loop.feed import Feed
from lapa_annotator.training.loop.machine import Machine, need
from lapa_annotator.training.loop.optim import build_optimizer, rate_at
from tests.training.loop.stub import Line, recipe


def test_the_rate_rises_to_its_highest_and_falls_to_nothing():
    plan = recipe(steps=100, warmup=10)
    rates = [rate_at(plan, step) for step in range(100)]
    assert rates[:10] == sorted(rates[:10])
    assert rates[10] == 1.0
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[55] == pytest.approx(0.5)
    assert rates[-1] < 0.01


def test_the_paper_s_rate_falls_by_a_power():
    plan = recipe(steps=100, warmup=0, schedule="poly", power=0.9)
    assert rate_at(plan, 0) == 1.0
    assert rate_at(plan, 50) == pytest.approx(0.5**0.9)


@pytest.mark.parametrize("name", ["adamw", "sgd"])
def test_biases_and_norms_do_not_decay(name):
    network = Line().network()
    optimizer = build_optimizer(network, recipe(optimizer=name, weight_decay=0.1))
    decays = {
        id(p): group["weight_decay"] for group in optimizer.param_groups for p in group["params"]
    }
    assert decays[id(network[0].weight)] == 0.1
    assert decays[id(network[0].bias)] == 0.0
    assert decays[id(network[1].weight)] == 0.0
    assert len(decays) == len(list(network.parameters()))


def test_a_feed_that_starts_later_gives_the_same_batches():
    late = list(Feed(Line(), 3, 6))
    whole = list(Feed(Line(), 0, 6))[3:]
    assert all(torch.equal(a["x"], b["x"]) for a, b in zip(late, whole, strict=True))


def test_devices_and_parts_share_a_batch_without_rest():
    task = Line()
    pieces = [b["x"] for rank in (0, 1) for b in Feed(task, 0, 1, parts=2, rank=rank, world=2)]
    assert [len(p) for p in pieces] == [2, 2, 2, 2]
    together = {tuple(row.tolist()) for piece in pieces for row in piece}
    assert together == {tuple(row.tolist()) for row in task.batch(0)["x"]}


def test_a_feed_keeps_only_a_few_batches_ahead():
    task = Line()
    feed = iter(Feed(task, 0, 100, workers=1))
    next(feed)
    feed.close()
    assert max(task.steps_asked) < 8


def test_the_environment_names_the_device(monkeypatch):
    monkeypatch.setenv("LAPA_DEVICE", "cpu")
    assert Machine().device_name() == "cpu"
    assert not Machine().on_gpu()
    assert Machine(accelerator="gpu").device_name() == "gpu"


def test_precision_can_be_set():
    assert Machine(precision="bf16", accelerator="cpu").bf16()
    assert not Machine(precision="fp32", accelerator="cpu").bf16()


def test_a_missing_package_is_one_sentence_with_the_command():
    with pytest.raises(Exception, match=r"pip install 'lapa-annotator\[train\]'"):
        need("no_such_package_of_ours")
