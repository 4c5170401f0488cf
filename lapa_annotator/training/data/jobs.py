"""Jobs that make a data set out of many inputs: resumable by records, in processes of their own."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import Any, TypeVar

import cv2
import numpy as np

from lapa_annotator.formats.atomic import replace_file
from lapa_annotator.formats.lapa import write_labels, write_landmarks
from lapa_annotator.formats.photo import write_picture
from lapa_annotator.training.data.sample import Sample
from lapa_annotator.training.data.sources import METADATA, SOFT

SPLIT, RECORDS = "train", "records"
_QUALITY = 97

T = TypeVar("T")


@dataclass(frozen=True)
class Progress:
    """Where a job stands.

    Attributes:
        done: inputs that are through, of ``total``.
        reused: of these, how many had been worked on before.
        faces: samples that were made of them, before or now.
        problem: why the latest input gave none, if so.
    """

    done: int
    total: int
    reused: int
    faces: int
    problem: str | None = None


Outcome = tuple[int, str | None]
"""How many samples an input gave, and why none, if so."""


def run(
    work: Callable[[T], Outcome], tasks: Sequence[T], known: Callable[[T], int | None], jobs: int
) -> Iterator[Progress]:
    """Work on every task that is not known yet; what ``work`` raises ends the run.

    Args:
        work: does one task; for more than one process it must be a function that can be sent
            to another one.
        tasks: what there is to do.
        known: how many samples a task gave before; None where it must be done again.
        jobs: processes, each on one thread.
    """
    counts = [known(task) for task in tasks]
    waiting = [task for task, count in zip(tasks, counts, strict=True) if count is None]
    done = reused = len(tasks) - len(waiting)
    faces = sum(count or 0 for count in counts)
    yield Progress(done, len(tasks), reused, faces)
    for count, problem in _worked(work, waiting, jobs):
        done, faces = done + 1, faces + count
        yield Progress(done, len(tasks), reused, faces, problem)


def _worked(work: Callable[[T], Outcome], tasks: list[T], jobs: int) -> Iterator[Outcome]:
    if jobs == 1 or len(tasks) < 2:
        yield from map(work, tasks)
        return
    pool = ProcessPoolExecutor(min(jobs, len(tasks)), get_context("spawn"), _begin)
    try:
        for future in as_completed([pool.submit(work, task) for task in tasks]):
            yield future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin() -> None:
    # Ctrl+C reaches every process of the terminal; the parent alone decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # One thread a process: each of them would otherwise ask for every core.
    os.environ["LAPA_THREADS"] = "1"
    cv2.setNumThreads(1)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def known_faces(out: Path, name: str, digest: str) -> int | None:
    """How many samples the input ``name`` gave; None where it has no record of that digest."""
    try:
        told = json.loads(_record(out, name).read_text(encoding="utf-8"))
        return int(told["faces"]) if told["digest"] == digest else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep_record(out: Path, name: str, digest: str, outcome: Outcome) -> None:
    """Note that an input is through.

    Raises:
        InputError: the record cannot be written.
    """
    record = {"digest": digest, "faces": outcome[0], "problem": outcome[1]}
    replace_file(_record(out, name), json.dumps(record).encode())


def _record(out: Path, name: str) -> Path:
    return out / RECORDS / f"{name}.json"


def write_sample(out: Path, sample: Sample, told: dict[str, Any]) -> None:
    """Write a sample as ``sources.LapaSource`` reads it.

    Args:
        out: the data set's folder.
        sample: it has labels, a soft map and a matte.
        told: what else its metadata file says.

    Raises:
        InputError: it cannot be written.
        ValueError: a map is missing.
    """
    folder, name = out / SPLIT, sample.key
    if sample.labels is None or sample.soft is None or sample.matte is None:
        raise ValueError(f"{name} has not all maps")
    write_picture(folder / "images" / f"{name}.jpg", sample.image, _QUALITY)
    write_labels(folder / "labels" / f"{name}.png", sample.labels)
    soft = np.stack([*sample.soft[1:], sample.matte], axis=-1)
    write_picture(folder / SOFT / f"{name}.png", soft)
    told = {
        "weights": [round(float(w), 4) for w in sample.weights],
        "visibility": sample.visibility.tolist(),
        **told,
    }
    replace_file(folder / METADATA / f"{name}.json", json.dumps(told).encode())
    # Last: without landmarks the rest is no sample.
    write_landmarks(folder / "landmarks" / f"{name}.txt", sample.points)
