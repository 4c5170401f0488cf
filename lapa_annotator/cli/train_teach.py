"""``train teach``: photos labelled by the fetched teachers, and turned in depth."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lapa_annotator.cli.jobs import run_job
from lapa_annotator.cli.verbs import EXIT_SKIPPED

if TYPE_CHECKING:
    from lapa_annotator.training.data.jobs import Progress


def teach(
    photos: Annotated[
        list[Path], typer.Argument(metavar="PHOTOS...", help="Photos and folders of photos.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Where to.")],
    turned: Annotated[
        int, typer.Option(min=0, help="Pictures of every face with the head turned in depth.")
    ] = 0,
    turned_out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where those go; DIR-turned if not given."),
    ] = None,
    nodded: Annotated[
        int, typer.Option(min=0, help="Pictures of every face with the chin up or down.")
    ] = 0,
    nodded_out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where those go; DIR-nodded if not given."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of turns and nods.")] = 0,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Photos at once.")] = 1,
) -> None:
    """Label photos by the fetched teachers, to train on: a folder in LaPa's layout.

    Every face is looked at several times; points and pixels weigh what the looks agree on. Run
    the same command again to go on after a stop, or when photos were added. Exit status: 0 all
    well, 1 some photos gave nothing, 2 a wrong call, 130 cancelled.
    """
    from lapa_annotator.training.data import teach as work
    from lapa_annotator.training.data.turn import NODDED, TurnSettings

    skipped, status = _shown("labelling", work.teach(photos, out, jobs=jobs))
    typer.echo(f"Labelled: {out}")
    for what, each, folder, settings in (
        ("turned", turned, turned_out, TurnSettings()),
        ("nodded", nodded, nodded_out, NODDED),
    ):
        if each and status is None:
            beside = folder or out.with_name(f"{out.name}-{what}")
            job = work.turn_all(out, beside, each, seed, settings, jobs=jobs)
            _, status = _shown(what, job)
            typer.echo(f"{what.capitalize()}: {beside}")
    if status is None and skipped:
        status = EXIT_SKIPPED
    if status is not None:
        raise typer.Exit(status)


def _shown(what: str, job: Generator[Progress]) -> tuple[int, int | None]:
    """Show a job until it ends: how many inputs gave nothing, and the exit status if it broke."""
    skipped = 0

    def counted() -> Generator[Progress, None, None]:
        nonlocal skipped
        with closing(job):
            for step in job:
                skipped += step.problem is not None
                yield step

    ended = run_job(counted(), what)
    if ended.status is None and ended.last is not None:
        last = ended.last
        typer.echo(f"{last.faces} faces of {last.total}, {last.reused} of them done before.")
    return skipped, ended.status
