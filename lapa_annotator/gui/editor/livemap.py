"""The label map of the current face, live: it follows the points while they are dragged.

A parser keeps the fitted parts and refits only those that a move touches; only the rectangle
that can have changed is fused and redrawn. The parser sees no more of the photo than the face's
surroundings, and is made off the window's thread, for that takes long in a large photo.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QRect

from lapa_annotator.domain.face import Face
from lapa_annotator.domain.geometry import Box, Similarity
from lapa_annotator.domain.labelmap import LabelMap
from lapa_annotator.domain.landmarks import Points
from lapa_annotator.domain.override import UNSET
from lapa_annotator.gui.editor.change import Change
from lapa_annotator.gui.editor.document import Document
from lapa_annotator.gui.editor.items.map import DIFFERS, MapItem, colour_table, put_occluders
from lapa_annotator.gui.editor.options import ViewOptions
from lapa_annotator.ppa.fusion import Layer
from lapa_annotator.ppa.local import extent, local_parser, surroundings, within
from lapa_annotator.ppa.parse import FaceParser, ParseOptions
from lapa_annotator.ppa.raster import Rect
from lapa_annotator.ppa.segment import Segmentation

RunSlow = Callable[[Callable[[], Any], Callable[[Any], None]], None]
"""Runs a function off the window's thread and hands its result to a second one in it."""

_PARTS_ALONE: tuple[Layer, ...] = ("parts",)
_NOTHING_SAID = Segmentation(np.zeros((3, 1, 1), np.uint8), Similarity(1, 0, 1e6, 1e6), "")


def at_once(work: Callable[[], Any], done: Callable[[Any], None]) -> None:
    """Run slow work here and now: for tests and small photos."""
    done(work())


Reference = tuple[Rect, LabelMap]
"""A label map (h, w) of a rectangle of the photo to compare with."""


@dataclass(frozen=True)
class _Live:
    """A parser at work: its face, and the rectangle of the photo that it sees."""

    face_id: str
    area: Rect
    parser: FaceParser
    segmented: bool

    def place(self, points: Points) -> Points:
        """Points of the photo as the parser counts them."""
        return points - (self.area.x0, self.area.y0)


