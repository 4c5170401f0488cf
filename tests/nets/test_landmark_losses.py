"""The losses of heat maps, against sums written out."""

import numpy as np
import pytest
import torch

from lapa_annotator.nets.landmark_losses import heatmap_losses

SIGMA = 1.4


def gaussian(x, y, width, height):
    """A Gaussian of sum 1, drawn cell by cell."""
    rows, columns = np.mgrid[:height, :width]
    bell = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * SIGMA**2))
    return bell / bell.sum()


def values(losses):
    return torch.stack(losses).tolist()


def test_the_divergence_is_that_of_the_map_s_softmax_from_the_gaussian():
    logits = torch.randn(1, 1, 12, 16, generator=torch.Generator().manual_seed(0))
    found, _ = heatmap_losses(logits, torch.tensor([[[7.3, 4.6]]]), torch.ones(1, 1), SIGMA)
    true = gaussian(7.3, 4.6, 16, 12)
    raw = np.exp(logits[0, 0].double().numpy())
    share = raw / raw.sum()
    assert float(found) == pytest.approx(float((true * np.log(true / share)).sum()), rel=1e-4)


def test_a_perfect_map_costs_nothing():
    logits = torch.tensor(np.log(gaussian(8.2, 7.7, 16, 16)))[None, None].float()
    losses = heatmap_losses(logits, torch.tensor([[[8.2, 7.7]]]), torch.ones(1, 1), SIGMA)
    assert values(losses) == pytest.approx([0, 0], abs=1e-4)


def test_the_distance_of_a_flat_map_is_that_of_its_middle():
    logits = torch.zeros(1, 1, 16, 16)
    _, distance = heatmap_losses(logits, torch.tensor([[[3.5, 9.5]]]), torch.ones(1, 1), SIGMA)
    # Beyond one pixel the smooth distance is the distance less a half, on either axis.
    assert float(distance) == pytest.approx((4 - 0.5) + (2 - 0.5))


def test_points_without_weight_and_outside_of_the_map_count_nothing():
    logits = torch.randn(1, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    logits.requires_grad_()
    points = torch.tensor([[[5.0, 5.0], [9.0, 9.0], [16.2, 3.0]]])
    weights = torch.tensor([[1.0, 0.0, 1.0]])
    losses = heatmap_losses(logits, points, weights, SIGMA)
    alone = heatmap_losses(logits[:, :1], points[:, :1], torch.ones(1, 1), SIGMA)
    assert values(losses) == pytest.approx(values(alone))
    sum(losses).backward()
    assert logits.grad[0, 0].abs().sum() > 0
    assert logits.grad[0, 1:].abs().sum() == 0


def test_a_batch_without_any_point_gives_zero_and_no_gradient():
    logits = torch.randn(2, 1, 8, 8, requires_grad=True)
    losses = heatmap_losses(logits, torch.full((2, 1, 2), 99.0), torch.ones(2, 1), SIGMA)
    sum(losses).backward()
    assert values(losses) == [0, 0]
    assert torch.isfinite(logits.grad).all()


def test_half_precision_logits_are_summed_in_full():
    logits = torch.randn(1, 2, 16, 16, generator=torch.Generator().manual_seed(2)).bfloat16()
    points, weights = torch.full((1, 2, 2), 6.25), torch.ones(1, 2)
    with torch.autocast("cpu", torch.bfloat16):
        half = heatmap_losses(logits, points, weights, SIGMA)
    full = heatmap_losses(logits.float(), points, weights, SIGMA)
    assert torch.equal(torch.stack(half), torch.stack(full))
