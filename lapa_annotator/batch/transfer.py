"""Data sets in LaPa's layout into a project and out of it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.batch.naming import flat_names
from lapa_annotator.batch.photos import LOOK
from lapa_annotator.batch.work import may_be_copied
from lapa_annotator.domain.edits import AddFace, Edit, Gesture, SetStatus, SetTags
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Face, Status
from lapa_annotator.domain.geometry import Box
from lapa_annotator.domain.labelmap import LabelMap
from lapa_annotator.domain.landmarks import Landmarks, Origin, Visibility
from lapa_annotator.domain.override import EMPTY, UNSET, Patch
from lapa_annotator.domain.schema import N_POINTS
from lapa_annotator.formats.atomic import replace_file
from lapa_annotator.formats.lapa import (
    SPLITS,
    LapaFolder,
    LapaSample,
    read_labels,
    read_landmarks,
    split_of,
    write_labels,
    write_landmarks,
)
from lapa_annotator.formats.photo import Photo, read_photo, write_picture
from lapa_annotator.ppa.parse import parse_face
from lapa_annotator.ppa.registry import make_segmenter
from lapa_annotator.ppa.segment import Segmentation, segment_face
from lapa_annotator.store.cache import CachedSegmentation
from lapa_annotator.store.project import Project
from lapa_annotator.store.values import ImageInfo

FINISHED = "status:done,approved"


@dataclass(frozen=True)
class Transferred:
    """How far a transfer is.

    Attributes:
        done, total: images done of all.
        faces: faces brought over so far.
        problem: what was wrong with the image just done, None when nothing was.
    """

    done: int
    total: int
    faces: int = 0
    problem: str | None = None


def import_lapa(
    project: Project, root: Path, *, labels: bool = True, tags: frozenset[str] = frozenset()
) -> Iterator[Transferred]:
    """Take a data set in LaPa's layout into a project, as finished images.

    The photos stay where they are, and so does what is known of them beside (``metadata``), of
    which the points' visibility is taken. Points are marked as imported; a label map becomes
    the override layer, so that every pixel of it is kept; the split becomes a tag. An image
    that has faces already is left alone. A generator that goes on after whatever is wrong.

    Args:
        root: the data set's folder.
        labels: take the label maps too.
        tags: given to every image that is taken.

    Raises:
        InputError: the folder is not laid out as LaPa is.
    """
    folder = LapaFolder(root.absolute())
    samples = folder.samples()
    for split in folder.splits():
        images = folder.root / split / "images"
        if images.is_dir():
            for _ in project.add_folder(images, LOOK):
                pass
    faces = 0
    for done, sample in enumerate(samples, start=1):
        problem = None
        try:
            faces += _import_sample(project, folder.root, sample, labels=labels, tags=tags)
        except InputError as error:
            problem = str(error)
        yield Transferred(done, len(samples), faces, problem)


def _import_sample(
    project: Project, root: Path, sample: LapaSample, *, labels: bool, tags: frozenset[str]
) -> int:
    for file in (sample.image, sample.landmarks, sample.labels, _metadata(sample)):
        if file is not None and not file.resolve().is_relative_to(root.resolve()):
            raise InputError(file, "lies outside the data set", "copy the file itself into it")
    image_id = project.find(sample.image)
    if image_id is None:
        raise InputError(sample.image, "cannot be read as a photo", "replace or remove it")
    before = project.load(image_id)
    if before.faces or not (sample.landmarks or (labels and sample.labels)):
        return 0
    face = _imported_face(project, project.info(image_id), sample, labels=labels)
    edits: list[Edit] = [AddFace(face, 0), SetStatus(before.status, Status.DONE)]
    given = tags | ({sample.split} if sample.split else set())
    if given - before.tags:
        edits.append(SetTags(before.tags, before.tags | given))
    project.save(image_id, Gesture(tuple(edits)), title=f"Import from {root.name}")
    return 1


def _metadata(sample: LapaSample) -> Path | None:
    """The file beside a sample's image that tells more of it, if there is one."""
    split = next(p for p in sample.image.parents if p.name == "images").parent
    file = split / "metadata" / f"{sample.name}.json"
    return file if file.is_file() else None


def _visibility(sample: LapaSample) -> NDArray[np.uint8]:
    """The (106,) visibility that a sample's metadata tells; all visible without it."""
    whole = np.full(N_POINTS, Visibility.VISIBLE, np.uint8)
    file = _metadata(sample)
    if file is None:
        return whole
    try:
        told = json.loads(file.read_text(encoding="utf-8")).get("visibility", whole)
        found = np.asarray(told, dtype=np.uint8)
        if found.shape != (N_POINTS,) or found.max() > Visibility.VISIBLE:
            raise ValueError("not one of 0, 1, 2 for each point")
    except (OSError, ValueError, TypeError, AttributeError, OverflowError) as error:
        problem = f"its visibility cannot be read ({error})"
        raise InputError(file, problem, "mend or remove the file") from error
    return found


