"""The command line: ``lapa-annotator VERB ...``."""

from __future__ import annotations

from typing import Annotated

import typer

from lapa_annotator import __version__
from lapa_annotator.cli.verbs import Verbs, forgiving_streams

app = typer.Typer(name="lapa-annotator", cls=Verbs, no_args_is_help=True)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"lapa-annotator {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    """Photos in; 106 landmarks and an 11-class label map per face out."""


def run() -> None:
    """Start the command line; the entry point of the installed program."""
    forgiving_streams()
    app()
