"""Pictures to put behind people and in front of faces: photos of packages, and drawn ones."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from lapa_annotator.runtime.crops import Image

_SIDE = 512
_DRAWN = 24
# Pictures without people that scikit-image carries in its wheel.
_PHOTOS = ("coffee", "chelsea", "rocket", "brick", "grass", "gravel")


def backdrop(rng: np.random.Generator, size: int) -> Image:
    """A random part of a random picture: (size, size, 3) uint8 RGB."""
    pictures = _pictures()
    picture = pictures[int(rng.integers(len(pictures)))]
    height, width = picture.shape[:2]
    side = int(min(height, width) * rng.uniform(0.25, 1))
    y, x = int(rng.integers(height - side + 1)), int(rng.integers(width - side + 1))
    part = picture[y : y + side, x : x + side]
    scaled = cv2.resize(part, (size, size), interpolation=cv2.INTER_LINEAR)
    if rng.random() < 0.5:
        scaled = cv2.cvtColor(scaled, cv2.COLOR_RGB2BGR)
    if rng.random() < 0.4:
        scaled = cv2.blur(scaled, (int(rng.integers(3, 12)),) * 2)
    gain, lift = rng.uniform(0.5, 1.2), rng.uniform(0, 40)
    return np.asarray(cv2.convertScaleAbs(scaled, alpha=gain, beta=lift), np.uint8)


@lru_cache(maxsize=1)
def _pictures() -> tuple[Image, ...]:
    from skimage import data

    photos = [np.asarray(getattr(data, name)(), np.uint8) for name in _PHOTOS]
    coloured = [p if p.ndim == 3 else np.repeat(p[..., None], 3, axis=2) for p in photos]
    rng = np.random.default_rng(0)
    kinds = (_gradient, _clouds, _boxes)
    return (*coloured, *(kinds[k % len(kinds)](rng) for k in range(_DRAWN)))


def _colour(rng: np.random.Generator) -> NDArray[np.float64]:
    return np.clip(rng.uniform(0, 255) + rng.normal(0, 30, 3), 0, 255)


def _mixed(rng: np.random.Generator, share: NDArray[np.float64]) -> Image:
    """Two colours mixed by an (h, w) share in [0, 1]."""
    mixed = _colour(rng) * share[..., None] + _colour(rng) * (1 - share[..., None])
    return mixed.astype(np.uint8)


def _gradient(rng: np.random.Generator) -> Image:
    y, x = np.mgrid[:_SIDE, :_SIDE] / _SIDE - 0.5
    angle = rng.uniform(0, 2 * np.pi)
    return _mixed(rng, np.clip(0.5 + x * np.cos(angle) + y * np.sin(angle), 0, 1))


def _clouds(rng: np.random.Generator) -> Image:
    total = np.zeros((_SIDE, _SIDE))
    for octave in range(1, 7):
        grid = rng.normal(size=(2**octave, 2**octave))
        total += cv2.resize(grid, (_SIDE, _SIDE), interpolation=cv2.INTER_CUBIC) / octave
    return _mixed(rng, (total - total.min()) / np.ptp(total))


def _boxes(rng: np.random.Generator) -> Image:
    """Furniture, windows, shelves: boxes and lines."""
    made = np.full((_SIDE, _SIDE, 3), _colour(rng), np.uint8)
    for _ in range(int(rng.integers(8, 40))):
        x, y = (int(v) for v in rng.integers(-_SIDE // 4, _SIDE, 2))
        w, h = (int(v) for v in rng.integers(4, _SIDE // 2, 2))
        thickness = -1 if rng.random() < 0.7 else int(rng.integers(1, 8))
        cv2.rectangle(made, (x, y), (x + w, y + h), _colour(rng).tolist(), thickness)
    return made
