"""``train parsing``: any parser of the registry."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from lapa_annotator.cli.train_options import (
    CacheOption,
    DataOption,
    OutOption,
    SeedOption,
    ThreadsOption,
    machine,
    show,
)


def parsing(
    data: DataOption,
    out: OutOption,
    net: Annotated[
        str, typer.Option(help="A parser of `nets list`; bspnet, of 2 classes pspnet.")
    ] = "",
    classes: Annotated[
        int | None,
        typer.Option(help="2: hair and skin; 3: background, skin, hair (default); 11: LaPa's."),
    ] = None,
    paper: Annotated[bool, typer.Option("--paper", help="The paper's network and recipe.")] = False,
    backbone: Annotated[
        str | None, typer.Option(help="resnet18 (default), resnet50 or resnet101.")
    ] = None,
    width: Annotated[
        float | None, typer.Option(min=0.0625, help="Factor on the backbone's channels.")
    ] = None,
    head: Annotated[int | None, typer.Option(min=4, help="Channels of the pyramid's maps.")] = None,
    edge: Annotated[int | None, typer.Option(min=4, help="Channels of the boundary maps.")] = None,
    stride: Annotated[int | None, typer.Option(help="Output stride: 8, 16 or 32.")] = None,
    model: Annotated[str | None, typer.Option(help="Table 2's A, B or C (default).")] = None,
    size: Annotated[int | None, typer.Option(min=64, help="Side of the crops in pixels.")] = None,
    steps: Annotated[int | None, typer.Option("--steps", min=1, help="Optimizer steps.")] = None,
    batch: Annotated[int | None, typer.Option("--batch", min=1, help="Pictures a step.")] = None,
    seed: SeedOption = 0,
    rate: Annotated[float | None, typer.Option(help="Highest learning rate.")] = None,
    init: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Weights to begin from: a parser's, or ImageNet's."),
    ] = None,
    threads: ThreadsOption = 0,
    devices: Annotated[int, typer.Option(min=1, help="GPUs (or processes) that share it.")] = 1,
    cache: CacheOption = None,
    licence: Annotated[str | None, typer.Option(help="Of the weights, for their card.")] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A setting of this network; repeat it."),
    ] = None,
) -> None:
    """Train a network that parses faces: coarse (2 classes), fine (3) or alone (11).

    The small networks that the program ships are the defaults. Ctrl+C stops after a whole step
    with a checkpoint. Exit status: 0 trained, 2 a wrong call or a problem with a file, 130
    stopped.
    """
    from lapa_annotator.training.parsing_run import train_parsing

    named = {
        **{"net": net or None, "classes": classes, "backbone": backbone, "width": width},
        **{"head": head, "edge": edge, "stride": stride, "model": model, "size": size},
        **{"steps": steps, "batch": batch, "rate": rate, "licence": licence, "cache": cache},
        **{"seed": seed, "init": init},
    }
    given = {k: v for k, v in named.items() if v is not None}
    order = order_of(data, paper, given, set_ or ())
    show(train_parsing(order, out, machine(threads, devices)))


def order_of(data: list[str], paper: bool, named: dict[str, Any], own: Sequence[str] = ()) -> Any:
    """The ``ParsingOrder`` of what was named; the rest is the paper's or the small networks'.

    Args:
        data: folders and their shares.
        paper: whether what is not named is the paper's.
        named: fields of the order.
        own: settings that only this network has, each ``name=value``.

    Raises:
        InputError: a folder that is not there, a value that no network has.
    """
    from lapa_annotator.training.datasets import Data
    from lapa_annotator.training.parsers.table import parser_of
    from lapa_annotator.training.parsing_run import ParsingOrder

    # The coarse network is found by its classes; everything else is BSPNet unless named.
    coarse = named.get("classes") == 2 and not paper
    parser = parser_of(named.get("net", "pspnet" if coarse else "bspnet"))
    base = dict(parser.paper if paper else parser.small)
    settings = {**base.pop("named", {}), **dict(parser.read(text) for text in own)}
    fields = {**base, "net": parser.net, **named, "named": settings}
    return ParsingOrder(data=tuple(Data.parse(text) for text in data), **fields)
