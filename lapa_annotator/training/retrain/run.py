"""One retraining of a project, from snapshot to verdict; called again, it goes on.

A run is a folder of the project. What is done is told by the files in it: the settings it was
begun with and the snapshot, the checkpoints, the published weights, the report. So a run that was
killed at any moment goes on with the first thing that is missing.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Generator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lapa_annotator.dla.hourglass import HourglassProposer
from lapa_annotator.dla.registry import Proposer
from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.atomic import replace_file
from lapa_annotator.store.project import Project
from lapa_annotator.store.values import ModelVersion
from lapa_annotator.training.data.augment import AugmentSettings
from lapa_annotator.training.data.batches import Batches
from lapa_annotator.training.data.crops import Crops, CropStore
from lapa_annotator.training.data.sources import Source, open_source
from lapa_annotator.training.datasets import Data
from lapa_annotator.training.landmark_files import IR, is_published, publish
from lapa_annotator.training.landmark_run import NETWORK
from lapa_annotator.training.landmarks import LandmarkLosses, LandmarkTask
from lapa_annotator.training.loop import Machine, Progress, Recipe, fit, trained
from lapa_annotator.training.loop.machine import need
from lapa_annotator.training.retrain.gate import compare
from lapa_annotator.training.retrain.measure import measure
from lapa_annotator.training.retrain.report import JSON, Comparison, read_report, write_report
from lapa_annotator.training.retrain.settings import KINDS, RetrainSettings
from lapa_annotator.training.retrain.snapshot import FILE as SNAPSHOT
from lapa_annotator.training.retrain.snapshot import Snapshot, SnapshotSource, take_snapshot
from lapa_annotator.training.retrain.split import FILE as SPLIT
from lapa_annotator.training.retrain.split import Split
from lapa_annotator.training.retrain.versions import (
    FOLDER,
    TASK,
    current_proposer,
    proposer_of,
    runs_folder,
    weights_to_begin_from,
)

if TYPE_CHECKING:
    import torch

ORDER, CROPS = "order.json", "crops"
LAST = "retraining.last"
"""The project's setting that tells how many faces were finished at the last training."""

# What a face's crop takes on the disk, and a training's weights and checkpoints.
_FACE_BYTES, _OTHER_BYTES = 1.05e6, 4e8
_REPORTS, _VALIDATIONS = 10, 8


@dataclass(frozen=True)
class Order:
    """What a run was begun with.

    Attributes:
        settings: the project's, as they were.
        old: the version that was in use, which the new one is compared with; "" for the
            program's own.
        begun_from: name of the weights that training begins from; "" for random ones.
        init: their file, relative to the project where it lies in it.
    """

    settings: RetrainSettings
    old: str
    begun_from: str
    init: str


def retrain(
    project: Project,
    settings: RetrainSettings,
    machine: Machine | None = None,
    *,
    baseline: Proposer | None = None,
) -> Generator[Progress, None, None]:
    """Train a new version of a project's landmark model, or go on with one that was stopped.

    Stages are those of ``loop.fit``, "note", and "comparing" with faces done as step. The last
    report's stage is "done"; its note says what came of it.

    Args:
        project: open for writing; annotating goes on meanwhile.
        settings: of a run that begins now; one that goes on keeps its own.
        machine: what to train on.
        baseline: what to compare with where the project has no version in use; the program's
            default without.

    Raises:
        InputError: too little is finished, a full disk, a photo or weights that have vanished,
            and what ``loop.fit`` raises; the project is as it was.
    """
    need("lightning")
    folder = unfinished_run(project)
    if folder is None:
        folder, note = _begin(project, settings)
    else:
        note = f"Going on with {folder.name}."
    yield Progress("note", 0, settings.steps, note=note)
    order, snapshot = _read_order(folder), Snapshot.read(folder / SNAPSHOT)
    frozen = SnapshotSource(project, snapshot, "held out")
    if not is_published(folder):
        yield from _train(project, folder, order, snapshot, machine, frozen)
        if not is_published(folder):
            return
    if not (folder / JSON).is_file():
        yield from _compare(project, folder, order, snapshot, frozen, baseline)
    yield _conclude(project, folder, order, snapshot)


