"""What a worker does with one photo of an export: read it, make its samples, write their files."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from lapa_annotator.batch.export.cropping import Image, prepared
from lapa_annotator.batch.export.options import ExportOptions
from lapa_annotator.batch.export.plan import ExportTask
from lapa_annotator.batch.export.splits import pose_name
from lapa_annotator.batch.maps import covers, face_labels
from lapa_annotator.batch.naming import printable
from lapa_annotator.batch.outcome import Clock
from lapa_annotator.batch.pictures import overlay
from lapa_annotator.batch.work import OVERLAYS, may_be_copied
from lapa_annotator.dla.pose import estimate_pose
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Face, Pose
from lapa_annotator.domain.landmarks import Origin, Visibility
from lapa_annotator.domain.override import OCCLUDERS as OCCLUDER_KINDS
from lapa_annotator.domain.schema import N_POINTS
from lapa_annotator.formats.atomic import write_error
from lapa_annotator.formats.photo import Photo, encode_picture, read_photo
from lapa_annotator.formats.registry import OCCLUDERS
from lapa_annotator.formats.samples import Sample, SampleFace, occluder_picture
from lapa_annotator.store.project import Project

# What arithmetic on an odd photo may raise. One photo shall not end the export.
_BROKEN = (ValueError, ArithmeticError, LookupError, MemoryError, cv2.error)


@dataclass(frozen=True)
class Made:
    """What became of a photo.

    Attributes:
        files: sha256 of every file written, by place below the data set's folder.
        rows: number of the sample, its split and its row, for the lists.
        facts: what the data card and the metadata say of each face.
        problem: one sentence when the photo was skipped, else None.
        seconds: time by phase.
    """

    files: dict[str, str] = field(default_factory=dict)
    rows: list[tuple[int, str, dict[str, Any]]] = field(default_factory=list)
    facts: list[dict[str, Any]] = field(default_factory=list)
    problem: str | None = None
    seconds: dict[str, float] = field(default_factory=dict)


class ExportWorker:
    """Makes the samples of photos, one after the other.

    Args:
        project: the project's folder.
        options: of the export.
        folder: where the files go for the time being.
        read_only: whether nothing may be cached in the project.
    """

    def __init__(
        self, project: Path, options: ExportOptions, folder: Path, *, read_only: bool
    ) -> None:
        self._project = Project.open(project, read_only=read_only)
        self._options = options
        self._classes = options.classes
        self._folder = folder

    def __call__(self, task: ExportTask) -> Made:
        """Make the samples of one photo; whatever is wrong with it is told in what comes back.

        Raises:
            InputError: the folder cannot be written, as on a full disk.
        """
        clock = Clock()
        try:
            with clock.phase("reading"):
                photo = self._photo(task)
            made = self._samples(task, photo, clock)
        except InputError as error:
            return Made(problem=printable(str(error)), seconds=clock.seconds)
        except _BROKEN as error:
            plain = " ".join(str(error).split())
            problem = f"it could not be exported ({type(error).__name__}: {plain})"
            sentence = str(InputError(task.relative, problem, "please report this photo"))
            return Made(problem=printable(sentence), seconds=clock.seconds)
        return self._written(task, photo, made, clock)

    def _photo(self, task: ExportTask) -> Photo:
        path = self._project.photo_path(task.image_id)
        if task.changed:
            raise InputError(path, "was changed since it was annotated", "accept the change first")
        photo = read_photo(path)
        if photo.pixels.shape[:2] != (task.height, task.width):
            raise InputError(path, "has another size than it was annotated at", "put it back")
        return photo

    def _samples(
        self, task: ExportTask, photo: Photo, clock: Clock
    ) -> tuple[list[tuple[Sample, Image | None]], list[dict[str, Any]]]:
        faces, facts = [], []
        present = self._project.load(task.image_id).faces
        for face in present:
            if face.landmarks is None and not covers(face.override, (task.width, task.height)):
                continue
            labels, segmenter = face_labels(self._project, photo, face, clock, present)
            with clock.phase("geometry"):
                hidden = face.override.occluders((task.width, task.height))
                shown = replace(_sample_face(face), occluders=hidden)
                labels = self._classes.map(labels)
                faces.append(replace(shown, labels=labels))
                facts.append(_facts(face, shown.pose, labels, segmenter))
        with clock.phase("geometry"):
            pictures = prepared(photo.pixels, faces, self._options)
        several = len(faces) > 1 and len(pictures) == len(faces)
        samples = []
        for i, (picture, shown_faces) in enumerate(pictures):
            name = f"{task.name}_{i}" if several else task.name
            height, width = (photo.pixels if picture is None else picture).shape[:2]
            held, number = tuple(shown_faces), task.number + i
            sample = Sample(name, task.split, width, height, held, number, task.tags)
            samples.append((sample, picture))
        return samples, facts

    def _written(
        self,
        task: ExportTask,
        photo: Photo,
        made: tuple[list[tuple[Sample, Image | None]], list[dict[str, Any]]],
        clock: Clock,
    ) -> Made:
        samples, facts = made
        files: dict[str, str] = {}
        rows = []
        with clock.phase("writing"):
            whole = _copied(photo) if any(p is None for _, p in samples) else None
            for sample, picture in samples:
                suffix, data = self._picture(photo, picture, whole)
                where = self._options.row.image_place(sample, suffix)
                out = self._options.row.write(sample, self._classes)
                pieces = {where: data, **out.files, **self._overlays(sample, photo, picture)}
                pieces |= self._occluders(sample)
                files |= {place: self._put(place, piece) for place, piece in pieces.items()}
                if out.row is not None:
                    rows.append((sample.number, sample.split, {**out.row, "image": where}))
        about = {"photo": task.relative, "split": task.split, "status": task.status}
        names = [sample.name for sample, _ in samples]
        for i, fact in enumerate(facts):
            fact |= {"name": names[i if len(names) == len(facts) else 0], **about}
            fact["tags"] = list(task.tags)
        return Made(files, rows, facts, seconds=clock.seconds)

    def _picture(
        self, photo: Photo, picture: Image | None, whole: bytes | None
    ) -> tuple[str, bytes]:
        """Suffix and bytes of a sample's photo."""
        if picture is None and whole is not None:
            return ".jpg", whole
        pixels = photo.pixels if picture is None else picture
        suffix = self._options.picture
        return suffix, encode_picture(Path(f"picture{suffix}"), pixels)

    def _overlays(self, sample: Sample, photo: Photo, picture: Image | None) -> dict[str, bytes]:
        if not self._options.overlays:
            return {}
        shown = photo.pixels if picture is None else picture
        made = {}
        for i, face in enumerate(sample.faces):
            if face.points is not None and face.labels is not None:
                name = sample.name if len(sample.faces) == 1 else f"{sample.name}_{i}"
                painted = overlay(shown, face.labels, face.points, self._classes.palette())
                where = f"{OVERLAYS}/{name}.jpg"
                made[where] = encode_picture(Path(where), painted, quality=88)
        return made

    def _occluders(self, sample: Sample) -> dict[str, bytes]:
        """What hides the faces, as pictures of ids beside a format that does not hold it."""
        if not self._options.metadata or OCCLUDERS in self._options.row.keeps:
            return {}
        made = {}
        for i, face in enumerate(sample.faces):
            if face.hidden_by:
                assert face.occluders is not None
                name = sample.name if len(sample.faces) == 1 else f"{sample.name}_{i}"
                where = f"{OCCLUDERS}/{name}.png"
                made[where] = occluder_picture(face.occluders)
        return made

    def _put(self, place: str, data: bytes) -> str:
        """Write a file and return its sha256.

        Not flushed to the disk one by one: whoever goes on after a stop compares every file
        with this hash, and the whole is flushed before it gets its name.
        """
        path = self._folder / place
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        except OSError as error:
            raise write_error(path, error) from error
        return hashlib.sha256(data).hexdigest()


