"""The repairing hand: it turns strokes, polygons and fills into edits of the override layer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QCoreApplication, QObject, QPointF, Signal

from lapa_annotator.domain.edits import SetOverride
from lapa_annotator.domain.face import Face
from lapa_annotator.domain.labelmap import LabelMap
from lapa_annotator.domain.landmarks import Points
from lapa_annotator.domain.override import UNSET, Occluder
from lapa_annotator.gui.editor.document import Document
from lapa_annotator.gui.editor.gestures.base import Gesture, Pointer
from lapa_annotator.gui.editor.livemap import LiveMap, RunSlow
from lapa_annotator.gui.editor.repair.canvas import HandCanvas
from lapa_annotator.gui.editor.repair.gestures import Corners, DrawPolygon, Fill, Over, PaintStroke
from lapa_annotator.gui.editor.repair.items import HandItem, StrokeItem
from lapa_annotator.gui.editor.repair.state import RepairState, RepairTool, value_name
from lapa_annotator.ppa.complete import magic_edge, superpixels, surroundings
from lapa_annotator.ppa.raster import Rect
from lapa_annotator.ppa.repair import Mask, Stroke, connected, painted, relabelled

Operation = Callable[[LabelMap, int], LabelMap]
"""Makes another label map of one, for a class."""

_REACH = 9.0
# What a seeding stroke shows of the brush: the machine does the rest.
_WITH_SEEDS = (RepairTool.MAGIC, RepairTool.SUPERPIXEL)


def tr(text: str) -> str:
    """A text of the editor in the person's language."""
    return QCoreApplication.translate("editor", text)


