"""The losses of paper 003 against cases worked out by hand."""

import math

import pytest
import torch

from lapa_annotator.domain.classes import Label
from lapa_annotator.nets.components import BOXES, Stages, TwoStages, box_grids
from lapa_annotator.nets.recurrent import Propagated
from lapa_annotator.nets.recurrent_losses import (
    component_truth,
    interior_loss,
    recurrent_loss,
    stages_loss,
)


def _logit(p):
    return math.log(p / (1 - p))


def test_gates_are_to_be_shut_on_boundaries_and_open_elsewhere():
    # Of four pixels the first is a boundary; the three others count fully: fewer than five.
    logits = torch.tensor([_logit(p) for p in (0.3, 0.9, 0.8, 0.6)]).view(1, 1, 1, 4)
    boundary = torch.tensor([[[True, False, False, False]]])
    by_hand = -(math.log(0.7) + math.log(0.9) + math.log(0.8) + math.log(0.6)) / 4
    loss = interior_loss(logits, boundary, torch.ones(1, 1, 4))
    assert loss.item() == pytest.approx(by_hand)


def test_five_of_the_inside_count_for_one_of_the_boundary():
    # One boundary pixel and twenty others, of which each counts a quarter.
    logits = torch.tensor([_logit(0.5)] + [_logit(0.9)] * 20).view(1, 1, 1, 21)
    boundary = torch.zeros(1, 1, 21, dtype=torch.bool)
    boundary[..., 0] = True
    by_hand = -(math.log(0.5) + 5 * math.log(0.9)) / 6
    loss = interior_loss(logits, boundary, torch.ones(1, 1, 21))
    assert loss.item() == pytest.approx(by_hand, rel=1e-5)


def test_what_is_not_believed_does_not_count_for_the_gates():
    logits = torch.tensor([_logit(p) for p in (0.3, 0.9, 0.8, 0.01)]).view(1, 1, 1, 4)
    boundary = torch.tensor([[[True, False, False, False]]])
    weights = torch.tensor([[[1.0, 1.0, 1.0, 0.0]]])
    by_hand = -(math.log(0.7) + math.log(0.9) + math.log(0.8)) / 3
    assert interior_loss(logits, boundary, weights).item() == pytest.approx(by_hand, rel=1e-5)


@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_without_a_boundary_gates_cost_nothing(weight):
    boundary = torch.zeros(1, 2, 2, dtype=torch.bool)
    loss = interior_loss(torch.randn(1, 1, 2, 2), boundary, torch.full((1, 2, 2), weight))
    assert loss.item() == 0


def test_the_three_losses_are_added_up():
    two = torch.tensor([[0.5, 0.5], [0.2, 0.8]]).log().T[None, :, None, :]
    ids, ones = torch.tensor([[[0, 1]]]), torch.ones(1, 1, 2)
    boundary = torch.tensor([[[True, False]]])
    said = Propagated(two, torch.zeros(1, 1, 1, 2), two)
    total, parts = recurrent_loss(said, ids, ones, boundary)
    semantic = (-math.log(0.5) - math.log(0.8)) / 2
    assert parts["gates"].item() == pytest.approx(math.log(2))
    assert total.item() == pytest.approx(2 * semantic + math.log(2), rel=1e-6)


def test_what_is_not_said_costs_nothing():
    two = torch.tensor([[0.5, 0.5], [0.2, 0.8]]).log().T[None, :, None, :]
    boundary = torch.tensor([[[True, False]]])
    total, parts = recurrent_loss(
        Propagated(None, None, two), torch.tensor([[[0, 1]]]), torch.ones(1, 1, 2), boundary
    )
    assert list(parts) == ["semantic"]
    assert total.item() == parts["semantic"].item()


POINTS = torch.tensor([[[20.0, 20], [40, 20], [30, 32], [22, 40], [38, 40]]])


def test_a_components_truth_is_cut_out_where_its_box_lies():
    ids = torch.zeros(1, 64, 64, dtype=torch.int64)
    ids[:, :, :30] = Label.SKIN
    ids[:, 10:30, 15:25] = Label.LEFT_EYE
    ids[:, 30:34] = Label.NOSE
    grid = box_grids(ids[:, None].float(), POINTS)[0]
    truth, weights = component_truth(BOXES[0], grid, ids, torch.ones(1, 64, 64))
    assert truth.unique().tolist() == [0, 2]
    # The box is 20 pixels wide from 9 on, 64 of its own: the eye is 10 of the 20.
    assert (truth[0, 32] == 2).float().mean().item() == pytest.approx(0.5, abs=0.05)
    assert weights.min().item() == 1


def test_nothing_is_known_off_the_picture():
    ids = torch.full((1, 64, 64), int(Label.NOSE))
    off = POINTS - torch.tensor([32.0, 0.0])
    grid = box_grids(ids[:, None].float(), off)[2]
    truth, weights = component_truth(BOXES[2], grid, ids, torch.ones(1, 64, 64))
    assert 0.3 < weights.mean() < 0.8
    assert torch.equal(truth, weights.long())


def test_both_stages_learn_from_one_label_map():
    ids = torch.zeros(1, 64, 64, dtype=torch.int64)
    ids[:, 5:60, 10:50] = Label.SKIN
    ids[:, 17:38, 25:35] = Label.NOSE
    net = TwoStages()
    said = net.branches(torch.rand(1, 3, 64, 64), POINTS)
    boundary = torch.zeros(1, 64, 64, dtype=torch.bool)
    boundary[:, 5] = True
    grids = box_grids(ids[:, None].float(), POINTS)
    total, parts = stages_loss(said, grids, ids, torch.ones(1, 64, 64), boundary)
    assert set(parts) == {"semantic", "coarse", "gates", "eye", "nose", "mouth"}
    assert total.item() == pytest.approx(sum(p.item() for p in parts.values()), rel=1e-5)
    total.backward()
    assert all(p.grad is not None for p in net.parameters())


def test_a_nose_is_skin_to_the_first_stage():
    ids = torch.tensor([[[Label.NOSE, Label.HAIR, Label.BACKGROUND, Label.SKIN]]])
    sure = torch.tensor([[1, 2, 0, 1]])
    logits = torch.full((1, 3, 1, 4), -20.0).scatter(1, sure[:, None, None], 20.0)
    blank = [torch.zeros(1, 1 + len(box.labels), 2, 2) for box in BOXES]
    said = Stages(logits, None, None, *blank)
    grids = tuple(torch.full((1, 2, 2, 2), 9.0) for _ in BOXES)
    none = torch.zeros(1, 1, 4, dtype=torch.bool)
    _, parts = stages_loss(said, grids, ids, torch.ones(1, 1, 4), none)
    assert parts["semantic"].item() == pytest.approx(0, abs=1e-6)
    assert parts["nose"].item() == 0
