"""The label map of a face of a project, made of all that is known of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache as once_a_process

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
from lapa_annotator.ppa.settings import Settings, making, settings_of
from lapa_annotator.runtime.crops import Image
from lapa_annotator.store.cache import CachedSegmentation, SegmentationCache
from lapa_annotator.store.project import Project


@once_a_process
def _segmenter(name: str | None, parser: str | None) -> Segmenter:
    """A segmenter, made once a process and only where something is not cached."""
    return make_segmenter(name, parser)


def covers(override: Patch, size: tuple[int, int]) -> bool:
    """Whether an override layer says something about every pixel of a (width, height) picture."""
    whole = (override.x, override.y, override.values.shape) == (0, 0, size[::-1])
    return whole and not (override.values == UNSET).any()


def face_labels(
    project: Project,
    photo: Photo,
    face: Face,
    clock: Clock | None = None,
    faces: Sequence[Face] = (),
) -> tuple[LabelMap, str]:
    """Return a face's (H, W) label map: points, cached segmentation and override put together.

    A segmentation that is not in the cache, or not by the segmenter that the project's settings
    name, is made, and kept there.

    Args:
        project: where the segmentation is cached, and whose settings hold.
        photo: the face's photo.
        face: the face.
        clock: counts the time to "networks" and "geometry".
        faces: the photo's faces; the hair and skin of the others stay out.

    Returns:
        The map, and the name of the segmenter that had a part in it ("" for none).

    Raises:
        InputError: the face has no points, the segmenter's file is missing, or the project's
            settings are damaged.
    """
    height, width = photo.pixels.shape[:2]
    if covers(face.override, (width, height)):
        return np.array(face.override.classes), ""
    if face.landmarks is None:
        raise InputError(photo.path, "has a face without points", "propose or place them first")
    clock = clock or Clock()
    settings = settings_of(project)
    points, touched = face.landmarks.points, face.landmarks.touched
    with clock.phase("networks"):
        said = kept(project.segmentations, face.id, settings)
        if said is None:
            cache = None if project.read_only else project.segmentations
            said = segmented(photo.pixels, face, faces, making(project, settings), cache)
    with clock.phase("geometry"):
        size = width, height
        labels = parse_face(size, points, said, settings.options, face.override, touched)
    return labels, said.model


def kept(cache: SegmentationCache, face_id: str, settings: Settings) -> Segmentation | None:
    """A face's cached segmentation, where it is by what the settings want; else None."""
    found = cache.load(face_id)
    if found is None or not settings.takes(found.model):
        return None
    return Segmentation(found.probabilities, found.to_crop, found.model)


def segmented(
    image: Image,
    face: Face,
    faces: Sequence[Face],
    settings: Settings,
    cache: SegmentationCache | None = None,
) -> Segmentation:
    """Segment a face by what the settings want.

    Args:
        image: (H, W, 3) uint8 RGB.
        face: the face, with points in image pixels.
        faces: the image's faces; the hair and skin of the others stay out.
        settings: name the segmenter.
        cache: where to keep what it says; nowhere when left out.

    Raises:
        InputError: the segmenter's file is missing, or the cache cannot be written.
    """
    assert face.landmarks is not None
    others = [f.landmarks.points for f in faces if f.id != face.id and f.landmarks is not None]
    segmenter = _segmenter(settings.segmenter, settings.parser)
    said = segment_face(image, face.landmarks.points, segmenter, others)
    if cache is not None:
        cache.store(face.id, CachedSegmentation(said.probabilities, said.to_crop, said.model))
    return said
