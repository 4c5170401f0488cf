"""The contour of the face as it is seen: the jaw's line, or the cheek where that hides it."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from lapa_annotator.synth.camera import Camera
from lapa_annotator.synth.points import INNER_CHEEK, mirrored, smooth
from lapa_annotator.synth.rings import inside
from lapa_annotator.synth.subdivide import Ints
from lapa_annotator.synth.template import HEAD, MEAN_POINTS_UV, template

Array = NDArray[np.float64]

_FINE = 8
"""The outline is found on a raster this many times finer than the picture."""
_MIDDLE_OF_HEAD = (0.0, -0.03, 0.612)


@cache
def _lines() -> tuple[tuple[Ints, Array], tuple[Ints, Array]]:
    """Left and right half of the jaw's line, temple to chin, on the fine mesh."""
    dense = smooth(MEAN_POINTS_UV[:33], closed=False, steps=6)
    half = len(dense) // 2
    mesh = template()
    return mesh.locate(dense[: half + 1]), mesh.locate(dense[: half - 1 : -1])


@cache
def _cheek() -> tuple[Ints, Ints]:
    """Triangles of what may be the face's outline, as vertices and weights into the mesh."""
    mesh = template()
    line = smooth(MEAN_POINTS_UV[:17], closed=False, steps=6)
    ring = np.concatenate([line, np.array(INNER_CHEEK)])
    quads, corners = mesh.faces[mesh.slots == HEAD], mesh.uv[mesh.slots == HEAD].mean(axis=1)
    within = [inside(r, corners) for r in (ring, mirrored(ring))]
    return quads[within[0]], quads[within[1]]


def contour(vertices: Array, head: Array, camera: Camera) -> tuple[Array, Array]:
    """The 33 points of the contour.

    Args:
        vertices: (n, 3) the fine mesh in place.
        head: (4, 4) similarity from the mean shape's head to this one.
        camera: the view.

    Returns:
        (33, 2) points in pixels, and (33,) depths of the surface there in metres.
    """
    flat, _ = camera.project(vertices)
    middle = (head @ np.array([*_MIDDLE_OF_HEAD, 1.0]))[None, :3]
    centre = camera.project(middle)[0][0]
    halves = []
    for (corner, weight), quads in zip(_lines(), _cheek(), strict=True):
        place = (vertices[corner] * weight[..., None]).sum(axis=1)
        line, far = camera.project(place)
        pushed = _push_out(line, centre, flat[quads])
        halves.append(_resample(np.c_[pushed, far], 17))
    left, right = halves
    # Both halves end at the chin.
    chin = (left[16] + right[16]) / 2
    whole = np.concatenate([left[:16], chin[None], right[:16][::-1]])
    return whole[:, :2], whole[:, 2]


def _push_out(line: Array, centre: Array, quads: Array) -> Array:
    """Move the points of a line away from ``centre`` onto the outline of ``quads`` (n, 4, 2)."""
    low = np.minimum(quads.min(axis=(0, 1)), line.min(axis=0)) - 4
    size = np.ceil((np.maximum(quads.max(axis=(0, 1)), line.max(axis=0)) - low + 4) * _FINE)
    raster = np.zeros((int(size[1]), int(size[0])), dtype=np.uint8)
    shifted = np.round((quads - low) * _FINE * 16).astype(np.int32)
    for quad in shifted:
        cv2.fillPoly(raster, [quad], 1, cv2.LINE_8, 4)
    reach = np.arange(0.0, 0.6, 0.004)
    ray = line - centre
    steps = line[:, None] + reach[None, :, None] * ray[:, None]
    at = np.round((steps - low) * _FINE).astype(int)
    held = (at >= 0).all(axis=-1) & (at[..., 0] < raster.shape[1]) & (at[..., 1] < raster.shape[0])
    at = np.where(held[..., None], at, 0)
    hit = (raster[at[..., 1], at[..., 0]] > 0) & held
    last = np.where(hit.any(axis=1), hit.shape[1] - 1 - hit[:, ::-1].argmax(axis=1), 0)
    moved: Array = line + reach[last][:, None] * ray
    return moved


def _resample(curve: Array, count: int) -> Array:
    """Divide a polyline (n, 3) evenly by its length in the picture."""
    steps = np.hypot(*np.diff(curve[:, :2], axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    wanted = np.linspace(0, along[-1], count)
    return np.stack([np.interp(wanted, along, curve[:, k]) for k in range(3)], axis=1)
