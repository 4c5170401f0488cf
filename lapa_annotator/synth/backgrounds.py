"""Backgrounds: procedural pictures, and photographs without people that packages carry."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.floating]
# Pictures are (size, size, 3) in 0 to 255; the last step makes them float32.


def background(kind: str, size: int, seed: int) -> NDArray[np.float32]:
    """A (size, size, 3) float32 RGB background, 0 to 255."""
    rng = np.random.default_rng(seed)
    made = _KINDS[kind](size, rng)
    blur = float(rng.choice([0.0, 0.006, 0.02], p=[0.3, 0.35, 0.35])) * size
    if blur > 0.5 and kind not in ("plain", "gradient"):
        made = cv2.GaussianBlur(made, (0, 0), blur)
    found: NDArray[np.float32] = np.clip(made, 0, 255).astype(np.float32)
    return found


def _colour(rng: np.random.Generator, low: float = 10, high: float = 245) -> NDArray[np.float64]:
    grey = rng.uniform(low, high)
    return np.clip(grey + rng.normal(0, 28, 3), 0, 255)


def _clouds(size: int, rng: np.random.Generator) -> Picture:
    total = np.zeros((size, size), dtype=np.float32)
    for octave in range(2, 7):
        grid = rng.normal(size=(2**octave, 2**octave)).astype(np.float32)
        total += cv2.resize(grid, (size, size), interpolation=cv2.INTER_CUBIC) / 2 ** (octave - 2)
    found: Picture = (total - total.min()) / np.ptp(total)
    return found


def _plain(size: int, rng: np.random.Generator) -> Picture:
    return np.full((size, size, 3), 1.0) * _colour(rng)


def _gradient(size: int, rng: np.random.Generator) -> Picture:
    y, x = np.mgrid[:size, :size] / size - 0.5
    angle = rng.uniform(0, 2 * np.pi)
    share = np.clip(0.5 + x * np.cos(angle) + y * np.sin(angle), 0, 1)
    if rng.random() < 0.5:
        share = np.exp(-(x**2 + y**2) / rng.uniform(0.1, 0.4))
    found: Picture = _colour(rng) * share[..., None] + _colour(rng) * (1 - share[..., None])
    return found


def _blobs(size: int, rng: np.random.Generator) -> Picture:
    share = _clouds(size, rng)[..., None]
    return _colour(rng) * share + _colour(rng) * (1 - share)


def _room(size: int, rng: np.random.Generator) -> Picture:
    made = np.full((size, size, 3), 1.0) * _colour(rng, 60, 220)
    for _ in range(int(rng.integers(4, 14))):
        x, y = rng.integers(-size // 4, size, 2)
        w, h = rng.integers(size // 16, size // 2, 2)
        cv2.rectangle(made, (int(x), int(y)), (int(x + w), int(y + h)), _colour(rng).tolist(), -1)
        if rng.random() < 0.4:
            cv2.rectangle(
                made, (int(x), int(y)), (int(x + w), int(y + h)), _colour(rng).tolist(), 3
            )
    y = np.linspace(1.15, 0.75, size)[:, None, None]
    return made * y


def _foliage(size: int, rng: np.random.Generator) -> Picture:
    made = np.full((size, size, 3), 1.0) * np.array([40, 60, 30])
    leaf = np.array([rng.uniform(30, 120), rng.uniform(80, 160), rng.uniform(20, 70)])
    for _ in range(700):
        x, y = rng.integers(0, size, 2)
        shade = leaf * rng.uniform(0.3, 1.6)
        axes = (int(rng.integers(2, max(3, size // 24))), int(rng.integers(2, max(3, size // 48))))
        cv2.ellipse(
            made, (int(x), int(y)), axes, float(rng.uniform(0, 180)), 0, 360, shade.tolist(), -1
        )
    found: Picture = made
    return found


def _bokeh(size: int, rng: np.random.Generator) -> Picture:
    made = np.full((size, size, 3), 1.0) * _colour(rng, 5, 90)
    for _ in range(int(rng.integers(10, 50))):
        x, y = rng.integers(0, size, 2)
        over = made.copy()
        cv2.circle(
            over,
            (int(x), int(y)),
            int(rng.uniform(0.01, 0.07) * size),
            _colour(rng, 80, 255).tolist(),
            -1,
        )
        made += rng.uniform(0.2, 0.8) * (over - made)
    found: Picture = cv2.GaussianBlur(made, (0, 0), size / 160)
    return found


def _texture(size: int, rng: np.random.Generator) -> Picture:
    y, x = np.mgrid[:size, :size].astype(np.float64)
    period = rng.uniform(size / 30, size / 6)
    kind = rng.integers(3)
    if kind == 0:
        share = (np.sin((x * rng.uniform(-1, 1) + y) * 2 * np.pi / period) > 0).astype(float)
    elif kind == 1:  # bricks
        row = np.floor(y / period)
        share = (((x + (row % 2) * period) % (2 * period)) > 2).astype(float)
        share *= (y % period) > 2
    else:
        share = ((np.floor(x / period) + np.floor(y / period)) % 2).astype(float)
    made = _colour(rng) * share[..., None] + _colour(rng) * (1 - share[..., None])
    found: Picture = made * (0.8 + 0.4 * _clouds(size, rng)[..., None])
    return found


def _photo(size: int, rng: np.random.Generator) -> Picture:
    from skimage import data

    # Pictures without people that scikit-image carries in its wheel.
    loaders = (data.coffee, data.chelsea, data.rocket, data.brick, data.grass, data.gravel)
    photo = loaders[rng.integers(len(loaders))]()
    if photo.ndim == 2:
        photo = np.repeat(photo[..., None], 3, axis=2)
    side = int(min(photo.shape[:2]) * rng.uniform(0.4, 1.0))
    y = int(rng.integers(0, photo.shape[0] - side + 1))
    x = int(rng.integers(0, photo.shape[1] - side + 1))
    cut = photo[y : y + side, x : x + side].astype(np.float32)
    if rng.random() < 0.5:
        cut = cut[:, ::-1]
    cut = cut * np.float32(rng.uniform(0.6, 1.2))
    found: Picture = cv2.resize(
        np.ascontiguousarray(cut), (size, size), interpolation=cv2.INTER_AREA
    )
    return found


_KINDS = {
    "plain": _plain,
    "gradient": _gradient,
    "blobs": _blobs,
    "room": _room,
    "foliage": _foliage,
    "bokeh": _bokeh,
    "texture": _texture,
    "photo": _photo,
}
