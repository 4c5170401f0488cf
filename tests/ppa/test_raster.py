"""Polygons are rasterised by pixel centres."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lapa_annotator.ppa.raster import NOWHERE, Fills, Rect, apart, fill_polygon

WHOLE = Rect(0, 0, 20, 16)


def _square(x0, y0, x1, y1):
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], dtype=float)


def test_a_square_on_pixel_edges_covers_exactly_its_pixels():
    mask = fill_polygon(_square(2.5, 3.5, 7.5, 6.5), WHOLE)
    expected = np.zeros((16, 20), bool)
    expected[4:7, 3:8] = True
    np.testing.assert_array_equal(mask, expected)


def test_less_than_half_a_pixel_more_on_every_side_covers_no_more():
    small = fill_polygon(_square(2.5, 3.5, 7.5, 6.5), WHOLE)
    large = fill_polygon(_square(2.01, 3.01, 7.99, 6.99), WHOLE)
    np.testing.assert_array_equal(small, large)


def test_polygons_that_share_an_edge_leave_no_gap_and_no_overlap():
    slope = np.array([[2.0, 0.3], [14.0, 12.7]])
    below = np.vstack([slope, [[2.0, 12.7]]])
    above = np.vstack([slope[::-1], [[14.0, 0.3]]])
    a, b = fill_polygon(below, WHOLE), fill_polygon(above, WHOLE)
    assert not (a & b).any()
    np.testing.assert_array_equal(a | b, fill_polygon(_square(2.0, 0.3, 14.0, 12.7), WHOLE))


def test_a_polygon_partly_outside_covers_what_is_inside():
    mask = fill_polygon(_square(-50.5, -50.5, 4.5, 2.5), WHOLE)
    assert mask.sum() == 5 * 3
    assert not fill_polygon(_square(-9, -9, -3, -3), WHOLE).any()


def test_a_line_or_a_point_covers_nothing():
    for ring in (np.zeros((0, 2)), np.array([[3.0, 3.0]]), np.array([[1.0, 1.0], [9.0, 9.0]])):
        assert not fill_polygon(ring, WHOLE).any()


@given(
    st.lists(st.tuples(st.floats(-5, 25), st.floats(-5, 20)), min_size=3, max_size=9),
    st.tuples(st.integers(0, 10), st.integers(0, 8), st.integers(1, 10), st.integers(1, 8)),
)
def test_a_rectangle_of_a_polygon_is_the_cut_of_the_whole(vertices, cut):
    ring = np.array(vertices)
    x, y, w, h = cut
    rect = Rect(x, y, x + w, y + h)
    np.testing.assert_array_equal(fill_polygon(ring, rect), fill_polygon(ring, WHOLE)[rect.slices])


def test_a_mirrored_polygon_covers_mirrored_pixels():
    ring = np.array([[2.2, 1.3], [17.1, 4.6], [11.7, 14.4], [5.3, 9.8]])
    mirrored = ring * [-1, 1] + [19, 0]
    np.testing.assert_array_equal(fill_polygon(ring, WHOLE)[:, ::-1], fill_polygon(mirrored, WHOLE))


def test_rectangles_join_and_clip():
    a, b = Rect(2, 3, 6, 7), Rect(5, 1, 9, 4)
    assert a.joined(b) == Rect(2, 1, 9, 7)
    assert a.clipped(b) == Rect(5, 3, 6, 4)
    assert a.joined(NOWHERE) == a == NOWHERE.joined(a)
    assert a.clipped(Rect(20, 20, 30, 30)).empty
    assert a.shifted(-2, -3) == Rect(0, 0, 4, 4)


def test_a_rectangle_around_points_holds_the_centres_between_them():
    assert Rect.around(np.array([[1.2, 0.0], [4.0, 2.9]])) == Rect(2, 0, 5, 3)
    assert Rect.around(np.zeros((0, 2))).empty
    assert Rect.around(np.array([[-1e30, 0.0], [1e30, 1.0]])).x1 > 10**8


def test_polygons_that_come_again_are_filled_as_at_first():
    fills = Fills(WHOLE)
    rings = [_square(2.5, 3.5, 7.5, 6.5), _square(-50, 1, 4.2, 9), _square(30, 30, 40, 40)]
    for rect in (WHOLE, Rect(3, 2, 9, 5), Rect(0, 0, 2, 2), WHOLE):
        for ring in rings:
            np.testing.assert_array_equal(fills(ring, rect), fill_polygon(ring, rect))


def test_more_polygons_than_are_kept_make_no_difference():
    fills = Fills(WHOLE)
    for _ in range(2):
        for k in range(50):
            ring = _square(k % 10, 1, k % 10 + 3, 8)
            np.testing.assert_array_equal(fills(ring, WHOLE), fill_polygon(ring, WHOLE))


@given(
    st.lists(
        st.tuples(
            st.integers(0, 900), st.integers(0, 900), st.integers(0, 300), st.integers(0, 300)
        ),
        max_size=6,
    )
)
def test_rectangles_apart_cover_what_they_were_made_of_and_little_more(boxes):
    rects = [Rect(x, y, x + w, y + h) for x, y, w, h in boxes]
    found = apart(rects)
    for rect in rects:
        assert rect.empty or any(rect.clipped(f) == rect for f in found)
    assert all(not rect.empty for rect in found)
    assert len(found) <= len(rects)


def test_rectangles_far_from_each_other_stay_apart():
    far = [Rect(0, 0, 200, 200), Rect(700, 700, 900, 900)]
    assert apart(far) == far
    assert apart([far[0], Rect(0, 0, 210, 200), NOWHERE]) == [Rect(0, 0, 210, 200)]