def _copied(photo: Photo) -> bytes | None:
    """The bytes of a photo that shows the same to any reader; None for others."""
    return photo.path.read_bytes() if may_be_copied(photo) else None


def _sample_face(face: Face) -> SampleFace:
    marks = face.landmarks
    if marks is None:
        return SampleFace(face.box, pose=face.pose)
    pose = face.pose or estimate_pose(marks.points)
    return SampleFace(face.box, marks.points, marks.visibility, pose=pose)


def _facts(face: Face, pose: Pose | None, labels: np.ndarray, segmenter: str) -> dict[str, Any]:
    """What is known of a face, fit for JSON."""
    told: dict[str, Any] = {
        "face": face.id,
        "box": [round(v, 3) for v in (face.box.x0, face.box.y0, face.box.x1, face.box.y1)],
        "pose": None if pose is None else {k: round(v, 2) for k, v in asdict(pose).items()},
        "pose_name": pose_name(None if pose is None else pose.yaw),
        "pixels": np.bincount(labels.ravel(), minlength=11).tolist(),
        "segmenter": segmenter,
        "repaired": int((face.override.values != 255).sum()),
        "occluders": {
            name: int(count)
            for name, kind in OCCLUDER_KINDS.items()
            if (count := (face.override.values == kind).sum())
        },
    }
    marks = face.landmarks
    if marks is not None:
        told |= {
            "origins": {o.name.lower(): int((marks.origin == o).sum()) for o in Origin},
            "visibility": {v.name.lower(): int((marks.visibility == v).sum()) for v in Visibility},
            "confidence": round(float(marks.confidence.mean()), 4),
            "touched": round(float(marks.touched.sum()) / N_POINTS, 4),
            "models": sorted(set(marks.model) - {""}),
            "annotators": sorted(set(marks.annotator) - {""}),
            "interocular": round(marks.interocular, 2),
        }
    return told


def to_json(made: Made) -> str:
    """The form in which what became of a photo is kept; the rows are kept apart."""
    told = {"files": made.files, "facts": made.facts, "seconds": made.seconds}
    return json.dumps(told, sort_keys=True, ensure_ascii=False)


def from_json(text: str) -> Made:
    """Read what ``to_json`` wrote.

    Raises:
        ValueError, TypeError: it is damaged.
    """
    return Made(**json.loads(text))
