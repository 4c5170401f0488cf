"""What the commands of ``train`` share: options, and showing a training to its end."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lapa_annotator.cli.verbs import EXIT_CANCELLED, tell

if TYPE_CHECKING:
    from collections.abc import Generator

    from lapa_annotator.training.loop import Machine, Progress

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

TaskOption = Annotated[
    str, typer.Option("--task", help='What a project\'s models are taught: "landmarks", "parsing".')
]


def task_of(text: str) -> str:
    """One of the tasks that a project's models can be taught.

    Raises:
        InputError: there is none of that name.
    """
    from lapa_annotator.domain.errors import choose
    from lapa_annotator.training.retrain.versions import TASKS

    choose({task: task for task in TASKS}, text, "task")
    return text


def machine(threads: int, devices: int = 1) -> Machine:
    """What a training runs on, by the options of the command line."""
    from lapa_annotator.training.loop import Machine

    return Machine(threads=threads, devices=devices, strategy="ddp" if devices > 1 else "auto")


def show(training: Generator[Progress, None, None]) -> None:
    """Run a training to its end with a bar; Ctrl+C stops it and leaves with exit status 130."""
    from lapa_annotator.cli.training_meter import TrainingMeter
    from lapa_annotator.training.loop import leads

    last = None
    try:
        with TrainingMeter() as meter, closing(training):
            for last in training:
                if leads():
                    meter.show(last)
    except KeyboardInterrupt as error:
        step = last.step if last else 0
        tell(f"Stopped after step {step}; run the same again to go on.")
        raise typer.Exit(EXIT_CANCELLED) from error
