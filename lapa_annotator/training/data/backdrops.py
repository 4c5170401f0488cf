"""Pictures to put behind people and in front of faces: photos of packages, and drawn ones."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from lapa_annotator.runtime.crops import Image

_SIDE = 384
_DRAWN = 180
# Pictures without people that scikit-image carries in its wheel.
_PHOTOS = ("coffee", "chelsea", "rocket", "brick", "grass", "gravel")


def backdrop(rng: np.random.Generator, size: int) -> Image:
    """A random part of a random picture, or of two, in other colours: (size, size, 3) uint8 RGB."""
    made = _part(rng, size)
    if rng.random() < 0.4:
        share = _horizon(rng, size) if rng.random() < 0.5 else _spots(rng, size)
        made = np.where(share[..., None], _part(rng, size), made)
    if rng.random() < 0.4:
        made = cv2.blur(made, (int(rng.integers(3, 12)),) * 2)
    gain, lift = rng.uniform(0.4, 1.3), rng.uniform(0, 40)
    return np.asarray(cv2.convertScaleAbs(made, alpha=gain, beta=lift), np.uint8)


def _part(rng: np.random.Generator, size: int) -> Image:
    """A square of a picture, turned by quarters, its colours mixed anew now and then."""
    pictures = _pictures()
    photo = rng.random() < 0.3
    picture = pictures[int(rng.integers(*((0, len(_PHOTOS)) if photo else (0, len(pictures)))))]
    height, width = picture.shape[:2]
    side = int(min(height, width) * rng.uniform(0.25, 1))
    y, x = int(rng.integers(height - side + 1)), int(rng.integers(width - side + 1))
    part = np.rot90(picture[y : y + side, x : x + side], int(rng.integers(4)))
    scaled = cv2.resize(part, (size, size), interpolation=cv2.INTER_LINEAR)
    if rng.random() < 0.5:
        mixing = np.eye(3)[rng.permutation(3)] + rng.normal(0, 0.15, (3, 3))
        scaled = np.clip(cv2.transform(scaled, mixing), 0, 255)
    return np.asarray(scaled, np.uint8)


def _horizon(rng: np.random.Generator, size: int) -> NDArray[np.bool_]:
    """What lies below a slanted, wavy line."""
    x = np.linspace(0, 1, size)
    line = rng.uniform(0.2, 0.8) + rng.normal(0, 0.3) * (x - 0.5)
    line = line + 0.04 * np.interp(x, np.linspace(0, 1, 12), rng.normal(size=12))
    below: NDArray[np.bool_] = np.linspace(0, 1, size)[:, None] > line
    return below if rng.random() < 0.6 else below.T


def _spots(rng: np.random.Generator, size: int) -> NDArray[np.bool_]:
    """Patches of some noise, large or small."""
    grid = rng.normal(size=(int(rng.integers(3, 14)),) * 2)
    return np.asarray(cv2.resize(grid, (size, size), interpolation=cv2.INTER_CUBIC) > 0.3)


@lru_cache(maxsize=1)
def _pictures() -> tuple[Image, ...]:
    """The photos of packages, then the drawn ones, which are the same in every process."""
    from skimage import data

    photos = [np.asarray(getattr(data, name)(), np.uint8) for name in _PHOTOS]
    coloured = [p if p.ndim == 3 else np.repeat(p[..., None], 3, axis=2) for p in photos]
    rng = np.random.default_rng(0)
    kinds = (_gradient, _clouds, _boxes, _strokes, _leaves)
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


def _strokes(rng: np.random.Generator) -> Image:
    """Grass, twigs, fur and cables: many lines of one direction, more or less."""
    made = np.full((_SIDE, _SIDE, 3), _colour(rng), np.uint8)
    tones = [_colour(rng) for _ in range(3)]
    direction, spread = rng.uniform(0, np.pi), rng.choice((0.1, 0.4, 1.5))
    length, thickness = rng.uniform(20, 200), int(rng.integers(1, 7))
    for _ in range(int(rng.integers(100, 900))):
        x, y = rng.uniform(0, _SIDE, 2)
        angle = direction + rng.normal(0, spread)
        way = length * rng.uniform(0.3, 1) * np.array([np.cos(angle), np.sin(angle)])
        bend = rng.normal(0, 0.15, 2) * length
        start = np.array([x, y])
        line = np.stack([start, start + way / 2 + bend, start + way]).astype(np.int32)
        tone = tones[int(rng.integers(3))] * rng.uniform(0.6, 1.3)
        cv2.polylines(made, [line], False, tone.tolist(), thickness, cv2.LINE_AA)
    return made


def _leaves(rng: np.random.Generator) -> Image:
    """Foliage, lights, stones and crowds: many blobs of a few colours, small over large."""
    made = np.full((_SIDE, _SIDE, 3), _colour(rng), np.uint8)
    tones = [_colour(rng) for _ in range(4)]
    largest = rng.uniform(8, 60)
    for k in range(count := int(rng.integers(60, 500))):
        x, y = (int(v) for v in rng.integers(0, _SIDE, 2))
        a, b = (max(2, int(v)) for v in largest * (1 - 0.7 * k / count) * rng.uniform(0.3, 1, 2))
        tone = tones[int(rng.integers(4))] * rng.uniform(0.5, 1.4)
        cv2.ellipse(made, (x, y), (a, b), rng.uniform(0, 180), 0, 360, tone.tolist(), -1)
    return made
