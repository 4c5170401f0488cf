"""Losses against cases that were worked out by hand (LaPa, equations 1 to 4)."""

import math

import pytest
import torch

from lapa_annotator.nets.bspnet import Branches
from lapa_annotator.nets.parsing_losses import (
    IGNORED,
    Balance,
    boundaries,
    boundary_loss,
    fusion_loss,
    parsing_loss,
    semantic_loss,
)

ONES = torch.ones(1, 1, 2)


def _logits(*probabilities):
    """(1, C, 1, n) logits of the probabilities of n pixels."""
    return torch.tensor(probabilities).log().T[None, :, None, :]


# Two pixels, two classes: the first says 0.5 and 0.5, the second 0.2 and 0.8.
TWO = _logits([0.5, 0.5], [0.2, 0.8])
IDS = torch.tensor([[[0, 1]]])


def test_equation_2_is_the_mean_of_minus_log_p():
    by_hand = (-math.log(0.5) - math.log(0.8)) / 2
    assert semantic_loss(TWO, IDS, ONES).item() == pytest.approx(by_hand)


def test_a_soft_truth_weighs_every_classs_log_p():
    soft = torch.tensor([[[[0.7, 0.25]], [[0.3, 0.75]]]])
    by_hand = (
        -(0.7 * math.log(0.5) + 0.3 * math.log(0.5)) - (0.25 * math.log(0.2) + 0.75 * math.log(0.8))
    ) / 2
    assert semantic_loss(TWO, soft, ONES).item() == pytest.approx(by_hand)


def test_a_sure_soft_truth_is_the_hard_one():
    hard = torch.tensor([[[[1.0, 0.0]], [[0.0, 1.0]]]])
    assert semantic_loss(TWO, hard, ONES).item() == pytest.approx(
        semantic_loss(TWO, IDS, ONES).item()
    )


def test_a_pixel_that_is_half_believed_counts_half():
    weights = torch.tensor([[[1.0, 0.5]]])
    by_hand = (-math.log(0.5) - 0.5 * math.log(0.8)) / 1.5
    assert semantic_loss(TWO, IDS, weights).item() == pytest.approx(by_hand)


def test_nothing_believed_costs_nothing():
    assert semantic_loss(TWO, IDS, torch.zeros(1, 1, 2)).item() == 0


def test_equation_3_gives_each_kind_the_others_share():
    # One boundary pixel of four: it weighs 3/4 and the others 1/4 each, 3/2 in all.
    said = _logits([0.5], [0.1], [0.1], [0.4])
    said = said - torch.log1p(-torch.exp(said))  # logits of a sigmoid
    truth = torch.tensor([[[True, False, False, False]]])
    others = -(2 * math.log(0.9) + math.log(0.6))
    by_hand = (0.75 * -math.log(0.5) + 0.25 * others) / 1.5
    assert boundary_loss(said, truth, torch.ones(1, 1, 4)).item() == pytest.approx(by_hand)


@pytest.mark.parametrize("everywhere", [True, False])
def test_a_picture_of_one_kind_alone_has_no_boundary_loss(everywhere):
    truth = torch.full((1, 1, 4), everywhere)
    assert boundary_loss(torch.randn(1, 1, 1, 4), truth, torch.ones(1, 1, 4)).item() == 0


def test_equation_4_counts_a_boundary_pixel_201_times():
    boundary = torch.tensor([[[False, True]]])
    by_hand = (-math.log(0.5) - 201 * math.log(0.8)) / 2
    assert fusion_loss(TWO, IDS, ONES, boundary, 200.0).item() == pytest.approx(by_hand)


def test_equation_1_adds_the_three_up_with_1_1_and_2():
    boundary = torch.tensor([[[True, False]]])
    edges = torch.zeros(1, 1, 1, 2)
    total, parts = parsing_loss(Branches(TWO, edges, TWO), IDS, ONES, boundary, Balance())
    semantic = (-math.log(0.5) - math.log(0.8)) / 2
    fused = (-201 * math.log(0.5) - math.log(0.8)) / 2
    assert parts["boundary"].item() == pytest.approx(math.log(2))
    assert total.item() == pytest.approx(semantic + math.log(2) + 2 * fused, rel=1e-6)


def test_without_alpha_it_is_model_b():
    boundary = torch.tensor([[[True, False]]])
    said = Branches(TWO, torch.zeros(1, 1, 1, 2), TWO)
    _, parts = parsing_loss(said, IDS, ONES, boundary, Balance(alpha=0))
    assert parts["fused"].item() == pytest.approx(parts["semantic"].item())


def test_model_a_has_the_semantic_loss_alone():
    boundary = torch.tensor([[[True, False]]])
    total, parts = parsing_loss(Branches(TWO, None, None), IDS, ONES, boundary, Balance())
    assert list(parts) == ["semantic"]
    assert total.item() == parts["semantic"].item()


def test_a_boundary_is_a_pixel_on_each_side_of_where_classes_meet():
    labels = torch.zeros(1, 5, 6, dtype=torch.long)
    labels[:, :, 3:] = 4
    assert boundaries(labels).nonzero()[:, 2].unique().tolist() == [2, 3]


def test_classes_that_touch_at_a_corner_have_a_boundary_there():
    labels = torch.zeros(1, 4, 4, dtype=torch.long)
    labels[0, :2, :2] = labels[0, 2:, 2:] = 1
    assert boundaries(labels)[0, 1, 1]
    assert not boundaries(labels)[0, 0, 0]


def test_the_pictures_edge_is_no_boundary():
    assert not boundaries(torch.full((1, 4, 4), 3)).any()


def test_what_is_ignored_is_no_boundary_and_makes_none():
    labels = torch.zeros(1, 3, 6, dtype=torch.uint8)
    labels[:, :, 2:4] = IGNORED
    labels[:, :, 5] = 1
    assert boundaries(labels)[0, 1].tolist() == [False, False, False, False, True, True]
