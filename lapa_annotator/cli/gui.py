"""``gui``: the window."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import Annotated

import typer


def gui_verb(
    project: Annotated[
        Path | None, typer.Argument(metavar="[PROJECT]", help="Folder of a project (.lapa).")
    ] = None,
    sample: Annotated[
        bool, typer.Option("--sample", help="Open the sample project, made the first time.")
    ] = False,
    folder: Annotated[
        Path | None, typer.Option("--dir", metavar="DIR", help="Where the sample project lies.")
    ] = None,
    or_demo: Annotated[
        bool, typer.Option("--or-demo", help="Without a display, run the demo instead.")
    ] = False,
) -> None:
    """Open the window, on a project, the sample project, or where the work stopped."""
    if not has_display():
        if not or_demo:
            typer.secho(
                "There is no display here; set DISPLAY or try --or-demo.", fg="red", err=True
            )
            raise typer.Exit(2)
        typer.echo("There is no display here: running the demo instead of the window.")
        from lapa_annotator.cli.demo import demo_verb

        demo_verb(Path("out/demo"))
        return
    # By name: command line and window are siblings, and neither knows the other's inside.
    main = importlib.import_module("lapa_annotator.gui.app").main
    raise typer.Exit(main(project, sample, folder))


def has_display() -> bool:
    """Whether a window can be shown: always on Windows and macOS, else if a display is named."""
    named = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return sys.platform in ("win32", "darwin") or any(os.environ.get(name) for name in named)
