"""Cloth that lies on the body: shells over a region of the skin."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, diags

from lapa_annotator.synth import regions
from lapa_annotator.synth.points import smooth as smooth_curve
from lapa_annotator.synth.rings import inside
from lapa_annotator.synth.shapes import Mesh
from lapa_annotator.synth.strands import Surface
from lapa_annotator.synth.subdivide import Ints
from lapa_annotator.synth.template import HEAD, MEAN_POINTS_UV, TORSO, template

Array = NDArray[np.float64]

HATS = ("beanie", "cap", "brim")


@dataclass(frozen=True)
class Garment:
    """What a garment lies over.

    Attributes:
        faces: (n, 4) quads of the fine mesh.
        trim: (fine,) metres by which each vertex is moved up, on the mean shape, so that the
            garment ends in a line and not in steps.
        covered: (m,) which quads of the whole fine mesh these are.
    """

    faces: Ints
    trim: Array
    covered: NDArray[np.bool_]


@cache
def garment(kind: str) -> Garment:
    """The part of the body that a garment lies over."""
    mesh = template()
    uv = mesh.uv.mean(axis=1)
    if kind == "mask":
        chosen = (mesh.slots == HEAD) & _mask(uv)
        return Garment(mesh.faces[chosen], np.zeros(len(mesh.rest)), chosen)
    if kind == "headscarf":
        chosen = _headscarf(uv)
        return Garment(mesh.faces[chosen], np.zeros(len(mesh.rest)), chosen)
    above = _above(kind, mesh.rest)  # positive on the cloth
    on = (above[mesh.faces] > 0).any(axis=1)
    skin = (mesh.slots == HEAD) | (mesh.slots == TORSO)
    chosen = on & ((mesh.slots == HEAD) & ~regions.on_ear(uv) if kind in HATS else skin)
    trim = np.where(above < 0, -above, 0.0) * (1 if kind in HATS else -1)
    return Garment(mesh.faces[chosen], np.clip(trim, -0.02, 0.02), chosen)


def _above(kind: str, rest: Array) -> Array:
    """Metres above (hats) or below (clothes) a garment's edge."""
    x, y, z = rest.T
    forward = -(y + 0.02)
    front = np.clip(-y / 0.06, 0, 1) * np.clip(1 - np.abs(x) / 0.09, 0, 1)
    edges = {
        "shirt": 0.486 - 0.035 * front - z,
        "collar": 0.513 - 0.030 * front - z,
        "beanie": z - (0.690 + 0.18 * (forward - 0.05)),
        "cap": z - (0.698 + 0.20 * (forward - 0.06)),
        "brim": z - (0.700 + 0.18 * (forward - 0.06)),
    }
    return edges[kind]


def _headscarf(uv: Array) -> NDArray[np.bool_]:
    """Everything but the face and the forehead below the cloth's edge."""
    mesh = template()
    z = mesh.rest[mesh.faces].mean(axis=1)[:, 2]
    face = inside(smooth_curve(MEAN_POINTS_UV[:33], closed=False), uv)
    forehead = (np.abs(uv[:, 1] - 0.483) < 0.108) & (uv[:, 0] > 0.785) & (uv[:, 0] < 0.86)
    head = (mesh.slots == HEAD) & ~face & ~forehead
    chosen: NDArray[np.bool_] = (head | (mesh.slots == TORSO)) & (z > 0.40)
    return chosen


def _mask(uv: Array) -> NDArray[np.bool_]:
    outline = np.array(
        [(0.860, 0.483), (0.868, 0.440), (0.884, 0.395), (0.905, 0.385), (0.932, 0.415),
         (0.955, 0.450), (0.968, 0.483)]
    )  # fmt: skip
    ring = np.concatenate([outline, (outline * [1, -1] + [0, 0.966])[::-1]])
    return inside(ring, uv)


def cover(surface: Surface, cloth: Garment, up: Array, thickness: float, smooth: int = 3) -> Mesh:
    """A shell ``thickness`` metres above a part of the skin.

    Args:
        surface: the person's skin.
        cloth: where the cloth lies.
        up: (3,) where the mean shape's upward axis points, scaled as the person is.
        thickness: in metres.
        smooth: rounds of smoothing, which bridges hollows as taut cloth does; the shell
            never sinks into the skin.
    """
    used, renumbered = np.unique(cloth.faces, return_inverse=True)
    quads = renumbered.reshape(-1, 4)
    skin, outward = surface.vertices[used], surface.outward[used]
    trim = cloth.trim[used][:, None] * up
    shell = skin + thickness * outward + trim
    n = len(used)
    a = quads.ravel()
    b = np.roll(quads, -1, axis=1).ravel()
    near = coo_matrix((np.ones(2 * len(a)), (np.r_[a, b], np.r_[b, a])), shape=(n, n)).tocsr()
    mean = diags(1 / np.maximum(np.asarray(near.sum(axis=1)).ravel(), 1)) @ near
    still = np.linalg.norm(trim, axis=1) > 0
    for _ in range(smooth):
        moved = 0.5 * shell + 0.5 * (mean @ shell)
        shell = np.where(still[:, None], shell, moved)
        height = ((shell - skin) * outward).sum(axis=1)
        lift = np.where(still, 0, np.clip(0.5 * thickness - height, 0, None))
        shell += lift[:, None] * outward
    return shell, quads
