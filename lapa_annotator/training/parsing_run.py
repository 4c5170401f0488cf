"""One training of a parsing network: folders in; weights, network and card out."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from lapa_annotator.domain.errors import InputError, choose
from lapa_annotator.formats.atomic import replace_file
from lapa_annotator.training.card import card
from lapa_annotator.training.data.augment import AugmentSettings
from lapa_annotator.training.data.batches import Batches
from lapa_annotator.training.data.crops import Crops
from lapa_annotator.training.datasets import Data, crops_folder, kept_crops
from lapa_annotator.training.landmark_files import CARD, IR, WEIGHTS, is_published
from lapa_annotator.training.landmark_run import UNNAMED_LICENCE
from lapa_annotator.training.loop import Machine, Progress, Recipe, RunFolder, fit, leads, trained
from lapa_annotator.training.loop.machine import need
from lapa_annotator.training.parsing import KEPT, ParsingTask, Stage, seen_crop

if TYPE_CHECKING:
    import torch

Net = Literal["pspnet", "bspnet"]
Model = Literal["A", "B", "C"]

ALPHA = 200.0
"""How much more a boundary pixel counts, in the paper; for Model C alone."""
ABOUT = "network.json"
"""What a network wants, beside it: side of its picture, number of classes."""
_LEAST_EPOCH = 100
_LIMITS = (
    "The scores are of held-out faces of the folders above alone, on upright crops around the "
    "true points.",
    "Where label maps come from a teacher, the scores say how far it agrees with the teacher.",
    "It has seen nothing but faces like those above.",
    "Not made for telling who somebody is, nor for deciding anything about a person.",
)
_SCALES: dict[Stage, tuple[float, float]] = {"coarse": (0.55, 2.4), "fine": (0.55, 1.5)}
"""Factors of a face's size in the crops of each stage: those that photos come with."""
_MOSAICS: dict[Stage, float] = {"coarse": 0.3, "fine": 0.0}


@dataclass(frozen=True)
class ParsingOrder:
    """What to train; the numbers are those of the shipped fine network.

    Attributes:
        data: folders with their shares.
        net: "pspnet" or "bspnet".
        classes: 2 (hair and skin, the rest), 3 (background, skin, hair) or 11.
        backbone, width, head, edge, stride: of the network, see ``nets.bspnet.BSPNet``.
        model: of Table 2; BSPNet's alone.
        size: side of the crops in pixels.
        steps, batch, seed, rate, optimizer, schedule, weight_decay: as in ``Recipe``.
        init: weights to begin from: a parsing network's, or ImageNet's of the backbone.
        augment: how strongly crops are changed; the scales are the stage's.
        cache: where cut crops are kept.
        licence: of the weights, for the card.
    """

    data: tuple[Data, ...]
    net: Net = "bspnet"
    classes: int = 3
    backbone: str = "resnet18"
    width: float = 0.75
    head: int = 96
    edge: int = 48
    stride: int = 16
    model: Model = "C"
    size: int = 256
    steps: int = 4000
    batch: int = 16
    seed: int = 0
    rate: float = 1e-3
    optimizer: str = "adamw"
    schedule: str = "cosine"
    weight_decay: float = 1e-4
    init: Path | None = None
    augment: AugmentSettings = field(default_factory=AugmentSettings)
    cache: Path = field(default_factory=crops_folder)
    licence: str = UNNAMED_LICENCE

    def __post_init__(self) -> None:
        if self.net not in ("pspnet", "bspnet"):
            raise InputError("--net", f"{self.net} is no parser", "take pspnet or bspnet")
        if self.classes not in (2, 3, 11):
            raise InputError("--classes", f"{self.classes} is not 2, 3 or 11", "take one of these")
        if self.model not in ("A", "B", "C"):
            raise InputError("--model", f"there is no Model {self.model}", "take A, B or C")
        if self.stride not in (8, 16, 32):
            raise InputError("--stride", f"{self.stride} is not 8, 16 or 32", "take one of these")
        if self.size < 64:
            raise InputError("--size", f"{self.size} pixels are too few", "take 64 or more")

    @property
    def stage(self) -> Stage:
        """Coarse sees whole pictures, fine sees heads."""
        return "coarse" if self.classes == 2 else "fine"

    @property
    def settings(self) -> dict[str, Any]:
        """What the network is built with."""
        own = {"edge": self.edge, "model": self.model} if self.net == "bspnet" else {}
        return {
            "classes": self.classes,
            "backbone": self.backbone,
            "width": self.width,
            "head": self.head,
            "stride": self.stride,
            **own,
        }


SMALL_COARSE: Mapping[str, Any] = {"net": "pspnet", "classes": 2, "width": 0.5, "head": 64}
"""What the shipped coarse network has of its own (docs/decisions/0101)."""
PAPER: Mapping[str, Any] = {
    **{"net": "bspnet", "classes": 11, "backbone": "resnet101", "width": 1.0, "head": 512},
    **{"edge": 256, "stride": 16, "model": "C", "size": 473, "batch": 64, "rate": 1e-3},
    **{"optimizer": "sgd", "schedule": "poly", "weight_decay": 5e-4},
}
"""The paper's network and how it is trained (LaPa, section 5.1)."""


