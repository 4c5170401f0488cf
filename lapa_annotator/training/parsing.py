"""Training parsing networks: pictures with soft or exact truth, scored by F1 per class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.classes import CLASSES, FOREGROUND, N_CLASSES, Label
from lapa_annotator.training.data.batches import Arrays, Batches, plain_batches
from lapa_annotator.training.data.crops import Crops, CropSpec
from lapa_annotator.training.data.sample import UNKNOWN
from lapa_annotator.training.datasets import Some
from lapa_annotator.training.metrics import Confusion

if TYPE_CHECKING:
    import torch

Stage = Literal["coarse", "fine"]

KEPT = CropSpec(size=384, margin=3.4, lift=0.2)
"""The crops that are kept: a head with its hair, and room to move."""
_SEEN: dict[Stage, tuple[float, float]] = {"coarse": (3.8, 0.1), "fine": (2.4, 0.12)}
"""Margin and lift of the crop that each stage sees, before it is scaled at random."""

# A pixel of which a teacher is unsure still counts this much.
_LEAST_WEIGHT = 0.25
_MOST_AT_ONCE = 16
_SHUFFLE = 7_368_787


def seen_crop(stage: Stage, size: int) -> CropSpec:
    """The crop that a stage's network sees, ``size`` pixels a side."""
    margin, lift = _SEEN[stage]
    return CropSpec(size=size, margin=margin, lift=lift)


@dataclass(frozen=True, eq=False)
class Truth:
    """What a batch should be said of.

    Attributes:
        target: (B, C, S, S) float32 probabilities of two or three classes, or (B, S, S) int64
            ids of eleven.
        weights: (B, S, S) float32 in [0, 1], how far each pixel is believed; 0 where unknown.
    """

    target: NDArray[np.float32] | NDArray[np.int64]
    weights: NDArray[np.float32]

    @property
    def ids(self) -> NDArray[np.int64]:
        """(B, S, S) int64, the likeliest class of each pixel."""
        if self.target.ndim == 3:
            return self.target.astype(np.int64)
        return np.asarray(self.target.argmax(axis=1), np.int64)


def truth_of(labels: NDArray[np.uint8], soft: NDArray[np.uint8], classes: int) -> Truth:
    """Make the truth for a network of so many classes.

    Two and three classes take the soft map: the teacher's probabilities, or the exact map of a
    rendered face; a pixel counts the less the nearer its classes are. Eleven take the label
    map, and believe it as far as the soft map is sure.

    Args:
        labels: (B, S, S) class ids, ``UNKNOWN`` where nothing is known.
        soft: (B, 3, S, S) uint8 for 0-1: background, skin, hair; all 0 where unknown.
        classes: 2, 3 or 11.
    """
    total = soft.sum(axis=1, dtype=np.float32)
    known = total > 0
    share = soft / np.maximum(total, 1)[:, None]
    sure = np.clip(2 * share.max(axis=1) - 1, _LEAST_WEIGHT, 1)
    weights = np.where(known, sure, 0).astype(np.float32)
    if classes == N_CLASSES:
        told = labels != UNKNOWN
        weights = np.where(told, np.where(known, weights, 1), 0).astype(np.float32)
        return Truth(np.where(told, labels, 0).astype(np.int64), weights)
    if classes == 2:
        share = np.stack([share[:, 0], share[:, 1] + share[:, 2]], axis=1)
    # Where nothing is known a class must still be said; its weight is 0.
    share[:, 0] += ~known
    return Truth(share.astype(np.float32), weights)


