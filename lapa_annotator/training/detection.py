"""Training the face detector on mosaics: targets, losses and the task of the training loop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from lapa_annotator.dla.boxes import merge_boxes
from lapa_annotator.dla.centre import STRIDE, decode
from lapa_annotator.domain.geometry import Box
from lapa_annotator.nets.detector import sides
from lapa_annotator.nets.registry import build_network
from lapa_annotator.nets.weights import load_weights
from lapa_annotator.training.data.mosaic import Mosaic, MosaicMaker
from lapa_annotator.training.finding import score_boxes

PLANES = 9
"""Planes of a target: heat, weight of a box, four sides, cosine and sine, what counts at all."""

# Width of a target's bell over the face's box, and the least in cells.
_BELL, _LEAST_BELL = 0.09, 0.45
# Cells that are this near to a face's centre, by the bell, learn its box.
_NEAR = 0.4
# Exponents of the focal loss (CornerNet, equation 1) and the floor under a score.
_ALPHA, _BETA, _LEAST_SCORE = 2, 4, 1e-4
_CANDIDATES = 0.05


@dataclass(frozen=True, slots=True)
class LossWeights:
    """How much each part of the loss counts."""

    heat: float = 1.0
    overlap: float = 2.0
    sides: float = 0.5
    roll: float = 2.0


def encode(mosaic: Mosaic) -> NDArray[np.float32]:
    """The target of a mosaic: (9, h, w) float32 on the grid of cells.

    Plane 0 is a bell of 1 at each face's centre; 1 how much a cell's box counts, of a sum of 1
    a face; 2 to 5 the distances from the cell's centre to the box's left, upper, right and
    lower edge in cells; 6 and 7 cosine and sine of the roll; 8 is 0 where no score is asked
    for. Where faces overlap, the smaller one has the cell.
    """
    height, width = (n // STRIDE for n in mosaic.image.shape[:2])
    target = np.zeros((PLANES, height, width), np.float32)
    target[8] = 1
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    for box in mosaic.doubtful:
        x0, y0, x1, y1 = _in_cells(box)
        inside = (columns >= x0) & (columns <= x1) & (rows >= y0) & (rows <= y1)
        target[8][inside] = 0
    for box in sorted(mosaic.boxes, key=lambda b: b.area, reverse=True):
        x0, y0, x1, y1 = _in_cells(box)
        x, y = (x0 + x1) / 2, (y0 + y1) / 2
        sx, sy = (max(_LEAST_BELL, _BELL * s) for s in (x1 - x0, y1 - y0))
        bell = np.exp(-(((columns - x) / sx) ** 2 + ((rows - y) / sy) ** 2) / 2)
        row, column = min(height - 1, max(0, round(y))), min(width - 1, max(0, round(x)))
        bell[row, column] = 1
        target[0] = np.maximum(target[0], bell)
        edges = np.stack([columns - x0, rows - y0, x1 - columns, y1 - rows])
        own = (bell >= _NEAR) & (edges.min(axis=0) > 0.02)
        target[1][own] = bell[own] / bell[own].sum()
        target[2:6, own] = edges[:, own]
        target[6:8, own] = np.array(
            [[np.cos(np.radians(box.roll))], [np.sin(np.radians(box.roll))]]
        )
        target[8][own] = 1
    return target


def _in_cells(box: Box) -> tuple[float, float, float, float]:
    """Edges of a box counted in cells, whole numbers at the cells' centres."""
    half = (STRIDE - 1) / 2
    x0, y0, x1, y1 = ((v - half) / STRIDE for v in (box.x0, box.y0, box.x1, box.y1))
    return x0, y0, x1, y1


