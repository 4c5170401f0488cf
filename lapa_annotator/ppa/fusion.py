"""Fusion: skin, parts, hair and background painted in order, later ones on top (LaPa, 3.2(3))."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.classes import Label
from lapa_annotator.domain.geometry import Similarity
from lapa_annotator.domain.labelmap import LabelMap
from lapa_annotator.domain.landmarks import Points
from lapa_annotator.ppa.attach import BACKGROUND, HAIR, SKIN
from lapa_annotator.ppa.curves import Polygon
from lapa_annotator.ppa.raster import NOWHERE, Rect, fill_polygon
from lapa_annotator.ppa.segment import Segmentation

Layer = Literal["skin", "parts", "hair", "background"]

ORDER: tuple[Layer, ...] = ("skin", "parts", "hair", "background")
"""The paper's order: hair or sunglasses in front of an eye win."""


@dataclass(frozen=True)
class Sureness:
    """How sure a segmentation has to be to take what the landmarks claim, in [0, 1].

    Attributes:
        hair: probability of hair from which it covers a part.
        background: probability of background (hats, frames, hands) from which it covers a
            part, or skin inside the face contour.
    """

    hair: float = 0.7
    background: float = 0.8


@dataclass(frozen=True, eq=False)
class Coarse:
    """A segmentation brought to image pixels.

    Attributes:
        rect: the pixels of the image it covers; outside all is background.
        winner: (h, w) uint8 channel of the largest probability (background, skin, hair).
        sure: (h, w) bool, where hair or background is sure enough to cover a part.
    """

    rect: Rect
    winner: NDArray[np.uint8]
    sure: NDArray[np.bool_]

    def window(self, rect: Rect) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """Winner and sureness of any rectangle; beyond its own, background and not sure."""
        inner = rect.clipped(self.rect)
        here = inner.shifted(-self.rect.x0, -self.rect.y0).slices
        if inner == rect:
            return self.winner[here], self.sure[here]
        shape = max(0, rect.y1 - rect.y0), max(0, rect.x1 - rect.x0)
        winner, sure = np.full(shape, BACKGROUND, np.uint8), np.zeros(shape, bool)
        if not inner.empty:
            there = inner.shifted(-rect.x0, -rect.y0).slices
            winner[there], sure[there] = self.winner[here], self.sure[here]
        return winner, sure


def coarse(segmentation: Segmentation, size: tuple[int, int], sureness: Sureness) -> Coarse:
    """Bring a segmentation to image pixels; probabilities are interpolated, not classes.

    Args:
        segmentation: what the segmenter said.
        size: (width, height) of the image.
        sureness: thresholds.
    """
    _, h, w = segmentation.probabilities.shape
    corners = np.array([[0.0, 0.0], [w - 1.0, 0.0], [w - 1.0, h - 1.0], [0.0, h - 1.0]])
    to_image = segmentation.to_crop.inverse()
    rect = Rect.around(to_image.apply(corners)).clipped(Rect(0, 0, *size))
    if rect.empty:
        return Coarse(NOWHERE, np.zeros((0, 0), np.uint8), np.zeros((0, 0), bool))
    to_rect = to_image.then(Similarity(1.0, 0.0, -rect.x0, -rect.y0))
    warped = [
        cv2.warpAffine(
            channel,
            to_rect.matrix,
            (rect.x1 - rect.x0, rect.y1 - rect.y0),
            flags=cv2.INTER_CUBIC,
            borderValue=255 if k == BACKGROUND else 0,
        )
        for k, channel in enumerate(segmentation.probabilities)
    ]
    winner = np.zeros(warped[0].shape, np.uint8)
    np.putmask(winner, warped[SKIN] > warped[BACKGROUND], SKIN)
    np.putmask(winner, warped[HAIR] > np.maximum(warped[BACKGROUND], warped[SKIN]), HAIR)
    sure = warped[HAIR] >= round(sureness.hair * 255)
    sure |= warped[BACKGROUND] >= round(sureness.background * 255)
    return Coarse(rect, winner, sure)


@dataclass(frozen=True)
class FaceRegion:
    """What the contour says of skin.

    Attributes:
        inside: the face from jawline to brows, which is skin unless something covers it.
        below: the outside of the jaw, where skin is neck; ears lie above it.
    """

    inside: Polygon
    below: Polygon


_EAR_LOBES = (6, 26)


def face_region(points: Points, jawline: Polygon) -> FaceRegion:
    """Make the region of a face from its (106, 2) points and its fitted jawline (n, 2)."""
    inside = np.vstack([jawline, points[[46, 45, 44, 43, 42, 37, 36, 35, 34, 33]]])
    first, last = (
        int(np.abs(jawline - points[k]).sum(axis=1).argmin()) for k in _EAR_LOBES
    )
    left, right = jawline[first], jawline[last]
    across = right - left
    length = float(np.hypot(*across))
    if length < 1e-6:
        return FaceRegion(inside, np.zeros((0, 2)))
    far = 8 * max(length, float(np.ptp(points, axis=0).max()))
    outward = across / length * far
    down = np.array([-outward[1], outward[0]])
    below = np.vstack(
        [
            [left - outward],
            jawline[first : last + 1],
            [right + outward, right + outward + down, left - outward + down],
        ]
    )
    return FaceRegion(inside, below)


def fuse(
    rect: Rect,
    base: Coarse,
    region: FaceRegion,
    parts: dict[int, list[Polygon]],
    order: tuple[Layer, ...] = ORDER,
) -> LabelMap:
    """Fuse the label map of one rectangle (LaPa, section 3.2(3)).

    Args:
        rect: the pixels of the image asked for.
        base: the segmentation in image pixels.
        region: what the contour says of skin.
        parts: class id -> polygons in image pixels, painted in the order of the ids.
        order: the layers, later ones on top.

    Returns:
        (rect height, rect width) uint8.
    """
    out = np.zeros((max(0, rect.y1 - rect.y0), max(0, rect.x1 - rect.x0)), np.uint8)
    winner, sure = base.window(rect)
    for layer in order:
        if layer == "skin":
            seen = (winner == SKIN) & ~fill_polygon(region.below, rect)
            # Shade and glare make a network doubt skin that the contour vouches for.
            claimed = fill_polygon(region.inside, rect)
            claimed &= (winner == SKIN) | ((winner == BACKGROUND) & ~sure)
            out[seen | claimed] = Label.SKIN
        elif layer == "parts":
            _paint_parts(out, rect, parts)
        elif layer == "hair":
            bare = (out == Label.BACKGROUND) | (out == Label.SKIN)
            out[(winner == HAIR) & (sure | bare)] = Label.HAIR
        else:
            out[(winner == BACKGROUND) & sure] = Label.BACKGROUND
    return out


def _paint_parts(out: LabelMap, rect: Rect, parts: dict[int, list[Polygon]]) -> None:
    for label, rings in sorted(parts.items()):
        for ring in rings:
            place = Rect.around(ring).clipped(rect)
            if not place.empty:
                here = out[place.shifted(-rect.x0, -rect.y0).slices]
                here[fill_polygon(ring, place)] = label
