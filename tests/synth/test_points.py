"""The 106 points as places in texture coordinates."""

import numpy as np
import pytest

from lapa_annotator.domain.classes import Label
from lapa_annotator.domain.schema import MIRROR
from lapa_annotator.synth.points import (
    MIDDLE,
    OUTLINE_POINTS,
    BrowShape,
    class_outlines,
    mirrored,
    points_uv,
    smooth,
)
from lapa_annotator.synth.rings import inside

UV = points_uv(BrowShape())
OFF_THE_SKIN = [74, 83, 104, 105]


def test_every_point_but_pupils_and_eye_centres_has_a_place():
    assert np.flatnonzero(np.isnan(UV[:, 0])).tolist() == OFF_THE_SKIN


def test_the_face_is_symmetric():
    known = np.setdiff1d(np.arange(106), OFF_THE_SKIN)
    assert np.abs(mirrored(UV)[MIRROR][known] - UV[known]).max() < 1e-12


def test_left_is_left():
    assert (UV[33:42, 1] < MIDDLE).all()
    assert (UV[75:83, 1] > MIDDLE).all()


@pytest.mark.parametrize("label", OUTLINE_POINTS)
def test_outlines_run_through_their_points(label):
    outline = dict(class_outlines(UV))[label]
    ring = np.concatenate([outline, outline[:1]])
    pieces = np.linspace(ring[:-1], ring[1:], 20).reshape(-1, 2)
    for point in OUTLINE_POINTS[label]:
        assert np.hypot(*(pieces - UV[point]).T).min() < 1e-4, point


def test_thick_brows_are_thicker_and_raised_brows_higher():
    thick, raised = points_uv(BrowShape(thickness=1.4)), points_uv(BrowShape(raised=0.002))
    height = UV[39, 0] - UV[36, 0]
    assert thick[39, 0] - thick[36, 0] > 1.2 * height
    assert raised[36, 0] < UV[36, 0]


def test_the_lips_enclose_the_mouth():
    outlines = dict(class_outlines(UV))
    middle = np.array([[0.909, MIDDLE]])
    assert inside(outlines[Label.INNER_MOUTH], middle)[0]
    assert not inside(outlines[Label.UPPER_LIP], middle)[0]


def test_a_smooth_curve_passes_its_points():
    points = np.array([[0.0, 0.0], [1.0, 0.5], [2.0, 0.0]])
    curve = smooth(points, closed=False, steps=5)
    assert (curve[::5] == points).all()
