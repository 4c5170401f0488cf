"""``retrain``: make a project's own model better, and prove it."""

from __future__ import annotations

import dataclasses
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lapa_annotator.cli.train_options import TaskOption, machine, show, task_of
from lapa_annotator.domain.errors import InputError

if TYPE_CHECKING:
    from lapa_annotator.training.retrain.settings import RetrainSettings

_DO = "With the running training"
_HOW = "Kept with the project"


def retrain_verb(
    project: Annotated[Path, typer.Argument(metavar="PROJECT", help="The project's .lapa folder.")],
    task: TaskOption = "landmarks",
    background: Annotated[
        bool, typer.Option("--background", help="In a process of its own, which goes on.")
    ] = False,
    at: Annotated[str, typer.Option(metavar="HH:MM", help="Wait until then.")] = "",
    status: Annotated[
        bool, typer.Option("--status", help="Say how far it is.", rich_help_panel=_DO)
    ] = False,
    pause: Annotated[bool, typer.Option("--pause", rich_help_panel=_DO)] = False,
    go_on: Annotated[bool, typer.Option("--go-on", rich_help_panel=_DO)] = False,
    cancel: Annotated[
        bool, typer.Option("--cancel", help="End it and leave nothing.", rich_help_panel=_DO)
    ] = False,
    every: Annotated[
        int | None, typer.Option(help="Finished faces after which it is due.", rich_help_panel=_HOW)
    ] = None,
    least: Annotated[
        int | None, typer.Option(help="Fewest finished images.", rich_help_panel=_HOW)
    ] = None,
    steps: Annotated[
        int | None, typer.Option(help="Optimizer steps.", rich_help_panel=_HOW)
    ] = None,
    batch: Annotated[
        int | None, typer.Option(help="Pictures a step.", rich_help_panel=_HOW)
    ] = None,
    rate: Annotated[
        float | None, typer.Option(help="Highest learning rate.", rich_help_panel=_HOW)
    ] = None,
    scratch: Annotated[
        bool | None,
        typer.Option(
            "--scratch/--fine-tune",
            help="Begin from random weights, or from those in use.",
            rich_help_panel=_HOW,
        ),
    ] = None,
    width: Annotated[
        int | None, typer.Option(help="Channels, from scratch.", rich_help_panel=_HOW)
    ] = None,
    data: Annotated[
        list[str] | None,
        typer.Option(
            "--data",
            "-d",
            metavar="FOLDER[:SHARE]",
            help="Other faces to train on; repeat it.",
            rich_help_panel=_HOW,
        ),
    ] = None,
    threads: Annotated[int, typer.Option(min=0, help="Processor threads; 0: all.")] = 0,
    worker: Annotated[bool, typer.Option("--worker", hidden=True)] = False,
) -> None:
    """Train a new version on the project's finished faces, and use it if it is surely better.

    Landmarks learn from the points, parsing networks from the label maps.

    Nothing that was annotated changes. Ctrl+C stops after a whole step; run the same again to go
    on. Exit status: 0 done, 2 a wrong call or bad input, 130 stopped.
    """
    task = task_of(task)
    if status or pause or go_on or cancel:
        _control(project, task, pause, go_on, cancel)
        return
    given = {"every": every, "least": least, "steps": steps, "batch": batch, "rate": rate}
    given |= {"scratch": scratch, "width": width}
    changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if data:
        changes["folders"] = tuple(_absolute(text) for text in data)
    settings = _settle(project, task, changes)
    if at:
        _wait_until(at)
    if background:
        from lapa_annotator.batch.retraining import start_process

        pid = start_process(project, task).pid
        typer.echo(f"Training in process {pid}; see `retrain --status`.")
        return
    _train(project, task, settings, threads, worker)


def _settle(folder: Path, task: str, changes: dict[str, Any]) -> RetrainSettings:
    from lapa_annotator.store.project import Project
    from lapa_annotator.training.retrain.settings import set_settings, settings_of

    with Project.open(folder) as project:
        settings = settings_of(project, task)
        if changes:
            settings = dataclasses.replace(settings, **changes)
            set_settings(project, settings, task)
        return settings


def _train(folder: Path, task: str, settings: RetrainSettings, threads: int, worker: bool) -> None:
    from lapa_annotator.batch.retraining import run_training, step_back
    from lapa_annotator.store.project import Project

    if worker:
        step_back()
    steps = settings.steps
    on = dataclasses.replace(
        machine(threads), report_every=10, validate_every=max(1, steps // 8), save_every=100
    )
    with Project.open(folder, read_only=False) as project:
        show(run_training(project, settings, on, task=task))


def _control(folder: Path, task: str, pause: bool, go_on: bool, cancel: bool) -> None:
    from lapa_annotator.batch.retraining import ask, due, last_training
    from lapa_annotator.store.project import Project

    with Project.open(folder) as project:
        if pause:
            ask(project, "paused", task)
        elif go_on:
            ask(project, "running", task)
        elif cancel:
            ask(project, "cancelling", task)
        training = last_training(project, task)
        if training is None:
            typer.echo("It was never trained.")
        else:
            job = training.job
            state = "stopped" if training.unfinished and job.state != "failed" else job.state
            typer.echo(f"{state}: {job.done} of {job.total}. {job.message}")
        told = due(project, task)
        typer.echo(f"{told.new} faces finished since the last training; due at {told.every}.")


def _absolute(text: str) -> str:
    from lapa_annotator.training.datasets import Data

    data = Data.parse(text)
    return str(dataclasses.replace(data, path=data.path.resolve()))


def _wait_until(text: str) -> None:
    try:
        clock = datetime.strptime(text, "%H:%M").time()  # of this computer's own zone
    except ValueError as error:
        raise InputError(f"--at {text}", "this is no time", "write it like 22:00") from error
    now = datetime.now()
    then = datetime.combine(now.date(), clock)
    then += timedelta(days=1) if then <= now else timedelta(0)
    typer.echo(f"Waiting until {then:%H:%M}.")
    while (left := (then - datetime.now()).total_seconds()) > 0:
        time.sleep(min(left, 30))
