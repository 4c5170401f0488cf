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


def develop(rendering: Picture, covered: NDArray[np.float32] | None, person: Person) -> Picture:
    """Lay a rendering over its background and age it.

    Args:
        rendering: (S, S, 4) uint8 RGB and alpha.
        covered: (S, S) exact share of each pixel that the person covers, where the picture is
            sharp all over; None for the rendering's own.
        person: whose background and camera.

    Returns:
        (S, S, 3) uint8 RGB.
    """
    size = rendering.shape[0]
    rng = np.random.default_rng([person.seed, 5])
    colour, alpha = _edges(rendering, covered)
    behind = background(person.view.background, size, person.view.background_seed)
    light = np.clip(
        2.0**person.view.exposure * (0.35 if person.view.lighting == "night" else 1.0), 0.2, 1.6
    )
    mixed = colour * alpha + np.clip(behind * light, 0, 255) * (1 - alpha)
    return _age(mixed.astype(np.float32), person.film, rng)


def _edges(
    rendering: Picture, covered: NDArray[np.float32] | None
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Colours (S, S, 3) that reach beyond the edges, and an alpha (S, S, 1) without noise.

    Few paths leave alpha in steps, and colours at edges in specks.
    """
    colour = rendering[..., :3].astype(np.float32)
    own = rendering[..., 3:].astype(np.float32) / 255
    spread = cv2.GaussianBlur(np.concatenate([colour * own, own], axis=-1), (0, 0), 1.2)
    soft = spread[..., :3] / np.maximum(spread[..., 3:], 1e-3)
    inner = cv2.erode(own[..., 0], np.ones((3, 3), np.uint8))[..., None]
    colour = soft + inner * (colour - soft)
    alpha = cv2.GaussianBlur(own[..., 0], (0, 0), 0.8) if covered is None else covered
    return colour, alpha[..., None]


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
