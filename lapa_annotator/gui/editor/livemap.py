"""The label map of the current face, live: it follows the points while they are dragged.

A parser keeps the fitted parts and refits only those that a move touches; only the rectangle
that can have changed is fused and redrawn. The parser sees no more of the photo than the face's
surroundings, and is made off the window's thread, for that takes long in a large photo.

While points of a large face are on their way a sketch is drawn instead: what is in sight, about as
fine as the screen. The map itself comes when the hand rests or lets go; nothing but the screen
ever sees a sketch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, QPoint, QRect, QRectF, QTimer

from lapa_annotator.domain.face import Face
from lapa_annotator.domain.geometry import Box
from lapa_annotator.domain.labelmap import LabelMap
from lapa_annotator.domain.landmarks import Points
from lapa_annotator.gui.editor.change import Change
from lapa_annotator.gui.editor.document import Document
from lapa_annotator.gui.editor.facemap import (
    FaceMap,
    Reference,
    face_map,
    holds,
    is_edge,
    outlined,
    sketched,
)
from lapa_annotator.gui.editor.items.map import DIFFERS, MapItem, colour_table, put_occluders
from lapa_annotator.gui.editor.options import ViewOptions
from lapa_annotator.ppa.local import surroundings, within
from lapa_annotator.ppa.parse import ParseOptions
from lapa_annotator.ppa.raster import NOWHERE, Rect
from lapa_annotator.ppa.segment import Segmentation

RunSlow = Callable[[Callable[[], Any], Callable[[Any], None]], None]
"""Runs a function off the window's thread and hands its result to a second one in it."""

Sight = Callable[[], tuple[QRectF, float]]
"""What of the photo is in sight, and how many pixels of the screen there are to one of it."""

REST_MS = 60
"""When the hand has rested so long, the map itself takes the place of its sketch."""


