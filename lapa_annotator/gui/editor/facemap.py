"""A face's label map in a rectangle of the photo, every pixel of it or in steps of several.

In steps it is a sketch: what is in sight, about as fine as the screen, at a fraction of the cost.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF

from lapa_annotator.domain.face import Face
from lapa_annotator.domain.geometry import Similarity
from lapa_annotator.domain.labelmap import LabelMap
from lapa_annotator.domain.landmarks import Points
from lapa_annotator.domain.override import UNSET, Patch
from lapa_annotator.ppa.fusion import Layer
from lapa_annotator.ppa.local import (
    extent,
    in_steps,
    local_parser,
    surroundings,
    thinned,
    within,
)
from lapa_annotator.ppa.parse import FaceParser, ParseOptions
from lapa_annotator.ppa.raster import Rect
from lapa_annotator.ppa.segment import Segmentation

Reference = tuple[Rect, LabelMap]
"""A label map (h, w) of a rectangle of the photo to compare with."""

# A face of so many photo pixels is drawn exactly in every step of a drag.
_SMALL = 400
# Screen pixels, across and down, to a pixel of a sketch.
_COARSE = 3.0
_PARTS_ALONE: tuple[Layer, ...] = ("parts",)
_NOTHING_SAID = Segmentation(np.zeros((3, 1, 1), np.uint8), Similarity(1, 0, 1e6, 1e6), "")


@dataclass(frozen=True)
class FaceMap:
    """A parser at work.

    Attributes:
        face_id: whose map it is.
        area: the rectangle of the photo that it sees.
        parser: keeps the map; counts pixels from the rectangle's corner.
        segmented: whether hair and skin are in the map, or its parts alone.
        step: photo pixels, across and down, to a pixel of the map.
    """

    face_id: str
    area: Rect
    parser: FaceParser
    segmented: bool
    step: int = 1

    @property
    def whole(self) -> Rect:
        """All of the map's pixels."""
        height, width = self.parser.labels.shape
        return Rect(0, 0, width, height)

    def move(self, points: Points, touched: NDArray[np.bool_]) -> list[Rect]:
        """Bring the map up to date with (106, 2) photo points; see ``FaceParser.changes``."""
        return self.parser.changes(in_steps(self.area, self.step).apply(points), touched)

    def rings(self) -> dict[int, list[Points]]:
        """Class id -> the outlines in photo pixels."""
        back = in_steps(self.area, self.step).inverse()
        return {label: [back.apply(r) for r in rings] for label, rings in self.parser.parts.items()}

    def in_photo(self, rect: Rect) -> Rect:
        """The rectangle of the photo that lies under one of the map."""
        return Rect(*(self.step * v for v in rect)).shifted(self.area.x0, self.area.y0)

    def seen_of(self, reference: Reference, rect: Rect) -> LabelMap:
        """What another map says of a rectangle of this one."""
        middle = self.step // 2
        return labels_at(reference, self.in_photo(rect))[middle :: self.step, middle :: self.step]

    def hidden_in(self, override: Patch, rect: Rect) -> NDArray[np.uint8]:
        """What an override layer says of a rectangle and one pixel around it; 0 for nothing."""
        layer = override if self.step == 1 else thinned(within(override, self.area), self.step)
        x, y = (self.area.x0, self.area.y0) if self.step == 1 else (0, 0)
        width, height = rect.x1 - rect.x0, rect.y1 - rect.y0
        wide = layer.region(x + rect.x0 - 1, y + rect.y0 - 1, width + 2, height + 2).values
        return np.where(wide == UNSET, np.uint8(0), wide)


def face_map(
    face: Face,
    points: Points,
    touched: NDArray[np.bool_],
    said: Segmentation | None,
    area: Rect,
    parse: ParseOptions,
    step: int = 1,
) -> FaceMap:
    """Make the map of a face; slow where there are many pixels.

    Args:
        face: the face, with its repairs.
        points: (106, 2) in photo pixels.
        touched: (106,) bool, the points that a person has set.
        said: its hair and skin; None for its parts alone.
        area: the rectangle of the photo to see.
        parse: how parts are fitted and fused.
        step: photo pixels to a pixel of the map.
    """
    options = parse if said else replace(parse, order=_PARTS_ALONE)
    said_or_not = said or _NOTHING_SAID
    parser = local_parser(area, points, touched, said_or_not, face.override, options, step)
    return FaceMap(face.id, area, parser, said is not None, step)


