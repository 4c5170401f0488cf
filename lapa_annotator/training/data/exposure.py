"""What light, cameras and files do to pictures, drawn at random."""

from __future__ import annotations

import cv2
import numpy as np

from lapa_annotator.domain.geometry import Similarity
from lapa_annotator.runtime.crops import Image


def coarsened(image: Image, placed: Similarity, share: float) -> tuple[Image, Similarity]:
    """A picture of lower resolution for the same place: as if it had been enlarged.

    Args:
        image: (H, W, 3) uint8 RGB.
        placed: from its pixels to those of the canvas.
        share: of the resolution that the canvas would show, in (0, 1].

    Returns:
        The reduced picture, and the transform from its pixels to the canvas.
    """
    height, width = image.shape[:2]
    # No smaller than what is shown of it, times the share.
    share = min(1.0, placed.scale * share)
    small = max(2, round(width * share)), max(2, round(height * share))
    fx, fy = width / small[0], height / small[1]
    low = cv2.resize(image, small, interpolation=cv2.INTER_AREA)
    factor = (fx + fy) / 2
    back = Similarity(factor, 0.0, (fx - 1) / 2, (fy - 1) / 2)
    return np.asarray(low, np.uint8), back.then(placed)


def exposed(image: Image, rng: np.random.Generator) -> Image:
    """Another exposure, contrast and cast of light; sometimes in black and white."""
    gain = float(np.exp(rng.normal(0, 0.25))) * np.exp(rng.normal(0, 0.06, 3))
    gamma = float(np.exp(rng.normal(0, 0.25)))
    if rng.random() < 0.12:
        gain = gain * float(rng.uniform(0.15, 0.5))
    levels = np.arange(256)[:, None] / 255
    table = np.clip(255 * levels**gamma * gain, 0, 255).astype(np.uint8).reshape(256, 1, 3)
    made = cv2.LUT(image, table)
    if rng.random() < 0.15:
        made = np.repeat(cv2.cvtColor(made, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    return np.asarray(made, np.uint8)


def developed(image: Image, rng: np.random.Generator) -> Image:
    """What a camera and a file do to a whole picture: blur, noise, grey, JPEG."""
    if rng.random() < 0.1:
        image = exposed(image, rng)
    if rng.random() < 0.15:
        image = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.4, 1.8)))
    if rng.random() < 0.2:
        noise = rng.normal(0, rng.uniform(2, 14), image.shape).astype(np.float32)
        image = np.clip(image + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.1:
        image = np.repeat(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    if rng.random() < 0.4:
        quality = int(rng.integers(25, 95))
        _, data = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, quality))
        image = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return np.ascontiguousarray(image, np.uint8)
