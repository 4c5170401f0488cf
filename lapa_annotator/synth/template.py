"""The mesh that is rendered, worked out once per process: fine quads, islands, charts.

The head is one island of MakeHuman's texture coordinates; a *chart* is a picture over its
texture coordinates in which classes and colours are painted.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import LinearNDInterpolator
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from lapa_annotator.synth.human import Groups, human
from lapa_annotator.synth.points import BrowShape, points_uv
from lapa_annotator.synth.subdivide import Ints, subdivide, subdivide_flat

Array = NDArray[np.float64]

HEAD, TORSO, MOUTH, LEFT_EYE, RIGHT_EYE = 0, 1, 2, 3, 4
"""Slots of the skin mesh; left and right are the image's."""

_INSIDE = {HEAD: (0.9, 0.48), MOUTH: (0.84, 0.07), LEFT_EYE: (0.04, 0.59), RIGHT_EYE: (0.12, 0.59)}
"""A place in texture coordinates inside each island."""


@dataclass(frozen=True)
class Chart:
    """A window of texture coordinates as a picture.

    Attributes:
        u0, v0: its lower corner.
        u1, v1: its upper corner.
        scale: pixels per unit; columns run along u, rows along v.
    """

    u0: float
    v0: float
    u1: float
    v1: float
    scale: float

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return round((self.v1 - self.v0) * self.scale), round((self.u1 - self.u0) * self.scale)

    def pixels(self, uv: Array) -> Array:
        """(..., 2) columns and rows of texture coordinates; whole numbers are pixel centres."""
        return (uv - (self.u0, self.v0)) * self.scale - 0.5

    def grid(self) -> Array:
        """(rows, columns, 2) texture coordinates of the pixels' centres."""
        rows, columns = self.shape
        u = self.u0 + (np.arange(columns) + 0.5) / self.scale
        v = self.v0 + (np.arange(rows) + 0.5) / self.scale
        return np.stack(np.meshgrid(u, v), axis=-1)

    def unit(self, uv: Array) -> Array:
        """Texture coordinates scaled so that the window is the unit square, for the renderer."""
        return (uv - (self.u0, self.v0)) / (self.u1 - self.u0, self.v1 - self.v0)


COLOUR_CHART = Chart(0.641, 0.149, 0.995, 0.819, 2000.0)
"""The whole head, for colours."""
CLASS_CHART = Chart(0.800, 0.355, 0.975, 0.611, 12000.0)
"""The face, for classes."""


@dataclass(frozen=True)
class Template:
    """The mesh.

    Attributes:
        groups: the coarse mesh.
        matrix: (fine, 19158) from the model's vertices to the fine mesh.
        faces: (n, 4) quads of the fine mesh.
        slots: (n,) slot of each quad.
        uv: (n, 4, 2) texture coordinates of the quads' corners.
        rest: (fine, 3) the fine mesh of the mean shape.
        vertex_uv: (fine, 2) texture coordinates of the head's vertices, NaN for others.
        chart_rest: (rows, columns, 3) place on the mean shape of every pixel of the colour
            chart, NaN outside of the head.
        chart_normal: the same for the surface's direction.
    """

    groups: Groups
    matrix: csr_matrix
    faces: Ints
    slots: Ints
    uv: Array
    rest: Array
    vertex_uv: Array
    chart_rest: Array
    chart_normal: Array

    @cached_property
    def _head(self) -> tuple[Ints, Array, cKDTree]:
        """The head's triangles, their texture coordinates and a tree of their middles."""
        quads = self.faces[self.slots == HEAD]
        corners = self.uv[self.slots == HEAD]
        triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
        places = np.concatenate([corners[:, [0, 1, 2]], corners[:, [0, 2, 3]]])
        return triangles, places, cKDTree(places.mean(axis=1))

    def locate(self, uv: Array) -> tuple[Ints, Array]:
        """Find (n, 2) texture coordinates on the head.

        Returns:
            (n, 3) vertices of the fine mesh and (n, 3) weights that sum to one.
        """
        triangles, places, tree = self._head
        near = tree.query(uv, k=24)[1]
        a, b, c = (places[near][:, :, k] for k in range(3))
        weights = _barycentric(uv[:, None], a, b, c)
        best = weights.min(axis=2).argmax(axis=1)
        rows = np.arange(len(uv))
        found = np.clip(weights[rows, best], 0, None)
        return triangles[near[rows, best]], found / found.sum(axis=1, keepdims=True)


