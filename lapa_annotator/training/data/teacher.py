"""Labels by the fetched teachers: several looks at a face, and what they agree on.

A network that learns from a teacher learns its slips as well. So every face is looked at plain,
mirrored and jittered; points are the median of the looks, a point on which they disagree weighs
less or nothing, and probabilities are averaged, which softens them where the teacher wavers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from lapa_annotator.dla.brows import follow_brow_hair
from lapa_annotator.dla.crops import face_crop
from lapa_annotator.dla.facemesh import find_mesh
from lapa_annotator.dla.mesh_mapping import map_mesh
from lapa_annotator.dla.registry import Detector, Proposer, find_faces
from lapa_annotator.domain.classes import Label
from lapa_annotator.domain.geometry import Similarity, square_crop
from lapa_annotator.domain.labelmap import LabelMap
from lapa_annotator.domain.landmarks import Points
from lapa_annotator.domain.schema import INNER_POINTS, OUTER_EYE_CORNERS, mirror_points
from lapa_annotator.ppa.parse import parse_face
from lapa_annotator.ppa.segment import Segmentation, Segmenter, segment_face
from lapa_annotator.runtime.crops import Image, cut
from lapa_annotator.runtime.sessions import session

Array = NDArray[np.float64]
Maps = NDArray[np.uint8]

TEACHERS = ("full-range", "facemesh", "multiclass")
"""Detector, proposer and segmenter that label, whatever the program's defaults are."""

