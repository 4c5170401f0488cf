"""Whole sets are scored part by part and class by class."""

import numpy as np
import pytest

from lapa_annotator.domain.schema import GROUPS, IBUG68_SHARED
from lapa_annotator.training.evaluation import (
    LabelPair,
    LandmarkPair,
    parsing_rows,
    score_by_yaw,
    score_labels,
    score_landmarks,
)

EVERY = np.arange(106)


def _truth() -> np.ndarray:
    """Points with the outer eye corners 100 apart in a box of 100 x 64: √(w·h) = 80."""
    points = np.tile([50.0, 32.0], (106, 1))
    points[66], points[79] = (0, 32), (100, 32)
    points[16], points[37] = (50, 64), (50, 0)
    return points


def _pair(name: str, **shifts: float) -> LandmarkPair:
    predicted = _truth()
    for group, shift in shifts.items():
        predicted[list(GROUPS[group]), 0] += shift
    return LandmarkPair(name, predicted, EVERY, _truth())


def test_each_part_is_scored_over_the_faces() -> None:
    pairs = [_pair("a", mouth=10.0), _pair("b", mouth=4.0), _pair("c")]
    rows = {(r.normaliser, r.part): r for r in score_landmarks(pairs)}
    mouth = rows["inter-ocular", "mouth"]
    assert (mouth.points, mouth.faces) == (20, 3)
    assert mouth.mean == pytest.approx(14 / 3)
    assert mouth.median == pytest.approx(4.0)
    assert mouth.auc == pytest.approx((0 + 4 + 8) / 24)
    assert mouth.failure == pytest.approx(1 / 3)
    assert rows["box", "mouth"].mean == pytest.approx(14 / 3 / 0.8)
    assert rows["inter-ocular", "nose"].mean == 0
    assert rows["inter-ocular", "all points"].mean == pytest.approx(14 / 3 * 20 / 106)
    assert rows["inter-ocular", "inner points"].mean == pytest.approx(14 / 3 * 20 / 73)


def test_only_points_with_a_truth_count() -> None:
    indices = np.array(sorted(IBUG68_SHARED))
    predicted = _truth()
    predicted[33:51] += 1000  # brows, which iBUG-68 has elsewhere
    pair = LandmarkPair("a", predicted, indices, _truth()[indices])
    rows = {r.part: r for r in score_landmarks([pair]) if r.normaliser == "inter-ocular"}
    assert "eyebrows" not in rows
    assert (rows["all points"].points, rows["all points"].mean) == (50, 0)
    assert rows["contour"].points == 17


def test_a_truth_that_gives_no_normaliser_is_refused() -> None:
    with pytest.raises(ValueError, match="outer eye corner, point 66 or 79, is missing"):
        LandmarkPair("a", _truth(), EVERY[:70], _truth()[:70])
    with pytest.raises(ValueError, match="corners coincide"):
        LandmarkPair("a", _truth(), EVERY, np.zeros((106, 2)))


def _turned(yaw: float) -> np.ndarray:
    """A head of made-up points in depth, turned by ``yaw`` degrees and seen from afar."""
    points = np.random.default_rng(0).normal(0, 20, (106, 3))
    for i, place in RIGID_POINTS.items():
        points[i] = np.array(place) * 100
    turn = np.radians(yaw)
    x = points[:, 0] * np.cos(turn) + points[:, 2] * np.sin(turn)
    return np.column_stack([x, points[:, 1]]) + 200


# Rough places of eye corners, brows, nose and mouth corners: right, down, away; eyes 1 apart.
RIGID_POINTS = {
    **{33: (-0.6, -0.1, 0.0), 37: (-0.15, -0.2, -0.2), 42: (0.15, -0.2, -0.2), 46: (0.6, -0.1, 0)},
    **{51: (0, 0, -0.2), 54: (0, 0.4, -0.43), 58: (-0.24, 0.45, -0.17), 60: (0, 0.55, -0.2)},
    **{62: (0.24, 0.45, -0.17), 66: (-0.5, 0, 0.08), 70: (-0.2, 0, 0), 75: (0.2, 0, 0)},
    **{79: (0.5, 0, 0.08), 84: (-0.37, 0.72, 0.11), 90: (0.37, 0.72, 0.11)},
}


def test_turned_heads_are_scored_apart() -> None:
    truths = [_turned(yaw) for yaw in (0, 5, -30, 60)]
    pairs = [LandmarkPair(str(i), t + i, EVERY, t) for i, t in enumerate(truths)]
    rows = score_by_yaw(pairs)
    assert [(r.part, r.faces) for r in rows] == [
        ("inner, yaw < 20°", 2),
        ("inner, yaw 20–40°", 1),
        ("inner, yaw > 40°", 1),
    ]
    alone = next(r for r in score_landmarks(pairs[2:3]) if r.part == "inner points")
    assert rows[1].mean == alone.mean
    assert [r.faces for r in score_by_yaw(pairs[:2])] == [2]


def test_no_faces_give_no_rows() -> None:
    assert score_landmarks([]) == score_by_yaw([]) == []


def test_label_maps_are_counted_into_one_matrix() -> None:
    skin, nose = (np.full((4, 4), c, np.uint8) for c in (1, 6))
    confusion = score_labels([LabelPair("a", skin, skin), LabelPair("b", nose, skin)])
    rows = dict(parsing_rows(confusion))
    assert rows["skin"] == pytest.approx(2 * 16 / (16 + 32))
    assert rows["nose"] == 0
    assert rows["mean of the ten classes"] == pytest.approx(rows["skin"] / 2)
    assert list(rows)[-1] == "Helen overall"
    assert np.isnan(rows["hair"])


def test_maps_of_two_sizes_are_named() -> None:
    pair = LabelPair("photo 7", np.zeros((4, 4), np.uint8), np.zeros((4, 5), np.uint8))
    with pytest.raises(ValueError, match="photo 7: label maps of different sizes"):
        score_labels([pair])