def detection_loss(
    raw: Tensor, target: Tensor, weights: LossWeights
) -> tuple[Tensor, dict[str, Tensor]]:
    """The loss of the network's answers, and its parts.

    Args:
        raw: (N, 7, h, w) of the network.
        target: (N, 9, h, w) of ``encode``.
        weights: what each part counts.
    """
    heat, share, edges, turn, counts = target.split((1, 1, 4, 2, 1), dim=1)
    faces = share.sum().clamp(min=1.0)
    score = torch.sigmoid(raw[:, :1].float()).clamp(_LEAST_SCORE, 1 - _LEAST_SCORE)
    hit = heat >= 1
    focal = torch.where(
        hit,
        -((1 - score) ** _ALPHA) * torch.log(score),
        -((1 - heat) ** _BETA) * score**_ALPHA * torch.log(1 - score),
    )
    said = sides(raw)
    # Where no face is, the sides of a unit box keep logarithm and quotient finite.
    true = torch.where(share > 0, edges, torch.ones_like(edges))
    overlap = (share * (1 - _generalised_iou(said, true))).sum() / faces
    lengths = (share * (said.log() - true.log()).abs()).sum() / (4 * faces)
    # Not by the angle between the two: near the truth that has hardly a gradient.
    miss = functional.smooth_l1_loss(raw[:, 5:7].float(), turn, beta=0.1, reduction="none")
    roll = (share * miss).sum() / faces
    parts = {
        "heat": (focal * counts).sum() / faces,
        "overlap": overlap,
        "sides": lengths,
        "roll": roll,
    }
    total = sum((getattr(weights, name) * part for name, part in parts.items()), raw.new_zeros(()))
    return total, parts


def _generalised_iou(a: Tensor, b: Tensor) -> Tensor:
    """Generalised IoU of boxes around the same cell, (N, 4, h, w) each to (N, 1, h, w)."""
    small, large = torch.minimum(a, b), torch.maximum(a, b)
    shared, hull = _area(small), _area(large)
    union = _area(a) + _area(b) - shared
    return shared / union - (hull - union) / hull


def _area(edges: Tensor) -> Tensor:
    left, up, right, down = edges.split(1, dim=1)
    return (left + right) * (up + down)


class DetectionTask:
    """What the training loop asks for, of the face detector.

    Args:
        maker: makes the mosaics that are trained on.
        held_out: mosaics that the network is scored on, of portraits that it never sees.
        network: a row of ``nets.registry.NETWORKS``; ``settings``: what it is built with.
        batch: mosaics a step; ``seed``: of everything drawn.
        init: file of the weights to begin from, None for random ones.
        weights: of the loss.
    """

    def __init__(
        self,
        maker: MosaicMaker,
        held_out: Sequence[Mosaic],
        network: str = "detector",
        settings: dict[str, Any] | None = None,
        batch: int = 16,
        seed: int = 0,
        init: Path | None = None,
        weights: LossWeights | None = None,
    ) -> None:
        self._maker = maker
        self._held_out = held_out
        self._network, self._settings = network, settings or {}
        self._batch, self._seed, self._init = batch, seed, init
        self._weights = weights or LossWeights()

    def network(self) -> nn.Module:
        """The detector, with random weights or those it begins from.

        Raises:
            InputError: weights that cannot be read.
        """
        if self._init is not None:
            return load_weights(self._init)[0].train()
        return build_network(self._network, **self._settings)

    def batch(self, step: int) -> dict[str, Tensor]:
        """The mosaics of a step: ``images`` (N, 3, S, S) uint8, ``target`` (N, 9, h, w)."""
        first = step * self._batch
        mosaics = [self._maker.make(self._seed, first + i) for i in range(self._batch)]
        images = np.stack([m.image.transpose(2, 0, 1) for m in mosaics])
        target = np.stack([encode(m) for m in mosaics])
        return {"images": torch.from_numpy(images), "target": torch.from_numpy(target)}

    def loss(self, module: nn.Module, batch: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss of a batch; see ``detection_loss``."""
        raw = module(batch["images"].float() / 255)
        return detection_loss(raw, batch["target"], self._weights)

    def validate(self, module: nn.Module) -> dict[str, float]:
        """Average precision, recall, false alarms and IoU on the held-out mosaics."""
        device = next(module.parameters()).device
        found = []
        with torch.no_grad():
            for mosaic in self._held_out:
                image = torch.from_numpy(mosaic.image.transpose(2, 0, 1)[None].copy())
                raw = module(image.to(device).float() / 255)[0].float().cpu().numpy()
                found.append(merge_boxes(decode(raw, _CANDIDATES)))
        score = score_boxes(found, [(m.boxes, m.doubtful) for m in self._held_out])
        return score.numbers()
