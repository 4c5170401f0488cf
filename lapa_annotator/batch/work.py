"""What a worker does with one photo: read it, annotate its faces, write the samples."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path

import cv2
from PIL import ExifTags

from lapa_annotator.batch.naming import printable
from lapa_annotator.batch.options import AnnotateOptions, Faces
from lapa_annotator.batch.outcome import Clock, Outcome, Sample, Task
from lapa_annotator.batch.pictures import overlay
from lapa_annotator.batch.pipeline import Drawing, FoundFace, Pipeline
from lapa_annotator.batch.records import FOLDER, sha256_of
from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.atomic import replace_file, write_error
from lapa_annotator.formats.decode import opened, read_error
from lapa_annotator.formats.lapa import write_labels, write_landmarks
from lapa_annotator.formats.photo import Photo, read_photo, write_picture

OVERLAYS = "overlays"
# What arithmetic on an odd photo may raise. One photo shall not end a night's work.
_BROKEN = (ValueError, ArithmeticError, LookupError, MemoryError, cv2.error)

Build = Callable[[AnnotateOptions], Pipeline]


class Worker:
    """Annotates photos, one after the other.

    Args:
        build: makes the pipeline.
        options: the options of the job.
    """

    def __init__(self, build: Build, options: AnnotateOptions) -> None:
        self._pipeline = build(options)
        self._options = options

    def __call__(self, task: Task) -> Outcome:
        """Annotate one photo. Whatever is wrong with the photo is told in the outcome.

        Raises:
            InputError: the out folder cannot be written, as on a full disk.
        """
        clock = Clock()
        try:
            with clock.phase("reading"):
                photo, source = read_photo(task.photo), _source(task.photo)
            drawn = self._annotate(photo, task, clock)
            with clock.phase("writing"):
                _check_in_the_way(task, self._options, drawn)
        except InputError as error:
            return Outcome(problem=printable(str(error)), seconds=clock.seconds)
        except _BROKEN as error:
            plain = " ".join(str(error).split())
            problem = f"it could not be annotated ({type(error).__name__}: {plain})"
            sentence = str(InputError(task.photo, problem, "please report this photo"))
            return Outcome(problem=printable(sentence), seconds=clock.seconds)
        with clock.phase("writing"):
            outputs = _write(task, self._options, photo, drawn)
        samples = tuple(_sample(name, *found) for name, found in drawn.items())
        return Outcome(samples, outputs, clock.seconds, None, source)

    def _annotate(
        self, photo: Photo, task: Task, clock: Clock
    ) -> dict[str, tuple[FoundFace, Drawing]]:
        """Find the faces of a photo and draw the sample of each, by the sample's name."""
        options = self._options
        faces = self._pipeline.find(photo.pixels, options.faces, clock)
        if not faces:
            raise InputError(task.photo, "no face was found", "use a photo with a visible face")
        every = options.faces is Faces.ALL
        return {
            f"{task.name}_{i}" if every else task.name: (
                face,
                self._pipeline.draw(photo.pixels, face, options, clock),
            )
            for i, face in enumerate(faces)
        }


def places(split: str, name: str, overlays: bool) -> dict[str, str]:
    """Where the files of a sample go, below the out folder; the image comes last.

    Whoever reads the data set meanwhile finds an image only when all the rest is there.
    """
    files = {
        "labels": f"{split}/labels/{name}.png",
        "landmarks": f"{split}/landmarks/{name}.txt",
        "overlay": f"{OVERLAYS}/{name}.jpg",
        "image": f"{split}/images/{name}.jpg",
    }
    return files if overlays else {k: v for k, v in files.items() if k != "overlay"}


def claim(out: Path, name: str) -> Path:
    """The mark that the files of a name are being written: they may be replaced without asking."""
    return out / FOLDER / "writing" / name


def _check_in_the_way(task: Task, options: AnnotateOptions, drawn: Mapping[str, object]) -> None:
    """Refuse to replace a file that this job did not write or that was changed since.

    Raises:
        InputError: there is one, and ``--overwrite`` was not said.
    """
    if options.overwrite or claim(options.out, task.name).exists():
        return
    wanted = {p for name in drawn for p in places(task.split, name, options.overlays).values()}
    for place in sorted(wanted | set(task.previous)):
        path = options.out / place
        if path.is_dir() or (path.is_file() and sha256_of(path) != task.previous.get(place)):
            changed = "was changed" if place in task.previous else "stood there"
            raise InputError(
                task.photo,
                f"its output {path} {changed} before this run",
                "move that file away, choose another out folder or say --overwrite",
            )


def _write(
    task: Task,
    options: AnnotateOptions,
    photo: Photo,
    drawn: Mapping[str, tuple[FoundFace, Drawing]],
) -> dict[str, str]:
    """Write the samples of a photo; on a failure, what is new goes again.

    Returns:
        Place below the out folder -> sha256 of every file.
    """
    out = options.out
    _mark(claim(out, task.name))
    written: list[str] = []
    try:
        for name, (_, drawing) in drawn.items():
            files = places(task.split, name, options.overlays)
            written += files.values()
            write_labels(out / files["labels"], drawing.labels)
            write_landmarks(out / files["landmarks"], drawing.points)
            if options.overlays:
                picture = overlay(drawing.image, drawing.labels, drawing.points)
                write_picture(out / files["overlay"], picture, quality=88)
            _write_image(out / files["image"], photo, drawing)
    except InputError:
        for place in set(written) - set(task.previous):
            with contextlib.suppress(OSError):
                (out / place).unlink()
        raise
    for place in set(task.previous) - set(written):
        (out / place).unlink(missing_ok=True)
    return {place: sha256_of(out / place) for place in written}


def _mark(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    except OSError as error:
        raise write_error(path, error) from error


def _write_image(path: Path, photo: Photo, drawing: Drawing) -> None:
    if drawing.image is photo.pixels and may_be_copied(photo):
        replace_file(path, photo.path.read_bytes())
    else:
        write_picture(path, drawing.image)


def may_be_copied(photo: Photo) -> bool:
    """Whether the file shows the same pixels to any reader: a plain JPEG in RGB, not turned."""
    try:
        with opened(photo.path, ("JPEG",)) as picture:
            turned = picture.getexif().get(ExifTags.Base.Orientation, 1) != 1
            plain = picture.format == "JPEG" and picture.mode == "RGB"
            return plain and not turned and "icc_profile" not in picture.info
    except InputError:
        return False  # a PNG, say


def _source(path: Path) -> str:
    try:
        return sha256_of(path)
    except OSError as error:
        raise read_error(path, error) from error


def _sample(name: str, face: FoundFace, drawing: Drawing) -> Sample:
    box, confidence = face.box, face.landmarks.confidence
    return Sample(
        name=name,
        box=(round(box.x0, 2), round(box.y0, 2), round(box.x1, 2), round(box.y1, 2)),
        score=round(box.score, 4),
        confidence=round(float(confidence.mean()), 4),
        lowest=round(float(confidence.min()), 4),
        remarks=drawing.remarks,
    )
