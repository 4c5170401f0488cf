"""``nets``: the program's own networks, what they cost, and giving their weights away."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from lapa_annotator.runtime.engine import require_torch
from lapa_annotator.runtime.manifest import Precision
from lapa_annotator.runtime.ship import ship

_NEAREST = 6

app = typer.Typer(help="The program's own networks and their weights.", no_args_is_help=True)


@app.command("list")
def list_() -> None:
    """Show every network: its kind, the side of its input, what it costs and what it sees."""
    require_torch("counting a network's cost")
    from lapa_annotator.nets.flops import cost_of_row
    from lapa_annotator.nets.receptive import receptive_field
    from lapa_annotator.nets.registry import NETWORKS

    title = "Networks; a multiply-add counts as two operations, a field is the pixels a place sees"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, show_edge=False)
    for column in ("name", "kind", "input", "M parameters", "GFLOP", "field"):
        table.add_column(column, no_wrap=True)
    table.add_column("what it is")
    for row in NETWORKS.values():
        cost = cost_of_row(row)
        numbers = (f"{row.size}²", f"{cost.parameters / 1e6:.2f}", f"{cost.flops / 1e9:.1f}")
        seen = _pixels(receptive_field(row.still()))
        table.add_row(row.name, row.kind, *numbers, seen, row.about)
    Console().print(table)


@app.command("rf")
def rf(
    name: Annotated[str, typer.Argument(help="A network of `nets list`.")],
    size: Annotated[
        int, typer.Option("--input", min=16, help="Side of the picture in pixels.")
    ] = 256,
    target: Annotated[
        float | None, typer.Option(min=0.01, help="Share wanted; 0.445 if not given.")
    ] = None,
) -> None:
    """Show how much of a picture a network's last layer sees, and what brings it to a share.

    The share is side of what is seen over side of the picture; 0.445 is the best for the parts
    of a face (paper 001, section III-A and Table III).
    """
    require_torch("working out what a network sees")
    from lapa_annotator.domain.errors import choose
    from lapa_annotator.nets.receptive import BEST, reaches, receptive_field
    from lapa_annotator.nets.registry import NETWORKS

    row = choose(NETWORKS, name, "network")
    field = receptive_field(row.still())
    share = "the whole picture" if math.isinf(field) else f"{field / size:.3f} of {size}"
    typer.echo(f"{name} as it comes sees {_pixels(field)} pixels: {share}.")
    if not row.reach:
        typer.echo("None of its settings changes that.")
        return
    wanted = BEST if target is None else target
    title = f"Nearest to {wanted:g} of {size} pixels ({wanted * size:.0f})"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, show_edge=False)
    for column in (*row.reach, "pixels", "share"):
        table.add_column(column, no_wrap=True)
    for reach in reaches(row, size, wanted)[:_NEAREST]:
        values = [str(value) for value in reach.settings.values()]
        table.add_row(*values, _pixels(reach.field), f"{reach.normalised:.3f}")
    Console().print(table)


def _pixels(field: float) -> str:
    return "all" if math.isinf(field) else f"{field:.0f}"


@app.command("ship")
def ship_(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder that `train` has filled.")],
    name: Annotated[str, typer.Argument(help="Name in the manifest, like hourglass-106.")],
    stage: Annotated[str, typer.Option(help="What it is for: detector, landmarks, segmenter.")],
    licence: Annotated[str, typer.Option(help="The terms of the weights.")],
    about: Annotated[str, typer.Option(help="One line for people.")],
    bf16: Annotated[bool, typer.Option("--bf16", help="It bears bfloat16 without harm.")] = False,
    ir: Annotated[bool, typer.Option(help="With OpenVINO's files, or made at first use.")] = True,
) -> None:
    """Put trained weights into the program: its folder of models and the manifest."""
    precision: Precision = "bf16" if bf16 else "f32"
    path = ship(run, name, stage=stage, licence=licence, about=about, precision=precision, ir=ir)
    typer.echo(f"{path} and what belongs to it; name it under [default] where it shall lead.")
