"""The face detector: its shapes, its size, and that every part of it learns."""

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from lapa_annotator.nets.detector import Detector, sides  # noqa: E402
from lapa_annotator.nets.registry import build_network  # noqa: E402

torch.set_num_threads(1)
SMALL = (4, 4, 6, 6, 6)


@pytest.mark.parametrize(("height", "width"), [(64, 64), (32, 96)])
def test_it_answers_with_seven_planes_on_a_grid_of_an_eighth(height, width):
    found = Detector(SMALL, depth=1)(torch.rand(2, 3, height, width))
    assert found.shape == (2, 7, height // 8, width // 8)


def test_it_has_half_a_million_parameters():
    network = build_network("detector")
    assert sum(p.numel() for p in network.parameters()) == pytest.approx(5e5, rel=0.01)


def test_before_training_it_sees_no_face_anywhere():
    torch.manual_seed(0)
    heat = Detector(SMALL, depth=1).eval()(torch.rand(1, 3, 64, 64))[:, 0]
    assert torch.sigmoid(heat).max() < 0.05


def test_every_weight_learns():
    torch.manual_seed(0)
    network = Detector(SMALL, depth=1)
    network(torch.rand(2, 3, 64, 64)).square().sum().backward()
    idle = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert not idle


def test_wild_answers_still_give_sides_of_finite_length():
    wild = torch.tensor([-1e4, 1e4, 0.0, 1.0]).reshape(1, 4, 1, 1)
    raw = torch.cat([torch.zeros(1, 1, 1, 1), wild, torch.zeros(1, 2, 1, 1)], dim=1)
    found = sides(raw)
    assert torch.isfinite(found).all()
    assert found[0, 2, 0, 0] == 1
