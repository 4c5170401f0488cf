"""Refinement moves a blurred edge to where the picture has one, and nothing else."""

import cv2
import numpy as np
import pytest

from lapa_annotator.ppa.refine import _inverse, refine

SIZE = 256


def _disc(radius=80.0, size=SIZE):
    y, x = np.mgrid[:size, :size] * (SIZE / size) + (SIZE / size - 1) / 2
    return np.hypot(x - 127.5, y - 127.5) < radius


def _picture(mask):
    image = np.full((*mask.shape, 3), (40, 90, 160), np.uint8)
    image[mask] = (190, 130, 90)
    return image


def _blurred(mask, size=64):
    """Probabilities of a network that answers on a quarter of the pixels."""
    hair = cv2.resize(mask.astype(np.float32), (size, size), interpolation=cv2.INTER_AREA)
    hair = cv2.GaussianBlur(hair, (0, 0), 1.0)
    return np.stack([1 - hair, np.zeros_like(hair), hair], axis=-1)


def _curls():
    """A disc with a wavy outline."""
    y, x = np.mgrid[:SIZE, :SIZE] - 127.5
    return np.hypot(x, y) < 80 + 10 * np.sin(11 * np.arctan2(y, x))


def test_an_outline_that_the_network_has_rounded_off_is_found_again():
    mask = _curls()
    said = _blurred(mask, 32)
    before = ((cv2.resize(said, (SIZE, SIZE))[..., 2] > 0.5) != mask).mean()
    after = ((refine(said, _picture(mask))[..., 2] > 127) != mask).mean()
    assert after < 0.3 * before


def test_it_stays_where_it_was():
    mask = _disc()
    said = refine(_blurred(mask), _picture(mask))[..., 2] > 127
    y, x = np.nonzero(said)
    assert abs(x.mean() - 127.5) < 0.05
    assert abs(y.mean() - 127.5) < 0.05


def test_where_the_picture_has_no_edge_it_only_smooths():
    said = _blurred(_disc())
    plain = np.full((SIZE, SIZE, 3), 120, np.uint8)
    smooth = cv2.resize(cv2.blur(cv2.blur(said, (7, 7)), (7, 7)), (SIZE, SIZE))[..., 2]
    assert np.abs(refine(said, plain)[..., 2] / 255 - smooth).max() < 0.01


def test_the_probabilities_add_up_to_one():
    rng = np.random.default_rng(0)
    said = rng.dirichlet((1, 1, 1), (32, 32)).astype(np.float32)
    guide = rng.integers(0, 255, (128, 128, 3), dtype=np.uint8)
    refined = refine(said, guide)
    assert refined.dtype == np.uint8
    assert (refined.sum(axis=2, dtype=int) == 255).all()


def test_a_mirrored_picture_is_refined_mirrored():
    rng = np.random.default_rng(1)
    said = rng.dirichlet((1, 1, 1), (32, 32)).astype(np.float32)
    guide = rng.integers(0, 255, (128, 128, 3), dtype=np.uint8)
    mirrored = refine(said[:, ::-1].copy(), guide[:, ::-1].copy())
    assert np.abs(refine(said, guide)[:, ::-1].astype(int) - mirrored).max() <= 1


def test_a_hard_edge_without_colour_leaves_nothing_undefined():
    rows, columns = np.mgrid[:64, :64]
    board = np.where((rows // 2 + columns // 2) % 2, 255, 0).astype(np.uint8)
    guide = np.repeat(board[..., None], 3, axis=2)
    seen = np.zeros((64, 64, 3), np.float32)
    seen[..., 0], seen[:, :32, 1] = 1.0, 1.0
    seen[:, :32, 0] = 0.0
    with np.errstate(all="raise"):
        refined = refine(seen, guide)
    assert (refined[:, :24, 1] > 240).all()
    assert (refined[:, 40:, 0] > 240).all()


@pytest.mark.parametrize("variance", [1e-4, 0.05, 0.25])
def test_colours_on_a_line_are_inverted_as_exactly_as_others(variance):
    m = np.full((2, 2, 3, 3), variance) + 3e-5 * np.eye(3)
    found = _inverse(m.astype(np.float32))
    np.testing.assert_allclose(found, np.linalg.inv(m.astype(np.float32).astype(float)), rtol=2e-3)
