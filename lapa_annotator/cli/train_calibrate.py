"""``train calibrate``: make the confidences of a trained landmark network mean something."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from lapa_annotator.cli.tables import Table


def calibrate(
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="Folder of a training of landmarks that ended.")
    ],
    data: Annotated[
        list[Path],
        typer.Option("--data", "-d", metavar="FOLDER", help="Its held-out faces; repeat it."),
    ],
    bf16: Annotated[bool, typer.Option("--bf16", help="The network will run in bfloat16.")] = False,
) -> None:
    """Fit the confidences on held-out faces; a file and a picture of how they hold join the run.

    A point's confidence is then the probability that it lies within 5 % of the inter-ocular
    distance of its true place.
    """
    from lapa_annotator.training import calibration as work
    from lapa_annotator.training.data.sources import open_source

    sources = [open_source(path, "held out") for path in data]
    report: work.CalibrationReport | None = None
    with Console(stderr=True).status("Looking at faces …") as status:
        for said in work.calibrate(run, sources, "bf16" if bf16 else "f32"):
            if isinstance(said, int):
                status.update(f"Looking at faces … {said}")
            else:
                report = said
    assert report is not None
    rows = tuple((100 * b.confidence, 100 * b.share, round(b.weight)) for b in report.bins)
    columns = ("confidence, %", "right, %", "points")
    title = f"Points of {report.faces} held-out faces; off by {100 * report.error:.1f} %"
    Table(title, columns, rows, digits=1).show(Console())
    typer.echo(f"Curves: {run / work.CURVES}")
    typer.echo(f"To look at: {run / work.PICTURE}")
