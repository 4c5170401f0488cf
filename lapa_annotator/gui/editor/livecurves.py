"""The curves of the current face, refitted part by part while points move."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QObject

from lapa_annotator.domain.classes import Label
from lapa_annotator.domain.landmarks import Points
from lapa_annotator.gui.editor.document import Document
from lapa_annotator.gui.editor.items.curves import CurvesItem, path_of
from lapa_annotator.gui.editor.options import ViewOptions
from lapa_annotator.gui.editor.parts import PartsState
from lapa_annotator.gui.editor.photoview import PhotoView
from lapa_annotator.ppa.fit import GROUPS, fit_group, fit_jawline

_JAWLINE = range(33)


class LiveCurves(QObject):
    """Keeps the item that draws curves up to date; only the parts that moved are fitted."""

    def __init__(
        self,
        document: Document,
        parts: PartsState,
        options: ViewOptions,
        item: CurvesItem,
        view: PhotoView,
    ) -> None:
        super().__init__(view)
        self._document = document
        self._parts = parts
        self._options = options
        self._item = item
        self._view = view

    def refit_all(self) -> None:
        """Fit every part of the current face anew."""
        self._item.clear()
        self.refit(range(106))

    def refit(self, indices: Iterable[int]) -> None:
        """Fit the parts that hold any of these points."""
        face = self._document.face
        points = None if face is None else self._document.points(face)
        if points is None or not self._options.curves:
            return
        touched, shown = set(indices), self._parts.shown_points()
        for group in GROUPS:
            if touched.intersection(group.indices) and shown[list(group.indices)].any():
                for label, rings in fit_group(points, group).rings.items():
                    self._draw(label, rings, closed=True)
        if touched.intersection(_JAWLINE) and shown[0]:
            self._draw(Label.SKIN, [fit_jawline(points)], closed=False)

    def _draw(self, label: int, lines: list[Points], closed: bool) -> None:
        self._item.set_path(label, path_of(lines, closed), self._view.zoom)
