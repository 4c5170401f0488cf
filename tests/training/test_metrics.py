"""The metrics give what a hand computes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapa_annotator.domain.classes import Label
from lapa_annotator.training.metrics import (
    Confusion,
    auc,
    box_size,
    failure_rate,
    interocular,
    nme,
)


def test_nme_is_the_mean_distance_over_the_normaliser_in_per_cent() -> None:
    truth = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
    predicted = truth + np.array([[3.0, 4.0], [0.0, 1.0], [0.0, 0.0]])
    # (5 + 1 + 0) / 3 = 2 pixels of 50
    assert nme(predicted, truth, 50) == pytest.approx(4.0)


def test_normalisers_are_those_of_lapa_and_of_the_challenge() -> None:
    assert interocular(np.array([10.0, 20.0]), np.array([40.0, 60.0])) == pytest.approx(50)
    assert box_size(np.array([[5.0, 5.0], [14.0, 5.0], [5.0, 21.0]])) == pytest.approx(12)


def test_points_that_cannot_be_compared_are_refused() -> None:
    with pytest.raises(ValueError, match="points to compare"):
        nme(np.zeros((105, 2)), np.zeros((106, 2)), 1)
    with pytest.raises(ValueError, match="points to compare"):
        nme(np.zeros((0, 2)), np.zeros((0, 2)), 1)
    with pytest.raises(ValueError, match="positive normaliser"):
        nme(np.zeros((2, 2)), np.zeros((2, 2)), 0)


def test_auc_and_failure_rate_at_eight_per_cent() -> None:
    # Areas left of the threshold: 8, 6, 4 and 0 of 8 each; one face of four lies beyond it.
    assert auc([0, 2, 4, 12]) == pytest.approx((8 + 6 + 4 + 0) / 32)
    assert failure_rate([0, 2, 4, 12]) == pytest.approx(0.25)
    assert failure_rate([8.0]) == 0, "exactly at the threshold is no failure"
    assert (auc([0, 0]), auc([100.0])) == (1, 0)
    assert np.isnan(auc([]))
    assert np.isnan(failure_rate([]))


@given(st.lists(st.floats(0, 30), min_size=1, max_size=30))
def test_auc_is_the_area_under_the_cumulative_distribution(nmes: list[float]) -> None:
    steps = np.linspace(0, 8, 4001)
    share = (np.array(nmes)[None] <= steps[:, None]).mean(axis=1)
    assert auc(nmes) == pytest.approx(share.mean(), abs=2e-3)


def _map(*rows: list[int]) -> np.ndarray:
    return np.array(rows, np.uint8)


def test_f1_is_twice_the_hits_over_predicted_and_true() -> None:
    confusion = Confusion()
    confusion.add(_map([1, 1, 0, 10]), _map([1, 0, 0, 1]))
    # skin: 1 hit, 2 predicted, 2 true; hair: 0 hits, 1 predicted; background: 1, 1, 2
    f1 = confusion.f1()
    assert f1[Label.SKIN] == pytest.approx(0.5)
    assert f1[Label.HAIR] == 0
    assert f1[Label.BACKGROUND] == pytest.approx(2 / 3)
    assert np.isnan(f1[Label.NOSE])
    assert confusion.mean_f1() == pytest.approx(0.25), "background does not count, nor what is not"


def test_one_matrix_over_the_whole_set_not_a_mean_of_photos() -> None:
    confusion = Confusion()
    confusion.add(_map([6] * 9 + [0]), _map([6] * 10))
    confusion.add(_map([0]), _map([6]))
    assert confusion.f1()[Label.NOSE] == pytest.approx(2 * 9 / (9 + 11))


def test_rows_are_true_and_columns_predicted() -> None:
    confusion = Confusion()
    confusion.add(predicted=_map([2, 2, 3]), truth=_map([1, 1, 3]))
    assert confusion.matrix[1, 2] == 2
    assert confusion.matrix[3, 3] == 1
    assert confusion.matrix.sum() == 3


def test_helen_merges_sides_and_the_mouth() -> None:
    confusion = Confusion()
    # Sides mixed up: wrong for LaPa, right for Helen. The mouth: 2 of 3 predicted as any lip.
    truth = _map([4, 5, 2, 3, 7, 8, 9, 6, 6, 0])
    predicted = _map([5, 4, 3, 2, 8, 9, 0, 6, 0, 6])
    confusion.add(predicted, truth)
    helen = confusion.helen_f1()
    assert (helen["eyes"], helen["eyebrows"]) == (1, 1)
    assert helen["mouth"] == pytest.approx(2 * 2 / (2 + 3))
    assert helen["nose"] == pytest.approx(2 * 1 / (2 + 2))
    assert confusion.helen_overall() == pytest.approx((1 + 1 + 0.8 + 0.5) / 4)
    assert confusion.mean_f1() == pytest.approx(0.5 / 8), "eight classes occur, the nose alone hits"


def test_ignored_pixels_do_not_count() -> None:
    confusion = Confusion()
    confusion.add(_map([1, 10, 3]), _map([1, 255, 255]), ignored=255)
    assert confusion.matrix.sum() == 1


def test_maps_that_cannot_be_compared_are_refused_and_count_nothing() -> None:
    confusion = Confusion()
    with pytest.raises(ValueError, match="different sizes"):
        confusion.add(_map([1, 1]), _map([1], [1]))
    with pytest.raises(ValueError, match="above 10"):
        confusion.add(_map([1, 11]), _map([1, 1]))
    with pytest.raises(ValueError, match="above 10"):
        confusion.add(_map([1, 1]), _map([1, 255]))
    assert confusion.matrix.sum() == 0


def test_an_empty_set_has_no_score() -> None:
    assert np.isnan(Confusion().mean_f1())
    assert np.isnan(Confusion().helen_overall())
