"""Cutting the crops that networks see out of an image."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.geometry import Similarity

Image = NDArray[np.uint8]


def cut(image: Image, crop: Similarity, size: int) -> Image:
    """Cut a (size, size, 3) crop out of an image, black where the image ends.

    A strong reduction is averaged by area first: bilinear sampling alone would alias.

    Args:
        image: (H, W, 3) uint8 RGB.
        crop: the transform from image to crop pixels.
        size: side of the crop in pixels.
    """
    matrix = crop.matrix
    if crop.scale < 0.5:
        image, matrix = _reduced(image, crop, size)
    return np.asarray(cv2.warpAffine(image, matrix, (size, size)), dtype=np.uint8)


def _reduced(image: Image, crop: Similarity, size: int) -> tuple[Image, NDArray[np.float64]]:
    """The part of an image that a crop shows, at twice the crop's scale, and the way from there."""
    # Only what is seen is averaged: a face of a large photo is a small part of it.
    corners = np.array([(0, 0), (size, 0), (0, size), (size, size)]) - 0.5
    seen = crop.inverse().apply(corners)
    margin = 2 / crop.scale
    height, width = image.shape[:2]
    x0, y0 = np.clip(np.floor(seen.min(axis=0) - margin), 0, (width - 1, height - 1)).astype(int)
    x1, y1 = np.clip(np.ceil(seen.max(axis=0) + margin), (x0 + 1, y0 + 1), (width, height))
    part, factor = image[y0 : int(y1), x0 : int(x1)], 1
    # Halving is ten times quicker than any other reduction; an odd last row is given up for it.
    while crop.scale * factor <= 0.25 and min(part.shape[:2]) > 1:
        half = part.shape[1] // 2, part.shape[0] // 2
        even = part[: 2 * half[1], : 2 * half[0]]
        part = np.asarray(cv2.resize(even, half, interpolation=cv2.INTER_AREA), np.uint8)
        factor *= 2
    height, width = part.shape[:2]
    rest = 2 * crop.scale * factor
    small = max(1, round(width * rest)), max(1, round(height * rest))
    fx, fy = factor * width / small[0], factor * height / small[1]
    # From the reduced part's pixel centres back to the whole image's.
    back = np.array([[fx, 0, (fx - 1) / 2 + x0], [0, fy, (fy - 1) / 2 + y0], [0, 0, 1]])
    reduced = cv2.resize(part, small, interpolation=cv2.INTER_AREA)
    return np.asarray(reduced, np.uint8), crop.matrix @ back
