"""What networks cost: counted by hand for small ones, and for every row without failing."""

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from lapa_annotator.nets.flops import Cost, cost_of, cost_of_row  # noqa: E402
from lapa_annotator.nets.registry import NETWORKS  # noqa: E402


def test_a_convolution_costs_two_operations_for_each_weight_and_place():
    conv = torch.nn.Conv2d(3, 8, 3, stride=2, padding=1, bias=True)
    assert cost_of(conv, (16, 32)) == Cost(8 * 27 + 8, 2 * 8 * 27 * 8 * 16)


def test_groups_cost_less_and_transposed_convolutions_by_their_input():
    grouped = torch.nn.Conv2d(3, 6, 1, groups=3, bias=False)
    assert cost_of(grouped, 4).flops == 2 * 6 * 16
    transposed = torch.nn.ConvTranspose2d(3, 2, 2, stride=2, bias=False)
    assert cost_of(transposed, 4).flops == 2 * 3 * 2 * 4 * 16


def test_a_linear_layer_costs_its_weights():
    module = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(48, 5, bias=False))
    assert cost_of(module, 4).flops == 2 * 48 * 5


def test_counting_leaves_a_network_where_it_is():
    module = torch.nn.Conv2d(3, 1, 1).train()
    cost_of(module, 4)
    assert module.training and module.weight.device.type == "cpu"


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_of_the_table_has_a_cost(name):
    cost = cost_of_row(NETWORKS[name])
    assert cost.parameters > 1e4 and cost.flops > 1e7
