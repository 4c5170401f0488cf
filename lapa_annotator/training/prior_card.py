"""The card of a prior: what it was learned from and how many drags it saves."""

from __future__ import annotations

from collections.abc import Sequence

from lapa_annotator import __version__
from lapa_annotator.training.drag_report import DragRow


def prior_card(model: str, data: Sequence[str], rows: Sequence[DragRow], licence: str) -> str:
    """Write the card as Markdown.

    Args:
        model: the model version whose errors the prior is of.
        data: names of the folders it was learned from.
        rows: drags by five-fold cross-validation over these folders.
        licence: of the data.
    """
    faces = max((row.faces for row in rows), default=0)
    lines = [
        f"# Prior of {model}",
        "",
        "| | |",
        "|---|---|",
        f"| model version | {model} |",
        f"| data | {', '.join(data)}: {faces} faces with true points |",
        f"| licence | {licence} |",
        f"| program | LaPa Annotator {__version__} |",
        "",
        "Drags a face by five-fold cross-validation over these faces:",
        "",
        "| within | faces or part | method | faces | mean | median | 90th |",
        "|---|---|---|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {100 * r.tolerance:g} % | {r.group} | {r.method} | {r.faces} "
        f"| {r.mean:.1f} | {r.median:.1f} | {r.p90:.1f} |"
        for r in rows
    ]
    limits = "It fits this model version alone; another one errs differently."
    return "\n".join([*lines, "", limits]) + "\n"
