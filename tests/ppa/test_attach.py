"""What does not belong to the face is cleared, and what does is not."""

import numpy as np

from lapa_annotator.ppa.attach import HAIR, SKIN, keep_what_belongs_to_the_face
from tests.ppa.faces import perfect_face

POINTS = perfect_face().points / 4


def _map(skin=(), hair=()):
    labels = np.zeros((250, 250), int)
    labels[60:225, 40:210] = SKIN
    labels[20:60, 40:210] = HAIR
    for rows, columns in skin:
        labels[rows, columns] = SKIN
    for rows, columns in hair:
        labels[rows, columns] = HAIR
    return labels


def _kept(labels):
    probabilities = np.eye(3, dtype=np.uint8)[labels] * 255
    return keep_what_belongs_to_the_face(probabilities, POINTS).argmax(axis=2)


def test_the_head_itself_stays():
    np.testing.assert_array_equal(_kept(_map()), _map())


def test_an_island_of_hair_on_the_clothes_goes():
    island = slice(238, 250), slice(2, 12)
    assert (_kept(_map(hair=[island])) == _map()).all()


def test_long_hair_that_hangs_from_the_head_stays():
    lock = _map(hair=[(slice(40, 245), slice(25, 40))])
    np.testing.assert_array_equal(_kept(lock), lock)


def test_a_strand_apart_but_close_stays():
    strand = _map(hair=[(slice(60, 200), slice(34, 37))])
    np.testing.assert_array_equal(_kept(strand), strand)


def test_a_patch_of_forehead_behind_a_fringe_stays():
    fringe = _map(hair=[(slice(56, 76), slice(40, 210))], skin=[(slice(44, 52), slice(90, 120))])
    np.testing.assert_array_equal(_kept(fringe), fringe)


def test_the_neighbours_face_goes():
    alone = _map()
    alone[:, 190:] = 0
    neighbour = alone.copy()
    neighbour[80:220, 205:250] = SKIN
    assert (_kept(neighbour)[:, 205:] == 0).all()


def test_specks_and_pinholes_are_absorbed():
    speckled = _map(hair=[(slice(120, 122), slice(100, 102))])
    speckled[40, 100] = 0
    np.testing.assert_array_equal(_kept(speckled), _map())


def test_a_canvas_without_anything_stays_empty():
    assert not _kept(np.zeros((250, 250), int)).any()


def test_a_face_outside_of_the_canvas_keeps_nothing():
    probabilities = np.eye(3, dtype=np.uint8)[_map()] * 255
    assert not keep_what_belongs_to_the_face(probabilities, POINTS + 5000).argmax(axis=2).any()