def _barycentric(p: Array, a: Array, b: Array, c: Array) -> Array:
    ab, ac, ap = b - a, c - a, p - a
    area = ab[..., 0] * ac[..., 1] - ab[..., 1] * ac[..., 0]
    area = np.where(np.abs(area) < 1e-15, 1e-15, area)
    second = (ap[..., 0] * ac[..., 1] - ap[..., 1] * ac[..., 0]) / area
    third = (ab[..., 0] * ap[..., 1] - ab[..., 1] * ap[..., 0]) / area
    return np.stack([1 - second - third, second, third], axis=-1)


@cache
def template() -> Template:
    """The mesh of this process; making it takes about two seconds."""
    groups = human().groups()
    kept = _kept(groups)
    slot = _slots(groups)[kept]
    coarse = subdivide(groups.body[kept], len(groups.template))
    flat = subdivide_flat(groups.body_uv[kept], len(groups.uv))
    used, renumbered = np.unique(coarse.faces, return_inverse=True)
    matrix = csr_matrix(coarse.matrix[used])
    faces = renumbered.reshape(-1, 4)
    uv = (flat.matrix @ groups.uv)[flat.faces]
    slots = np.repeat(slot, 4)
    rest = matrix @ groups.template
    vertex_uv = np.full((len(rest), 2), np.nan)
    vertex_uv[faces[slots == HEAD]] = uv[slots == HEAD]
    chart = _chart_geometry(rest, faces, uv, slots)
    return Template(
        groups, matrix, faces, slots, uv, rest, vertex_uv, chart[..., :3], chart[..., 3:]
    )


def _kept(groups: Groups) -> NDArray[np.bool_]:
    """The bust: what a portrait can show of the body."""
    centre = groups.template[groups.body].mean(axis=1)
    bust: NDArray[np.bool_] = (centre[:, 2] > 0.27) & (np.abs(centre[:, 0]) < 0.34)
    return bust


def _slots(groups: Groups) -> Ints:
    """The island of every quad of the body, as a slot."""
    quads = groups.body_uv
    a, b = np.repeat(quads[:, 0], 3), quads[:, 1:].ravel()
    joined = coo_matrix((np.ones(len(a)), (a, b)), shape=(len(groups.uv),) * 2)
    _, island = connected_components(joined)
    slots = np.full(len(quads), TORSO)
    tree = cKDTree(groups.uv)
    for slot, place in _INSIDE.items():
        slots[island[quads[:, 0]] == island[tree.query(place)[1]]] = slot
    return slots


def normals(vertices: Array, faces: Ints) -> Array:
    """(n, 3) unit normals of the vertices of a quad mesh."""
    a, b = (
        vertices[faces[:, 2]] - vertices[faces[:, 0]],
        vertices[faces[:, 3]] - vertices[faces[:, 1]],
    )
    face = np.cross(a, b)
    total = np.stack(
        [np.bincount(faces.ravel(), np.repeat(face[:, k], 4), len(vertices)) for k in range(3)], 1
    )
    length = np.linalg.norm(total, axis=1, keepdims=True)
    unit: Array = total / np.maximum(length, 1e-12)
    return unit


def _chart_geometry(rest: Array, faces: Ints, uv: Array, slots: Ints) -> Array:
    head = slots == HEAD
    quads, places = faces[head], uv[head]
    values = np.concatenate([rest, normals(rest, faces)], axis=1)
    corner = values[quads].reshape(-1, 6)
    _, first = np.unique(places.reshape(-1, 2).round(7), axis=0, return_index=True)
    small = Chart(*_bounds(COLOUR_CHART), 500.0)
    coarse = LinearNDInterpolator(places.reshape(-1, 2)[first], corner[first])(small.grid())
    rows, columns = COLOUR_CHART.shape
    layers = [cv2.resize(coarse[..., k], (columns, rows)) for k in range(coarse.shape[-1])]
    stacked: Array = np.stack(layers, axis=-1)
    return stacked


def _bounds(chart: Chart) -> tuple[float, float, float, float]:
    return chart.u0, chart.v0, chart.u1, chart.v1


MEAN_POINTS_UV = points_uv(BrowShape())
