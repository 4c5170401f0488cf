"""Face detection by the program's own network: one candidate a cell, none of it anchored.

The network (``nets/detector.py``) sees 320² pixels and answers on a 40² grid; it finds faces
from a thirtieth of what it sees up to all of it. A large photo is therefore searched twice,
whole and in overlapping tiles, and what both find is merged.
"""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from lapa_annotator.dla.boxes import agreed_boxes, merge_boxes
from lapa_annotator.dla.tiles import search_tiles
from lapa_annotator.domain.geometry import Box, Similarity, square_crop
from lapa_annotator.runtime.crops import Image, cut
from lapa_annotator.runtime.sessions import session

MODEL = "detector-106"
"""The name of its weights in the manifest."""
STRIDE = 8
"""Side of a cell in pixels."""
MIN_SCORE = 0.5
"""What a face scores at least; the best F1 on mosaics of held-out faces."""

_INPUT = 320
# The margins around a photo, over its longer side, that it is looked at with until something
# is found: a face that fills the photo needs something around it.
_MARGINS = (0.0, 0.6)
# Where nothing is, it may be that looks at several sizes agree on something (docs/decisions/0197):
# these margins, the least score that is listened to, and the least mean of all looks.
_SIZES = (0.0, 0.3, 0.6, 1.2)
_FAINT_SCORE = 0.1
_AGREED_SCORE = 0.25
# (shorter side of a photo in pixels from which on it is searched in tiles, a tile's side over
# it), the largest photos first.
_TILINGS = ((1800, 0.35), (700, 0.5))


class CentreDetector:
    """The program's own detector; its boxes are those around a face's 106 points."""

    name = "centre"

    def detect(self, image: Image) -> list[Box]:
        """Find the faces of an (H, W, 3) uint8 RGB image, largest first.

        Returns:
            Boxes in image pixels with score and roll; a box may reach over the image's edge.
        """
        found: list[Box] = []
        for margin in _MARGINS:
            found = found or self._look(image, margin)
        found = found or self._agreed(image)
        least = min(image.shape[:2])
        share = next((share for side, share in _TILINGS if least >= side), None)
        if share is not None:
            found += search_tiles(image, round(share * least), self._look)
        return sorted(merge_boxes(found), key=lambda box: box.area, reverse=True)

    def _agreed(self, image: Image) -> list[Box]:
        """Faces that no look is sure of and all together are."""
        looks = [self._look(image, margin, _FAINT_SCORE) for margin in _SIZES]
        return [box for box in agreed_boxes(looks) if box.score >= _AGREED_SCORE]

    def _look(self, image: Image, margin: float = 0.0, least: float = MIN_SCORE) -> list[Box]:
        height, width = image.shape[:2]
        side = max(height, width) * (1 + margin)
        crop = square_crop(((width - 1) / 2, (height - 1) / 2), side, _INPUT)
        batch = cut(image, crop, _INPUT).astype(np.float32).transpose(2, 0, 1)[None]
        (raw,) = session(MODEL, shape=(1, 3, _INPUT, _INPUT))(batch / np.float32(255))
        return [_moved(box, crop.inverse()) for box in decode(raw[0], least)]


def decode(raw: NDArray[np.float32], least: float = MIN_SCORE) -> list[Box]:
    """Turn the network's answer into boxes.

    Args:
        raw: (7, h, w) float32; see ``nets.detector.Detector.forward``.
        least: the lowest score that counts as a face.

    Returns:
        A box for every cell that scores more than its eight neighbours, in pixels of what the
        network saw; several may be of the same face.
    """
    scores = 1 / (1 + np.exp(-np.clip(raw[0], -80, 80)))
    peaks = (scores >= cv2.dilate(scores, np.ones((3, 3), np.uint8))) & (scores >= least)
    boxes = []
    for row, column in np.argwhere(peaks):
        x, y = (float(cell) * STRIDE + (STRIDE - 1) / 2 for cell in (column, row))
        sides = np.exp(np.clip(raw[1:5, row, column].astype(np.float64), -4, 5)) * STRIDE
        left, up, right, down = (float(side) for side in sides)
        cosine, sine = (float(v) for v in raw[5:7, row, column])
        roll = math.degrees(math.atan2(sine, cosine))
        score = float(scores[row, column])
        boxes.append(Box(x - left, y - up, x + right, y + down, score, roll))
    return boxes


def _moved(box: Box, to_image: Similarity) -> Box:
    """A box in the frame that an unturned transform leads to."""
    corners = to_image.apply(np.array([(box.x0, box.y0), (box.x1, box.y1)]))
    (x0, y0), (x1, y1) = corners.tolist()
    return replace(box, x0=x0, y0=y0, x1=x1, y1=y1)
