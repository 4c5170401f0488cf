"""The learning curve of a project as a picture (LaPa, Fig. 4), with its forecast."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np

from lapa_annotator.training.retrain.forecast import CurvePoint, fit_power_law

_BLUE, _RED = "#0072B2", "#D55E00"


def curve_picture(points: Sequence[CurvePoint], more: int) -> bytes:
    """Draw NME with the forecast for ``more`` faces, AUC, untouched points and drags as a PNG."""
    # Loaded here because matplotlib takes longer to load than most commands to run.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 6.4), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(2, 2).ravel()
    faces = [p.faces for p in points]
    shown = {
        "NME on the frozen faces, %": [p.error for p in points],
        "AUC at 8 %": [p.auc for p in points],
        "untouched points, %": [100 * p.untouched for p in points],
        "drags a face": [p.drags for p in points],
    }
    for axes, (title, values) in zip(panels, shown.items(), strict=True):
        axes.plot(faces, values, color=_BLUE, marker="o", markersize=5)
        axes.set(title=title, xlabel="finished faces trained on")
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    _forecast(panels[0], points, more)
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=110)
    return data.getvalue()


def _forecast(axes: Any, points: Sequence[CurvePoint], more: int) -> None:
    law = fit_power_law([p.faces for p in points], [p.error for p in points])
    if law is None:
        return
    known = [p.faces for p in points]
    ahead = np.linspace(max(known), max(known) + 2 * more, 60)
    bounds = np.array([law.interval(float(n)) for n in ahead])
    along = np.linspace(min(known), ahead[-1], 200)
    axes.plot(along, [law.at(float(n)) for n in along], "--", color=_RED, linewidth=1.2)
    axes.fill_between(ahead, bounds[:, 0], bounds[:, 1], color=_RED, alpha=0.15, linewidth=0)
    axes.axvline(max(known) + more, color="0.6", linewidth=1, linestyle=":")
    axes.set_ylim(bottom=0)
