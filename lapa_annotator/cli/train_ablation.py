"""``train ablation``: Models A, B and C of BSPNet with everything else equal (LaPa, Table 2)."""

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
    seeds: Annotated[int, typer.Option(min=1, help="Trainings of each model.")] = 3,
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
) -> None:
    """Train Models A, B and C with several seeds and compare their F1 class by class.

    Run the same command again to go on after a stop; the table is also in the folder.
    """
    from lapa_annotator.training.ablation import train_ablation
    from lapa_annotator.training.datasets import Data, crops_folder
    from lapa_annotator.training.parsing_run import ParsingOrder

    order = ParsingOrder(
        data=tuple(Data.parse(text) for text in data),
        classes=classes,
        backbone=backbone,
        width=width,
        head=head,
        edge=edge,
        size=size,
        steps=steps,
        batch=batch,
        seed=seed,
        cache=cache or crops_folder(),
    )
    show(train_ablation(order, seeds, out, machine(threads, devices)))
