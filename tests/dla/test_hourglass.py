"""The proposer: whatever box it is given, its points are in pixels of the image."""

import numpy as np
import pytest

from lapa_annotator.dla import hourglass
from lapa_annotator.dla.calibration import Calibration
from lapa_annotator.dla.hourglass import HourglassProposer
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.geometry import Box, Similarity
from lapa_annotator.domain.schema import GROUPS
from tests.dla.faces import POINTS, KnowingNetwork, map_picture


def face(roll: float = 0.0) -> np.ndarray:
    return Similarity.about((50, 50), (250, 200), 1.5, roll).apply(POINTS)


@pytest.fixture
def knowing(monkeypatch, tmp_path):
    """Make a proposer whose network knows the points."""

    def make(points: np.ndarray, blur: float = 0.0, mirrored: bool = True):
        network = KnowingNetwork(points, blur)
        monkeypatch.setattr(hourglass, "session_of", lambda *_: network)
        path = tmp_path / "network.xml"
        return HourglassProposer("ours", path, mirrored=mirrored), network

    return make


@pytest.mark.parametrize("roll", [0.0, 25.0, -80.0])
@pytest.mark.parametrize("mirrored", [True, False])
def test_points_come_back_in_pixels_of_the_image(knowing, roll, mirrored):
    points = face(roll)
    proposer, _ = knowing(points, mirrored=mirrored)
    found = proposer.propose(map_picture(), Box.around(points))
    # A quarter of a pixel: the picture tells its places in 256 shades.
    assert np.hypot(*(found.points - points).T).max() < 0.25
    assert set(found.model) == {"ours"}


def test_a_box_that_gives_the_right_crop_needs_no_second_pass(knowing):
    points = face()
    proposer, network = knowing(points, mirrored=False)
    proposer.propose(map_picture(), Box.around(points))
    assert network.looks == 1


@pytest.mark.parametrize(
    "box", [Box(100, 80, 330, 330), Box(215, 165, 275, 235), Box(170, 120, 320, 270, roll=40)]
)
def test_a_box_that_is_off_is_corrected_by_a_second_pass(knowing, box):
    points = face()
    proposer, network = knowing(points, mirrored=False)
    found = proposer.find(map_picture(), box)
    assert network.looks >= 2
    # The smallest box shows few pixels, and what is doubtful is drawn to the usual shape.
    assert np.hypot(*(found.points - points).T)[33:].max() < 0.8


def test_where_two_looks_disagree_the_mean_is_taken_and_confidence_falls(knowing):
    points = face()
    box = Box.around(points)
    sure, _ = knowing(points)
    agreed = sure.propose(map_picture(), box).confidence
    doubtful, _ = knowing(points, blur=16.0)
    split = doubtful.propose(map_picture(), box)
    assert (split.confidence < agreed).all()
    assert 1 < np.hypot(*(split.points - points).T).max() < 10


def test_a_calibration_beside_the_network_gives_the_confidences(knowing, tmp_path):
    points = face()
    weights = np.zeros((len(GROUPS), 5))
    weights[:, 0] = np.log(0.8 / 0.2)
    (tmp_path / "network.json").write_text(Calibration(weights).to_json(), encoding="utf-8")
    proposer, _ = knowing(points)
    assert proposer.propose(map_picture(), Box.around(points)).confidence == pytest.approx(0.8)


def test_weights_that_are_not_here_are_told():
    with pytest.raises(InputError, match="no model file has this name"):
        HourglassProposer("hourglass-of-nobody")


def test_a_network_of_its_own_file_proposes(tmp_path):
    """Random weights, converted as trained ones are: nothing is right, and nothing fails."""
    torch = pytest.importorskip("torch", reason="torch is not installed")
    from lapa_annotator.nets.registry import build_network
    from lapa_annotator.runtime.convert import export_ir

    torch.set_num_threads(1)
    torch.manual_seed(0)
    path = export_ir(build_network("hourglass", width=8), 256, tmp_path / "tiny.xml")
    picture = np.random.default_rng(0).integers(0, 255, (90, 120, 3), np.uint8)
    found = HourglassProposer("tiny", path).propose(picture, Box(30, 20, 80, 70))
    assert np.isfinite(found.points).all()
    assert ((found.confidence > 0) & (found.confidence < 1)).all()
