"""From the geometry pass to the label map, and from its depth to what is visible."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.classes import N_CLASSES, Label
from lapa_annotator.domain.labelmap import LabelMap
from lapa_annotator.synth.classes import HeadClasses

Array = NDArray[np.float64]

NEAR, FAR = 0.1, 0.9
"""The share of depth that the geometry pass adds to a part's number lies between these."""


_NEIGHBOUR = (0.004, 0.0022)
"""What is seen within this distance in u and v is the place itself: about 1.5 mm."""


class Part(IntEnum):
    """Numbers of the geometry pass; 0 is nothing, and unseen for a slot."""

    HEAD = 1
    BODY = 2
    MOUTH = 3
    LEFT_EYE = 4
    RIGHT_EYE = 5
    HAIR = 6
    COVER = 7


_CLASS: Mapping[int, int] = {
    0: Label.BACKGROUND,
    Part.HEAD: Label.SKIN,
    Part.BODY: Label.BACKGROUND,
    Part.MOUTH: Label.INNER_MOUTH,
    Part.LEFT_EYE: Label.LEFT_EYE,
    Part.RIGHT_EYE: Label.RIGHT_EYE,
    Part.HAIR: Label.HAIR,
    Part.COVER: Label.BACKGROUND,
}


def fine_labels(
    geometry: NDArray[np.float32], head: HeadClasses, colour_uv: Mapping[str, float]
) -> LabelMap:
    """Classes of the samples of a geometry pass.

    Args:
        geometry: (H, W, 3) u, v and number + depth.
        head: the person's classes on the head.
        colour_uv: ``u0``, ``v0``, ``u1``, ``v1`` of the window that u and v are shares of.
    """
    number = np.floor(geometry[..., 2]).astype(int)
    table: NDArray[np.uint8] = np.zeros(max(int(number.max()), *Part) + 1, dtype=np.uint8)
    for part, label in _CLASS.items():
        table[part] = label
    labels: LabelMap = table[number]
    on_head = number == Part.HEAD
    w = colour_uv
    share = geometry[..., :2][on_head].astype(np.float64)
    labels[on_head] = head(share * (w["u1"] - w["u0"], w["v1"] - w["v0"]) + (w["u0"], w["v0"]))
    return labels


def majority(fine: LabelMap, factor: int) -> LabelMap:
    """The label that most of each pixel's ``factor`` x ``factor`` samples have.

    Between equals the one of the middle sample wins.
    """
    if factor == 1:
        return fine
    h, w = fine.shape[0] // factor, fine.shape[1] // factor
    blocks = fine.reshape(h, factor, w, factor).transpose(0, 2, 1, 3).reshape(h, w, -1)
    votes = np.stack([(blocks == label).sum(axis=-1) for label in range(N_CLASSES)], axis=-1)
    votes = votes * 2
    middle = blocks[..., blocks.shape[-1] // 2]
    np.put_along_axis(
        votes,
        middle[..., None].astype(np.intp),
        np.take_along_axis(votes, middle[..., None].astype(np.intp), -1) + 1,
        -1,
    )
    chosen: LabelMap = votes.argmax(axis=-1).astype(np.uint8)
    return chosen


def visible(
    points: Array,
    depth: Array,
    places: Array,
    geometry: NDArray[np.float32],
    factor: int,
    window: tuple[float, float],
    slack: float = 0.006,
) -> NDArray[np.uint8]:
    """Visibility of points: 2 visible, 1 hidden or outside of the picture.

    Args:
        points: (n, 2) in pixels of the picture.
        depth: (n,) of the surface there in metres.
        places: (n, 2) u and v that the pass writes at the points, NaN where they are not on
            the head's skin or not known.
        geometry: the geometry pass, ``factor`` times as fine as the picture.
        factor: see there.
        window: near and far end of the pass's depth in metres.
        slack: metres by which something may lie in front.
    """
    number = np.floor(geometry[..., 2])
    share = (geometry[..., 2] - number - NEAR) / (FAR - NEAR)
    seen = np.where(number > 0, window[0] + share * (window[1] - window[0]), np.inf)
    height, width = seen.shape
    found = np.ones(len(points), dtype=np.uint8)
    centre = np.round((points + 0.5) * factor - 0.5).astype(int)
    for k, (x, y) in enumerate(centre):
        if not (0 <= x < width and 0 <= y < height):
            continue
        box = slice(max(0, y - 1), y + 2), slice(max(0, x - 1), x + 2)
        near, what = seen[box], number[box]
        # Cloth and hair lie closer on the skin than one fold of skin on another.
        over = np.isin(what, (Part.HAIR, Part.COVER))
        free = near > depth[k] - np.where(over, 0.0003, slack)
        found[k] = 2 if free.mean() >= 0.5 and _in_view(places[k], geometry, (x, y)) else 1
    return found


def _in_view(place: Array, geometry: NDArray[np.float32], at: tuple[int, int]) -> bool:
    """Whether the head is seen at or beside a sample in about this place, or none is told."""
    if np.isnan(place[0]):
        return True
    x, y = at
    near = geometry[max(0, y - 2) : y + 3, max(0, x - 2) : x + 3].reshape(-1, 3)
    near = near[np.floor(near[:, 2]) == Part.HEAD]
    # A fold of skin can hide a place without lying far before it.
    return bool((np.abs(near[:, :2] - place) < _NEIGHBOUR).all(axis=1).any())
