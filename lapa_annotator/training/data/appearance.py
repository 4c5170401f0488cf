"""How a photo may look: light, colour, blur, low resolution, noise, JPEG. No pixel moves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from lapa_annotator.runtime.crops import Image

_GREY = np.array([0.299, 0.587, 0.114])
_GREY_AXIS = np.full(3, 1 / np.sqrt(3))
_NOISE_SIDE = 640


@dataclass(frozen=True, slots=True)
class Looks:
    """How strongly, and how often (shares of crops in [0, 1]), the look changes.

    Attributes:
        brightness: most that is added or taken, as a share of white.
        contrast, saturation: most factor, its inverse the least.
        hue: most turn of the hue in degrees.
        gamma: most exponent, its inverse the least.
        cast: standard deviation of the factors of the three channels.
        colour: share of crops whose colours change at all.
        grey, blur, small, noise, jpeg, shadow: shares of crops with each of them.
        blur_sigma: most blur in pixels of a crop of 256.
        least_scale: least resolution, as a share of the crop's.
        noise_sigma: most noise, in values of 0 to 255.
        least_quality: worst quality of JPEG.
    """

    brightness: float = 0.2
    contrast: float = 1.6
    saturation: float = 1.6
    hue: float = 12.0
    gamma: float = 1.7
    cast: float = 0.06
    colour: float = 0.85
    grey: float = 0.12
    blur: float = 0.25
    small: float = 0.2
    noise: float = 0.3
    jpeg: float = 0.3
    shadow: float = 0.25
    blur_sigma: float = 2.5
    least_scale: float = 0.2
    noise_sigma: float = 18.0
    least_quality: int = 15


def change_look(image: Image, rng: np.random.Generator, looks: Looks) -> Image:
    """Return an (S, S, 3) uint8 RGB crop as another camera in another light may have seen it."""
    unit = image.shape[0] / 256
    if rng.random() < looks.shadow:
        image = _shadow(image, rng)
    if rng.random() < looks.colour:
        image = _colours(image, rng, looks)
    if rng.random() < looks.blur:
        image = _blurred(image, rng, looks.blur_sigma * unit)
    if rng.random() < looks.small:
        image = _small(image, rng.uniform(looks.least_scale, 0.8))
    if rng.random() < looks.noise:
        image = _noisy(image, rng, rng.uniform(0, looks.noise_sigma))
    if rng.random() < looks.jpeg:
        image = _compressed(image, int(rng.integers(looks.least_quality, 90)))
    return image


def _between_inverse(rng: np.random.Generator, most: float) -> float:
    """A factor between 1 / most and most, as often above as below one."""
    return float(most ** rng.uniform(-1, 1))


def _colours(image: Image, rng: np.random.Generator, looks: Looks) -> Image:
    """Hue, saturation, cast, contrast and brightness in one matrix, then the gamma."""
    saturation = 0.0 if rng.random() < looks.grey else _between_inverse(rng, looks.saturation)
    matrix = saturation * np.eye(3) + (1 - saturation) * np.tile(_GREY, (3, 1))
    angle = np.radians(rng.uniform(-looks.hue, looks.hue))
    matrix = matrix @ cv2.Rodrigues(_GREY_AXIS * angle)[0]
    cast = 1 + looks.cast * rng.normal(size=3)
    contrast = _between_inverse(rng, looks.contrast)
    matrix = contrast * cast[:, None] * matrix
    # Contrast turns about the picture's own grey, or most of it would be cut off.
    middle = float(np.asarray(cv2.mean(image)[:3]) @ _GREY)
    lift = middle * (1 - contrast) + 255 * rng.uniform(-looks.brightness, looks.brightness)
    moved = cv2.transform(image, np.hstack([matrix, np.full((3, 1), lift)]))
    table = 255 * np.linspace(0, 1, 256) ** _between_inverse(rng, looks.gamma)
    return np.asarray(cv2.LUT(moved, np.round(table).astype(np.uint8)), np.uint8)


def _shadow(image: Image, rng: np.random.Generator) -> Image:
    """Light that falls off to one side, softly or with a hard edge."""
    size = image.shape[0]
    angle, hardness = rng.uniform(0, 2 * np.pi), rng.uniform(1.5, 30)
    steps = (np.arange(size, dtype=np.float32) - size / 2) / size
    place = steps * np.float32(np.cos(angle)) + steps[:, None] * np.float32(np.sin(angle))
    place -= np.float32(rng.uniform(-0.25, 0.25))
    share = np.clip(place * np.float32(hardness) + np.float32(0.5), 0, 1)
    dark, light = rng.uniform(0.25, 0.85), rng.uniform(0.9, 1.3)
    factor = np.float32(dark) + np.float32(light - dark) * share
    factors = cv2.merge([factor, factor, factor])
    return np.asarray(cv2.multiply(image, factors, dtype=cv2.CV_8U), np.uint8)


def _blurred(image: Image, rng: np.random.Generator, most: float) -> Image:
    if rng.random() < 0.6:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, most)), np.uint8)
    length = max(3, round(rng.uniform(1, 4) * most))
    kernel = np.zeros((length, length), np.uint8)
    middle, angle = (length - 1) / 2, rng.uniform(0, np.pi)
    dx, dy = middle * np.cos(angle), middle * np.sin(angle)
    ends = [(round(middle + s * dx), round(middle + s * dy)) for s in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1)
    return np.asarray(cv2.filter2D(image, -1, kernel / np.float32(kernel.sum())), np.uint8)


def _small(image: Image, scale: float) -> Image:
    size = image.shape[0]
    side = max(8, round(size * scale))
    small = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (size, size), interpolation=cv2.INTER_LINEAR), np.uint8)


@lru_cache(maxsize=1)
def _noise() -> NDArray[np.float32]:
    return np.random.default_rng(0).standard_normal((_NOISE_SIDE, _NOISE_SIDE, 3), np.float32)


def _noisy(image: Image, rng: np.random.Generator, sigma: float) -> Image:
    """Noise of every channel, or of all alike; cut from a kept field, since drawing it is slow."""
    size = image.shape[0]
    y, x = (int(v) for v in rng.integers(0, max(1, _NOISE_SIDE - size), 2))
    field = _noise()[y : y + size, x : x + size]
    if field.shape[:2] != image.shape[:2]:
        field = cv2.resize(_noise(), (size, size), interpolation=cv2.INTER_NEAREST)
    if rng.random() < 0.5:
        field = cv2.merge([np.ascontiguousarray(field[..., 0])] * 3)
    return np.asarray(cv2.add(image, field * np.float32(sigma), dtype=cv2.CV_8U), np.uint8)


def _compressed(image: Image, quality: int) -> Image:
    # The channels' order matters to JPEG: it keeps green best.
    data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR_RGB), np.uint8)
