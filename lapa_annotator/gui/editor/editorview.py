"""The editor's canvas and how it shows things: zoom, options, parts. No edit is made here."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from lapa_annotator.domain.geometry import Box
from lapa_annotator.domain.schema import PART_OF_POINT
from lapa_annotator.gui.editor.document import Document
from lapa_annotator.gui.editor.items.boxes import rect_of
from lapa_annotator.gui.editor.livemap import LiveMap, RunSlow, at_once
from lapa_annotator.gui.editor.options import OPTIONS, Store, ViewOptions
from lapa_annotator.gui.editor.parts import PartsState
from lapa_annotator.gui.editor.repair.canvas import HandCanvas
from lapa_annotator.gui.editor.repair.repairing import Repairing
from lapa_annotator.gui.editor.repair.state import RepairState
from lapa_annotator.gui.editor.review.reviewing import Reviewing
from lapa_annotator.gui.editor.saving import Saver

_TONE_STEP = 0.05
_RATIO_STEP = 1.1
_OPACITY_STEP = 0.1


class EditorView(QWidget):
    """The canvas with its document, and the actions that change only what is seen."""

    zoom_changed = Signal(float)
    pointed = Signal(str)

    def __init__(
        self,
        store: Store,
        annotator: str = "",
        run_slow: RunSlow = at_once,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.saver = Saver(self)
        self.document = Document(self.saver, annotator, parent=self)
        self.parts = PartsState(self)
        self.options = ViewOptions(store, self)
        self.canvas = HandCanvas(self.document, self.parts, self.options, self)
        self.live_map = LiveMap(
            self.document, self.options, self.canvas.map_item, run_slow, self.canvas.sight, self
        )
        self.canvas.live_curves.fitted = self.live_map.rings
        self.canvas.live_curves.parse = lambda: self.live_map.parse
        self.repair = RepairState(self.options, self)
        self.repairing = Repairing(
            self.document, self.canvas, self.live_map, self.repair, run_slow, self
        )
        self.reviewing = Reviewing(
            self.document, self.options, self.canvas, self.live_map, run_slow, self
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        row = QHBoxLayout()
        row.setSpacing(2)
        row.addWidget(self.canvas, 1)
        row.addWidget(self.reviewing.comparing.beside, 1)
        layout.addLayout(row, 1)
        layout.addWidget(self.reviewing.ask)
        self.setFocusProxy(self.canvas)
        self.canvas.zoom_changed.connect(self.zoom_changed)
        self.canvas.pointed.connect(self.pointed)

    # Zoom

    def fit(self) -> None:
        """Show the whole photo."""
        self.canvas.fit()

    def fit_face(self) -> None:
        """Show the current face as large as the view allows."""
        face = self.document.face
        if face is not None:
            points = self.document.points(face)
            box = face.box if points is None else Box.around(points, 0.05)
            self.canvas.fit_rect(rect_of(box), 0.9)

    def zoom_100(self) -> None:
        """Show one photo pixel on one pixel of the screen."""
        self.canvas.zoom_100()

    def zoom_in(self) -> None:
        """Enlarge, about the middle of the view."""
        self.canvas.zoom_in()

    def zoom_out(self) -> None:
        """Make smaller, about the middle of the view."""
        self.canvas.zoom_out()

    def go_to(self, box: Box) -> None:
        """Bring a place of the photo into sight, changing the view as little as that takes."""
        rect, seen = rect_of(box), self.canvas.visible_rect()
        if seen.contains(rect):
            return
        if rect.width() > seen.width() or rect.height() > seen.height():
            self.canvas.fit_rect(rect)
        else:
            self.canvas.put(rect.center(), QRectF(self.canvas.viewport().rect()).center())

    # Options

    def toggle_keep_view(self) -> None:
        """Keep zoom and position from photo to photo, or show each photo whole."""
        self.options.toggle("keep_view")

    def toggle_labels(self) -> None:
        """Show the points' numbers, or hide them."""
        self.options.toggle("labels")

    def toggle_arrows(self) -> None:
        """Show the arrows from where points were proposed, or hide them."""
        self.options.toggle("arrows")

    def toggle_curves(self) -> None:
        """Show the fitted curves, or hide them."""
        self.options.toggle("curves")

    def toggle_confidence(self) -> None:
        """Colour points by the proposer's confidence, or by their origin."""
        self.options.toggle("confidence")

    def toggle_loupe(self) -> None:
        """Show a loupe while dragging, or none."""
        self.options.toggle("loupe")

    def toggle_map(self) -> None:
        """Show the live label map, or hide it."""
        self.options.toggle("map")

    def toggle_outline(self) -> None:
        """Show only the outlines of the label map, or all of it."""
        self.options.toggle("outline")

    def toggle_difference(self) -> None:
        """Show where the label map differs from the last save, or all of it."""
        self.options.toggle("difference")

    def more_opaque(self) -> None:
        """Make the label map more opaque."""
        self.options.set("opacity", self.options.opacity + _OPACITY_STEP)

    def less_opaque(self) -> None:
        """Make the label map less opaque."""
        self.options.set("opacity", self.options.opacity - _OPACITY_STEP)

    def brighter(self) -> None:
        """Show the photo brighter."""
        self.options.set("brightness", self.options.brightness + _TONE_STEP)

    def darker(self) -> None:
        """Show the photo darker."""
        self.options.set("brightness", self.options.brightness - _TONE_STEP)

    def more_contrast(self) -> None:
        """Show the photo with more contrast."""
        self.options.set("contrast", self.options.contrast * _RATIO_STEP)

    def less_contrast(self) -> None:
        """Show the photo with less contrast."""
        self.options.set("contrast", self.options.contrast / _RATIO_STEP)

    def reset_tones(self) -> None:
        """Show the photo as its file has it."""
        for name in ("brightness", "contrast", "gamma"):
            self.options.set(name, OPTIONS[name].default)

    # Parts

    def hide_part(self) -> None:
        """Hide the parts that hold selected points, or show them again."""
        for name in self._selected_parts():
            self.parts.toggle_hidden(name)

    def lock_part(self) -> None:
        """Lock the parts that hold selected points, or unlock them."""
        for name in self._selected_parts():
            self.parts.toggle_locked(name)

    def solo_part(self) -> None:
        """Show the current point's part alone, or all parts again."""
        if self.document.current is not None:
            self.parts.toggle_solo(PART_OF_POINT[self.document.current])

    def show_all_parts(self) -> None:
        """Show and unlock every part."""
        self.parts.reset()

    def _selected_parts(self) -> list[str]:
        return sorted({PART_OF_POINT[i] for i in self.document.selection})
