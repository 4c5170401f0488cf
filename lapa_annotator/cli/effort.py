"""``effort``: what the work on a project took, and what is left of it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from lapa_annotator.cli.tables import Table
from lapa_annotator.formats.atomic import replace_file


def effort_verb(
    project: Annotated[Path, typer.Argument(metavar="PROJECT", help="The project's .lapa folder.")],
    blind: Annotated[
        float | None,
        typer.Option(
            min=0, max=100, help="Show so many per cent of the new images without proposals."
        ),
    ] = None,
    json_: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write everything as JSON.")
    ] = None,
) -> None:
    """Drags, seconds and touched points a face, by annotator and model version; hours left.

    Everything is read from the project's own journal; nothing leaves this computer.
    """
    from lapa_annotator.dla.doubt import suggest
    from lapa_annotator.store.effort import (
        BLIND_SHARE,
        anchoring,
        finished_faces,
        hours_left,
        ledger,
    )
    from lapa_annotator.store.project import Project

    if blind is not None:
        with Project.open(project) as opened:
            opened.settings.set(BLIND_SHARE, blind / 100)
    with Project.open(project, read_only=True) as opened:
        faces = list(finished_faces(opened))
        left = hours_left(opened)
    rows = ledger(faces)
    if not rows:
        typer.echo("No face is finished yet.")
    else:
        columns = ("annotator", "model", "proposals", "faces", "drags", "seconds")
        shares = ("untouched, %", "propagated, %", "dragged, %", "moved, %")
        cells = tuple(
            (
                *(r.annotator or "–", r.model or "–", "hidden" if r.blind else "shown"),
                *(r.faces, r.drags, r.seconds),
                *(100 * r.untouched, 100 * r.propagated, 100 * r.dragged, r.moved),
            )
            for r in rows
        )
        Table("Effort a face", (*columns, *shares), cells, digits=1).show(Console())
    pulls = anchoring(faces)
    for pull in pulls:
        span = f"{pull.nearer:.2f} (95 %: {pull.low:.2f} to {pull.high:.2f})"
        typer.echo(
            f"Points are left {span} % of the inter-ocular distance nearer to what {pull.model} "
            f"proposed where it is seen ({pull.blind} faces without, {pull.shown} with it)."
        )
    if left is None:
        typer.echo("Hours left: unknown before two images are finished with their time.")
    else:
        span = f"{left.hours:.1f} (95 %: {left.low:.1f} to {left.high:.1f})"
        typer.echo(f"Hours left: {span} for {left.images} images.")
    bound = suggest([length for face in faces for length in face.lengths])
    if bound is not None:
        typer.echo(f"Good enough seems to be {bound.value:g} % of the inter-ocular distance.")
    if json_ is not None:
        told = {"effort": [asdict(r) for r in rows], "left": left and asdict(left)}
        told["anchoring"] = [asdict(pull) for pull in pulls]
        replace_file(json_, (json.dumps(told, indent=2) + "\n").encode())
