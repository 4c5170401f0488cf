"""A face's label map within its surroundings: a parser sees no more of a large photo than that."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.geometry import Similarity
from lapa_annotator.domain.landmarks import Points
from lapa_annotator.domain.override import EMPTY, Patch
from lapa_annotator.ppa.parse import FaceParser, ParseOptions
from lapa_annotator.ppa.raster import Rect
from lapa_annotator.ppa.segment import Segmentation

_ROOM = 0.15
"""What is seen beside the points, in parts of the longer side of their box."""

_STILL = 0.3
"""Pixels of a parser in steps by which the cut below the jaw may lag behind."""


def surroundings(
    points: Points, said: Segmentation | None, override: Patch, size: tuple[int, int]
) -> Rect:
    """The rectangle of a photo outside of which a face's map is background.

    Args:
        points: (106, 2) in photo pixels.
        said: hair and skin, None while nobody knows.
        override: what a curator has fixed.
        size: (width, height) of the photo.
    """
    room = _ROOM * float(np.ptp(points, axis=0).max())
    area = Rect.around(np.vstack([points.min(axis=0) - room, points.max(axis=0) + room]))
    if said is not None:
        _, h, w = said.probabilities.shape
        corners = np.array([[0.0, 0.0], [w - 1.0, 0.0], [w - 1.0, h - 1.0], [0.0, h - 1.0]])
        area = area.joined(Rect.around(said.to_crop.inverse().apply(corners)))
    area = area.joined(extent(override))
    return area.clipped(Rect(0, 0, *size))


def local_parser(
    area: Rect,
    points: Points,
    touched: NDArray[np.bool_],
    said: Segmentation,
    override: Patch = EMPTY,
    options: ParseOptions | None = None,
    step: int = 1,
) -> FaceParser:
    """A parser that sees ``area`` of the photo alone, and counts pixels from its corner.

    With a step its pixels are squares of so many photo pixels: see ``in_steps`` for places.

    Args:
        area: from ``surroundings``.
        points: (106, 2) in photo pixels.
        touched: (106,) bool, the points that a person has set.
        said: hair and skin.
        override: what a curator has fixed, in photo pixels.
        options: how to parse.
        step: photo pixels, across and down, to a pixel of the parser.
    """
    size = (-(-(area.x1 - area.x0) // step), -(-(area.y1 - area.y0) // step))
    to_photo = in_steps(area, step).inverse()
    here = Segmentation(said.probabilities, to_photo.then(said.to_crop), said.model)
    fixed = thinned(within(override, area), step)
    still = 0.0 if step == 1 else _STILL
    places = to_photo.inverse().apply(points)
    return FaceParser(size, places, here, options, fixed, touched, still)


def in_steps(area: Rect, step: int) -> Similarity:
    """From photo pixels to those of a parser that sees ``area`` in steps of so many pixels."""
    middle = (step - 1) / 2
    scale = 1 / step
    return Similarity(scale, 0.0, -(area.x0 + middle) * scale, -(area.y0 + middle) * scale)


def thinned(patch: Patch, step: int) -> Patch:
    """An override layer in steps of so many pixels: what it says in the middle of each."""
    if step == 1 or not patch.values.size:
        return patch
    middle = step // 2
    x, y = (-(-(v - middle) // step) for v in (patch.x, patch.y))
    x, y = max(x, 0), max(y, 0)
    rows, columns = (max(g * step + middle - v, 0) for g, v in ((y, patch.y), (x, patch.x)))
    return Patch(x, y, np.ascontiguousarray(patch.values[rows::step, columns::step]))


def extent(patch: Patch) -> Rect:
    """The rectangle that an override layer covers."""
    height, width = patch.values.shape
    return Rect(patch.x, patch.y, patch.x + width, patch.y + height)


def within(override: Patch, area: Rect) -> Patch:
    """The part of an override layer that lies in ``area``, counted from its corner."""
    here = extent(override).clipped(area)
    if here.empty:
        return EMPTY
    part = override.part(here.x0, here.y0, here.x1 - here.x0, here.y1 - here.y0)
    return part.moved(-area.x0, -area.y0)
