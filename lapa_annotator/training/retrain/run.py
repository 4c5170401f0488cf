"""One retraining of a project, from snapshot to verdict; called again, it goes on.

A run is a folder of the project. What is done is told by the files in it: the settings it was
begun with and the snapshot, the checkpoints, the published weights, the report. So a run that was
killed at any moment goes on with the first thing that is missing.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Generator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.atomic import replace_file
from lapa_annotator.store.finding import count_faces
from lapa_annotator.store.project import Project
from lapa_annotator.store.values import ModelVersion
from lapa_annotator.training.landmark_files import is_published
from lapa_annotator.training.loop import Machine, Progress, fit
from lapa_annotator.training.loop.machine import need
from lapa_annotator.training.retrain.gate import compare
from lapa_annotator.training.retrain.maps import LabelMaps
from lapa_annotator.training.retrain.points import Landmarks
from lapa_annotator.training.retrain.report import JSON, Comparison, read_report, write_report
from lapa_annotator.training.retrain.settings import RetrainSettings
from lapa_annotator.training.retrain.snapshot import FILE as SNAPSHOT
from lapa_annotator.training.retrain.snapshot import Snapshot, finished_query, take_snapshot
from lapa_annotator.training.retrain.split import FILE as SPLIT
from lapa_annotator.training.retrain.split import Split
from lapa_annotator.training.retrain.subject import CROPS, Order, Run, Subject
from lapa_annotator.training.retrain.versions import FOLDER, TASK, runs_folder

ORDER = "order.json"
LAST = "retraining.last"
"""The project's setting that tells how many faces were finished at the last training."""

SUBJECTS: dict[str, Subject] = {subject.task: subject for subject in (Landmarks(), LabelMaps())}
"""What a project's models can be taught, by task."""

# What a face's crop takes on the disk, and a training's weights and checkpoints.
_FACE_BYTES, _OTHER_BYTES = 1.05e6, 4e8
_REPORTS, _VALIDATIONS = 10, 8


def last_key(task: str) -> str:
    """The project's setting that tells how many faces were finished at a task's last training."""
    return LAST if task == TASK else f"{LAST}.{task}"


def retrain(
    project: Project,
    settings: RetrainSettings,
    machine: Machine | None = None,
    *,
    task: str = TASK,
    baseline: Any = None,
) -> Generator[Progress, None, None]:
    """Train a new version of a project's model, or go on with one that was stopped.

    Stages are those of ``loop.fit``, "note", and "comparing" with faces done as step. The last
    report's stage is "done"; its note says what came of it.

    Args:
        project: open for writing; annotating goes on meanwhile.
        settings: of a run that begins now; one that goes on keeps its own.
        machine: what to train on.
        task: what is taught, of ``SUBJECTS``.
        baseline: what to compare with where the project has no version in use, a proposer or a
            segmenter; the program's default without.

    Raises:
        InputError: too little is finished, a full disk, a photo or weights that have vanished,
            and what ``loop.fit`` raises; the project is as it was.
    """
    need("lightning")
    subject = SUBJECTS[task]
    folder = unfinished_run(project, task)
    if folder is None:
        folder, note = _begin(project, settings, subject)
    else:
        note = f"Going on with {folder.name}."
    yield Progress("note", 0, settings.steps, note=note)
    order, snapshot = _read_order(folder), Snapshot.read(folder / SNAPSHOT)
    frozen = subject.source(project, folder, snapshot, "held out")
    run = Run(project, folder, order, snapshot, frozen)
    if not is_published(folder):
        yield from _train(run, subject, machine)
        if not is_published(folder):
            return
    if not (folder / JSON).is_file():
        yield from _compare(run, subject, baseline)
    yield _conclude(run, task)


def unfinished_run(project: Project, task: str = TASK) -> Path | None:
    """The folder of a run that was begun and has not come to its end; None without one."""
    known = {version.name for version in project.models.all(task)}
    begun = sorted(runs_folder(project).glob(f"{task}-*/{SNAPSHOT}"))
    return next((path.parent for path in begun if path.parent.name not in known), None)


def discard_run(project: Project, task: str = TASK) -> bool:
    """Remove a run that has not come to its end, and say whether there was one.

    The sides of the frozen split that it has fixed stay.
    """
    folder = unfinished_run(project, task)
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
    return folder is not None


