"""``nets``: the program's own networks, what they cost, and giving their weights away."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from lapa_annotator.runtime.engine import require_torch
from lapa_annotator.runtime.manifest import Precision
from lapa_annotator.runtime.ship import ship

app = typer.Typer(help="The program's own networks and their weights.", no_args_is_help=True)


@app.command("list")
def list_() -> None:
    """Show every network: its kind, the side of its input, parameters and operations."""
    require_torch("counting a network's cost")
    from lapa_annotator.nets.flops import cost_of_row
    from lapa_annotator.nets.registry import NETWORKS

    title = "Networks; a multiply-add counts as two operations"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, show_edge=False)
    for column in ("name", "kind", "input", "M parameters", "GFLOP"):
        table.add_column(column, no_wrap=True)
    table.add_column("what it is")
    for row in NETWORKS.values():
        cost = cost_of_row(row)
        numbers = (f"{row.size}²", f"{cost.parameters / 1e6:.2f}", f"{cost.flops / 1e9:.1f}")
        table.add_row(row.name, row.kind, *numbers, row.about)
    Console().print(table)


@app.command("ship")
def ship_(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder that `train` has filled.")],
    name: Annotated[str, typer.Argument(help="Name in the manifest, like hourglass-106.")],
    stage: Annotated[str, typer.Option(help="What it is for: detector, landmarks, segmenter.")],
    licence: Annotated[str, typer.Option(help="The terms of the weights.")],
    about: Annotated[str, typer.Option(help="One line for people.")],
    bf16: Annotated[bool, typer.Option("--bf16", help="It bears bfloat16 without harm.")] = False,
) -> None:
    """Put trained weights into the program: its folder of models and the manifest."""
    precision: Precision = "bf16" if bf16 else "f32"
    path = ship(run, name, stage=stage, licence=licence, about=about, precision=precision)
    typer.echo(f"{path} and what belongs to it; name it under [default] where it shall lead.")
