"""``versions``: the model versions of a project, what each brought, and going back."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from lapa_annotator.cli.tables import Cell, Table
from lapa_annotator.cli.train_options import TaskOption, task_of
from lapa_annotator.cli.verbs import EXIT_SKIPPED, tell

app = typer.Typer(no_args_is_help=True, help="A project's model versions, and what they bring.")

_NONE = "It has no versions of its own yet; `lapa-annotator retrain` makes one."

Folder = Annotated[Path, typer.Argument(metavar="PROJECT", help="The project's .lapa folder.")]
OrderOption = Annotated[
    str, typer.Option("--order", help='"doubt", "novelty", "mix" or "as they come".')
]
RandomOption = Annotated[
    float, typer.Option("--at-random", min=0, max=1, help="Share that is drawn at random.")
]


@app.command(name="list")
def list_(project: Folder) -> None:
    """List the versions, the one in use marked."""
    from lapa_annotator.store.project import Project
    from lapa_annotator.training.retrain.forecast import ERROR

    with Project.open(project, read_only=True) as opened:
        versions = opened.models.all()
    rows: list[tuple[Cell, ...]] = []
    for version in versions:
        scores, error = version.metrics or {}, ERROR.get(version.task, "NME")
        numbers = [scores.get(name, math.nan) for name in (error, f"old {error}")]
        faces = int(scores.get("faces", 0))
        name = f"{'* ' * version.active}{version.name}"
        rows.append((name, faces, *numbers, version.parent or "random weights"))
    if not rows:
        typer.echo(_NONE)
        return
    columns = ("version", "faces", "error, %", "before, %", "begun from")
    about = "Versions; * is in use. Error: NME of points, 100 % less the mean F1 of label maps"
    Table(about, columns, tuple(rows), digits=2).show(Console())


@app.command()
def use(project: Folder, name: Annotated[str, typer.Argument(metavar="VERSION")]) -> None:
    """Use a version from now on: go back to an older one, or take a candidate."""
    from lapa_annotator.store.project import Project
    from lapa_annotator.training.retrain.versions import go_back

    with Project.open(project) as opened:
        typer.echo(f"{go_back(opened, name).name} is in use now.")


@app.command()
def curve(
    project: Folder,
    picture: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="PNG", help="Draw it.")
    ] = None,
    task: TaskOption = "landmarks",
) -> None:
    """Say how the versions got better with the finished faces, and what more would bring."""
    from lapa_annotator.store.effort import finished_faces
    from lapa_annotator.store.project import Project
    from lapa_annotator.training.retrain.forecast import forecast, learning_curve
    from lapa_annotator.training.retrain.settings import settings_of

    task = task_of(task)
    with Project.open(project, read_only=True) as opened:
        points = learning_curve(opened, list(finished_faces(opened)), task)
        every = settings_of(opened, task).every
    if not points:
        typer.echo(_NONE)
        return
    rows = tuple((p.name, p.faces, p.error, p.auc, 100 * p.untouched, p.drags) for p in points)
    columns = ("version", "faces", "error, %", "AUC", "untouched, %", "drags a face")
    Table("Learning curve", columns, rows, digits=2).show(Console())
    told = forecast(points, every)
    if told is None:
        typer.echo("A forecast needs two versions.")
    else:
        worth = "worth it" if told.worth_it else "hardly worth it: time to stop"
        typer.echo(
            f"{every} more faces would bring the error to about {told.error:.2f} % "
            f"({told.low:.2f} to {told.high:.2f}): {worth}."
        )
    if picture is not None:
        from lapa_annotator.formats.atomic import replace_file
        from lapa_annotator.training.retrain.curve_picture import curve_picture

        replace_file(picture, curve_picture(points, every))
        typer.echo(f"To look at: {picture}")


@app.command()
def queue(
    project: Folder,
    order: OrderOption = "doubt",
    at_random: RandomOption = 0.2,
    limit: Annotated[int, typer.Option(min=1, help="How many to show.")] = 50,
) -> None:
    """List the unfinished photos in the order in which they help most."""
    from lapa_annotator.batch import queueing
    from lapa_annotator.store.project import Project

    with Project.open(project, read_only=True) as opened:
        ids = queueing.queue(opened, order, at_random)[:limit].tolist()
        for info in opened.infos(ids):
            typer.echo(info.file)


@app.command()
def propose(
    project: Folder,
    order: OrderOption = "doubt",
    at_random: RandomOption = 0.2,
    task: TaskOption = "landmarks",
) -> None:
    """Propose anew what nobody has touched, with the version in use, most useful first.

    Points, or hair and skin. Nothing that a person has set or painted moves. Ctrl+C stops; run
    it again to go on. Exit status: 0 done, 1 some photos were skipped.
    """
    from lapa_annotator.batch import queueing
    from lapa_annotator.batch.repropose import Reproposed, repropose, segment_anew
    from lapa_annotator.dla.registry import make_detector
    from lapa_annotator.store.project import Project
    from lapa_annotator.training.retrain.versions import (
        PARSING,
        current_proposer,
        current_segmenter,
    )

    last: Reproposed | None = None
    task = task_of(task)
    with Project.open(project, read_only=False) as opened:
        ids = queueing.queue(opened, order, at_random).tolist()
        work: Iterator[Reproposed]
        if task == PARSING:
            segmenter = current_segmenter(opened)
            name, work = segmenter.name, segment_anew(opened, segmenter, ids)
        else:
            proposer = current_proposer(opened)
            done = set(opened.ids(f'model:"{proposer.name}"').tolist())
            left = [i for i in ids if i not in done]
            name, work = proposer.name, repropose(opened, proposer, left, make_detector())
        with Console(stderr=True).status("Proposing …") as status:
            for last in work:
                status.update(f"Proposing … {last.done} of {last.total}")
    typer.echo(f"{last.changed if last else 0} photos proposed anew by {name}.")
    for problem in last.skipped if last else ():
        tell(problem)
    if last and last.skipped:
        raise typer.Exit(EXIT_SKIPPED)
