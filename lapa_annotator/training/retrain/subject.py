"""What a retraining is about: how its data, its network and its errors come to be."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from lapa_annotator.store.project import Project
from lapa_annotator.training.data.crops import Crops, CropSpec, CropStore
from lapa_annotator.training.data.sources import Source, open_source
from lapa_annotator.training.datasets import Data
from lapa_annotator.training.loop import Recipe, Task
from lapa_annotator.training.retrain.gate import Errors
from lapa_annotator.training.retrain.settings import KINDS, RetrainSettings
from lapa_annotator.training.retrain.snapshot import Snapshot, SnapshotSource, Wanted

if TYPE_CHECKING:
    import torch

CROPS = "crops"
"""Folder of a run's crops, which goes when the run has come to its end."""


@dataclass(frozen=True)
class Order:
    """What a run was begun with.

    Attributes:
        settings: the project's, as they were.
        old: the version that was in use, which the new one is compared with; "" for the
            program's own.
        begun_from: name of the weights that training begins from; "" for random ones.
        init: their file, relative to the project where it lies in it.
        finished: how many faces were finished, of use or not.
    """

    settings: RetrainSettings
    old: str
    begun_from: str
    init: str
    finished: int = 0


@dataclass(frozen=True)
class Run:
    """A run as it is taken up.

    Attributes:
        project: open for writing.
        folder: the run's own.
        order: what it was begun with.
        snapshot: what it is made on.
        frozen: the faces that are held out.
    """

    project: Project
    folder: Path
    order: Order
    snapshot: Snapshot
    frozen: SnapshotSource


@dataclass(frozen=True, eq=False)
class Compared:
    """The errors of two versions on the same faces: ``name``s, ``old`` and ``new``."""

    name: str
    old: Errors
    new: Errors


class Subject(Protocol):
    """One of the things that a project's models can be taught.

    Attributes:
        task: what the store, the folders of runs and the command line call it.
        noun: what a sentence calls the network.
    """

    task: str
    noun: str

    def wanted(self, project: Project) -> Wanted | None:
        """Which faces with landmarks are of use; None for all."""

    def source(
        self, project: Project, folder: Path, snapshot: Snapshot, part: Any, kind: str | None = None
    ) -> SnapshotSource:
        """The faces of a snapshot, with what is taught; ``folder`` is the run's."""

    def begins_from(self, project: Project) -> tuple[str, Path] | None:
        """Name and file of the weights that fine-tuning begins from; None where there are none."""

    def prepare(self, run: Run) -> tuple[Task, Recipe]:
        """Cut the crops, and make the task of the loop and its recipe."""

    def publish(
        self, run: Run, task: Task, recipe: Recipe, facts: Mapping[str, str]
    ) -> Iterator[str]:
        """Write what the training is for into the run's folder, the card last; says sentences."""

    def measure(self, run: Run, baseline: Any) -> Generator[int, None, Compared]:
        """Run the old and the new version on the frozen faces; yields how many are done."""


@dataclass(frozen=True, eq=False)
class Kept:
    """The crops of a run: stores to train on with their shares, and those of the frozen faces.

    Attributes:
        stores, shares: crops, and how much of the batches each gives.
        held_out: crops of the frozen faces.
        prints, data: fingerprints and names of the stores' sources, for the recipe.
    """

    stores: list[Crops]
    shares: list[float]
    held_out: Crops
    prints: dict[str, str]
    data: tuple[str, ...]


def kept_crops_of(run: Run, subject: Subject, spec: CropSpec | None = None) -> Kept:
    """Cut the crops of a run, or find them.

    Raises:
        InputError: a photo has vanished, a folder has no samples, a full disk.
    """
    stores: list[Crops] = []
    shares, prints, data = [], {}, []
    for source, share in _sources(run, subject):
        stores.append(CropStore.build(source, run.folder / CROPS, spec))
        shares.append(share)
        prints[source.name] = source.fingerprint()
        data.append(f"{source.name}:{share:g}")
    held_out = CropStore.build(run.frozen, run.folder / CROPS, spec)
    return Kept(stores, shares, held_out, prints, tuple(data))


def _sources(run: Run, subject: Subject) -> list[tuple[Source, float]]:
    """What is trained on: the snapshot's faces by kind, and other folders, with their shares."""
    found: list[tuple[Source, float]] = []
    settings = run.order.settings
    for kind in KINDS:
        share = settings.shares.get(kind, 0.0)
        if share > 0 and run.snapshot.chosen("train", kind):
            mine = subject.source(run.project, run.folder, run.snapshot, "train", kind)
            found.append((mine, share))
    for text in settings.folders:
        data = Data.parse(text)
        if data.share > 0:
            found.append((open_source(data.path, "train"), data.share))
    return found


def weights_of(run: Run) -> tuple[Any, dict[str, torch.Tensor]] | None:
    """What is known of the weights that training begins from, and their tensors; None for none.

    Raises:
        InputError: they are gone or damaged.
    """
    if not run.order.init:
        return None
    from lapa_annotator.nets.weights import load_weights

    module, info = load_weights(run.project.folder / run.order.init)
    return info, module.state_dict()
