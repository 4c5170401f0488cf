"""LaPa's layout as a format of samples; the files themselves are those of ``formats.lapa``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.landmarks import Visibility
from lapa_annotator.domain.schema import N_POINTS
from lapa_annotator.formats.checks import beside, box_around, check_near, dict_of, read_json
from lapa_annotator.formats.classes import Classes
from lapa_annotator.formats.lapa import (
    SPLITS,
    LapaFolder,
    LapaSample,
    encode_labels,
    encode_landmarks,
    read_labels,
    read_landmarks,
)
from lapa_annotator.formats.photo import probe_photo
from lapa_annotator.formats.samples import Sample, SampleFace, Written, place
from lapa_annotator.formats.yolo import visibility_of


def image_place(sample: Sample, suffix: str) -> str:
    """Where the photo goes, below the data set's folder."""
    return place(sample.split, "images", f"{sample.name}{suffix}")


def write(sample: Sample, classes: Classes) -> Written:
    """The label map and the points of the sample's one face."""
    (face,) = sample.faces
    files = {}
    if face.labels is not None:
        data = encode_labels(face.labels, classes.palette())
        files[place(sample.split, "labels", f"{sample.name}.png")] = data
    if face.points is not None:
        text = encode_landmarks(face.points)
        files[place(sample.split, "landmarks", f"{sample.name}.txt")] = text
    return Written(files)


def is_one(root: Path) -> bool:
    """Whether a folder is laid out so."""
    kinds = [(root / s / k).is_dir() for s in ("", *SPLITS) for k in ("labels", "landmarks")]
    return any(kinds) and any((root / s / "images").is_dir() for s in ("", *SPLITS))


def photos(root: Path) -> list[Path]:
    """The folders that hold photos."""
    folder = LapaFolder(root)
    return [p for split in folder.splits() if (p := root / split / "images").is_dir()]


def read(root: Path) -> Iterator[Sample | InputError]:
    """Read the samples, each or what is wrong with it; without faces where nothing is told.

    Raises:
        InputError: the folder is not laid out so.
    """
    for sample in LapaFolder(root).samples():
        try:
            yield _read(root, sample)
        except InputError as error:
            yield error


def _read(root: Path, sample: LapaSample) -> Sample:
    more = _metadata(sample)
    for file in (sample.image, sample.landmarks, sample.labels, more):
        if file is not None:
            beside(root, file)
    info = probe_photo(sample.image)
    size = info.width, info.height
    points = None if sample.landmarks is None else read_landmarks(sample.landmarks)
    if sample.landmarks is not None and points is not None:
        check_near(sample.landmarks, points, size)
    labels = None if sample.labels is None else read_labels(sample.labels, size)
    faces: tuple[SampleFace, ...] = ()
    if points is not None or labels is not None:
        box = box_around(points, labels, size)
        faces = (SampleFace(box, points, _visibility(more), labels=labels),)
    return Sample(sample.name, sample.split, *size, faces, image=sample.image)


def _metadata(sample: LapaSample) -> Path | None:
    """The file beside a sample's image that tells more of it, if there is one."""
    split = next(p for p in sample.image.parents if p.name == "images").parent
    file = split / "metadata" / f"{sample.name}.json"
    return file if file.is_file() else None


def _visibility(file: Path | None) -> NDArray[np.uint8]:
    """The (106,) visibility that a sample's metadata tells; all visible without it."""
    whole = np.full(N_POINTS, Visibility.VISIBLE, np.uint8)
    if file is None:
        return whole
    told = dict_of(file, read_json(file), "the whole").get("visibility", whole)
    if len(told) != N_POINTS:
        raise InputError(file, f"it has no {N_POINTS} visibilities", "mend or remove the file")
    return visibility_of(file, np.array(told))
