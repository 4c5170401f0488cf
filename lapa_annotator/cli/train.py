"""``train``: networks trained on folders of faces."""

from __future__ import annotations

import importlib
import importlib.util
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

app = typer.Typer(
    help="Train the networks; run the same command again to go on after a stop.",
    no_args_is_help=True,
)


@app.command()
def landmarks(
    data: DataOption,
    out: OutOption,
    steps: StepsOption = 2000,
    batch: BatchOption = 8,
    seed: SeedOption = 0,
    rate: Annotated[float, typer.Option(help="Highest learning rate.")] = 1e-3,
    width: WidthOption = None,
    stacks: Annotated[int | None, typer.Option(min=1, help="Hourglasses; 1 if not given.")] = None,
    init: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Weights (.safetensors) to begin from.")
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="Most photos to train on; 0: all.")] = 0,
    threads: ThreadsOption = 0,
    devices: Annotated[int, typer.Option(min=1, help="GPUs (or processes) that share it.")] = 1,
    cache: CacheOption = None,
    licence: Annotated[str | None, typer.Option(help="Of the weights, for their card.")] = None,
) -> None:
    """Train the hourglass that proposes the 106 points.

    Ctrl+C stops after a whole step with a checkpoint. Exit status: 0 trained, 2 a wrong call or
    a problem with a file, 130 stopped.
    """
    from lapa_annotator.training.datasets import Data, crops_folder
    from lapa_annotator.training.landmark_run import (
        UNNAMED_LICENCE,
        LandmarkOrder,
        train_landmarks,
    )

    order = LandmarkOrder(
        data=tuple(Data.parse(text) for text in data),
        steps=steps,
        batch=batch,
        seed=seed,
        rate=rate,
        width=width,
        stacks=stacks,
        init=init,
        limit=limit,
        cache=cache or crops_folder(),
        licence=licence or UNNAMED_LICENCE,
    )
    show(train_landmarks(order, out, machine(threads, devices)))


# Commands of their own files: name -> "module:function".
_MOUNTED = {
    "ablation": "lapa_annotator.cli.train_ablation:ablation",
    "calibrate": "lapa_annotator.cli.train_calibrate:calibrate",
    "curve": "lapa_annotator.cli.train_curve:curve",
    "detector": "lapa_annotator.cli.train_detector:detector",
    "list": "lapa_annotator.cli.train_list:list_runs",
    "parsing": "lapa_annotator.cli.train_parsing:parsing",
    "prior": "lapa_annotator.cli.train_prior:prior",
    "shapes": "lapa_annotator.cli.train_shapes:shapes",
    "teach": "lapa_annotator.cli.train_teach:teach",
}


def _mount() -> None:
    for name, target in _MOUNTED.items():
        module, function = target.split(":")
        if importlib.util.find_spec(module) is not None:
            app.command(name)(getattr(importlib.import_module(module), function))


_mount()
