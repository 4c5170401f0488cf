"""One training of a parsing network: folders in; weights, network and card out."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from lapa_annotator.domain.errors import InputError, choose
from lapa_annotator.formats.atomic import replace_file
from lapa_annotator.training.card import card, weight_notes
from lapa_annotator.training.data.appearance import Looks
from lapa_annotator.training.data.augment import AugmentSettings
from lapa_annotator.training.data.batches import Batches
from lapa_annotator.training.data.crops import Crops, CropSpec
from lapa_annotator.training.datasets import Data, crops_folder, kept_crops
from lapa_annotator.training.kept_batches import KeptBatches
from lapa_annotator.training.landmark_files import CARD, IR, WEIGHTS, is_published
from lapa_annotator.training.landmark_run import UNNAMED_LICENCE
from lapa_annotator.training.loop import Machine, Progress, Recipe, RunFolder, fit, leads, trained
from lapa_annotator.training.loop.machine import need
from lapa_annotator.training.loop.recipe import Value
from lapa_annotator.training.parsers.rows import Parser
from lapa_annotator.training.parsers.table import parser_of
from lapa_annotator.training.parsing import KEPT, ParsingTask, Stage, seen_crop
from lapa_annotator.training.proposed import proposed_crops

if TYPE_CHECKING:
    import torch

Model = Literal["A", "B", "C"]

ABOUT = "network.json"
"""What a network wants, beside it: side of its picture, number of classes."""
_INIT = "init"
"""Whose checksum among the fingerprints is that of the weights to begin from."""
_LEAST_EPOCH = 100
_LIMITS = (
    "The scores are of held-out faces of the folders above alone, on upright crops around the "
    "true points.",
    "Where label maps come from a teacher, the scores say how far it agrees with the teacher.",
    "It has seen nothing but faces like those above.",
    "Not made for telling who somebody is, nor for deciding anything about a person.",
)
SCALES: dict[Stage, tuple[float, float]] = {"coarse": (0.55, 2.4), "fine": (0.55, 1.5)}
"""Factors of a face's size in the crops of each stage: those that photos come with."""
# A parser must know shapes, not the few colours and rooms of its pictures.
_AUGMENT = AugmentSettings(background=0.65, recolour=0.4)
GENTLE = AugmentSettings(
    **{"rotation": 8.0, "wide": 0.0, "shift": 0.03, "stretch": 1.06, "perspective": 0.04},
    **{"background": 0.0, "fill": 0.0, "occluders": 0.0},
    scale=(0.85, 1.15),
    looks=Looks(blur=0.0, small=0.0, noise=0.0, jpeg=0.0, shadow=0.0),
)
"""Aligned crops, turned and scaled a little: what is learned of them is learned quickly."""
MOSAICS: dict[Stage, float] = {"coarse": 0.3, "fine": 0.0}