def _begin(project: Project, settings: RetrainSettings, subject: Subject) -> tuple[Path, str]:
    """Take the snapshot of a new run; its file, written last, makes it one."""
    split_file = project.folder / FOLDER / SPLIT
    if project.models.all() and not split_file.exists():
        raise InputError(
            split_file,
            "the frozen validation set is gone",
            "bring it back from a backup: without it nobody knows what was trained on",
        )
    wanted = subject.wanted(project)
    snapshot, split = take_snapshot(project, settings, Split.read(split_file), wanted)
    _check_room(project, snapshot.faces())
    old = project.models.active(subject.task)
    begin = None if settings.scratch else subject.begins_from(project)
    init = ""
    if begin is not None:
        inside = begin[1].is_relative_to(project.folder)
        init = str(begin[1].relative_to(project.folder) if inside else begin[1])
    finished = count_faces(project, finished_query(settings))
    order = Order(settings, old.name if old else "", begin[0] if begin else "", init, finished)
    number = 1 + max((int(p.name[-4:]) for p in _run_folders(project, subject.task)), default=0)
    folder = runs_folder(project) / f"{subject.task}-{number:04d}"
    split.write(split_file)
    told = asdict(order) | {"settings": settings.to_dict()}
    replace_file(folder / ORDER, json.dumps(told, indent=1).encode("utf-8"))
    snapshot.write(folder / SNAPSHOT)
    faces, held = snapshot.faces("train"), snapshot.faces("held out")
    return folder, f"{folder.name}: {faces} faces to train on, {held} frozen ones to compare on."


def _run_folders(project: Project, task: str) -> list[Path]:
    return [p for p in runs_folder(project).glob(f"{task}-*") if p.name[-4:].isdigit()]


def _read_order(folder: Path) -> Order:
    try:
        told: dict[str, Any] = json.loads((folder / ORDER).read_text(encoding="utf-8"))
        return Order(**{**told, "settings": RetrainSettings.from_dict(told["settings"])})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            folder, f"its order cannot be read ({error})", "cancel this training, begin anew"
        ) from error


def _check_room(project: Project, faces: int) -> None:
    needed = faces * _FACE_BYTES + _OTHER_BYTES
    free = shutil.disk_usage(project.folder).free
    if free < needed:
        raise InputError(
            project.folder,
            f"a training on {faces} faces needs {needed / 1e9:.1f} GB of room, "
            f"and {free / 1e9:.1f} are free",
            "free some",
        )


def _train(run: Run, subject: Subject, machine: Machine | None) -> Generator[Progress, None, None]:
    steps = run.order.settings.steps
    machine = machine or Machine(
        report_every=_REPORTS, validate_every=max(1, steps // _VALIDATIONS), save_every=100
    )
    yield Progress("note", 0, steps, note="Cutting the faces out of the photos.")
    task, recipe = subject.prepare(run)
    last = Progress("done", 0, steps)
    for last in fit(task, recipe, run.folder, machine):
        if last.stage != "done":
            yield last
    if last.stage != "done":
        return
    facts = {
        "faces trained on": str(run.snapshot.faces("train")),
        "frozen faces": str(run.snapshot.faces("held out")),
        "project": run.project.folder.stem,
        "licence": "that of the photos and annotations it was trained on",
    }
    for note in subject.publish(run, task, recipe, facts):
        yield Progress("note", steps, steps, seconds=last.seconds, note=note)


def _compare(run: Run, subject: Subject, baseline: Any) -> Generator[Progress, None, None]:
    work = subject.measure(run, baseline)
    try:
        while True:
            yield Progress("comparing", next(work), len(run.frozen))
    except StopIteration as end:
        found = end.value
    settings = run.order.settings
    facts = {
        "faces trained on": str(run.snapshot.faces("train")),
        "begun from": run.order.begun_from or "random weights",
        "steps": f"{settings.steps} of {settings.batch}",
    }
    verdict = compare(found.old, found.new, settings.rule)
    told = Comparison(found.name, run.folder.name, found.old, found.new, verdict, facts)
    write_report(told, run.folder)


def _conclude(run: Run, task: str) -> Progress:
    """Enter the version into the project, use it if it was promoted, and clear up."""
    project, folder, snapshot = run.project, run.folder, run.snapshot
    told = read_report(folder)
    scores = {name: value for name, value in told["new"].items() if name != "name"}
    scores |= {f"old {name}": value for name, value in told["old"].items() if name != "name"}
    scores |= {"faces": snapshot.faces("train"), "frozen faces": snapshot.faces("held out")}
    whole = told["rows"][0]
    scores |= {"fall": whole["better"], "low": whole["low"], "high": whole["high"]}
    scores |= {"promoted": float(told["promoted"])}
    place = folder.relative_to(project.folder).as_posix()
    version = ModelVersion(folder.name, task, place, parent=run.order.begun_from, metrics=scores)
    # One transaction: a run whose version is entered is never taken up again.
    project.models.add(version, active=bool(told["promoted"]))
    project.settings.set(last_key(task), run.order.finished or snapshot.faces())
    shutil.rmtree(folder / CROPS, ignore_errors=True)
    shutil.rmtree(folder / "checkpoints", ignore_errors=True)
    steps = run.order.settings.steps
    what = "is in use now" if told["promoted"] else "stays a candidate"
    return Progress("done", steps, steps, note=f"{folder.name} {what}. {told['reason']}")
