"""Heads turned in depth: one photo seen from further round, by the mesh's own depth.

The photo is a sheet over the mesh and, beyond it, over a head that recedes; the sheet is turned
about an axis in the head and its turning fades out into the background, so nothing tears. What
turns away is hidden by what is nearer. A head is only turned on to the side it already faces:
the other way would show a cheek of which the photo has no pixels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import LinearNDInterpolator
from scipy.ndimage import distance_transform_edt
from scipy.spatial import Delaunay

from lapa_annotator.dla.crops import roll_of
from lapa_annotator.dla.mesh_mapping import map_mesh
from lapa_annotator.dla.pose import estimate_pose
from lapa_annotator.domain.geometry import Similarity
from lapa_annotator.domain.landmarks import Points
from lapa_annotator.training.data.raster import Array, rasterise
from lapa_annotator.training.data.sample import Sample

Maps = NDArray[np.uint8]
Place = NDArray[np.float32]

_SKIN_VERTICES = 468
"""Mesh vertices that lie on the face; the irises behind them have no depth of their own."""
_HIDDEN_WEIGHT = 0.5
"""Factor of a point's weight once the head itself hides it."""


@dataclass(frozen=True, slots=True)
class TurnSettings:
    """How far heads are turned, and what is thrown away.

    Attributes:
        yaw: least and most degrees added.
        pitch: most degrees added up or down.
        least_pitch: least degrees; 0 draws small ones mostly, more draws all alike up to the most.
        most_yaw: most degrees the head is turned in all.
        already: a head turned by more degrees than this is turned on to the same side only.
        cell: side of the sheet's cells in pixels of a face 128 wide.
        recede: how fast the head recedes beyond the mesh, depth over distance.
        depth: how far it does so, in units of the face's width.
        fade: from the head's edge on, over this many face widths, turning fades out.
        most_stretch: how far a pixel of the face may be stretched.
        most_torn: a picture with a larger share of the face stretched further is thrown away.
    """

    yaw: tuple[float, float] = (12.0, 60.0)
    pitch: float = 15.0
    least_pitch: float = 0.0
    most_yaw: float = 68.0
    already: float = 6.0
    cell: float = 2.0
    recede: float = 0.9
    depth: float = 0.35
    fade: float = 0.55
    most_stretch: float = 5.0
    most_torn: float = 0.12


NODDED = TurnSettings(yaw=(0.0, 15.0), pitch=34.0, least_pitch=10.0)
"""Chins up or down, in heads that are hardly turned."""