class Repairing(QObject):
    """The ``Hand`` that repairs the current face's label map.

    ``message(str, str)`` is for the person: a level and a text.
    """

    message = Signal(str, str)

    def __init__(
        self,
        document: Document,
        canvas: HandCanvas,
        live_map: LiveMap,
        state: RepairState,
        run_slow: RunSlow,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._canvas, self._map = document, canvas, live_map
        self._run_slow = run_slow
        self.state = state
        self._stroke_item, self._hand_item = StrokeItem(), HandItem()
        for item in (self._stroke_item, self._hand_item):
            canvas.scene().addItem(item)
        self._corners = Corners(self._hand_item)
        self._at: Pointer | None = None
        state.changed.connect(self._on_state)
        document.opened.connect(self._corners.clear)
        document.face_switched.connect(self._corners.clear)

    # The hand

    def gesture(self, pointer: Pointer) -> Gesture | None:
        """What a press begins with the tool in the hand."""
        if self._face() is None:
            self.message.emit("info", tr("Repair needs a face with points: propose them first."))
            return None
        tool = self.state.tool
        if tool is RepairTool.POLYGON:
            return DrawPolygon(self._corners, _REACH / self._canvas.zoom, self._close_polygon)
        if tool is RepairTool.FILL:
            return Fill(self._fill)
        stroke = Stroke(self._document.size)
        self._stroke_item.show_stroke(stroke.rows, stroke.pixels.shape[1], self._value)
        over = Over(None if tool in _WITH_SEEDS else self.state.over, self.labels)
        done = self._complete if tool in _WITH_SEEDS else self._paint
        return PaintStroke(stroke, self.state.radius, over, self._stroke_item, done, self.hover)

    def hover(self, pointer: Pointer | None) -> str:
        """Show the brush where the pointer is; say which class is there."""
        self._at = pointer
        self._show_ring()
        if pointer is None:
            return ""
        self._corners.show(pointer)
        said = self._said_at(round(pointer.x), round(pointer.y))
        return f"{said}  ·  {round(pointer.x)}, {round(pointer.y)}" if said else ""

    def wheel(self, turns: float) -> None:
        """Make the brush larger or smaller."""
        self.state.resize(turns)

    def escape(self) -> bool:
        """Drop an open polygon."""
        was_open = bool(self._corners.places)
        self._corners.clear()
        return was_open

    # What it makes of a gesture

    @property
    def _value(self) -> int:
        return UNSET if self.state.tool is RepairTool.ERASER else self.state.value

    def _paint(self, stroke: Stroke) -> None:
        face = self._face()
        if face is not None and not stroke.rect.empty:
            value = self._value
            self._apply(painted(face, stroke.rect, stroke.mask(), value), value)

    def _complete(self, stroke: Stroke) -> None:
        """Let the machine complete a rough stroke, off this thread."""
        photo, face = self._document.photo, self._face()
        if photo is None or face is None or stroke.rect.empty:
            return
        is_magic, size = self.state.tool is RepairTool.MAGIC, 2 * self.state.radius
        window = surroundings(stroke.rect, self._document.size)
        image, seeds = photo.pixels[window.slices], stroke.pixels[window.slices].astype(bool)
        value, over, face_id = self._value, Over(self.state.over, self.labels), face.id

        def look() -> Mask:
            return magic_edge(image, seeds) if is_magic else superpixels(image, seeds, size)

        def take(found: Mask) -> None:
            now = self._face()
            # Meanwhile another photo or face may be on show.
            if now is not None and now.id == face_id and self._document.photo is photo:
                edit = painted(now, window, over.within(window, found), value)
                self._apply(edit, value)
                is_alone = is_magic and not (found & ~seeds).any()
                self._say_what_came_of_it(value, edit is not None, is_alone)

        self._run_slow(look, take)

    def _say_what_came_of_it(self, value: int, painted_any: bool, found_no_edge: bool) -> None:
        if not painted_any:
            text = tr("Nothing changed: what was found is {name} already, or may not be painted.")
            text = text.format(name=value_name(value))
        elif found_no_edge:
            text = tr("No edge was found around the stroke, so it alone was painted.")
        else:
            text = ""
        self.message.emit("info", text)

    def _close_polygon(self, ring: Points) -> None:
        stroke = Stroke(self._document.size)
        rect, covered = stroke.area(ring)
        if not rect.empty:
            stroke.mark(rect, Over(self.state.over, self.labels).within(rect, covered))
            self._paint(stroke)

    def close_polygon(self) -> None:
        """Close the open polygon, as a click on its first corner does."""
        places = np.array(self._corners.places)
        self._corners.clear()
        if len(places) > 2:
            self._close_polygon(places)

    def _fill(self, pointer: Pointer) -> None:
        face, area = self._face(), self._area()
        x, y = round(pointer.x) - area.x0, round(pointer.y) - area.y0
        if face is None or not (0 <= x < area.x1 - area.x0 and 0 <= y < area.y1 - area.y0):
            return
        width, height = area.x1 - area.x0, area.y1 - area.y0
        override = face.override.region(area.x0, area.y0, width, height).values
        region = connected(self.labels(area), override, (x, y))
        value = self._value
        self._apply(painted(face, area, region, value), value)

    def operate(self, operation: Operation, title: str) -> None:
        """Let an operation on the chosen class change the whole map of the face."""
        face, area = self._face(), self._area()
        if face is None or area.empty or self.state.value in list(Occluder):
            self.message.emit("info", tr("Choose a class that is in the label map."))
            return
        before = self.labels(area)
        after = operation(before, self.state.value)
        allowed = Over(self.state.over, self.labels).within(area, np.ones(before.shape, bool))
        after = np.where(allowed | (before == self.state.value), after, before)
        self._apply(relabelled(face, area, before, after), self.state.value, title)

    def take_back(self) -> None:
        """Take every repair to the chosen class or occluder away."""
        face = self._face()
        if face is not None:
            values, x, y = face.override.values, face.override.x, face.override.y
            rect = Rect(x, y, x + values.shape[1], y + values.shape[0])
            self._apply(painted(face, rect, values == self.state.value, UNSET), UNSET)

    def _apply(self, edit: SetOverride | None, value: int, title: str = "") -> None:
        """Apply an edit that painted a value, or took repairs away: ``UNSET``."""
        if edit is None:
            return
        if value == UNSET:
            title = tr("Take repairs away")
        name = "" if value == UNSET else value_name(value)
        self._document.apply(edit, (title or tr("Repair {name}")).format(name=name))

    # What is there

    def _face(self) -> Face | None:
        face = self._document.face
        return None if face is None or face.landmarks is None else face

    def _area(self) -> Rect:
        area = self._map.area
        return Rect(0, 0, 0, 0) if area is None else area

    def labels(self, rect: Rect) -> LabelMap:
        """The current face's label map of a rectangle, background where there is none yet."""
        out = np.zeros((rect.y1 - rect.y0, rect.x1 - rect.x0), np.uint8)
        labels, area = self._map.labels, self._area()
        here = rect.clipped(area)
        if labels is not None and not here.empty:
            inside = here.shifted(-rect.x0, -rect.y0)
            out[inside.slices] = labels[here.shifted(-area.x0, -area.y0).slices]
        return out

    def _said_at(self, x: int, y: int) -> str:
        width, height = self._document.size
        face = self._face()
        if face is None or not (0 <= x < width and 0 <= y < height):
            return ""
        value = int(face.override.region(x, y, 1, 1).values[0, 0])
        if value != UNSET:
            return tr("{name}, repaired").format(name=value_name(value))
        return value_name(int(self.labels(Rect(x, y, x + 1, y + 1))[0, 0]))

    def _show_ring(self) -> None:
        at, tool = self._at, self.state.tool
        if at is None or not self.state.on or tool in (RepairTool.POLYGON, RepairTool.FILL):
            self._hand_item.show_ring(None)
        else:
            radius = self.state.radius * max(at.pressure, 0.1)
            self._hand_item.show_ring(QPointF(at.x, at.y), radius)

    def _on_state(self) -> None:
        wanted = self if self.state.on else None
        if self._canvas.hand is not wanted:
            self._canvas.use_hand(wanted)
        if self.state.tool is not RepairTool.POLYGON or not self.state.on:
            self._corners.clear()
        self._show_ring()