def unfinished_run(project: Project) -> Path | None:
    """The folder of a run that was begun and has not come to its end; None without one."""
    known = {version.name for version in project.models.all(TASK)}
    begun = sorted(runs_folder(project).glob(f"{TASK}-*/{SNAPSHOT}"))
    return next((path.parent for path in begun if path.parent.name not in known), None)


def discard_run(project: Project) -> bool:
    """Remove a run that has not come to its end, and say whether there was one.

    The sides of the frozen split that it has fixed stay.
    """
    folder = unfinished_run(project)
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
    return folder is not None


def _begin(project: Project, settings: RetrainSettings) -> tuple[Path, str]:
    """Take the snapshot of a new run; its file, written last, makes it one."""
    split_file = project.folder / FOLDER / SPLIT
    if project.models.all(TASK) and not split_file.exists():
        raise InputError(
            split_file,
            "the frozen validation set is gone",
            "bring it back from a backup: without it nobody knows what was trained on",
        )
    snapshot, split = take_snapshot(project, settings, Split.read(split_file))
    _check_room(project, snapshot.faces())
    old = project.models.active(TASK)
    begin = None if settings.scratch else weights_to_begin_from(project)
    init = ""
    if begin is not None:
        inside = begin[1].is_relative_to(project.folder)
        init = str(begin[1].relative_to(project.folder) if inside else begin[1])
    order = Order(settings, old.name if old else "", begin[0] if begin else "", init)
    number = 1 + max((int(p.name[-4:]) for p in _run_folders(project)), default=0)
    folder = runs_folder(project) / f"{TASK}-{number:04d}"
    split.write(split_file)
    told = asdict(order) | {"settings": settings.to_dict()}
    replace_file(folder / ORDER, json.dumps(told, indent=1).encode("utf-8"))
    snapshot.write(folder / SNAPSHOT)
    faces, held = snapshot.faces("train"), snapshot.faces("held out")
    return folder, f"{folder.name}: {faces} faces to train on, {held} frozen ones to compare on."


def _run_folders(project: Project) -> list[Path]:
    return [p for p in runs_folder(project).glob(f"{TASK}-*") if p.name[-4:].isdigit()]


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


