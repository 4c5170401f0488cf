"""Live curves of a training and the learning curve of a project."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QHBoxLayout, QWidget

from lapa_annotator.gui.theme import is_dark
from lapa_annotator.training.loop import Progress
from lapa_annotator.training.retrain.forecast import CurvePoint, fit_power_law

_BLUE, _RED = "#0072B2", "#D55E00"
_WIDE = 2


def _plot(title: str, below: str) -> pg.PlotWidget:
    ink = "#d8d8d8" if is_dark() else "#303030"
    plot = pg.PlotWidget(background=None)
    plot.setTitle(title, color=ink, size="10pt")
    plot.setLabel("bottom", below, color=ink)
    for side in ("left", "bottom"):
        axis = plot.getAxis(side)
        axis.setPen(ink)
        axis.setTextPen(ink)
    plot.showGrid(x=True, y=True, alpha=0.2)
    plot.setMouseEnabled(False, False)
    plot.hideButtons()
    plot.setMenuEnabled(False)
    return plot


class CourseView(QWidget):
    """The loss and the error on the frozen faces, by step."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._loss = _plot(self.tr("Loss"), self.tr("step"))
        self._error = _plot(self.tr("NME on the frozen faces, %"), self.tr("step"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._loss)
        row.addWidget(self._error)
        self.losses = self._loss.plot(pen=pg.mkPen(_BLUE, width=_WIDE))
        self.errors = self._error.plot(
            pen=pg.mkPen(_RED, width=_WIDE), symbol="o", symbolSize=6, symbolBrush=_RED
        )

    def show_course(self, reports: Sequence[Progress]) -> None:
        """Draw the course of a run so far."""
        losses = [(r.step, r.loss) for r in reports if r.loss is not None]
        errors = [
            (r.step, r.metrics["NME"])
            for r in reports
            if r.stage == "validated" and "NME" in r.metrics
        ]
        for curve, points in ((self.losses, losses), (self.errors, errors)):
            at = np.array(points, dtype=np.float64).reshape(-1, 2)
            curve.setData(at[:, 0], at[:, 1])


class LearningCurveView(QWidget):
    """NME against the finished faces that each version was trained on, with its forecast."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._plot = _plot(
            self.tr("NME on the frozen faces, %"), self.tr("finished faces trained on")
        )
        # One version alone would be magnified until its axes count in tenths of a face.
        self._plot.setLimits(xMin=0, yMin=0, minXRange=100, minYRange=1)
        self.versions = self._plot.plot(
            pen=None, symbol="o", symbolSize=9, symbolBrush=_BLUE, symbolPen=None
        )
        self.law = self._plot.plot(pen=pg.mkPen(_RED, width=_WIDE, dash=[4, 4]))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._plot)

    def show_curve(self, points: Sequence[CurvePoint], more: int) -> None:
        """Draw the versions and, from two on, the power law up to ``more`` faces ahead."""
        faces = np.array([p.faces for p in points], np.float64)
        errors = np.array([p.nme for p in points], np.float64)
        self.versions.setData(faces, errors)
        law = fit_power_law(faces.tolist(), errors.tolist())
        along = np.linspace(faces.min(), faces.max() + more, 100) if law else np.zeros(0)
        self.law.setData(along, np.array([law.at(n) for n in along] if law else []))
