"""What is to be done: the photos, their names and splits, and what an earlier run has done."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lapa_annotator.batch.naming import flat_names, printable
from lapa_annotator.batch.options import AnnotateOptions
from lapa_annotator.batch.outcome import Outcome, Task
from lapa_annotator.batch.records import Record, sha256_of
from lapa_annotator.batch.work import claim
from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.lapa import split_of
from lapa_annotator.formats.photo import find_photos


@dataclass
class Plan:
    """The photos of a job in the order of its report, and what is known of each.

    Attributes:
        tasks: every photo.
        todo: those that are still to be done.
        outcomes: by name, what is known before the start: done earlier, or cannot be done.
        stamps: by name, size and time of change (ns) of the photo, as the plan was made.
        superseded: records of these photos under names that they have no more.
    """

    tasks: list[Task]
    todo: list[Task] = field(default_factory=list)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    stamps: dict[str, tuple[int, int]] = field(default_factory=dict)
    superseded: list[Record] = field(default_factory=list)


def find_tasks(options: AnnotateOptions) -> list[Task]:
    """List the photos that the options name; what lies in the out folder is none of them.

    Raises:
        InputError: a path that does not exist, or no photo at all.
    """
    out = options.out.resolve()
    found = [p for p in find_photos(options.paths) if not p.path.resolve().is_relative_to(out)]
    if not found:
        raise InputError(
            ", ".join(map(str, options.paths)), "no photo is in it", "name a folder of photos"
        )
    names = flat_names([photo.relative for photo in found])
    shares = dict(options.splits)
    return [
        Task(photo.path, printable(photo.relative.as_posix()), name, split_of(name, shares))
        for photo, name in zip(found, names, strict=True)
    ]


def make_plan(options: AnnotateOptions, records: Mapping[str, Record], fingerprint: str) -> Plan:
    """Compare the photos with the records of earlier runs.

    A photo is done when its bytes, the options and the weights are those of the record and
    all its outputs are there. Photos that were skipped have no record: they are tried again.

    Raises:
        InputError: as ``find_tasks``.
    """
    plan = Plan(find_tasks(options))
    paths = {_absolute(task.photo): task.name for task in plan.tasks}
    plan.superseded = [r for r in records.values() if paths.get(r.photo, r.name) != r.name]
    for task in plan.tasks:
        plan.stamps[task.name] = _stamp(task.photo)
        record = records.get(task.name)
        if record is None:
            plan.todo.append(task)
            continue
        same = record.is_of(task.photo)
        if not options.overwrite and same and _still_holds(record, options, fingerprint):
            plan.outcomes[task.name] = record.outcome
        elif same or options.overwrite or record.photo == _absolute(task.photo):
            previous = record.outcome.outputs
            plan.todo.append(Task(task.photo, task.relative, task.name, task.split, previous))
        else:
            plan.outcomes[task.name] = Outcome(problem=_taken(task, record))
    return plan


def record_of(plan: Plan, task: Task, outcome: Outcome, fingerprint: str) -> Record:
    """The record of a photo that has just been done."""
    size, modified = plan.stamps[task.name]
    return Record(task.name, _absolute(task.photo), size, modified, fingerprint, outcome)


def retire(options: AnnotateOptions, record: Record) -> None:
    """Remove the outputs of a record whose photo goes by another name now.

    What somebody has changed since stays, unless ``--overwrite`` was said.
    """
    for place, digest in record.outcome.outputs.items():
        path = options.out / place
        if path.is_file() and (options.overwrite or sha256_of(path) == digest):
            path.unlink()


def _still_holds(record: Record, options: AnnotateOptions, fingerprint: str) -> bool:
    half_replaced = claim(options.out, record.name).exists()
    return record.options == fingerprint and not half_replaced and record.outputs_stand(options.out)


def _taken(task: Task, record: Record) -> str:
    problem = f"in the out folder its name {task.name} is taken by another photo, {record.photo}"
    remedy = "choose another out folder, or say --overwrite"
    return printable(str(InputError(task.photo, problem, remedy)))


def _stamp(photo: Path) -> tuple[int, int]:
    try:
        status = photo.stat()
    except OSError:
        return 0, 0  # reading it will say what is wrong
    return status.st_size, status.st_mtime_ns


def _absolute(path: Path) -> str:
    return printable(os.path.abspath(path))  # noqa: PTH100  # resolve() would follow links
