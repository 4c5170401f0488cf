"""A view of a photo: zoom at the pointer, fit, pan, and keeping zoom and place."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QNativeGestureEvent,
    QPainter,
    QResizeEvent,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QGraphicsScene, QGraphicsView, QWidget

from lapa_annotator.gui.editor.items.photo import PhotoItem, Pixels

LARGEST_SCALE = 64.0
BACKDROP = QColor(38, 38, 40)
"""Dark grey in every theme: it leaves the eye to judge the photo."""

_STEP = 1.25
_FIT_ROOM = 0.96
_FACE_ROOM = 0.6


class PhotoView(QGraphicsView):
    """Shows a photo whose pixel centres are at whole scene coordinates.

    ``zoom_changed(float)`` tells the zoom in device pixels per photo pixel.
    """

    zoom_changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.photo_item = PhotoItem()
        scene = QGraphicsScene(self)
        scene.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        scene.addItem(self.photo_item)
        self.setScene(scene)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setBackgroundBrush(BACKDROP)
        for set_policy in (self.setHorizontalScrollBarPolicy, self.setVerticalScrollBarPolicy):
            set_policy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.AnchorViewCenter)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.MinimalViewportUpdate)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontSavePainterState)
        self.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        self._is_fitted = True

    @property
    def zoom(self) -> float:
        """Logical screen pixels per photo pixel."""
        return self.transform().m11()

    @property
    def area(self) -> QRectF:
        """The scene: the photo with room to pan all around."""
        return self.sceneRect()

    def show_photo(self, levels: tuple[Pixels, ...], keep: bool) -> None:
        """Show another photo (``photo_levels``), at the same zoom and place if ``keep``."""
        before = self.photo_item.boundingRect()
        centre = self.visible_rect().center()
        self.photo_item.set_levels(levels)
        photo = self.photo_item.boundingRect()
        room = 4 * max(photo.width(), photo.height(), 1)
        self.setSceneRect(photo.adjusted(-room, -room, room, room))
        if not keep or before.isEmpty() or self._is_fitted:
            self.fit()
            return
        x = (centre.x() - before.left()) / before.width()
        y = (centre.y() - before.top()) / before.height()
        there = QPointF(photo.left() + x * photo.width(), photo.top() + y * photo.height())
        self.put(there, QRectF(self.viewport().rect()).center())

    def visible_rect(self) -> QRectF:
        """What of the scene is in sight."""
        return self.to_scene().mapRect(QRectF(self.viewport().rect()))

    def sight(self) -> tuple[QRectF, float]:
        """What of the scene is in sight, and device pixels per photo pixel."""
        return self.visible_rect(), self.zoom * self.devicePixelRatioF()

    def to_scene(self) -> QTransform:
        """The transform from the viewport to the scene."""
        return self.viewportTransform().inverted()[0]

    # Zoom

    def fit(self) -> None:
        """Show the whole photo."""
        self.fit_rect(self.photo_item.boundingRect(), _FIT_ROOM)
        self._is_fitted = True

    def fit_rect(self, rect: QRectF, room: float = _FACE_ROOM) -> None:
        """Show a rectangle of the scene so that it takes ``room`` of the view."""
        view = self.viewport().rect()
        if rect.isEmpty() or view.isEmpty():
            return
        scale = room * min(view.width() / rect.width(), view.height() / rect.height())
        self._set_scale(scale)
        self.put(rect.center(), QRectF(view).center())

    def zoom_100(self) -> None:
        """Show one photo pixel on one pixel of the screen."""
        self.zoom_to(1 / self.devicePixelRatioF())

    def zoom_in(self) -> None:
        """Enlarge by a quarter, about the middle."""
        self.zoom_to(self.zoom * _STEP)

    def zoom_out(self) -> None:
        """Make smaller by a fifth, about the middle."""
        self.zoom_to(self.zoom / _STEP)

    def zoom_to(self, scale: float, at: QPointF | None = None) -> None:
        """Show ``scale`` logical pixels per photo pixel; what is at ``at`` in the view stays."""
        at = QRectF(self.viewport().rect()).center() if at is None else at
        there = self.to_scene().map(at)
        self._set_scale(scale)
        self.put(there, at)

    def put(self, place: QPointF, at: QPointF) -> None:
        """Pan so that ``place`` of the scene is at ``at`` of the viewport."""
        now = self.viewportTransform().map(place)
        self.pan(at.x() - now.x(), at.y() - now.y())

    def pan(self, dx: float, dy: float) -> None:
        """Move the photo by so many screen pixels."""
        self._is_fitted = False
        for bar, delta in ((self.horizontalScrollBar(), dx), (self.verticalScrollBar(), dy)):
            bar.setValue(bar.value() - round(delta))

    def _set_scale(self, scale: float) -> None:
        photo = self.photo_item.boundingRect()
        if photo.isEmpty():
            return
        view = self.viewport().rect()
        smallest = min(view.width() / photo.width(), view.height() / photo.height(), 1.0) / 4
        scale = min(max(scale, smallest), LARGEST_SCALE)
        self._is_fitted = False
        if not math.isclose(scale, self.zoom, rel_tol=1e-9):
            self.resetTransform()
            self.scale(scale, scale)
            self.zoom_changed.emit(scale * self.devicePixelRatioF())

    # Events

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the pointer, with Ctrl or without."""
        turns = event.angleDelta().y() / 120
        if turns:
            self.zoom_to(self.zoom * _STEP**turns, event.position())
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:
        """Take the pinch of a touch pad as a zoom."""
        pinch = Qt.NativeGestureType.ZoomNativeGesture
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == pinch:
            self.zoom_to(self.zoom * (1 + event.value()), event.position())
            return True
        return super().viewportEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the whole photo in sight if it was."""
        fitted = self._is_fitted
        super().resizeEvent(event)
        if fitted:
            self.fit()
