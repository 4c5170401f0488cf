"""The curves do what their names promise, and outlines are repaired without slivers."""

import numpy as np
import pytest
import shapely

from lapa_annotator.ppa.curves import STEPS, parabola, repair, signed_area, smooth_curve

SQUARE = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]])


def test_a_smooth_curve_passes_through_its_points():
    points = np.array([[0.0, 0.0], [3.0, 4.0], [8.0, 2.0], [9.0, -5.0]])
    np.testing.assert_allclose(smooth_curve(points)[::STEPS], points)


def test_a_smooth_curve_through_a_line_is_the_line():
    points = np.linspace([0.0, 1.0], [10.0, 6.0], 5)
    curve = smooth_curve(points)
    np.testing.assert_allclose(curve[:, 1], 1 + curve[:, 0] / 2, atol=1e-12)


def test_a_smooth_curve_stays_close_to_a_circle():
    angle = np.linspace(0, np.pi, 9)
    curve = smooth_curve(100 * np.c_[np.cos(angle), np.sin(angle)])
    assert np.abs(np.hypot(*curve.T) - 100).max() < 0.35


def test_a_smooth_curve_moves_only_near_the_point_that_moves():
    points = np.c_[np.arange(9.0), np.zeros(9)]
    moved = points.copy()
    moved[2, 1] = 1.0
    same = (smooth_curve(points) == smooth_curve(moved)).all(axis=1)
    assert same[5 * STEPS :].all()
    assert not same[: 4 * STEPS].all()


def test_a_smooth_curve_reversed_is_the_same_curve():
    points = np.array([[0.0, 0.0], [3.0, 4.0], [8.0, 2.0], [9.0, -5.0]])
    np.testing.assert_allclose(smooth_curve(points[::-1])[::-1], smooth_curve(points), atol=1e-12)


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_coinciding_points_do_no_harm(count):
    points = np.vstack([np.zeros((count, 2)), np.full((3, 2), 5.0)])
    curve = smooth_curve(points)
    assert np.isfinite(curve).all()
    assert len(curve) >= 1


@pytest.mark.parametrize(("lean", "height"), [(0.0, -0.8), (0.3, -0.5), (-0.45, 0.7), (0.0, 0.0)])
def test_a_parabola_is_found_from_points_on_it(lean, height):
    t = np.linspace(0, 1, 41)
    arc = np.c_[-((1 - t) ** 2) + 2 * t * (1 - t) * lean + t**2, 2 * t * (1 - t) * height]
    found = parabola(arc[[10, 20, 30]], arc[:, 0])
    np.testing.assert_allclose(found, arc[:, 1], atol=2e-3)


def test_a_parabola_passes_through_both_corners_whatever_the_points():
    heights = parabola(np.array([[-0.9, 3.0], [0.2, -4.0], [5.0, 1.0]]), np.array([-1.0, 1.0]))
    np.testing.assert_allclose(heights, 0, atol=1e-12)


def test_a_mirrored_parabola_is_mirrored():
    points = np.array([[-0.4, -0.5], [0.1, -0.8], [0.6, -0.4]])
    x = np.linspace(-1, 1, 21)
    np.testing.assert_allclose(parabola(points, x), parabola(points * [-1, 1], -x), atol=1e-9)


def test_a_simple_outline_is_left_as_it_is():
    pieces, mended = repair(SQUARE)
    assert not mended
    np.testing.assert_array_equal(pieces[0], SQUARE)


def test_an_outline_turned_inside_out_has_no_area():
    assert repair(SQUARE[::-1]) == ([], True)


def test_of_a_crossed_outline_only_what_runs_the_right_way_round_is_kept():
    bow = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [-4.0, -4.0], [-4.0, 0.0]])
    pieces, mended = repair(bow)
    assert mended
    assert pieces
    assert all(shapely.Polygon(p).is_valid and signed_area(p) > 0 for p in pieces)


def test_repair_leaves_no_slivers():
    crossed = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.05, 10.0], [-0.05, 10.2]])
    crossed = np.vstack([crossed, [[0.05, 10.2], [0.0, 10.0]]])
    pieces, mended = repair(crossed)
    assert mended
    assert len(pieces) == 1
    assert shapely.Polygon(pieces[0]).area == pytest.approx(100, rel=0.01)


@pytest.mark.parametrize("ring", [np.zeros((0, 2)), np.zeros((2, 2)), np.zeros((5, 2))])
def test_an_outline_without_area_gives_nothing(ring):
    assert repair(ring) == ([], True)
