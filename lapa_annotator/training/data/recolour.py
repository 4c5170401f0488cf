"""Other hair and skin colours for the same face, so that a parser learns shapes, not shades."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lapa_annotator.runtime.crops import Image

_HAIR_LIGHT, _SKIN_LIGHT = (0.3, 2.2), (0.4, 1.25)
# Mean colours that hair is drawn towards: black, brown, blond, red, grey, white, and dyed.
_Colours = tuple[tuple[int, int, int], ...]
_HAIR: _Colours = ((25, 22, 20), (80, 55, 38), (190, 155, 100), (140, 65, 35), (125, 122, 120))
_HAIR = (*_HAIR, (215, 212, 208), (150, 60, 120), (60, 90, 150))
_SKIN: _Colours = ((236, 198, 176), (214, 166, 138), (172, 120, 90), (122, 80, 56), (72, 46, 34))


def recolour(image: Image, soft: NDArray[np.uint8], rng: np.random.Generator) -> Image:
    """Give hair, skin or both another lightness and tone; edges change as softly as they are.

    Args:
        image: (S, S, 3) uint8 RGB.
        soft: (S, S, 2) uint8, probabilities of skin and hair (0-255 for 0-1).
        rng: where to draw from.

    Returns:
        (S, S, 3) uint8 RGB.
    """
    which = int(rng.integers(3))
    made = image
    if which != 1:
        made = _toned(made, soft[..., 1], _HAIR, _HAIR_LIGHT, rng)
    if which != 0:
        made = _toned(made, soft[..., 0], _SKIN, _SKIN_LIGHT, rng)
    return made


def _toned(
    image: Image,
    share: NDArray[np.uint8],
    colours: _Colours,
    light: tuple[float, float],
    rng: np.random.Generator,
) -> Image:
    """Move a region's mean towards one of the colours and scale what lies around the mean."""
    wanted = np.array(colours[int(rng.integers(len(colours)))], np.float64)
    wanted = wanted * rng.uniform(0.7, 1.2)
    pull, contrast = rng.uniform(0.2, 0.9), rng.uniform(0.6, 1.5)
    mean = np.array(cv2.mean(image, share)[:3])
    if not share.any():
        return image
    aim = mean * np.clip((1 - pull) + pull * wanted / np.maximum(mean, 8), *light)
    # Per channel: aim + (pixel - mean) * gain; darker regions vary less.
    gain = contrast * np.sqrt(np.clip(aim / np.maximum(mean, 8), *light))
    table = (np.arange(256)[:, None] - mean) * gain + aim
    looked_up = cv2.LUT(image, np.clip(table, 0, 255).astype(np.uint8)[None])
    alpha = cv2.merge([share] * 3)
    mixed = cv2.multiply(looked_up, alpha, scale=1 / 255, dtype=cv2.CV_16U)
    kept = cv2.multiply(image, cv2.bitwise_not(alpha), scale=1 / 255, dtype=cv2.CV_16U)
    return np.asarray(cv2.convertScaleAbs(cv2.add(mixed, kept)), np.uint8)
