"""What a face detector must not take for a face: backgrounds and scraps of pictures."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.geometry import Box, square_crop
from lapa_annotator.runtime.crops import Image, cut

# Photographs without a face that scikit-image carries in its wheel. Its others are kept for
# counting false alarms, or hold faces (coins are full of heads).
_PHOTOS = ("coffee", "rocket", "brick", "grass", "gravel", "moon", "retina", "cell", "text")
_LEAST_STRIP = 20
_TILES = 4


def faceless_photos() -> list[Image]:
    """The photographs without a face that scikit-image carries, (H, W, 3) uint8 RGB each."""
    from skimage import data

    return [_coloured(np.asarray(getattr(data, name)())) for name in _PHOTOS]


def background(scraps: Sequence[Image], side: int, rng: np.random.Generator) -> Image:
    """A (side, side, 3) picture to paste faces on.

    One colour, a gradient, or a faceless picture enlarged until it fills the canvas, with
    shapes of one colour over it now and then.

    Args:
        scraps: faceless pictures, (h, w, 3) uint8 RGB.
        side: in pixels.
        rng: draws everything.
    """
    kind = rng.choice(("plain", "gradient", "picture"), p=(0.15, 0.15, 0.7))
    if kind == "plain":
        canvas = np.empty((side, side, 3), np.uint8)
        canvas[:] = _colour(rng)
    elif kind == "gradient":
        corners = np.stack([_colour(rng) for _ in range(4)]).reshape(2, 2, 3).astype(np.float32)
        canvas = np.asarray(cv2.resize(corners, (side, side)), np.uint8)
    else:
        canvas = _filled(scraps[int(rng.integers(len(scraps)))], side, rng)
    if rng.random() < 0.4:
        _draw_shapes(canvas, rng)
    return canvas


def scrap(
    image: Image, boxes: Sequence[Box], faceless: Sequence[Image], rng: np.random.Generator
) -> Image:
    """A picture without a face, made of one with faces.

    Half of them are strips beside or below the faces (clothes, hair, shoulders, studio walls);
    half are the whole picture with every face gone: painted over with its own colours, covered
    by a faceless picture, or cut into squares that are shuffled.

    Args:
        image: (H, W, 3) uint8 RGB.
        boxes: all its faces.
        faceless: faceless pictures, (h, w, 3) uint8 RGB.
        rng: draws everything.
    """
    if rng.random() < 0.5:
        strips = faceless_strips(image, boxes)
        if strips:
            return strips[int(rng.integers(len(strips)))]
    gone = image.copy()
    for box in boxes:
        _take_away(gone, box, faceless, rng)
    return gone


def _take_away(image: Image, box: Box, faceless: Sequence[Image], rng: np.random.Generator) -> None:
    height, width = image.shape[:2]
    x0, x1 = np.clip(np.rint((box.x0, box.x1)), 0, width).astype(int)
    y0, y1 = np.clip(np.rint((box.y0 - 0.1 * box.height, box.y1)), 0, height).astype(int)
    inside = image[y0:y1, x0:x1]
    if min(inside.shape[:2]) < _TILES:
        return
    kind = rng.integers(3)
    if kind == 0:
        inside[:] = _shuffled(inside, rng)
        return
    if kind == 1:  # its own colours, as blurred as a face seen through a shower curtain is not
        few = cv2.resize(inside, (2, 2), interpolation=cv2.INTER_AREA)
        cover = cv2.resize(few, (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR)
    else:
        cover = cv2.resize(faceless[int(rng.integers(len(faceless)))], (x1 - x0, y1 - y0))
    mask = np.zeros(inside.shape[:2], np.float32)
    size = (x1 - x0) / 2, (y1 - y0) / 2
    cv2.ellipse(mask, (size, (2 * size[0], 2 * size[1]), 0), 1.0, -1)
    mask = cv2.GaussianBlur(mask, (0, 0), 1.5)[..., None]
    inside[:] = (inside * (1 - mask) + cover * mask).astype(np.uint8)


def _shuffled(picture: Image, rng: np.random.Generator) -> Image:
    """The squares of a picture in another order: skin, eyes and lips, but no face."""
    h, w = picture.shape[0] // _TILES, picture.shape[1] // _TILES
    squares = [
        picture[r * h : (r + 1) * h, c * w : (c + 1) * w].copy()
        for r in range(_TILES)
        for c in range(_TILES)
    ]
    made = picture.copy()
    for place, taken in enumerate(rng.permutation(len(squares))):
        r, c = divmod(place, _TILES)
        turned = np.rot90(squares[taken], 2) if rng.random() < 0.5 else squares[taken]
        made[r * h : (r + 1) * h, c * w : (c + 1) * w] = turned
    return made


def faceless_strips(image: Image, boxes: Sequence[Box]) -> list[Image]:
    """What lies left, right, above and below of all faces of a picture, where it is large enough.

    Args:
        image: (H, W, 3) uint8 RGB.
        boxes: all its faces, at least one.
    """
    height, width = image.shape[:2]
    # A chin's shadow or an ear is still no face, but half a face would be.
    left = int(min(b.x0 for b in boxes) - 2)
    right = int(max(b.x1 for b in boxes) + 3)
    top = int(min(b.y0 - 0.15 * b.height for b in boxes))
    bottom = int(max(b.y1 for b in boxes) + 3)
    strips = [image[:, : max(left, 0)], image[:, min(right, width) :]]
    strips += [image[: max(top, 0)], image[min(bottom, height) :]]
    return [strip for strip in strips if min(strip.shape[:2]) >= _LEAST_STRIP]


def _filled(picture: Image, side: int, rng: np.random.Generator) -> Image:
    """A random window of a picture, mirrored or not, as large as the canvas."""
    height, width = picture.shape[:2]
    window = min(height, width) * float(rng.uniform(0.4, 1.0))
    x = float(rng.uniform(window / 2, width - window / 2)) - 0.5
    y = float(rng.uniform(window / 2, height - window / 2)) - 0.5
    made = cut(picture, square_crop((x, y), window, side), side)
    return made if rng.random() < 0.5 else np.ascontiguousarray(made[:, ::-1])


def _draw_shapes(canvas: Image, rng: np.random.Generator) -> None:
    side = canvas.shape[0]
    for _ in range(int(rng.integers(1, 8))):
        x, y = (int(v) for v in rng.integers(0, side, 2))
        a, b = (int(v) for v in rng.integers(side // 32, side // 4, 2))
        colour = [int(c) for c in _colour(rng)]
        if rng.random() < 0.5:
            turn = float(rng.uniform(0, 180))
            cv2.ellipse(canvas, (x, y), (a, b), turn, 0, 360, colour, -1, cv2.LINE_AA)
        else:
            cv2.rectangle(canvas, (x, y), (x + a, y + b), colour, -1)


def _colour(rng: np.random.Generator) -> NDArray[np.uint8]:
    """A grey with some colour; skin's own among them, so that it alone makes no face."""
    if rng.random() < 0.3:
        return np.clip(np.array((224, 172, 140)) * rng.uniform(0.25, 1.1), 0, 255).astype(np.uint8)
    return np.clip(rng.uniform(5, 250) + rng.normal(0, 30, 3), 0, 255).astype(np.uint8)


def _coloured(picture: NDArray[np.generic]) -> Image:
    pixels = np.asarray(picture, np.uint8)
    return np.repeat(pixels[..., None], 3, axis=2) if pixels.ndim == 2 else pixels[..., :3].copy()
