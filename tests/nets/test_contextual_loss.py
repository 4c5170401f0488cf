"""The statistical contextual loss on cases computed by hand (paper 001, equations 2 to 7)."""

import pytest
import torch

from lapa_annotator.nets.contextual_loss import (
    Centres,
    Contextual,
    decay_gradient,
    distances,
    easy,
    inter_class,
    intra_class,
    towards,
)
from lapa_annotator.nets.parsing_losses import IGNORED
from lapa_annotator.nets.vgg import Semantics

FEATURES = torch.tensor([[2.0, 0.0], [4.0, 0.0], [0.0, 3.0]])
LABELS = torch.tensor([0, 0, 1])
CENTRES = torch.tensor([[1.0, 0.0], [0.0, 1.0], [5.0, 5.0]])


def test_equation_2_draws_centres_to_their_features():
    # Class 0: ((1 - 2) + (1 - 4)) / (1 + 2), class 1: (1 - 3) / (1 + 1), class 2 is not there.
    expected = torch.tensor([[-4 / 3, 0.0], [0.0, -1.0], [0.0, 0.0]])
    torch.testing.assert_close(towards(FEATURES, LABELS, CENTRES), expected)


def test_equation_3_is_half_the_mean_squared_distance():
    # Distances squared: 1, 9 and 4.
    assert intra_class(FEATURES, LABELS, CENTRES).item() == pytest.approx(0.5 * 14 / 3)


def test_equation_4_is_of_the_two_nearest_centres_alone():
    # 0 and 1 lie 2 apart (squared), 0 and 2: 16 + 25, 1 and 2: 25 + 16.
    how = Contextual(class_aware=False, margin=3.0)
    assert inter_class(CENTRES, how).item() == pytest.approx(1.0)
    assert inter_class(10 * CENTRES, how).item() == 0


def test_equation_5_leaves_out_pixels_harder_than_their_class():
    losses = torch.tensor([0.1, 0.5, 0.3, 2.0, 2.0])
    labels = torch.tensor([0, 0, 0, 1, 1])
    # Class 0 has the mean 0.3: not below it is left out; class 1 the mean 2.
    assert easy(losses, labels, 3).tolist() == [True, False, False, False, False]


def test_equation_6_compares_two_centres_in_their_own_dimensions():
    centres = torch.tensor([[2.0, -1.0, 9.0], [0.5, 1.0, -9.0], [0.0, 0.0, 1.0]])
    apart = distances(centres, class_aware=True)
    # (c_00 - c_10)² + (c_01 - c_11)² = 1.5² + 2²; the third dimension has no say.
    assert apart[0, 1].item() == pytest.approx(6.25)
    assert apart[1, 0].item() == pytest.approx(6.25)
    # (c_00 - c_20)² + (c_02 - c_22)² = 4 + 64, (c_11 - c_21)² + (c_12 - c_22)² = 1 + 100
    assert apart[0, 2].item() == pytest.approx(68)
    assert apart[1, 2].item() == pytest.approx(101)
    # Nearest: 6.25, 6.25 and 68, against a margin of 7.
    assert inter_class(centres, Contextual(margin=7.0)).item() == pytest.approx(1.5)


def test_equation_7_lets_positive_elements_fall_but_for_the_classs_own():
    centres = torch.tensor([[3.0, 0.5], [-2.0, -1.0]])
    torch.testing.assert_close(decay_gradient(centres), torch.tensor([[0.0, 1.0], [0.0, 0.0]]))


def _said(scores):
    return Semantics(scores * 2, scores, scores)


def _scene():
    """A picture of two pixels of each of two classes, and an unknown one."""
    scores = torch.zeros(1, 2, 1, 5)
    scores[0, 0, 0] = torch.tensor([3.0, 1.0, -1.0, -2.0, 9.0])
    scores[0, 1, 0] = torch.tensor([-3.0, -1.0, 1.0, 2.0, 9.0])
    return scores, torch.tensor([[[0, 0, 1, 1, IGNORED]]])


def test_in_training_the_centres_take_a_step_and_otherwise_not():
    scores, ids = _scene()
    centres = Centres(2, 2, Contextual(hard_aware=False, inter=False, decay=0.0))
    centres.eval()(_said(scores), ids)
    assert not centres.values.any()
    centres.train()(_said(scores), ids)
    # From zero by 0.1 of Δc: the features' sum over one more than their number.
    expected = 0.1 / 3 * torch.tensor([[4.0, -4.0], [-3.0, 3.0]])
    torch.testing.assert_close(centres.values, expected)


def test_hard_pixels_do_not_move_centres_but_are_drawn_to_them():
    scores, ids = _scene()
    centres = Centres(2, 2, Contextual(inter=False, decay=0.0))
    intra, _ = centres(_said(scores), ids)
    expected = 0.1 / 2 * torch.tensor([[3.0, -3.0], [-2.0, 2.0]])
    torch.testing.assert_close(centres.values, expected)
    assert intra.item() == pytest.approx(0.5 * (18 + 2 + 2 + 8) / 4)


def test_centres_are_pushed_apart_up_to_the_margin():
    scores, ids = _scene()
    centres = Centres(2, 2, Contextual(hard_aware=False, decay=0.0))
    centres.values.copy_(torch.tensor([[0.6, 0.5], [0.5, 0.6]]))
    before = distances(centres.values, True)[0, 1].item()
    ids = torch.full_like(ids, IGNORED)
    _, apart = centres(_said(scores), ids)
    assert apart.item() == pytest.approx(2 * (3 - before))
    assert distances(centres.values, True)[0, 1].item() > before


def test_without_the_semantic_space_features_of_the_last_but_one_layer_count():
    scores, ids = _scene()
    near, far = (Centres(2, 2, Contextual(semantic=s)) for s in (True, False))
    assert far(_said(scores), ids)[0].item() == pytest.approx(
        4 * near(_said(scores), ids)[0].item()
    )


def test_centre_decay_is_equation_7_and_without_it_all_centres_fall():
    scores, ids = _scene()
    ids = torch.full_like(ids, IGNORED)
    start = torch.tensor([[3.0, 1.0], [-1.0, 2.0]])
    ends = []
    for aware in (True, False):
        how = Contextual(inter=False, centre_decay=aware, decay=1.0)
        centres = Centres(2, 2, how)
        centres.values.copy_(start)
        centres(_said(scores), ids)
        ends.append(centres.values)
    torch.testing.assert_close(ends[0], torch.tensor([[3.0, 0.8], [-1.0, 2.0]]))
    torch.testing.assert_close(ends[1], 0.9 * start)


def test_only_features_get_a_gradient():
    scores, ids = _scene()
    scores.requires_grad_()
    centres = Centres(2, 2, Contextual())
    intra, apart = centres(_said(scores), ids)
    (intra + apart).backward()
    assert scores.grad[0, :, 0, :4].abs().sum() > 0
    assert not scores.grad[0, :, 0, 4].any()


def test_labels_are_brought_to_the_size_of_the_features():
    scores = torch.randn(1, 2, 4, 4)
    ids = torch.zeros(1, 8, 8, dtype=torch.long)
    ids[:, :, 4:] = 1
    centres = Centres(2, 2, Contextual(hard_aware=False, inter=False))
    intra, _ = centres(Semantics(scores, scores, scores), ids)
    assert intra.item() == pytest.approx(0.5 * scores.square().sum().item() / 16, rel=1e-5)
