"""Parsers learn from soft and exact maps; what is unknown or unsure counts as it should."""

import dataclasses

import numpy as np
import pytest
import torch

from lapa_annotator.domain.classes import Label
from lapa_annotator.training.data.augment import NO_CHANGE, AugmentSettings
from lapa_annotator.training.data.batches import Batches
from lapa_annotator.training.data.crops import Crop
from lapa_annotator.training.data.sample import UNKNOWN
from lapa_annotator.training.parsers.table import parser_of
from lapa_annotator.training.parsing import mosaic, seen_crop, truth_of
from tests.training.crops import Dotted, dotted

SMALL = {"backbone": "resnet18", "width": 0.125, "head": 8, "edge": 8}


def _painted(seed, side=384):
    """A crop with a red face, blue hair above it and a green nose on it."""
    blank = dotted(seed, side)
    labels = np.zeros((side, side), np.uint8)
    labels[side // 6 : side // 3, side // 4 : -side // 4] = Label.HAIR
    labels[side // 3 : -side // 4, side // 4 : -side // 4] = Label.SKIN
    labels[side // 2 : side // 2 + 30, side // 2 - 20 : side // 2 + 20] = Label.NOSE
    colours = np.zeros((11, 3), np.uint8)
    colours[[Label.SKIN, Label.HAIR, Label.NOSE]] = [(220, 40, 40), (40, 40, 220), (40, 220, 40)]
    hair = labels == Label.HAIR
    soft = np.stack([(labels > 0) & ~hair, hair], axis=-1).astype(np.uint8) * np.uint8(255)
    fields = {f.name: getattr(blank, f.name) for f in dataclasses.fields(Crop)}
    return Crop(**{**fields, "image": colours[labels], "labels": labels, "soft": soft})


STORE = Dotted(["a", "b", "c"], crop=_painted)


def _task(classes=3, network="bspnet", size=64, settings=NO_CHANGE, held_out=(STORE,), **more):
    built = {"classes": classes, **SMALL, "model": "C"}
    if network == "pspnet":
        del built["edge"], built["model"]
    stage = "coarse" if classes == 2 else "fine"
    batches = Batches([STORE], [1.0], settings, 0, 4, seen_crop(stage, size), maps=True)
    return parser_of(network).task(network, built, batches, list(held_out), **more)


def _maps(labels, soft):
    return np.array([labels], np.uint8), np.array([soft], np.uint8)


# One row of four pixels: skin, hair, a doubtful pixel, an unknown one.
LABELS, SOFT = _maps(
    [[1, 10, 1, UNKNOWN]], [[[0, 0, 51, 0]], [[255, 0, 153, 0]], [[0, 255, 51, 0]]]
)


def test_three_classes_take_the_teachers_probabilities():
    truth = truth_of(LABELS, SOFT, 3)
    np.testing.assert_allclose(truth.target[0, :, 0, 0], (0, 1, 0))
    np.testing.assert_allclose(truth.target[0, :, 0, 2], (0.2, 0.6, 0.2), atol=1e-6)
    np.testing.assert_allclose(truth.target.sum(axis=1), 1, atol=1e-6)


def test_two_classes_are_the_rest_and_hair_or_skin():
    truth = truth_of(LABELS, SOFT, 2)
    np.testing.assert_allclose(truth.target[0, :, 0, 2], (0.2, 0.8), atol=1e-6)
    assert truth.ids[0, 0, :3].tolist() == [1, 1, 1]


@pytest.mark.parametrize("classes", [3, 11])
def test_an_unsure_pixel_counts_less_and_an_unknown_one_not_at_all(classes):
    weights = truth_of(LABELS, SOFT, classes).weights[0, 0]
    np.testing.assert_allclose(weights, (1, 1, 0.25, 0), atol=1e-6)


def test_eleven_classes_take_the_label_map():
    assert truth_of(LABELS, SOFT, 11).ids[0, 0, :3].tolist() == [1, 10, 1]


def test_a_label_map_without_a_soft_one_is_believed():
    weights = truth_of(LABELS, np.zeros_like(SOFT), 11).weights[0, 0]
    assert weights.tolist() == [1, 1, 1, 0]


@pytest.mark.parametrize(("classes", "network"), [(2, "pspnet"), (3, "bspnet"), (11, "bspnet")])
def test_a_batch_can_be_learned_from(classes, network):
    task = _task(classes, network)
    batch = task.batch(0)
    assert batch["image"].shape == (4, 3, 64, 64)
    assert batch["image"].dtype == torch.uint8
    torch.manual_seed(0)
    loss, parts = task.loss(task.network(), batch)
    assert loss.ndim == 0
    assert torch.isfinite(loss)
    expected = {"semantic"} if network == "pspnet" else {"semantic", "boundary", "fused"}
    assert set(parts) == expected


def test_pictures_and_maps_are_changed_together():
    task = _task(11, settings=AugmentSettings(background=0, fill=0, occluders=0,
                                              looks=NO_CHANGE.looks))  # fmt: skip
    for step in range(3):
        batch = task.batch(step)
        red, green, blue = batch["image"].float().unbind(1)
        for colour, label in ((red, Label.SKIN), (green, Label.NOSE), (blue, Label.HAIR)):
            seen, true = colour > 150, batch["target"] == int(label)
            overlap = 2 * (seen & true).sum() / (seen.sum() + true.sum())
            assert overlap > 0.93, label


def test_a_batch_depends_on_its_step_alone():
    first, again = _task(2, "pspnet", mosaics=0.5), _task(2, "pspnet", mosaics=0.5)
    first.batch(0)
    for name, tensor in first.batch(7).items():
        assert torch.equal(tensor, again.batch(7)[name]), name
    assert not torch.equal(first.batch(7)["image"], first.batch(8)["image"])


def test_a_mosaic_shows_four_with_their_maps():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 11, (5, 1, 1), dtype=np.uint8) * np.ones((1, 8, 8), np.uint8)
    image = np.repeat(labels[:, None] * np.uint8(20), 3, axis=1)
    batch = {"image": image, "labels": labels, "soft": image.copy(), "points": np.zeros(5)}
    made = mosaic(batch, 1.0, rng)
    np.testing.assert_array_equal(made["image"][:, 0], made["labels"] * 20)
    np.testing.assert_array_equal(made["soft"], made["image"])
    assert len(np.unique(made["labels"][0])) > 1
    assert made["labels"].shape == labels.shape
    np.testing.assert_array_equal(batch["image"][:, 0], labels * 20)


def test_no_mosaics_change_nothing():
    batch = _task(2, "pspnet").batches.at(0)
    made = mosaic(batch, 0.0, np.random.default_rng(0))
    np.testing.assert_array_equal(made["image"], batch["image"])


class _Perfect(torch.nn.Module):
    """Tells classes by the colours of ``_painted``."""

    def __init__(self, wrong=False):
        super().__init__()
        self.nothing = torch.nn.Parameter(torch.zeros(1))
        self.wrong = wrong

    def forward(self, x):
        red, green, blue = x.unbind(1)
        skin, hair = torch.maximum(red, green), blue * 1.01
        if self.wrong:
            skin, hair = hair, skin
        return torch.stack([torch.full_like(red, 0.5), skin, hair], dim=1)


def test_f1_is_told_class_by_class():
    scores = _task(3).validate(_Perfect())
    assert set(scores) == {"mean F1", "skin F1", "hair F1", "background F1"}
    assert min(scores.values()) > 0.97
    wrong = _task(3).validate(_Perfect(wrong=True))
    assert wrong["hair F1"] < 0.05
    assert wrong["background F1"] > 0.97


def test_several_held_out_sets_are_told_apart():
    other = Dotted(["d"], "others", _painted)
    scores = _task(3, held_out=(STORE, other)).validate(_Perfect())
    assert {"dots: mean F1", "others: mean F1"} <= set(scores)


def test_what_nobody_knows_is_not_scored():
    def half_known(seed):
        crop = _painted(seed)
        labels, soft = crop.labels.copy(), crop.soft.copy()
        labels[:, :192], soft[:, :192] = UNKNOWN, 0
        fields = {f.name: getattr(crop, f.name) for f in dataclasses.fields(Crop)}
        return Crop(**{**fields, "labels": labels, "soft": soft})

    task = _task(3, held_out=(Dotted(["a"], crop=half_known),))
    counted = task.confusion(_Perfect(), task._held_out[0])
    # A little is seen beyond the kept crop, which is background.
    assert 0.5 < counted.matrix.sum() / 64**2 < 0.6


def test_it_begins_with_the_weights_it_is_given():
    given = {"classify.bias": torch.full((3,), 7.0)}
    network = _task(3, initial=given).network()
    assert network.state_dict()["classify.bias"].tolist() == [7, 7, 7]
