"""Confidences: probabilities that never turn around, and a file that keeps them."""

import json

import numpy as np
import pytest

from lapa_annotator.dla.calibration import (
    FEATURES,
    GROUP_OF_POINT,
    ROUGH,
    SIGNS,
    Calibration,
    features,
)
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.schema import GROUPS


def seen(entropy=3.5, mass=0.9, disagreement=0.02, eyes=0.35) -> np.ndarray:
    ones = np.ones(106)
    return features(entropy * ones, mass * ones, disagreement * ones, eyes)


def test_each_doubt_alone_lowers_the_confidence():
    sure = ROUGH.confidence(seen())
    for doubt in ({"entropy": 5.0}, {"mass": 0.4}, {"disagreement": 0.1}):
        assert (ROUGH.confidence(seen(**doubt)) < sure).all()


def test_the_rough_curves_keep_to_the_signs():
    for column, sign in enumerate(SIGNS):
        assert sign == 0 or (sign * ROUGH.weights[:, column] >= 0).all()


def test_extremes_stay_probabilities():
    for extreme in (seen(8.4, 0.0, 30.0, 0.0), seen(0.0, 1.0, 0.0, 1.0)):
        found = ROUGH.confidence(extreme)
        assert np.isfinite(extreme).all() and ((found >= 0) & (found <= 1)).all()


def test_each_group_of_points_has_curves_of_its_own(tmp_path):
    weights = np.zeros((len(GROUPS), len(FEATURES)))
    weights[:, 0] = np.arange(len(GROUPS))
    path = tmp_path / "curves.json"
    path.write_text(Calibration(weights, "a test").to_json(), encoding="utf-8")
    read = Calibration.read(path)
    assert read.about == "a test"
    assert read.confidence(seen()) == pytest.approx(1 / (1 + np.exp(-GROUP_OF_POINT)))


@pytest.mark.parametrize("content", ["", "{}", "[1]", json.dumps({"curves": {"nose": {}}})])
def test_a_damaged_file_is_told(tmp_path, content):
    path = tmp_path / "curves.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match="holds no calibration"):
        Calibration.read(path)
