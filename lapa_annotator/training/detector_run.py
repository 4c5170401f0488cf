"""One training of the face detector: folders in; weights and card out."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.atomic import replace_file
from lapa_annotator.training.card import card, weight_notes
from lapa_annotator.training.data.mosaic import (
    Mosaic,
    MosaicMaker,
    MosaicSettings,
    Portrait,
    load_portraits,
)
from lapa_annotator.training.data.sources import open_source
from lapa_annotator.training.data.split import Part
from lapa_annotator.training.datasets import Data
from lapa_annotator.training.detection import DetectionTask, LossWeights
from lapa_annotator.training.landmark_files import CARD, IR, WEIGHTS, is_published
from lapa_annotator.training.landmark_run import UNNAMED_LICENCE
from lapa_annotator.training.loop import Machine, Progress, Recipe, RunFolder, fit, leads, trained
from lapa_annotator.training.loop.machine import need

NETWORK = "detector"
INPUT = 320
"""Side of what the exported network sees, in pixels; it is trained on smaller canvases."""
HELD_OUT_SEED = 1_000_003
"""Of the mosaics that detectors are scored on."""

_HELD_OUT_COUNT = 160
_LIMITS = (
    "The scores are of mosaics of held-out faces, made as those it was trained on.",
    "A face below 12 pixels, turned by more than 60 degrees, or half out of the picture is "
    "often missed.",
    "It has seen nothing but faces like those of the folders above.",
    "Not made for telling who somebody is, nor for deciding anything about a person.",
)


@dataclass(frozen=True)
class DetectorOrder:
    """What to train.

    Attributes:
        data: folders with their shares of the faces pasted.
        steps, batch, seed, rate: as in ``Recipe``.
        init: file of the weights to begin from.
        mosaics: how the pictures are made.
        losses: what counts how much.
        licence: of the weights, for the card.
    """

    data: tuple[Data, ...]
    steps: int = 3000
    batch: int = 16
    seed: int = 0
    rate: float = 2e-3
    init: Path | None = None
    mosaics: MosaicSettings = field(default_factory=MosaicSettings)
    losses: LossWeights = field(default_factory=LossWeights)
    licence: str = UNNAMED_LICENCE


def train_detector(
    order: DetectorOrder, out: Path, machine: Machine | None = None
) -> Generator[Progress, None, None]:
    """Train in the folder ``out``, or go on there; see ``loop.fit``.

    At the end ``out`` holds the averaged weights (``weights.safetensors``), OpenVINO's
    ``network.xml`` and ``network.bin``, and a draft of the card.

    Raises:
        InputError: a folder without samples, weights of another network, and what ``fit``
            raises.
    """
    need("lightning")
    task, recipe, faces = _prepare(order)
    yield Progress("note", 0, order.steps, note=f"{faces} faces to train on.")
    last = Progress("done", 0, order.steps)
    for last in fit(task, recipe, out, machine):
        yield last
    if leads() and last.stage == "done" and not is_published(out):
        _publish(task, recipe, {"faces trained on": str(faces), "licence": order.licence}, out)
        note = f"Weights, network and a card to complete: {out}"
        yield Progress("note", last.step, last.steps, seconds=last.seconds, note=note)


def held_out_mosaics(
    data: Sequence[Data],
    settings: MosaicSettings,
    count: int = _HELD_OUT_COUNT,
    seed: int = HELD_OUT_SEED,
) -> list[Mosaic]:
    """Mosaics of the faces that are kept out of all training; always the same ones.

    Folders that hold out nothing give nothing; no mosaics where none does.
    """
    groups = []
    for one in data:
        try:
            groups.append(_portraits(one, "held out"))
        except InputError:
            continue
    maker = MosaicMaker(groups, settings) if groups else None
    return [maker.make(seed, number) for number in range(count)] if maker else []


def _prepare(order: DetectorOrder) -> tuple[DetectionTask, Recipe, int]:
    """The task, its recipe, and how many faces are trained on."""
    used = [data for data in order.data if data.share > 0]
    if not used:
        raise InputError("--data", "no folder has a share", "name one to train on")
    sources = {str(data.path): open_source(data.path, "train") for data in used}
    groups = [_portraits(data, "train") for data in used]
    prints = {name: source.fingerprint() for name, source in sources.items()}
    if order.init is not None:
        prints["init"] = _checked(order.init)
    recipe = Recipe(
        task="detector",
        network=NETWORK,
        data=tuple(str(data) for data in order.data),
        fingerprints=prints,
        options={"mosaics": asdict(order.mosaics), "losses": asdict(order.losses)},
        steps=order.steps,
        batch=order.batch,
        seed=order.seed,
        rate=order.rate,
        warmup=min(100, order.steps // 10),
        init=str(order.init or ""),
    )
    task = DetectionTask(
        MosaicMaker(groups, order.mosaics),
        held_out_mosaics(order.data, order.mosaics),
        NETWORK,
        batch=order.batch,
        seed=order.seed,
        init=order.init,
        weights=order.losses,
    )
    return task, recipe, sum(len(source) for source in sources.values())


def _portraits(data: Data, part: Part) -> tuple[list[Portrait], float]:
    return load_portraits(open_source(data.path, part)), data.share or 1.0


def _checked(init: Path) -> str:
    from lapa_annotator.nets.weights import read_info
    from lapa_annotator.runtime.files import checksum

    found = read_info(init).network
    if found != NETWORK:
        raise InputError(init, f"it is a {found}", f"name weights of a {NETWORK}")
    return checksum(init)


def _publish(task: DetectionTask, recipe: Recipe, facts: dict[str, str], out: Path) -> None:
    from lapa_annotator.nets.weights import save_weights
    from lapa_annotator.runtime.convert import export_ir

    module, run = trained(task, out), RunFolder(out)
    notes = weight_notes(recipe)
    save_weights(out / WEIGHTS, module, NETWORK, recipe.settings, notes)
    export_ir(module, INPUT, out / IR)
    parameters = sum(p.numel() for p in module.parameters())
    told = {"parameters": f"{parameters / 1e6:.2f} million", **facts}
    seconds = max((report.seconds for report in run.reports()), default=0.0)
    text = card(out.name, recipe, run.state().scores, seconds, told, _LIMITS)
    replace_file(out / CARD, text.encode("utf-8", "backslashreplace"))
