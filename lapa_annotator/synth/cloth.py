"""Cloth that lies on the body: shells over a region of the skin."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise

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

_HEM = 0.014
"""Metres within which clothes rise from the skin to their full thickness."""
HATS = ("beanie", "cap", "brim")


@dataclass(frozen=True)
class Garment:
    """What a garment lies over.

    Attributes:
        faces: (n, 4) quads of the fine mesh.
        trim: (fine,) metres by which each vertex of a hat is moved up, on the mean shape, so
            that it ends in a line and not in steps.
        rise: (fine,) share of its thickness that the cloth lies above the skin. Clothes sink
            into the skin at their edge: they leave no gap, and end in a line too.
        covered: (m,) which quads of the whole fine mesh these are.
        hole: (k, 2) edges of a hole that the cloth closes.
    """

    faces: Ints
    trim: Array
    rise: Array
    covered: NDArray[np.bool_]
    hole: Ints = field(default_factory=lambda: np.zeros((0, 2), dtype=np.int64))


@cache
def garment(kind: str) -> Garment:
    """The part of the body that a garment lies over."""
    mesh = template()
    uv = mesh.uv.mean(axis=1)
    flat = np.zeros(len(mesh.rest))
    if kind == "mask":
        chosen = (mesh.slots == HEAD) & _mask(uv) & ~_lips_inside(uv)
        faces = mesh.faces[chosen]
        return Garment(faces, flat, flat + 1, chosen, _mouth_rim(faces))
    if kind == "headscarf":
        chosen = _headscarf(uv)
        return Garment(mesh.faces[chosen], flat, flat + 1, chosen)
    above = _above(kind, mesh.rest)  # positive on the cloth
    if kind in HATS:
        chosen = (above[mesh.faces] > 0).any(axis=1)
        chosen &= (mesh.slots == HEAD) & ~regions.on_ear(uv)
        return Garment(mesh.faces[chosen], np.clip(-above, 0, 0.02), flat + 1, chosen)
    chosen = (above[mesh.faces] > -_HEM).any(axis=1)
    chosen &= (mesh.slots == HEAD) | (mesh.slots == TORSO)
    return Garment(mesh.faces[chosen], flat, np.clip(above / _HEM, -0.6, 1), chosen)


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
    above: Array = edges[kind]
    return above


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


def _lips_inside(uv: Array) -> NDArray[np.bool_]:
    """The lips' inner side, which the cloth does not follow."""
    u, v = (uv[:, 0] - 0.9088) / 0.0075, (uv[:, 1] - 0.483) / 0.0200
    near: NDArray[np.bool_] = u**2 + v**2 < 1
    return near


def _mouth_rim(faces: Ints) -> Ints:
    """The (k, 2) edges round the mouth that belong to one quad alone."""
    rest = template().rest
    sides = np.stack([faces, np.roll(faces, -1, axis=1)], axis=-1).reshape(-1, 2)
    _, first, count = np.unique(
        np.sort(sides, axis=1), axis=0, return_index=True, return_counts=True
    )
    border = sides[first[count == 1]]
    place = rest[border].mean(axis=1)
    near = (np.abs(place[:, 0]) < 0.030) & (place[:, 2] > 0.566) & (place[:, 2] < 0.602)
    rim: Ints = border[near]
    return rim


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
    if len(cloth.hole):
        skin, outward, quads = _closed(skin, outward, quads, np.searchsorted(used, cloth.hole))
        trim = np.zeros_like(skin)
    wanted = thickness * cloth.rise[used]
    wanted = np.concatenate([wanted, np.full(len(skin) - len(used), thickness)])
    shell = skin + wanted[:, None] * outward + trim
    n = len(skin)
    a = quads.ravel()
    b = np.roll(quads, -1, axis=1).ravel()
    near = coo_matrix((np.ones(2 * len(a)), (np.r_[a, b], np.r_[b, a])), shape=(n, n)).tocsr()
    mean = diags(1 / np.maximum(np.asarray(near.sum(axis=1)).ravel(), 1)) @ near
    still = (np.linalg.norm(trim, axis=1) > 0) | (wanted < thickness)
    for _ in range(smooth):
        moved = 0.5 * shell + 0.5 * (mean @ shell)
        shell = np.where(still[:, None], shell, moved)
        height = ((shell - skin) * outward).sum(axis=1)
        lift = np.where(still, 0, np.clip(0.5 * thickness - height, 0, None))
        shell += lift[:, None] * outward
    if len(cloth.hole):
        # The innermost ring has drifted apart; it is one place.
        inner = len(np.unique(cloth.hole))
        shell[-inner:] = shell[-inner:].mean(axis=0)
    return shell, quads


def _closed(skin: Array, outward: Array, quads: Ints, hole: Ints) -> tuple[Array, Array, Ints]:
    """Close a hole with two rings of quads about its middle."""
    rim = np.unique(hole)
    middle, ahead = skin[rim].mean(axis=0), outward[rim].mean(axis=0)
    ahead /= np.linalg.norm(ahead)
    n = len(skin)
    # Taut cloth stands out before an open mouth.
    middle = middle + 0.012 * ahead
    rings = [middle + share * (skin[rim] - middle) for share in (0.5, 0.02)]
    number = [rim, n + np.arange(len(rim)), n + len(rim) + np.arange(len(rim))]
    at = np.searchsorted(rim, hole)
    for outer, inner in pairwise(number):
        # The hole's edges run against its neighbours' sense of rotation.
        added = np.stack(
            [outer[at[:, 1]], outer[at[:, 0]], inner[at[:, 0]], inner[at[:, 1]]], axis=1
        )
        quads = np.concatenate([quads, added])
    flat = np.broadcast_to(ahead, (2 * len(rim), 3))
    return np.concatenate([skin, *rings]), np.concatenate([outward, flat]), quads
