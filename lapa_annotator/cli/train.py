"""``train``: networks trained on folders of faces."""

from __future__ import annotations

import importlib
import importlib.util
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lapa_annotator.cli.verbs import EXIT_CANCELLED, tell

if TYPE_CHECKING:
    from collections.abc import Generator

    from lapa_annotator.training.loop import Machine, Progress

app = typer.Typer(
    help="Train the networks; run the same command again to go on after a stop.",
    no_args_is_help=True,
)

DataOption = Annotated[
    list[str],
    typer.Option(
        "--data",
        "-d",
        metavar="FOLDER[:SHARE]",
        help="Faces in LaPa's layout, rendered or teacher-labelled, or a project; repeat it.",
    ),
]
OutOption = Annotated[
    Path, typer.Option("--out", "-o", metavar="RUN", help="Folder of the run: all that is made.")
]
StepsOption = Annotated[int, typer.Option("--steps", min=1, help="Optimizer steps.")]
BatchOption = Annotated[int, typer.Option("--batch", min=1, help="Pictures a step.")]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Seed of everything drawn.")]
ThreadsOption = Annotated[int, typer.Option("--threads", min=0, help="Processor threads; 0: all.")]
CacheOption = Annotated[
    Path | None, typer.Option("--cache", metavar="DIR", help="Where cut crops are kept.")
]
WidthOption = Annotated[
    int | None, typer.Option("--width", min=8, help="Channels; 256 if not given.")
]


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


def machine(threads: int, devices: int = 1) -> Machine:
    """What a training runs on, by the options of the command line."""
    from lapa_annotator.training.loop import Machine

    return Machine(threads=threads, devices=devices, strategy="ddp" if devices > 1 else "auto")


def show(training: Generator[Progress, None, None]) -> None:
    """Run a training to its end with a bar; Ctrl+C stops it and leaves with exit status 130."""
    from lapa_annotator.cli.training_meter import TrainingMeter

    last = None
    try:
        with TrainingMeter() as meter, closing(training):
            for last in training:
                meter.show(last)
    except KeyboardInterrupt as error:
        step = last.step if last else 0
        tell(f"Stopped after step {step}; run the same again to go on.")
        raise typer.Exit(EXIT_CANCELLED) from error


# Commands of their own files: name -> "module:function".
_MOUNTED = {
    "curve": "lapa_annotator.cli.train_curve:curve",
    "detector": "lapa_annotator.cli.train_detector:detector",
    "parsing": "lapa_annotator.cli.train_parsing:parsing",
}


def _mount() -> None:
    for name, target in _MOUNTED.items():
        module, function = target.split(":")
        if importlib.util.find_spec(module) is not None:
            app.command(name)(getattr(importlib.import_module(module), function))


_mount()
