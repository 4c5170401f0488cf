"""Data sets of any format into a project."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path, PurePosixPath

import numpy as np

from lapa_annotator.batch.naming import flat_names, printable
from lapa_annotator.batch.photos import LOOK
from lapa_annotator.domain.classes import CLASSES
from lapa_annotator.domain.edits import AddFace, Edit, Gesture, SetStatus, SetTags
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Face, Status
from lapa_annotator.domain.landmarks import Landmarks, Origin
from lapa_annotator.domain.override import EMPTY, UNSET, Patch
from lapa_annotator.domain.schema import N_POINTS
from lapa_annotator.formats.archive import is_archive, unpack
from lapa_annotator.formats.atomic import replace_file
from lapa_annotator.formats.checks import read_json
from lapa_annotator.formats.registry import Format, format_of, read_samples
from lapa_annotator.formats.samples import Sample, SampleFace
from lapa_annotator.store.project import Project

MEAN_FACE = "mean face"
"""What points are said to be proposed by that a data set of fewer points does not tell."""

_PNG = b"\x89PNG"


@dataclass(frozen=True)
class Transferred:
    """How far a transfer is.

    Attributes:
        done, total: images done of all; a total of 0 while nobody knows.
        faces: faces brought over so far.
        problem: what was wrong with the image just done, None when nothing was.
    """

    done: int
    total: int
    faces: int = 0
    problem: str | None = None


def import_data_set(
    project: Project,
    source: Path,
    *,
    format_name: str | None = None,
    labels: bool = True,
    tags: frozenset[str] = frozenset(),
    unpacked: Path | None = None,
) -> Iterator[Transferred]:
    """Take a data set into a project, as finished images.

    The photos stay where they are. Points are marked as imported; a label map becomes the
    override layer, so that every pixel of it is kept; the split becomes a tag. An image that
    has faces already is left alone. A generator that goes on after whatever is wrong with a
    sample; what is refused as a whole is refused before anything is touched.

    Args:
        project: where to.
        source: the data set's folder, or a .zip file of it.
        format_name: a row of the formats; what the folder looks like when left out.
        labels: take the label maps too.
        tags: given to every image that is taken.
        unpacked: a new folder for the photos of an archive, or of a format that keeps them
            inside its files.

    Raises:
        InputError: the folder is laid out in no format, or its classes are not LaPa's.
    """
    root = source.absolute()
    with _taken_back(unpacked):
        if is_archive(root):
            root = _unpacked(root, unpacked)
        format_ = format_of(root, format_name)
        _check_classes(root)
        if not format_.photos(root) and (unpacked is None or unpacked.exists()):
            remedy = "name a new folder for them with --unpack"
            raise InputError(source, "its photos lie inside its files", remedy)
        samples = _with_photos(project, root, format_, unpacked)
        first = list(islice(samples, 1))
    yield from _add_photos(project, format_.photos(root))
    done = faces = 0
    for sample in _to_the_end(chain(first, samples)):
        problem = None
        done += 1
        if isinstance(sample, InputError):
            problem = str(sample)
        else:
            try:
                kept = sample if labels else _without_labels(sample)
                faces += _import_sample(project, root, kept, tags)
            except InputError as error:
                problem = str(error)
        yield Transferred(done, 0, faces, None if problem is None else printable(problem))
    yield Transferred(done, done, faces)


@contextmanager
def _taken_back(folder: Path | None) -> Iterator[None]:
    """Take a new folder away again when the data set that it is for is refused."""
    is_new = folder is not None and not folder.exists()
    try:
        yield
    except InputError:
        if folder is not None and is_new:
            shutil.rmtree(folder, ignore_errors=True)
        raise


def _to_the_end(samples: Iterator[Sample | InputError]) -> Iterator[Sample | InputError]:
    """The samples, and as the last of them why there are no more where a file breaks off."""
    try:
        yield from samples
    except InputError as error:
        yield error


def _unpacked(archive: Path, folder: Path | None) -> Path:
    """Unpack an archive; the data set may be the only folder in it."""
    if folder is None:
        problem = "it is an archive"
        raise InputError(archive, problem, "name a new folder for its photos with --unpack")
    unpack(archive, folder.absolute())
    inside = list(folder.absolute().iterdir())
    return inside[0] if len(inside) == 1 and inside[0].is_dir() else folder.absolute()


def _check_classes(root: Path) -> None:
    """Refuse an export whose card says that classes were put together."""
    path = root / "card.json"
    if not path.is_file():
        return
    told = read_json(path)
    rows = told.get("classes", []) if isinstance(told, dict) else []
    names = [row.get("name") for row in rows if isinstance(row, dict)]
    if names and names != [c.name for c in CLASSES]:
        problem = f"its classes were put together ({', '.join(map(str, names))})"
        raise InputError(path, problem, "export it with LaPa's own classes")


def _add_photos(project: Project, folders: list[Path]) -> Iterator[Transferred]:
    for folder in folders:
        if folder.is_dir():
            for at in project.add_folder(folder, LOOK):
                yield Transferred(0, at.total)


def _with_photos(
    project: Project, root: Path, format_: Format, unpacked: Path | None
) -> Iterator[Sample | InputError]:
    """The samples of a data set, all with their photos in files."""
    samples = read_samples(root, format_)
    if format_.photos(root) or unpacked is None:
        yield from samples
        return
    folder = unpacked.absolute()
    for sample in samples:
        if isinstance(sample, Sample) and sample.picture is not None:
            replace_file(_photo_place(folder, sample, sample.picture), sample.picture)
    for _ in _add_photos(project, [folder]):
        pass
    # Read again rather than kept: the maps of a whole data set do not fit in memory.
    for sample in read_samples(root, format_):
        if isinstance(sample, Sample) and sample.picture is not None:
            image = _photo_place(folder, sample, sample.picture)
            yield replace(sample, image=image, picture=None)
        else:
            yield sample


def _photo_place(folder: Path, sample: Sample, picture: bytes) -> Path:
    suffix = ".png" if picture.startswith(_PNG) else ".jpg"
    (name,) = flat_names([PurePosixPath(f"{sample.name}{suffix}")])
    return folder / sample.split / f"{name}{suffix}"


def _without_labels(sample: Sample) -> Sample:
    return replace(sample, faces=tuple(replace(face, labels=None) for face in sample.faces))


def _import_sample(project: Project, root: Path, sample: Sample, tags: frozenset[str]) -> int:
    assert sample.image is not None
    if not sample.image.is_file():
        raise InputError(sample.image, "the photo is missing", "put it into the data set")
    image_id = project.find(sample.image)
    if image_id is None:
        raise InputError(sample.image, "cannot be read as a photo", "replace or remove it")
    info, before = project.info(image_id), project.load(image_id)
    told = [face for face in sample.faces if face.points is not None or face.labels is not None]
    if before.faces or not told:
        return 0
    if sample.size != (info.width, info.height):
        problem = (
            f"the data set says {sample.width}x{sample.height} pixels, "
            f"the photo has {info.width}x{info.height}"
        )
        raise InputError(sample.image, problem, "put the photo there that was annotated")
    edits: list[Edit] = [
        AddFace(_imported(project, face), place) for place, face in enumerate(told)
    ]
    edits.append(SetStatus(before.status, Status.DONE))
    given = tags | {*sample.tags} | ({sample.split} if sample.split else set())
    if given - before.tags:
        edits.append(SetTags(before.tags, before.tags | given))
    project.save(image_id, Gesture(tuple(edits)), title=f"Import from {root.name}")
    return len(told)


def _override(face: SampleFace) -> Patch:
    """A label map, with what hides the face in the place of background."""
    override = EMPTY if face.labels is None else Patch(0, 0, face.labels)
    if face.occluders is None:
        return override
    hidden = np.where(face.occluders > 0, face.occluders, np.uint8(UNSET))
    height, width = hidden.shape
    said = override.region(0, 0, width, height).values
    # Where a class is told too, the class holds: it is what the map showed.
    return override.put(Patch(0, 0, np.where((said == UNSET) | (said == 0), hidden, said)))


def _imported(project: Project, face: SampleFace) -> Face:
    override = _override(face)
    if face.points is None:
        return Face(face.box, None, face.pose, override)
    known = np.full(N_POINTS, True) if face.known is None else face.known
    landmarks = Landmarks(
        points=face.points,
        visibility=face.visibility,
        confidence=known.astype(np.float64),
        origin=np.where(known, Origin.IMPORTED, Origin.PROPOSED).astype(np.uint8),
        model=tuple("" if told else MEAN_FACE for told in known),
        annotator=tuple(project.annotator if told else "" for told in known),
        time=np.where(known, time.time(), 0.0),
    )
    return Face(face.box, landmarks, face.pose, override)
