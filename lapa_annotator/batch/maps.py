"""The label map of a face of a project, made of all that is known of it."""

from __future__ import annotations

from functools import cache

import numpy as np

from lapa_annotator.batch.outcome import Clock
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Face
from lapa_annotator.domain.labelmap import LabelMap
from lapa_annotator.domain.override import UNSET, Patch
from lapa_annotator.formats.photo import Photo
from lapa_annotator.ppa.parse import parse_face
from lapa_annotator.ppa.registry import make_segmenter
from lapa_annotator.ppa.segment import Segmentation, Segmenter, segment_face
from lapa_annotator.store.cache import CachedSegmentation
from lapa_annotator.store.project import Project


@cache
def _segmenter() -> Segmenter:
    """The default segmenter, made once a process and only where something is not cached."""
    return make_segmenter()


def covers(override: Patch, size: tuple[int, int]) -> bool:
    """Whether an override layer says something about every pixel of a (width, height) picture."""
    whole = (override.x, override.y, override.values.shape) == (0, 0, size[::-1])
    return whole and not (override.values == UNSET).any()


def face_labels(
    project: Project, photo: Photo, face: Face, clock: Clock | None = None
) -> tuple[LabelMap, str]:
    """Return a face's (H, W) label map: points, cached segmentation and override put together.

    A segmentation that is not in the cache is made, and kept there.

    Args:
        project: where the segmentation is cached.
        photo: the face's photo.
        face: the face.
        clock: counts the time to "networks" and "geometry".

    Returns:
        The map, and the name of the segmenter that had a part in it ("" for none).

    Raises:
        InputError: the face has no points, or the segmenter's file is missing.
    """
    height, width = photo.pixels.shape[:2]
    if covers(face.override, (width, height)):
        return np.array(face.override.classes), ""
    if face.landmarks is None:
        raise InputError(photo.path, "has a face without points", "propose or place them first")
    clock = clock or Clock()
    points, touched = face.landmarks.points, face.landmarks.touched
    with clock.phase("networks"):
        kept = _segmented(project, photo, face.id, points)
    with clock.phase("geometry"):
        segmentation = Segmentation(kept.probabilities, kept.to_crop, kept.model)
        size = width, height
        labels = parse_face(size, points, segmentation, override=face.override, touched=touched)
    return labels, kept.model


def _segmented(
    project: Project, photo: Photo, face_id: str, points: np.ndarray
) -> CachedSegmentation:
    cached = project.segmentations.load(face_id)
    if cached is None:
        made = segment_face(photo.pixels, points, _segmenter())
        cached = CachedSegmentation(made.probabilities, made.to_crop, made.model)
        if not project.read_only:
            project.segmentations.store(face_id, cached)
    return cached
