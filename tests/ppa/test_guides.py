"""What networks are shown beside the picture: heat maps of landmarks, priors of other faces."""

import numpy as np
import pytest

from lapa_annotator.domain.errors import InputError
from lapa_annotator.ppa.guides import (
    NEAREST,
    Exemplars,
    HeatMap,
    five_points,
    guide_of,
)
from tests.ppa.faces import perfect_face

SIDE = 64


def _face(mouth=0.0, size=SIDE):
    """(106, 2) landmarks in a crop of that size; ``mouth`` moves its corners down."""
    points = perfect_face().points.copy()
    low, high = points.min(axis=0), points.max(axis=0)
    points = (points - low) / (high - low).max() * 0.8 * size + 0.1 * size
    points[84:104, 1] += mouth * size
    return points


def test_a_heat_map_is_bright_at_the_landmarks_and_dark_far_from_them():
    points = np.full((106, 2), -100.0)
    points[0] = (20, 40)
    plane = HeatMap().draw(points, SIDE)
    assert plane.shape == (1, SIDE, SIDE)
    assert plane.dtype == np.uint8
    y, x = np.unravel_index(plane[0].argmax(), plane[0].shape)
    assert (x, y) == (20, 40)
    assert plane[0, 40, 22] > 0
    assert plane[0, 10, 50] == 0


def test_landmarks_outside_of_the_crop_leave_no_mark():
    assert not HeatMap().draw(np.full((106, 2), -3.0), SIDE).any()
    assert not HeatMap().draw(np.full((106, 2), SIDE + 3.0), SIDE).any()


def test_a_heat_map_grows_with_its_crop():
    small, large = (HeatMap().draw(_face(size=s), s)[0] for s in (256, 512))
    assert small.mean() == pytest.approx(large.mean(), rel=0.25)


def test_five_points_are_eyes_nose_and_mouth():
    five = five_points(_face())
    assert five.shape == (5, 2)
    assert five[0, 0] < five[2, 0] < five[1, 0]
    assert five[3, 0] < five[4, 0]
    assert five[0, 1] < five[2, 1] < five[3, 1]


def _exemplars(shifts=(0.0, 0.0, 0.0, 0.06, 0.06, 0.06, 0.06)):
    """Faces with short and long chins; every map is all of one class, the face's number mod 3."""
    maps = np.stack([np.full((SIDE, SIDE), k % 3, np.uint8) for k in range(len(shifts))])
    return Exemplars.of([_face(s) for s in shifts], maps, 3)


def test_the_nearest_faces_are_those_of_the_same_shape():
    nearest = _exemplars().nearest(_face(0.055))
    assert set(nearest[:4]) == {3, 4, 5, 6}
    assert set(_exemplars().nearest(_face(0.001))[:3]) == {0, 1, 2}


def test_size_place_and_turn_of_a_face_do_not_matter():
    face = _face(0.055)
    c, s = np.cos(0.4), np.sin(0.4)
    moved = 1.7 * face @ np.array([[c, s], [-s, c]]) + (9, -4)
    np.testing.assert_array_equal(_exemplars().nearest(moved)[:4], _exemplars().nearest(face)[:4])


def test_the_prior_is_the_mean_of_five_label_maps():
    # Equation 5 by hand: the nearest are the faces 3, 4, 5, 6 (classes 0, 1, 2, 0) and one of
    # the first three.
    exemplars = _exemplars()
    prior = exemplars.draw(_face(0.06), SIDE)
    fifth = exemplars.nearest(_face(0.06))[4] % 3
    votes = np.array([2, 1, 1]) + np.eye(3, dtype=int)[fifth]
    assert prior.shape == (3, SIDE, SIDE)
    assert prior[:, 30, 30].tolist() == (votes * 255 // NEAREST).tolist()
    assert (prior.sum(axis=0) == 255).all()


def test_a_map_is_moved_onto_the_face():
    face = _face()
    maps = np.zeros((NEAREST, SIDE, SIDE), np.uint8)
    x, y = np.round(face[54]).astype(int)
    maps[:, y - 1 : y + 2, x - 1 : x + 2] = 1
    exemplars = Exemplars.of([face] * NEAREST, maps, 2)
    there = exemplars.draw(face * 2 + 5, 2 * SIDE + 10)[1]
    rows, columns = np.nonzero(there)
    assert (columns.mean(), rows.mean()) == pytest.approx(tuple(face[54] * 2 + 5), abs=1.2)
    assert there.max() == 255


def test_a_prior_survives_its_file(tmp_path):
    (tmp_path / "network.prior.npz").write_bytes(_exemplars().packed())
    again = guide_of("prior", tmp_path / "network.xml")
    np.testing.assert_array_equal(
        again.draw(_face(0.03), SIDE), _exemplars().draw(_face(0.03), SIDE)
    )


@pytest.mark.parametrize("content", [None, b"", b"PK nothing"])
def test_a_prior_that_is_missing_or_damaged_is_told(tmp_path, content):
    if content is not None:
        (tmp_path / "network.prior.npz").write_bytes(content)
    with pytest.raises(InputError, match="no prior"):
        guide_of("prior", tmp_path / "network.xml")


def test_a_guide_that_nobody_knows_is_told(tmp_path):
    with pytest.raises(InputError, match="'magic'"):
        guide_of("magic", tmp_path / "network.xml")


def test_too_few_faces_make_no_prior():
    with pytest.raises(InputError, match="4 faces"):
        Exemplars.of([_face()] * 4, np.zeros((4, 8, 8), np.uint8), 3)
