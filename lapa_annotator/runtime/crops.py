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
        height, width = image.shape[:2]
        small = (max(1, round(width * crop.scale * 2)), max(1, round(height * crop.scale * 2)))
        image = np.asarray(cv2.resize(image, small, interpolation=cv2.INTER_AREA), np.uint8)
        fx, fy = width / small[0], height / small[1]
        # From the reduced image's pixel centres back to the whole one's.
        back = np.array([[fx, 0, (fx - 1) / 2], [0, fy, (fy - 1) / 2], [0, 0, 1]])
        matrix = matrix @ back
    return np.asarray(cv2.warpAffine(image, matrix, (size, size)), dtype=np.uint8)
