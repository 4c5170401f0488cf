"""Crops keep the convention: whole numbers are pixel centres."""

import numpy as np
import pytest

from lapa_annotator.domain.geometry import square_crop
from lapa_annotator.runtime.crops import cut


def _spot(x: float, y: float, size: int, sigma: float) -> np.ndarray:
    rows, columns = np.mgrid[:size, :size]
    value = 250 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * sigma**2))
    return np.repeat(value.round().astype(np.uint8)[..., None], 3, axis=2)


def _centre_of_mass(image: np.ndarray) -> tuple[float, float]:
    weight = image[..., 0].astype(float)
    rows, columns = np.mgrid[: weight.shape[0], : weight.shape[1]]
    return (columns * weight).sum() / weight.sum(), (rows * weight).sum() / weight.sum()


@pytest.mark.parametrize("side", [100.0, 200.0, 399.0])
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
