"""The report of a job: what became of every photo, for people and for programs.

``report.json`` holds no times, so that two runs over the same photos agree byte for byte;
the times are in a column of ``report.csv``.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lapa_annotator.batch.outcome import PHASES, Outcome
from lapa_annotator.formats.atomic import replace_file

COLUMNS = ("photo", "split", "faces", "samples", "score", "confidence", "lowest", "problem")


@dataclass(frozen=True, slots=True)
class Row:
    """One photo of the report: its place below the inputs, its split, what became of it."""

    photo: str
    split: str
    outcome: Outcome


def write_report(out: Path, rows: Sequence[Row], head: Mapping[str, Any]) -> None:
    """Write ``report.json`` and ``report.csv`` into ``out``.

    Args:
        out: the folder of the data set.
        rows: one a photo, in the order of the report.
        head: what else ``report.json`` says: options and weights.

    Raises:
        InputError: a file cannot be written.
    """
    skipped = sum(row.outcome.problem is not None for row in rows)
    report = {
        **head,
        "photos": len(rows),
        "faces": sum(len(row.outcome.samples) for row in rows),
        "skipped": skipped,
        "results": [_entry(row) for row in rows],
    }
    text = json.dumps(report, ensure_ascii=False, indent=1) + "\n"
    replace_file(out / "report.json", text.encode())
    replace_file(out / "report.csv", _table(rows).encode())


def _entry(row: Row) -> dict[str, Any]:
    faces = [
        {
            "sample": sample.name,
            "box": list(sample.box),
            "score": sample.score,
            "confidence": sample.confidence,
            "lowest": sample.lowest,
            "remarks": list(sample.remarks),
        }
        for sample in row.outcome.samples
    ]
    problem = row.outcome.problem
    return {"photo": row.photo, "split": row.split, "faces": faces, "problem": problem}


def _table(rows: Sequence[Row]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*COLUMNS, "seconds", *(f"{phase} seconds" for phase in PHASES)])
    for row in rows:
        samples, seconds = row.outcome.samples, row.outcome.seconds
        writer.writerow(
            [
                row.photo,
                row.split,
                len(samples),
                " ".join(s.name for s in samples),
                " ".join(f"{s.score:.4f}" for s in samples),
                " ".join(f"{s.confidence:.4f}" for s in samples),
                " ".join(f"{s.lowest:.4f}" for s in samples),
                row.outcome.problem or "",
                f"{sum(seconds.values()):.4f}",
                *(f"{seconds.get(phase, 0.0):.4f}" for phase in PHASES),
            ]
        )
    return text.getvalue()
