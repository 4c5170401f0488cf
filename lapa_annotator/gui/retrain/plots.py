"""Live curves of a training and the learning curve of a project."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication, QHBoxLayout, QVBoxLayout, QWidget

from lapa_annotator.gui.theme import is_dark
from lapa_annotator.training.loop import Progress
from lapa_annotator.training.retrain.forecast import CurvePoint, fit_power_law
from lapa_annotator.training.retrain.versions import PARSING, TASK

_BLUE, _RED = "#0072B2", "#D55E00"
_WIDE = 2
_DOTS: dict[str, Any] = {
    "symbol": "o",
    "symbolSize": 9,
    "symbolBrush": _BLUE,
    "symbolPen": None,
}


def _ink() -> str:
    return "#d8d8d8" if is_dark() else "#303030"


def _entitle(plot: pg.PlotWidget, title: str) -> None:
    plot.setTitle(title, color=_ink(), size="10pt")


def _plot(title: str, below: str) -> pg.PlotWidget:
    ink = _ink()
    plot = pg.PlotWidget(background=QApplication.palette().color(QPalette.ColorRole.Base))
    _entitle(plot, title)
    plot.setLabel("bottom", below, color=ink)
    for side in ("left", "bottom"):
        axis = plot.getAxis(side)
        axis.setPen(ink)
        axis.setTextPen(ink)
        # Lines at what is written at the axis alone: the finer ones only make the curve pale.
        axis.setStyle(maxTickLevel=0)
    plot.showGrid(x=True, y=True, alpha=0.15)
    plot.setMouseEnabled(False, False)
    plot.hideButtons()
    plot.setMenuEnabled(False)
    return plot


class CourseView(QWidget):
    """The loss, and the error or F1 on the frozen faces, by step."""

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

        self.measure(TASK)

    def measure(self, task: str) -> None:
        """Show the course of a training of that task from now on."""
        self._score = "mean F1" if task == PARSING else "NME"
        titles = {
            PARSING: self.tr("Mean F1 on the frozen faces"),
            TASK: self.tr("NME on the frozen faces, %"),
        }
        _entitle(self._error, titles[task])
        self.show_course([])

    def show_course(self, reports: Sequence[Progress]) -> None:
        """Draw the course of a run so far."""
        losses = [(r.step, r.loss) for r in reports if r.loss is not None]
        errors = [
            (r.step, r.metrics[self._score])
            for r in reports
            if r.stage == "validated" and self._score in r.metrics
        ]
        for curve, points in ((self.losses, losses), (self.errors, errors)):
            at = np.array(points, dtype=np.float64).reshape(-1, 2)
            curve.setData(at[:, 0], at[:, 1])


class LearningCurveView(QWidget):
    """How the versions got better with the faces they learned from (LaPa, Fig. 4).

    The error with its forecast, AUC, share of untouched points and drags a face; the last three
    where they are known.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        below = self.tr("finished faces trained on")
        self._plot = _plot("", below)
        # One version alone would be magnified until its axes count in tenths of a face.
        self._plot.setLimits(xMin=0, yMin=0, minXRange=100, minYRange=1)
        edges = [self._plot.plot(pen=None) for _ in range(2)]
        self._edges = edges
        self._plot.addItem(pg.FillBetweenItem(*edges, brush=pg.mkBrush(_RED + "28")))
        self.law = self._plot.plot(pen=pg.mkPen(_RED, width=_WIDE, dash=[4, 4]))
        self.versions = self._plot.plot(pen=None, **_DOTS)
        self._beside: dict[str, tuple[pg.PlotWidget, pg.PlotDataItem]] = {}
        column = QVBoxLayout()
        for name, title, least in (
            ("auc", self.tr("AUC at 8 %"), 0.1),
            ("untouched", self.tr("Untouched points, %"), 10.0),
            ("drags", self.tr("Drags a face"), 5.0),
        ):
            plot = _plot(title, "")
            plot.setLimits(xMin=0, yMin=0, minXRange=100, minYRange=least)
            line = plot.plot(pen=pg.mkPen(_BLUE, width=_WIDE), **_DOTS | {"symbolSize": 6})
            self._beside[name] = plot, line
            column.addWidget(plot)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._plot, 3)
        row.addLayout(column, 2)
        self.measure(TASK)

    def measure(self, task: str) -> None:
        """Show the versions of that task from now on."""
        titles = {
            PARSING: self.tr("100 % less the mean F1 on the frozen faces"),
            TASK: self.tr("NME on the frozen faces, %"),
        }
        _entitle(self._plot, titles[task])

    def show_curve(self, points: Sequence[CurvePoint], more: int) -> None:
        """Draw the versions and, from two on, the power law up to ``more`` faces ahead."""
        faces = np.array([p.faces for p in points], np.float64)
        errors = np.array([p.error for p in points], np.float64)
        self.versions.setData(faces, errors)
        law = fit_power_law(faces.tolist(), errors.tolist())
        along = np.linspace(faces.min(), faces.max() + more, 100) if law else np.zeros(0)
        self.law.setData(along, np.array([law.at(n) for n in along] if law else []))
        ahead = along[along >= faces.max()] if law else along
        spread = np.array([law.interval(n) for n in ahead] if law else []).reshape(-1, 2)
        for edge, values in zip(self._edges, spread.T, strict=True):
            edge.setData(ahead, values)
        shown = {
            "auc": [p.auc for p in points],
            "untouched": [100 * p.untouched for p in points],
            "drags": [p.drags for p in points],
        }
        for name, series in shown.items():
            plot, line = self._beside[name]
            said = np.array(series, np.float64)
            known = ~np.isnan(said)
            line.setData(faces[known], said[known])
            plot.setVisible(bool(known.any()))
