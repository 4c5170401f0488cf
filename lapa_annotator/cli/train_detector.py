"""``train detector``: the face detector, on mosaics of faces."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lapa_annotator.cli.train_options import (
    BatchOption,
    DataOption,
    OutOption,
    SeedOption,
    StepsOption,
    ThreadsOption,
    machine,
    show,
)


def detector(
    data: DataOption,
    out: OutOption,
    steps: StepsOption = 3000,
    batch: BatchOption = 16,
    seed: SeedOption = 0,
    rate: Annotated[float, typer.Option(help="Highest learning rate.")] = 2e-3,
    init: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Weights (.safetensors) to begin from.")
    ] = None,
    threads: ThreadsOption = 0,
    devices: Annotated[int, typer.Option(min=1, help="GPUs (or processes) that share it.")] = 1,
    licence: Annotated[str | None, typer.Option(help="Of the weights, for their card.")] = None,
) -> None:
    """Train the face detector on mosaics of none to twelve faces at every scale.

    Ctrl+C stops after a whole step with a checkpoint. Exit status: 0 trained, 2 a wrong call or
    a problem with a file, 130 stopped.
    """
    from lapa_annotator.training.datasets import Data
    from lapa_annotator.training.detector_run import DetectorOrder, train_detector
    from lapa_annotator.training.landmark_run import UNNAMED_LICENCE

    order = DetectorOrder(
        data=tuple(Data.parse(text) for text in data),
        steps=steps,
        batch=batch,
        seed=seed,
        rate=rate,
        init=init,
        licence=licence or UNNAMED_LICENCE,
    )
    show(train_detector(order, out, machine(threads, devices)))
