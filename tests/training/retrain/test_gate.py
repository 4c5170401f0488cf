"""The gate lets a true improvement through, and neither a coin-flip nor nonsense."""

import numpy as np
import pytest

from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.schema import GROUPS
from lapa_annotator.training.retrain.gate import ALL, Errors, Rule, compare, interval


def errors(seed, faces=120, level=3.0, shared=0):
    """Errors of faces: some faces are harder than others, for every version alike."""
    hard = np.random.default_rng(shared).gamma(4, 0.25, (faces, 1))
    points = level * hard * np.random.default_rng(seed).gamma(3, 1 / 3, (faces, 106))
    yaw = np.random.default_rng(shared).uniform(0, 60, faces)
    return Errors(tuple(map(str, range(faces))), points, yaw)


def test_a_true_improvement_is_promoted():
    verdict = compare(errors(1), errors(2, level=2.7))
    assert verdict.promoted
    whole = verdict.rows[0]
    assert whole.part == ALL
    assert 0 < whole.low < whole.better < whole.high
    assert "better by more than noise" in verdict.reason


def test_a_difference_by_chance_is_promoted_no_more_often_than_the_rule_allows():
    promoted = [
        compare(errors(2 * k + 1, 40, shared=k), errors(2 * k + 2, 40, shared=k)).promoted
        for k in range(80)
    ]
    # 2.5 % of the differences by chance lie above the interval; this many in 80 happen once in
    # a thousand times.
    assert sum(promoted) <= 7


def test_a_version_that_learned_nonsense_is_refused():
    verdict = compare(errors(1), errors(2, level=30.0))
    assert not verdict.promoted
    assert "surely worse" in verdict.reason


def test_faces_are_compared_with_themselves():
    # Faces differ far more than versions do: unpaired, this would be lost in the noise.
    old = errors(1, 60)
    better = Errors(old.names, old.each * 0.99, old.yaw)
    assert compare(old, better).promoted


def test_an_improvement_that_costs_a_part_dearly_is_refused_and_the_part_named():
    old, new = errors(1), errors(2, level=2.0)
    new.each[:, GROUPS["mouth"]] += 3
    verdict = compare(old, new)
    assert verdict.rows[0].low > 0
    assert not verdict.promoted
    assert "mouth" in verdict.reason
    assert compare(old, new, Rule(worse=50)).promoted


def test_a_pose_that_gets_much_worse_is_seen():
    old, new = errors(1), errors(2, level=2.0)
    new.each[new.yaw > 40] += 2
    new.each[new.yaw < 40] *= 0.2
    assert "profile" in compare(old, new).reason


def test_few_faces_decide_nothing():
    verdict = compare(errors(1, 20), errors(2, 20, level=1.0))
    assert not verdict.promoted
    assert "20 frozen faces" in verdict.reason
    assert compare(errors(1, 20), errors(2, 20, level=1.0), Rule(faces=20)).promoted


def test_the_rule_can_ask_for_more_than_just_better():
    old = errors(1)
    better = Errors(old.names, old.each - 0.1, old.yaw)
    assert compare(old, better).promoted
    assert not compare(old, better, Rule(least=0.2)).promoted


def test_points_whose_truth_is_unknown_count_nothing():
    old, new = errors(1), errors(2, level=2.7)
    before = compare(old, new).rows[0]
    for one in (old, new):
        one.each[:, :10] = np.nan
    after = compare(old, new).rows[0]
    assert after.faces == before.faces
    assert np.isfinite([after.old, after.new, after.low, after.high]).all()
    assert after.old == pytest.approx(np.nanmean(old.each, axis=1).mean())


def test_other_faces_cannot_be_compared():
    with pytest.raises(InputError, match="same faces"):
        compare(errors(1, 40), errors(1, 41))
    with pytest.raises(InputError, match="same faces"):
        compare(errors(1, 0), errors(1, 0))


def test_the_interval_covers_the_mean_as_often_as_it_says():
    rng = np.random.default_rng(0)
    inside = [
        low < 1 < high for low, high in (interval(rng.normal(1, 2, 60), 0.9, k) for k in range(200))
    ]
    assert 0.83 < np.mean(inside) < 0.96


@pytest.mark.parametrize("wrong", [{"sure": 1.0}, {"least": -1}, {"faces": 1}, {"worse": -0.1}])
def test_a_rule_out_of_range_is_none(wrong):
    with pytest.raises(ValueError, match="no rule"):
        Rule(**wrong)