@dataclass(frozen=True, eq=False)
class _Sheet:
    """A grid over the photo with the depth of what it shows.

    ``at`` (rows, columns, 2) are places in the photo; ``moved`` (rows, columns, 3) where they go
    and how far away they are there; ``cell`` is the step in pixels.
    """

    at: Array
    moved: Array
    cell: float

    def carry(self, points: Array) -> Array:
        """Where (n, 2) places of the photo go, and how far away they are: (n, 3)."""
        place = (points / self.cell).astype(np.float32)
        moved = cv2.remap(
            self.moved.astype(np.float32),
            place[None, :, 0],
            place[None, :, 1],
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return np.asarray(moved[0], np.float64)


def draw_turn(
    rng: np.random.Generator, points: Points, settings: TurnSettings
) -> tuple[float, float] | None:
    """Draw degrees of yaw (+ to image right) and pitch (+ up) to add to a face's pose.

    Returns:
        None where the head is turned as far as it may be.
    """
    yaw = estimate_pose(points).yaw
    onward = np.sign(yaw) if abs(yaw) > settings.already else rng.choice([-1, 1])
    low, high = settings.yaw
    high = min(high, settings.most_yaw - abs(yaw))
    if high < low:
        return None
    added = float(onward * rng.uniform(low, high))
    if not settings.least_pitch:
        return added, float(rng.normal(0, settings.pitch / 2))
    return added, float(rng.choice([-1, 1]) * rng.uniform(settings.least_pitch, settings.pitch))


def turn(
    sample: Sample, mesh: Array, yaw: float, pitch: float, settings: TurnSettings | None = None
) -> Sample | None:
    """Turn the head of a sample.

    Args:
        sample: the face, with what is known of it.
        mesh: (478, 3) float64, FaceMesh's points in its image's pixels, depth likewise.
        yaw: degrees added, + to image right.
        pitch: degrees added, + up.
        settings: what the head is like beyond the mesh, and what is thrown away.

    Returns:
        The turned sample, of the same size; points that are hidden now are occluded. None where
        too much of the face would be smeared.
    """
    settings = settings or TurnSettings()
    height, width = sample.image.shape[:2]
    sheet = _turned_sheet(sample, mesh, yaw, pitch, settings)
    rows, columns = sheet.at.shape[:2]
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, :-1], index[1:, 1:]
    triangles = np.stack([[a, b, d], [a, d, c]]).transpose(0, 2, 3, 1).reshape(-1, 3)
    source, depth = rasterise(
        sheet.moved.reshape(-1, 3), triangles, sheet.at.reshape(-1, 2), (width, height)
    )
    holes = np.isnan(source[..., 0])
    if holes.mean() > 0.02:
        return None
    source[holes] = np.argwhere(holes)[:, ::-1]
    points = _turned_points(sample, mesh, sheet)
    if _torn(source, points, settings) > settings.most_torn:
        return None
    u, v = np.ascontiguousarray(source.astype(np.float32).transpose(2, 0, 1))
    labels, soft, matte = sample.labels, sample.soft, sample.matte
    hidden = _hidden(sheet.carry(sample.points), depth, 0.06 * float(np.ptp(points, axis=0).max()))
    return replace(
        sample,
        image=_resampled(sample.image, u, v, cv2.INTER_LINEAR),
        points=points,
        weights=np.where(hidden, _HIDDEN_WEIGHT, 1).astype(np.float32) * sample.weights,
        visibility=np.where(hidden, np.minimum(sample.visibility, 1), sample.visibility),
        labels=None if labels is None else _resampled(labels, u, v, cv2.INTER_NEAREST),
        soft=None
        if soft is None
        else np.stack([_resampled(p, u, v, cv2.INTER_LINEAR) for p in soft]),
        matte=None if matte is None else _resampled(matte, u, v, cv2.INTER_LINEAR),
    )


def _turned_sheet(
    sample: Sample, mesh: Array, yaw: float, pitch: float, settings: TurnSettings
) -> _Sheet:
    height, width = sample.image.shape[:2]
    face = float(np.ptp(sample.points, axis=0).max())
    cell = max(1.0, settings.cell * face / 128)
    columns, rows = (int(np.ceil((side - 1) / cell)) + 1 for side in (width, height))
    x, y = np.meshgrid(np.arange(columns) * cell, np.arange(rows) * cell)
    at = np.stack([x, y], axis=-1)
    vertices = mesh[:_SKIN_VERTICES]
    outside, depth = _depth(at, vertices, face, settings)
    strength = _strength(at, sample, outside, face, settings)
    middle = (vertices[:, :2].min(axis=0) + vertices[:, :2].max(axis=0)) / 2
    roll = roll_of(sample.points)
    level = Similarity.about((middle[0], middle[1]), (0.0, 0.0), 1.0, -roll)
    flat = level.apply(at)
    # The axis lies behind the face, so that the face goes as far to one side as the ears
    # and the hair go to the other.
    axis = float(vertices[:, 2].mean()) + 0.12 * face
    solid = np.concatenate([flat, (depth - axis)[..., None]], axis=-1)
    turned = solid @ _rotation(yaw, pitch).T
    moved = level.inverse().apply(flat + strength[..., None] * (turned[..., :2] - flat))
    return _Sheet(at, np.concatenate([moved, turned[..., 2:]], axis=-1), cell)


def _rotation(yaw: float, pitch: float) -> Array:
    """Turns (x right, y down, z away): yaw brings the nose to image right, pitch brings it up."""
    a, b = np.radians([yaw, pitch])
    about_y = np.array([[np.cos(a), 0, -np.sin(a)], [0, 1, 0], [np.sin(a), 0, np.cos(a)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(b), np.sin(b)], [0, -np.sin(b), np.cos(b)]])
    found: Array = about_x @ about_y
    return found


