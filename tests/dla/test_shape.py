"""Shapes: a point that nobody is sure of lies where the others say, and sure ones stay."""

import numpy as np
import pytest

from lapa_annotator.dla.pose import estimate_pose
from lapa_annotator.dla.shape import (
    TURNS,
    Shapes,
    learn_shapes,
    load_shapes,
    save_shapes,
    shipped_shapes,
    variance_of,
)
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.geometry import Similarity
from lapa_annotator.domain.schema import N_POINTS, OUTER_EYE_CORNERS, mirror_points
from tests.dla.faces import POINTS

SURE = np.full(N_POINTS, 0.99)
LIP = 87
WIDTH = 500


def face(seed: int = 0, roll: float = 0.0) -> np.ndarray:
    """A face of about 200 pixels, a little narrower or wider and with its own mouth."""
    rng = np.random.default_rng(seed)
    points = POINTS * (1 + 0.05 * rng.normal(), 1)
    points[84:104, 1] += 3 * rng.normal()
    return Similarity.about((50, 50), (250, 200), 1.5, roll).apply(points)


@pytest.fixture(scope="module")
def shapes() -> Shapes:
    return learn_shapes([([face(seed) for seed in range(60)], 1.0)])


def moved(settled: np.ndarray, points: np.ndarray) -> np.ndarray:
    return np.hypot(*(settled - points).T)


def test_a_doubtful_point_that_jumped_comes_back_and_sure_ones_stay(shapes):
    truth = face(1000)
    seen, confidence = truth.copy(), SURE.copy()
    seen[LIP] += (0, 30)
    confidence[LIP] = 0.02
    settled = shapes.settle(seen, confidence)
    assert moved(settled, truth)[LIP] < 8
    assert np.delete(moved(settled, truth), LIP).max() < 2


def test_a_sure_point_far_from_the_usual_stays_where_it_is_seen(shapes):
    seen = face(1000)
    seen[LIP] += (0, 12)
    assert moved(shapes.settle(seen, SURE), seen)[LIP] < 4


def test_the_less_sure_a_point_the_farther_it_is_drawn(shapes):
    seen = face(1000)
    seen[LIP] += (0, 20)
    drawn = []
    for sure in (0.98, 0.7, 0.3, 0.05):
        confidence = SURE.copy()
        confidence[LIP] = sure
        drawn.append(moved(shapes.settle(seen, confidence), seen)[LIP])
    assert drawn == sorted(drawn) and drawn[-1] > drawn[0] + 5


@pytest.mark.parametrize("roll", [0.0, 40.0, 180.0])
@pytest.mark.parametrize("scale", [0.2, 3.0])
def test_place_size_and_roll_of_the_face_make_no_difference(shapes, roll, scale):
    seen = face(1000)
    seen[LIP] += (0, 20)
    confidence = np.linspace(0.2, 0.95, N_POINTS)
    way = Similarity.about((250, 200), (30, 900), scale, roll)
    there = shapes.settle(way.apply(seen), confidence)
    assert moved(there, way.apply(shapes.settle(seen, confidence))).max() < 1e-6


@pytest.mark.parametrize("yaw", [25.0, -25.0, 70.0])
def test_a_mirrored_face_settles_as_its_mirror_image(yaw):
    turned = face(3)
    middle = turned[:, 0].mean()
    turned[:, 0] += np.where(turned[:, 0] < middle, 1, -1) * yaw * 0.4
    turned[51:65, 0] += yaw
    assert abs(estimate_pose(turned).yaw) > 10
    confidence = np.linspace(0.2, 0.95, N_POINTS)
    shapes = shipped_shapes()
    one = shapes.settle(turned, confidence)
    order = mirror_points(np.column_stack([confidence, confidence]), 1)[:, 1]
    other = shapes.settle(mirror_points(turned, WIDTH), order)
    assert moved(mirror_points(other, WIDTH), one).max() < 1e-6


