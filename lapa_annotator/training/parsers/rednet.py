"""Paper 002, RED-Net: cross-entropy of what the prior has refined, and the prior itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lapa_annotator.formats.atomic import replace_file
from lapa_annotator.ppa.guides import Exemplars
from lapa_annotator.training.data.batches import Arrays, Batches, plain_batches
from lapa_annotator.training.data.crops import Crops
from lapa_annotator.training.datasets import Some
from lapa_annotator.training.parsers.rows import Parser, Study, Variant
from lapa_annotator.training.parsing import Lesson, ParsingTask, truth_of

if TYPE_CHECKING:
    import torch

PRIOR = "network.prior.npz"
"""The exemplars, beside the network that wants them."""

_EVERY, _MOST = 8, 200
_SIDE = 128


class REDNetTask(ParsingTask):
    """RED-Net; with its prior, some faces are kept as exemplars and never trained on.

    In the paper the exemplars are the validation set. Here one face in eight of those to train
    on is set aside, so that no face's prior holds its own truth (docs/decisions/0172).
    """

    def __init__(
        self,
        network: str,
        settings: dict[str, Any],
        batches: Batches,
        held_out: Sequence[Crops],
        options: Mapping[str, Any] | None = None,
        initial: dict[str, torch.Tensor] | None = None,
        mosaics: float = 0.0,
        most: int = 200,
    ) -> None:
        super().__init__(network, settings, batches, held_out, options, initial, mosaics, most)
        self.exemplars: Exemplars | None = None
        if settings["prior"]:
            kept, rest = divided(batches.stores)
            self.exemplars = gathered(kept, batches, int(settings["classes"]))
            self.batches = replace(batches, stores=rest)

    def shown(self, arrays: Arrays) -> NDArray[np.uint8]:
        """The picture and, for a network with a prior, its channels (equation 5)."""
        image = np.asarray(arrays["image"], np.uint8)
        if self.exemplars is None:
            return image
        points = np.asarray(arrays["points"], np.float64)
        priors = [self.exemplars.draw(one, image.shape[-1]) for one in points]
        return np.concatenate([image, priors], axis=1)

    def learn(
        self, module: torch.nn.Module, lesson: Lesson
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """Equation 2: the cross-entropy of the final score map."""
        from lapa_annotator.nets.parsing_losses import semantic_loss

        said = module.branches(lesson.pixels)
        loss = semantic_loss(said.final.float(), lesson.target, lesson.weights)
        alone = semantic_loss(said.network.detach().float(), lesson.target, lesson.weights)
        return loss, {"final": loss, "network": alone}

    def publish(self, out: Path) -> dict[str, Any]:
        """Write the exemplars beside the network."""
        if self.exemplars is None:
            return {}
        replace_file(out / PRIOR, self.exemplars.packed())
        return {"guide": "prior"}


def divided(stores: Sequence[Crops]) -> tuple[list[Crops], list[Crops]]:
    """Exemplars and the rest of every store: one in eight, two hundred in all at most."""
    each = max(1, _MOST // len(stores))
    kept: list[Crops] = []
    rest: list[Crops] = []
    for store in stores:
        step = max(_EVERY, -(-len(store) // each))
        mine = list(range(0, len(store), step))
        others = sorted(set(range(len(store))) - set(mine))
        kept.append(Some(store, mine))
        rest.append(Some(store, others))
    return kept, rest


def gathered(stores: Sequence[Crops], batches: Batches, classes: int) -> Exemplars:
    """Make exemplars of all crops of the stores, as the network sees them unchanged.

    Raises:
        InputError: fewer than the prior averages.
    """
    points: list[NDArray[np.float64]] = []
    maps: list[NDArray[np.uint8]] = []
    factor = _SIDE / batches.to.size
    for store in stores:
        for arrays in plain_batches(store, batches.batch, batches.to, maps=True):
            labels, soft = (np.asarray(arrays[name], np.uint8) for name in ("labels", "soft"))
            for ids in truth_of(labels, soft, classes).ids.astype(np.uint8):
                small = cv2.resize(ids, (_SIDE, _SIDE), interpolation=cv2.INTER_NEAREST_EXACT)
                maps.append(np.asarray(small, np.uint8))
            points += list((np.asarray(arrays["points"], np.float64) + 0.5) * factor - 0.5)
    return Exemplars.of(points, np.array(maps, np.uint8), classes)


def _variant(letter: str, begins: str = "") -> Variant:
    name = f"var {letter}-ft" if begins else f"var {letter}"
    return Variant(name, {"named": {"variant": letter, "prior": False}}, begins=begins)


_SMALL: Mapping[str, Any] = {"width": 0.25}

PARSERS = (
    Parser(
        "rednet",
        REDNetTask,
        ("width",),
        {"variant": "a", "prior": True},
        small=_SMALL,
        paper={
            **{"classes": 11, "width": 1.0, "size": 224, "batch": 64, "rate": 1e-2},
            **{"optimizer": "sgd", "schedule": "poly", "weight_decay": 5e-4, "steps": 8000},
        },
    ),
)

STUDIES = (
    Study(
        "002",
        "units",
        "the decoder's units (Fig. 6 and Table 2)",
        (
            _variant("a"),
            _variant("b"),
            _variant("c"),
            _variant("c", "var a"),
            _variant("d"),
            _variant("d", "var a"),
        ),
        {"net": "rednet", **_SMALL},
    ),
    Study(
        "002",
        "prior",
        "with and without the adaptive prior (Table 1)",
        (
            Variant("without prior", {"named": {"prior": False}}),
            Variant("with prior", {"named": {"prior": True}}),
        ),
        {"net": "rednet", **_SMALL},
    ),
)
