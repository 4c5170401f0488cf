"""``demo``: the main job on photos that installed packages carry."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lapa_annotator.batch.annotate import CONTACT_SHEET
from lapa_annotator.batch.execute import default_jobs
from lapa_annotator.batch.options import AnnotateOptions
from lapa_annotator.batch.sample import sample_photos
from lapa_annotator.batch.work import OVERLAYS
from lapa_annotator.cli.annotate import run_annotate


def demo_verb(
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="Folder of the data set.")
    ] = Path("lapa-demo"),
) -> None:
    """Annotate the photos of installed packages and say where the results are; no network."""
    photos = sample_photos()
    jobs = min(default_jobs(), len(photos))
    status = run_annotate(AnnotateOptions(paths=tuple(photos), out=out, jobs=jobs))
    if (out / CONTACT_SHEET).is_file():
        typer.echo(f"Label maps: {out / 'train' / 'labels'}")
        typer.echo(f"Overlays: {out / OVERLAYS}")
    if status:
        raise typer.Exit(status)
