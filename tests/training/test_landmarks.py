"""The landmark network as a task: its batches, its loss and its scores."""

import dataclasses

import numpy as np
import pytest
import torch

from lapa_annotator.dla.heatmaps import encode, to_heatmap
from lapa_annotator.training.data.augment import NO_CHANGE
from lapa_annotator.training.data.batches import LANDMARK_CROP, Batches, plain_batches
from lapa_annotator.training.landmarks import LandmarkLosses, LandmarkTask, looks_at
from tests.training.crops import Dotted, dotted

SMALL = {"width": 8, "depth": 2}


@pytest.fixture(autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def task(crops, **changes):
    batches = Batches([crops], [1], NO_CHANGE, seed=0, batch=2)
    return LandmarkTask("hourglass", {**SMALL, **changes.pop("settings", {})}, batches, [crops])


class Knows(torch.nn.Module):
    """Gives the true heat maps of the crops that it is shown in order, moved by some pixels."""

    def __init__(self, crops, move=0.0):
        super().__init__()
        self.device = torch.nn.Parameter(torch.zeros(1))
        arrays = next(plain_batches(crops, len(crops), LANDMARK_CROP))
        points = to_heatmap(arrays["points"].astype(np.float64)) + np.array([move / 4, 0])
        self.maps = torch.from_numpy(np.stack([np.log(encode(p) + 1e-30) for p in points]))

    def forward(self, pixels):
        return (self.maps[: len(pixels)],)


def test_the_points_of_a_batch_are_in_heat_map_pixels():
    crops = Dotted("ab")
    batch = task(crops).batch(0)
    assert batch["image"].dtype == torch.uint8
    whole = next(plain_batches(crops, 2, LANDMARK_CROP))["points"].astype(np.float64)
    for points in batch["points"].numpy():
        assert min(abs(to_heatmap(w) - points).max() for w in whole) < 1e-4


def test_hidden_points_weigh_less_and_absent_ones_nothing():
    def hidden(seed):
        crop = dotted(seed)
        visibility = crop.visibility.copy()
        visibility[66:69] = (0, 1, 2)
        return dataclasses.replace(crop, visibility=visibility)

    weights = task(Dotted("ab", crop=hidden)).batch(0)["weights"]
    assert weights[:, 66:69].tolist() == [[0, LandmarkLosses().occluded, 1]] * 2


def test_a_place_along_the_jaw_weighs_less_than_one_within_the_face():
    weights = task(Dotted("ab")).batch(0)["weights"]
    assert set(weights[:, :33].flatten().tolist()) == {LandmarkLosses().contour}
    assert set(weights[:, 33:].flatten().tolist()) == {1.0}


def test_every_stack_is_supervised():
    two = task(Dotted("a"), settings={"stacks": 2})
    module = two.network().train()
    loss, parts = two.loss(module, two.batch(0))
    loss.backward()
    assert {"divergence", "distance"} == set(parts)
    heads = [stack.heatmaps.weight.grad for stack in module.stacks]
    assert all(head.abs().sum() > 0 for head in heads)
    # The first head still learns when the second one's path to it is cut.
    module.zero_grad()
    torch.nn.init.zeros_(module.merge_heatmaps[0].weight)
    two.loss(module, two.batch(0))[0].backward()
    assert module.stacks[0].heatmaps.weight.grad.abs().sum() > 0


def test_a_network_that_knows_the_points_scores_no_error():
    crops = Dotted("abc")
    scores = task(crops).validate(Knows(crops))
    assert scores["NME"] < 0.2
    assert scores["AUC"] > 0.97
    assert scores["failure"] == 0
    assert {"NME contour", "NME mouth", "NME inner points"} <= scores.keys()


def test_the_error_is_measured_by_the_distance_of_the_outer_eye_corners():
    crops = Dotted("abc")
    look = next(looks_at(Knows(crops), crops))
    eyes = np.hypot(*(look.truth[66] - look.truth[79]))
    scores = task(crops).validate(Knows(crops, move=3.0))
    assert scores["NME"] == pytest.approx(100 * 3 / eyes, rel=0.03)


def test_faces_whose_eye_corners_are_unknown_are_not_scored():
    def blind(seed):
        crop = dotted(seed)
        weights = crop.weights.copy()
        weights[66] = 0
        return dataclasses.replace(crop, weights=weights)

    crops = Dotted("ab", crop=blind)
    assert next(looks_at(Knows(crops), crops)).pair is None
    assert task(crops).validate(Knows(crops)) == {}


def test_two_stores_are_scored_together_and_each_alone():
    one, two = Dotted("ab", "one"), Dotted("ab", "two")
    batches = Batches([one], [1], NO_CHANGE, seed=0, batch=2)
    both = LandmarkTask("hourglass", SMALL, batches, [one, two])
    scores = both.validate(Knows(one))
    assert {"NME", "one: NME", "two: NME", "two: AUC"} <= scores.keys()


def test_only_some_crops_of_a_large_store_are_looked_at():
    crops = Dotted([str(i) for i in range(9)])
    keys = [look.key for look in looks_at(Knows(crops), crops, most=3)]
    assert keys == ["0", "4", "8"]


def test_training_on_one_face_lowers_the_loss():
    one = task(Dotted("a"))
    torch.manual_seed(0)
    module = one.network().train()
    optimizer = torch.optim.AdamW(module.parameters(), 2e-2)
    losses = []
    for step in range(8):
        loss, _ = one.loss(module, one.batch(step))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.9 * losses[0]