def mosaic(batch: Arrays, share: float, rng: np.random.Generator) -> Arrays:
    """Put crops together four to a picture, so that a coarse network sees several people.

    Args:
        batch: ``image`` (B, 3, S, S), ``labels`` (B, S, S), ``soft`` (B, 3, S, S), all uint8.
        share: of the pictures that become mosaics.
        rng: where to draw from.

    Returns:
        A batch of the same shapes; pictures are averaged over the four pixels that become one,
        label maps take one of them.
    """
    images, labels, soft = (np.array(batch[k]) for k in ("image", "labels", "soft"))
    count, size = images.shape[0], images.shape[-1]
    half = size // 2
    for slot in np.flatnonzero(rng.random(count) < share):
        for tile, other in enumerate(rng.integers(count, size=4)):
            y, x = (half * (tile // 2), half * (tile % 2))
            here = np.s_[y : y + half, x : x + half]
            for planes, whole in ((images, batch["image"]), (soft, batch["soft"])):
                for k in range(3):
                    small = cv2.resize(whole[other, k], (half, half), interpolation=cv2.INTER_AREA)
                    planes[(slot, k, *here)] = small
            labels[(slot, *here)] = cv2.resize(
                batch["labels"][other], (half, half), interpolation=cv2.INTER_NEAREST
            )
    return {**batch, "image": images, "labels": labels, "soft": soft}


@dataclass(frozen=True, eq=False)
class Lesson:
    """A batch as a parser's losses take it, on the device that the network is on.

    Attributes:
        pixels: (B, C, S, S) float32 in [0, 1]: RGB, then what else the network is shown.
        target: (B, classes, S, S) float32 probabilities, or (B, S, S) int64 ids of eleven.
        weights: (B, S, S) float32 in [0, 1], how far each pixel is believed.
        ids: (B, S, S) int64, the likeliest class; ``nets.parsing_losses.IGNORED`` where unknown.
        more: what else the task put into the batch, by name.
    """

    pixels: torch.Tensor
    target: torch.Tensor
    weights: torch.Tensor
    ids: torch.Tensor
    more: Mapping[str, torch.Tensor] = field(default_factory=dict)


class ParsingTask:
    """A parsing network as a task of the training loop; see ``loop.Task``.

    As it stands it learns by cross-entropy alone, as PSPNet does. A network with losses of its
    own, with more to be shown than the picture, or with something that learns beside it,
    derives from this (``training.parsers``) and redefines ``settle``, ``learn``, ``shown``,
    ``more``, ``answer``, ``companion`` or ``publish``.

    Attributes:
        net: its row of ``nets.registry.NETWORKS``.
        initial: weights to begin from, None for random ones.
        settings: what the network is built with; its ``classes`` are 2, 3 or 11.
        options: the settings of the losses.
        batches: augmented crops with maps, by step.
        apart: crops that are scored too, each store by itself; no part of the scores of all.

    Args:
        network: row of ``nets.registry.NETWORKS``.
        settings, batches: see above.
        held_out: crops that nothing is trained on.
        options: settings of the losses that are named.
        initial: weights to begin from, None for random ones; of the backbone alone, or all.
        mosaics: share of pictures that are put together of four.
        most: crops of each store that a validation looks at, evenly spread over it.
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
        self.net, self.settings, self.initial = network, settings, initial
        self.batches = batches
        self._held_out, self._most = held_out, most
        self.apart: Sequence[Crops] = ()
        self._mosaics = mosaics
        self._classes = int(settings["classes"])
        self.options = self.settle(options or {})

    def settle(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The options in full, as the recipe keeps them, from those that are named."""
        return dict(options)

    def companion(self) -> torch.nn.Module | None:
        """What learns or is kept beside the network while it is trained; None for nothing.

        It becomes the network's ``companion``, goes into the checkpoints, and is left behind
        when the weights are written.
        """
        return None

    def shown(self, arrays: Arrays) -> NDArray[np.uint8]:
        """What the network is shown of a batch: (B, C, S, S) uint8, RGB first."""
        return np.asarray(arrays["image"], np.uint8)

    def more(self, arrays: Arrays, step: int) -> dict[str, torch.Tensor]:
        """What else the losses want of a batch, the first axis its samples; see ``Lesson``."""
        del arrays, step
        return {}

    def answer(self, module: torch.nn.Module, pixels: torch.Tensor, arrays: Arrays) -> torch.Tensor:
        """The network's (B, classes, S, S) logits of a batch that is only scored."""
        del arrays
        said: torch.Tensor = module(pixels)
        return said

    def learn(
        self, module: torch.nn.Module, lesson: Lesson
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """The loss of a batch, in float32, and its parts by name."""
        from lapa_annotator.nets.parsing_losses import semantic_loss

        loss = semantic_loss(module(lesson.pixels).float(), lesson.target, lesson.weights)
        return loss, {"semantic": loss}

    def publish(self, out: Path) -> dict[str, Any]:
        """Write what the network is run with into ``out``; what ``network.json`` says of it."""
        del out
        return {}

    def network(self) -> torch.nn.Module:
        """Build the network, random or with the weights to begin from."""
        from lapa_annotator.nets.registry import build_network

        module = build_network(self.net, **self.settings)
        if self.initial is not None:
            module.load_state_dict(self.initial, strict=False)
        beside = self.companion()
        if beside is not None:
            module.companion = beside
        return module

    def finished(self, module: torch.nn.Module) -> torch.nn.Module:
        """The trained network alone: without what learned beside it."""
        if hasattr(module, "companion"):
            del module.companion
        return module

    def batch(self, step: int) -> dict[str, torch.Tensor]:
        """The batch of a step.

        ``image`` (B, C, S, S) uint8; ``target`` and ``weights`` as in ``Truth``.
        """
        import torch

        arrays = self.batches.at(step)
        if self._mosaics:
            rng = np.random.default_rng((self.batches.seed, step, _SHUFFLE))
            arrays = mosaic(arrays, self._mosaics, rng)
        truth = _truth(arrays, self._classes)
        return {
            "image": torch.from_numpy(np.ascontiguousarray(self.shown(arrays))),
            "target": torch.from_numpy(truth.target),
            "weights": torch.from_numpy(truth.weights),
            **self.more(arrays, step),
        }

    def loss(
        self, module: torch.nn.Module, batch: dict[str, torch.Tensor]
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """The loss of a batch; see ``learn``."""
        from lapa_annotator.nets.parsing_losses import IGNORED

        target, weights = batch["target"], batch["weights"]
        ids = target if target.ndim == 3 else target.argmax(dim=1)
        ids = ids.masked_fill(weights == 0, IGNORED)
        pixels = batch["image"].float() / 255
        more = {name: batch[name] for name in batch.keys() - {"image", "target", "weights"}}
        return self.learn(module, Lesson(pixels, target, weights, ids, more))

    def validate(self, module: torch.nn.Module) -> dict[str, float]:
        """F1 by class of the held-out crops, and their mean, in all and by store.

        The network sees each crop once, upright and unchanged; one confusion matrix a store.
        What is scored apart follows, class by class with its name before it.
        """
        scores: dict[str, float] = {}
        everything = Confusion()
        for crops in self._held_out:
            found = self.confusion(module, crops)
            everything.matrix += found.matrix
            if len(self._held_out) > 1:
                told = _scores(found, self._classes)
                scores[f"{crops.name}: mean F1"] = told["mean F1"]
        for crops in self.apart:
            told = _scores(self.confusion(module, crops), self._classes)
            scores |= {f"{crops.name}: {name}": value for name, value in told.items()}
        return _scores(everything, self._classes) | scores

    def confusion(self, module: torch.nn.Module, crops: Crops) -> Confusion:
        """Count what the network says of a store's crops against their truth."""
        import torch

        device = next(module.parameters()).device
        table = np.array(_IDS[self._classes], np.uint8)
        counted = Confusion()
        if self._most < len(crops):
            places = np.linspace(0, len(crops) - 1, self._most)
            crops = Some(crops, [int(place) for place in places])
        for arrays in plain_batches(crops, _MOST_AT_ONCE, self.batches.to, maps=True):
            pictures = torch.from_numpy(np.ascontiguousarray(self.shown(arrays))).to(device)
            with torch.no_grad():
                said = self.answer(module, pictures.float() / 255, arrays).argmax(dim=1)
            truth = _truth(arrays, self._classes)
            true = table[truth.ids]
            true[truth.weights == 0] = UNKNOWN
            for one, other in zip(table[said.cpu().numpy()], true, strict=True):
                counted.add(one, other, ignored=UNKNOWN)
        return counted


def _truth(arrays: Arrays, classes: int) -> Truth:
    labels, soft = (np.asarray(arrays[name], np.uint8) for name in ("labels", "soft"))
    return truth_of(labels, soft, classes)


_IDS: dict[int, tuple[int, ...]] = {
    2: (Label.BACKGROUND, Label.SKIN),
    3: (Label.BACKGROUND, Label.SKIN, Label.HAIR),
    N_CLASSES: tuple(range(N_CLASSES)),
}
"""Number of classes -> LaPa's id of each; of two, the second is hair and skin together."""


def _scores(counted: Confusion, classes: int) -> dict[str, float]:
    f1 = counted.f1()
    names = {c.id: c.name for c in CLASSES} | ({Label.SKIN: "foreground"} if classes == 2 else {})
    told = {"mean F1": counted.mean_f1()}
    ids = [i for i in _IDS[classes] if i in FOREGROUND] + [Label.BACKGROUND]
    return told | {f"{names[i]} F1": float(f1[i]) for i in ids}
