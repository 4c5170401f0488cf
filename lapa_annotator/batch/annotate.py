"""The main job: photos in, a data set in LaPa's layout out; it can be stopped and resumed.

Below the out folder lie ``{train,val,test}/{images,labels,landmarks}``, ``overlays`` and
``contact_sheet.jpg`` to look at, ``report.json`` and ``report.csv``, and ``.annotate``, in
which the job keeps what it has done.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial

from lapa_annotator import __version__
from lapa_annotator.batch.execute import Executor, Processes, cores
from lapa_annotator.batch.naming import printable
from lapa_annotator.batch.options import AnnotateOptions
from lapa_annotator.batch.outcome import Outcome, Task
from lapa_annotator.batch.pictures import contact_sheet
from lapa_annotator.batch.pipeline import make_pipeline
from lapa_annotator.batch.plan import Plan, make_plan, record_of, retire
from lapa_annotator.batch.records import Records, open_records
from lapa_annotator.batch.report import Row, write_report
from lapa_annotator.batch.work import OVERLAYS, Build, Worker, claim
from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.atomic import remove_leftovers
from lapa_annotator.formats.photo import write_picture

CONTACT_SHEET = "contact_sheet.jpg"
_MOST_ON_SHEET = 60


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the job is.

    Attributes:
        done, total: photos.
        reused: photos that an earlier run had done.
        faces: samples so far, with those of earlier runs.
        skipped: photos so far of which there is no sample.
        photo: place below the inputs of the photo just done, "" at the start.
        problem: one sentence when that photo was skipped, else None.
    """

    done: int
    total: int
    reused: int
    faces: int
    skipped: int
    photo: str = ""
    problem: str | None = None


def annotate(
    options: AnnotateOptions, build: Build = make_pipeline, executor: Executor | None = None
) -> Generator[Progress]:
    """Annotate photos: the main job.

    The first value comes when everything has been checked and planned; then one comes for
    each photo that was skipped by the plan or worked on. Closing the generator cancels: the
    photos under way are finished, the reports are not written, and the same call goes on later.

    Args:
        options: what to do.
        build: makes the pipeline, here and in every worker.
        executor: where photos are worked on; processes of this machine by default.

    Raises:
        InputError: before the first value: a wrong call, missing weights, an out folder that
            cannot be written. After it: the disk is full.
    """
    weights = build(options).weights
    fingerprint = options.fingerprint(weights)
    if executor is None:
        executor = Processes(options.jobs, max(1, cores() // options.jobs))
    with open_records(options.out) as records:
        remove_leftovers(options.out)
        plan = make_plan(options, records.all(), fingerprint)
        for record in plan.superseded:
            retire(options, record)
            records.drop(record.name)
        yield from _work(options, plan, records, fingerprint, executor, build)
        # A worker that was killed may have left an unfinished file.
        remove_leftovers(options.out)
        _finish(options, plan, weights)


def _work(
    options: AnnotateOptions,
    plan: Plan,
    records: Records,
    fingerprint: str,
    executor: Executor,
    build: Build,
) -> Generator[Progress]:
    """Work off the plan and note in it, and in the records, what becomes of each photo."""
    known = [task for task in plan.tasks if task.name in plan.outcomes]
    reused = [task for task in known if plan.outcomes[task.name].problem is None]
    faces = sum(len(plan.outcomes[task.name].samples) for task in reused)
    count = len(reused)
    state = Progress(count, len(plan.tasks), count, faces, 0)
    yield state
    for task in known:
        outcome = plan.outcomes[task.name]
        if outcome.problem is not None:
            yield (state := _next(state, task, outcome))
    start = partial(Worker, build, options)
    with closing(executor.run(start, plan.todo)) as results:
        for task, result in results:
            outcome = result or Outcome(problem=_lost(task))
            plan.outcomes[task.name] = outcome
            if outcome.problem is None:
                records.put(record_of(plan, task, outcome, fingerprint))
                claim(options.out, task.name).unlink(missing_ok=True)
            yield (state := _next(state, task, outcome))


def _next(state: Progress, task: Task, outcome: Outcome) -> Progress:
    return replace(
        state,
        done=state.done + 1,
        faces=state.faces + len(outcome.samples),
        skipped=state.skipped + (outcome.problem is not None),
        photo=task.relative,
        problem=outcome.problem,
    )


def _lost(task: Task) -> str:
    problem = "the process that worked on it died, perhaps for want of memory"
    return printable(str(InputError(task.photo, problem, "save it smaller, or use fewer --jobs")))


def _finish(options: AnnotateOptions, plan: Plan, weights: Mapping[str, str]) -> None:
    """Write the contact sheet and the reports."""
    rows = [Row(task.relative, task.split, plan.outcomes[task.name]) for task in plan.tasks]
    sheet = options.out / CONTACT_SHEET
    names = [sample.name for row in rows for sample in row.outcome.samples]
    if options.overlays and names:
        some = [names[i * len(names) // _MOST_ON_SHEET] for i in range(_MOST_ON_SHEET)]
        shown = some if len(names) > _MOST_ON_SHEET else names
        pictures = [(name, options.out / OVERLAYS / f"{name}.jpg") for name in shown]
        write_picture(sheet, contact_sheet(pictures), quality=88)
    else:
        sheet.unlink(missing_ok=True)
    head = {"program": f"lapa-annotator {__version__}", "options": options.deciding()}
    write_report(options.out, rows, {**head, "weights": dict(weights)})