def train_parsing(
    order: ParsingOrder, out: Path, machine: Machine | None = None, *, export: bool = True
) -> Generator[Progress, None, None]:
    """Train in the folder ``out``, or go on there; see ``loop.fit``.

    The held-out faces are scored after each pass through the crops, a hundred steps at least.
    At the end ``out`` holds the averaged weights (``weights.safetensors``), OpenVINO's
    ``network.xml`` and ``network.bin``, ``network.json`` and a draft of the card; without
    ``export`` only the checkpoints.

    Raises:
        InputError: a folder without samples, weights of another network, and what ``fit``
            raises.
    """
    need("lightning")
    said: list[str] = []
    task, recipe, faces = _prepare(order, said)
    for note in said:
        yield Progress("note", 0, order.steps, note=note)
    epoch = max(_LEAST_EPOCH, -(-faces // order.batch))
    last = Progress("done", 0, order.steps)
    for last in fit(task, recipe, out, replace(machine or Machine(), validate_every=epoch)):
        yield last
    if export and leads() and last.stage == "done" and not is_published(out):
        _publish(task, recipe, order, faces, out)
        note = f"Weights, network and a card to complete: {out}"
        yield Progress("note", last.step, last.steps, seconds=last.seconds, note=note)


def _prepare(order: ParsingOrder, said: list[str]) -> tuple[ParsingTask, Recipe, int]:
    """The task, its recipe, and how many faces are trained on."""
    initial, prints = _beginning(order, said)
    stores: list[Crops] = []
    shares, held_out = [], []
    for data in order.data:
        if data.share > 0:
            store, prints[str(data.path)] = kept_crops(data.path, "train", KEPT, order.cache)
            stores.append(store)
            shares.append(data.share)
            said.append(f"{data.path}: {len(store)} faces to train on.")
        try:
            held_out.append(kept_crops(data.path, "held out", KEPT, order.cache)[0])
        except InputError as error:
            said.append(f"Nothing of it is held out: {error}")
    augment = replace(order.augment, scale=_SCALES[order.stage])
    to = seen_crop(order.stage, order.size)
    batches = Batches(stores, shares, augment, order.seed, order.batch, to, maps=True)
    alpha = ALPHA if order.model == "C" else 0.0
    mosaics = _MOSAICS[order.stage]
    task = ParsingTask(order.net, order.settings, batches, held_out, alpha, initial, mosaics)
    options = {"alpha": alpha, "mosaics": mosaics, "crop": asdict(to), "augment": asdict(augment)}
    recipe = Recipe(
        task="parsing",
        network=order.net,
        settings=order.settings,
        data=tuple(str(data) for data in order.data),
        fingerprints=prints,
        options=options,
        steps=order.steps,
        batch=order.batch,
        seed=order.seed,
        optimizer=order.optimizer,
        rate=order.rate,
        weight_decay=order.weight_decay,
        schedule=order.schedule,
        warmup=min(200, order.steps // 10),
        # The boundary's weight of 201 makes long gradients; AdamW does not mind them.
        clip=0.0 if order.optimizer == "adamw" else 10.0,
        init=str(order.init or ""),
    )
    return task, recipe, sum(len(store) for store in stores)


def _beginning(
    order: ParsingOrder, said: list[str]
) -> tuple[dict[str, torch.Tensor] | None, dict[str, str]]:
    """The weights to begin from, as far as they fit, and their checksum."""
    from lapa_annotator.nets.registry import build_network
    from lapa_annotator.nets.resnet import BACKBONES, ResNet, load_backbone
    from lapa_annotator.nets.weights import load_weights, read_info
    from lapa_annotator.runtime.files import checksum

    choose(BACKBONES, order.backbone, "backbone")
    if order.init is None:
        return None, {}
    network = build_network(order.net, **order.settings)
    try:
        read_info(order.init)
    except InputError:
        backbone = network.backbone
        assert isinstance(backbone, ResNet)
        load_backbone(backbone, order.init)
        given = {f"backbone.{name}": value for name, value in backbone.state_dict().items()}
    else:
        given = load_weights(order.init)[0].state_dict()
    mine = network.state_dict()
    fitting = {k: v for k, v in given.items() if k in mine and mine[k].shape == v.shape}
    if not fitting:
        raise InputError(order.init, "nothing of it fits this network", "name other weights")
    said.append(f"{order.init}: {len(fitting)} of the network's {len(mine)} tensors.")
    return fitting, {"init": checksum(order.init)}


def _publish(task: ParsingTask, recipe: Recipe, order: ParsingOrder, faces: int, out: Path) -> None:
    """Write what a training is for, into its folder; the card last."""
    from lapa_annotator.nets.weights import save_weights
    from lapa_annotator.runtime.convert import export_ir

    module = trained(task, out)
    notes = {"data": "; ".join(recipe.data), "steps": str(recipe.steps), "seed": str(recipe.seed)}
    save_weights(out / WEIGHTS, module, recipe.network, recipe.settings, notes)
    export_ir(module, order.size, out / IR)
    about = {"size": order.size, "classes": order.classes}
    replace_file(out / ABOUT, json.dumps(about).encode("ascii"))
    facts = {
        "parameters": f"{sum(p.numel() for p in module.parameters()) / 1e6:.2f} million",
        "input": f"{order.size} x {order.size} pixels, {order.classes} classes",
        "faces trained on": str(faces),
        "licence": order.licence,
    }
    run = RunFolder(out)
    seconds = max((report.seconds for report in run.reports()), default=0.0)
    text = card(out.name, recipe, run.state().scores, seconds, facts, _LIMITS)
    replace_file(out / CARD, text.encode("utf-8", "backslashreplace"))
