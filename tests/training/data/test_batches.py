from itertools import islice

import numpy as np
import pytest

from lapa_annotator.domain.errors import InputError
from lapa_annotator.training.data.augment import AugmentSettings
from lapa_annotator.training.data.batches import Batches, plain_batches
from lapa_annotator.training.data.crops import CropSpec, CropStore
from tests.training.data.support import Listed, sample

SPEC, WANTED = CropSpec(48, 2.25), CropSpec(32, 1.5)


@pytest.fixture
def stores(tmp_path):
    return [
        CropStore.build(Listed([sample(n) for n in names], mark=names), tmp_path, SPEC)
        for names in ("abc", "d")
    ]


def batches(stores, shares=(1, 1), seed=1, **more):
    return Batches(stores, shares, AugmentSettings(), seed, 4, WANTED, **more)


def same(a, b):
    return all(np.array_equal(a[name], b[name]) for name in a)


def test_a_batch_depends_on_the_seed_and_the_step_alone(stores):
    once, again = batches(stores), batches(stores)
    again.at(0), again.at(9)
    assert same(once.at(5), again.at(5))
    assert not same(once.at(5), once.at(6))
    assert not same(once.at(5), batches(stores, seed=2).at(5))


def test_a_batch_has_the_shapes_that_networks_want(stores):
    got = batches(stores, maps=True).at(0)
    shapes = {name: (array.shape, array.dtype.name) for name, array in got.items()}
    assert shapes == {
        "image": ((4, 3, 32, 32), "uint8"),
        "points": ((4, 106, 2), "float32"),
        "weights": ((4, 106), "float32"),
        "visibility": ((4, 106), "uint8"),
        "labels": ((4, 32, 32), "uint8"),
        "soft": ((4, 3, 32, 32), "uint8"),
        "store": ((4,), "int64"),
    }


def test_shares_say_how_much_each_source_gives(stores):
    drawn = np.concatenate([batches(stores, (3, 1)).at(s)["store"] for s in range(60)])
    assert 0.65 < (drawn == 0).mean() < 0.85
    assert (batches(stores, (0, 1)).at(0)["store"] == 1).all()


def test_the_stream_gives_the_steps_in_order_from_any_step(stores):
    made = batches(stores)
    stream = made.stream(3)
    for step, got in zip(range(3, 7), islice(stream, 4), strict=True):
        assert same(got, made.at(step))
    stream.close()


def test_validation_sees_every_crop_once_and_unchanged(stores):
    got = list(plain_batches(stores[0], 2, SPEC))
    assert [len(b["image"]) for b in got] == [2, 1]
    assert np.array_equal(got[1]["image"][0].transpose(1, 2, 0), stores[0][2].image)


@pytest.mark.parametrize("shares", [(1,), (0, 0), (1, -1)])
def test_shares_that_make_no_sense_are_refused(stores, shares):
    with pytest.raises(InputError, match="share"):
        batches(stores, shares)


def test_probabilities_of_unknown_pixels_are_all_zero(tmp_path):
    store = CropStore.build(Listed([sample(labels=None)]), tmp_path, CropSpec(32, 1.0))
    got = next(plain_batches(store, 1, CropSpec(32, 1.0), maps=True))
    unknown = got["labels"][0] == 255
    assert unknown.any()
    assert not got["soft"][0][:, unknown].any()
