"""The contour of the face as it is seen: the jaw's line, or the cheek where that hides it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from lapa_annotator.synth.camera import Camera
from lapa_annotator.synth.points import INNER_CHEEK, MIDDLE, mirrored, smooth
from lapa_annotator.synth.rings import inside
from lapa_annotator.synth.strands import Surface
from lapa_annotator.synth.subdivide import Ints
from lapa_annotator.synth.template import HEAD, MEAN_POINTS_UV, template

Array = NDArray[np.float64]

_FINE = 8
"""The outline is found on a raster this many times finer than the picture."""
_CUTS = 6
"""Quads that the jaw's line crosses are cut into this many pieces a side."""
_AROUND = ((0, 0), (1, 0), (1, 1), (0, 1))
_BEYOND, _MUCH = 0.03, 0.25
"""On a near-profile nose, lips and chin are the outline: they stand out by more than this share
of the half's height, along more than this share of the half."""
_MIDDLE_OF_HEAD, _ABOVE_MIDDLE = (0.0, -0.03, 0.612), (0.0, -0.03, 0.662)


@cache
def _lines() -> tuple[tuple[Ints, Array], tuple[Ints, Array]]:
    """Left and right half of the jaw's line, temple to chin, on the fine mesh."""
    dense = smooth(MEAN_POINTS_UV[:33], closed=False, steps=6)
    half = len(dense) // 2
    mesh = template()
    return mesh.locate(dense[: half + 1]), mesh.locate(dense[: half - 1 : -1])


@dataclass(frozen=True)
class _Region:
    """A part of the head: small quads as mixtures of the fine mesh's corners.

    Attributes:
        corners: (n, 4) vertices of the fine mesh.
        weights: (n, 4, 4) shares of these in the quad's own corners.
    """

    corners: Ints
    weights: Array

    def flat(self, vertices: Array) -> Array:
        """The quads (n, 4, 2) of (fine, 2) vertices in the picture."""
        found: Array = self.weights @ vertices[self.corners]
        return found


@cache
def _cheeks() -> tuple[_Region, _Region]:
    """What may be the face's outline on the left and on the right."""
    line = smooth(MEAN_POINTS_UV[:17], closed=False, steps=6)
    ring = np.concatenate([line, np.array(INNER_CHEEK)])
    return _region(ring), _region(mirrored(ring))


@cache
def _fronts() -> tuple[_Region, _Region]:
    """The left and the right half of the face with nose and lips."""
    line = smooth(MEAN_POINTS_UV[:17], closed=False, steps=6)
    ring = np.concatenate([line, [[line[0, 0], MIDDLE]]])
    return _region(ring), _region(mirrored(ring))


def _region(ring: Array) -> _Region:
    """The head inside a ring of texture coordinates; quads on the ring are cut into small ones."""
    mesh = template()
    quads, uv = mesh.faces[mesh.slots == HEAD], mesh.uv[mesh.slots == HEAD]
    held = inside(ring, uv.reshape(-1, 2)).reshape(-1, 4)
    whole, cut = held.all(axis=1), held.any(axis=1) & ~held.all(axis=1)
    small = np.stack(
        [
            [_corner_shares((i + di) / _CUTS, (j + dj) / _CUTS) for di, dj in _AROUND]
            for i in range(_CUTS)
            for j in range(_CUTS)
        ]
    )
    middle = small.mean(axis=1) @ uv[cut]
    kept = inside(ring, middle.reshape(-1, 2)).reshape(middle.shape[:2])
    which, piece = np.nonzero(kept)
    corners = np.concatenate([quads[whole], quads[cut][which]])
    same = np.broadcast_to(np.eye(4), (int(whole.sum()), 4, 4))
    return _Region(corners, np.concatenate([same, small[piece]]))


def _corner_shares(s: float, t: float) -> list[float]:
    return [(1 - s) * (1 - t), s * (1 - t), s * t, (1 - s) * t]


