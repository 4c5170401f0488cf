"""The report of a comparison: for programs, for people, and as a picture."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.atomic import replace_file
from lapa_annotator.training.retrain.gate import Errors, Row, Verdict

JSON, MARKDOWN, PICTURE = "report.json", "report.md", "report.png"
_OLD, _NEW = "#D55E00", "#0072B2"


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two versions on the same frozen faces.

    Attributes:
        old_name, new_name: the versions.
        old, new: their errors.
        verdict: what the gate says.
        facts: name -> value of what else is worth knowing.
    """

    old_name: str
    new_name: str
    old: Errors
    new: Errors
    verdict: Verdict
    facts: Mapping[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Return a form fit for JSON, the errors of every face in it."""
        faces = {
            name: {"old": round(float(old), 4), "new": round(float(new), 4)}
            for name, old, new in zip(
                self.old.names, self.old.faces(), self.new.faces(), strict=True
            )
        }
        return {
            "old": {"name": self.old_name, **self.old.scores()},
            "new": {"name": self.new_name, **self.new.scores()},
            **self.verdict.to_dict(),
            "facts": dict(self.facts),
            "faces": faces,
        }


def write_report(comparison: Comparison, folder: Path) -> None:
    """Write ``report.md``, ``report.png`` and, last, ``report.json``.

    Raises:
        InputError: they cannot be written.
    """
    replace_file(folder / MARKDOWN, markdown(comparison).encode("utf-8", "backslashreplace"))
    replace_file(folder / PICTURE, picture(comparison))
    text = json.dumps(comparison.to_dict(), indent=1)
    replace_file(folder / JSON, text.encode("ascii"))


def read_report(folder: Path) -> dict[str, Any]:
    """Read what ``Comparison.to_dict`` gave.

    Raises:
        InputError: there is no report, or it is damaged.
    """
    path = folder / JSON
    try:
        told: dict[str, Any] = json.loads(path.read_text(encoding="ascii"))
        told["new"]["name"], told["promoted"], told["reason"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            path, f"the report cannot be read ({error})", "remove it, and retrain again"
        ) from error
    return told


def markdown(comparison: Comparison) -> str:
    """The report for people."""
    verdict = comparison.verdict
    first = "is promoted" if verdict.promoted else "stays a candidate"
    lines = [f"# {comparison.new_name} {first}", "", verdict.reason, ""]
    lines += [f"![errors]({PICTURE})", "", f"Rule: {verdict.rule.text(verdict.of)}", ""]
    lines += [f"| | {comparison.old_name} | {comparison.new_name} |", "|---|---:|---:|"]
    old, new = comparison.old.scores(), comparison.new.scores()
    lines += [f"| {name} | {old[name]:.3f} | {new[name]:.3f} |" for name in old]
    lines += ["", f"Errors are counted in {verdict.of.unit}, over the frozen faces; a fall whose"]
    lines += ["interval lies above 0 is more than noise.", ""]
    lines += ["| | faces | old | new | fall | interval |", "|---|---:|---:|---:|---:|---|"]
    lines += [
        f"| {r.part} | {r.faces} | {r.old:.2f} | {r.new:.2f} | {r.better:+.2f} | "
        f"{r.low:+.2f} to {r.high:+.2f} |"
        for r in verdict.rows
    ]
    if comparison.facts:
        lines += ["", "| | |", "|---|---|"]
        lines += [f"| {name} | {value} |" for name, value in comparison.facts.items()]
    return "\n".join(lines) + "\n"


def picture(comparison: Comparison) -> bytes:
    """A PNG: the fall of the error with its interval by part and pose, and each face's errors."""
    # Loaded here because matplotlib takes longer to load than most commands to run.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    verdict = comparison.verdict
    figure = Figure(figsize=(10.5, 4.6), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    places = np.arange(len(verdict.rows))[::-1]
    for place, row in zip(places, verdict.rows, strict=True):
        colour = _NEW if row.low > 0 else _OLD if row.high < 0 else "0.45"
        left.plot([row.low, row.high], [place, place], color=colour, linewidth=2.5)
        left.plot(row.better, place, "o", color=colour, markersize=7)
    left.axvline(0, color="0.6", linewidth=1)
    left.set_yticks(places, [_label(row) for row in verdict.rows], size=8)
    left.set_xlabel(f"worse  ←  fall of the error, {verdict.of.unit}  →  better")
    told = "promoted" if verdict.promoted else "stays a candidate"
    left.set_title(f"{comparison.new_name} against {comparison.old_name}: {told}", size=11)
    old, new = comparison.old.faces(), comparison.new.faces()
    top = 1.05 * float(max(np.quantile(old, 0.98), np.quantile(new, 0.98), 1e-3))
    right.plot([0, top], [0, top], color="0.6", linewidth=1)
    right.scatter(np.minimum(old, top), np.minimum(new, top), s=14, color=_NEW, alpha=0.6)
    right.set(xlim=(0, top), ylim=(0, top), aspect="equal")
    right.set(xlabel=f"error of {comparison.old_name}, %", ylabel=f"{comparison.new_name}, %")
    right.set_title("Each face; below the line is better", size=11)
    for axes in (left, right):
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=110)
    return data.getvalue()


def _label(row: Row) -> str:
    return f"{row.part}\n{row.faces} {'face' if row.faces == 1 else 'faces'}"
