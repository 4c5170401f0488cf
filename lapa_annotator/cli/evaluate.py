"""``eval``: compare landmarks or label maps with the truth."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from lapa_annotator.cli.tables import Table
from lapa_annotator.cli.verbs import EXIT_SKIPPED, tell
from lapa_annotator.domain.classes import CLASSES
from lapa_annotator.formats.atomic import replace_file
from lapa_annotator.training import evaluation
from lapa_annotator.training.pairing import Pairing, pair_up
from lapa_annotator.training.plots import confusion_picture

_MOST_NAMED = 20

app = typer.Typer(help="Compare landmarks or label maps with the truth.", no_args_is_help=True)

Predictions = Annotated[
    Path, typer.Argument(metavar="PRED", help="Folder in LaPa's layout, as 'annotate' writes it.")
]
Truth = Annotated[
    Path,
    typer.Argument(
        metavar="TRUTH", help="Folder in LaPa's layout or in that of Face Synthetics' samples."
    ),
]
CsvFile = Annotated[
    Path | None, typer.Option("--csv", metavar="FILE", help="Write the table as CSV.")
]
MarkdownFile = Annotated[
    Path | None, typer.Option("--markdown", metavar="FILE", help="Write the table as Markdown.")
]
JsonFile = Annotated[
    Path | None, typer.Option("--json", metavar="FILE", help="Write everything as JSON.")
]


@dataclass(frozen=True)
class _Outputs:
    """Where the tables go besides the terminal."""

    csv: Path | None
    markdown: Path | None
    json: Path | None

    def write(self, table: Table, details: Mapping[str, Any]) -> None:
        """Write the files that were asked for."""
        full = json.dumps(_plain(details), indent=2, ensure_ascii=False) + "\n"
        files = ((self.csv, table.csv()), (self.markdown, table.markdown()), (self.json, full))
        for path, text in files:
            if path is not None:
                replace_file(path, text.encode("utf-8", "backslashreplace"))


@app.command()
def landmarks(
    predictions: Predictions,
    truth: Truth,
    csv: CsvFile = None,
    markdown: MarkdownFile = None,
    json_: JsonFile = None,
) -> None:
    """NME, AUC and failure rate of landmarks, by part of the face and turn of the head."""
    pairing = pair_up(predictions, truth, "landmarks")
    pairs = list(pairing.landmarks())
    rows = evaluation.score_landmarks(pairs) + evaluation.score_by_yaw(pairs)
    columns = ("normaliser", "part", "points", "faces", "mean", "median", "AUC", "failed")
    cells = tuple(
        (r.normaliser, r.part, r.points, r.faces, r.mean, r.median, r.auc, r.failure) for r in rows
    )
    faces = _count(pairing.compared, "face")
    table = Table(f"NME of {faces} in %; AUC and failed share at 8 %", columns, cells, digits=3)
    details = {
        "faces": pairing.compared,
        "rows": [asdict(r) for r in rows],
        "skipped": pairing.skipped,
    }
    _finish(table, details, pairing, _Outputs(csv, markdown, json_))


@app.command()
def parsing(
    predictions: Predictions,
    truth: Truth,
    csv: CsvFile = None,
    markdown: MarkdownFile = None,
    json_: JsonFile = None,
    confusion_file: Annotated[
        Path | None,
        typer.Option("--confusion", metavar="FILE.png", help="Draw the confusion matrix."),
    ] = None,
) -> None:
    """F1 of label maps by class, LaPa's mean and the Helen overall."""
    pairing = pair_up(predictions, truth, "labels")
    confusion = evaluation.score_labels(pairing.labels())
    rows = tuple(evaluation.parsing_rows(confusion))
    maps = _count(pairing.compared, "label map")
    table = Table(f"F1 of {maps}", ("class", "F1"), rows, digits=3)
    details = {
        "label maps": pairing.compared,
        "f1": dict(rows),
        "classes": [c.name for c in CLASSES],
        "confusion (row true, column predicted)": confusion.matrix.tolist(),
        "skipped": pairing.skipped,
    }
    if confusion_file is not None and pairing.compared:
        replace_file(confusion_file, confusion_picture(confusion))
    _finish(table, details, pairing, _Outputs(csv, markdown, json_))


def _finish(table: Table, details: Mapping[str, Any], pairing: Pairing, outputs: _Outputs) -> None:
    """Show and write the table, name what was skipped; exit status 1 if anything was."""
    if pairing.compared:
        table.show(Console())
        outputs.write(table, details)
    for sentence in list(pairing.skipped.values())[:_MOST_NAMED]:
        tell(sentence)
    if pairing.skipped:
        more = len(pairing.skipped) - _MOST_NAMED
        rest = f" ({more} not named here; --json names them all)" if more > 0 else ""
        tell(f"Not compared: {_count(len(pairing.skipped), 'sample')}{rest}.")
        raise typer.Exit(EXIT_SKIPPED)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _plain(value: Any) -> Any:
    """JSON knows no NaN: what never occurred is null."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value
