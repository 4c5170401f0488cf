"""Retraining the landmark model of a project."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lapa_annotator.dla.hourglass import HourglassProposer
from lapa_annotator.dla.registry import Proposer
from lapa_annotator.domain.errors import InputError
from lapa_annotator.store.project import Project
from lapa_annotator.training.data.batches import Batches
from lapa_annotator.training.data.split import Part
from lapa_annotator.training.landmark_files import IR, publish
from lapa_annotator.training.landmark_run import NETWORK
from lapa_annotator.training.landmarks import LANDMARK_AUGMENT, LandmarkLosses, LandmarkTask
from lapa_annotator.training.loop import Recipe, Task, trained
from lapa_annotator.training.retrain.measure import measure
from lapa_annotator.training.retrain.snapshot import Snapshot, SnapshotSource
from lapa_annotator.training.retrain.subject import Compared, Run, kept_crops_of, weights_of
from lapa_annotator.training.retrain.versions import (
    TASK,
    current_proposer,
    proposer_of,
    weights_to_begin_from,
)

if TYPE_CHECKING:
    import torch


class Landmarks:
    """The 106 points; see ``Subject``. A baseline is a proposer."""

    task, noun = TASK, "landmark model"

    def wanted(self, project: Project) -> None:
        """Every face with landmarks is of use."""
        del project

    def source(
        self,
        project: Project,
        folder: Path,
        snapshot: Snapshot,
        part: Part,
        kind: str | None = None,
    ) -> SnapshotSource:
        """See ``Subject.source``."""
        del folder
        return SnapshotSource(project, snapshot, part, kind)

    def begins_from(self, project: Project) -> tuple[str, Path] | None:
        """See ``Subject.begins_from``."""
        return weights_to_begin_from(project)

    def prepare(self, run: Run) -> tuple[Task, Recipe]:
        """See ``Subject.prepare``."""
        settings = run.order.settings
        kept = kept_crops_of(run, self)
        network, initial = self._network(run)
        losses, augment = LandmarkLosses(), LANDMARK_AUGMENT
        recipe = Recipe(
            task=TASK,
            network=NETWORK,
            settings=network,
            data=kept.data,
            fingerprints=kept.prints,
            options={"losses": asdict(losses), "augment": asdict(augment)},
            steps=settings.steps,
            batch=settings.batch,
            seed=settings.seed,
            rate=settings.rate,
            warmup=min(200, settings.steps // 10),
            init=run.order.begun_from,
        )
        batches = Batches(kept.stores, kept.shares, augment, settings.seed, settings.batch)
        return LandmarkTask(NETWORK, network, batches, [kept.held_out], losses, initial), recipe

    def publish(
        self, run: Run, task: Task, recipe: Recipe, facts: Mapping[str, str]
    ) -> Iterator[str]:
        """See ``Subject.publish``."""
        return publish(trained(task, run.folder), recipe, facts, run.folder, [run.frozen])

    def measure(self, run: Run, baseline: Proposer | None = None) -> Generator[int, None, Compared]:
        """See ``Subject.measure``."""
        old = self._old(run, baseline)
        new = HourglassProposer(run.folder.name, run.folder / IR)
        before, after = yield from measure((old, new), run.frozen)
        return Compared(old.name, before, after)

    def _network(self, run: Run) -> tuple[dict[str, Any], dict[str, torch.Tensor] | None]:
        """The network's settings and the weights that it begins from."""
        given = weights_of(run)
        if given is None:
            return {"width": run.order.settings.width, "stacks": 1}, None
        info, tensors = given
        if info.network != NETWORK:
            remedy = "begin from weights of a landmark model"
            raise InputError(run.order.init, f"it is a {info.network}", remedy)
        return dict(info.settings), tensors

    def _old(self, run: Run, baseline: Proposer | None) -> Proposer:
        for version in run.project.models.all(TASK):
            if version.name == run.order.old:
                return proposer_of(run.project, version)
        return baseline or current_proposer(run.project)
