"""Proposing anew what nobody has touched, with the model version in use, most useful first.

Points are proposed again; hair and skin are segmented again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from lapa_annotator.dla.pose import estimate_pose
from lapa_annotator.dla.registry import Detector, Proposer, find_faces
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Annotation, Face, Status
from lapa_annotator.formats.photo import read_photo
from lapa_annotator.ppa.segment import Segmenter, segment_face
from lapa_annotator.runtime.crops import Image
from lapa_annotator.store.cache import CachedSegmentation
from lapa_annotator.store.project import Project

_OPEN = {Status.NEW, Status.PROPOSED, Status.IN_PROGRESS}


@dataclass(frozen=True, slots=True)
class Reproposed:
    """How far it is: images looked at of all, how many were proposed anew, what was skipped."""

    done: int
    total: int
    changed: int
    skipped: tuple[str, ...]


def repropose(
    project: Project, proposer: Proposer, ids: Sequence[int], detector: Detector | None = None
) -> Iterator[Reproposed]:
    """Propose the points of unfinished images anew; may be left at any point.

    An image that is finished, that another program is editing, or in which a person has set a
    single point stays as it is. Faces keep their boxes; what a person removed does not come back.

    Args:
        project: open for writing.
        proposer: the version in use.
        ids: the images, in the order to do them.
        detector: finds the faces of images that are new; such images are left out without.
    """
    yield from _each(ids, lambda image_id: _one(project, proposer, image_id, detector))


def segment_anew(
    project: Project, segmenter: Segmenter, ids: Sequence[int]
) -> Iterator[Reproposed]:
    """Segment hair and skin of unfinished images anew; may be left at any point.

    An image that is finished, that another program is editing, in which a person has set a
    point, or in whose label map a person has painted stays as it is. Faces that have not been
    segmented yet are left to be when they are first looked at.

    Args:
        project: open for writing.
        segmenter: the version in use.
        ids: the images, in the order to do them.
    """
    yield from _each(ids, lambda image_id: _segment(project, segmenter, image_id))


def _each(ids: Sequence[int], work: Callable[[int], bool]) -> Iterator[Reproposed]:
    changed, skipped = 0, []
    for done, image_id in enumerate(ids, start=1):
        try:
            changed += work(int(image_id))
        except InputError as error:
            skipped.append(str(error))
        yield Reproposed(done, len(ids), changed, tuple(skipped))


def is_untouched(annotation: Annotation) -> bool:
    """Whether an annotation is unfinished and no point of it was set by a person."""
    marks = [face.landmarks for face in annotation.faces if face.landmarks is not None]
    return annotation.status in _OPEN and not any(m.touched.any() for m in marks)


def _one(project: Project, proposer: Proposer, image_id: int, detector: Detector | None) -> bool:
    annotation = project.load(image_id)
    new = annotation.status is Status.NEW and not annotation.faces
    if not is_untouched(annotation) or not (annotation.faces or (new and detector)):
        return False
    image = read_photo(project.photo_path(image_id)).pixels
    if new and detector is not None:
        faces = find_faces(image, detector, proposer)
    else:
        faces = [_again(face, image, proposer) for face in annotation.faces]
    sure = [float(f.landmarks.confidence.mean()) for f in faces if f.landmarks is not None]
    doubt = 1.0 - min(sure) if sure else None
    return project.propose(image_id, faces, proposer.name, doubt=doubt) is not None


def _segment(project: Project, segmenter: Segmenter, image_id: int) -> bool:
    faces = [f for f in project.load(image_id).faces if f.landmarks is not None]
    painted = any(face.override.values.size for face in faces)
    kept = [project.segmentations.load(face.id) for face in faces]
    old = any(said is not None and said.model != segmenter.name for said in kept)
    if not old or painted or not is_untouched(project.load(image_id)):
        return False
    with project.lease(image_id):
        image = read_photo(project.photo_path(image_id)).pixels
        points = [f.landmarks.points for f in faces if f.landmarks is not None]
        for number, face in enumerate(faces):
            others = [p for k, p in enumerate(points) if k != number]
            said = segment_face(image, points[number], segmenter, others)
            value = CachedSegmentation(said.probabilities, said.to_crop, said.model)
            project.segmentations.store(face.id, value)
    return True


def _again(face: Face, image: Image, proposer: Proposer) -> Face:
    landmarks = proposer.propose(image, face.box)
    return Face(face.box, landmarks, estimate_pose(landmarks.points), id=face.id)
