"""Catmull-Clark subdivision of a quad mesh as a sparse matrix, worked out once per mesh.

Positions of the fine mesh are ``matrix @ positions`` of the coarse one, so a point that is
fixed on the fine mesh follows every shape and expression exactly, whoever draws the mesh.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix, diags

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Subdivision:
    """One step of subdivision.

    Attributes:
        matrix: (fine, coarse) weights of the coarse vertices in the fine ones.
        faces: (4 * n, 4) quads of the fine mesh; quad ``4 * i + k`` comes from coarse quad i.
    """

    matrix: csr_matrix
    faces: Ints


def subdivide(faces: Ints, count: int) -> Subdivision:
    """Divide (n, 4) quads over ``count`` vertices once; open borders stay sharp curves.

    Fine vertices are the coarse ones, then one per edge, then one per quad.
    """
    n = len(faces)
    sides = np.stack([faces, np.roll(faces, -1, axis=1)], axis=-1).reshape(-1, 2)
    edges, side_edge = np.unique(np.sort(sides, axis=1), axis=0, return_inverse=True)
    side_edge = side_edge.reshape(n, 4)
    shared = np.bincount(side_edge.ravel(), minlength=len(edges))
    centre = _matrix(np.repeat(np.arange(n), 4), faces.ravel(), 0.25, (n, count))
    middle = _matrix(np.repeat(np.arange(len(edges)), 2), edges.ravel(), 0.5, (len(edges), count))
    beside = _matrix(side_edge.ravel(), np.repeat(np.arange(n), 4), 1.0, (len(edges), n))
    inner = shared == 2
    edge = diags(np.where(inner, 0.5, 1.0)) @ middle
    edge += diags(np.where(inner, 0.25, 0.0)) @ beside @ centre
    corner = _corners(faces, edges, inner, centre, middle, count)
    quads = np.empty((n, 4, 4), dtype=np.int64)
    for k in range(4):
        quads[:, k, 0] = faces[:, k]
        quads[:, k, 1] = count + side_edge[:, k]
        quads[:, k, 2] = count + len(edges) + np.arange(n)
        quads[:, k, 3] = count + side_edge[:, k - 1]
    stacked = _stack([corner, csr_matrix(edge), centre])
    return Subdivision(stacked, quads.reshape(-1, 4))


def subdivide_flat(faces: Ints, count: int) -> Subdivision:
    """The same topology with every fine vertex half way: for texture coordinates."""
    whole = subdivide(faces, count)
    n = len(faces)
    sides = np.stack([faces, np.roll(faces, -1, axis=1)], axis=-1).reshape(-1, 2)
    edges = np.unique(np.sort(sides, axis=1), axis=0)
    middle = _matrix(np.repeat(np.arange(len(edges)), 2), edges.ravel(), 0.5, (len(edges), count))
    centre = _matrix(np.repeat(np.arange(n), 4), faces.ravel(), 0.25, (n, count))
    return Subdivision(_stack([csr_matrix(diags(np.ones(count))), middle, centre]), whole.faces)


def _corners(
    faces: Ints,
    edges: Ints,
    inner: NDArray[np.bool_],
    centre: csr_matrix,
    middle: csr_matrix,
    count: int,
) -> csr_matrix:
    """New places of the coarse vertices: (Q + 2 R + (k - 3) P) / k inside, a spline on borders."""
    n = len(faces)
    around = _matrix(faces.ravel(), np.repeat(np.arange(n), 4), 1.0, (count, n))
    touching = _matrix(edges.ravel(), np.repeat(np.arange(len(edges)), 2), 1.0, (count, len(edges)))
    valence = np.asarray(around.sum(axis=1)).ravel()
    k = np.maximum(valence, 1)
    ends = np.asarray(touching.sum(axis=1)).ravel()
    rule = diags(1 / k**2) @ around @ centre + diags(2 / (k * np.maximum(ends, 1))) @ (
        touching @ middle
    )
    rule += diags((k - 3) / k)
    border = np.zeros(count, dtype=bool)
    border[edges[~inner].ravel()] = True
    rim = csr_matrix(touching[:, ~inner]) @ csr_matrix(middle[~inner])
    beside = np.maximum(np.asarray(rim.sum(axis=1)).ravel(), 1)
    curve = diags(0.5 / beside) @ rim + diags(np.full(count, 0.5))
    loose = valence == 0
    mixed = (
        diags((~border & ~loose).astype(float)) @ rule
        + diags((border & ~loose).astype(float)) @ curve
    )
    return csr_matrix(mixed + diags(loose.astype(float)))


def _matrix(rows: Ints, columns: Ints, value: float, shape: tuple[int, int]) -> csr_matrix:
    values = np.full(len(rows), value)
    return csr_matrix(coo_matrix((values, (rows, columns)), shape=shape))


def _stack(blocks: list[csr_matrix]) -> csr_matrix:
    from scipy.sparse import vstack

    return csr_matrix(vstack(blocks))
