"""The same place of the photo a second time, beside the canvas, with another label map or none."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QWidget

from lapa_annotator.domain.labelmap import LabelMap
from lapa_annotator.gui.editor.items.map import MapItem
from lapa_annotator.gui.editor.photoview import PhotoView
from lapa_annotator.ppa.raster import Rect


class Beside(PhotoView):
    """Follows another view's zoom and place; it cannot be worked on."""

    def __init__(self, leader: PhotoView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._leader = leader
        self.map_item = MapItem()
        self.scene().addItem(self.map_item)
        self.setInteractive(False)
        leader.zoom_changed.connect(self.follow)
        for bar in (leader.horizontalScrollBar(), leader.verticalScrollBar()):
            bar.valueChanged.connect(self.follow)
        self.hide()

    def show_map(self, labels: LabelMap | None, area: Rect) -> None:
        """Lay a label map of a rectangle over the photo, or none."""
        if labels is None:
            self.map_item.set_rect(QRect())
            return
        width, height = area.x1 - area.x0, area.y1 - area.y0
        self.map_item.set_rect(QRect(area.x0, area.y0, width, height))
        self.map_item.pixels[:] = labels
        self.map_item.changed(0, 0, width, height)

    def follow(self) -> None:
        """Show what the leader shows."""
        if not self.isVisible() or self._leader.photo_item.boundingRect().isEmpty():
            return
        self._set_scale(self._leader.zoom)
        middle = self._leader.visible_rect().center()
        self.put(middle, QRectF(self.viewport().rect()).center())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The wheel is the leader's."""
        event.ignore()
