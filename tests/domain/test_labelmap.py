"""Label maps are checked at the border, coloured as LaPa does, mirrored with their sides."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lapa_annotator.domain.classes import CLASSES, FOREGROUND, N_CLASSES, Label, palette
from lapa_annotator.domain.labelmap import check_label_map, colourise, mirror

label_maps = arrays(np.uint8, st.tuples(*[st.integers(1, 12)] * 2), elements=st.integers(0, 10))


def test_classes_stand_in_the_order_of_their_ids_with_colours_of_their_own() -> None:
    assert [c.id for c in CLASSES] == list(range(N_CLASSES)) == [int(c) for c in Label]
    assert len({c.colour for c in CLASSES}) == N_CLASSES
    assert tuple(range(1, 11)) == FOREGROUND
    assert palette()[Label.HAIR].tolist() == [255, 0, 102]


def test_a_label_map_of_any_integer_type_becomes_uint8() -> None:
    checked = check_label_map(np.full((2, 3), 10, np.int64), size=(3, 2))
    assert (checked.dtype, checked.shape) == (np.uint8, (2, 3))


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        (np.zeros((2, 2, 3), np.uint8), "this one has 3; save it as a single-channel"),
        (np.full((2, 2), 11, np.uint8), "holds the id 11; bring its classes to the ids 0 to 10"),
        (np.array([[-1, 12]]), "holds the ids -1, 12;"),
        (np.zeros((2, 2), np.uint8), "is 2x2 pixels, its picture 3x2; export it at the picture"),
    ],
)
def test_what_is_no_label_map_is_told_in_one_sentence(labels: np.ndarray, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        check_label_map(labels, size=(3, 2))


@given(label_maps)
def test_mirroring_swaps_sides_and_classes_and_undoes_itself(labels: np.ndarray) -> None:
    once = mirror(labels)
    np.testing.assert_array_equal(mirror(once), labels)
    np.testing.assert_array_equal(once == Label.RIGHT_EYE, (labels == Label.LEFT_EYE)[:, ::-1])
    np.testing.assert_array_equal(once == Label.HAIR, (labels == Label.HAIR)[:, ::-1])


@given(label_maps)
def test_colours_are_lapas(labels: np.ndarray) -> None:
    colours = colourise(labels)
    assert colours.shape == (*labels.shape, 3)
    assert tuple(colours[0, 0]) == CLASSES[labels[0, 0]].colour
