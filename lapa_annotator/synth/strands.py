"""Growing strands: roots on the head, steps along a flow, and a head that they cannot enter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from lapa_annotator.synth.subdivide import Ints
from lapa_annotator.synth.template import HEAD, Template, normals

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Strands:
    """Strands of one look.

    Attributes:
        points: (n, k, 3) from root to tip, in metres.
        radius: (k,) from root to tip, in metres.
    """

    points: Array
    radius: Array


@dataclass(frozen=True)
class Roots:
    """Where strands begin.

    Attributes:
        places: (n, 3) in space.
        outward: (n, 3) unit normals there.
        rest: (n, 3) the same places on the mean shape.
    """

    places: Array
    outward: Array
    rest: Array


class Surface:
    """What strands may not enter: a person's skin, as points with normals."""

    def __init__(self, vertices: Array, faces: Ints) -> None:
        self.vertices, self.faces = vertices, faces
        self.outward = normals(vertices, faces)
        centres = vertices[faces].mean(axis=1)
        middle = self.outward[faces].mean(axis=1)
        middle /= np.maximum(np.linalg.norm(middle, axis=1, keepdims=True), 1e-9)
        self._places = np.concatenate([vertices, centres])
        self._normals = np.concatenate([self.outward, middle])
        self._tree = cKDTree(self._places)

    def push_out(self, points: Array, clearance: Array, ceiling: Array | None = None) -> Array:
        """Move (n, 3) points that are nearer than ``clearance`` (n,) to the skin away from it.

        Points that are further away than ``ceiling`` (n,) are drawn half way back to it.
        """
        # A neighbour half as far again as the nearest one will do, and is found much sooner.
        nearest = self._tree.query(points, eps=0.5)[1]
        normal = self._normals[nearest]
        height = ((points - self._places[nearest]) * normal).sum(axis=1)
        lift = np.clip(clearance - height, 0, 0.05)
        if ceiling is not None:
            lift = lift - 0.5 * np.clip(height - ceiling, 0, 0.02)
        moved: Array = points + lift[:, None] * normal
        return moved


def sample_roots(
    template: Template, surface: Surface, density: Array, count: int, rng: np.random.Generator
) -> Roots:
    """Draw roots on the head.

    Args:
        template: the mesh.
        surface: the person's skin; its vertices are the template's fine mesh, in place.
        density: (n,) weight of every quad of the head, per area.
        count: how many.
        rng: where chance comes from.
    """
    quads = template.faces[template.slots == HEAD]
    rest = template.rest[quads]
    area = np.linalg.norm(np.cross(rest[:, 2] - rest[:, 0], rest[:, 3] - rest[:, 1]), axis=1)
    weight = area * density
    if weight.sum() <= 0:
        empty = np.zeros((0, 3))
        return Roots(empty, empty, empty)
    chosen = rng.choice(len(quads), count, p=weight / weight.sum())
    s, t = rng.random((2, count))
    share = np.stack([(1 - s) * (1 - t), s * (1 - t), s * t, (1 - s) * t], axis=1)[..., None]
    corners = quads[chosen]
    outward = (surface.outward[corners] * share).sum(axis=1)
    return Roots(
        (surface.vertices[corners] * share).sum(axis=1),
        outward / np.linalg.norm(outward, axis=1, keepdims=True),
        (template.rest[corners] * share).sum(axis=1),
    )


Flow = Callable[[Array, Array, float], Array]
"""(n, 3) places and (n, 3) directions so far, share of the length -> (n, 3) wanted directions."""


@dataclass(frozen=True)
class Growth:
    """How strands grow.

    Attributes:
        steps: pieces per strand.
        follow: how fast a strand turns into the flow, 0 to 1 per step.
        clearance: (n,) metres that a strand keeps from the skin.
        cut: height in metres below which a strand ends, (n,); None for anywhere.
        ceiling: from places (n, 3) to the metres (n,) above the skin that hair does not leave;
            None for hair that stands free.
    """

    steps: int
    follow: float
    clearance: Array
    cut: Array | None = None
    ceiling: Callable[[Array], Array] | None = None


def grow(roots: Roots, length: Array, flow: Flow, growth: Growth, surface: Surface) -> Array:
    """Grow (n, steps + 1, 3) strands of ``length`` (n,) metres from their roots."""
    place = roots.places - 0.0005 * roots.outward
    direction = roots.outward.copy()
    step = (length / growth.steps)[:, None]
    strands = [place]
    for k in range(growth.steps):
        share = k / growth.steps
        wanted = flow(place, direction, share)
        follow = growth.follow if k else growth.follow * 0.5
        direction = (1 - follow) * direction + follow * wanted
        direction /= np.maximum(np.linalg.norm(direction, axis=1, keepdims=True), 1e-9)
        moved = place + step * direction
        rising = np.minimum(1.0, (k + 1) / 3)
        top = growth.ceiling(moved) if growth.ceiling is not None else None
        moved = surface.push_out(moved, growth.clearance * rising, top)
        if growth.cut is not None:
            ended = (moved[:, 2] < growth.cut)[:, None]
            moved = np.where(ended, place, moved)
        direction = np.where(step > 0, (moved - place) / np.maximum(step, 1e-9), direction)
        direction /= np.maximum(np.linalg.norm(direction, axis=1, keepdims=True), 1e-3)
        place = moved
        strands.append(place)
    return np.stack(strands, axis=1)


def curl(strands: Array, radius: float, turns: Array, phase: Array) -> Array:
    """Wind (n, k, 3) strands into helices of ``radius`` metres, growing from the root."""
    along = np.gradient(strands, axis=1)
    along /= np.maximum(np.linalg.norm(along, axis=2, keepdims=True), 1e-9)
    side = np.cross(along, np.array([0.31, 0.17, 0.93]))
    side /= np.maximum(np.linalg.norm(side, axis=2, keepdims=True), 1e-9)
    up = np.cross(along, side)
    share = np.linspace(0, 1, strands.shape[1])
    angle = phase[:, None] + 2 * np.pi * turns[:, None] * share
    grown = radius * np.minimum(1, share * 4)[None, :, None]
    wound: Array = strands + grown * (
        np.cos(angle)[..., None] * side + np.sin(angle)[..., None] * up
    )
    return wound
