"""Retraining the parsing network of a project: the one that tells hair and skin apart."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from lapa_annotator.domain.errors import InputError
from lapa_annotator.ppa.segment import Segmenter
from lapa_annotator.ppa.settings import settings_of
from lapa_annotator.store.project import Project
from lapa_annotator.training.data.augment import AugmentSettings
from lapa_annotator.training.data.batches import Batches
from lapa_annotator.training.data.split import Part
from lapa_annotator.training.landmark_files import WEIGHTS
from lapa_annotator.training.loop import Recipe, Task
from lapa_annotator.training.parsers.table import parser_of
from lapa_annotator.training.parsing import KEPT, ParsingTask, Stage, seen_crop
from lapa_annotator.training.parsing_run import (
    ABOUT,
    MOSAICS,
    SCALES,
    ParsingOrder,
    publish_parser,
)
from lapa_annotator.training.retrain.map_source import MapSource, has_map
from lapa_annotator.training.retrain.measure import measure_maps
from lapa_annotator.training.retrain.snapshot import Snapshot, Wanted
from lapa_annotator.training.retrain.subject import Compared, Run, kept_crops_of, weights_of
from lapa_annotator.training.retrain.versions import (
    PARSING,
    current_segmenter,
    parser_to_begin_from,
    segmenter_of,
)

MAPS = "maps"
"""Folder of a run's label maps."""


class LabelMaps:
    """Hair and skin, from label maps; see ``Subject``. A baseline is a segmenter.

    What is taught are the faces of finished and approved images whose label map somebody has
    looked at. The network is the one of the fine stage: three classes, or eleven.
    """

    task, noun = PARSING, "parsing network"

    def wanted(self, project: Project) -> Wanted | None:
        """Faces with a label map are of use.

        Raises:
            InputError: the project's settings name a segmenter, which a version would not replace.
        """
        settings = settings_of(project)
        named = settings.parser or settings.segmenter
        if named:
            raise InputError(
                project.folder,
                f"its settings of label maps name {named}, which a new version would not replace",
                "name none with `what-if PROJECT --set segmenter=any --set parser= --apply`",
            )
        return has_map(project)

    def source(
        self,
        project: Project,
        folder: Path,
        snapshot: Snapshot,
        part: Part,
        kind: str | None = None,
    ) -> MapSource:
        """See ``Subject.source``."""
        return MapSource(project, snapshot, folder / MAPS, part, kind)

    def begins_from(self, project: Project) -> tuple[str, Path] | None:
        """See ``Subject.begins_from``."""
        return parser_to_begin_from(project)

    def prepare(self, run: Run) -> tuple[Task, Recipe]:
        """See ``Subject.prepare``."""
        settings = run.order.settings
        kept = kept_crops_of(run, self, KEPT)
        net, network, initial = self._network(run)
        stage: Stage = "fine"
        to = seen_crop(stage, self._size(run))
        augment = replace(AugmentSettings(), scale=SCALES[stage])
        batches = Batches(
            kept.stores, kept.shares, augment, settings.seed, settings.batch, to, maps=True
        )
        parser = parser_of(net)
        task: ParsingTask = parser.task(
            net, network, batches, [kept.held_out], parser.options, initial, MOSAICS[stage]
        )
        recipe = Recipe(
            task=PARSING,
            network=net,
            settings=network,
            data=kept.data,
            fingerprints=kept.prints,
            options={"crop": asdict(to), "augment": asdict(augment), **task.options},
            steps=settings.steps,
            batch=settings.batch,
            seed=settings.seed,
            rate=settings.rate,
            warmup=min(200, settings.steps // 10),
            # The boundary's weight of 201 makes long gradients; AdamW does not mind them.
            clip=0.0,
            init=run.order.begun_from,
        )
        return task, recipe

    def publish(
        self, run: Run, task: Task, recipe: Recipe, facts: Mapping[str, str]
    ) -> Iterator[str]:
        """See ``Subject.publish``."""
        assert isinstance(task, ParsingTask)
        publish_parser(task, recipe, self._size(run), facts, run.folder)
        yield f"Weights, network and a card: {run.folder}"

    def measure(
        self, run: Run, baseline: Segmenter | None = None
    ) -> Generator[int, None, Compared]:
        """See ``Subject.measure``."""
        assert isinstance(run.frozen, MapSource)
        old = self._old(run, baseline)
        new = segmenter_of(run.folder)
        options = settings_of(run.project).options
        before, after = yield from measure_maps((old, new), run.frozen, options)
        return Compared(old.name, before, after)

    def _network(self, run: Run) -> tuple[str, dict[str, Any], Any]:
        """The network's row, its settings and the weights that it begins from."""
        given = weights_of(run)
        if given is None:
            usual = ParsingOrder(data=())
            return usual.net, usual.settings, None
        info, tensors = given
        if info.settings.get("classes", 0) < 3:
            remedy = "begin from weights of three or eleven classes"
            raise InputError(run.order.init, "it does not tell hair from skin", remedy)
        # What a file of weights does not tell is as usual.
        usual = ParsingOrder(data=(), net=info.network, classes=int(info.settings["classes"]))
        return info.network, {**usual.settings, **info.settings}, tensors

    def _size(self, run: Run) -> int:
        """Side of the picture that the network wants, as the weights begun from have it."""
        if not run.order.init:
            return ParsingOrder(data=()).size
        weights = run.project.folder / run.order.init
        about = weights.with_name(ABOUT) if weights.name == WEIGHTS else weights
        try:
            return int(json.loads(about.with_suffix(".json").read_text("utf-8"))["size"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                about.with_suffix(".json"),
                "it does not say what the network wants",
                "cancel this training, and begin from other weights",
            ) from error

    def _old(self, run: Run, baseline: Segmenter | None) -> Segmenter:
        for version in run.project.models.all(PARSING):
            if version.name == run.order.old:
                return segmenter_of(run.project.folder / version.weights)
        return baseline or current_segmenter(run.project)