def at_once(work: Callable[[], Any], done: Callable[[Any], None]) -> None:
    """Run slow work here and now: for tests and small photos."""
    done(work())


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
        sight: Sight | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._options = options
        self._item = item
        self._run_slow = run_slow
        self._sight = sight
        self.parse = ParseOptions()
        self._segmentations: dict[str, Segmentation] = {}
        self._saved: dict[str, tuple[Rect, LabelMap]] = {}
        self._live: FaceMap | None = None
        self._sketch: FaceMap | None = None
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self.catch_up)
        self._reference: Reference | None = None
        self._bare = self._blinks = False
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
        return (self._sketch or live).rings()

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
        """Measure the difference view from another map of the current face; None: the last save."""
        self._reference = reference
        self.blink(False)

    def blink(self, bare: bool, other: bool = False) -> None:
        """Draw a map and nothing beside it, or all that belongs to it again.

        Args:
            bare: draw classes alone, without what hides the face and without the difference.
            other: draw the map compared with; the photo alone where there is none.
        """
        self._bare, self._blinks = bare, bare and other
        self._show(self._all())

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

        def make() -> FaceMap:
            return face_map(face, now, touched, segmentation, area, parse)

        def done(live: FaceMap) -> None:
            if wanted == self._wanted:
                self._take(live)

        self._run_slow(make, done)

    def _take(self, live: FaceMap) -> None:
        self._live, self._sketch = live, None
        if live.face_id not in self._saved:
            self._remember(live)
        x0, y0, x1, y1 = live.area
        self._item.set_rect(QRect(x0, y0, x1 - x0, y1 - y0))
        self._follow(live.face_id)
        self._show(self._all())

    def _remember(self, live: FaceMap) -> None:
        self._saved[live.face_id] = (live.area, live.parser.labels.copy())

    def _on_opened(self) -> None:
        photo = self._document.photo
        found: Mapping[str, Any] = {} if photo is None else photo.segmentations
        self._segmentations, self._saved = dict(found), {}
        if self._live is None or self._live.face_id not in {f.id for f in self._document.faces}:
            # Until its own map is made, no other photo's may lie over this one.
            self._item.set_rect(QRect())
        self._live = self._sketch = self._reference = None
        self._bare = self._blinks = False

    def _on_changed(self, change: Change) -> None:
        live = self._live
        if live is None:
            if self._document.face_id in change.face_ids:
                self.rebuild()
            return
        if live.face_id not in change.face_ids:
            return
        face = self._document.face
        if change.faces or face is None or not holds(live, face, self._document.size):
            self.rebuild()
            return
        if change.override and change.rect is not None:
            self._paint(live, face, change.rect)
        if not change.is_repair:
            self._follow(live.face_id)

    def _follow(self, face_id: str, _: tuple[int, ...] = ()) -> None:
        """Bring the map, or its sketch, up to date with the points on screen."""
        live, face = self._live, self._document.face
        points = None if face is None else self._document.points(face)
        if live is None or face is None or points is None or live.face_id != face_id:
            return
        if self._document.is_previewing and self._draw_sketch(live, face, points):
            self._rest.start()
        else:
            self.catch_up()

    def catch_up(self) -> None:
        """Bring the map itself up to date; its sketch is gone."""
        live, face = self._live, self._document.face
        points = None if face is None else self._document.points(face)
        self._rest.stop()
        self._sketch = None
        self._item.end_sketch()
        if live is not None and face is not None and points is not None:
            for rect in live.move(points, self._document.touched(face)):
                self._show(rect)

    def _draw_sketch(self, live: FaceMap, face: Face, points: Points) -> bool:
        """Draw what is in sight, coarsely; False where the map itself is as quick."""
        wanted = None
        if self._sight is not None and not self._blinks:
            wanted = sketched(live.area, points, *self._sight())
        if wanted is None:
            return False
        touched, sketch = self._document.touched(face), self._sketch
        if sketch is not None and (sketch.area, sketch.step) == wanted:
            for rect in sketch.move(points, touched):
                self._show(rect)
            return True
        said = self._segmentations.get(face.id)
        area, step = wanted
        self._sketch = sketch = face_map(face, points, touched, said, area, self.parse, step)
        self._item.begin_sketch(QPoint(area.x0, area.y0), sketch.parser.labels.shape, step)
        self._show(sketch.whole)
        return True

    def _paint(self, live: FaceMap, face: Face, where: Box) -> None:
        """Bring the map up to date with a face's override layer, which has changed somewhere."""
        x0, y0, x1, y1 = (round(v) for v in (where.x0, where.y0, where.x1, where.y1))
        rect = Rect(x0, y0, x1, y1).shifted(-live.area.x0, -live.area.y0)
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
        live = self._sketch or self._live
        return NOWHERE if live is None else live.whole

    def _show(self, rect: Rect) -> None:
        """Draw a rectangle of the map, or of its sketch, as the options want it."""
        live = self._sketch or self._live
        if live is None:
            return
        if self._options.outline:
            # A pixel's being an edge depends on its neighbours.
            rect = Rect(rect.x0 - 1, rect.y0 - 1, rect.x1 + 1, rect.y1 + 1)
        rect = rect.clipped(live.whole)
        if rect.empty:
            return
        labels = live.parser.labels
        if self._blinks:
            nothing = Rect(0, 0, 0, 0), labels[:0, :0]
            labels = live.seen_of(self._reference or nothing, live.whole)
        shown = outlined(labels, rect) if self._options.outline else labels[rect.slices]
        if self._options.difference and not self._bare:
            shown = self._differing(live, shown, rect)
        if not self._bare:
            shown = self._hatched(live, shown, rect)
        self._item.draw(rect.x0, rect.y0, shown)

    def _hatched(self, live: FaceMap, shown: LabelMap, rect: Rect) -> LabelMap:
        """Draw what hides the face in a rectangle, which is background in the map."""
        face = self._document.face
        if face is None or not within(face.override, live.in_photo(rect)).hides:
            return shown
        wide = live.hidden_in(face.override, rect)
        values = wide[1:-1, 1:-1]
        if self._options.difference:
            values = np.where(shown != 0, values, np.uint8(0))
        elif self._options.outline:
            values = np.where(is_edge(wide), values, np.uint8(0))
        x, y, *_ = live.in_photo(rect)
        shown = shown.copy()
        put_occluders(shown, values, (x // live.step, y // live.step), max(live.whole))
        return shown

    def _differing(self, live: FaceMap, shown: LabelMap, rect: Rect) -> LabelMap:
        labels = live.parser.labels[rect.slices]
        before = live.seen_of(self._reference or self._saved[live.face_id], rect)
        gone = (labels == 0) & (before != 0)
        return np.where(gone, np.uint8(DIFFERS), np.where(labels != before, shown, np.uint8(0)))
