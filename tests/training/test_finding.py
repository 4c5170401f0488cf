"""Scores of face detection."""

import pytest

from lapa_annotator.domain.geometry import Box
from lapa_annotator.training.finding import score_boxes

FACE, OTHER = Box(0, 0, 10, 10), Box(50, 50, 60, 60)


def box(face, score=0.9, dx=0.0, roll=0.0):
    return Box(face.x0 + dx, face.y0, face.x1 + dx, face.y1, score, roll)


def score(found, faces, doubtful=()):
    return score_boxes([found], [(faces, doubtful)], least=0.5)


def test_a_perfect_detector_scores_full_marks():
    found = score([box(FACE), box(OTHER)], [FACE, OTHER])
    assert (found.recall, found.false_alarms, found.average_precision) == (1, 0, 1)
    assert (found.iou, found.roll) == (1, 0)


def test_a_missed_face_and_a_false_alarm_are_counted():
    found = score([box(FACE), box(FACE, dx=30)], [FACE, OTHER])
    assert (found.recall, found.false_alarms) == (0.5, 1)


def test_a_second_box_of_a_face_is_a_false_alarm():
    assert score([box(FACE), box(FACE, 0.8, dx=1)], [FACE]).false_alarms == 1


def test_unsure_boxes_count_for_the_average_precision_alone():
    found = score([box(FACE, 0.3)], [FACE])
    assert (found.recall, found.false_alarms, found.average_precision) == (0, 0, 1)


def test_a_surer_false_alarm_costs_precision_and_a_less_sure_one_does_not():
    before = score([box(FACE, 0.8), box(OTHER, 0.9)], [FACE]).average_precision
    after = score([box(FACE, 0.8), box(OTHER, 0.7)], [FACE]).average_precision
    assert (before, after) == (0.5, 1.0)


def test_doubtful_faces_may_be_found_or_not():
    assert score([box(OTHER)], [], [OTHER]).false_alarms == 0
    assert score([], [FACE], [OTHER]).faces == 1


def test_rolls_are_compared_the_short_way_round():
    turned = Box(0, 0, 10, 10, roll=178)
    assert score([box(FACE, roll=-179)], [turned]).roll == pytest.approx(3)


def test_no_pictures_score_nothing():
    found = score_boxes([], [])
    assert (found.recall, found.false_alarms, found.average_precision) == (0, 0, 0)
