"""The upright crop: the same for a face however it lies in the picture."""

import numpy as np
import pytest

from lapa_annotator.dla.crops import MARGIN, SIZE, box_crop, face_crop, roll_of
from lapa_annotator.domain.geometry import Box, Similarity
from lapa_annotator.domain.schema import mirror_points
from tests.dla.faces import POINTS


@pytest.mark.parametrize("roll", [-120.0, -15.0, 0.0, 33.0, 90.0])
def test_a_turned_face_fills_the_same_crop(roll):
    turned = Similarity.about((50, 50), (310, 270), 2.3, roll).apply(POINTS)
    assert face_crop(turned).apply(turned) == pytest.approx(face_crop(POINTS).apply(POINTS))
    assert roll_of(turned) - roll_of(POINTS) == pytest.approx(roll)


def test_the_box_around_the_points_lies_in_the_middle_with_its_margin():
    inside = face_crop(POINTS).apply(POINTS)
    low, high = inside.min(axis=0), inside.max(axis=0)
    assert (low + high) / 2 == pytest.approx([(SIZE - 1) / 2] * 2)
    assert (high - low).max() == pytest.approx(SIZE / MARGIN)


def test_a_mirrored_face_fills_the_mirrored_crop():
    mirrored = mirror_points(POINTS, 101)
    expected = mirror_points(face_crop(POINTS).apply(POINTS), SIZE)
    assert face_crop(mirrored).apply(mirrored) == pytest.approx(expected)


def test_on_a_profile_the_line_from_eyes_to_mouth_decides_the_roll():
    profile = POINTS * (0.15, 1.0)
    jumped = profile.copy()
    jumped[66:74, 1] += 3  # one eye, mislaid by a little
    assert abs(roll_of(jumped) - roll_of(profile)) < 4


def test_the_crop_of_a_box_is_centred_on_it_and_turned_by_its_roll():
    crop = box_crop(Box(10, 20, 50, 80, roll=20.0))
    assert crop.apply(np.array([30.0, 50.0])) == pytest.approx([(SIZE - 1) / 2] * 2)
    assert crop.scale == pytest.approx(SIZE / (MARGIN * 60))
    assert crop.rotation == pytest.approx(-20.0)


def test_points_that_coincide_have_no_crop():
    with pytest.raises(ValueError, match="positive side"):
        face_crop(np.zeros((106, 2)))
