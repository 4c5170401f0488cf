"""Completing a rough stroke by what the picture shows: its magic edge, its superpixels."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.segmentation import slic

from lapa_annotator.ppa.raster import Rect
from lapa_annotator.ppa.repair import Mask
from lapa_annotator.ppa.thin import thin_along

# Larger windows are looked at smaller: it takes a moment instead of many seconds.
_MOST = 320
_ROUNDS = 4
_SEED = 1


def surroundings(rect: Rect, size: tuple[int, int], room: float = 0.5) -> Rect:
    """The window that completing a stroke looks at.

    Args:
        rect: the rectangle around the stroke.
        size: (width, height) of the photo.
        room: how far it reaches beyond the stroke, in parts of the stroke's longer side.
    """
    more = round(room * max(rect.x1 - rect.x0, rect.y1 - rect.y0)) + 8
    wide = Rect(rect.x0 - more, rect.y0 - more, rect.x1 + more, rect.y1 + more)
    return wide.clipped(Rect(0, 0, *size))


def magic_edge(image: NDArray[np.uint8], stroke: Mask) -> Mask:
    """Let a stroke grow to the edges that the picture shows around it.

    A stroke along something thin, such as a temple of glasses, finds that alone. Any other is
    surely inside, and the window's border surely outside; what is between goes where its
    colours fit (GrabCut), and only what hangs together with the stroke is taken.

    Args:
        image: (h, w, 3) uint8 RGB, the stroke's surroundings.
        stroke: (h, w) bool.

    Returns:
        (h, w) bool, the stroke within unless it ran along something thin.
    """
    thin = thin_along(image, stroke)
    if thin is not None:
        return thin
    small, seeds = _reduced(image, stroke)
    border = np.ones(seeds.shape, bool)
    border[2:-2, 2:-2] = False
    known = np.full(seeds.shape, cv2.GC_PR_BGD, np.uint8)
    near = cv2.dilate(seeds.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    known[near] = cv2.GC_PR_FGD
    known[border] = cv2.GC_BGD
    known[seeds] = cv2.GC_FGD
    if not (border & ~seeds).any() or not seeds.any():
        return stroke
    cv2.setRNGSeed(_SEED)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(small, known, None, *models, _ROUNDS, cv2.GC_INIT_WITH_MASK)
    inside = (known == cv2.GC_FGD) | (known == cv2.GC_PR_FGD)
    _, regions = cv2.connectedComponents(inside.astype(np.uint8))
    touched = np.unique(regions[seeds & inside])
    kept = np.isin(regions, touched) & inside
    return stroke | _enlarged(kept, stroke.shape)


def superpixels(image: NDArray[np.uint8], stroke: Mask, size: float) -> Mask:
    """Take every superpixel that a stroke runs through (SLIC).

    Args:
        image: (h, w, 3) uint8 RGB, the stroke's surroundings.
        stroke: (h, w) bool.
        size: about how many pixels a superpixel is wide.

    Returns:
        (h, w) bool.
    """
    small, seeds = _reduced(image, stroke)
    scale = small.shape[1] / image.shape[1]
    count = max(2, round(small.shape[0] * small.shape[1] / max(4.0, size * scale) ** 2))
    regions = slic(small, n_segments=count, compactness=10, sigma=1, start_label=0)
    taken = np.isin(regions, np.unique(regions[seeds]))
    return _enlarged(taken, stroke.shape)


def _reduced(image: NDArray[np.uint8], stroke: Mask) -> tuple[NDArray[np.uint8], Mask]:
    """Picture and stroke, no larger than what can be worked on while somebody waits."""
    height, width = stroke.shape
    scale = min(1.0, _MOST / max(height, width))
    if scale == 1.0:
        return np.ascontiguousarray(image), stroke
    size = max(5, round(width * scale)), max(5, round(height * scale))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    # A thin stroke must not vanish: a small pixel is a seed when any of it is.
    share = cv2.resize(stroke.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return small, share > 0


def _enlarged(mask: Mask, shape: tuple[int, ...]) -> Mask:
    if mask.shape == shape:
        return mask
    share = cv2.resize(
        mask.astype(np.float32), (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR
    )
    whole: Mask = share >= 0.5
    return whole
