"""Confidences fitted on faces: right on others, never turned around, kept with the network."""

import numpy as np
import pytest

from lapa_annotator.dla import hourglass
from lapa_annotator.dla.calibration import GROUP_OF_POINT, SIGNS, Calibration, features
from lapa_annotator.dla.hourglass import HourglassProposer
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.geometry import Box, Similarity
from lapa_annotator.training.calibration import (
    CURVES,
    NETWORK,
    PICTURE,
    calibrate,
    calibration_error,
    fit_calibration,
    reliability,
)
from lapa_annotator.training.data.sample import Sample
from tests.dla.faces import POINTS, KnowingNetwork, map_picture


def drawn(faces: int, seed: int, truth: Calibration) -> tuple[np.ndarray, np.ndarray]:
    """Features of faces, and hits that follow given curves."""
    rng = np.random.default_rng(seed)
    seen = np.stack(
        [
            features(
                rng.uniform(2, 7, 106),
                rng.uniform(0, 1, 106),
                rng.uniform(0, 0.2, 106),
                rng.uniform(0.1, 0.5),
            )
            for _ in range(faces)
        ]
    )
    return seen, rng.random((faces, 106)) < truth.confidence(seen)


@pytest.fixture
def truth():
    rows = np.array([[k - 1, -0.8, 0.6, -0.9, 0.5] for k in range(5)], dtype=np.float64)
    return Calibration(rows)


def test_curves_are_found_again_and_hold_on_other_faces(truth):
    found = fit_calibration(*drawn(600, 0, truth))
    assert found.weights == pytest.approx(truth.weights, abs=0.4)
    seen, hits = drawn(200, 1, truth)
    assert calibration_error(reliability(found.confidence(seen), hits)) < 0.02


def test_a_feature_never_turns_around_even_if_the_faces_say_so():
    misleading = Calibration(np.tile([0.0, 1.0, -1.0, 1.0, -1.0], (5, 1)))
    found = fit_calibration(*drawn(100, 0, misleading))
    for column, sign in enumerate(SIGNS):
        assert sign == 0 or (sign * found.weights[:, column] >= 0).all()


def test_points_that_nobody_believes_do_not_count(truth):
    seen, hits = drawn(300, 0, truth)
    weights = np.ones(hits.shape)
    weights[150:] = 0
    wrong = hits.copy()
    wrong[150:] = ~wrong[150:]
    one, other = fit_calibration(seen, wrong, weights), fit_calibration(seen[:150], hits[:150])
    assert one.weights == pytest.approx(other.weights, abs=1e-2)


def test_few_faces_without_any_miss_give_curves_that_are_finite(truth):
    seen, _ = drawn(2, 0, truth)
    found = fit_calibration(seen, np.ones((2, 106), bool))
    assert np.isfinite(found.weights).all()
    assert found.confidence(seen).mean() > 0.9


def test_bins_say_how_many_of_the_points_are_right():
    sure = np.array([0.12, 0.14, 0.92, 0.94, 1.0, 0.96])
    low, high = reliability(sure, np.array([True, False, True, True, True, False]))
    assert low == pytest.approx((0.13, 0.5, 2))
    assert high == pytest.approx((0.955, 0.75, 4))
    assert calibration_error([low, high]) == pytest.approx((2 * 0.37 + 4 * 0.205) / 6)


FACE = Similarity.about((50, 50), (250, 200), 1.5, 0).apply(POINTS)


class Faces:
    """A source that shows one face again and again."""

    name = "faces"

    def __init__(self, count: int) -> None:
        self.count = count

    def __len__(self) -> int:
        return self.count

    def load(self, index: int) -> Sample:
        return Sample(map_picture(), FACE, str(index))


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A run whose network finds all points but the mouth's."""
    believed = FACE.copy()
    believed[84:104] += (0, 25)
    network = KnowingNetwork(believed)
    monkeypatch.setattr(hourglass, "session_of", lambda *_: network)
    folder = tmp_path / "run"
    folder.mkdir()
    return folder


def test_a_run_gets_curves_that_know_which_points_are_wrong(run):
    *counts, report = calibrate(run, [Faces(6)])
    assert counts == [1, 2, 3, 4, 5, 6]
    assert report.faces == 6
    assert (run / PICTURE).read_bytes().startswith(b"\x89PNG")
    proposer = HourglassProposer("ours", run / NETWORK)
    confidence = proposer.propose(map_picture(), Box.around(FACE)).confidence
    mouth = GROUP_OF_POINT[90] == GROUP_OF_POINT
    assert confidence[mouth].max() < 0.2
    assert confidence[~mouth].min() > 0.8
    assert "6 held-out faces of faces" in Calibration.read(run / CURVES).about


def test_too_few_faces_are_told(run):
    with pytest.raises(InputError, match="has 2 faces to calibrate on"):
        list(calibrate(run, [Faces(2)]))
    assert not (run / CURVES).exists()
