"""Checks and whole-map operations on label maps: (H, W) uint8, values 0-10."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.classes import MIRRORED_LABELS, N_CLASSES, palette

LabelMap = NDArray[np.uint8]


def check_label_map(labels: NDArray[np.generic], size: tuple[int, int] | None = None) -> LabelMap:
    """Return ``labels`` as (H, W) uint8, or say in one sentence what is wrong with it.

    Args:
        labels: (H, W) integer array of class ids.
        size: expected (width, height) in pixels, when the picture's size is known.

    Raises:
        ValueError: wrong number of dimensions, an id above 10 or below 0, or another size.
    """
    if labels.ndim != 2:
        raise ValueError(
            f"a label map has two dimensions (rows, columns), this one has {labels.ndim}; "
            "save it as a single-channel or palette picture"
        )
    if labels.size and (labels.max() >= N_CLASSES or labels.min() < 0):
        bad = sorted({int(v) for v in np.unique(labels)} - set(range(N_CLASSES)))
        raise ValueError(
            f"the label map holds the id{'s' if len(bad) > 1 else ''} "
            f"{', '.join(map(str, bad[:5]))}; bring its classes to the ids 0 to {N_CLASSES - 1}"
        )
    if size is not None and (labels.shape[1], labels.shape[0]) != size:
        raise ValueError(
            f"the label map is {labels.shape[1]}x{labels.shape[0]} pixels, its picture "
            f"{size[0]}x{size[1]}; export it at the picture's own size"
        )
    return np.ascontiguousarray(labels, dtype=np.uint8)


def colourise(labels: LabelMap) -> NDArray[np.uint8]:
    """Paint an (H, W) label map in LaPa's colours: (H, W, 3) uint8 RGB."""
    return palette()[labels]


def mirror(labels: LabelMap) -> LabelMap:
    """Mirror a label map left to right, swapping the left and right classes."""
    table = np.arange(N_CLASSES, dtype=np.uint8)
    for a, b in MIRRORED_LABELS.items():
        table[a] = b
    return np.ascontiguousarray(table[labels[:, ::-1]])
