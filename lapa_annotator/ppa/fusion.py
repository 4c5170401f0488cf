"""Fusion: skin, parts, hair and background painted in order, later ones on top (LaPa, 3.2(3))."""

from __future__ import annotations

from collections.abc import Callable
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
from lapa_annotator.ppa.raster import NOWHERE, Rect, fill_polygon, put_label
from lapa_annotator.ppa.segment import Segmentation

Layer = Literal["skin", "parts", "hair", "background"]
Fill = Callable[[Polygon, Rect], NDArray[np.bool_]]
"""Gives the pixels of a rectangle that lie in a polygon: ``fill_polygon``, or ``Fills``."""

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

    hair: float = 0.5
    background: float = 0.6


@dataclass(frozen=True, eq=False)
class Coarse:
    """A segmentation brought to image pixels.

    Attributes:
        rect: the pixels of the image it covers; outside all is background.
        winner: (h, w) uint8 channel of the largest probability (background, skin, hair).
        sure: (h, w) bool, where hair or background is sure enough to cover a part.
        skin: the smallest rectangle of the image around all skin.
    """

    rect: Rect
    winner: NDArray[np.uint8]
    sure: NDArray[np.bool_]
    skin: Rect

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
        return Coarse(NOWHERE, np.zeros((0, 0), np.uint8), np.zeros((0, 0), bool), NOWHERE)
    to_rect = to_image.then(Similarity(1.0, 0.0, -rect.x0, -rect.y0)).matrix
    shape = rect.x1 - rect.x0, rect.y1 - rect.y0
    skin, hair = (
        cv2.warpAffine(segmentation.probabilities[k], to_rect, shape) for k in (SKIN, HAIR)
    )
    nothing = cv2.subtract(cv2.bitwise_not(skin), hair)  # the three add up to 255
    winner = (skin > nothing).view(np.uint8)
    np.copyto(winner, np.uint8(HAIR), where=hair > np.maximum(nothing, skin))
    sure = hair >= round(sureness.hair * 255)
    sure |= nothing >= round(sureness.background * 255)
    return Coarse(rect, winner, sure, _extent(winner == SKIN).shifted(rect.x0, rect.y0))


def _extent(mask: NDArray[np.bool_]) -> Rect:
    """The smallest rectangle around the set pixels of a mask."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return NOWHERE
    return Rect(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


@dataclass(frozen=True)
class FaceRegion:
    """What the contour says of skin.

    Attributes:
        inside: the face from jawline to brows, which is skin unless something covers it.
        below: the outside of the jaw, where skin is neck; ears lie above it.
        vouched: a band inside the contour that a person has set, which is face even where
            the segmenter is sure of neck or collar.
    """

    inside: Polygon
    below: Polygon
    vouched: Polygon

    def edge(self, rect: Rect) -> Polygon:
        """(n, 2) the line along which ``below`` cuts what is in ``rect``; all of it, if none."""
        if not len(self.below):
            corners = [(rect.x0, rect.y0), (rect.x1, rect.y1)]
            return np.array(corners, dtype=np.float64)
        left, cut, right = self.below[0], self.below[1:-3], self.below[-3]
        ends = _leaving(cut[0], left, rect), _leaving(cut[-1], right, rect)
        return np.vstack([ends[0], cut, ends[1]])


_EAR_LOBES = (6, 26)
_FULL_SLACK = (9, 23)
_VOUCHED_DEPTH = 0.2
"""Width of the band behind a contour point that a person has set, over the jaw's width."""
_FAR = 1e6
"""Pixels: beyond any picture."""
_BARE = int(max(Label.BACKGROUND, Label.SKIN))
"""Labels up to this one are no part's; a plain number, for NumPy is slow with an enumeration's."""
_BROW_TOPS = (46, 45, 44, 43, 42, 37, 36, 35, 34, 33)
REGION_POINTS: tuple[int, ...] = (*range(33), *_BROW_TOPS)
"""The points that a face region depends on."""


