"""AGRNet's losses against cases that were worked out by hand (paper 004, equations 8 to 11)."""

import math

import pytest
import torch

from lapa_annotator.nets.agrnet import Reasoned
from lapa_annotator.nets.agrnet_losses import (
    Shares,
    agrnet_loss,
    apart_loss,
    attention_loss,
    edge_loss,
    edges_of,
)
from lapa_annotator.nets.parsing_losses import IGNORED

ONES = torch.ones(1, 1, 2)
# Two pixels, two classes: the first says 0.5 and 0.5, the second 0.2 and 0.8.
TWO = torch.tensor([[0.5, 0.5], [0.2, 0.8]]).log().T[None, :, None, :]
IDS = torch.tensor([[[0, 1]]])


def test_an_edge_has_one_of_four_neighbours_of_another_class():
    labels = torch.zeros(1, 4, 5, dtype=torch.long)
    labels[0, 1, 2] = 7
    expected = torch.zeros(1, 4, 5, dtype=torch.bool)
    for row, column in ((1, 2), (0, 2), (2, 2), (1, 1), (1, 3)):
        expected[0, row, column] = True
    assert torch.equal(edges_of(labels), expected)


def test_the_pictures_border_is_no_edge():
    assert not edges_of(torch.full((1, 3, 3), 4)).any()


def test_what_is_ignored_is_no_edge_and_makes_none():
    labels = torch.tensor([[[1, 1, IGNORED, 2, 3]]])
    assert edges_of(labels)[0, 0].tolist() == [False, False, False, True, True]


def test_the_edge_map_is_learned_by_plain_cross_entropy():
    logits = torch.tensor([math.log(p / (1 - p)) for p in (0.5, 0.1)]).view(1, 1, 1, 2)
    edges = torch.tensor([[[True, False]]])
    by_hand = -(math.log(0.5) + math.log(0.9)) / 2
    assert edge_loss(logits, edges, ONES).item() == pytest.approx(by_hand)


def test_equation_8_counts_edge_pixels_alone():
    edges = torch.tensor([[[False, True]]])
    assert attention_loss(TWO, IDS, ONES, edges).item() == pytest.approx(-math.log(0.8))


def test_equation_8_believes_an_edge_pixel_as_far_as_it_is_known():
    edges = torch.tensor([[[True, True]]])
    weights = torch.tensor([[[1.0, 0.5]]])
    by_hand = (-math.log(0.5) - 0.5 * math.log(0.8)) / 1.5
    assert attention_loss(TWO, IDS, weights, edges).item() == pytest.approx(by_hand)


def test_without_edges_nothing_is_lost():
    assert attention_loss(TWO, IDS, ONES, torch.zeros(1, 1, 2, dtype=torch.bool)).item() == 0


def test_equations_9_and_10_on_three_vertices():
    # Unit vectors at 0°, 30° and 180°: distances 2 sin 15° = 0.5176, 2 and 2 sin 75° = 1.93.
    angles = torch.tensor([0.0, 30.0, 180.0]).deg2rad()
    vertices = torch.stack([angles.cos(), angles.sin()], dim=1)[None] * torch.tensor(
        [[[2.0], [5.0], [0.1]]]
    )
    near = (1 - 2 * math.sin(math.radians(15))) ** 2
    # One pair, both ways, of six.
    assert apart_loss(vertices).item() == pytest.approx(2 * near / 6, rel=1e-5)


def test_vertices_a_unit_apart_lose_nothing():
    # 60° are a distance of 1 on the circle.
    angles = torch.tensor([0.0, 61.0]).deg2rad()
    vertices = torch.stack([angles.cos(), angles.sin()], dim=1)[None]
    assert apart_loss(vertices).item() == 0


def test_the_same_pixel_picked_twice_loses_one_and_has_a_gradient():
    vertices = torch.ones(1, 2, 4, requires_grad=True)
    loss = apart_loss(vertices)
    loss.backward()
    assert loss.item() == pytest.approx(1, abs=1e-5)
    assert torch.isfinite(vertices.grad).all()


def test_a_vertex_alone_loses_nothing():
    assert apart_loss(torch.rand(2, 1, 4)).item() == 0


def test_equation_11_adds_five_up_with_the_papers_weights():
    edges = torch.tensor([[[True, False]]])
    said = Reasoned(TWO, TWO, torch.zeros(1, 1, 1, 2), torch.ones(1, 2, 3))
    total, parts = agrnet_loss(said, IDS, ONES, edges, Shares())
    semantic = (-math.log(0.5) - math.log(0.8)) / 2
    by_hand = 1.5 * semantic + math.log(2) + -math.log(0.5) + 0.1 * 1
    assert total.item() == pytest.approx(by_hand, rel=1e-4)
    assert set(parts) == {"final", "raw", "edges", "attention", "apart"}


def test_a_loss_without_weight_or_word_is_left_out():
    edges = torch.tensor([[[True, False]]])
    said = Reasoned(TWO, None, None, None)
    total, parts = agrnet_loss(said, IDS, ONES, edges, Shares(attention=0))
    assert list(parts) == ["final"]
    assert total.item() == pytest.approx(0.5 * parts["final"].item())
