"""Thin things along a stroke: the temple of glasses, a strap, the stand of a microphone."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]

_LONG = 4.0
"""A stroke is drawn along something when it is so many times as long as wide."""
_WIDEST = 24.0
"""Wider strokes are looked at smaller: what lies under them is not thin in pixels."""
_LEAST = 12
"""The least contrast to both sides, of 255."""
_CLEAR = 3.0
"""The least contrast over the noise around."""
_PIECE = 0.1
"""Smaller pieces, in parts of the stroke, are noise."""
_SPAN = 0.75
"""The share of the stroke that must have the thing beside it."""
_UNDER = 0.3
"""The share of the thing that must lie under the stroke."""


def thin_along(image: NDArray[np.uint8], stroke: Mask) -> Mask | None:
    """Find what is thin, runs along a stroke, and is darker or lighter than both its sides.

    The stroke need not hit it exactly; what of the stroke lies beside it is left out.

    Args:
        image: (h, w, 3) uint8 RGB, the stroke's surroundings at full resolution.
        stroke: (h, w) bool.

    Returns:
        (h, w) bool; None when the stroke is no line, or nothing runs along it.
    """
    width = _width(stroke)
    if stroke.sum() < _LONG * width * width:
        return None
    scale = min(1.0, _WIDEST / width)
    if scale == 1.0:
        return _along(image, stroke, width)
    size = (max(1, round(stroke.shape[1] * scale)), max(1, round(stroke.shape[0] * scale)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    share = cv2.resize(stroke.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    found = _along(small, share >= 0.5, width * scale)
    if found is None:
        return None
    whole = cv2.resize(found.astype(np.float32), stroke.shape[::-1])
    return np.asarray(whole >= 0.5)


def _width(stroke: Mask) -> float:
    """Pixels across a stroke where it is widest."""
    padded = cv2.copyMakeBorder(stroke.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    return max(1.0, 2 * float(cv2.distanceTransform(padded, cv2.DIST_L2, 5).max()) - 1)


def _along(image: NDArray[np.uint8], stroke: Mask, width: float) -> Mask | None:
    """What stands out most of the lightness and the two colours, to the light or to the dark."""
    away = cv2.distanceTransform((~stroke).astype(np.uint8), cv2.DIST_L2, 5)
    band = away <= width + 2
    across = _disc(round(1.5 * width + 2))
    lab = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2LAB)
    best, found = 0.0, None
    for channel in cv2.split(lab):
        for side in (cv2.MORPH_BLACKHAT, cv2.MORPH_TOPHAT):
            # A black or white hat leaves what is narrower than the disc.
            hat = cv2.morphologyEx(channel, side, across)
            thing = _standing_out(hat, band, stroke)
            score = 0.0 if thing is None else _score(thing, hat, band, stroke, width)
            if score > best:
                best, found = score, thing
    return found


def _standing_out(hat: NDArray[Any], band: Mask, stroke: Mask) -> Mask | None:
    """The pieces near a stroke in which a hat is high, and which the stroke touches."""
    method = cv2.THRESH_BINARY | cv2.THRESH_OTSU
    level, _ = cv2.threshold(hat[band].reshape(1, -1), 0, 255, method)
    high = (hat > max(level, _LEAST)) & band
    _, pieces, stats, _ = cv2.connectedComponentsWithStats(high.astype(np.uint8))
    kept = stats[:, cv2.CC_STAT_AREA] >= _PIECE * stroke.sum()
    kept &= np.isin(np.arange(len(kept)), pieces[stroke])
    kept[0] = False
    thing: Mask = kept[pieces]
    return thing if thing.any() else None


def _score(thing: Mask, hat: NDArray[Any], band: Mask, stroke: Mask, width: float) -> float:
    """How likely it is what the hand meant; 0 when it is not."""
    beside = cv2.dilate(thing.astype(np.uint8), _disc(round(width)))
    span, under = float(beside[stroke].mean()), float(stroke[thing].mean())
    around = hat[band & ~thing]
    if span < _SPAN or under < _UNDER or not around.size:
        return 0.0
    contrast = float(hat[thing].mean() - around.mean())
    return span * under * contrast if contrast > _CLEAR * around.std() else 0.0


def _disc(radius: int) -> NDArray[Any]:
    side = 2 * radius + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