@dataclass(frozen=True)
class ParsingOrder:
    """What to train; the numbers are those of the shipped fine network.

    Attributes:
        data: folders with their shares.
        net: a row of ``training.parsers.table.PARSERS``.
        classes: 2 (hair and skin, the rest), 3 (background, skin, hair) or 11.
        backbone, width, head, edge, stride: of the network as far as it has them, see
            ``nets.bspnet.BSPNet``.
        model: of Table 2; BSPNet's alone.
        size: side of the crops in pixels.
        margin: their side over the larger side of the face's box; 0 for the stage's own.
        steps, batch, seed, rate, optimizer, schedule, weight_decay: as in ``Recipe``.
        init: weights to begin from: a parsing network's, or ImageNet's of the backbone.
        init_part: only weights whose names begin so are taken from there, as "backbone."; all.
        augment: how strongly crops are changed; the scales are the stage's.
        gentle: crops are hardly changed instead, as the papers' aligned ones.
        cache: where cut crops are kept.
        batches: where drawn batches are kept for other trainings; None: they are not.
        apart: folders that are only scored, each by itself, by the points that are proposed.
        licence: of the weights, for the card.
        named: settings that only this network or its losses have, by name.

    Raises:
        InputError: a value that the network does not know or bear.
    """

    data: tuple[Data, ...]
    net: str = "bspnet"
    classes: int = 3
    backbone: str = "resnet18"
    width: float = 0.75
    head: int = 96
    edge: int = 48
    stride: int = 16
    model: Model = "C"
    size: int = 256
    margin: float = 0.0
    steps: int = 4000
    batch: int = 16
    seed: int = 0
    rate: float = 1e-3
    optimizer: str = "adamw"
    schedule: str = "cosine"
    weight_decay: float = 1e-4
    init: Path | None = None
    init_part: str = ""
    augment: AugmentSettings = _AUGMENT
    gentle: bool = False
    cache: Path = field(default_factory=crops_folder)
    batches: Path | None = None
    apart: tuple[Path, ...] = ()
    licence: str = UNNAMED_LICENCE
    named: Mapping[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.parser.check(self.named)
        if self.classes not in (2, 3, 11):
            raise InputError("--classes", f"{self.classes} is not 2, 3 or 11", "take one of these")
        if self.model not in ("A", "B", "C"):
            raise InputError("--model", f"there is no Model {self.model}", "take A, B or C")
        if self.stride not in (8, 16, 32):
            raise InputError("--stride", f"{self.stride} is not 8, 16 or 32", "take one of these")
        if self.margin and not 1 <= self.margin <= KEPT.margin:
            problem = f"{self.margin:g} is not between 1 and {KEPT.margin:g}"
            raise InputError("--margin", problem, "leave it out for the stage's own")
        if self.size < 64:
            raise InputError("--size", f"{self.size} pixels are too few", "take 64 or more")

    @property
    def stage(self) -> Stage:
        """Coarse sees whole pictures, fine sees heads."""
        return "coarse" if self.classes == 2 else "fine"

    @property
    def crop(self) -> CropSpec:
        """What its network sees of a face before it is scaled at random."""
        crop = seen_crop(self.stage, self.size)
        return replace(crop, margin=self.margin) if self.margin else crop

    @property
    def parser(self) -> Parser:
        """How its network is trained."""
        return parser_of(self.net)

    @property
    def settings(self) -> dict[str, Any]:
        """What the network is built with."""
        parser = self.parser
        shared = {name: getattr(self, name) for name in parser.takes}
        own = {name: self.named.get(name, first) for name, first in parser.settings.items()}
        return {"classes": self.classes, **shared, **own}

    @property
    def options(self) -> dict[str, Any]:
        """The settings of its losses."""
        return {name: self.named.get(name, first) for name, first in self.parser.options.items()}


def train_parsing(
    order: ParsingOrder,
    out: Path,
    machine: Machine | None = None,
    *,
    export: bool = True,
    watch: bool = True,
) -> Generator[Progress, None, None]:
    """Train in the folder ``out``, or go on there; see ``loop.fit``.

    The held-out faces are scored after each pass through the crops, a hundred steps at least;
    without ``watch`` at the end alone. At the end ``out`` holds the averaged weights
    (``weights.safetensors``), OpenVINO's ``network.xml`` and ``network.bin``,
    ``network.json`` and a draft of the card; without ``export`` only the checkpoints.

    Raises:
        InputError: a folder without samples, weights of another network, and what ``fit``
            raises.
    """
    need("lightning")
    said: list[str] = []
    task, recipe, faces = _prepare(order, said)
    for note in said:
        yield Progress("note", 0, order.steps, note=note)
    epoch = max(_LEAST_EPOCH, -(-faces // order.batch)) if watch else 0
    last = Progress("done", 0, order.steps)
    for last in fit(task, recipe, out, replace(machine or Machine(), validate_every=epoch)):
        yield last
    if export and leads() and last.stage == "done" and not is_published(out):
        facts = {"faces trained on": str(faces), "licence": order.licence}
        publish_parser(task, recipe, order.size, facts, out)
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
    augment = GENTLE if order.gentle else replace(order.augment, scale=SCALES[order.stage])
    to = order.crop
    drawn = (stores, shares, augment, order.seed, order.batch, to)
    batches = Batches(*drawn, maps=True)
    if order.batches is not None:
        faces = {name: told for name, told in prints.items() if name != _INIT}
        batches = KeptBatches(*drawn, maps=True, folder=order.batches, prints=faces)
    mosaics = MOSAICS[order.stage]
    settings = order.settings
    make = order.parser.task
    task = make(order.net, settings, batches, held_out, order.options, initial, mosaics)
    task.apart = [proposed_crops(path, KEPT, order.cache) for path in order.apart]
    options = {"mosaics": mosaics, "crop": asdict(to), "augment": asdict(augment), **task.options}
    recipe = Recipe(
        task="parsing",
        network=order.net,
        settings=settings,
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
        init=f"{order.init or ''}{f' ({order.init_part})' if order.init_part else ''}",
    )
    return task, recipe, sum(len(store) for store in stores)


def _beginning(
    order: ParsingOrder, said: list[str]
) -> tuple[dict[str, torch.Tensor] | None, dict[str, str]]:
    """The weights to begin from, as far as they fit, and their checksum."""
    from lapa_annotator.nets.registry import build_network
    from lapa_annotator.nets.resnet import BACKBONES
    from lapa_annotator.nets.weights import load_weights, read_info
    from lapa_annotator.runtime.files import checksum

    if "backbone" in order.parser.takes:
        choose(BACKBONES, order.backbone, "backbone")
    if order.init is None:
        return None, {}
    network = build_network(order.net, **order.settings)
    try:
        read_info(order.init)
    except InputError:
        given = _backbone(network, order.init)
    else:
        given = load_weights(order.init)[0].state_dict()
    mine = network.state_dict()
    fitting = {
        name: value
        for name, value in given.items()
        if name.startswith(order.init_part) and name in mine and mine[name].shape == value.shape
    }
    if not fitting:
        raise InputError(order.init, "nothing of it fits this network", "name other weights")
    said.append(f"{order.init}: {len(fitting)} of the network's {len(mine)} tensors.")
    return fitting, {_INIT: checksum(order.init)}


def _backbone(network: torch.nn.Module, path: Path) -> dict[str, torch.Tensor]:
    """ImageNet's weights of a network's backbone, which they fill, under the network's names."""
    from lapa_annotator.nets.resnet import ResNet, load_backbone

    backbone: Any = getattr(network, "backbone", None)
    if isinstance(backbone, ResNet):
        load_backbone(backbone, path)
    elif hasattr(backbone, "load_imagenet"):
        backbone.load_imagenet(path)
    else:
        raise InputError(path, "this network has no backbone to fill", "name a parser's weights")
    return {f"backbone.{name}": value for name, value in backbone.state_dict().items()}


def keep_weights(order: ParsingOrder, out: Path) -> None:
    """Write the averaged weights of a run that has ended into its folder, where they are not.

    Raises:
        InputError: the run has no checkpoint, or a full disk.
    """
    if not (out / WEIGHTS).exists():
        task, recipe, _ = _prepare(order, [])
        _save(task.finished(trained(task, out)), recipe, out)


def _save(module: torch.nn.Module, recipe: Recipe, out: Path) -> None:
    from lapa_annotator.nets.weights import save_weights

    notes = weight_notes(recipe)
    save_weights(out / WEIGHTS, module, recipe.network, recipe.settings, notes)


def publish_parser(
    task: ParsingTask, recipe: Recipe, size: int, facts: Mapping[str, str], out: Path
) -> None:
    """Write what a training is for, into its folder; the card last.

    Args:
        task, recipe: what was trained, and by what.
        size: side of the picture that the network wants, in pixels.
        facts: what else the card says.
        out: the folder of the run.

    Raises:
        InputError: the run has no checkpoint, or a full disk.
    """
    from lapa_annotator.runtime.convert import export_ir

    module = task.finished(trained(task, out))
    _save(module, recipe, out)
    export_ir(module, size, out / IR)
    classes = recipe.settings["classes"]
    about = {"size": size, "classes": classes, **task.publish(out)}
    replace_file(out / ABOUT, json.dumps(about).encode("ascii"))
    told = {
        "parameters": f"{sum(p.numel() for p in module.parameters()) / 1e6:.2f} million",
        "input": f"{size} x {size} pixels, {classes} classes",
        **facts,
    }
    run = RunFolder(out)
    seconds = max((report.seconds for report in run.reports()), default=0.0)
    text = card(out.name, recipe, run.state().scores, seconds, told, _LIMITS)
    replace_file(out / CARD, text.encode("utf-8", "backslashreplace"))
