"""Simple bodies as quad meshes: tubes along curves, turned profiles, sheets."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mesh = tuple[Array, NDArray[np.int64]]
"""(n, 3) vertices in metres and (m, 4) quads."""


def _quads(rows: int, columns: int, wrap_rows: bool, wrap_columns: bool) -> NDArray[np.int64]:
    r = np.arange(rows if wrap_rows else rows - 1)
    c = np.arange(columns if wrap_columns else columns - 1)
    i, j = np.meshgrid(r, c, indexing="ij")
    down, across = (i + 1) % rows, (j + 1) % columns
    corners = (i * columns + j, down * columns + j, down * columns + across, i * columns + across)
    return np.stack(corners, axis=-1).reshape(-1, 4)


def tube(path: Array, radius: Array | float, closed: bool = False, sides: int = 8) -> Mesh:
    """A tube of ``radius`` (a number, or one per point) along an (n, 3) path."""
    n = len(path)
    ahead = np.roll(path, -1, 0) - np.roll(path, 1, 0) if closed else np.gradient(path, axis=0)
    ahead /= np.maximum(np.linalg.norm(ahead, axis=1, keepdims=True), 1e-9)
    other = np.where(np.abs(ahead[:, 2:]) < 0.8, [[0.0, 0.0, 1.0]], [[1.0, 0.0, 0.0]])
    side = np.cross(ahead, other)
    side /= np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-9)
    up = np.cross(side, ahead)
    angle = np.arange(sides) * 2 * np.pi / sides
    wide = np.broadcast_to(np.asarray(radius, dtype=np.float64), (n,))[:, None, None]
    ring = np.cos(angle)[None, :, None] * side[:, None] + np.sin(angle)[None, :, None] * up[:, None]
    vertices = (path[:, None] + wide * ring).reshape(-1, 3)
    return vertices, _quads(n, sides, closed, True)


def turned(profile: Array, sides: int = 32) -> Mesh:
    """A body of revolution about z from an (n, 2) profile of radius and height."""
    angle = np.arange(sides) * 2 * np.pi / sides
    x = profile[:, :1] * np.cos(angle)
    y = profile[:, :1] * np.sin(angle)
    z = np.broadcast_to(profile[:, 1:], x.shape)
    return np.stack([x, y, z], axis=-1).reshape(-1, 3), _quads(len(profile), sides, False, True)


def sheet(points: Array) -> Mesh:
    """A sheet through an (r, c, 3) grid of points."""
    rows, columns = points.shape[:2]
    return points.reshape(-1, 3), _quads(rows, columns, False, False)


def disc(rim: Array) -> Mesh:
    """A flat filling of a closed (n, 3) rim."""
    share = np.linspace(1.0, 0.0, 5)[:, None, None]
    middle = rim.mean(axis=0)
    grid = middle + share * (rim - middle)
    return grid.reshape(-1, 3), _quads(5, len(rim), False, True)


def box(size: tuple[float, float, float]) -> Mesh:
    """A box about the origin."""
    corners = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)])
    faces = [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]]
    return corners * size, np.array(faces)


def moved(mesh: Mesh, matrix: Array) -> Mesh:
    """A mesh under a (4, 4) transform."""
    vertices, faces = mesh
    return vertices @ matrix[:3, :3].T + matrix[:3, 3], faces


def joined(meshes: list[Mesh]) -> Mesh:
    """Several meshes as one."""
    start = np.cumsum([0, *(len(v) for v, _ in meshes)])
    faces = [f + s for (_, f), s in zip(meshes, start[:-1], strict=True)]
    return np.concatenate([v for v, _ in meshes]), np.concatenate(faces)
