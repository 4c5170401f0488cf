"""Every part gets the outline that its points tell, and never a wrong one."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from lapa_annotator.domain.classes import MIRRORED_LABELS, Label
from lapa_annotator.domain.schema import MIRROR, mirror_points
from lapa_annotator.ppa.fit import GROUPS, FitOptions, fit_group, fit_jawline, fit_parts
from tests.ppa.faces import perfect_face

FACE = perfect_face()
DIRECT = FitOptions(fitting="direct")


def _area(rings):
    return shapely.union_all([shapely.Polygon(r) for r in rings]).area


def _off(truth, rings):
    """Largest distance in pixels of a true outline from the fitted boundary."""
    boundary = shapely.union_all([shapely.Polygon(r) for r in rings]).boundary
    return shapely.distance(shapely.points(truth), boundary).max()


@pytest.mark.parametrize("label", sorted(FACE.outlines))
def test_curves_follow_a_known_outline(label):
    assert _off(FACE.outlines[label], fit_parts(FACE.points)[label]) < 6


@pytest.mark.parametrize("label", [Label.LEFT_EYE, Label.INNER_MOUTH])
def test_parabolas_through_perfect_points_are_exact(label):
    assert _off(FACE.outlines[label], fit_parts(FACE.points)[label]) < 0.3


@pytest.mark.parametrize("label", sorted(FACE.outlines))
def test_curves_are_no_worse_than_straight_lines(label):
    curves = _off(FACE.outlines[label], fit_parts(FACE.points)[label])
    assert curves <= _off(FACE.outlines[label], fit_parts(FACE.points, DIRECT)[label]) + 0.1


def test_the_jawline_follows_a_known_contour():
    line = shapely.LineString(fit_jawline(FACE.points))
    assert shapely.distance(shapely.points(FACE.jawline), line).max() < 0.5
    np.testing.assert_array_equal(fit_jawline(FACE.points, DIRECT), FACE.points[:33])


def test_direct_outlines_join_the_landmarks():
    np.testing.assert_array_equal(
        fit_parts(FACE.points, DIRECT)[Label.LEFT_EYE][0], FACE.points[66:74]
    )


def test_a_group_is_fitted_alone_as_it_is_with_the_others():
    everything = fit_parts(FACE.points)
    for group in GROUPS:
        for label, rings in fit_group(FACE.points, group).rings.items():
            for a, b in zip(rings, everything[label], strict=True):
                np.testing.assert_array_equal(a, b)


def test_a_closed_eye_has_no_area():
    points = FACE.points.copy()
    points[71:74] = points[[69, 68, 67]] + [0.0, 1.0]
    assert fit_parts(points)[Label.LEFT_EYE] == []
    assert fit_parts(points)[Label.RIGHT_EYE]


def test_an_eye_whose_lids_crossed_has_no_area():
    points = FACE.points.copy()
    points[71:74], points[67:70] = points[[69, 68, 67]].copy(), points[[73, 72, 71]].copy()
    assert fit_parts(points)[Label.LEFT_EYE] == []


def test_lids_that_cross_half_way_leave_the_open_half():
    points = FACE.points.copy()
    points[[69, 71]] = points[[71, 69]]
    group = next(g for g in GROUPS if g.name == "left eye")
    outlines = fit_group(points, group)
    for ring in outlines.rings[Label.LEFT_EYE]:
        assert shapely.Polygon(ring).is_valid


def test_a_closed_mouth_has_no_inside_and_its_lips_meet():
    points = perfect_face(opening=-5.0).points
    parts = fit_parts(points)
    assert parts[Label.INNER_MOUTH] == []
    upper, lower = (shapely.Polygon(parts[k][0]) for k in (Label.UPPER_LIP, Label.LOWER_LIP))
    assert upper.intersection(lower).area < 1
    gap = upper.union(lower).buffer(0.01)
    assert not gap.interiors


def test_the_lips_and_the_open_mouth_share_their_edges():
    parts = fit_parts(FACE.points)
    shapes = [
        shapely.Polygon(parts[k][0]) for k in (Label.UPPER_LIP, Label.INNER_MOUTH, Label.LOWER_LIP)
    ]
    assert sum(s.area for s in shapes) == pytest.approx(shapely.union_all(shapes).area, rel=1e-3)


def test_the_nose_has_two_halves_from_the_front():
    assert len(fit_parts(FACE.points)[Label.NOSE]) == 2


def test_the_hidden_half_of_a_nose_in_profile_vanishes():
    points = FACE.points.copy()
    # Turned to the left: the left side slides behind the bridge, the bridge bulges out.
    points[55:60, 0] = points[[51, 52, 53, 54, 60], 0] + [2, 12, 30, 20, 8]
    points[52:55, 0] -= [15, 35, 55]
    rings = fit_parts(points)[Label.NOSE]
    visible = _area(fit_parts(FACE.points)[Label.NOSE][1:])
    assert _area(rings) > visible
    silhouette = points[51:55, 0].min()
    assert min(ring[:, 0].min() for ring in rings) > silhouette - 12


def test_a_mirrored_face_has_mirrored_outlines():
    rng = np.random.default_rng(7)
    points = FACE.points + rng.normal(0, 2, (106, 2))
    parts, mirrored = fit_parts(points), fit_parts(mirror_points(points, 1000))
    for label, rings in parts.items():
        there = mirrored[MIRRORED_LABELS.get(label, label)]
        assert len(there) == len(rings)
        a = shapely.union_all([shapely.Polygon(r) for r in rings])
        b = shapely.union_all([shapely.Polygon(r * [-1, 1] + [999, 0]) for r in there])
        assert a.symmetric_difference(b).area < 1e-3 * a.area
    assert len(MIRROR) == len(points)


def test_a_turned_and_scaled_face_has_turned_and_scaled_outlines():
    turn = np.array([[0.6, -0.8], [0.8, 0.6]]) * 0.1
    parts, turned = fit_parts(FACE.points), fit_parts(FACE.points @ turn.T)
    for label, rings in parts.items():
        for a, b in zip(rings, turned[label], strict=True):
            np.testing.assert_allclose(a @ turn.T, b, atol=1e-6)


def test_what_has_no_area_is_left_out_and_said():
    points = np.zeros((106, 2))
    for group in GROUPS:
        outlines = fit_group(points, group)
        assert all(rings == [] for rings in outlines.rings.values())
        assert outlines.remarks


@pytest.mark.parametrize("fitting", ["curves", "direct"])
@given(seed=st.integers(0, 2**32 - 1), spread=st.sampled_from([0.0, 1.0, 30.0, 400.0, 1e5]))
def test_no_points_whatever_raise_or_leave_a_crossed_outline(fitting, seed, spread):
    points = FACE.points + np.random.default_rng(seed).normal(0, 1, (106, 2)) * spread
    for rings in fit_parts(points, FitOptions(fitting=fitting)).values():
        for ring in rings:
            assert np.isfinite(ring).all()
            assert shapely.Polygon(ring).buffer(0).area > 0
