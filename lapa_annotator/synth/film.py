"""From the rendering to a photograph: a background behind, and what cameras and files add."""

from __future__ import annotations

import io

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lapa_annotator.synth.backgrounds import background
from lapa_annotator.synth.person import Film, Person

Picture = NDArray[np.uint8]


def develop(rendering: Picture, person: Person) -> Picture:
    """Lay an (S, S, 4) rendering over its background and age it: (S, S, 3) uint8 RGB."""
    size = rendering.shape[0]
    rng = np.random.default_rng([person.seed, 5])
    alpha = rendering[..., 3:].astype(np.float32) / 255
    behind = background(person.view.background, size, person.view.background_seed)
    light = np.clip(
        2.0**person.view.exposure * (0.35 if person.view.lighting == "night" else 1.0), 0.2, 1.6
    )
    mixed = rendering[..., :3] * alpha + np.clip(behind * light, 0, 255) * (1 - alpha)
    return _age(mixed.astype(np.float32), person.film, rng)


def _age(picture: NDArray[np.float32], film: Film, rng: np.random.Generator) -> Picture:
    grey = picture @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    picture = grey[..., None] + (0.0 if film.grey else film.saturation) * (
        picture - grey[..., None]
    )
    picture = (picture - 110) * film.contrast + 110
    if film.motion:
        picture = _streak(picture, film.motion, film.motion_angle)
    size = picture.shape[0]
    if film.shrink > 1:
        small = max(16, round(size / film.shrink))
        picture = cv2.resize(picture, (small, small), interpolation=cv2.INTER_AREA)
    noise = rng.normal(0, 1, picture.shape).astype(np.float32)
    if film.grey:
        noise = np.repeat(noise[..., :1], 3, axis=2)
    picture = np.clip(picture + film.noise * noise, 0, 255)
    if film.shrink > 1:
        picture = cv2.resize(picture, (size, size), interpolation=cv2.INTER_CUBIC)
    whole = np.clip(np.round(picture), 0, 255).astype(np.uint8)
    if film.quality < 100:
        held = io.BytesIO()
        Image.fromarray(whole).save(held, "JPEG", quality=film.quality)
        with Image.open(held) as loaded:
            whole = np.asarray(loaded.convert("RGB")).copy()
    return whole


def _streak(picture: NDArray[np.float32], length: float, angle: float) -> NDArray[np.float32]:
    side = int(np.ceil(length)) | 1
    kernel = np.zeros((side + 2, side + 2), dtype=np.float32)
    middle = (side + 1) / 2
    dx, dy = np.cos(np.radians(angle)) * length / 2, np.sin(np.radians(angle)) * length / 2
    ends = [(round((middle + s * dx) * 16), round((middle + s * dy) * 16)) for s in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1.0, 1, cv2.LINE_AA, 4)
    found: NDArray[np.float32] = cv2.filter2D(picture, -1, kernel / kernel.sum())
    return found
