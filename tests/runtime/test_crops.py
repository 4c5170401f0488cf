"""Crops keep the convention: whole numbers are pixel centres."""

import numpy as np
import pytest

from lapa_annotator.domain.geometry import Similarity, square_crop
from lapa_annotator.runtime.crops import cut


def _spot(x: float, y: float, size: int, sigma: float) -> np.ndarray:
    rows, columns = np.mgrid[:size, :size]
    value = 250 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * sigma**2))
    return np.repeat(value.round().astype(np.uint8)[..., None], 3, axis=2)


def _centre_of_mass(image: np.ndarray) -> tuple[float, float]:
    weight = image[..., 0].astype(float)
    rows, columns = np.mgrid[: weight.shape[0], : weight.shape[1]]
    return (columns * weight).sum() / weight.sum(), (rows * weight).sum() / weight.sum()


@pytest.mark.parametrize("side", [100.0, 200.0, 399.0, 900.0])
def test_a_spot_lands_where_the_transform_says_at_every_scale(side):
    image = _spot(203.4, 187.9, 400, 14)
    crop = square_crop((200.0, 190.0), side, 64, roll=20)
    x, y = crop.apply(np.array([203.4, 187.9]))
    assert _centre_of_mass(cut(image, crop, 64)) == pytest.approx((x, y), abs=0.06)


def test_what_lies_outside_the_image_is_black():
    image = np.full((20, 20, 3), 255, np.uint8)
    pixels = cut(image, square_crop((9.5, 9.5), 80, 40), 40)
    assert pixels[0, 0].tolist() == [0, 0, 0]
    assert pixels[20, 20].tolist() == [255, 255, 255]


@pytest.mark.parametrize("degrees", [0, 25])
@pytest.mark.parametrize("centre", [(700.0, 500.0), (40.0, 30.0), (1370.0, 960.0), (-900.0, 90.0)])
def test_only_what_a_crop_shows_is_reduced(centre, degrees):
    """A part of a large image is cut as the whole of it would be."""
    y, x = np.mgrid[:1000, :1400].astype(np.float32)
    image = np.stack([x / 6, y / 4, 120 + 60 * np.sin(x / 40) * np.cos(y / 55)], axis=-1)
    crop = Similarity.about(centre, (31.5, 31.5), 0.17, degrees)
    said = cut(image.astype(np.uint8), crop, 64).astype(int)
    places = crop.inverse().apply(np.stack(np.meshgrid(np.arange(64.0), np.arange(64.0)), -1))
    inside = ((places > 8) & (places < (1391, 991))).all(axis=2)
    px, py = places[..., 0], places[..., 1]
    true = np.stack([px / 6, py / 4, 120 + 60 * np.sin(px / 40) * np.cos(py / 55)], axis=-1)
    assert np.abs(said - true)[inside].max(initial=0) < 4
    assert inside.any() == (centre[0] > 0)