def _train(
    project: Project,
    folder: Path,
    order: Order,
    snapshot: Snapshot,
    machine: Machine | None,
    frozen: SnapshotSource,
) -> Generator[Progress, None, None]:
    steps = order.settings.steps
    machine = machine or Machine(
        report_every=_REPORTS, validate_every=max(1, steps // _VALIDATIONS), save_every=100
    )
    yield Progress("note", 0, steps, note="Cutting the faces out of the photos.")
    task, recipe = _prepare(project, folder, order, snapshot, frozen)
    last = Progress("done", 0, steps)
    for last in fit(task, recipe, folder, machine):
        if last.stage != "done":
            yield last
    if last.stage != "done":
        return
    facts = {
        "faces trained on": str(snapshot.faces("train")),
        "frozen faces": str(snapshot.faces("held out")),
        "project": project.folder.stem,
        "licence": "that of the photos and annotations it was trained on",
    }
    for note in publish(trained(task, folder), recipe, facts, folder, [frozen]):
        yield Progress("note", steps, steps, seconds=last.seconds, note=note)


def _prepare(
    project: Project, folder: Path, order: Order, snapshot: Snapshot, frozen: SnapshotSource
) -> tuple[LandmarkTask, Recipe]:
    settings = order.settings
    stores: list[Crops] = []
    shares, prints, data = [], {}, []
    for source, share in _sources(project, snapshot, settings):
        stores.append(CropStore.build(source, folder / CROPS))
        shares.append(share)
        prints[source.name] = source.fingerprint()
        data.append(f"{source.name}:{share:g}")
    held_out = CropStore.build(frozen, folder / CROPS)
    network, initial = _network(project, order)
    losses, augment = LandmarkLosses(), AugmentSettings()
    recipe = Recipe(
        task=TASK,
        network=NETWORK,
        settings=network,
        data=tuple(data),
        fingerprints=prints,
        options={"losses": asdict(losses), "augment": asdict(augment)},
        steps=settings.steps,
        batch=settings.batch,
        seed=settings.seed,
        rate=settings.rate,
        warmup=min(200, settings.steps // 10),
        init=order.begun_from,
    )
    batches = Batches(stores, shares, augment, settings.seed, settings.batch)
    return LandmarkTask(NETWORK, network, batches, [held_out], losses, initial), recipe


def _sources(
    project: Project, snapshot: Snapshot, settings: RetrainSettings
) -> list[tuple[Source, float]]:
    """What is trained on: the snapshot's faces by kind, and other folders, with their shares."""
    found: list[tuple[Source, float]] = []
    for kind in KINDS:
        share = settings.shares.get(kind, 0.0)
        if share > 0 and snapshot.chosen("train", kind):
            found.append((SnapshotSource(project, snapshot, "train", kind), share))
    for text in settings.folders:
        data = Data.parse(text)
        if data.share > 0:
            found.append((open_source(data.path, "train"), data.share))
    return found


def _network(
    project: Project, order: Order
) -> tuple[dict[str, Any], dict[str, torch.Tensor] | None]:
    """The network's settings and the weights that it begins from."""
    if not order.init:
        return {"width": order.settings.width, "stacks": 1}, None
    from lapa_annotator.nets.weights import load_weights

    path = project.folder / order.init
    module, info = load_weights(path)
    if info.network != NETWORK:
        raise InputError(path, f"it is a {info.network}", "begin from weights of a landmark model")
    return dict(info.settings), module.state_dict()


def _compare(
    project: Project,
    folder: Path,
    order: Order,
    snapshot: Snapshot,
    frozen: SnapshotSource,
    baseline: Proposer | None,
) -> Generator[Progress, None, None]:
    old = _old(project, order, baseline)
    versions: Sequence[Proposer] = (old, HourglassProposer(folder.name, folder / IR))
    work = measure(versions, frozen)
    try:
        while True:
            yield Progress("comparing", next(work), len(frozen))
    except StopIteration as end:
        before, after = end.value
    facts = {
        "faces trained on": str(snapshot.faces("train")),
        "begun from": order.begun_from or "random weights",
        "steps": f"{order.settings.steps} of {order.settings.batch}",
    }
    verdict = compare(before, after, order.settings.rule)
    write_report(Comparison(old.name, folder.name, before, after, verdict, facts), folder)


def _old(project: Project, order: Order, baseline: Proposer | None) -> Proposer:
    for version in project.models.all(TASK):
        if version.name == order.old:
            return proposer_of(project, version)
    return baseline or current_proposer(project)


def _conclude(project: Project, folder: Path, order: Order, snapshot: Snapshot) -> Progress:
    """Enter the version into the project, use it if it was promoted, and clear up."""
    told = read_report(folder)
    scores = {name: value for name, value in told["new"].items() if name != "name"}
    scores |= {f"old {name}": value for name, value in told["old"].items() if name != "name"}
    scores |= {"faces": snapshot.faces("train"), "frozen faces": snapshot.faces("held out")}
    whole = told["rows"][0]
    scores |= {"fall": whole["better"], "low": whole["low"], "high": whole["high"]}
    scores |= {"promoted": float(told["promoted"])}
    place = folder.relative_to(project.folder).as_posix()
    version = ModelVersion(folder.name, TASK, place, parent=order.begun_from, metrics=scores)
    # One transaction: a run whose version is entered is never taken up again.
    project.models.add(version, active=bool(told["promoted"]))
    project.settings.set(LAST, snapshot.faces())
    shutil.rmtree(folder / CROPS, ignore_errors=True)
    shutil.rmtree(folder / "checkpoints", ignore_errors=True)
    steps = order.settings.steps
    what = "is in use now" if told["promoted"] else "stays a candidate"
    return Progress("done", steps, steps, note=f"{folder.name} {what}. {told['reason']}")
