"""A canvas on which another hand than the one for points can work: repair is one."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QMouseEvent, QSinglePointEvent, QTabletEvent, QWheelEvent
from PySide6.QtWidgets import QGraphicsItem

from lapa_annotator.gui.editor.canvas import Canvas, Tool
from lapa_annotator.gui.editor.change import Change
from lapa_annotator.gui.editor.gestures.base import Gesture, Pointer
from lapa_annotator.gui.editor.hittest import HitTarget


class Hand(Protocol):
    """What the left button, the wheel and Esc do while it is on the canvas."""

    def gesture(self, pointer: Pointer) -> Gesture | None:
        """The gesture that a press begins; None for none."""

    def hover(self, pointer: Pointer | None) -> str:
        """The pointer moved, or left; return what to say about the place."""

    def wheel(self, turns: float) -> None:
        """The wheel was turned."""

    def escape(self) -> bool:
        """Break off what is under way between gestures; False when nothing is."""


class HandCanvas(Canvas):
    """The canvas, with a second hand that can take its place at the photo.

    While a ``Hand`` is on it the points are out of sight and out of reach; panning, zooming with
    Ctrl and drawing a face box stay as they are.
    """

    _hand: Hand | None = None
    _pressure = 1.0

    @property
    def hand(self) -> Hand | None:
        """The hand that works here now, None for the one that moves points."""
        return self._hand

    def use_hand(self, hand: Hand | None) -> None:
        """Let another hand work here, None for the one that moves points."""
        self.cancel_gesture()
        self._hand = hand
        points: tuple[QGraphicsItem, ...] = (self._points, self._overlay)
        for item in points:
            item.setVisible(hand is None)
        # Where no point moves no outline does, and none need be drawn anew under a stroke.
        caching = QGraphicsItem.CacheMode
        kept = caching.NoCache if hand is None else caching.DeviceCoordinateCache
        self._curves.setCacheMode(kept)
        self.use_tool(Tool.SELECT)

    def set_bare(self, bare: bool) -> None:
        """Show photo and label map alone, or what is drawn over them too."""
        for drawing in self._drawings:
            drawing.setVisible(not bare)

    def refresh(self, change: Change | None = None) -> None:
        """Draw every face anew; a repair changes none."""
        if change is None or not change.is_repair:
            super().refresh()

    @property
    def _is_taken(self) -> bool:
        return self._hand is not None and self.tool is Tool.SELECT

    def _gesture_for(self, event: QMouseEvent) -> Gesture | None:
        left = event.button() == Qt.MouseButton.LeftButton
        photo = self._document.photo
        if self._hand is None or not self._is_taken or not left or self._space or photo is None:
            return super()._gesture_for(event)
        return self._hand.gesture(self._pointer(event))

    def _pointer(self, event: QSinglePointEvent) -> Pointer:
        plain = super()._pointer(event)
        place = (plain.x, plain.y, plain.screen_x, plain.screen_y)
        return Pointer(*place, plain.shift, plain.ctrl, self._pressure)

    def _escape(self) -> None:
        if self._gesture is None and self._hand is not None and self._hand.escape():
            return
        super()._escape()

    def _show_cursor(self, target: HitTarget) -> None:
        super()._show_cursor(target)
        if self._is_taken and not self._space:
            self.viewport().setCursor(Qt.CursorShape.CrossCursor)

    def _hover(self, event: QMouseEvent) -> None:
        if self._hand is None or not self._is_taken:
            super()._hover(event)
            return
        self.pointed.emit(self._hand.hover(self._pointer(event)))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """A second press is a press while another hand works here."""
        if self._is_taken:
            self.mousePressEvent(event)
        else:
            super().mouseDoubleClickEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End the gesture; a pen that is lifted presses no more."""
        super().mouseReleaseEvent(event)
        self._pressure = 1.0

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The wheel is the hand's; with Ctrl it zooms as ever."""
        ctrl = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        turns = event.angleDelta().y() / 120
        if self._hand is None or not self._is_taken or ctrl or not turns:
            super().wheelEvent(event)
            return
        self._hand.wheel(turns)
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:
        """Note how hard a pen presses; what it does comes as a mouse's presses and moves."""
        if isinstance(event, QTabletEvent):
            if event.type() != QEvent.Type.TabletRelease:
                self._pressure = event.pressure()
            event.ignore()
            return False
        if event.type() == QEvent.Type.Leave and self._hand is not None:
            self._hand.hover(None)
        return super().viewportEvent(event)
