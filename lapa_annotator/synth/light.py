"""Light: a picture of the surroundings and single lamps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lapa_annotator.synth.person import Person

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Lighting:
    """Lamps and surroundings.

    Attributes:
        lamps: descriptions for the renderer.
        world: (32, 64, 3) float32 linear light, all round; the front is in the middle.
        strength: factor on ``world``.
    """

    lamps: list[dict[str, Any]]
    world: NDArray[np.float32]
    strength: float


def _lamp(target: Array, azimuth: float, height: float, distance: float) -> Array:
    """(4, 4) place of a lamp that shines on ``target``; azimuth 0 is in front."""
    a, h = np.radians([azimuth, height])
    back = np.array([np.sin(a) * np.cos(h), -np.cos(a) * np.cos(h), np.sin(h)])
    right = np.array([np.cos(a), np.sin(a), 0.0])
    matrix = np.eye(4)
    matrix[:3, :3] = np.stack([right, np.cross(back, right), back], axis=1)
    matrix[:3, 3] = target + back * distance
    return matrix


# kind, azimuth, height, distance, energy, size, warmth
_Row = tuple[str, float, float, float, float, float, float]
_TABLE: Mapping[str, tuple[tuple[_Row, ...], float]] = {
    "studio": (
        (
            ("AREA", -40, 30, 1.2, 22, 0.7, 0),
            ("AREA", 50, 10, 1.5, 10, 1.0, 0),
            ("AREA", 160, 45, 1.4, 14, 0.4, 0),
        ),
        0.35,
    ),
    "window": ((("AREA", -70, 15, 1.4, 34, 1.0, -0.1),), 0.35),
    "overcast": ((("AREA", 0, 80, 2.0, 30, 3.0, 0),), 0.85),
    "sun": ((("SUN", -35, 48, 3.0, 3.4, 0.02, 0.08),), 0.55),
    "hard side": ((("AREA", -85, 20, 1.3, 34, 0.08, 0.05),), 0.12),
    "ring": ((("AREA", 0, 4, 1.0, 17, 0.3, 0),), 0.4),
    "night": ((("AREA", -50, 40, 1.5, 15, 0.15, 0.3), ("AREA", 120, 20, 1.5, 16, 0.3, -0.4)), 0.10),
    "back": ((("AREA", 165, 35, 1.5, 50, 0.8, 0.05),), 0.6),
}  # fmt: skip


def lighting(person: Person, target: Array) -> Lighting:
    """Light a person whose head is at ``target`` (3,)."""
    view = person.view
    rng = np.random.default_rng([person.seed, 4])
    rows, ambient = _TABLE[view.lighting]
    # Lamps keep to the side they are made for, mirrored or moved a little.
    mirror = 1 if view.light_turn > 0 else -1
    shift = (abs(view.light_turn) - 90) / 90 * 18
    lamps = []
    for kind, azimuth, height, distance, energy, size, warmth in rows:
        warm = np.array([1 + warmth, 1.0, 1 - warmth]) * np.array(view.tint)
        lamps.append(
            {
                "kind": kind,
                "energy": energy * float(rng.uniform(1.0, 1.6)),
                "size": size,
                "colour": np.clip(warm, 0, 2).tolist(),
                "matrix": _lamp(
                    target,
                    mirror * (azimuth + shift),
                    height + float(rng.uniform(-10, 12)),
                    distance,
                ).tolist(),
            }
        )
    return Lighting(lamps, _surroundings(rng, np.array(view.tint)), 0.08 + 1.35 * ambient)


def _surroundings(rng: np.random.Generator, tint: Array) -> NDArray[np.float32]:
    """A soft, uneven room or sky: bright above, dark below, patches of light and colour."""
    height = np.linspace(1, 0, 32)[:, None, None]
    picture = (0.25 + 0.9 * height**1.2) * tint * np.ones((32, 64, 1))
    ground = rng.uniform(0.05, 0.4, 3)
    picture = np.where(height < 0.45, picture * 0.5 + 0.5 * ground, picture)
    patches = rng.gamma(0.35, 1.0, (8, 16, 1)) * (0.7 + 0.3 * rng.random((8, 16, 3)))
    picture = picture * 0.6 + 0.55 * cv2.resize(patches, (64, 32), interpolation=cv2.INTER_CUBIC)
    light: NDArray[np.float32] = np.clip(picture, 0.01, 6).astype(np.float32)
    return light
