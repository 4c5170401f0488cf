"""Crops can be undone exactly, and pixel centres lie where OpenCV has them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapa_annotator.domain.geometry import Box, Similarity, fit_similarity, square_crop
from tests.domain.strategies import boxes, coordinates, similarities

POINTS = np.random.default_rng(0).uniform(-1000, 5000, (106, 2))


@given(similarities())
def test_the_inverse_brings_points_back(transform: Similarity) -> None:
    there = transform.apply(POINTS)
    np.testing.assert_allclose(transform.inverse().apply(there), POINTS, atol=1e-6)
    np.testing.assert_allclose(
        transform.inverse().inverse().apply(POINTS), there, rtol=1e-9, atol=1e-5
    )


@given(similarities(), similarities())
def test_one_after_the_other_is_their_product(first: Similarity, second: Similarity) -> None:
    both = first.then(second)
    expected = second.apply(first.apply(POINTS))
    np.testing.assert_allclose(both.apply(POINTS), expected, rtol=1e-9, atol=1e-3)
    assert both.scale == pytest.approx(first.scale * second.scale)


@given(similarities())
def test_lengths_grow_by_the_scale_and_the_matrix_says_the_same(transform: Similarity) -> None:
    there = transform.apply(POINTS)
    lengths = [np.linalg.norm(np.diff(p, axis=0), axis=1) for p in (POINTS, there)]
    np.testing.assert_allclose(lengths[1], transform.scale * lengths[0], rtol=1e-6)
    ones = np.column_stack([POINTS, np.ones(len(POINTS))])
    np.testing.assert_allclose(ones @ transform.matrix.T, there, atol=1e-6)


@given(
    st.tuples(coordinates, coordinates),
    st.floats(1, 4000),
    st.integers(1, 1024),
    st.floats(-180, 180),
)
def test_the_edges_of_a_crop_are_the_edges_of_its_pixels(
    centre: tuple[float, float], side: float, size: int, roll: float
) -> None:
    crop = square_crop(centre, side, size, roll)
    edges = crop.inverse().apply(np.array([[-0.5, -0.5], [size - 0.5, -0.5], [-0.5, size - 0.5]]))
    right, down = edges[1] - edges[0], edges[2] - edges[0]
    assert np.hypot(*right) == pytest.approx(side, rel=1e-6)
    assert np.hypot(*down) == pytest.approx(side, rel=1e-6)
    np.testing.assert_allclose((edges[1] + edges[2]) / 2, centre, atol=1e-6 * (side + 1e4))
    # The crop's right points along the rolled face's right: clockwise as seen, y down.
    expected = np.array([math.cos(math.radians(roll)), math.sin(math.radians(roll))])
    np.testing.assert_allclose(right / side, expected, atol=1e-6)


def test_a_crop_of_the_whole_picture_at_its_own_size_changes_nothing() -> None:
    crop = square_crop((127.5, 127.5), 256, 256)
    np.testing.assert_allclose(crop.apply(POINTS), POINTS, atol=1e-9)


def test_a_crop_of_half_the_size_halves_pixels_not_indices() -> None:
    crop = square_crop((1.5, 1.5), 4, 2)
    np.testing.assert_allclose(crop.apply(np.array([[0.5, 0.5], [2.5, 0.5]])), [[0, 0], [1, 0]])


def test_opencv_warps_by_the_same_convention() -> None:
    cv2 = pytest.importorskip("cv2")
    picture = np.zeros((64, 64), np.float32)
    picture[20:23, 30:33] = [[0, 1, 0], [1, 4, 1], [0, 1, 0]]
    crop = Similarity.about((31, 21), (40, 41), 2, 90)
    warped = cv2.warpAffine(picture, crop.matrix, (80, 80))
    assert np.unravel_index(warped.argmax(), warped.shape) == (41, 40)


@given(similarities())
def test_a_similarity_is_found_again_from_points(transform: Similarity) -> None:
    found = fit_similarity(POINTS, transform.apply(POINTS))
    np.testing.assert_allclose(found.apply(POINTS), transform.apply(POINTS), rtol=1e-9, atol=1e-4)


def test_a_fit_is_the_best_one_by_least_squares() -> None:
    rng = np.random.default_rng(1)
    target = Similarity.about((0, 0), (5, 5), 1.5, 30).apply(POINTS) + rng.normal(size=(106, 2))
    found = fit_similarity(POINTS, target)

    def cost(s: Similarity) -> float:
        return float(((s.apply(POINTS) - target) ** 2).sum())

    for da, db, dx, dy in np.eye(4) * 1e-4:
        for sign in (-1, 1):
            nearby = Similarity(
                found.a + sign * da, found.b + sign * db, found.tx + sign * dx, found.ty + sign * dy
            )
            assert cost(found) < cost(nearby)


def test_what_gives_no_transform_is_refused() -> None:
    with pytest.raises(ValueError, match="scale above zero"):
        Similarity(0, 0, 1, 1)
    with pytest.raises(ValueError, match="finite"):
        Similarity(1, math.nan, 0, 0)
    with pytest.raises(ValueError, match="all coincide"):
        fit_similarity(np.ones((5, 2)), POINTS[:5])
    with pytest.raises(ValueError, match="at least two pairs"):
        fit_similarity(POINTS[:1], POINTS[:1])
    for side, size in ((0.0, 8), (math.nan, 8), (10.0, 0)):
        with pytest.raises(ValueError, match="positive side and size"):
            square_crop((0, 0), side, size)


@given(boxes(), boxes())
def test_overlap_is_symmetric_and_between_nothing_and_all(a: Box, b: Box) -> None:
    assert 0 <= a.iou(b) <= 1 + 1e-9
    assert a.iou(b) == pytest.approx(b.iou(a))
    assert a.iou(a) == pytest.approx(1)


def test_overlap_as_a_hand_computes_it() -> None:
    assert Box(0, 0, 2, 2).iou(Box(1, 1, 3, 3)) == pytest.approx(1 / 7)
    assert Box(0, 0, 2, 2).iou(Box(2, 0, 3, 3)) == 0


def test_a_box_around_points_grows_by_its_margin() -> None:
    box = Box.around(np.array([[0.0, 10.0], [10.0, 30.0]]), margin=0.1)
    assert (box.x0, box.y0, box.x1, box.y1) == (-1, 8, 11, 32)
    assert (box.width, box.height, box.area, box.centre) == (12, 24, 288, (5, 20))


@pytest.mark.parametrize("edges", [(0, 0, 0, 5), (0, 5, 5, 0), (0, 0, math.inf, 1)])
def test_a_box_without_an_area_is_refused(edges: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="a face box needs"):
        Box(*edges)
