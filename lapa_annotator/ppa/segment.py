"""Hair, skin and background of a face: upright crops, merged probabilities (LaPa, 3.2(1)).

A face is looked at twice, and what is said is merged on one canvas: in a tight crop for detail, and
in a wide one that keeps all the hair. A coarse network's foreground gives the wide one; without it
the landmarks give both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import cv2
import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.geometry import Similarity
from lapa_annotator.domain.landmarks import Points
from lapa_annotator.ppa.attach import keep_what_belongs_to_the_face
from lapa_annotator.ppa.coarse import Foreground, head_crop, nearer_to_others
from lapa_annotator.ppa.frame import FaceFrame
from lapa_annotator.ppa.refine import refine
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


@runtime_checkable
class Guided(Protocol):
    """A segmenter that is told where the face's landmarks are, and draws on them."""

    def segment_with(self, crop: Image, points: Points) -> NDArray[np.float32]:
        """Segment a crop; as ``Segmenter.segment``, ``points`` (106, 2) in pixels of the crop."""
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


class CoarseToFine:
    """A segmenter that is shown the crop which a coarse network has found.

    Attributes:
        fine: tells hair, skin and background apart in the crop.
        coarse: finds hair and skin on the whole picture.
        name: the model versions of both.
        size: side of the crop that the fine one wants, in pixels.
    """

    def __init__(self, fine: Segmenter, coarse: Foreground) -> None:
        self.fine, self.coarse = fine, coarse
        self.name = f"{coarse.name}+{fine.name}"
        self.size = fine.size

    def segment(self, crop: Image) -> NDArray[np.float32]:
        """Segment a crop by the fine one; see ``Segmenter.segment``."""
        return self.fine.segment(crop)


CROPS: tuple[tuple[float, float], ...] = ((2.2, 0.1), (3.4, 0.2))
"""(factor, lift) of each crop in units of the face's size; the last one is the canvas."""

_FINEST = 1024
"""No canvas has more pixels a side than this."""
_DARK = 0.38
_MOST_GAIN = 8.0


def segment_face(
    image: Image, points: Points, segmenter: Segmenter, others: Sequence[Points] = ()
) -> Segmentation:
    """Segment one face of an image (LaPa, section 3.2(1)).

    Args:
        image: (H, W, 3) uint8 RGB.
        points: (106, 2) landmarks in image pixels; they may lie outside of the image.
        segmenter: the network, or a coarse and a fine one.
        others: the landmarks of the other faces of the image, whose hair and skin stay out.

    Returns:
        Probabilities on a canvas around the head, at the image's resolution where the canvas
        can hold it, cleared of what belongs to other people or to nobody.
    """
    frame = FaceFrame.of(points)
    side = 2 * segmenter.size
    if isinstance(segmenter, CoarseToFine):
        head = head_crop(image, points, others, segmenter.coarse)
        to_canvas = head.crop(1.0, 0.0, side)
        looks = [frame.crop(*CROPS[0], segmenter.size), head.crop(1, 0, segmenter.size)]
    else:
        to_canvas = frame.crop(*CROPS[-1], side)
        looks = [frame.crop(*c, segmenter.size) for c in CROPS]
    there = to_canvas.apply(points)
    canvas = _brightened(cut(image, to_canvas, side), there)
    fine = segmenter.fine if isinstance(segmenter, CoarseToFine) else segmenter
    merged = _merged(canvas, [to_canvas.inverse().then(look) for look in looks], fine, there)
    seen = _cleaned(merged, segmenter.size, to_canvas, points, others)
    to_fine, guide = _finest(image, canvas, to_canvas)
    crisp = refine(seen, guide).transpose(2, 0, 1)
    return Segmentation(np.ascontiguousarray(crisp), to_fine, segmenter.name)


def _cleaned(
    merged: NDArray[np.float32],
    size: int,
    to_canvas: Similarity,
    points: Points,
    others: Sequence[Points],
) -> NDArray[np.float32]:
    """(size, size, 3) probabilities without what belongs to other people or to nobody."""
    small = cv2.resize(merged, (size, size), interpolation=cv2.INTER_AREA)
    to_small = _resampled(to_canvas, size / merged.shape[0])
    here = to_small.apply(points)
    said = np.round(np.clip(small, 0, 1) * 255).astype(np.uint8)
    theirs = nearer_to_others(said.shape, here, [to_small.apply(p) for p in others])
    if theirs is not None:
        said[theirs] = (255, 0, 0)
    return keep_what_belongs_to_the_face(said, here).astype(np.float32) * np.float32(1 / 255)


def _merged(
    canvas: Image, crops: Sequence[Similarity], segmenter: Segmenter, points: Points
) -> NDArray[np.float32]:
    """(side, side, 3) probabilities of all looks at a canvas; background where none reaches.

    ``points`` are the face's landmarks in pixels of the canvas.
    """
    side = canvas.shape[0]
    total = np.zeros((side, side, 3), np.float32)
    weight = np.zeros((side, side, 1), np.float32)
    trust = _trust(segmenter.size)
    for to_crop in crops:
        crop = cut(canvas, to_crop, segmenter.size)
        if isinstance(segmenter, Guided):
            said = segmenter.segment_with(crop, to_crop.apply(points))
        else:
            said = segmenter.segment(crop)
        moved = np.ascontiguousarray(said.transpose(1, 2, 0)) * trust
        total += _brought_back(moved, to_crop, side)
        weight += _brought_back(trust, to_crop, side)[..., None]
    total /= np.maximum(weight, np.float32(1e-6))
    total[weight[..., 0] < 1e-6] = (1, 0, 0)
    return total


def _finest(image: Image, canvas: Image, to_canvas: Similarity) -> tuple[Similarity, Image]:
    """The canvas with as many pixels as the image has there, up to a limit."""
    side = canvas.shape[0]
    finest = side / to_canvas.scale
    while finest > _FINEST:
        finest /= 2  # cutting by a power of two is cheap
    finest = round(finest)
    if finest <= side:
        return to_canvas, canvas
    to_fine = _resampled(to_canvas, finest / side)
    return to_fine, cut(image, to_fine, finest)


def _resampled(crop: Similarity, factor: float) -> Similarity:
    """The same crop with ``factor`` times as many pixels a side; edges stay where they are."""
    half = (factor - 1) / 2
    return crop.then(Similarity(factor, 0.0, half, half))


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
