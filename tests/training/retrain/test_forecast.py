"""The learning curve's power law: found again, honest about what cannot be known."""

import math

import numpy as np
import pytest

from lapa_annotator.training.retrain.forecast import CurvePoint, fit_power_law, forecast

FACES = [500, 1000, 2000, 4000, 8000, 16000]


def curve(faces, law):
    return [CurvePoint(f"v{k}", n, law(n), 0.6, math.nan, math.nan) for k, n in enumerate(faces)]


def test_a_law_without_a_floor_is_found_again():
    law = fit_power_law(FACES[:3], [20 * n**-0.3 for n in FACES[:3]])
    assert law.slope == pytest.approx(0.3, abs=0.01)
    assert law.at(8000) == pytest.approx(20 * 8000**-0.3, rel=0.02)


def test_a_floor_is_found_where_there_are_points_enough():
    law = fit_power_law(FACES, [60 * n**-0.5 + 1.5 for n in FACES])
    assert law.floor == pytest.approx(1.5, abs=0.1)
    assert law.at(64000) == pytest.approx(60 * 64000**-0.5 + 1.5, rel=0.03)


def test_noise_widens_the_interval_around_the_forecast():
    rng = np.random.default_rng(0)
    clean = [20 * n**-0.3 for n in FACES]
    noisy = fit_power_law(FACES, np.array(clean) * np.exp(rng.normal(0, 0.05, len(FACES))))
    low, high = noisy.interval(32000)
    assert low < 20 * 32000**-0.3 < high
    assert high / low > 1.05
    exact_low, exact_high = fit_power_law(FACES, clean).interval(32000)
    assert exact_high / exact_low < 1.01


def test_errors_that_rise_promise_nothing():
    law = fit_power_law([100, 200, 400], [3.0, 3.1, 3.3])
    assert law.slope == pytest.approx(0, abs=1e-6)
    assert forecast(curve([100, 200, 400], lambda n: 3 + n / 1000), 2000).gain < 1e-6


def test_more_faces_are_worth_it_while_the_curve_falls():
    early = forecast(curve(FACES[:3], lambda n: 20 * n**-0.3), 2000)
    assert early.faces == 4000
    assert early.worth_it
    late = forecast(curve(FACES, lambda n: 60 * n**-0.8 + 2), 2000)
    assert not late.worth_it


def test_one_version_is_no_curve():
    assert forecast(curve([500], lambda n: 3.0), 2000) is None
    assert forecast([], 2000) is None
    assert fit_power_law([500, 500], [3.0, 2.9]) is None
