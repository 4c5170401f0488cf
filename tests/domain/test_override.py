"""The override layer: what was painted lies on top, and nothing else changes."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapa_annotator.domain.override import EMPTY, UNSET, Occluder, Patch
from tests.domain.strategies import layers, patches


def _plane(layer: Patch, size: int = 30) -> np.ndarray:
    """What the layer says of every pixel of a picture."""
    return layer.region(0, 0, size, size).values


@given(layers, patches())
def test_putting_a_patch_replaces_its_rectangle_and_nothing_else(
    layer: Patch, patch: Patch
) -> None:
    expected = np.array(_plane(layer))
    h, w = patch.values.shape
    expected[patch.y : patch.y + h, patch.x : patch.x + w] = patch.values
    np.testing.assert_array_equal(_plane(layer.put(patch)), expected)


@given(layers, patches())
def test_putting_back_what_was_there_undoes_a_patch(layer: Patch, patch: Patch) -> None:
    before = layer.region(patch.x, patch.y, patch.values.shape[1], patch.values.shape[0])
    assert layer.put(patch).put(before) == layer


@given(patches())
def test_trimming_says_the_same_in_the_smallest_rectangle(patch: Patch) -> None:
    trimmed = patch.trimmed()
    np.testing.assert_array_equal(_plane(trimmed), _plane(patch))
    if trimmed.values.size:
        edges = (trimmed.values[0], trimmed.values[-1], trimmed.values[:, 0], trimmed.values[:, -1])
        assert all((edge != UNSET).any() for edge in edges)
    else:
        assert trimmed == EMPTY


@given(patches(), st.integers(1, 20), st.integers(1, 20))
def test_applying_sets_what_is_set_and_stays_inside_the_picture(
    patch: Patch, height: int, width: int
) -> None:
    labels = np.full((height, width), 7, np.uint8)
    out = patch.apply(labels)
    says = _plane(patch)[:height, :width]
    np.testing.assert_array_equal(out, np.where(says == UNSET, 7, says))
    assert (labels == 7).all(), "the map that came in is left alone"


@given(layers)
def test_layers_survive_json(layer: Patch) -> None:
    assert Patch.from_dict(json.loads(json.dumps(layer.to_dict()))) == layer


def test_the_empty_layer_says_nothing() -> None:
    labels = np.full((3, 3), 4, np.uint8)
    np.testing.assert_array_equal(EMPTY.apply(labels), labels)
    assert (_plane(EMPTY) == UNSET).all()
    assert EMPTY.trimmed() == EMPTY


def test_a_patch_cannot_be_changed_in_place() -> None:
    with pytest.raises(ValueError, match="read-only"):
        Patch(0, 0, np.zeros((2, 2), np.uint8)).values[0, 0] = 3


def test_what_is_no_patch_is_refused() -> None:
    with pytest.raises(ValueError, match="class ids 0 to 10 or 255"):
        Patch(0, 0, np.full((2, 2), 11, np.uint8))
    with pytest.raises(ValueError, match="starts inside the picture"):
        Patch(-1, 0, np.zeros((2, 2), np.uint8))
    with pytest.raises(ValueError, match="two dimensions"):
        Patch(0, 0, np.zeros(4, np.uint8))


@pytest.mark.parametrize("shape", [[2, 3], [9, 9], [1, 1]])
def test_values_that_do_not_fill_the_shape_are_refused(shape: list[int]) -> None:
    data = Patch(0, 0, np.zeros((2, 2), np.uint8)).to_dict() | {"shape": shape}
    with pytest.raises(ValueError, match="override patch of"):
        Patch.from_dict(data)


@pytest.mark.parametrize("value", [*range(11), UNSET, *Occluder])
def test_a_layer_knows_whether_it_holds_what_hides_a_face(value: int) -> None:
    values = np.array([[UNSET, value], [0, 10]], np.uint8)
    assert Patch(0, 0, values).hides == (value in list(Occluder))


@pytest.mark.parametrize("value", [11, 99, 106, 127, 128, 254])
def test_a_value_that_means_nothing_is_refused(value: int) -> None:
    with pytest.raises(ValueError, match="class ids 0 to 10"):
        Patch(0, 0, np.array([[0, value]], np.uint8))


@given(layers, st.integers(0, 9), st.integers(0, 9))
def test_a_part_says_what_the_layer_says_there_wherever_it_is_moved(
    layer: Patch, left: int, top: int
) -> None:
    height, width = layer.values.shape
    left, top = min(left, width), min(top, height)
    place = layer.x + left, layer.y + top, width - left, height - top
    part = layer.part(*place)
    assert part == layer.region(*place)
    assert (part.moved(2, 3).x, part.moved(2, 3).y) == (part.x + 2, part.y + 3)
    np.testing.assert_array_equal(part.moved(2, 3).values, part.values)
