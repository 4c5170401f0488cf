"""Eyeballs: a sphere with a raised cornea, and the picture of iris and sclera on its front."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_RINGS, _SECTORS = 28, 40
_CORNEA = 0.52
"""Half the cornea's width as seen from the eye's centre, in radians."""
_BULGE = 0.03
"""How far the cornea stands out, in radii."""
IRIS_ANGLE = 0.50


@dataclass(frozen=True)
class Eyeball:
    """One eyeball in place.

    Attributes:
        vertices: (n, 3) in metres.
        faces: (m, 4) quads.
        uv: (m * 4, 2) texture coordinates: the front half seen along the axis.
        centre, axis: (3,) the ball's centre and where it looks (unit length).
        pupil: (3,) the middle of the pupil on the ball's surface.
        radius: in metres.
    """

    vertices: Array
    faces: NDArray[np.int64]
    uv: Array
    centre: Array
    axis: Array
    pupil: Array
    radius: float


def fit_sphere(points: Array) -> tuple[Array, float]:
    """The sphere (centre, radius) closest to (n, 3) points by least squares."""
    system = np.c_[2 * points, np.ones(len(points))]
    found, *_ = np.linalg.lstsq(system, (points**2).sum(axis=1), rcond=None)
    centre = found[:3]
    return centre, float(np.sqrt(found[3] + centre @ centre))


def eyeball(centre: Array, radius: float, frame: Array) -> Eyeball:
    """Build an eyeball.

    Args:
        centre: (3,) in metres.
        radius: in metres.
        frame: (3, 3) columns right, up, forward of the eye.
    """
    angle = np.linspace(0, np.pi, _RINGS)
    # Rings are closer at the front, where the cornea bends.
    angle = np.pi * (0.35 * (angle / np.pi) + 0.65 * (angle / np.pi) ** 2)
    around = np.arange(_SECTORS) * (2 * np.pi / _SECTORS)
    a, s = np.meshgrid(angle, around, indexing="ij")
    lift = 1 + _BULGE * np.clip(1 - (a / _CORNEA) ** 2, 0, None)
    local = np.stack([np.sin(a) * np.cos(s), np.sin(a) * np.sin(s), np.cos(a)], axis=-1)
    ball = (local * lift[..., None]).reshape(-1, 3) * radius
    ring, sector = np.meshgrid(np.arange(_RINGS - 1), np.arange(_SECTORS), indexing="ij")
    ahead = (sector + 1) % _SECTORS
    corners = (ring * _SECTORS + sector, (ring + 1) * _SECTORS + sector)
    others = ((ring + 1) * _SECTORS + ahead, ring * _SECTORS + ahead)
    faces = np.stack([*corners, *others], axis=-1).reshape(-1, 4)
    # Angle from the axis is the picture's radius: 1.2 radians reach its edge.
    flat = np.stack([a * np.cos(s), a * np.sin(s)], axis=-1).reshape(-1, 2) / 2.4 + 0.5
    vertices = centre + ball @ frame.T
    pupil = centre + frame[:, 2] * radius * (1 + _BULGE)
    return Eyeball(vertices, faces, flat[faces].reshape(-1, 2), centre, frame[:, 2], pupil, radius)


def iris_picture(colour: Array, redness: float, pupil: float, seed: int) -> NDArray[np.float32]:
    """The (256, 256, 3) linear-light picture of an eyeball's front.

    Args:
        colour: (3,) linear RGB of the iris.
        redness: how red the sclera is, 0 to 1.
        pupil: the pupil's share of the iris's radius.
        seed: of the fibres.
    """
    rng = np.random.default_rng(seed)
    size = 256
    y, x = np.mgrid[:size, :size] / (size - 1) - 0.5
    radius, around = np.hypot(x, y) * 2.4, np.arctan2(y, x)
    fibres = cv2.GaussianBlur(rng.normal(size=(64, 256)), (0, 0), 1.2)
    rows = np.clip(radius / IRIS_ANGLE * 63, 0, 63).astype(np.float32)
    columns = ((around / (2 * np.pi) + 0.5) * 255).astype(np.float32)
    streak = cv2.remap(fibres, columns, rows * 0.25, cv2.INTER_LINEAR)
    share = radius / IRIS_ANGLE
    shade = 0.75 + 0.9 * streak + 0.35 * np.exp(-(((share - 0.55) / 0.18) ** 2))
    iris = colour * np.clip(shade, 0.2, 2.0)[..., None]
    iris *= (1 - 0.75 * _edge(share, 0.93, 0.10))[..., None]
    iris = iris * _edge(share, pupil, 0.05)[..., None]
    sclera = np.array([0.58, 0.54, 0.51]) * (1 - 0.18 * np.clip(radius - 0.4, 0, 1))[..., None]
    veins = cv2.GaussianBlur(rng.normal(size=(size, size)), (0, 0), 2.0) * 3
    red = redness * np.clip(0.25 + 0.5 * radius + veins * 0.3, 0, 1)[..., None]
    sclera = sclera * (1 - red * np.array([0.05, 0.45, 0.45]))
    mix = _edge(radius, IRIS_ANGLE, 0.04)[..., None]
    picture: NDArray[np.float32] = (iris * (1 - mix) + sclera * mix).astype(np.float32)
    return np.clip(picture, 0.002, 1)


def _edge(values: Array, at: float, width: float) -> Array:
    soft: Array = np.clip((values - at) / width + 0.5, 0, 1)
    return soft * soft * (3 - 2 * soft)
