"""Augmentation: one crop becomes another that a camera may have seen, points exactly with it.

What is geometric is one 3x3 homography, drawn first and applied once to picture, points and
maps, and where it is wanted other features (``reshape``); what changes the look alone comes
after. All of it is numpy and OpenCV on one thread.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.classes import MIRRORED_LABELS, Label
from lapa_annotator.domain.schema import MIRROR
from lapa_annotator.training.data.appearance import Looks, change_look
from lapa_annotator.training.data.backdrops import backdrop
from lapa_annotator.training.data.crops import Crop, CropSpec
from lapa_annotator.training.data.occlude import blend, occlude
from lapa_annotator.training.data.recolour import recolour
from lapa_annotator.training.data.reshape import reshape

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class AugmentSettings:
    """How strongly crops are changed; part of a recipe.

    Attributes:
        rotation: standard deviation of the usual rotation in degrees.
        wide_rotation: most rotation of the tail, in degrees.
        wide: share of crops in that tail.
        scale: least and most factor of the face's size in the crop.
        shift: most shift, as a share of the crop's side.
        stretch: most factor between the two axes.
        perspective: most perspective: change of scale per side of the face's box.
        mirror: share of mirrored crops.
        reshape: share of crops whose mouth, eyes, nose, chin and brows get other sizes.
        recolour: share of crops whose hair, skin or both get another colour.
        background: share of crops whose background is replaced, where a matte allows it.
        fill: share of crops that get a picture, in place of black, where the photo ends.
        occluders: share of crops with things in front of the face.
        looks: how light, colours and the camera change.
    """

    rotation: float = 12.0
    wide_rotation: float = 45.0
    wide: float = 0.2
    scale: tuple[float, float] = (0.75, 1.3)
    shift: float = 0.08
    stretch: float = 1.12
    perspective: float = 0.12
    mirror: float = 0.5
    reshape: float = 0.0
    recolour: float = 0.0
    background: float = 0.5
    fill: float = 0.5
    occluders: float = 0.3
    looks: Looks = field(default_factory=Looks)


NO_CHANGE = AugmentSettings(
    **{"rotation": 0.0, "wide": 0.0, "shift": 0.0, "stretch": 1.0, "perspective": 0.0},
    **{"mirror": 0.0, "background": 0.0, "fill": 0.0, "occluders": 0.0},
    scale=(1.0, 1.0),
    looks=Looks(colour=0.0, blur=0.0, small=0.0, noise=0.0, jpeg=0.0, shadow=0.0),
)
"""Settings that leave a crop as it is, for validation."""


def augment(
    crop: Crop, spec: CropSpec, rng: np.random.Generator, settings: AugmentSettings, to: CropSpec
) -> Crop:
    """Make another crop of the same face.

    Args:
        crop: the kept crop.
        spec: how it was cut.
        rng: where to draw from; the same state gives the same crop.
        settings: how strongly.
        to: size, margin and lift of the wanted crop.

    Returns:
        The crop; points outside of it have the weight 0. Its matte is 255 where the photo's own
        pixels are seen, 0 where another background or nothing is.
    """
    matrix = draw_homography(rng, settings, spec, to)
    mirrored = float(np.linalg.det(matrix[:2, :2])) < 0
    moved = transform(crop, matrix, to.size, mirrored)
    if settings.reshape and rng.random() < settings.reshape:
        moved = reshape(moved, rng)
    if rng.random() < settings.recolour:
        moved = replace(moved, image=recolour(moved.image, moved.soft, rng))
    moved = _composed(moved, rng, settings)
    image, labels, soft, visibility = moved.image, moved.labels, moved.soft, moved.visibility
    if rng.random() < settings.occluders:
        image, covered = occlude(image, to.size / to.margin, rng)
        labels = np.where(covered > 0, np.uint8(Label.BACKGROUND), labels)
        soft = np.where(covered[..., None] > 0, np.uint8(0), soft)
        visibility = _hidden(moved, covered)
    return Crop(
        image=change_look(image, rng, settings.looks),
        points=moved.points,
        weights=moved.weights,
        visibility=visibility,
        labels=labels,
        soft=soft,
        matte=moved.matte,
    )


def draw_homography(
    rng: np.random.Generator, settings: AugmentSettings, spec: CropSpec, to: CropSpec
) -> Matrix:
    """Draw the (3, 3) homography from kept to wanted crop pixels; it mirrors if its det is < 0."""
    spread = rng.normal(0, settings.rotation) if settings.rotation else 0.0
    limit = settings.wide_rotation
    wide = rng.random() < settings.wide
    angle = np.radians(rng.uniform(-limit, limit) if wide else np.clip(spread, -limit, limit))
    scale = np.exp(rng.uniform(*np.log(settings.scale)))
    stretch = settings.stretch ** rng.uniform(-0.5, 0.5)
    flip = -1.0 if rng.random() < settings.mirror else 1.0
    shift = rng.uniform(-settings.shift, settings.shift, 2) * to.margin
    tilt = rng.uniform(-settings.perspective, settings.perspective, 2)
    c, s = np.cos(angle), np.sin(angle)
    turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    size = np.diag([flip * scale * stretch, scale / stretch, 1])
    move = np.array([[1, 0, shift[0]], [0, 1, shift[1]], [tilt[0], tilt[1], 1]])
    found: Matrix = _to_pixels(to) @ move @ turn @ size @ np.linalg.inv(_to_pixels(spec))
    return found


def _to_pixels(spec: CropSpec) -> Matrix:
    """From units of the face's box, its centre at (0, 0), to crop pixels."""
    unit, middle = spec.size / spec.margin, (spec.size - 1) / 2
    return np.array([[unit, 0, middle], [0, unit, middle + spec.lift * unit], [0, 0, 1]])


