"""Gestures of the repairing hand: a stroke of the brush, a polygon or lasso, a fill."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QPointF

from lapa_annotator.domain.labelmap import LabelMap
from lapa_annotator.gui.editor.gestures.base import Gesture, Pointer
from lapa_annotator.gui.editor.repair.items import HandItem, StrokeItem
from lapa_annotator.ppa.raster import Rect
from lapa_annotator.ppa.repair import Mask, Stroke, paintable

Labels = Callable[[Rect], LabelMap]
"""Gives the label map of a rectangle of the photo: (h, w) uint8."""

_LEAST_PRESSURE = 0.1


class Over:
    """Where a stroke may paint: everywhere, or over some classes alone."""

    def __init__(self, over: frozenset[int] | None, labels: Labels) -> None:
        self._over = over
        self._labels = labels

    def within(self, rect: Rect, covered: Mask) -> Mask:
        """The pixels of a step (h, w) at ``rect`` that may be painted."""
        if self._over is None:
            return covered
        return covered & paintable(self._labels(rect), self._over)


class PaintStroke(Gesture):
    """Paint from the press on; the pen's pressure scales the brush."""

    def __init__(
        self,
        stroke: Stroke,
        radius: float,
        over: Over,
        item: StrokeItem,
        done: Callable[[Stroke], None],
        follow: Callable[[Pointer], object],
    ) -> None:
        super().__init__()
        self._stroke, self._radius, self._over = stroke, radius, over
        self._item, self._done, self._follow = item, done, follow

    def begin(self, pointer: Pointer) -> None:
        """The press alone leaves a dot."""
        # A brush paints from the first pixel on: there is no way too short to count.
        self.is_dragging = True
        self._paint(pointer)

    def drag(self, pressed: Pointer, now: Pointer) -> None:
        """Paint as far as the hand has come."""
        self._paint(now)

    def drop(self, pressed: Pointer, now: Pointer) -> None:
        """Hand the stroke on."""
        self._item.clear(self._stroke.rect)
        self._done(self._stroke)

    def cancel(self) -> None:
        """Nothing was painted."""
        self._item.clear(self._stroke.rect)

    def _paint(self, pointer: Pointer) -> None:
        radius = self._radius * max(pointer.pressure, _LEAST_PRESSURE)
        rect, covered = self._stroke.to(pointer.x, pointer.y, radius)
        self._follow(pointer)
        if not rect.empty:
            self._stroke.mark(rect, self._over.within(rect, covered))
            self._item.changed(rect)


class Corners:
    """The corners of a polygon that is being drawn, from press to press."""

    def __init__(self, item: HandItem) -> None:
        self.places: list[tuple[float, float]] = []
        self._item = item

    def add(self, pointer: Pointer) -> None:
        """Add a corner."""
        self.places.append((pointer.x, pointer.y))
        self.show()

    def clear(self) -> None:
        """Forget them."""
        self.places.clear()
        self.show()

    def show(self, loose: Pointer | None = None) -> None:
        """Draw them, with a line to where the hand is."""
        ends = [] if loose is None or not self.places else [(loose.x, loose.y)]
        self._item.show_polygon([QPointF(x, y) for x, y in (*self.places, *ends)])


class DrawPolygon(Gesture):
    """A click adds a corner, one on the first corner closes the polygon; a drag is a lasso."""

    def __init__(self, corners: Corners, reach: float, close: Callable[[np.ndarray], None]) -> None:
        super().__init__()
        self._corners = corners
        self._reach = reach
        self._close = close
        self._before = len(corners.places)

    def begin(self, pointer: Pointer) -> None:
        """The press sets a corner."""
        self._corners.add(pointer)

    def drag(self, pressed: Pointer, now: Pointer) -> None:
        """Go on freely."""
        self._corners.add(now)

    def drop(self, pressed: Pointer, now: Pointer) -> None:
        """Letting go closes what was drawn freely."""
        self._finish(self._corners.places)

    def click(self, pointer: Pointer) -> None:
        """A click near the first corner closes the polygon."""
        places = self._corners.places
        first = np.subtract(places[0], (pointer.x, pointer.y))
        if len(places) > 3 and np.hypot(*first) <= self._reach:
            self._finish(places[:-1])

    def cancel(self) -> None:
        """Take back what this press added."""
        del self._corners.places[self._before :]
        self._corners.show()

    def _finish(self, places: list[tuple[float, float]]) -> None:
        ring = np.array(places)
        self._corners.clear()
        self._close(ring)


class Fill(Gesture):
    """A press fills the region under it when it is let go."""

    def __init__(self, fill: Callable[[Pointer], None]) -> None:
        super().__init__()
        self._fill = fill

    def drag(self, pressed: Pointer, now: Pointer) -> None:
        """Where the hand goes meanwhile does not matter."""

    def drop(self, pressed: Pointer, now: Pointer) -> None:
        """Fill where the press was."""
        self._fill(pressed)

    def click(self, pointer: Pointer) -> None:
        """Fill here."""
        self._fill(pointer)

    def cancel(self) -> None:
        """Nothing is filled."""
