"""Heat maps: what is drawn is read back, whatever lies around it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lapa_annotator.dla.crops import SIZE, face_crop
from lapa_annotator.dla.heatmaps import SIDE, decode, encode, from_heatmap, to_heatmap
from lapa_annotator.domain.geometry import Similarity
from tests.dla.faces import POINTS

PLACE = st.floats(-0.49, SIDE - 0.51)


def logits_of(maps: np.ndarray) -> np.ndarray:
    """Logits whose softmax the maps are."""
    return np.log(np.maximum(maps, 1e-12)).astype(np.float32)


@settings(deadline=None)
@given(st.lists(st.tuples(PLACE, PLACE), min_size=1, max_size=20))
def test_a_point_anywhere_on_the_map_is_read_back(places):
    points = np.array(places)
    found = decode(logits_of(encode(points)))
    # In pixels of the crop, which has four for each of the map.
    assert 4 * np.hypot(*(found.points - points).T).max() < 0.05


@pytest.mark.parametrize("roll", [-70.0, 0.0, 12.5, 160.0])
def test_a_face_comes_back_through_crop_and_heat_maps(roll):
    face = Similarity.about((0, 0), (600, 500), 1.9, roll).apply(POINTS)
    crop = face_crop(face)
    found = decode(logits_of(encode(to_heatmap(crop.apply(face)))))
    back = crop.inverse().apply(from_heatmap(found.points))
    assert crop.scale * np.hypot(*(back - face).T).max() < 0.05


def test_heat_map_pixels_are_the_middles_of_four_by_four_crop_pixels():
    assert to_heatmap(np.array([1.5, 253.5])).tolist() == [0.0, 63.0]
    assert SIZE == 4 * SIDE


def test_each_map_is_a_share_of_one_and_nothing_where_the_point_lies_outside():
    maps = encode(np.array([[3.2, 60.9], [-0.6, 10.0], [30.0, 63.6]]))
    assert maps.shape == (3, SIDE, SIDE) and maps.dtype == np.float32
    assert maps.sum(axis=(1, 2)) == pytest.approx([1, 0, 0], abs=1e-5)
    assert np.unravel_index(maps[0].argmax(), maps[0].shape) == (61, 3)


def test_a_second_weaker_maximum_costs_confidence_and_not_the_place():
    point = np.array([[20.3, 30.7], [50.0, 10.0]])
    maps = encode(point)
    mixed = decode(logits_of((0.7 * maps[0] + 0.3 * maps[1])[None]))
    alone = decode(logits_of(maps[:1]))
    assert 4 * np.hypot(*(mixed.points - point[:1]).T).max() < 0.05
    assert mixed.confidence[0] == pytest.approx(0.7, abs=0.01)
    assert alone.confidence[0] > 0.99
    assert mixed.entropy[0] > alone.entropy[0]


def test_a_flat_map_has_the_largest_entropy_there_is():
    flat = decode(np.zeros((1, SIDE, SIDE), np.float32))
    assert flat.entropy[0] == pytest.approx(np.log(SIDE * SIDE))
    assert flat.confidence[0] < 0.05


def test_a_constant_on_all_logits_changes_nothing():
    logits = np.random.default_rng(1).normal(size=(2, SIDE, SIDE)).astype(np.float32)
    one, other = decode(logits), decode(logits + 8)
    assert one.points == pytest.approx(other.points, abs=1e-3)
    assert one.entropy == pytest.approx(other.entropy, abs=1e-4)