_INPUT = 256


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a face: degrees it is turned, factor and shift (share of its box) of the crop."""

    degrees: float = 0.0
    factor: float = 1.0
    dx: float = 0.0
    dy: float = 0.0


@dataclass(frozen=True)
class TeachSettings:
    """How photos are labelled.

    Attributes:
        looks: looks of the mesh, each plain and mirrored.
        maps: looks of the segmenter: the look, and whether it is mirrored.
        calm: disagreement (root mean square distance from the median, in units of the
            inter-ocular distance) up to which a point weighs 1.
        limit: disagreement from which on it weighs 0; linear between.
        most_doubtful: a face is left out when more of its points than this share weigh 0.
        least_face: smaller faces (side of the box around the points, in pixels) are left out.
        most_face: larger ones are scaled down to this.
        least_presence: a face is left out when its looks see one less surely than this.
        surroundings: what is kept around a face, in units of that side.
    """

    looks: tuple[Look, ...] = (
        Look(),
        Look(-8, 1.1, 0.03, -0.02),
        Look(8, 0.94, -0.03, 0.02),
        Look(3, 1.03, 0.02, 0.04),
    )
    maps: tuple[tuple[Look, bool], ...] = (
        (Look(), False),
        (Look(6, 1.04), True),
    )
    calm: float = 0.03
    limit: float = 0.1
    most_doubtful: float = 0.35
    least_face: float = 48.0
    most_face: float = 280.0
    least_presence: float = 0.5
    surroundings: float = 3.6


@dataclass(frozen=True, eq=False)
class Taught:
    """What the teachers say of one face, on a picture of it and its surroundings.

    Attributes:
        image: (H, W, 3) uint8 RGB, cut out of the photo.
        points: (106, 2) float64 in its pixels.
        weights: (106,) float32 in [0, 1].
        visibility: (106,) uint8; 1 where hair or things lie on an inner point.
        mesh: (478, 3) float64, FaceMesh's points in its pixels, depth likewise, smaller nearer.
        labels: (H, W) uint8, the fitted label map.
        skin, hair, person: (H, W) uint8 probabilities (0-255 for 0-1).
        spread: (106,) float64, the looks' disagreement over the inter-ocular distance.
    """

    image: Image
    points: Points
    weights: NDArray[np.float32]
    visibility: NDArray[np.uint8]
    mesh: Array
    labels: LabelMap
    skin: Maps
    hair: Maps
    person: Maps
    spread: Array


@dataclass(frozen=True)
class Teachers:
    """The three teachers; see ``TEACHERS``."""

    detector: Detector
    proposer: Proposer
    segmenter: Segmenter

    def label(self, photo: Image, settings: TeachSettings) -> list[Taught]:
        """Label every face of an (H, W, 3) uint8 RGB photo that the looks agree on.

        Raises:
            InputError: a model file is missing.
        """
        taught = []
        for face in find_faces(photo, self.detector, self.proposer):
            assert face.landmarks is not None
            found = self._label_face(photo, face.landmarks.points, settings)
            taught += [] if found is None else [found]
        return taught

    def _label_face(self, photo: Image, proposed: Points, settings: TeachSettings) -> Taught | None:
        if np.ptp(proposed, axis=0).max() < settings.least_face:
            return None
        image, proposed = _cut_out(photo, proposed, settings)
        agreed = agree(image, proposed, settings)
        if agreed is None:
            return None
        points, weights, spread, mesh = agreed
        said = self._segment(image, points, settings)
        size = image.shape[1], image.shape[0]
        labels = parse_face(size, points, said)
        bring = partial(_brought_back, to_crop=said.to_crop, size=size)
        skin, hair = bring(said.probabilities[1]), bring(said.probabilities[2])
        person = np.maximum(_person(image, points), np.maximum(skin, hair))
        seen = _visibility(points, labels)
        return Taught(image, points, weights, seen, mesh, labels, skin, hair, person, spread)

    def _segment(self, image: Image, points: Points, settings: TeachSettings) -> Segmentation:
        """The mean of several looks, on the canvas of the first."""
        said = [self._segment_look(image, points, *look) for look in settings.maps]
        first, side = said[0], said[0].probabilities.shape[1]
        total = np.zeros((side, side, 3), np.float32)
        for one in said:
            onto = one.to_crop.inverse().then(first.to_crop)
            planes = np.ascontiguousarray(one.probabilities.transpose(1, 2, 0))
            total += cv2.warpAffine(
                planes, onto.matrix, (side, side), borderMode=cv2.BORDER_REPLICATE
            )
        mean = np.round(total / len(said)).astype(np.uint8).transpose(2, 0, 1)
        return replace(first, probabilities=np.ascontiguousarray(mean))

    def _segment_look(
        self, image: Image, points: Points, look: Look, mirrored: bool
    ) -> Segmentation:
        """One look: the frame of the points is turned and scaled, so the crops are."""
        middle = points.mean(axis=0)
        centre = (float(middle[0]), float(middle[1]))
        seen = Similarity.about(centre, centre, look.factor, look.degrees).apply(points)
        if not mirrored:
            return segment_face(image, seen, self.segmenter)
        width = image.shape[1]
        flipped = np.ascontiguousarray(image[:, ::-1])
        said = segment_face(flipped, mirror_points(seen, width), self.segmenter)
        # The canvas of the mirrored look, itself mirrored, is a canvas of the image.
        side = said.probabilities.shape[2]
        there = said.to_crop
        tx = side - 1 - (there.a * (width - 1) + there.tx)
        ty = there.b * (width - 1) + there.ty
        back = Similarity(there.a, -there.b, tx, ty)
        return replace(said, probabilities=said.probabilities[:, :, ::-1], to_crop=back)


def agree(
    image: Image, proposed: Points, settings: TeachSettings
) -> tuple[Points, NDArray[np.float32], Array, Array] | None:
    """Look at a face several times.

    Args:
        image: (H, W, 3) uint8 RGB.
        proposed: (106, 2) points from which the crops are taken.
        settings: the looks and their limits.

    Returns:
        (106, 2) points, (106,) weights, (106,) disagreements and the (478, 3) mesh, all in image
        pixels; None when the looks do not agree on a face.
    """
    runs, meshes, presences = [], [], []
    base = face_crop(proposed, _INPUT)
    middle = (_INPUT - 1) / 2
    for look in settings.looks:
        target = (middle + look.dx * _INPUT, middle + look.dy * _INPUT)
        jitter = Similarity.about((middle, middle), target, look.factor, look.degrees)
        crop = base.then(jitter)
        back = crop.inverse()
        mesh, presence = find_mesh(image, crop)
        runs.append(back.apply(map_mesh(mesh[:, :2])))
        meshes.append(np.column_stack([back.apply(mesh[:, :2]), mesh[:, 2] * back.scale]))
        mesh, other = find_mesh(image, crop, mirrored=True)
        runs.append(back.apply(mirror_points(map_mesh(mesh[:, :2]), _INPUT)))
        presences += [presence, other]
    points = np.median(runs, axis=0)
    spread = disagreement(np.array(runs), points)
    weights = weigh(spread, settings)
    doubtful = float((weights == 0).mean())
    if doubtful > settings.most_doubtful or np.mean(presences) < settings.least_presence:
        return None
    return follow_brow_hair(image, points), weights, spread, np.median(meshes, axis=0)


def disagreement(runs: Array, points: Points) -> Array:
    """(106,) root mean square distance of (n, 106, 2) runs from (106, 2) points.

    It is in units of the inter-ocular distance; on a profile, where that shrinks to nothing, of
    0.4 times the side of the points' box.
    """
    a, b = OUTER_EYE_CORNERS
    unit = max(float(np.hypot(*(points[a] - points[b]))), 0.4 * float(np.ptp(points, axis=0).max()))
    squared: Array = ((runs - points) ** 2).sum(axis=2).mean(axis=0)
    return np.sqrt(squared) / unit


def weigh(spread: Array, settings: TeachSettings) -> NDArray[np.float32]:
    """(106,) weights in [0, 1] of points with that disagreement."""
    share = (settings.limit - spread) / (settings.limit - settings.calm)
    return np.clip(share, 0, 1).astype(np.float32)


def _cut_out(photo: Image, points: Points, settings: TeachSettings) -> tuple[Image, Points]:
    """The face with its surroundings, scaled down if it is large; the points in its pixels."""
    height, width = photo.shape[:2]
    low, high = points.min(axis=0), points.max(axis=0)
    side = float((high - low).max())
    reach = settings.surroundings * side / 2
    # Hair and the top of the head need more room than the neck.
    middle = (low + high) / 2 - (0, 0.15 * side)
    x0, y0 = np.clip(np.floor(middle - reach), 0, (width - 1, height - 1)).astype(int)
    x1, y1 = np.clip(np.ceil(middle + reach), 1, (width, height)).astype(int)
    image = photo[y0:y1, x0:x1]
    scale = min(1.0, settings.most_face / side)
    size = max(1, round((x1 - x0) * scale)), max(1, round((y1 - y0) * scale))
    factors = np.array(size) / (x1 - x0, y1 - y0)
    if scale < 1:
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    return np.ascontiguousarray(image), (points - (x0, y0) + 0.5) * factors - 0.5


def _person(image: Image, points: Points) -> Maps:
    """(H, W) uint8, how surely a pixel belongs to the person, clothes included."""
    low, high = points.min(axis=0), points.max(axis=0)
    side = float((high - low).max())
    x, y = (low + high) / 2
    crop = square_crop((float(x), float(y)), 3.4 * side, _INPUT)
    pixels = cut(image, crop, _INPUT)
    batch = pixels[None].astype(np.float32) / np.float32(255)
    logits = session("multiclass", precision="bf16")(batch)[0][0]
    scores = np.exp(logits - logits.max(axis=2, keepdims=True))
    mean = np.round(255 - 255 * scores[..., 0] / scores.sum(axis=2)).astype(np.uint8)
    return _brought_back(mean, crop, (image.shape[1], image.shape[0]))


def _brought_back(plane: Maps, to_crop: Similarity, size: tuple[int, int]) -> Maps:
    """Warp an (h, w) plane of a crop back to an image of ``size`` (width, height)."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    warped = cv2.warpAffine(
        plane, to_crop.matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(warped, np.uint8)


def _visibility(points: Points, labels: LabelMap) -> NDArray[np.uint8]:
    height, width = labels.shape
    x, y = np.clip(np.round(points), 0, (width - 1, height - 1)).astype(np.intp).T
    inner = np.isin(np.arange(len(points)), INNER_POINTS)
    covered = np.isin(labels[y, x], (Label.BACKGROUND, Label.HAIR)) & inner
    return np.where(covered, 1, 2).astype(np.uint8)
