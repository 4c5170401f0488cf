"""The curves of the current face, refitted part by part while points move."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from PySide6.QtCore import QObject

from lapa_annotator.domain.classes import Label
from lapa_annotator.domain.landmarks import Points
from lapa_annotator.gui.editor.document import Document
from lapa_annotator.gui.editor.items.curves import CurvesItem
from lapa_annotator.gui.editor.options import ViewOptions
from lapa_annotator.gui.editor.parts import PartsState
from lapa_annotator.gui.editor.photoview import PhotoView
from lapa_annotator.ppa.fit import GROUPS, fit_group, fit_jawline
from lapa_annotator.ppa.parse import JAWLINE, ParseOptions

_JAWLINE = range(33)


Fitted = Callable[[], dict[int, list[Points]] | None]
"""Gives the rings of every class as they are fitted elsewhere already, None when they are not."""


class LiveCurves(QObject):
    """Keeps the item that draws curves up to date; only the parts that moved are fitted.

    Attributes:
        fitted: gives what is fitted elsewhere.
        parse: says how parts are fitted.
    """

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
        self.fitted: Fitted = lambda: None
        self.parse: Callable[[], ParseOptions] = ParseOptions

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
        fitted, parse = self.fitted(), self.parse()
        for group in GROUPS:
            if touched.intersection(group.indices) and shown[list(group.indices)].any():
                rings_of = fitted
                if rings_of is None:
                    rings_of = fit_group(points, group, parse.fit(group.name)).rings
                for label in group.labels:
                    rings = rings_of[label]
                    closed = [np.vstack([ring, ring[:1]]) for ring in rings]
                    self._item.set_lines(label, closed, self._view.zoom)
        if touched.intersection(_JAWLINE) and shown[0]:
            jawline = fit_jawline(points, parse.fit(JAWLINE))
            self._item.set_lines(Label.SKIN, [jawline], self._view.zoom)
