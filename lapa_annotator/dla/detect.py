"""Face detection: boxes and six key points by the fetched full-range detector.

The network sees a 192² picture and answers on a 48² grid, one candidate a cell, so a face
must cover about a twelfth of what it sees. A large photo is therefore searched twice, whole
and in overlapping tiles, and what both find is merged.
"""

from __future__ import annotations

import math
from itertools import product

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.dla.boxes import merge_boxes, without_forehead
from lapa_annotator.dla.tiles import search_tiles
from lapa_annotator.domain.geometry import Box, Similarity, square_crop
from lapa_annotator.runtime.crops import Image, cut
from lapa_annotator.runtime.sessions import session

_INPUT = 192
_GRID = 48
_MIN_SCORE = 0.5
# A photo whose face fills it is only found when there is something around it.
_WEAK_SCORE = 0.3
# (shorter side of a photo in pixels from which on it is searched in tiles, a tile's side over it)
_TILINGS = ((900, 0.6), (1800, 0.3))


class FullRangeDetector:
    """The full-range BlazeFace-family detector (FACTS.md, section 2), run in f32."""

    name = "full-range"

    def detect(self, image: Image) -> list[Box]:
        """Find the faces of an (H, W, 3) uint8 RGB image, largest first.

        Returns:
            Boxes in image pixels with score and roll; a box may reach over the image's edge.
        """
        found = self._search(image, 0.0, _MIN_SCORE)
        if not found:
            found = self._search_harder(image)
        for least, share in _TILINGS:
            if min(image.shape[:2]) >= least:
                found += search_tiles(image, int(share * min(image.shape[:2])), self._look)
        merged = [without_forehead(box) for box in merge_boxes(found)]
        return sorted(merged, key=lambda box: box.area, reverse=True)

    def _look(self, tile: Image) -> list[Box]:
        return self._search(tile, 0.0, _MIN_SCORE)

    def _search(
        self, image: Image, margin: float, least: float, degrees: float = 0, flip: bool = False
    ) -> list[Box]:
        height, width = image.shape[:2]
        side = max(height, width) * (1 + margin)
        crop = square_crop(((width - 1) / 2, (height - 1) / 2), side, _INPUT, degrees)
        pixels = cut(image, crop, _INPUT)
        if flip:
            pixels = pixels[:, ::-1]
        batch = (pixels.astype(np.float32) / 127.5 - 1)[None]
        regressed, scores = session("face_detection_full_range")(batch)
        return _decode(regressed[0], scores[0, :, 0], crop, least, flip)

    def _search_harder(self, image: Image) -> list[Box]:
        """Look again with room around the photo, mirrored and turned, for weaker signs."""
        looks = product((0.0, 0.5, 1.0), (0.0, 35.0, -35.0), (False, True))
        return [
            box
            for margin, degrees, flip in looks
            for box in self._search(image, margin, _WEAK_SCORE, degrees, flip)
        ]


def _decode(
    regressed: NDArray[np.float32],
    scores: NDArray[np.float32],
    crop: Similarity,
    least: float,
    flip: bool,
) -> list[Box]:
    """Turn (2304, 16) offsets and (2304,) logits into boxes of the image."""
    sure = 1 / (1 + np.exp(-np.clip(scores, -80, 80)))
    boxes = []
    for cell in np.flatnonzero(sure >= least):
        anchor = (np.array([cell % _GRID, cell // _GRID]) + 0.5) / _GRID * _INPUT
        pairs = regressed[cell].astype(np.float64).reshape(8, 2)
        # The network counts from the picture's edge, the program from pixel centres.
        points = np.concatenate([pairs[:1], pairs[2:]]) + anchor - 0.5
        if flip:
            points[:, 0] = _INPUT - 1 - points[:, 0]
            points = points[[0, 2, 1, 3, 4, 6, 5]]
        half = np.abs(pairs[1]) / crop.scale / 2
        if (half <= 0).any():
            continue
        points = crop.inverse().apply(points)
        (x0, y0), (x1, y1) = points[0] - half, points[0] + half
        roll = _roll(points[1:])
        boxes.append(Box(float(x0), float(y0), float(x1), float(y1), float(sure[cell]), roll))
    return boxes


def _roll(points: NDArray[np.float64]) -> float:
    """Roll in degrees from the six key points (eyes, nose, mouth, ears).

    The line of the eyes and the line from eyes to mouth are added up as they are: on a
    profile the first is short and uncertain, and counts for less.
    """
    across = points[1] - points[0]
    down = points[3] - (points[0] + points[1]) / 2
    return math.degrees(math.atan2(across[1] - down[0], across[0] + down[1]))
