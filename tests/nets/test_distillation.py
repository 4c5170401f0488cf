"""Distillation on cases computed by hand (paper 001, section V)."""

import math

import pytest
import torch

from lapa_annotator.nets.distillation import (
    distillation_loss,
    reweighed,
    soft_divergence,
    trusted,
)
from lapa_annotator.nets.parsing_losses import IGNORED


def _logits(*pixels):
    """(1, C, 1, number of pixels)."""
    return torch.tensor(pixels, dtype=torch.float32).T[None, :, None]


def test_a_student_that_says_what_its_teacher_says_has_nothing_to_learn():
    said = _logits((1, 2, 3), (0, 0, 5))
    assert soft_divergence(said, said + 7, 4.0).abs().max().item() < 1e-6


def test_the_divergence_is_that_of_the_softened_answers():
    # Divided by 4 the teacher says 3 : 1, the student 1 : 1.
    teacher = _logits((4 * math.log(3), 0.0))
    student = _logits((0.0, 0.0))
    expected = 0.75 * math.log(0.75 / 0.5) + 0.25 * math.log(0.25 / 0.5)
    assert soft_divergence(student, teacher, 4.0).item() == pytest.approx(expected, rel=1e-5)


def test_the_answers_of_highest_loss_are_not_believed():
    teacher = _logits((5, 0), (0.2, 0), (0, 5), (2, 0), (9, 0))
    ids = torch.tensor([[[0, 0, 0, 0, IGNORED]]])
    # Losses grow from the first to the fourth, to the second, to the third; a quarter of four
    # known pixels is one.
    assert trusted(teacher, ids, 0.25)[0, 0].tolist() == [True, True, False, True, False]
    assert trusted(teacher, ids, 0.5)[0, 0].tolist() == [True, False, False, True, False]
    assert trusted(teacher, ids, 0.0)[0, 0].tolist() == [True, True, True, True, False]


def test_by_its_own_word_a_teacher_is_doubted_where_it_is_unsure():
    teacher = _logits((5, 0), (0.2, 0), (0, 5), (2, 0))
    kept = trusted(teacher, teacher.argmax(dim=1), 0.25)
    assert kept[0, 0].tolist() == [True, False, True, True]


def test_each_picture_leaves_out_its_own_worst():
    easy, hard = _logits((5, 0), (4, 0)), _logits((0, 5), (0, 4))
    ids = torch.zeros(2, 1, 2, dtype=torch.long)
    kept = trusted(torch.cat([easy, hard]), ids, 0.5)
    assert kept[:, 0].tolist() == [[True, False], [False, True]]


def test_small_classes_weigh_more():
    ids = torch.tensor([[[0, 1, 4, 10, IGNORED]]])
    assert reweighed(ids, range(2, 10), 3.0)[0, 0].tolist() == [1, 1, 3, 1, 1]


def test_a_weight_raises_its_own_pixels_gradient_and_no_others():
    teacher = _logits((2, 0), (0, 2))
    gradients = []
    for weight in (1.0, 3.0):
        student = torch.zeros(1, 2, 1, 2, requires_grad=True)
        weights = torch.tensor([[[1.0, weight]]])
        distillation_loss(student, teacher, 4.0, weights).backward()
        gradients.append(student.grad[0, 0, 0])
    assert gradients[1][0].item() == pytest.approx(gradients[0][0].item())
    assert gradients[1][1].item() == pytest.approx(3 * gradients[0][1].item())


def test_pixels_left_out_do_not_count():
    teacher, student = _logits((2, 0), (0, 9)), _logits((0, 0), (0, 0))
    both = distillation_loss(student, teacher, 1.0, torch.tensor([[[1.0, 0.0]]]))
    one = soft_divergence(student, teacher, 1.0)[0, 0, 0]
    assert both.item() == pytest.approx(one.item())
