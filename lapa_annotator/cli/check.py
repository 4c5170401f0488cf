"""``check``: the anatomy guard over a whole project."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from lapa_annotator.cli.tables import Table
from lapa_annotator.cli.verbs import EXIT_SKIPPED
from lapa_annotator.formats.atomic import replace_file


def check_verb(
    project: Annotated[Path, typer.Argument(metavar="PROJECT", help="The project's .lapa folder.")],
    query: Annotated[str, typer.Argument(help='Images to look at, such as "status:done".')] = "",
    json_: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write everything as JSON.")
    ] = None,
) -> None:
    """Name the faces whose points cannot be right; nothing is changed.

    Exit status: 0 nothing was found, 1 something was, 2 a wrong call.
    """
    from lapa_annotator.batch.check import check_project
    from lapa_annotator.store.project import Project

    with Project.open(project, read_only=True) as opened:
        found = list(check_project(opened, query))
    told = [
        {"image": f.image_id, "photo": str(f.path), "face": f.face_id, "kind": str(p.kind)}
        | {"message": p.message, "points": list(p.indices), "remedy": p.remedy}
        for f in found
        for p in f.problems
    ]
    if json_ is not None:
        text = json.dumps(told, indent=2, ensure_ascii=False) + "\n"
        replace_file(json_, text.encode("utf-8", "backslashreplace"))
    if not told:
        typer.echo("Nothing was found.")
        return
    cells = tuple(
        (str(t["photo"]), str(t["image"]), str(t["kind"]), str(t["message"])) for t in told
    )
    Table("What cannot be right", ("photo", "image", "kind", "what"), cells).show(Console())
    counts = Counter(str(t["kind"]) for t in told)
    typer.echo(", ".join(f"{kind}: {number}" for kind, number in counts.most_common()))
    raise typer.Exit(EXIT_SKIPPED)
