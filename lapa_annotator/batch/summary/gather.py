"""What a report tells of a project, gathered image by image."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass, field
from functools import partial

import cv2
import numpy as np
from PIL import Image

from lapa_annotator.batch.export.splits import pose_name
from lapa_annotator.batch.maps import covers, face_labels, kept
from lapa_annotator.batch.pictures import overlay
from lapa_annotator.batch.summary.agreement import Agreement, agreements
from lapa_annotator.dla.guard import find_problems
from lapa_annotator.dla.pose import estimate_pose
from lapa_annotator.domain.classes import CLASSES, Label
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Face, Pose
from lapa_annotator.domain.labelmap import LabelMap
from lapa_annotator.formats.photo import read_photo
from lapa_annotator.ppa.settings import settings_of
from lapa_annotator.store.effort import Effort, HoursLeft, finished_faces, hours_left, ledger
from lapa_annotator.store.project import Project
from lapa_annotator.store.values import ImageInfo, ModelVersion

# Classes that every face shows; an inner mouth may be shut, and hair may be gone.
_ALWAYS = tuple(c.id for c in CLASSES if c.id not in (0, Label.INNER_MOUTH, Label.HAIR))
_THUMBNAIL = 320


@dataclass(frozen=True)
class FaceRow:
    """One face of the report.

    Attributes:
        image_id, path, face_id: which one.
        status, annotator: of its image.
        pose: yaw, pitch and roll in degrees; None without points.
        size: distance of the outer eye corners in pixels; 0 without points.
        confidence: mean of its points, in [0, 1].
        touched: share of its points that people have set.
        pixels: of each class; () where its map is not made yet.
        problems: what seems wrong, in words.
        doubt: of its image; 0 when unknown.
    """

    image_id: int
    path: str
    face_id: str
    status: str
    annotator: str
    pose: Pose | None
    size: float
    confidence: float
    touched: float
    pixels: tuple[int, ...]
    problems: tuple[str, ...]
    doubt: float

    @property
    def badness(self) -> tuple[int, float]:
        """What worst cases are sorted by: problems first, then doubt."""
        return len(self.problems), self.doubt + 1 - self.confidence


@dataclass
class Gathered:
    """Everything that a report tells."""

    name: str
    statuses: Counter[str] = field(default_factory=Counter)
    images: list[ImageInfo] = field(default_factory=list)
    faces: list[FaceRow] = field(default_factory=list)
    effort: list[Effort] = field(default_factory=list)
    left: HoursLeft | None = None
    agreements: list[Agreement] = field(default_factory=list)
    models: list[ModelVersion] = field(default_factory=list)
    pictures: dict[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Looked:
    """How far a report is: images looked at of all."""

    done: int
    total: int


def gather(
    project: Project, query: str = "", *, maps: bool = True, worst: int = 24
) -> Generator[Looked, None, Gathered]:
    """Gather what a report tells; a generator that returns it.

    Args:
        project: an open project; nothing in it is changed.
        query: which images.
        maps: count the pixels of classes, where a face's map can be put together without a
            network: its segmentation is cached, or all of it is painted.
        worst: how many of the worst faces get a picture.

    Raises:
        InputError: the query is not understood, or a stored value is damaged.
    """
    found = Gathered(project.folder.stem)
    ids = project.ids(query).tolist()
    for done, info in enumerate(project.infos(ids), start=1):
        found.images.append(info)
        found.statuses[str(info.status)] += 1
        for face in project.load(info.id).faces:
            found.faces.append(_row(project, info, face, maps=maps))
        yield Looked(done, len(ids))
    found.effort = ledger(list(finished_faces(project)))
    found.left = hours_left(project)
    map_of = partial(_labels, project) if maps else None
    for agreement in agreements(project, found.images, map_of):
        found.agreements.append(agreement)
        yield Looked(len(ids), len(ids))
    found.models = project.models.all()
    for row in worst_of(found.faces, worst):
        picture = _picture(project, row)
        if picture is not None:
            found.pictures[row.face_id] = picture
        yield Looked(len(ids), len(ids))
    return found


def worst_of(faces: list[FaceRow], count: int) -> list[FaceRow]:
    """The faces that most need a look, the worst first."""
    doubtful = [row for row in faces if row.problems or row.doubt or row.confidence < 1]
    return sorted(doubtful, key=lambda row: (*row.badness, row.path), reverse=True)[:count]


def _row(project: Project, info: ImageInfo, face: Face, *, maps: bool) -> FaceRow:
    marks = face.landmarks
    problems: list[str] = []
    pixels: tuple[int, ...] = ()
    labels = _labels(project, info, face) if maps else None
    if labels is not None:
        pixels = tuple(np.bincount(labels.ravel(), minlength=len(CLASSES)).tolist())
        problems += [f"no {CLASSES[i].name}" for i in _ALWAYS if not pixels[i]]
    pose = face.pose
    if marks is not None:
        pose = pose or estimate_pose(marks.points)
        problems = [p.message for p in find_problems(marks)] + problems
    return FaceRow(
        image_id=info.id,
        path=info.path.as_posix(),
        face_id=face.id,
        status=str(info.status),
        annotator=info.annotator,
        pose=pose,
        size=0.0 if marks is None else marks.interocular,
        confidence=0.0 if marks is None else float(marks.confidence.mean()),
        touched=0.0 if marks is None else float(marks.touched.mean()),
        pixels=pixels,
        problems=tuple(problems),
        doubt=info.doubt or 0.0,
    )


def _labels(project: Project, info: ImageInfo, face: Face) -> LabelMap | None:
    """A face's map, where no network and no readable photo is needed for it."""
    size = info.width, info.height
    made = covers(face.override, size) or (
        face.landmarks is not None
        and kept(project.segmentations, face.id, settings_of(project)) is not None
    )
    if not made:
        return None
    try:
        photo = read_photo(project.photo_path(info.id))
        if photo.pixels.shape[:2] != size[::-1]:
            return None
        return face_labels(project, photo, face)[0]
    except InputError:
        return None


def _picture(project: Project, row: FaceRow) -> bytes | None:
    """A small JPEG of a face with its map and points; None where its photo cannot be read."""
    info, face = project.info(row.image_id), project.load(row.image_id).face(row.face_id)
    if face.landmarks is None:
        return None
    labels = _labels(project, info, face)
    try:
        pixels = read_photo(project.photo_path(row.image_id)).pixels
    except InputError:
        return None
    if labels is None:
        labels = np.zeros(pixels.shape[:2], np.uint8)
    painted = overlay(pixels, labels, face.landmarks.points)
    scale = _THUMBNAIL / max(painted.shape[:2])
    size = tuple(max(1, round(s * scale)) for s in painted.shape[1::-1])
    small = np.asarray(cv2.resize(painted, size, interpolation=cv2.INTER_AREA), np.uint8)
    data = io.BytesIO()
    Image.fromarray(small).save(data, "JPEG", quality=82)
    return data.getvalue()


def poses_of(faces: list[FaceRow]) -> Counter[str]:
    """How many faces have each pose."""
    return Counter(pose_name(row.pose.yaw if row.pose else None) for row in faces)