def sketched(area: Rect, points: Points, seen: QRectF, zoom: float) -> tuple[Rect, int] | None:
    """What to sketch of a face while its points are on their way, and in which steps.

    Args:
        area: the rectangle that the whole map covers.
        points: (106, 2) of the face, photo pixels.
        seen: what of the photo is in sight.
        zoom: pixels of the screen to one of the photo.

    Returns:
        The rectangle and the step; None for a face so small, or so far out of sight, that the
        map itself will do.
    """
    side = float(np.ptp(points, axis=0).max())
    step = max(1, min(ceil(_COARSE / zoom), ceil(side / _SMALL)))
    # Pixels reach half a pixel beyond the place of their centre.
    right, bottom = ceil(seen.right()) + 1, ceil(seen.bottom()) + 1
    window = Rect(floor(seen.left()), floor(seen.top()), right, bottom).clipped(area)
    return None if side <= _SMALL or window.empty else (window, step)


def map_of(
    face: Face, said: Segmentation | None, size: tuple[int, int], parse: ParseOptions
) -> Reference:
    """Draw a face's label map in one go, as the live one is drawn; slow.

    Args:
        face: the face, with points and with its repairs.
        said: its hair and skin; None for its parts alone.
        size: (width, height) of the photo.
        parse: how parts are fitted and fused.
    """
    assert face.landmarks is not None
    points, touched = face.landmarks.points, face.landmarks.touched
    area = surroundings(points, said, face.override, size)
    return area, face_map(face, points, touched, said, area, parse).parser.labels


def labels_at(reference: Reference, rect: Rect) -> LabelMap:
    """The part of a map that lies in a rectangle of the photo; background beyond its own."""
    area, labels = reference
    out = np.zeros((rect.y1 - rect.y0, rect.x1 - rect.x0), np.uint8)
    inner = rect.clipped(area)
    if not inner.empty:
        here = inner.shifted(-rect.x0, -rect.y0)
        out[here.slices] = labels[inner.shifted(-area.x0, -area.y0).slices]
    return out


def holds(live: FaceMap, face: Face, size: tuple[int, int]) -> bool:
    """Whether a map sees the photo wherever the face's points and repairs are."""
    assert face.landmarks is not None
    needed = Rect.around(face.landmarks.points).joined(extent(face.override))
    needed = needed.clipped(Rect(0, 0, *size))
    return needed.clipped(live.area) == needed


# Background, skin, hair, then the parts.
_RANK = np.array([0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 2], np.uint8)


def outlined(labels: LabelMap, rect: Rect) -> NDArray[np.uint8]:
    """The labels of a rectangle at the edges of classes, else 0.

    Of two neighbours the one that lies on top is drawn, so that every edge is one pixel wide.
    """
    height, width = labels.shape
    wide = Rect(rect.x0 - 1, rect.y0 - 1, rect.x1 + 1, rect.y1 + 1)
    inner = wide.clipped(Rect(0, 0, width, height))
    around = np.pad(
        labels[inner.slices],
        ((inner.y0 - wide.y0, wide.y1 - inner.y1), (inner.x0 - wide.x0, wide.x1 - inner.x1)),
        mode="edge",
    )
    return np.where(is_edge(_RANK[around]), around[1:-1, 1:-1], np.uint8(0))


def is_edge(wide: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """(h, w) bool: where a value is above that of a neighbour; ``wide`` is a pixel wider around."""
    here = wide[1:-1, 1:-1]
    edge: NDArray[np.bool_] = here > wide[:-2, 1:-1]
    for other in (wide[2:, 1:-1], wide[1:-1, :-2], wide[1:-1, 2:]):
        edge |= here > other
    return edge
