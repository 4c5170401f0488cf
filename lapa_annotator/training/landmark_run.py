"""One training of the landmark network: folders in; weights, card and curves out."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lapa_annotator.domain.errors import InputError
from lapa_annotator.training.data.augment import AugmentSettings
from lapa_annotator.training.data.batches import Batches
from lapa_annotator.training.data.crops import Crops, CropSpec
from lapa_annotator.training.datasets import (
    Data,
    count_photos,
    crops_folder,
    first_faces,
    kept_crops,
)
from lapa_annotator.training.landmark_files import is_published, publish
from lapa_annotator.training.landmarks import LANDMARK_AUGMENT, LandmarkLosses, LandmarkTask
from lapa_annotator.training.loop import Machine, Progress, Recipe, fit, leads, trained
from lapa_annotator.training.loop.machine import need

if TYPE_CHECKING:
    import torch

NETWORK = "hourglass"
UNNAMED_LICENCE = "not stated: to be named before the weights are given away"
_WIDTH, _STACKS = 256, 1


@dataclass(frozen=True)
class LandmarkOrder:
    """What to train.

    Attributes:
        data: folders with their shares.
        steps, batch, seed, rate: as in ``Recipe``.
        width, stacks: of the hourglass; None takes those of ``init``, or 256 and 1.
        init: file of the weights to begin from.
        limit: most photos to train on, 0 for all; of one seed, more hold the fewer.
        losses, augment: what counts how much, how strongly crops are changed.
        cache: where cut crops are kept.
        licence: of the weights, for the card.
    """

    data: tuple[Data, ...]
    steps: int = 2000
    batch: int = 8
    seed: int = 0
    rate: float = 1e-3
    width: int | None = None
    stacks: int | None = None
    init: Path | None = None
    limit: int = 0
    losses: LandmarkLosses = field(default_factory=LandmarkLosses)
    augment: AugmentSettings = LANDMARK_AUGMENT
    cache: Path = field(default_factory=crops_folder)
    licence: str = UNNAMED_LICENCE


@dataclass(frozen=True, eq=False)
class _Prepared:
    """A task with its recipe, ready to train."""

    task: LandmarkTask
    recipe: Recipe
    faces: int


def train_landmarks(
    order: LandmarkOrder, out: Path, machine: Machine | None = None, *, export: bool = True
) -> Generator[Progress, None, None]:
    """Train in the folder ``out``, or go on there; see ``loop.fit``.

    Reports of stage "note" tell what is done before and after the steps. At the end ``out``
    holds what ``landmark_files.publish`` writes; without ``export`` only the checkpoints.

    Raises:
        InputError: a folder without samples, weights of another shape, and what ``fit`` raises.
    """
    need("lightning")
    said: list[str] = []
    prepared = _prepare(order, said)
    for note in said:
        yield Progress("note", 0, order.steps, note=note)
    last = Progress("done", 0, order.steps)
    for last in fit(prepared.task, prepared.recipe, out, machine):
        yield last
    if export and leads() and last.stage == "done" and not is_published(out):
        facts = {"faces trained on": str(prepared.faces), "licence": order.licence}
        for note in publish(trained(prepared.task, out), prepared.recipe, facts, out):
            yield Progress("note", last.step, last.steps, seconds=last.seconds, note=note)


def _prepare(order: LandmarkOrder, said: list[str]) -> _Prepared:
    settings, initial, digest = _beginning(order)
    stores: list[Crops] = []
    shares, held_out, prints = [], [], dict(digest)
    for data in order.data:
        spec = CropSpec()
        if data.share > 0:
            store, prints[str(data.path)] = kept_crops(data.path, "train", spec, order.cache)
            stores.append(store)
            shares.append(data.share)
            said.append(f"{data.path}: {len(store)} faces to train on.")
        try:
            held_out.append(kept_crops(data.path, "held out", spec, order.cache)[0])
        except InputError as error:
            said.append(f"Nothing of it is held out: {error}")
    if order.limit:
        photos = count_photos(stores)
        if order.limit > photos:
            raise InputError(
                "--limit",
                f"{order.limit} photos are asked for and {photos} are there to train on",
                "take fewer or add folders",
            )
        some = first_faces(stores, order.limit, order.seed)
        kept = [(s, share) for s, share in zip(some, shares, strict=True) if len(s)]
        stores, shares = [s for s, _ in kept], [share for _, share in kept]
    recipe = _recipe(order, settings, prints)
    batches = Batches(stores, shares, order.augment, order.seed, order.batch)
    task = LandmarkTask(NETWORK, settings, batches, held_out, order.losses, initial)
    return _Prepared(task, recipe, sum(len(store) for store in stores))


def _recipe(order: LandmarkOrder, settings: dict[str, Any], prints: dict[str, str]) -> Recipe:
    return Recipe(
        task="landmarks",
        network=NETWORK,
        settings=settings,
        data=tuple(str(data) for data in order.data),
        fingerprints=prints,
        options={
            "limit": order.limit,
            "losses": asdict(order.losses),
            "augment": asdict(order.augment),
        },
        steps=order.steps,
        batch=order.batch,
        seed=order.seed,
        rate=order.rate,
        warmup=min(200, order.steps // 10),
        init=str(order.init or ""),
    )


def _beginning(
    order: LandmarkOrder,
) -> tuple[dict[str, Any], dict[str, torch.Tensor] | None, dict[str, str]]:
    """The network's settings, the weights to begin from and their checksum."""
    wanted = {"width": order.width, "stacks": order.stacks}
    if order.init is None:
        return {"width": order.width or _WIDTH, "stacks": order.stacks or _STACKS}, None, {}
    from lapa_annotator.nets.weights import load_weights
    from lapa_annotator.runtime.files import checksum

    module, info = load_weights(order.init)
    if info.network != NETWORK:
        raise InputError(order.init, f"it is a {info.network}", f"name weights of a {NETWORK}")
    settings = {"width": _WIDTH, "stacks": _STACKS, **info.settings}
    for name, value in wanted.items():
        if value not in (None, settings[name]):
            raise InputError(
                order.init, f"its {name} is {settings[name]}, not {value}", f"leave --{name} out"
            )
    return settings, module.state_dict(), {"init": checksum(order.init)}
