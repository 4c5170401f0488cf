"""Training from beginning, or from where it was stopped, to the end."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lapa_annotator.domain.errors import InputError
from lapa_annotator.training.loop.folder import RunFolder
from lapa_annotator.training.loop.machine import Machine, need
from lapa_annotator.training.loop.recipe import Recipe
from lapa_annotator.training.loop.task import Progress, Task

if TYPE_CHECKING:
    import torch

_SLICE_S = 0.5
_END = object()


def fit(
    task: Task, recipe: Recipe, out: Path, machine: Machine | None = None
) -> Generator[Progress, None, None]:
    """Train a task by a recipe in the folder ``out``; go on where an earlier call stopped.

    A run that was stopped or killed and called again ends with the weights that it would
    have had without (on the same device and number of threads). Closing the generator saves
    a checkpoint and stops. A last value of stage "done" says that all steps are taken.

    Raises:
        InputError: another recipe than the run was begun with, a batch that the devices cannot
            share, no room on the disk, no memory even for single images, a missing package.
    """
    machine = machine or Machine()
    need("lightning")
    if recipe.batch % machine.devices:
        raise InputError(
            "--batch",
            f"{recipe.batch} images cannot be shared by {machine.devices} devices",
            "take a multiple of them",
        )
    folder = RunFolder(out)
    folder.begin(recipe)
    parts = 1
    while True:
        try:
            for progress in _attempt(task, recipe, folder, machine, parts):
                folder.report(progress)
                yield progress
            return
        except (RuntimeError, MemoryError) as error:
            if not _is_no_memory(error):
                _raise_if_lost(error)
                raise
        parts = _more_parts(recipe, machine, parts)
        size = recipe.batch // machine.devices // parts
        note = f"Memory ran out: going on with {size} images at once, the same batch in all."
        said = Progress("note", 0, recipe.steps, note=note)
        folder.report(said)
        yield said


def trained(task: Task, out: Path) -> torch.nn.Module:
    """Return the averaged weights of the newest checkpoint in the task's network, eval mode.

    Raises:
        InputError: the run has no checkpoint that can be read.
    """
    path, content, _ = RunFolder(out).latest()
    if path is None:
        raise InputError(out, "it holds no checkpoint", "train into it first")
    start = "average.module."
    state = content["state_dict"]
    network = task.network()
    network.load_state_dict(
        {name.removeprefix(start): v for name, v in state.items() if name.startswith(start)}
    )
    return network.eval()


def _attempt(
    task: Task, recipe: Recipe, folder: RunFolder, machine: Machine, parts: int
) -> Iterator[Progress]:
    path, content, note = folder.latest()
    step, seconds = int(content.get("global_step", 0)), float(content.get("seconds", 0.0))
    folder.forget_after(step)
    if note:
        yield Progress("note", step, recipe.steps, seconds=seconds, note=note)
    if step < recipe.steps:
        reports: queue.Queue[Any] = queue.Queue()
        stop = threading.Event()
        arguments = (task, recipe, folder, machine, parts, step, path, reports, stop)
        # A thread of its own, so that Ctrl+C stops the loop after a whole step and a saved
        # checkpoint, and so that a caller may stop by closing this generator.
        thread = threading.Thread(target=_train, args=arguments, name="training")
        thread.start()
        try:
            for progress in _values(reports):
                step, seconds = progress.step, progress.seconds
                yield progress
        finally:
            stop.set()
            thread.join()
    yield Progress("done", step, recipe.steps, seconds=seconds)


def _values(reports: queue.Queue[Any]) -> Iterator[Progress]:
    while True:
        # In slices, because a wait without an end cannot be interrupted on every system.
        with contextlib.suppress(queue.Empty):
            value = reports.get(timeout=_SLICE_S)
            if value is _END:
                return
            if isinstance(value, BaseException):
                raise value
            yield value


def _train(
    task: Task,
    recipe: Recipe,
    folder: RunFolder,
    machine: Machine,
    parts: int,
    start: int,
    checkpoint: Path | None,
    reports: queue.Queue[Any],
    stop: threading.Event,
) -> None:
    from lapa_annotator.training.loop.module import Loop
    from lapa_annotator.training.loop.trainer import run

    try:
        loop = Loop(task, recipe, machine, folder, reports.put, stop.is_set)
        run(loop, task, recipe, folder, machine, parts, start, checkpoint)
    except BaseException as error:  # handed to the thread that waits for it
        reports.put(error)
    else:
        reports.put(_END)


def _is_no_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError):
        return True
    text = str(error)
    return "out of memory" in text or "DefaultCPUAllocator" in text


def _raise_if_lost(error: BaseException) -> None:
    if "CUDA error" in str(error):
        first = str(error).splitlines()[0]
        raise InputError(
            "the GPU", f"it has stopped working ({first})", "run the same again to go on"
        ) from error


def _more_parts(recipe: Recipe, machine: Machine, parts: int) -> int:
    share = recipe.batch // machine.devices
    for more in range(2 * parts, share + 1):
        if share % more == 0:
            return more
    raise InputError(
        "--batch",
        "there is no memory even for one image at a time",
        "close other programs or take a narrower network",
    )
