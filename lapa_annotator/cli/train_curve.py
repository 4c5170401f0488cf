"""``train curve``: the scores of growing numbers of faces (LaPa, Fig. 4)."""

from __future__ import annotations

from pathlib import Path
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
    WidthOption,
    machine,
    show,
)
from lapa_annotator.domain.errors import InputError


def curve(
    data: DataOption,
    out: OutOption,
    sizes: Annotated[str, typer.Option(help="Numbers of photos.")] = "50,100,200,400,800",
    seeds: Annotated[int, typer.Option(min=1, help="Trainings for each number.")] = 2,
    steps: StepsOption = 600,
    batch: BatchOption = 8,
    seed: SeedOption = 0,
    width: WidthOption = None,
    init: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Weights that every training begins from."),
    ] = None,
    threads: ThreadsOption = 0,
    cache: CacheOption = None,
) -> None:
    """Train on growing numbers of photos and draw NME and AUC against them.

    Every number is trained for the same steps, from random weights or from the same given ones,
    and scored on the same held-out faces. Run the same command again to go on after a stop.
    """
    from lapa_annotator.training.curve import train_curve
    from lapa_annotator.training.datasets import Data, crops_folder
    from lapa_annotator.training.landmark_run import LandmarkOrder

    order = LandmarkOrder(
        data=tuple(Data.parse(text) for text in data),
        steps=steps,
        batch=batch,
        seed=seed,
        width=width,
        init=init,
        cache=cache or crops_folder(),
    )
    show(train_curve(order, _numbers(sizes), seeds, out, machine(threads)))


def _numbers(text: str) -> list[int]:
    try:
        return [int(number) for number in text.split(",")]
    except ValueError as error:
        raise InputError(
            f"--sizes {text}", "these are no numbers", "write them like 50,100,200"
        ) from error
