"""Head pose from points."""

import numpy as np
import pytest

from lapa_annotator.dla.pose import _INDICES, _MODEL, estimate_pose


def _seen_from(yaw: float, pitch: float, roll: float) -> np.ndarray:
    """Project the rigid model after turning it: yaw to image right, pitch up, roll clockwise."""
    y, p, r = np.radians([yaw, pitch, roll])
    turn_yaw = np.array([[np.cos(y), 0, -np.sin(y)], [0, 1, 0], [np.sin(y), 0, np.cos(y)]])
    turn_pitch = np.array([[1, 0, 0], [0, np.cos(p), np.sin(p)], [0, -np.sin(p), np.cos(p)]])
    turn_roll = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    points = np.zeros((106, 2))
    points[_INDICES] = (_MODEL @ (turn_roll @ turn_pitch @ turn_yaw).T)[:, :2] * 80 + 200
    return points


@pytest.mark.parametrize(
    "angles", [(0, 0, 0), (60, 0, 0), (-35, 20, 0), (15, -25, 40), (-70, 5, -30)]
)
def test_the_pose_a_model_was_seen_from_is_found_again(angles):
    pose = estimate_pose(_seen_from(*angles))
    assert (pose.yaw, pose.pitch, pose.roll) == pytest.approx(angles, abs=1e-6)


def test_a_nose_that_points_to_image_right_is_a_positive_yaw():
    points = _seen_from(30, 0, 0)
    assert points[54, 0] > points[[66, 79], 0].mean()
    assert estimate_pose(points).yaw > 0


def test_points_that_coincide_give_a_frontal_pose():
    pose = estimate_pose(np.full((106, 2), 5.0))
    assert (pose.yaw, pose.pitch, pose.roll) == (0, 0, 0)


def test_points_that_are_not_known_do_not_turn_the_head():
    points = _seen_from(35, 0, 0)
    points[33:51] += 40
    known = np.setdiff1d(np.arange(106), np.arange(33, 51))
    assert estimate_pose(points, known).yaw == pytest.approx(35, abs=1e-6)
    assert abs(estimate_pose(points).yaw - 35) > 1
