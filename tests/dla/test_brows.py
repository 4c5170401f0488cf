"""Eyebrows follow their hair."""

import numpy as np
import pytest

from lapa_annotator.dla.brows import follow_brow_hair
from lapa_annotator.formats.lapa import read_landmarks
from tests.support import ROOT

BROWS = np.arange(33, 51)
UPPER = [34, 35, 36, 37, 42, 43, 44, 45]
LOWER = [38, 39, 40, 41, 47, 48, 49, 50]


@pytest.fixture
def points() -> np.ndarray:
    """The mean face, 200 pixels between the outer eye corners."""
    shape = read_landmarks(ROOT / "resources" / "mean_shape.txt")
    left, right = shape[66], shape[79]
    return (shape - (left + right) / 2) * 200 / (right[0] - left[0]) + [300.0, 250.0]


def _face(points: np.ndarray, drop: float) -> np.ndarray:
    """Light skin with dark brows ``drop`` pixels below where the points have them."""
    image = np.full((600, 600, 3), 200, np.uint8)
    for brow in (points[33:42], points[42:51]):
        x0, x1 = brow[:, 0].min(), brow[:, 0].max()
        for x in range(int(x0), int(x1) + 1):
            upper = np.interp(x, *_sorted(brow[[0, 1, 2, 3, 4]]))
            middle = upper + 5 + drop
            image[int(middle - 5) : int(middle + 6), x] = 60
    return image


def _sorted(curve: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(curve[:, 0])
    return curve[order, 0], curve[order, 1]


def test_brows_sink_to_where_the_hair_is(points):
    moved = follow_brow_hair(_face(points, 8), points)
    assert (moved - points)[BROWS, 1].mean() > 4


def test_every_other_point_stays_where_it_is(points):
    moved = follow_brow_hair(_face(points, 8), points)
    others = np.setdiff1d(np.arange(106), BROWS)
    assert np.array_equal(moved[others], points[others])


def test_without_contrast_nothing_moves(points):
    image = np.full((600, 600, 3), 150, np.uint8)
    assert np.array_equal(follow_brow_hair(image, points), points)


def test_the_points_given_are_not_changed(points):
    before = points.copy()
    follow_brow_hair(_face(points, 8), points)
    assert np.array_equal(points, before)


@pytest.mark.parametrize("offset", [(-1000, -1000), (1000, 1000), (-250, 0)])
def test_brows_outside_of_the_image_do_no_harm(points, offset):
    moved = follow_brow_hair(np.full((60, 60, 3), 150, np.uint8), points + offset)
    assert np.isfinite(moved).all()