def _depth(
    at: Array, vertices: Array, face: float, settings: TurnSettings
) -> tuple[NDArray[np.bool_], Array]:
    """Which places lie beyond the mesh, and the depth of every place."""
    within = LinearNDInterpolator(Delaunay(vertices[:, :2]), vertices[:, 2])(at)
    outside: NDArray[np.bool_] = np.isnan(within)
    if outside.all():
        return outside, np.zeros(outside.shape)
    away, nearest = distance_transform_edt(outside, return_indices=True)
    beyond = settings.depth * face
    cell = at[0, 1, 0] - at[0, 0, 0]
    depth = np.where(outside, within[tuple(nearest)], within)
    # Every rim recedes to the same depth, that of the ears: the chin's rim lies far before it.
    back = max(float(np.nanpercentile(within, 97)), float(vertices[:, 2].mean()) + beyond)
    far = 1 - np.exp(-settings.recede * away * cell / beyond)
    depth = np.where(outside, depth + far * np.maximum(back - depth, 0.3 * beyond), depth)
    smooth = cv2.GaussianBlur(depth, (0, 0), 2.5)
    return outside, np.where(outside, smooth, cv2.GaussianBlur(depth, (0, 0), 0.8))


def _strength(
    at: Array,
    sample: Sample,
    outside: NDArray[np.bool_],
    face: float,
    settings: TurnSettings,
) -> Array:
    """How much every place turns: 1 on the head, falling to 0 in the background and the edges."""
    height, width = sample.image.shape[:2]
    head = ~outside
    if sample.labels is not None:
        x, y = np.clip(np.round(at), 0, (width - 1, height - 1)).astype(np.intp).transpose(2, 0, 1)
        head |= sample.labels[y, x] > 0
    # Long hair on the shoulders stays with them.
    head &= at[..., 1] < sample.points[:, 1].max() + 0.1 * face
    cell = at[0, 1, 0] - at[0, 0, 0]
    away = distance_transform_edt(~head) * cell / (settings.fade * face)
    edge = np.minimum.reduce(
        [at[..., 0], at[..., 1], width - 1 - at[..., 0], height - 1 - at[..., 1]]
    )
    rise = np.clip(1 - away, 0, 1)
    border = np.clip(edge / (0.3 * face), 0, 1)
    smooth: Array = rise * rise * (3 - 2 * rise) * border * (2 - border)
    found: Array = cv2.GaussianBlur(smooth, (0, 0), 2.0) * (border > 0)
    return found


def _turned_points(sample: Sample, mesh: Array, sheet: _Sheet) -> Points:
    """The points after the turn; the contour along the outline that is seen then.

    Inner points go with their pixels. The contour is read off the turned mesh anew, and keeps
    what it differed from the mesh by before.
    """
    moved = sheet.carry(sample.points)[:, :2]
    level = Similarity.about((0.0, 0.0), (0.0, 0.0), 1.0, -roll_of(sample.points))
    before = map_mesh(level.apply(mesh[:, :2]))
    after = map_mesh(level.apply(sheet.carry(mesh[:, :2])[:, :2]))
    contour = after[:33] + level.apply(sample.points)[:33] - before[:33]
    moved[:33] = level.inverse().apply(contour)
    return moved


def _torn(source: Array, points: Points, settings: TurnSettings) -> float:
    """The share of the face's pixels that are stretched too far."""
    height, width = source.shape[:2]
    hull = cv2.convexHull(np.round(points).astype(np.int32))
    inside = cv2.fillConvexPoly(np.zeros((height, width), np.uint8), hull, 1) > 0
    across, down = np.gradient(source, axis=1), np.gradient(source, axis=0)
    area = np.abs(across[..., 0] * down[..., 1] - across[..., 1] * down[..., 0])[inside]
    return float((area < 1 / settings.most_stretch).mean()) if area.size else 1.0


def _hidden(places: Array, depth: Array, slack: float) -> NDArray[np.bool_]:
    """(106,) which of the (106, 3) turned points lie behind what is seen there.

    None of the contour does: it follows the outline that is seen (docs/decisions/0003).
    """
    height, width = depth.shape
    x, y = np.clip(np.round(places[:, :2]), 0, (width - 1, height - 1)).astype(np.intp).T
    found: NDArray[np.bool_] = depth[y, x] < places[:, 2] - slack
    found[:33] = False
    return found


def _resampled(plane: Maps, u: Place, v: Place, flags: int) -> Maps:
    """An (H, W) or (H, W, 3) picture, its pixels taken from the places ``u``, ``v`` of another."""
    return np.asarray(cv2.remap(plane, u, v, flags, borderMode=cv2.BORDER_REPLICATE), np.uint8)
