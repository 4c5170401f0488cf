"""Landmarks are checked, immutable, and can be taken apart and put together again."""

import json

import numpy as np
import pytest
from hypothesis import given

from lapa_annotator.domain.landmarks import Landmarks, Origin, PointSet, Visibility
from tests.domain.strategies import index_lists, landmarks


@given(landmarks(), index_lists)
def test_what_is_taken_and_put_back_changes_nothing(face: Landmarks, indices: list[int]) -> None:
    assert face.put(face.take(indices)) == face


@given(landmarks(), landmarks(), index_lists)
def test_putting_points_changes_these_and_no_others(
    face: Landmarks, other: Landmarks, indices: list[int]
) -> None:
    mixed = face.put(other.take(indices))
    rest = [i for i in range(106) if i not in indices]
    assert mixed.take(indices) == other.take(indices)
    assert mixed.take(rest) == face.take(rest)


@given(landmarks(), index_lists)
def test_point_sets_survive_json_to_the_last_bit(face: Landmarks, indices: list[int]) -> None:
    part = face.take(indices)
    found = PointSet.from_dict(json.loads(json.dumps(part.to_dict())))
    assert found == part
    np.testing.assert_array_equal(found.points, part.points)
    assert found.points.shape == (len(indices), 2)


@given(landmarks())
def test_a_whole_face_is_put_together_from_points_in_any_order(face: Landmarks) -> None:
    assert PointSet.everything(face).to_landmarks() == face
    assert face.take(range(105, -1, -1)).to_landmarks() == face


def test_a_face_with_a_point_missing_or_twice_is_refused() -> None:
    face = Landmarks(np.zeros((106, 2)))
    for indices in (range(105), [*range(105), 104]):
        with pytest.raises(ValueError, match="every point once"):
            face.take(indices).to_landmarks()


@given(landmarks())
def test_only_corrected_and_imported_points_are_a_humans_own(face: Landmarks) -> None:
    own = [o in (Origin.CORRECTED, Origin.IMPORTED) for o in face.origin]
    assert face.touched.tolist() == own


def test_new_landmarks_are_visible_proposals_of_nobody() -> None:
    face = Landmarks(np.zeros((106, 2)))
    assert (face.visibility == Visibility.VISIBLE).all()
    assert (face.origin == Origin.PROPOSED).all()
    assert not face.touched.any()
    assert set(face.model) == set(face.annotator) == {""}


def test_landmarks_cannot_be_changed_in_place_nor_through_what_they_were_made_of() -> None:
    points = np.zeros((106, 2))
    face = Landmarks(points)
    points[0] = 9
    assert face.points[0].tolist() == [0, 0]
    with pytest.raises(ValueError, match="read-only"):
        face.points[0] = 9


def test_the_inter_ocular_distance_is_that_of_the_outer_corners() -> None:
    points = np.zeros((106, 2))
    points[66], points[79] = (10, 10), (40, 50)
    assert Landmarks(points).interocular == pytest.approx(50)


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"points": np.zeros((105, 2))}, "106 points of x and y"),
        ({"points": np.full((106, 2), np.nan)}, "point 0 is not a finite number"),
        ({"visibility": np.full(106, 3)}, "visibility lies between 0 and 2"),
        ({"confidence": np.full(106, 1.5)}, "confidence lies between 0 and 1"),
        ({"confidence": np.full(106, np.nan)}, "confidence lies between"),
        ({"origin": np.zeros(105)}, "origin needs 106 values"),
        ({"time": np.full(106, -1.0)}, "time lies between"),
        ({"model": ("x",)}, "model needs one name per point"),
    ],
)
def test_what_is_out_of_range_is_refused(columns: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Landmarks(**{"points": np.zeros((106, 2)), **columns})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"indices": [3, 106]}, "point indices go from 0 to 105"),
        ({"indices": [-1, 4]}, "point indices go from 0 to 105"),
        ({"time": [0.0]}, "time needs 2 values"),
        ({"visibility": [2, 3]}, "visibility lies between 0 and 2"),
        ({"origin": [0, 300]}, "origin lies between 0 and 3"),
        ({"model": ["a"]}, "model and annotator need 2 names each"),
        ({"points": [[1, 2]]}, "reshape"),
    ],
)
def test_damaged_point_sets_are_refused(change: dict[str, object], told: str) -> None:
    data = Landmarks(np.zeros((106, 2))).take([3, 4]).to_dict() | change
    with pytest.raises(ValueError, match=told):
        PointSet.from_dict(data)