def transform(crop: Crop, matrix: Matrix, size: int, mirrored: bool) -> Crop:
    """Apply a homography to a crop: once to each of its arrays.

    Args:
        crop: the crop.
        matrix: (3, 3), from its pixels to the new crop's; whole numbers are pixel centres.
        size: side of the new crop.
        mirrored: whether left and right swap, in points and classes.

    Returns:
        The new crop; points outside of it have the weight 0. Labels take the nearest pixel's.
    """
    points = cv2.perspectiveTransform(crop.points[None], matrix)[0]
    labels = _warp(crop.labels, matrix, size, cv2.INTER_NEAREST)
    weights, visibility = crop.weights, crop.visibility
    if mirrored:
        points, weights, visibility = points[MIRROR], weights[MIRROR], visibility[MIRROR]
        labels = np.asarray(cv2.LUT(labels, _MIRRORED), np.uint8)
    # Four channels at once: OpenCV has no fast way of its own for two, nor for three.
    seen = _warp(cv2.merge([crop.image, crop.matte]), matrix, size, cv2.INTER_LINEAR)
    soft = _warp(cv2.merge([crop.soft, crop.soft]), matrix, size, cv2.INTER_LINEAR)
    inside = ((points >= -0.5) & (points <= size - 0.5)).all(axis=1)
    return Crop(
        image=np.asarray(cv2.cvtColor(seen, cv2.COLOR_RGBA2RGB), np.uint8),
        points=points,
        weights=(weights * inside).astype(np.float32),
        visibility=visibility,
        labels=labels,
        soft=soft[..., :2],
        matte=np.asarray(cv2.extractChannel(seen, 3), np.uint8),
    )


def _mirror_table() -> NDArray[np.uint8]:
    table = np.arange(256, dtype=np.uint8)
    for a, b in MIRRORED_LABELS.items():
        table[a] = b
    return table


_MIRRORED = _mirror_table()


def _warp(plane: NDArray[np.uint8], matrix: Matrix, size: int, flags: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.warpPerspective(plane, matrix, (size, size), flags=flags), np.uint8)


def _composed(crop: Crop, rng: np.random.Generator, settings: AugmentSettings) -> Crop:
    """Put another background behind the person, or something where the photo ends."""
    size = crop.image.shape[0]
    cut_out = rng.random() < settings.background and bool((crop.matte == 1).any())
    fill = rng.random() < settings.fill
    if not (cut_out or fill):
        return _with(crop, crop.image, np.where(crop.matte > 0, np.uint8(255), np.uint8(0)))
    alpha = crop.matte if cut_out else np.where(crop.matte > 0, np.uint8(255), np.uint8(0))
    if alpha.min() == 255:
        return _with(crop, crop.image, alpha)
    behind = backdrop(rng, size)
    return _with(crop, blend(behind, crop.image, alpha), alpha)


def _with(crop: Crop, image: NDArray[np.uint8], matte: NDArray[np.uint8]) -> Crop:
    return Crop(image, crop.points, crop.weights, crop.visibility, crop.labels, crop.soft, matte)


def _hidden(crop: Crop, covered: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Visibility once something lies in front: points under it are at best occluded."""
    size = covered.shape[0]
    x, y = np.clip(np.round(crop.points), 0, size - 1).astype(np.intp).T
    under = covered[y, x] > 0
    return np.where(under, np.minimum(crop.visibility, 1), crop.visibility).astype(np.uint8)