def face_region(
    points: Points, jawline: Polygon, slack: float, touched: NDArray[np.bool_]
) -> FaceRegion:
    """Make the region of a face. What it says of one place depends on the points near it.

    Args:
        points: (106, 2) landmarks.
        jawline: (n, 2) the fitted contour, through points 0-32.
        slack: how far outside a proposed contour point skin is still believed, as a share of
            the jaw's width.
        touched: (33,) bool, the contour points that a person has set: skin ends there, and
            reaches to there.
    """
    inside = np.vstack([jawline, points[list(_BROW_TOPS)]])
    apart = np.abs(jawline[None] - points[:33, None])
    place = np.maximum.accumulate((apart[..., 0] + apart[..., 1]).argmin(axis=1))
    first, last = place[_EAR_LOBES[0]], place[_EAR_LOBES[1]]
    across = jawline[last] - jawline[first]
    width = float(np.hypot(*across))
    if width < 1e-6:
        return FaceRegion(inside, np.zeros((0, 2)), np.zeros((0, 2)))
    along = np.gradient(jawline, axis=0)
    outward = np.c_[-along[:, 1], along[:, 0]]
    outward /= np.maximum(np.hypot(*along.T), 1e-9)[:, None]
    # By the ear lobes the cut starts on the line itself.
    steps = np.arange(len(jawline))
    ramp = np.interp(
        steps, [first, place[_FULL_SLACK[0]], place[_FULL_SLACK[1]], last], [0, 1, 1, 0]
    )
    human = np.interp(steps, place, touched.astype(np.float64))
    loose = np.interp(steps, place, np.where(touched, 0.0, slack)) * ramp * width
    cut = (jawline + outward * loose[:, None])[first : last + 1]
    # Everything below the level of the ear lobes and outside of the jaw.
    left, right, away = cut[0], cut[-1], across / width * _FAR
    down = np.array([-away[1], away[0]])
    below = np.vstack([left - away, cut, right + away, right + away + down, left - away + down])
    depth = _VOUCHED_DEPTH * human * ramp * width
    inner = (jawline - outward * depth[:, None])[first : last + 1]
    return FaceRegion(inside, below, np.vstack([jawline[first : last + 1], inner[::-1]]))


def _leaving(
    start: NDArray[np.float64], end: NDArray[np.float64], rect: Rect
) -> NDArray[np.float64]:
    """(2,) where the way to a far place leaves the columns of a rectangle, or a steep one its rows.

    All that two such ways enclose of the rectangle lies in the rectangle around both.
    """
    (x, y), (dx, dy) = start.tolist(), (end - start).tolist()
    if abs(dx) >= abs(dy):
        share = ((rect.x1 if dx > 0 else rect.x0 - 1) - x) / dx
    else:
        share = ((rect.y1 if dy > 0 else rect.y0 - 1) - y) / dy
    return np.asarray(start + max(0.0, share) * (end - start))


def fuse(
    rect: Rect,
    base: Coarse,
    region: FaceRegion,
    parts: dict[int, list[Polygon]],
    order: tuple[Layer, ...] = ORDER,
    fill: Fill = fill_polygon,
) -> LabelMap:
    """Fuse the label map of one rectangle (LaPa, section 3.2(3)).

    Args:
        rect: the pixels of the image asked for.
        base: the segmentation in image pixels.
        region: what the contour says of skin.
        parts: class id -> polygons in image pixels, painted in the order of the ids.
        order: the layers, later ones on top.
        fill: fills polygons.

    Returns:
        (rect height, rect width) uint8.
    """
    out = np.zeros((max(0, rect.y1 - rect.y0), max(0, rect.x1 - rect.x0)), np.uint8)
    winner, sure = base.window(rect)
    place = Rect.around(region.vouched).clipped(rect)
    if not place.empty:
        winner = winner.copy()
        band = winner[place.shifted(-rect.x0, -rect.y0).slices]
        band[fill(region.vouched, place) & (band == BACKGROUND)] = SKIN
    for layer in order:
        if layer == "skin":
            place = base.skin.joined(Rect.around(region.inside)).clipped(rect)
            here = place.shifted(-rect.x0, -rect.y0).slices
            put_label(out[here], Label.SKIN, _skin(place, winner[here], sure[here], region, fill))
        elif layer == "parts":
            _paint_parts(out, rect, parts, fill)
        elif layer == "hair":
            bare = out <= _BARE
            put_label(out, Label.HAIR, (winner == HAIR) & (sure | bare))
        else:
            put_label(out, Label.BACKGROUND, (winner == BACKGROUND) & sure)
    return out


def _skin(
    place: Rect,
    winner: NDArray[np.uint8],
    sure: NDArray[np.bool_],
    region: FaceRegion,
    fill: Fill,
) -> NDArray[np.bool_]:
    """Skin that was seen above the jaw, and what the contour vouches for.

    Shade and glare make a network doubt skin inside the contour; only a sure one is believed.
    """
    seen = winner == SKIN
    claimed = seen | ((winner == BACKGROUND) & ~sure)
    claimed &= fill(region.inside, place)
    seen &= ~fill(region.below, place)
    return np.asarray(seen | claimed)


def _paint_parts(out: LabelMap, rect: Rect, parts: dict[int, list[Polygon]], fill: Fill) -> None:
    for label, rings in sorted(parts.items()):
        for ring in rings:
            place = Rect.around(ring).clipped(rect)
            if not place.empty:
                here = out[place.shifted(-rect.x0, -rect.y0).slices]
                put_label(here, label, fill(ring, place))
