"""``check``: errors found in a whole project, the worst first."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Generator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from lapa_annotator.batch.errors.fine import clear_fine
from lapa_annotator.batch.errors.registry import BY_NAME, kinds_named
from lapa_annotator.batch.errors.run import Found, Looked, find_errors
from lapa_annotator.batch.execute import default_jobs
from lapa_annotator.cli.jobs import ctrl_c
from lapa_annotator.cli.progress import Meter
from lapa_annotator.cli.tables import Table
from lapa_annotator.cli.verbs import EXIT_CANCELLED, EXIT_SKIPPED, tell
from lapa_annotator.formats.atomic import replace_file
from lapa_annotator.store.project import Project

_MOST_SHOWN = 120


def check_verb(
    project: Annotated[Path, typer.Argument(metavar="PROJECT", help="The project's .lapa folder.")],
    query: Annotated[str, typer.Argument(help='Images to look at, such as "status:done".')] = "",
    kind: Annotated[
        list[str] | None,
        typer.Option(help=f"One of {', '.join(BY_NAME)}; may be repeated; all by default."),
    ] = None,
    number: Annotated[int, typer.Option(min=0, help="How many to name; 0: all of them.")] = 50,
    json_: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write everything as JSON.")
    ] = None,
    sheet: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A sheet of pictures, the worst first.")
    ] = None,
    all_: Annotated[
        bool, typer.Option("--forget-fine", help="Show again what was marked as fine.")
    ] = False,
    jobs: Annotated[int | None, typer.Option(min=1, help="How many processes.")] = None,
) -> None:
    """Find what is probably wrong in a project; no annotation is changed.

    Anatomy, disagreement with an eleven-class network, unusual shapes and sizes, photos that are
    there twice, left and right out of balance, empty classes. Exit status: 0 nothing was found,
    1 something was, 2 a wrong call, 130 stopped.
    """
    kinds = kinds_named(kind or ())
    with Project.open(project) as opened:
        if all_:
            clear_fine(opened)
        steps = find_errors(opened, query, kinds, jobs=default_jobs() if jobs is None else jobs)
        found = _found(steps)
        if json_ is not None:
            _write_json(json_, found)
        if sheet is not None and found.findings:
            _write_sheet(sheet, opened, found, number)
    _say(found, number)
    if found.findings:
        raise typer.Exit(EXIT_SKIPPED)


def _found(steps: Generator[Looked, None, Found]) -> Found:
    try:
        with ctrl_c(), Meter("looking") as meter, closing(steps):
            while True:
                try:
                    meter.show(next(steps))
                except StopIteration as end:
                    found: Found = end.value
                    return found
    except KeyboardInterrupt:
        tell("Stopped; run the same command again to go on.")
        raise typer.Exit(EXIT_CANCELLED) from None


def _say(found: Found, number: int) -> None:
    for note in found.notes:
        typer.echo(note)
    if found.fine:
        typer.echo(f"{found.fine} are marked as fine (--forget-fine shows them again).")
    if not found.findings:
        typer.echo("Nothing was found.")
        return
    shown = found.findings[: number or None]
    rows = tuple((f.severity, f.kind, f.path, str(f.image_id), f.sentence) for f in shown)
    columns = ("severity", "kind", "photo", "image", "what")
    Table("What is probably wrong, the worst first", columns, rows).show(Console())
    counts = Counter(f.kind for f in found.findings)
    typer.echo(", ".join(f"{kind}: {count}" for kind, count in counts.most_common()))


def _write_json(path: Path, found: Found) -> None:
    findings = []
    for f in found.findings:
        told = asdict(f) | {"image": f.image_id, "photo": f.path, "face": f.face_id}
        told["place"] = f.place and [f.place.x0, f.place.y0, f.place.x1, f.place.y1]
        findings.append({k: v for k, v in told.items() if k not in ("image_id", "path", "face_id")})
    whole = {"findings": findings, "fine": found.fine}
    whole |= {"notes": found.notes, "problems": found.problems}
    text = json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
    replace_file(path, text.encode("utf-8", "backslashreplace"))


def _write_sheet(path: Path, project: Project, found: Found, number: int) -> None:
    from lapa_annotator.batch.errors.pictures import findings_sheet
    from lapa_annotator.formats.photo import write_picture

    shown = found.findings[: min(number or _MOST_SHOWN, _MOST_SHOWN)]
    write_picture(path, findings_sheet(project, shown), quality=90)
    typer.echo(f"Pictures: {path}")
