"""The convention of face boxes, and merging."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapa_annotator.dla.boxes import agreed_boxes, merge_boxes, with_forehead, without_forehead
from lapa_annotator.domain.geometry import Box


@given(st.floats(-180, 180), st.floats(1, 1e3), st.floats(1, 1e3))
def test_taking_the_forehead_away_and_adding_it_gives_the_same_box(roll, width, height):
    box = Box(10, 20, 10 + width, 20 + height, 0.7, roll)
    back = with_forehead(without_forehead(box))
    for edge in ("x0", "y0", "x1", "y1"):
        assert getattr(back, edge) == pytest.approx(getattr(box, edge), abs=1e-6)
    assert (back.score, back.roll) == (0.7, roll)


@pytest.mark.parametrize(
    ("roll", "towards_the_chin"), [(0, (0, 1)), (90, (-1, 0)), (180, (0, -1)), (-90, (1, 0))]
)
def test_the_forehead_lies_opposite_to_the_chin_however_the_face_is_turned(roll, towards_the_chin):
    box = Box(-50, -50, 50, 50, roll=roll)
    moved = np.array(without_forehead(box).centre)
    assert moved / np.hypot(*moved) == pytest.approx(np.array(towards_the_chin), abs=1e-9)


def test_the_surest_box_of_a_face_gives_score_and_roll():
    (merged,) = merge_boxes([Box(0, 0, 10, 10, 0.3, 40), Box(0, 0, 10, 10, 0.9, 5)])
    assert (merged.score, merged.roll) == (0.9, 5)


def test_looks_that_agree_share_a_box_between_them_and_a_mean_score():
    one, other = Box(0, 0, 10, 10, 0.4, 12), Box(2, 0, 12, 10, 0.2, 50)
    (agreed,) = agreed_boxes([[one], [other], []])
    assert agreed.score == pytest.approx((0.4 + 0.2) / 3)
    assert (agreed.x0, agreed.roll) == (pytest.approx(2 / 3), 12)


def test_a_look_counts_once_however_often_it_says_the_same():
    twice = [Box(0, 0, 10, 10, 0.4), Box(0, 0, 10, 11, 0.3)]
    (agreed,) = agreed_boxes([twice, []])
    assert agreed.score == pytest.approx(0.2)


def test_what_a_single_look_says_counts_less_than_what_all_say():
    alone, common = Box(50, 50, 60, 60, 0.45), Box(0, 0, 10, 10, 0.3)
    best, rest = sorted(agreed_boxes([[alone, common], [common], [common]]), key=lambda b: -b.score)
    assert (best.x0, rest.x0) == (0, 50)


def test_looks_that_say_nothing_agree_on_nothing():
    assert agreed_boxes([[], []]) == []