def test_a_confidence_means_the_distance_that_it_was_calibrated_for():
    points = face()
    a, b = OUTER_EYE_CORNERS
    eyes = np.hypot(*(points[a] - points[b]))
    deviation = np.sqrt(variance_of(points, np.full(N_POINTS, 0.8)))
    drawn = np.random.default_rng(0).normal(size=(4000, N_POINTS, 2)) * deviation[:, None]
    assert (np.hypot(*drawn.T) < 0.05 * eyes).mean() == pytest.approx(0.8, abs=0.01)


def test_folders_count_by_their_shares():
    narrow, wide = face() * (0.9, 1), face() * (1.1, 1)
    kinds = [([narrow] * 9, 1.0), ([wide], 9.0)]
    mean = learn_shapes(kinds).mean[0]
    near_wide, near_narrow = (learn_shapes([([f], 1.0)]).mean[0] for f in (wide, narrow))
    assert np.abs(mean - near_wide).sum() < np.abs(mean - near_narrow).sum() / 4


def test_shapes_of_nobody_are_refused():
    with pytest.raises(ValueError, match="at least one face"):
        learn_shapes([])


def test_shapes_are_kept_and_found_again(shapes, tmp_path):
    path = tmp_path / "shapes.npz"
    save_shapes(path, shapes, {"data": "a test"})
    again = load_shapes(path)
    assert again.mean == pytest.approx(shapes.mean, abs=1e-3)
    assert again.covariance == pytest.approx(shapes.covariance, rel=1e-4, abs=1e-3)


def test_a_damaged_file_is_told(shapes, tmp_path):
    path = tmp_path / "shapes.npz"
    with pytest.raises(InputError, match="cannot be read"):
        load_shapes(path)
    save_shapes(path, shapes)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(InputError, match="install the program again"):
        load_shapes(path)


def test_the_shipped_shapes_are_of_heads_turned_ever_farther():
    mean = shipped_shapes().mean.reshape(len(TURNS), N_POINTS, 2)
    yaws = [estimate_pose(points).yaw for points in mean]
    assert abs(yaws[0]) < 3
    assert yaws[0] + 15 < yaws[1] < yaws[2] - 15


def test_what_is_expected_of_a_face_turns_grows_and_mirrors_with_it(shapes):
    points = face(3)
    same = Similarity(1.0, 0.0, 0.0, 0.0)
    mean, covariance = shapes.expected(points, same)
    assert moved(mean.reshape(N_POINTS, 2), points).mean() < 12
    way = Similarity.about((0.0, 0.0), (40.0, 7.0), 0.5, 30.0)
    there, wide = shapes.expected(points, way)
    assert np.allclose(there.reshape(N_POINTS, 2), way.apply(mean.reshape(N_POINTS, 2)))
    assert np.isclose(np.trace(wide), np.trace(covariance) / 4, rtol=0.1)
    mirrored, _ = shapes.expected(mirror_points(points, WIDTH), same)
    again = mirror_points(mirrored.reshape(N_POINTS, 2), WIDTH)
    assert moved(again, mean.reshape(N_POINTS, 2)).max() < 2


def test_shapes_of_turns_between_those_that_are_kept_are_a_mixture(shapes):
    same = Similarity(1.0, 0.0, 0.0, 0.0)
    rng = np.random.default_rng(0)
    unlike = Shapes(shapes.mean + 5 * rng.normal(size=(len(TURNS), 1)), shapes.covariance)
    points = face(3)
    yaw = abs(estimate_pose(points).yaw)
    share = yaw / TURNS[1]
    mean, _ = unlike.expected(points, same)
    ends = [replace_mean(unlike, k).expected(points, same)[0] for k in (0, 1)]
    assert np.allclose(mean, (1 - share) * ends[0] + share * ends[1])


def replace_mean(shapes: Shapes, k: int) -> Shapes:
    """Shapes that are those of one turn whatever the turn."""
    return Shapes(np.repeat(shapes.mean[k : k + 1], len(TURNS), axis=0), shapes.covariance)
