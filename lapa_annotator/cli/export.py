"""``export`` and ``import``: data sets of any format out of a project and into it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lapa_annotator.batch.execute import default_jobs
from lapa_annotator.batch.export.card import CARD_TEXT, verify
from lapa_annotator.batch.export.options import FINISHED, ExportOptions, Shown, SplitBy
from lapa_annotator.batch.export.run import export
from lapa_annotator.batch.export.stopped import remove_stopped, stopped_at
from lapa_annotator.batch.options import read_splits
from lapa_annotator.batch.transfer import import_data_set
from lapa_annotator.cli.jobs import run_job
from lapa_annotator.cli.verbs import EXIT_SKIPPED, tell
from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.registry import FORMATS
from lapa_annotator.store.project import Project

Folder = Annotated[Path, typer.Argument(metavar="PROJECT", help="The project's .lapa folder.")]
_NAMES = ", ".join(FORMATS)


def export_verb(
    project: Folder,
    out: Annotated[Path | None, typer.Option(help="A new folder for the data set.")] = None,
    format_: Annotated[str, typer.Option("--format", help=f"One of {_NAMES}.")] = "lapa",
    query: Annotated[str, typer.Option(help="Which images, as in `project search`.")] = FINISHED,
    split: Annotated[str, typer.Option(help="Splits and weights.")] = "train:0.8,val:0.1,test:0.1",
    split_by: Annotated[
        SplitBy,
        typer.Option(help="What decides: tags of splits, tags person:NAME, folders or names."),
    ] = SplitBy.TAG,
    stratify: Annotated[bool, typer.Option("--stratify", help="Share every pose fairly.")] = False,
    shown: Annotated[
        Shown, typer.Option("--show", help="Whole photos, or a crop per face.")
    ] = Shown.FULL,
    size: Annotated[
        int, typer.Option(help="Side of crops, or longest side of photos; 0: 512 or as they are.")
    ] = 0,
    margin: Annotated[float, typer.Option(help="A crop's side in sizes of the face.")] = 2.0,
    upright: Annotated[bool, typer.Option(help="Turn crops upright.")] = True,
    png: Annotated[bool, typer.Option("--png", help="Photos that are not copied as PNG.")] = False,
    merge: Annotated[
        list[str] | None, typer.Option(help="Like 'upper lip+lower lip=lips'; may be repeated.")
    ] = None,
    colour: Annotated[
        list[str] | None, typer.Option(help="Like 'lips=#ff0066'; may be repeated.")
    ] = None,
    overlays: Annotated[bool, typer.Option(help="Pictures to look at, too.")] = False,
    metadata: Annotated[bool, typer.Option(help="What the format loses, too, as JSON.")] = False,
    licence: Annotated[str, typer.Option(help="Terms of the data, for its card.")] = "",
    replace: Annotated[bool, typer.Option("--replace", help="Replace an older export.")] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Begin anew where an export was stopped half way.")
    ] = False,
    jobs: Annotated[int | None, typer.Option(min=1, help="How many processes.")] = None,
    check: Annotated[
        bool, typer.Option("--verify", help="PROJECT is an export: compare it with its manifest.")
    ] = False,
) -> None:
    """Write a project as a data set: with splits, a manifest of hashes and a sealed data card.

    Run the same command again to go on after a stop, with --fresh to begin anew. Two exports of
    the same state are the same, byte by byte. Exit status: 0 all well, 1 some photos were
    skipped, 2 a wrong call, 130 cancelled.
    """
    if check:
        _verify(project)
        return
    if out is None:
        raise InputError("export", "no folder is named", "say --out FOLDER")
    options = ExportOptions(
        out=out,
        format=format_,
        query=query,
        split_by=split_by,
        shares=dict(read_splits(split)),
        stratify=stratify,
        shown=shown,
        margin=margin,
        upright=upright,
        size=size,
        picture=".png" if png else ".jpg",
        merge=tuple(merge or ()),
        colours=tuple(colour or ()),
        overlays=overlays,
        metadata=metadata,
        licence=licence,
        replace=replace,
        jobs=default_jobs() if jobs is None else jobs,
    )
    _look_back(out, fresh)
    status = run_export(project, options)
    if status:
        raise typer.Exit(status)


def _look_back(out: Path, fresh: bool) -> None:
    """Say that an export goes on from where it was stopped, or remove what it left."""
    stopped = stopped_at(out)
    if stopped is not None and fresh:
        remove_stopped(out)
    elif stopped is not None:
        typer.echo(f"{stopped}; it goes on from there (--fresh begins anew).")


def run_export(folder: Path, options: ExportOptions) -> int:
    """Run an export with its progress on the terminal; return the exit status."""
    with Project.open(folder) as project:
        ended = run_job(export(project, options), "exporting")
    if ended.status is not None:
        return ended.status
    last = ended.last
    assert last is not None
    typer.echo(f"{last.faces} faces of {last.total} images; {last.skipped} skipped.")
    typer.echo(f"Data set: {options.out}")
    typer.echo(f"Data card: {options.out / CARD_TEXT}")
    return EXIT_SKIPPED if last.skipped else 0


def _verify(folder: Path) -> None:
    wrong = verify(folder)
    for sentence in wrong:
        tell(sentence)
    if wrong:
        raise typer.Exit(EXIT_SKIPPED)
    typer.echo(f"{folder} is as it was exported.")


def import_verb(
    project: Folder,
    data_set: Annotated[Path, typer.Argument(help="A data set's folder, or a .zip of it.")],
    format_: Annotated[
        str | None, typer.Option("--format", help=f"One of {_NAMES}; none: what it looks like.")
    ] = None,
    labels: Annotated[bool, typer.Option(help="Take the label maps too.")] = True,
    tag: Annotated[
        list[str] | None, typer.Option("--tag", help="Tag every image so; may be repeated.")
    ] = None,
    unpack: Annotated[
        Path | None, typer.Option(help="A new folder for photos that come in an archive.")
    ] = None,
) -> None:
    """Take a data set into a project, its photos where they are."""
    skipped = faces = total = 0
    with Project.open(project, read_only=False) as opened:
        for step in import_data_set(
            opened,
            data_set,
            format_name=format_,
            labels=labels,
            tags=frozenset(tag or []),
            unpacked=unpack,
        ):
            faces, total = step.faces, step.total
            if step.problem is not None:
                skipped += 1
                tell(f"Skipped: {step.problem}")
    typer.echo(f"{faces} faces of {total} images; {skipped} skipped.")
    if skipped:
        raise typer.Exit(EXIT_SKIPPED)
