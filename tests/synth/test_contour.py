"""Moving the jaw's line out to the outline that is seen."""

import numpy as np

from lapa_annotator.synth.contour import _push_out, _resample

SQUARE = np.array([[[10.0, 0.0], [30.0, 0.0], [30.0, 40.0], [10.0, 40.0]]])


def test_points_before_an_outline_are_moved_onto_it():
    line = np.array([[20.0, 5.0], [20.0, 20.0], [20.0, 35.0]])
    moved = _push_out(line, np.array([-20.0, 20.0]), SQUARE)
    assert np.abs(moved[:, 0] - 30).max() < 0.3


def test_points_beyond_an_outline_stay():
    line = np.array([[35.0, 5.0], [50.0, 20.0]])
    assert (_push_out(line, np.array([0.0, 20.0]), SQUARE) == line).all()


def test_points_of_a_curve_are_evenly_spaced_in_the_picture():
    curve = np.array([[0.0, 0, 1], [1, 0, 1], [10, 0, 3]])
    assert _resample(curve, 6)[:, 0].tolist() == [0, 2, 4, 6, 8, 10]