def contour(surface: Surface, head: Array, camera: Camera) -> tuple[Array, Array]:
    """The 33 points of the contour.

    Where the jaw's line faces the camera it is the contour itself; where it faces away, the
    contour is the cheek's outline before it, and on a near-profile that of nose, lips and chin.

    Args:
        surface: the fine mesh in place.
        head: (4, 4) similarity from the mean shape's head to this one.
        camera: the view.

    Returns:
        (33, 2) points in pixels, and (33,) depths of the surface there in metres.
    """
    flat, depth = camera.project(surface.vertices)
    frame = [np.array([*_MIDDLE_OF_HEAD, 1.0]), np.array([*_ABOVE_MIDDLE, 1.0])]
    centre, above = camera.project(np.stack([head @ place for place in frame])[:, :3])[0]
    up = (above - centre) / max(float(np.linalg.norm(above - centre)), 1e-9)
    beside = np.array([-up[1], up[0]])  # to the image's right on an upright head
    left, right = (
        _resample(_seen_half(surface, camera, (flat, depth), centre, side * beside, parts), 17)
        for side, parts in zip(
            (-1, 1), zip(_lines(), _cheeks(), _fronts(), strict=True), strict=True
        )
    )
    # Both halves end at the chin.
    chin = (left[16] + right[16]) / 2
    whole = np.concatenate([left[:16], chin[None], right[:16][::-1]])
    return whole[:, :2], whole[:, 2]


def _seen_half(
    surface: Surface,
    camera: Camera,
    projected: tuple[Array, Array],
    centre: Array,
    outward: Array,
    parts: tuple[tuple[Ints, Array], _Region, _Region],
) -> Array:
    """One half of the contour, (n, 3): places in the picture and depths.

    Args:
        surface: the fine mesh in place.
        camera: the view.
        projected: (fine, 2) places and (fine,) depths of the mesh in the picture.
        centre: (2,) the head's middle in the picture.
        outward: (2,) the unit direction to this half's side on an upright head.
        parts: the half's line, its cheek, and its half of the face with nose and lips.
    """
    (corner, weight), cheek, front = parts
    flat, depth = projected
    place = (surface.vertices[corner] * weight[..., None]).sum(axis=1)
    normal = (surface.outward[corner] * weight[..., None]).sum(axis=1)
    away = ((camera.position - place) * normal).sum(axis=1) < 0
    line, far = camera.project(place)
    # The more of the half lies behind, the more nearly it is moved sideways, height for height.
    height = float(np.linalg.norm(line[0] - line[-1]))
    origin = centre - 1.5 * height * away.mean() * outward
    pushed = _push_out(line, origin, cheek.flat(flat))
    profile = _push_out(line, origin, front.flat(flat))
    further = np.linalg.norm(profile - pushed, axis=1)
    if (further > _BEYOND * height).mean() > _MUCH:
        pushed = profile
    corners = np.unique(front.corners)
    # Skin bends away there: the nearer side is what is seen.
    edge = depth[corners[cKDTree(flat[corners]).query(pushed, k=6)[1]]].min(axis=1)
    moved, unmoved = np.column_stack([pushed, edge]), np.column_stack([line, far])
    found: Array = np.where(away[:, None], moved, unmoved)
    return found


def _push_out(line: Array, centre: Array, quads: Array) -> Array:
    """Move the points of a line away from ``centre`` onto the outline of ``quads`` (n, 4, 2)."""
    low = np.minimum(quads.min(axis=(0, 1)), line.min(axis=0)) - 4
    size = np.ceil((np.maximum(quads.max(axis=(0, 1)), line.max(axis=0)) - low + 4) * _FINE)
    raster = np.zeros((int(size[1]), int(size[0])), dtype=np.uint8)
    shifted = np.round((quads - low) * _FINE * 16).astype(np.int32)
    for quad in shifted:
        cv2.fillPoly(raster, [quad], 1, cv2.LINE_8, 4)
    reach = np.arange(0.0, 0.8, 0.004)
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
