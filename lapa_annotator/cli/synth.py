"""``synth``: rendered faces with exact labels."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from lapa_annotator.batch.coverage import COVERAGE, coverage_picture, drawn
from lapa_annotator.cli.jobs import run_job
from lapa_annotator.cli.verbs import EXIT_SKIPPED, tell
from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.atomic import replace_file
from lapa_annotator.store.project import Project
from lapa_annotator.synth.draw import NATURAL
from lapa_annotator.synth.install import set_up
from lapa_annotator.synth.produce import CONTACT_SHEET, Order, metadata_path, produce

TAG = "synthetic"
"""What rendered images of a project are tagged with."""

app = typer.Typer(
    help="Render faces with exact landmarks and label maps.", invoke_without_command=True
)


@app.callback()
def render(
    context: typer.Context,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="DIR", help="Folder of the data set.")
    ] = None,
    count: Annotated[int, typer.Option("--count", "-n", help="How many faces.")] = 100,
    seed: Annotated[int, typer.Option(help="Seed of the first face; the next ones count on.")] = 0,
    size: Annotated[int, typer.Option(metavar="PIXELS", help="Side of the pictures.")] = 320,
    jobs: Annotated[int, typer.Option("--jobs", "-j", help="Faces rendered at once.")] = 1,
    mix: Annotated[
        str,
        typer.Option(
            metavar="natural|hard|mouths",
            help="As in photos of people; mostly turned heads and moving mouths; or mouths of "
            "many shapes and expressions, mostly from the front.",
        ),
    ] = NATURAL,
    project: Annotated[
        Path | None,
        typer.Option(metavar="PROJECT", help="Add the faces to this project, tagged synthetic."),
    ] = None,
) -> None:
    """Render faces: pictures, 106 landmarks, label maps and what was drawn, in LaPa's layout.

    Every face depends on its own seed alone: run the same command again to go on after a stop,
    or give each machine seeds of its own. Exit status: 0 all well, 1 some faces failed, 2 a
    wrong call, 130 cancelled.
    """
    if context.invoked_subcommand is not None:
        return
    if out is None:
        raise InputError("--out", "no folder is given", "name one, like `synth --out faces`")
    order = Order(out, count, seed, size, jobs, mix)
    # A project that cannot be written is told of before anything is rendered.
    with Project.open(project, read_only=False) if project else nullcontext() as opened:
        status = _run(order)
        if opened is not None and status in (0, EXIT_SKIPPED):
            status = max(status, _add_to(opened, out))
    if status:
        raise typer.Exit(status)


@app.command()
def setup() -> None:
    """Install Blender's module into an environment of its own (about 1 GB)."""
    for sentence in set_up():
        typer.echo(sentence)


def _add_to(project: Project, out: Path) -> int:
    """Take the data set's faces into a project."""
    from lapa_annotator.batch.transfer import import_data_set

    last, status = None, 0
    for last in import_data_set(project, out, format_name="lapa", tags=frozenset([TAG])):
        if last.problem is not None:
            status = EXIT_SKIPPED
            tell(f"Skipped: {last.problem}")
    typer.echo(f"{last.faces if last else 0} faces added to {project.folder}, tagged {TAG}")
    return status


def _run(order: Order) -> int:
    ended = run_job(produce(order), "rendering", "faces")
    if ended.status is not None:
        return ended.status
    last = ended.last
    assert last is not None
    typer.echo(f"{last.done} faces, {last.reused} of them rendered before.")
    if last.failed:
        tell(f"Failed: {len(last.failed)}, seeds {', '.join(map(str, last.failed))}.")
    typer.echo(f"Data set: {order.out}")
    coverage = order.out / COVERAGE
    replace_file(
        coverage, coverage_picture(drawn(metadata_path(order.out, s) for s in order.seeds))
    )
    typer.echo(f"To look at: {order.out / CONTACT_SHEET} and {coverage}")
    return EXIT_SKIPPED if last.failed else 0
