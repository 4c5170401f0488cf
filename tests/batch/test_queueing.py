"""What to annotate next: the most useful first, and a share by chance."""

import numpy as np
import pytest

from lapa_annotator.batch.queueing import (
    STRATEGIES,
    Waiting,
    as_they_come,
    by_doubt,
    by_mix,
    by_novelty,
    in_order,
    queue,
)
from lapa_annotator.domain.errors import InputError
from tests.training.retrain.support import make_project


def waiting(n=10, **columns):
    rng = np.random.default_rng(0)
    usual = {
        "ids": np.arange(100, 100 + n),
        "doubt": np.linspace(0, 0.9, n),
        "ranks": rng.permutation(n) / n,
        "shapes": rng.normal(size=(n, 212)) * 0.01,
        "labelled": np.zeros((3, 212)),
    }
    return Waiting(**{**usual, **columns})


def test_what_is_doubted_most_comes_first_and_what_was_never_seen_before_it():
    doubt = np.array([0.2, np.nan, 0.9, 0.1])
    assert in_order(waiting(4, doubt=doubt), by_doubt, 0).tolist() == [101, 102, 100, 103]


def test_what_looks_like_nothing_labelled_comes_first():
    shapes = np.zeros((4, 212))
    shapes[2], shapes[0] = 5.0, 1.0
    found = in_order(waiting(4, shapes=shapes), by_novelty, 0).tolist()
    assert found[:2] == [102, 100]


def test_of_many_new_faces_that_are_alike_one_comes_early():
    shapes = np.zeros((9, 212))
    shapes[:6] = 5.0 + np.arange(6)[:, None] * 1e-3
    shapes[7] = -2.0
    found = in_order(waiting(9, shapes=shapes), by_novelty, 0).tolist()
    assert found.index(107) == 1


def test_the_mix_prefers_what_is_both():
    shapes = np.zeros((4, 212))
    shapes[3], shapes[1] = 5.0, 4.0
    doubt = np.array([0.5, 0.1, 0.0, 0.9])
    assert in_order(waiting(4, shapes=shapes, doubt=doubt), by_mix, 0)[0] == 103


def test_as_they_come_is_the_list():
    assert in_order(waiting(), as_they_come, 0).tolist() == list(range(100, 110))


def test_a_share_is_drawn_whatever_the_model_thinks_of_it():
    images = waiting(100)
    found = in_order(images, by_doubt, 0.2).tolist()
    assert sorted(found) == images.ids.tolist()
    drawn = (images.ids[np.argsort(images.ranks)])[:8].tolist()
    assert set(found[4:50:5]) & set(drawn)
    assert found[:4] == [199, 198, 197, 196]
    assert found[4] == drawn[0]
    upside_down = waiting(100, doubt=1 - images.doubt)
    assert in_order(upside_down, by_doubt, 1.0).tolist() == in_order(images, by_doubt, 1.0).tolist()


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_an_empty_queue_is_no_trouble(strategy):
    empty = waiting(0)
    assert in_order(empty, STRATEGIES[strategy]).tolist() == []


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_project_is_queued_without_what_is_finished(tmp_path, strategy):
    with make_project(tmp_path, photos=6, finished=2) as project:
        assert sorted(queue(project, strategy)) == project.ids("status:new").tolist()
        with pytest.raises(InputError, match="order of the queue"):
            queue(project, "luck")
