"""Hair, skin and background of a face: upright crops, merged probabilities (LaPa, 3.2(1)).

The paper crops by a coarse foreground first, so as to keep all the hair. Here the landmarks
give the crops: a tight one for detail and a wide one for long hair, merged on one canvas.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.geometry import Similarity, square_crop
from lapa_annotator.domain.landmarks import Points
from lapa_annotator.ppa.attach import keep_what_belongs_to_the_face
from lapa_annotator.runtime.crops import Image, cut


class Segmenter(Protocol):
    """Tells hair, skin and background apart on an upright crop.

    Attributes:
        name: the model version that is kept with what it says.
        size: side of the crop it wants, in pixels.
    """

    name: str
    size: int

    def segment(self, crop: Image) -> NDArray[np.float32]:
        """Segment a crop.

        Args:
            crop: (size, size, 3) uint8 RGB, upright.

        Returns:
            (3, size, size) float32 probabilities: background, skin, hair.
        """
        ...


@dataclass(frozen=True, eq=False)
class Segmentation:
    """What a segmenter said of one face; kept, so that landmarks may change without it.

    Attributes:
        probabilities: (3, h, w) uint8, 0-255 for 0-1: background, skin, hair.
        to_crop: the transform from image pixels to the pixels of ``probabilities``.
        model: the model version that said it.
    """

    probabilities: NDArray[np.uint8]
    to_crop: Similarity
    model: str


@dataclass(frozen=True, slots=True)
class FaceFrame:
    """Where a face lies: its centre and size (pixels) and its roll (degrees, clockwise)."""

    centre: tuple[float, float]
    size: float
    roll: float

    @classmethod
    def of(cls, points: Points) -> FaceFrame:
        """The frame of (106, 2) points: their upright box, turned by the line of the eyes."""
        dx, dy = points[75:83].mean(axis=0) - points[66:74].mean(axis=0)
        roll = float(np.degrees(np.arctan2(dy, dx)))
        turn = Similarity.about((0.0, 0.0), (0.0, 0.0), 1.0, -roll)
        upright = turn.apply(points)
        low, high = upright.min(axis=0), upright.max(axis=0)
        centre = turn.inverse().apply((low + high) / 2)
        return cls((float(centre[0]), float(centre[1])), max(1.0, float((high - low).max())), roll)

    def crop(self, factor: float, lift: float, size: int) -> Similarity:
        """The upright crop ``factor`` times the face's size, raised by ``lift`` times it."""
        angle = np.radians(self.roll)
        x = self.centre[0] + lift * self.size * float(np.sin(angle))
        y = self.centre[1] - lift * self.size * float(np.cos(angle))
        return square_crop((x, y), factor * self.size, size, self.roll)


CROPS: tuple[tuple[float, float], ...] = ((2.2, 0.1), (3.4, 0.2))
"""(factor, lift) of each crop in units of the face's size; the last one is the canvas."""

_DARK = 0.38
_MOST_GAIN = 8.0


def segment_face(image: Image, points: Points, segmenter: Segmenter) -> Segmentation:
    """Segment one face of an image (LaPa, section 3.2(1)).

    Args:
        image: (H, W, 3) uint8 RGB.
        points: (106, 2) landmarks in image pixels; they may lie outside of the image.
        segmenter: the network.

    Returns:
        Probabilities on a canvas of twice the segmenter's size, cleared of what belongs to
        other people or to nobody.
    """
    frame = FaceFrame.of(points)
    side = 2 * segmenter.size
    to_canvas = frame.crop(*CROPS[-1], side)
    canvas = _brightened(cut(image, to_canvas, side), to_canvas.apply(points))
    total = np.zeros((side, side, 3), np.float32)
    weight = np.zeros((side, side, 1), np.float32)
    for factor, lift in CROPS:
        to_crop = to_canvas.inverse().then(frame.crop(factor, lift, segmenter.size))
        said = segmenter.segment(cut(canvas, to_crop, segmenter.size)).transpose(1, 2, 0)
        trust = _trust(segmenter.size)
        total += _brought_back(np.ascontiguousarray(said) * trust, to_crop, side)
        weight += _brought_back(trust, to_crop, side)[..., None]
    merged = total / np.maximum(weight, 1e-6)
    merged[weight[..., 0] < 1e-6] = (1, 0, 0)
    scaled = np.round(np.clip(merged, 0, 1) * 255).astype(np.uint8)
    clean = keep_what_belongs_to_the_face(scaled, to_canvas.apply(points))
    return Segmentation(np.ascontiguousarray(clean.transpose(2, 0, 1)), to_canvas, segmenter.name)


def _brightened(canvas: Image, points: Points) -> Image:
    """Lift a face that lies in the dark: networks that know daylight miss dark faces whole."""
    hull = cv2.convexHull(np.round(np.clip(points, -1e4, 1e4)).astype(np.int32))
    mask = cv2.fillConvexPoly(np.zeros(canvas.shape[:2], np.uint8), hull, 1)
    grey = cv2.cvtColor(canvas, cv2.COLOR_RGB2GRAY)[mask > 0]
    if not grey.size:
        return canvas
    gain = min(_MOST_GAIN, _DARK * 255 / max(1.0, float(np.median(grey))))
    return canvas if gain <= 1 else np.asarray(cv2.convertScaleAbs(canvas, alpha=gain), np.uint8)


def _brought_back(crop: NDArray[np.float32], to_crop: Similarity, side: int) -> NDArray[np.float32]:
    """Warp what was said of a crop back to a canvas of ``side`` pixels, zero outside."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(crop, to_crop.matrix, (side, side), flags=flags), np.float32)


def _trust(size: int) -> NDArray[np.float32]:
    """(size, size, 1) weights that fall towards a crop's edges, where a network sees less."""
    ramp = np.minimum(np.arange(size) + 0.5, np.arange(size)[::-1] + 0.5) / (size / 8)
    ramp = np.clip(ramp, 0.02, 1).astype(np.float32)
    return np.asarray(np.minimum.outer(ramp, ramp)[..., None], np.float32)
