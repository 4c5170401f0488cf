"""The doubt walk, what is left of doubt, and what is good enough."""

import numpy as np
import pytest

from lapa_annotator.dla.doubt import Doubt, GoodEnough, chance_within, suggest
from lapa_annotator.domain.landmarks import Landmarks
from lapa_annotator.domain.schema import N_POINTS
from tests.dla.shapes import EYES, placed


def test_the_walk_goes_from_the_most_doubtful_point_down():
    points = np.zeros(N_POINTS)
    points[[8, 70, 30]] = 0.4, 0.9, 0.2
    assert Doubt(points).walk() == [70, 8, 30]
    assert Doubt(points).walk(seen={70}) == [8, 30]
    assert Doubt(points).walk(least=0.3) == [70, 8]


def test_a_face_is_good_enough_when_no_point_is_probably_off():
    doubt = Doubt(np.full(N_POINTS, 0.02))
    assert doubt.expected == pytest.approx(2.12)
    assert doubt.left == pytest.approx(0.02)
    assert not doubt.is_good_enough()
    assert doubt.is_good_enough(most=3)


def test_good_enough_is_told_in_pixels_or_by_the_size_of_the_face():
    landmarks = Landmarks(placed())
    assert GoodEnough(5, "%").pixels(landmarks) == pytest.approx(0.05 * EYES)
    assert GoodEnough(3, "px").pixels(landmarks) == 3
    for value, unit in ((0, "px"), (-1, "%"), (5, "mm")):
        with pytest.raises(ValueError, match="good enough"):
            GoodEnough(value, unit)


def test_chances_are_those_of_errors_with_that_deviation():
    rng = np.random.default_rng(0)
    freedom, deviation = 6.0, 2.0
    scale = deviation * np.sqrt(freedom / rng.chisquare(freedom, 200_000))
    off = np.linalg.norm(rng.standard_normal((200_000, 2)) * scale[:, None], axis=1)
    said = chance_within(3.0, np.array([deviation]), freedom)[0]
    assert said == pytest.approx((off <= 3.0).mean(), abs=0.005)


def test_points_that_are_set_are_certain():
    assert chance_within(3.0, np.zeros(2), 5.0) == pytest.approx(1.0)


def test_what_is_good_enough_is_read_off_the_smallest_drags_that_were_made():
    rng = np.random.default_rng(0)
    assert suggest(rng.uniform(3, 20, 19)) is None
    assert suggest(rng.uniform(3, 20, 500)).value == pytest.approx(4.7, abs=0.5)
