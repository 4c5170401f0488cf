"""Pictures of scores."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lapa_annotator.domain.classes import CLASSES
from lapa_annotator.training.metrics import Confusion

# For people who tell no red from green, too (Okabe and Ito).
_COLOURS = ("#0072B2", "#D55E00")


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
    return _png(figure)


def curve_picture(
    scores: Mapping[str, Mapping[int, Sequence[float]]], title: str, unit: str
) -> bytes:
    """Draw scores against the number of faces trained on (LaPa, Fig. 4) as a PNG.

    Args:
        scores: name -> number of faces -> a value for each seed; a panel for each name, with
            each value, the mean over the seeds and a band from the least to the most.
        title: above all.
        unit: what the numbers of faces count.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.6 * len(scores), 3.8), layout="constrained")
    FigureCanvasAgg(figure)
    for panel, (name, values) in enumerate(scores.items()):
        _curve(
            figure.add_subplot(1, len(scores), panel + 1), name, values, unit, _COLOURS[panel % 2]
        )
    figure.suptitle(title, size=11)
    return _png(figure)


def _curve(
    axes: Any, name: str, values: Mapping[int, Sequence[float]], unit: str, colour: str
) -> None:
    sizes = sorted(values)
    means, low, high = ([f(values[s]) for s in sizes] for f in (np.mean, np.min, np.max))
    axes.fill_between(sizes, low, high, color=colour, alpha=0.2, linewidth=0)
    axes.plot(sizes, means, color=colour, marker="o", markersize=5)
    for size in sizes:
        axes.plot([size] * len(values[size]), values[size], "_", color=colour, markersize=9)
    axes.set_xscale("log")
    axes.set_xticks(sizes, [str(s) for s in sizes])
    axes.minorticks_off()
    axes.set(xlabel=unit, title=name)
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)


def reliability_picture(bins: Sequence[tuple[float, float, float]], error: float) -> bytes:
    """Draw how often points of each confidence are right, as a PNG; on the line is perfect.

    Args:
        bins: (mean confidence, share that is right, number of points), each in [0, 1] but the last.
        error: mean difference of confidence and share.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    sure, right, count = np.array(bins, dtype=np.float64).reshape(-1, 3).T
    figure = Figure(figsize=(4.6, 5.4), layout="constrained")
    FigureCanvasAgg(figure)
    axes, below = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    axes.plot([0, 1], [0, 1], color="0.6", linewidth=1)
    axes.plot(sure, right, color=_COLOURS[0], marker="o", markersize=5)
    axes.set(ylabel="share of them that is right", xlim=(0, 1), ylim=(0, 1))
    axes.set_title(f"Confidence of points on held-out faces, off by {100 * error:.1f} %", size=11)
    below.bar(sure, 100 * count / max(count.sum(), 1e-9), width=0.05, color=_COLOURS[0])
    below.set(xlabel="confidence", ylabel="points, %")
    for part in (axes, below):
        part.grid(alpha=0.3)
        part.spines[["top", "right"]].set_visible(False)
    return _png(figure)


def _png(figure: Any) -> bytes:
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=120)
    return data.getvalue()
