"""The canvas: the photo with its faces, and the hand on it.

The hand's events become gestures here; what a gesture does is its own business. A gesture that
cannot come to its end (Esc, the window loses the keyboard, the screen goes away) is cancelled.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QGuiApplication,
    QHelpEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QSinglePointEvent,
)
from PySide6.QtWidgets import QGraphicsItem, QToolTip, QWidget

from lapa_annotator.domain.geometry import Box
from lapa_annotator.domain.landmarks import Points
from lapa_annotator.domain.schema import PART_BY_NAME, PART_OF_POINT
from lapa_annotator.gui.editor.document import Document
from lapa_annotator.gui.editor.gestures.base import Gesture, Pointer
from lapa_annotator.gui.editor.gestures.points import DragHandle, DragPoints, RubberBand
from lapa_annotator.gui.editor.gestures.view import DrawBox, Pan
from lapa_annotator.gui.editor.handles import handle_places
from lapa_annotator.gui.editor.hittest import NOTHING, HitTarget, hit_test
from lapa_annotator.gui.editor.items.boxes import BoxesItem, OverlayItem
from lapa_annotator.gui.editor.items.curves import CurvesItem
from lapa_annotator.gui.editor.items.map import MapItem
from lapa_annotator.gui.editor.items.photo import SHARP_FROM, photo_levels, tone_table
from lapa_annotator.gui.editor.items.points import REACH, PointsItem
from lapa_annotator.gui.editor.items.problems import ProblemsItem
from lapa_annotator.gui.editor.livecurves import LiveCurves
from lapa_annotator.gui.editor.loupe import Loupe
from lapa_annotator.gui.editor.options import ViewOptions
from lapa_annotator.gui.editor.parts import PartsState
from lapa_annotator.gui.editor.photoview import PhotoView
from lapa_annotator.gui.editor.pointtip import described, tip
from lapa_annotator.gui.editor.shown import hit_faces, shown_faces

_TONES = ("brightness", "contrast", "gamma")
_POINTS = ("labels", "arrows", "confidence")
_CURSORS = {"point": Qt.CursorShape.CrossCursor, "handle": Qt.CursorShape.SizeAllCursor}


class Tool(Enum):
    """What a press of the left button on the photo begins."""

    SELECT = "select"
    BOX = "box"


class Canvas(PhotoView):
    """Shows the document and lets the hand work on it.

    Signals:
        box_drawn(object): a face box was drawn (``Box``), or None when it came to nothing.
        gesture_over(): the hand let go, or was made to.
        pointed(str): what is under the pointer.
    """

    box_drawn = Signal(object)
    gesture_over = Signal()
    pointed = Signal(str)

    def __init__(
        self,
        document: Document,
        parts: PartsState,
        options: ViewOptions,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._parts, self._options = document, parts, options
        self.map_item = MapItem()
        self._boxes, self._curves, self._points = BoxesItem(), CurvesItem(), PointsItem()
        self.problems, self._overlay = ProblemsItem(), OverlayItem()
        self._drawings: tuple[QGraphicsItem, ...] = (
            self._boxes,
            self._curves,
            self._points,
            self.problems,
            self._overlay,
        )
        for layer in (self.map_item, *self._drawings):
            self.scene().addItem(layer)
        self._loupe = Loupe(self.photo_item, self.viewport())
        self.live_curves = LiveCurves(document, parts, options, self._curves, self)
        self._gesture: Gesture | None = None
        self._button = Qt.MouseButton.NoButton
        self._space = False
        self._tool = Tool.SELECT
        self._shown_points: Points | None = None
        self._drawn_points: Points | None = None
        self._handles: Points | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._listen()

    def _listen(self) -> None:
        document = self._document
        document.opened.connect(self._on_opened)
        document.moved.connect(self._on_moved)
        document.changed.connect(self.refresh)
        document.face_switched.connect(self.refresh)
        document.selection_changed.connect(self._refresh_points)
        self._parts.changed.connect(self.refresh)
        self._options.changed.connect(self._on_option)
        self.zoom_changed.connect(self._place_handles)
        application = QGuiApplication.instance()
        assert isinstance(application, QGuiApplication)
        application.screenRemoved.connect(self.cancel_gesture)
        for name in _TONES:
            self._on_option(name)

    # What is shown

    def _on_opened(self) -> None:
        self.cancel_gesture()
        self.use_tool(Tool.SELECT)
        photo = self._document.photo
        levels = () if photo is None else photo.levels or photo_levels(photo.pixels)
        self.show_photo(levels, self._options.keep_view)
        for item in (self._boxes, self._curves, self._points, self.problems, self._overlay):
            item.set_area(self.area)
        # What lies in the photo is drawn when its first face becomes the current one.

    def refresh(self) -> None:
        """Draw every face anew."""
        faces = self._document.faces
        several = len(faces) > 1
        self._boxes.set_boxes(
            [
                (str(n), face.box, several and face.id == self._document.face_id)
                for n, face in enumerate(faces, 1)
                if several or face.landmarks is None
            ]
        )
        self._refresh_points()
        self.live_curves.refit_all()

    def _refresh_points(self) -> None:
        face = self._document.face
        self._shown_points = points = None if face is None else self._document.points(face)
        self._curves.set_on_their_way(self._document.is_previewing)
        self._drawn_points = None if points is None else points.copy()
        self._points.set_faces(shown_faces(self._document, self._parts, self._options))
        self._place_handles()

    def _place_handles(self) -> None:
        face, chosen = self._document.face, sorted(self._document.selection)
        points = None if face is None else self._document.points(face)
        self._handles = None
        if points is not None and len(chosen) > 1:
            self._handles = handle_places(points[chosen], self.zoom)
        self._overlay.set_handles(self._handles)

    def _on_moved(self, face_id: str, indices: tuple[int, ...]) -> None:
        """Redraw only what some moved points covered and cover."""
        face = self._document.face
        points = None if face is None else self._document.points(face)
        if face is None or points is None or face.id != face_id or self._drawn_points is None:
            return
        chosen = list(indices)
        rows = [self._drawn_points[chosen], points[chosen]]
        proposed = self._document.proposal(face) if self._options.arrows else None
        if proposed is not None:
            rows.append(proposed[chosen])
        if self._shown_points is not points:
            # The first step of a gesture: from here on the item draws what the gesture moves.
            self._curves.set_on_their_way(self._document.is_previewing)
            self._points.set_faces(shown_faces(self._document, self._parts, self._options))
            self._shown_points = points
        self._points.update(_around(rows, REACH / self.zoom))
        self._drawn_points[chosen] = points[chosen]
        self.live_curves.refit(indices)
        if len(self._document.selection) > 1:
            self._place_handles()

    def _on_option(self, name: str) -> None:
        options = self._options
        if name in _TONES:
            table = tone_table(options.brightness, options.contrast, options.gamma)
            self.photo_item.set_tones(table)
        elif name in _POINTS:
            self._refresh_points()
        elif name == "curves":
            self.live_curves.refit_all()

    # Tools and gestures

    @property
    def is_busy(self) -> bool:
        """Whether a gesture is under way."""
        return self._gesture is not None

    @property
    def tool(self) -> Tool:
        """What a press of the left button begins."""
        return self._tool

    def use_tool(self, tool: Tool) -> None:
        """Choose what a press of the left button begins."""
        self._tool = tool
        self._show_cursor(NOTHING)

    def cancel_gesture(self) -> None:
        """Break off the gesture under way: everything is as before it."""
        gesture, self._gesture = self._gesture, None
        if gesture is not None:
            gesture.cancel()
            self.gesture_over.emit()
        self._loupe.hide()
        self._show_cursor(NOTHING)

    def hit(self, at: QPointF) -> HitTarget:
        """What is at a place of the viewport."""
        place = self.to_scene().map(at)
        parts = frozenset(PART_OF_POINT[i] for i in self._document.selection)
        faces = hit_faces(self._document, self._parts)
        return hit_test((place.x(), place.y()), faces, self.zoom, parts, self._handles)

    def _gesture_for(self, event: QMouseEvent) -> Gesture | None:
        left = event.button() == Qt.MouseButton.LeftButton
        if event.button() == Qt.MouseButton.MiddleButton or (left and self._space):
            return Pan(self.pan)
        if not left or self._document.photo is None:
            return None
        if self._tool is Tool.BOX:
            return DrawBox(self._document.size, self._overlay.set_band, self._on_box)
        free = self._parts.free_points()
        target = self.hit(event.position())
        if target.kind == "handle" and self._handles is not None:
            return DragHandle(self._document, target.index, self._handles, free)
        if target.kind == "point":
            self._document.switch_face(target.face_id)
            return DragPoints(self._document, target.index, free)
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            return RubberBand(self._document, free, self._overlay.set_band)
        return Pan(self.pan, lambda: self._on_click(target))

    def _on_click(self, target: HitTarget) -> None:
        if target.kind == "face" and target.face_id != self._document.face_id:
            self._document.switch_face(target.face_id)
        else:
            self._document.select(())

    def _on_box(self, box: Box | None) -> None:
        self.use_tool(Tool.SELECT)
        self.box_drawn.emit(box)

    def _pointer(self, event: QSinglePointEvent) -> Pointer:
        at = event.position()
        place = self.to_scene().map(at)
        keys = event.modifiers()
        return Pointer(
            place.x(),
            place.y(),
            at.x(),
            at.y(),
            bool(keys & Qt.KeyboardModifier.ShiftModifier),
            bool(keys & Qt.KeyboardModifier.ControlModifier),
        )

    def _follow(self, event: QMouseEvent) -> None:
        """After a step of a gesture: loupe and cursor."""
        focus = None if self._gesture is None else self._gesture.focus
        sharp = self.zoom * self.devicePixelRatioF() >= SHARP_FROM
        if focus is None or sharp or not self._options.loupe:
            self._loupe.hide()
        elif self._drawn_points is not None:
            others = self._drawn_points[(self._drawn_points != focus).any(axis=1)]
            self._loupe.show_at(focus, self.zoom, others, event.position().toPoint())
        if self._gesture is not None and self._gesture.is_dragging:
            pans = isinstance(self._gesture, Pan)
            # The hand hides no pixel of what it aims at.
            hidden = Qt.CursorShape.BlankCursor if focus else Qt.CursorShape.CrossCursor
            self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor if pans else hidden)

    def _show_cursor(self, target: HitTarget) -> None:
        shape = Qt.CursorShape.ArrowCursor
        if self._space:
            shape = Qt.CursorShape.OpenHandCursor
        elif self._tool is Tool.BOX:
            shape = Qt.CursorShape.CrossCursor
        elif target.kind in _CURSORS:
            shape = _CURSORS[target.kind]
        self.viewport().setCursor(shape)

    # Events

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a gesture; another button during one breaks it off."""
        if self._gesture is not None:
            self.cancel_gesture()
            return
        self._document.settle()
        self._gesture = self._gesture_for(event)
        self._button = event.button()
        if self._gesture is not None:
            self._gesture.start(self._pointer(event))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with the gesture, or say what is under the pointer."""
        if self._gesture is None:
            self._hover(event)
        elif not event.buttons() & self._button:
            # The button went up where the window could not hear it.
            self.cancel_gesture()
        else:
            self._gesture.move(self._pointer(event))
            self._follow(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End the gesture."""
        gesture = self._gesture
        if gesture is None or event.button() != self._button:
            return
        self._gesture = None
        gesture.end(self._pointer(event))
        self._loupe.hide()
        self._hover(event)
        self.gesture_over.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Select the whole part of a point; elsewhere a second press is a press."""
        target = self.hit(event.position())
        if target.kind != "point" or event.button() != Qt.MouseButton.LeftButton:
            self.mousePressEvent(event)
            return
        self._document.switch_face(target.face_id)
        free = self._parts.free_points()
        part = PART_BY_NAME[PART_OF_POINT[target.index]].indices
        self._document.select({i for i in part if free[i]}, target.index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc breaks off, Space held pans; every other key is an action of the window."""
        if event.key() == Qt.Key.Key_Escape:
            self._escape()
        elif event.key() == Qt.Key.Key_Space:
            self._space = True
            self._show_cursor(NOTHING)
        else:
            event.ignore()

    def _escape(self) -> None:
        if self._gesture is not None:
            self.cancel_gesture()
        elif self._tool is Tool.BOX:
            self._on_box(None)
        else:
            self._document.select(())

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Space released: the left button selects again."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = False
            self._show_cursor(NOTHING)
        else:
            event.ignore()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Whoever takes the keyboard away ends the gesture without a trace."""
        self._space = False
        self.cancel_gesture()
        super().focusOutEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """A canvas out of sight has no gesture."""
        self.cancel_gesture()
        super().hideEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        """Show what a point is when the pointer rests on it."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            target = self.hit(QPointF(event.pos()))
            text = tip(target.index) if target.kind == "point" and not self.is_busy else ""
            QToolTip.showText(event.globalPos(), text, self.viewport())
            return True
        return super().viewportEvent(event)

    def _hover(self, event: QMouseEvent) -> None:
        target = self.hit(event.position())
        self._show_cursor(target)
        place = self.to_scene().map(event.position())
        self.pointed.emit(described(target, place.x(), place.y()))


def _around(rows: Iterable[Points], room: float) -> QRectF:
    points = np.vstack(list(rows))
    (x0, y0), (x1, y1) = points.min(axis=0) - room, points.max(axis=0) + room
    return QRectF(x0, y0, x1 - x0, y1 - y0)
