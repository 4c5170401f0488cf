"""``train ablation``: what each paper compares, with everything else equal."""

from __future__ import annotations

from typing import Annotated

import typer

from lapa_annotator.cli.train_options import (
    BatchOption,
    CacheOption,
    DataOption,
    OutOption,
    SeedOption,
    StepsOption,
    ThreadsOption,
    machine,
    show,
)


def ablation(
    data: DataOption,
    out: OutOption,
    paper: Annotated[str, typer.Option(help="Number of the paper; 000 is LaPa.")] = "000",
    study: Annotated[str, typer.Option(help="Which of its comparisons; the first if none.")] = "",
    seeds: Annotated[int, typer.Option(min=1, help="Trainings of each variant.")] = 3,
    classes: Annotated[int, typer.Option(help="3 or 11.")] = 11,
    width: Annotated[float, typer.Option(min=0.0625, help="Factor on the channels.")] = 0.25,
    head: Annotated[int, typer.Option(min=4, help="Channels of the pyramid's maps.")] = 64,
    edge: Annotated[int, typer.Option(min=4, help="Channels of the boundary maps.")] = 32,
    backbone: Annotated[str, typer.Option(help="resnet18, resnet50 or resnet101.")] = "resnet18",
    size: Annotated[int, typer.Option(min=64, help="Side of the crops in pixels.")] = 128,
    steps: StepsOption = 600,
    batch: BatchOption = 16,
    seed: SeedOption = 0,
    threads: ThreadsOption = 0,
    devices: Annotated[int, typer.Option(min=1, help="GPUs (or processes) that share it.")] = 1,
    cache: CacheOption = None,
    unlabelled: Annotated[
        list[str] | None,
        typer.Option(metavar="FOLDER", help="Faces whose truth is not looked at; repeat it."),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A setting of all variants; repeat it."),
    ] = None,
) -> None:
    """Train the variants of a paper's comparison with several seeds; compare them by class.

    Run the same command again to go on after a stop; the table is also in the folder.
    """
    from lapa_annotator.training.ablation import train_ablation
    from lapa_annotator.training.datasets import Data, crops_folder
    from lapa_annotator.training.parsers.table import parser_of, study_of
    from lapa_annotator.training.parsing_run import ParsingOrder

    compared = study_of(paper, study)
    base = dict(compared.base)
    parser = parser_of(base.pop("net"))
    named = {**base.pop("named", {}), **dict(parser.read(text) for text in set_ or ())}
    shared = {
        "data": tuple(Data.parse(text) for text in data),
        "net": parser.net,
        "named": named,
        "classes": classes,
        "backbone": backbone,
        "width": width,
        "head": head,
        "edge": edge,
        "size": size,
        "steps": steps,
        "batch": batch,
        "seed": seed,
        "cache": cache or crops_folder(),
    }
    order = ParsingOrder(**{**shared, **base})
    others = [Data.parse(text) for text in unlabelled or ()]
    show(train_ablation(order, compared, seeds, out, machine(threads, devices), others))
