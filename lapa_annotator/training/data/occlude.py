"""Things in front of faces: blobs like hands, bars, polygons, pieces of other pictures."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lapa_annotator.runtime.crops import Image
from lapa_annotator.training.data.backdrops import backdrop

Mask = NDArray[np.uint8]


def occlude(image: Image, face: float, rng: np.random.Generator) -> tuple[Image, Mask]:
    """Put one to three things in front of the face in the middle of a crop.

    Args:
        image: (S, S, 3) uint8 RGB.
        face: side of the box around the face's points in pixels.
        rng: where to draw from.

    Returns:
        The picture, and (S, S) uint8, 255 where something lies in front.
    """
    size = image.shape[0]
    covered: Mask = np.zeros((size, size), np.uint8)
    for _ in range(int(rng.choice([1, 2, 3], p=[0.7, 0.2, 0.1]))):
        mask: Mask = np.zeros((size, size), np.uint8)
        middle = (size - 1) / 2 + rng.normal(0, 0.4 * face, 2)
        _DRAW[int(rng.integers(len(_DRAW)))](mask, middle, face, rng)
        alpha = (
            cv2.GaussianBlur(mask, (0, 0), rng.uniform(0.4, 1.6)) if rng.random() < 0.8 else mask
        )
        image = blend(image, _surface(image, rng), alpha)
        covered |= mask
    return image, covered


def blend(under: Image, over: Image, alpha: Mask) -> Image:
    """Lay one (S, S, 3) picture over another, as far as (S, S) ``alpha`` (0-255) says."""
    share = cv2.merge([alpha, alpha, alpha])
    above = cv2.multiply(over, share, scale=1 / 255)
    below = cv2.multiply(under, cv2.bitwise_not(share), scale=1 / 255)
    return np.asarray(cv2.add(above, below), np.uint8)


def _surface(image: Image, rng: np.random.Generator) -> Image:
    """What the thing looks like: skin of the same picture, another picture, or one colour."""
    size, kind = image.shape[0], rng.random()
    if kind < 0.45:
        return backdrop(rng, size)
    if kind < 0.75:  # a hand: what is at the middle of the face, spread out, a bit brighter or not
        side = max(4, size // 12)
        y, x = (int(v) for v in size // 2 + rng.integers(-size // 10, size // 10, 2))
        patch = np.ascontiguousarray(image[y - side : y + side, x - side : x + side])
        spread = cv2.resize(cv2.blur(patch, (7, 7)), (size, size), interpolation=cv2.INTER_LINEAR)
        return np.asarray(cv2.convertScaleAbs(spread, alpha=rng.uniform(0.7, 1.2)), np.uint8)
    colour = np.clip(rng.uniform(0, 255) + rng.normal(0, 30, 3), 0, 255)
    return np.full((size, size, 3), colour, np.uint8)


def _ellipse(
    mask: Mask, middle: NDArray[np.float64], face: float, rng: np.random.Generator
) -> None:
    axes = rng.uniform(0.06, 0.3, 2) * face
    cv2.ellipse(
        mask,
        (round(middle[0]), round(middle[1])),
        (max(1, round(axes[0])), max(1, round(axes[1]))),
        rng.uniform(0, 180),
        0,
        360,
        255,
        -1,
    )


def _polygon(
    mask: Mask, middle: NDArray[np.float64], face: float, rng: np.random.Generator
) -> None:
    angles = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(3, 9))))
    radii = rng.uniform(0.08, 0.35, len(angles)) * face
    corners = middle + radii[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    cv2.fillPoly(mask, [np.round(corners).astype(np.int32)], 255)


def _bar(mask: Mask, middle: NDArray[np.float64], face: float, rng: np.random.Generator) -> None:
    """A stick, a microphone's arm, an arm: from the thing's place out of the picture."""
    angle, width = rng.uniform(0, 2 * np.pi), max(2, round(rng.uniform(0.03, 0.2) * face))
    far = middle + 3 * face * np.array([np.cos(angle), np.sin(angle)])
    ends = [(round(p[0]), round(p[1])) for p in (middle, far)]
    cv2.line(mask, ends[0], ends[1], 255, width)


def _fingers(
    mask: Mask, middle: NDArray[np.float64], face: float, rng: np.random.Generator
) -> None:
    """A hand: a palm, and fingers that are short bars side by side with round ends."""
    angle = rng.uniform(0, 2 * np.pi)
    along = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-along[1], along[0]])
    width = rng.uniform(0.06, 0.1) * face
    for k in range(int(rng.integers(2, 5))):
        start = middle + across * width * 1.15 * (k - 1.5)
        end = start + along * face * rng.uniform(0.2, 0.4)
        ends = [(round(p[0]), round(p[1])) for p in (start, end)]
        cv2.line(mask, ends[0], ends[1], 255, max(2, round(width)), cv2.LINE_8)
    palm = middle - along * 0.12 * face
    axes = (max(1, round(0.2 * face)), max(1, round(width * 2.4)))
    centre = (round(palm[0]), round(palm[1]))
    cv2.ellipse(mask, centre, axes, float(np.degrees(angle)), 0, 360, 255, -1)


_DRAW = (_ellipse, _polygon, _bar, _fingers)
