"""``report``: how a project stands, as a page to read and tables to count with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bar

from lapa_annotator.batch.summary.gather import Gathered, gather
from lapa_annotator.batch.summary.page import write_report
from lapa_annotator.store.project import Project


def report_verb(
    project: Annotated[Path, typer.Argument(metavar="PROJECT", help="The project's .lapa folder.")],
    out: Annotated[Path, typer.Option(help="A folder for the report.")],
    query: Annotated[str, typer.Option(help="Which images, as in `project search`.")] = "",
    maps: Annotated[bool, typer.Option(help="Count the pixels of classes.")] = True,
    worst: Annotated[int, typer.Option(min=0, help="How many worst cases to show.")] = 24,
) -> None:
    """Progress, effort, agreement, classes, poses, sizes and worst cases: HTML and CSV.

    The page loads nothing from anywhere. Nothing in the project is changed.
    """
    with Project.open(project, read_only=True) as opened:
        found = _gathered(opened, query, maps, worst)
    typer.echo(f"Report: {write_report(out, found)}")


def _gathered(project: Project, query: str, maps: bool, worst: int) -> Gathered:
    console = Console(stderr=True)
    columns = TextColumn("looking"), BarColumn(), MofNCompleteColumn()
    steps = gather(project, query, maps=maps, worst=worst)
    with Bar(*columns, console=console, transient=True) as bar:
        row = bar.add_task("", total=None, visible=console.is_terminal)
        while True:
            try:
                step = next(steps)
            except StopIteration as end:
                found: Gathered = end.value
                return found
            bar.update(row, total=step.total, completed=step.done)
