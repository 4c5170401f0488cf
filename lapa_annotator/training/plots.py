"""Pictures of scores."""

from __future__ import annotations

import io

import numpy as np

from lapa_annotator.domain.classes import CLASSES
from lapa_annotator.training.metrics import Confusion


def confusion_picture(confusion: Confusion) -> bytes:
    """Draw the confusion matrix as a PNG: each true class's pixels, in per cent, by prediction."""
    # Loaded here because matplotlib takes longer to load than most commands to run.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    totals = confusion.matrix.sum(axis=1, keepdims=True)
    shares = 100 * confusion.matrix / np.maximum(totals, 1)
    names = [c.name for c in CLASSES]
    figure = Figure(figsize=(8, 7), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    shown = axes.imshow(shares, cmap="Blues", vmin=0, vmax=100)
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right")
    axes.set_yticks(range(len(names)), names)
    axes.set(xlabel="predicted", ylabel="true", title="Pixels of each true class, %")
    for row, column in np.ndindex(shares.shape):
        value = shares[row, column]
        if value >= 0.05:
            colour = "white" if value > 60 else "black"
            axes.text(column, row, f"{value:.1f}", ha="center", va="center", color=colour, size=8)
    figure.colorbar(shown, ax=axes, shrink=0.8, label="%")
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=120)
    return data.getvalue()
