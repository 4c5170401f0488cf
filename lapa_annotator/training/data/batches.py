"""Batches: what a step trains on, a function of the seed and the step's number alone."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.errors import InputError
from lapa_annotator.training.data.augment import NO_CHANGE, AugmentSettings, augment
from lapa_annotator.training.data.crops import Crop, Crops, CropSpec

Arrays = dict[str, NDArray[np.generic]]

LANDMARK_CROP = CropSpec(size=256, margin=1.5)
"""The crop that the landmark network sees, ``dla.crops.face_crop``'s."""


@dataclass(frozen=True)
class Batches:
    """Augmented crops out of several stores.

    Attributes:
        stores: the kept crops.
        shares: how much of the batches each store gives; need not sum to one.
        settings: how crops are augmented.
        seed: with the step's number, all that a batch depends on.
        batch: crops a batch.
        to: size, margin and lift of the crops.
        maps: whether label maps and soft maps are given too.

    Raises:
        InputError: no crops, or shares that do not fit the stores.
    """

    stores: Sequence[Crops]
    shares: Sequence[float]
    settings: AugmentSettings
    seed: int
    batch: int
    to: CropSpec = LANDMARK_CROP
    maps: bool = False

    def __post_init__(self) -> None:
        if not sum(len(store) for store in self.stores):
            raise InputError("data", "there is nothing to train on", "name a folder with samples")
        if len(self.shares) != len(self.stores) or min(self.shares) < 0 or not sum(self.shares):
            raise InputError(
                "shares",
                f"{len(self.shares)} shares do not divide {len(self.stores)} sources",
                "give each source a share, not negative and not all zero",
            )

    def at(self, step: int) -> Arrays:
        """The batch of a step.

        Returns:
            ``image`` (B, 3, S, S) uint8 RGB, ``points`` (B, 106, 2) float32 in crop pixels,
            ``weights`` (B, 106) float32, 0 for points outside of the crop, ``visibility``
            (B, 106) uint8, ``store`` (B,) int64, and with ``maps`` also ``labels`` (B, S, S)
            uint8 with 255 for unknown and ``soft`` (B, 3, S, S) uint8: probabilities of
            background, skin and hair, all 0 where unknown.
        """
        shares = np.asarray(self.shares, float) / sum(self.shares)
        crops, origins = [], []
        for slot in range(self.batch):
            rng = np.random.default_rng((self.seed, step, slot))
            origin = int(rng.choice(len(shares), p=shares))
            store = self.stores[origin]
            crop = store[int(rng.integers(len(store)))]
            crops.append(augment(crop, store.spec, rng, self.settings, self.to))
            origins.append(origin)
        return {**stacked(crops, self.maps), "store": np.array(origins, np.int64)}

    def stream(self, first: int = 0, ahead: int = 2) -> Iterator[Arrays]:
        """The batches of step ``first`` and all later ones, made ahead by a thread of its own."""
        with ThreadPoolExecutor(1, thread_name_prefix="batches") as worker:
            waiting: deque[Future[Arrays]] = deque()
            try:
                while True:
                    while len(waiting) <= ahead:
                        waiting.append(worker.submit(self.at, first))
                        first += 1
                    yield waiting.popleft().result()
            finally:
                for future in waiting:
                    future.cancel()


def plain_batches(store: Crops, batch: int, to: CropSpec, maps: bool = False) -> Iterator[Arrays]:
    """All crops of a store in order and unchanged, for validation; see ``Batches.at``."""
    for first in range(0, len(store), batch):
        rng = np.random.default_rng(0)
        crops = [
            augment(store[index], store.spec, rng, NO_CHANGE, to)
            for index in range(first, min(first + batch, len(store)))
        ]
        yield stacked(crops, maps)


def stacked(crops: Sequence[Crop], maps: bool = False) -> Arrays:
    """Stack crops of one size into the arrays of a batch; see ``Batches.at``."""
    arrays: Arrays = {
        "image": np.ascontiguousarray(np.stack([c.image for c in crops]).transpose(0, 3, 1, 2)),
        "points": np.stack([c.points for c in crops]).astype(np.float32),
        "weights": np.stack([c.weights for c in crops]),
        "visibility": np.stack([c.visibility for c in crops]),
    }
    if maps:
        arrays["labels"] = np.stack([c.labels for c in crops])
        arrays["soft"] = np.stack([_three(c) for c in crops])
    return arrays


def _three(crop: Crop) -> NDArray[np.uint8]:
    """(3, S, S) uint8: background, skin, hair; all 0 where nothing is known."""
    skin, hair = crop.soft[..., 0], crop.soft[..., 1]
    background = 255 - np.minimum(skin.astype(np.int32) + hair, 255)
    unknown = (crop.labels == 255) & (skin == 0) & (hair == 0)
    return np.stack([np.where(unknown, 0, background).astype(np.uint8), skin, hair])