class LiveMap(QObject):
    """Keeps the label map of the current face up to date on its item, while it is shown.

    Attributes:
        parse: how parts are fitted and fused from the next photo on.
    """

    def __init__(
        self,
        document: Document,
        options: ViewOptions,
        item: MapItem,
        run_slow: RunSlow = at_once,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._options = options
        self._item = item
        self._run_slow = run_slow
        self.parse = ParseOptions()
        self._segmentations: dict[str, Segmentation] = {}
        self._saved: dict[str, tuple[Rect, LabelMap]] = {}
        self._live: _Live | None = None
        self._reference: Reference | None = None
        self._blinks = False
        self._wanted = 0
        document.opened.connect(self._on_opened)
        document.face_switched.connect(self.rebuild)
        document.moved.connect(self._follow)
        document.changed.connect(self._on_changed)
        options.changed.connect(self._on_option)
        self._on_option("classes")

    @property
    def labels(self) -> LabelMap | None:
        """(h, w) uint8 map of the face's surroundings, None while there is none."""
        return None if self._live is None else self._live.parser.labels

    def rings(self) -> dict[int, list[Points]] | None:
        """Class id -> the outlines in photo pixels, as they are now; None without a map."""
        live = self._live
        if live is None or live.face_id != self._document.face_id:
            return None
        self._follow(live.face_id)
        corner = np.array([live.area.x0, live.area.y0], float)
        return {label: [r + corner for r in rings] for label, rings in live.parser.parts.items()}

    @property
    def area(self) -> Rect | None:
        """The rectangle of the photo that ``labels`` covers."""
        return None if self._live is None else self._live.area

    @property
    def is_segmented(self) -> bool:
        """Whether hair and skin are in the map, or its parts alone."""
        return self._live is not None and self._live.segmented

    def segmentation(self, face_id: str) -> Segmentation | None:
        """Hair and skin of a face, None while nobody knows."""
        return self._segmentations.get(face_id)

    def knows(self, face_id: str) -> bool:
        """Whether the segmentation of that face is at hand."""
        return face_id in self._segmentations

    def set_segmentation(self, face_id: str, segmentation: Segmentation) -> None:
        """Take in the segmentation of a face; its map gets hair and skin."""
        self._segmentations[face_id] = segmentation
        if face_id == self._document.face_id:
            self._saved.pop(face_id, None)
            self.rebuild()

    def mark_saved(self) -> None:
        """Measure the difference view from here on."""
        self._saved.clear()
        if self._live is not None:
            self._remember(self._live)
            self._show(self._all())

    def compare_with(self, reference: Reference | None) -> None:
        """Measure the difference view from another map of the current face; None: the last save.

        With none there is nothing to blink with either.
        """
        self._reference = reference
        self._blinks = self._blinks and reference is not None
        self._show(self._all())

    def blink(self, on: bool) -> bool:
        """Draw the map compared with in place of the live one; False when there is none."""
        self._blinks = on and self._reference is not None
        self._show(self._all())
        return self._blinks

    def rebuild(self) -> None:
        """Make the map of the current face anew, off this thread; nothing when it is not shown."""
        face = self._document.face
        points = None if face is None else self._document.points(face)
        self._wanted += 1
        if face is None or points is None or not self._options.map:
            self._live = None
            self._item.set_rect(QRect())
            return
        if self._live is not None and self._live.face_id != face.id:
            self._live = None
            self._item.set_rect(QRect())
        wanted, now, touched = self._wanted, points.copy(), self._document.touched(face)
        segmentation = self._segmentations.get(face.id)
        area = surroundings(now, segmentation, face.override, self._document.size)
        parse = self.parse

        def make() -> _Live:
            return _live(face, now, touched, segmentation, area, parse)

        def done(live: _Live) -> None:
            if wanted == self._wanted:
                self._take(live)

        self._run_slow(make, done)

    def _take(self, live: _Live) -> None:
        self._live = live
        if live.face_id not in self._saved:
            self._remember(live)
        x0, y0, x1, y1 = live.area
        self._item.set_rect(QRect(x0, y0, x1 - x0, y1 - y0))
        self._follow(live.face_id)
        self._show(self._all())

    def _remember(self, live: _Live) -> None:
        self._saved[live.face_id] = (live.area, live.parser.labels.copy())

    def _on_opened(self) -> None:
        photo = self._document.photo
        found: Mapping[str, Any] = {} if photo is None else photo.segmentations
        self._segmentations, self._saved = dict(found), {}
        self._live = self._reference = None
        self._blinks = False

    def _on_changed(self, change: Change) -> None:
        live = self._live
        if live is None:
            if self._document.face_id in change.face_ids:
                self.rebuild()
            return
        if live.face_id not in change.face_ids:
            return
        face = self._document.face
        if change.faces or face is None or not _holds(live, face, self._document.size):
            self.rebuild()
            return
        if change.override and change.rect is not None:
            self._paint(live, face, change.rect)
        self._follow(live.face_id)

    def _follow(self, face_id: str, _: tuple[int, ...] = ()) -> None:
        """Bring the map up to date with the points on screen."""
        live, face = self._live, self._document.face
        points = None if face is None else self._document.points(face)
        if live is None or face is None or points is None or live.face_id != face_id:
            return
        touched = self._document.touched(face)
        self._show(live.parser.move(live.place(points), touched))

    def _paint(self, live: _Live, face: Face, where: Box) -> None:
        """Bring the map up to date with a face's override layer, which has changed somewhere."""
        x0, y0, x1, y1 = (round(v) for v in (where.x0, where.y0, where.x1, where.y1))
        rect = Rect(x0 - 1, y0 - 1, x1 + 1, y1 + 1).shifted(-live.area.x0, -live.area.y0)
        self._show(live.parser.paint(within(face.override, live.area), rect))

    # What is drawn

    def colours(self) -> list[int]:
        """The colour table of the map, as the options want it."""
        options = self._options
        return colour_table(options.opacity, options.classes, options.occluders)

    def _on_option(self, name: str) -> None:
        options = self._options
        if name in ("opacity", "classes", "occluders"):
            self._item.set_colours(self.colours())
        elif name in ("outline", "difference"):
            self._show(self._all())
        elif name == "map":
            self._item.setVisible(options.map)
            self.rebuild()

    def _all(self) -> Rect:
        return Rect(0, 0, *self._item.pixels.shape[::-1])

    def _show(self, rect: Rect) -> None:
        """Draw a rectangle of the map as the options want it."""
        live = self._live
        if live is None:
            return
        if self._options.outline:
            # A pixel's being an edge depends on its neighbours.
            rect = Rect(rect.x0 - 1, rect.y0 - 1, rect.x1 + 1, rect.y1 + 1)
        rect = rect.clipped(self._all())
        if rect.empty:
            return
        labels = live.parser.labels
        if self._blinks and self._reference is not None:
            labels = _at(self._reference, live.area)
        shown = _outlined(labels, rect) if self._options.outline else labels[rect.slices]
        if self._options.difference and not self._blinks:
            shown = self._differing(live, shown, rect)
        self._item.pixels[rect.slices] = shown
        if not self._blinks:
            self._hatch(live, rect)
        self._item.changed(rect.x0, rect.y0, rect.x1 - rect.x0, rect.y1 - rect.y0)

    def _hatch(self, live: _Live, rect: Rect) -> None:
        """Draw what hides the face in a rectangle, which is background in the map."""
        face = self._document.face
        if face is None or not face.override.values.size:
            return
        x, y = live.area.x0 + rect.x0, live.area.y0 + rect.y0
        width, height = rect.x1 - rect.x0, rect.y1 - rect.y0
        # A pixel more all around tells where the edge is.
        wide = face.override.region(x - 1, y - 1, width + 2, height + 2).values
        wide = np.where(wide == UNSET, np.uint8(0), wide)
        shown, values = self._item.pixels[rect.slices], wide[1:-1, 1:-1]
        if self._options.difference:
            values = np.where(shown != 0, values, np.uint8(0))
        elif self._options.outline:
            values = np.where(_is_edge(wide), values, np.uint8(0))
        put_occluders(shown, values, (x, y), max(self._item.pixels.shape))

    def _differing(self, live: _Live, shown: LabelMap, rect: Rect) -> LabelMap:
        labels = live.parser.labels[rect.slices]
        reference = self._reference or self._saved[live.face_id]
        before = _at(reference, rect.shifted(live.area.x0, live.area.y0))
        gone = (labels == 0) & (before != 0)
        return np.where(gone, np.uint8(DIFFERS), np.where(labels != before, shown, np.uint8(0)))


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
    return area, _live(face, points, touched, said, area, parse).parser.labels


def _at(reference: Reference, rect: Rect) -> LabelMap:
    """The part of a map that lies in a rectangle of the photo; background beyond its own."""
    area, labels = reference
    out = np.zeros((rect.y1 - rect.y0, rect.x1 - rect.x0), np.uint8)
    inner = rect.clipped(area)
    if not inner.empty:
        here = inner.shifted(-rect.x0, -rect.y0)
        out[here.slices] = labels[inner.shifted(-area.x0, -area.y0).slices]
    return out


def _live(
    face: Face,
    points: Points,
    touched: NDArray[np.bool_],
    said: Segmentation | None,
    area: Rect,
    parse: ParseOptions,
) -> _Live:
    options = parse if said else replace(parse, order=_PARTS_ALONE)
    parser = local_parser(area, points, touched, said or _NOTHING_SAID, face.override, options)
    return _Live(face.id, area, parser, said is not None)


def _holds(live: _Live, face: Face, size: tuple[int, int]) -> bool:
    """Whether the parser sees the photo wherever the face's points and repairs are."""
    assert face.landmarks is not None
    needed = Rect.around(face.landmarks.points).joined(extent(face.override))
    needed = needed.clipped(Rect(0, 0, *size))
    return needed.clipped(live.area) == needed


# Background, skin, hair, then the parts.
_RANK = np.array([0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 2], np.uint8)


def _outlined(labels: LabelMap, rect: Rect) -> NDArray[np.uint8]:
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
    return np.where(_is_edge(_RANK[around]), around[1:-1, 1:-1], np.uint8(0))


def _is_edge(wide: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """(h, w) bool: where a value is above that of a neighbour; ``wide`` is a pixel wider around."""
    here = wide[1:-1, 1:-1]
    edge: NDArray[np.bool_] = here > wide[:-2, 1:-1]
    for other in (wide[2:, 1:-1], wide[1:-1, :-2], wide[1:-1, 2:]):
        edge |= here > other
    return edge
