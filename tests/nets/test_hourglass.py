"""The hourglass: its shapes, its size, and that every part of it learns."""

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from lapa_annotator.nets.flops import cost_of  # noqa: E402
from lapa_annotator.nets.hourglass import Hourglass  # noqa: E402

torch.set_num_threads(1)


@pytest.mark.parametrize(("stacks", "width", "depth"), [(1, 8, 4), (2, 16, 2)])
def test_each_stack_gives_a_map_of_a_quarter_of_the_side_for_every_point(stacks, width, depth):
    found = Hourglass(stacks=stacks, width=width, depth=depth)(torch.rand(2, 3, 64, 128))
    assert [tuple(maps.shape) for maps in found] == [(2, 106, 16, 32)] * stacks


def test_the_paper_s_size_has_3_45_million_parameters_and_10_5_gflop():
    cost = cost_of(Hourglass(), 256)
    assert cost.parameters == pytest.approx(3.45e6, rel=0.005)
    assert cost.flops == pytest.approx(10.5e9, rel=0.005)


def test_a_second_stack_reads_the_maps_of_the_first():
    torch.manual_seed(0)
    network = Hourglass(points=5, stacks=2, width=8, depth=1)
    network(torch.rand(1, 3, 32, 32))[1].sum().backward()
    assert all(
        p.grad is not None and p.grad.abs().sum() > 0
        for p in network.stacks[0].parameters()
        if p.requires_grad
    )


def test_the_first_stack_is_supervised_itself():
    network = Hourglass(points=5, stacks=2, width=8, depth=1)
    network(torch.rand(1, 3, 32, 32))[0].sum().backward()
    assert network.stacks[0].heatmaps.weight.grad.abs().sum() > 0
    assert network.stacks[1].heatmaps.weight.grad is None
