"""Other features in the same face: mouths, eyes and noses of other sizes, points exactly with them.

A photo and a renderer each have mouths of their own kind: portraits smile, rendered lips are thick
and narrow. A smooth field that enlarges or shrinks the picture round a feature gives every face
the features of another, and moves the points by the same field.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.landmarks import Points
from lapa_annotator.training.data.crops import Crop

Array = NDArray[np.float64]

_WIDTHS, _THICKNESS = (0.50, 0.85), (0.10, 0.24)
"""Least and most width of a mouth, and of both lips, over the distance of the outer eye corners."""
_MOUTH_X, _MOUTH_Y = (0.8, 1.4), (0.6, 1.3)
"""Least and most factors on a mouth: further away its surroundings look torn."""
_EYES, _NOSES, _CHINS, _BROWS = 0.2, 0.15, 0.1, 0.025
"""Most change (a logarithm) of eyes, nose and chin, and most shift of brows in face sides."""
_STEPS, _CLOSE = 60, 0.02
"""Most steps that look for where a point goes, and how near to it they must come, in pixels."""


@dataclass(frozen=True, eq=False)
class Field:
    """Where a new crop's pixels are taken from: ``q + sum of g(q) (change (q - centre) + shift)``.

    Attributes:
        centres: (n, 2) in pixels.
        changes: (n, 2, 2).
        shifts: (n, 2) in pixels.
        sigmas: (n,) standard deviations in pixels of the round Gaussians ``g``.
    """

    centres: Array
    changes: Array
    shifts: Array
    sigmas: Array

    def taken_from(self, places: Array) -> Array:
        """(m, 2) places of the old crop for (m, 2) places of the new one."""
        away = places[None] - self.centres[:, None]
        near = np.exp(-0.5 * (away**2).sum(axis=2) / self.sigmas[:, None] ** 2)
        moved = np.einsum("nij,nmj->nmi", self.changes, away) + self.shifts[:, None]
        return np.asarray(places + (near[..., None] * moved).sum(axis=0), np.float64)

    def goes_to(self, places: Array) -> Array | None:
        """(m, 2) places of the new crop for (m, 2) places of the old one; None if the field folds
        there, so that a place has none or several."""
        found = places.copy()
        for _ in range(_STEPS):
            missed = places - self.taken_from(found)
            found = found + missed
            if np.abs(missed).max() < _CLOSE / 10:
                break
        return found if np.abs(places - self.taken_from(found)).max() < _CLOSE else None

    def grid(self, size: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """``taken_from`` of all pixels of a crop: two (size, size) float32, for ``cv2.remap``."""
        line = np.arange(size, dtype=np.float32)
        x, y = np.tile(line, (size, 1)), np.tile(line[:, None], (1, size))
        for centre, change, shift, sigma in zip(
            self.centres, self.changes, self.shifts, self.sigmas, strict=True
        ):
            dx, dy = (line - np.float32(c) for c in centre)
            near = np.outer(*(np.exp(-0.5 * (d / np.float32(sigma)) ** 2) for d in (dy, dx)))
            (a, b), (c, d) = change.astype(np.float32)
            x += near * (a * dx[None] + (b * dy + np.float32(shift[0]))[:, None])
            y += near * (c * dx[None] + (d * dy + np.float32(shift[1]))[:, None])
        return x, y


def reshape(crop: Crop, rng: np.random.Generator) -> Crop:
    """Give a face other features: mouth, eyes, nose, chin and brows of other sizes and places.

    Args:
        crop: the crop.
        rng: where to draw from.

    Returns:
        The new crop; its points have moved with the picture, to 0.02 pixels. The crop itself
        where the drawn field would fold.
    """
    field = draw_field(crop.points, rng)
    points = field.goes_to(crop.points)
    if points is None:
        return crop
    size = crop.image.shape[0]
    x, y = field.grid(size)
    seen = cv2.remap(cv2.merge([crop.image, crop.matte]), x, y, cv2.INTER_LINEAR)
    soft = cv2.remap(cv2.merge([crop.soft, crop.soft]), x, y, cv2.INTER_LINEAR)
    labels = cv2.remap(crop.labels, x, y, cv2.INTER_NEAREST)
    inside = ((points >= -0.5) & (points <= size - 0.5)).all(axis=1)
    return replace(
        crop,
        image=np.asarray(cv2.cvtColor(seen, cv2.COLOR_RGBA2RGB), np.uint8),
        points=points,
        weights=(crop.weights * inside).astype(np.float32),
        labels=np.asarray(labels, np.uint8),
        soft=np.asarray(soft[..., :2], np.uint8),
        matte=np.asarray(cv2.extractChannel(seen, 3), np.uint8),
    )


def draw_field(points: Points, rng: np.random.Generator) -> Field:
    """Draw how the features of a face with (106, 2) points change."""
    side = float(np.ptp(points, axis=0).max())
    across = points[79] - points[66]
    apart = float(np.hypot(*across)) + 1e-6
    angle = float(np.arctan2(across[1], across[0]))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    width = float(np.hypot(*(points[90] - points[84])))
    down = turn[:, 1]
    lips = abs(float((points[98] - points[87] + points[93] - points[102]) @ down))
    mouth = (
        np.clip(rng.uniform(*_WIDTHS) * apart / max(width, 1e-6), *_MOUTH_X),
        np.clip(rng.uniform(*_THICKNESS) * apart / max(lips, 1e-6), *_MOUTH_Y),
    )
    eyes = np.exp(rng.uniform(-_EYES, _EYES, 2) * (0.6, 1.0))
    nose = np.exp(rng.uniform(-_NOSES, _NOSES, 2))
    chin = np.exp(rng.uniform(-_CHINS, _CHINS, 2))
    raised = rng.uniform(-_BROWS, _BROWS) * side * down
    none = np.zeros(2)
    rows = (
        (points[84:96].mean(axis=0), mouth, none, 0.19),
        (points[66:74].mean(axis=0), eyes, none, 0.11),
        (points[75:83].mean(axis=0), eyes, none, 0.11),
        (points[51:66].mean(axis=0), nose, none, 0.13),
        (points[16], chin, none, 0.25),
        (points[33:42].mean(axis=0), (1.0, 1.0), raised, 0.13),
        (points[42:51].mean(axis=0), (1.0, 1.0), raised, 0.13),
    )
    changes = [turn @ np.diag(1 / np.asarray(factors) - 1) @ turn.T for _, factors, _, _ in rows]
    return Field(
        centres=np.array([centre for centre, *_ in rows]),
        changes=np.array(changes),
        shifts=np.array([shift for _, _, shift, _ in rows]),
        sigmas=side * np.array([sigma for *_, sigma in rows]),
    )
