import numpy as np
import pytest

from lapa_annotator.training.data.backdrops import backdrop
from lapa_annotator.training.data.recolour import recolour


def face(seed):
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (64, 64, 3), np.uint8)
    soft = np.zeros((64, 64, 2), np.uint8)
    soft[20:50, 16:48, 0] = 255
    soft[4:20, 10:54, 1] = 255
    return image, soft


@pytest.mark.parametrize("seed", range(9))
def test_only_hair_and_skin_change_colour(seed):
    image, soft = face(seed)
    made = recolour(image, soft, np.random.default_rng(seed))
    rest = soft.max(axis=2) == 0
    assert np.array_equal(made[rest], image[rest])
    assert not np.array_equal(made, image)
    assert (made.shape, made.dtype) == (image.shape, np.uint8)


def test_what_is_half_hair_changes_half_as_much():
    image, soft = face(0)
    image[:] = 120
    soft[..., 0], soft[20:, :, 1] = 0, 0
    soft[4:20, 32:54, 1] = 128
    made = recolour(image, soft, np.random.default_rng(5)).astype(int)
    whole, half = made[10, 20] - 120, made[10, 40] - 120
    assert np.abs(whole).max() > 20
    assert np.abs(half - whole / 2).max() <= 2


def test_a_face_without_hair_or_skin_stays_as_it_is():
    image, soft = face(1)
    assert np.array_equal(recolour(image, soft * 0, np.random.default_rng(2)), image)


def test_backdrops_are_drawn_alike_from_the_same_state_and_seldom_twice():
    made = [backdrop(np.random.default_rng(k), 32) for k in range(20)]
    assert all(picture.shape == (32, 32, 3) and picture.dtype == np.uint8 for picture in made)
    assert len({picture.tobytes() for picture in made}) == 20
    again = [backdrop(np.random.default_rng(k), 32) for k in range(20)]
    assert all(np.array_equal(a, b) for a, b in zip(made, again, strict=True))
