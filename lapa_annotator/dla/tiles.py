"""Searching a large photo in overlapping tiles, so that small faces are seen large enough."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import product

from lapa_annotator.domain.geometry import Box
from lapa_annotator.runtime.crops import Image

# What neighbouring tiles do not share, over a tile's side.
_STEP = 0.6


def search_tiles(image: Image, side: int, look: Callable[[Image], list[Box]]) -> list[Box]:
    """Look for faces in square tiles that share 40 % with their neighbours.

    Args:
        image: (H, W, 3) uint8 RGB.
        side: of a tile, in pixels.
        look: finds the faces of a tile, boxes in the tile's pixels.

    Returns:
        Boxes in image pixels. A face that an edge inside the photo cuts is left to the
        neighbouring tile; the same face may be found in several tiles.
    """
    height, width = image.shape[:2]
    found: list[Box] = []
    for top, left in product(_starts(height, side), _starts(width, side)):
        for box in look(image[top : top + side, left : left + side]):
            if not _cut_off(box, left, top, side, (width, height)):
                shifted = replace(box, x0=box.x0 + left, x1=box.x1 + left)
                found.append(replace(shifted, y0=box.y0 + top, y1=box.y1 + top))
    return found


def _starts(length: int, side: int) -> list[int]:
    if length <= side:
        return [0]
    count = math.ceil((length - side) / (_STEP * side)) + 1
    return [round(i * (length - side) / (count - 1)) for i in range(count)]


def _cut_off(box: Box, left: int, top: int, side: int, size: tuple[int, int]) -> bool:
    """Whether a tile's box reaches over an edge of the tile that is not the photo's own."""
    slack = 0.02 * side
    return (
        (left > 0 and box.x0 < slack)
        or (top > 0 and box.y0 < slack)
        or (left + side < size[0] and box.x1 > side - slack)
        or (top + side < size[1] and box.y1 > side - slack)
    )
