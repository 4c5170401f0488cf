"""The export itself: plan, work in processes, lists, manifest, card, and one rename at the end."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from lapa_annotator.batch.execute import Executor, Processes, Serial
from lapa_annotator.batch.export.card import (
    CARD,
    CARD_TEXT,
    card,
    card_text,
    encode,
    manifest,
    summary_of,
)
from lapa_annotator.batch.export.options import ExportOptions
from lapa_annotator.batch.export.plan import ExportTask, make_plan, state_of
from lapa_annotator.batch.export.staging import MANIFEST, Staging, open_staging
from lapa_annotator.batch.export.stopped import remove_stale
from lapa_annotator.batch.export.target import check_target
from lapa_annotator.batch.export.work import ExportWorker, Made
from lapa_annotator.batch.naming import printable
from lapa_annotator.batch.records import sha256_of
from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.atomic import write_error
from lapa_annotator.store.project import Project

METADATA = "metadata.jsonl"


@dataclass(frozen=True, slots=True)
class Exported:
    """How far an export is.

    Attributes:
        done, total: photos.
        reused: photos that an earlier call had done.
        faces: faces so far, with those of the earlier call.
        skipped: photos so far that were left out.
        photo: place of the photo just done below its folder, "" at the start.
        problem: one sentence when it was left out, else None.
        seconds: time that it took, by phase.
    """

    done: int
    total: int
    reused: int = 0
    faces: int = 0
    skipped: int = 0
    photo: str = ""
    problem: str | None = None
    seconds: Mapping[str, float] | None = None


def export(
    project: Project, options: ExportOptions, executor: Executor | None = None
) -> Generator[Exported]:
    """Write what a query finds as a data set: any format, with manifest and data card.

    The first value comes when everything has been checked and planned, then one for each photo,
    then some while the lists are written. Closing the generator cancels within a photo's time;
    the same call goes on later, also after a kill. The data set gets its name when it is whole:
    until then nothing is at ``options.out``, or the older export that is to be replaced. Two
    exports of the same state with the same options are the same, byte by byte.

    Args:
        project: an open project; nothing in it is changed but its cache.
        options: what to do.
        executor: where photos are worked on; by default processes of this machine, or this
            one alone for one job.

    Raises:
        InputError: before the first value: a query that is not understood, or a folder that is
            in use or not empty. After it: the disk is full.
    """
    options = replace(options, out=options.out.absolute())
    check_target(options.out, project.folder.absolute(), replace=options.replace)
    if executor is None:
        # A worker may be taken down at any moment: what it leaves half written is made again.
        many = options.jobs > 1
        executor = Processes(options.jobs, 1, hasty=True) if many else Serial()
    tasks = make_plan(project, options)
    with open_staging(options.out) as staging:
        problems: dict[str, str] = {}
        yield from _work(project, options, executor, tasks, staging, problems)
        last = yield from _finish(project, options, tasks, staging, problems)
        staging.publish()
    remove_stale(options.out.parent)
    yield last


def _work(
    project: Project,
    options: ExportOptions,
    executor: Executor,
    tasks: list[ExportTask],
    staging: Staging,
    problems: dict[str, str],
) -> Generator[Exported]:
    """Make the samples of every photo that is not done; note what is wrong with some."""
    done = staging.begin({task.image_id: task.stamp for task in tasks})
    faces = sum(len(staging.made(image).facts) for image in done)
    state = Exported(len(done), len(tasks), len(done), faces)
    yield state
    todo = [task for task in tasks if task.image_id not in done]
    start = partial(
        ExportWorker, project.folder, options, staging.data, read_only=project.read_only
    )
    with closing(executor.run(start, todo)) as results:
        for task, result in results:
            made = result or Made(problem=_lost(task))
            if made.problem is None:
                staging.put(task.image_id, task.stamp, made)
            else:
                problems[task.name] = made.problem
            state = replace(
                state,
                done=state.done + 1,
                faces=state.faces + len(made.facts),
                skipped=len(problems),
                photo=task.relative,
                problem=made.problem,
                seconds=made.seconds,
            )
            yield state


def _lost(task: ExportTask) -> str:
    problem = "the process that worked on it died, perhaps for want of memory"
    return printable(str(InputError(task.relative, problem, "use fewer --jobs")))


def _finish(
    project: Project,
    options: ExportOptions,
    tasks: list[ExportTask],
    staging: Staging,
    problems: Mapping[str, str],
) -> Generator[Exported, None, Exported]:
    """Write what is about all samples; yields between files, so that it can be cancelled."""
    summary = summary_of(staging.all())
    state = Exported(len(tasks), len(tasks), 0, summary.faces, len(problems))
    files = dict(itertools.chain.from_iterable(m.files.items() for m in staging.all()))
    try:
        staging.data.mkdir(parents=True, exist_ok=True)
        for place in options.row.lists(staging.data, staging.rows, options.classes):
            files[place] = sha256_of(staging.data / place)
            yield state
        if options.metadata:
            _write_lines(staging.data / METADATA, _metadata(staging.all()))
            files[METADATA] = sha256_of(staging.data / METADATA)
            yield state
        # What only waited to be taken into a list is no part of the data set.
        files = {p: files[p] for p in sorted(files) if not p.startswith(".")}
        whole = manifest(files)
        digest = hashlib.sha256(whole).hexdigest()
        left_out, name = _left_out(tasks, problems), project.folder.stem
        sealed = card(name, options, summary, left_out, state_of(tasks), digest)
        (staging.data / MANIFEST).write_bytes(whole)
        (staging.data / CARD).write_bytes(encode(sealed))
        (staging.data / CARD_TEXT).write_text(card_text(sealed), encoding="utf-8", newline="\n")
        staging.keep_only({*files, MANIFEST, CARD, CARD_TEXT})
    except OSError as error:
        raise write_error(staging.data, error) from error
    return state


def _left_out(tasks: list[ExportTask], problems: Mapping[str, str]) -> dict[str, str]:
    """What was wrong, in the order of the plan; the card tells no folders of this computer."""
    told = {}
    for task in tasks:
        sentence = problems.get(task.name)
        if sentence is not None:
            _, found, after = sentence.partition(task.relative)
            told[task.name] = task.relative + after if found else sentence
    return told


def _metadata(made: Iterable[Made]) -> Iterator[str]:
    for one in made:
        for fact in one.facts:
            yield json.dumps(fact, sort_keys=True, ensure_ascii=False) + "\n"


def _write_lines(path: Path, lines: Iterator[str]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(lines)