def _imported_face(project: Project, info: ImageInfo, sample: LapaSample, *, labels: bool) -> Face:
    landmarks, override = None, EMPTY
    corners = np.array([(0.0, 0.0), (info.width - 1, info.height - 1)])
    if labels and sample.labels is not None:
        map_ = read_labels(sample.labels, (info.width, info.height))
        override = Patch(0, 0, map_)
        y, x = np.nonzero(map_)
        if x.size > 1:
            corners = np.column_stack([x, y]).astype(np.float64)
    if sample.landmarks is not None:
        landmarks = Landmarks(
            points=read_landmarks(sample.landmarks),
            visibility=_visibility(sample),
            origin=np.full(N_POINTS, Origin.IMPORTED, np.uint8),
            annotator=(project.annotator,) * N_POINTS,
            time=np.full(N_POINTS, time.time()),
        )
        corners = landmarks.points
    return Face(_box(corners), landmarks, override=override)


def _box(points: NDArray[np.float64]) -> Box:
    """The box around points, never without an area."""
    low, high = points.min(axis=0) - 0.5, points.max(axis=0) + 0.5
    return Box(*low.tolist(), *high.tolist())


def export_lapa(project: Project, target: Path, query: str = FINISHED) -> Iterator[Transferred]:
    """Write the images that a query finds as a data set in LaPa's layout.

    An image goes to the split that it is tagged with (train, val or test), else to the one that
    its name falls in. Every face with points is a sample; several of one photo are numbered.
    A generator that goes on after whatever is wrong with an image.

    Args:
        target: a new or empty folder.

    Raises:
        InputError: the folder holds something, or a file cannot be written.
    """
    target = target.absolute()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InputError(target, "is not empty", "choose a new folder")
    ids = project.ids(query).tolist()
    infos = project.infos(ids)
    names = flat_names([info.path for info in infos])
    faces = 0
    for done, (info, name) in enumerate(zip(infos, names, strict=True), start=1):
        problem = None
        try:
            faces += _export_image(project, info, target, name)
        except InputError as error:
            problem = str(error)
        yield Transferred(done, len(infos), faces, problem)


def _export_image(project: Project, info: ImageInfo, target: Path, name: str) -> int:
    annotation = project.load(info.id)
    photo = read_photo(project.photo_path(info.id))
    size = (photo.pixels.shape[1], photo.pixels.shape[0])
    if size != (info.width, info.height):
        raise InputError(photo.path, "has another size than it was annotated at", "put it back")
    split = _split(info, name)
    several = len(annotation.faces) > 1
    written = 0
    for number, face in enumerate(annotation.faces):
        sample = f"{name}_{number}" if several else name
        if face.landmarks is None and not _covers(face.override, size):
            continue
        labels = face_labels(project, photo, face)
        write_labels(target / split / "labels" / f"{sample}.png", labels)
        if face.landmarks is not None:
            file = target / split / "landmarks" / f"{sample}.txt"
            write_landmarks(file, face.landmarks.points)
        # The image comes last: where there is one, the rest is there too.
        _write_image(target / split / "images" / f"{sample}.jpg", photo)
        written += 1
    return written


def _write_image(path: Path, photo: Photo) -> None:
    if may_be_copied(photo):
        replace_file(path, photo.path.read_bytes())
    else:
        write_picture(path, photo.pixels)


def _split(info: ImageInfo, name: str) -> str:
    return next((tag for tag in info.tags if tag in SPLITS), None) or split_of(name)


def _covers(override: Patch, size: tuple[int, int]) -> bool:
    """Whether an override layer says something about every pixel."""
    whole = (override.x, override.y, override.values.shape) == (0, 0, size[::-1])
    return whole and not (override.values == UNSET).any()


def face_labels(project: Project, photo: Photo, face: Face) -> LabelMap:
    """Return a face's (H, W) label map: points, cached segmentation and override put together.

    A segmentation that is not in the cache is made, and kept there.

    Raises:
        InputError: the face has no points, or the segmenter's file is missing.
    """
    height, width = photo.pixels.shape[:2]
    if _covers(face.override, (width, height)):
        return np.array(face.override.values)
    if face.landmarks is None:
        raise InputError(photo.path, "has a face without points", "propose or place them first")
    points = face.landmarks.points
    cached = project.segmentations.load(face.id)
    if cached is None:
        made = segment_face(photo.pixels, points, make_segmenter())
        cached = CachedSegmentation(made.probabilities, made.to_crop, made.model)
        if not project.read_only:
            project.segmentations.store(face.id, cached)
    segmentation = Segmentation(cached.probabilities, cached.to_crop, cached.model)
    touched = face.landmarks.touched
    return parse_face(
        (width, height), points, segmentation, override=face.override, touched=touched
    )
