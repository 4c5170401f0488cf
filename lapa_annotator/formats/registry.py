"""The formats that data sets are read and written in: a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lapa_annotator.domain.errors import InputError, choose
from lapa_annotator.domain.landmarks import Points
from lapa_annotator.formats import (
    celebamask,
    coco,
    cvat,
    helen,
    hf,
    ibug,
    labelstudio,
    lapa_samples,
    voc,
    wflw,
    yolo,
)
from lapa_annotator.formats.checks import each_once
from lapa_annotator.formats.classes import Classes
from lapa_annotator.formats.samples import Rows, Sample, Written, nothing

Keeps = frozenset[str]
POINTS, VISIBILITY, LABELS, BOXES = "points", "visibility", "labels", "boxes"
OCCLUDERS, SEVERAL = "occluders", "several"


@dataclass(frozen=True)
class Format:
    """One format.

    Attributes:
        name: what it is called on the command line.
        title: what it is called in lists.
        suffix: what its annotations are: a file's suffix.
        keeps: of points, visibility, labels, boxes and occluders what it holds; several: faces
            of a photo.
        loses: what of a project does not survive it, in words.
        image_place: where the photo of a sample goes, by the suffix of its file.
        write: turns a sample into files and a row for the lists.
        lists: writes what is about all samples; yields the places of the files.
        read: reads the samples of a folder, each or what is wrong with it.
        photos: the folders that hold photos.
        is_one: whether a folder is laid out so.
    """

    name: str
    title: str
    suffix: str
    keeps: Keeps
    loses: str
    image_place: Callable[[Sample, str], str]
    write: Callable[[Sample, Classes], Written]
    lists: Callable[[Path, Rows, Classes], Iterator[str]]
    read: Callable[[Path], Iterator[Sample | InputError]]
    photos: Callable[[Path], list[Path]]
    is_one: Callable[[Path], bool]

    @property
    def several(self) -> bool:
        """Whether a sample may have several faces."""
        return SEVERAL in self.keeps


def _read_ibug(root: Path) -> Iterator[Sample | InputError]:
    return ibug.read(root, mean_face())


def mean_face() -> Points:
    """The (106, 2) mean face that comes with the program, in shares of its box."""
    folder = Path(__file__).parents[1]
    packed = folder / "_data" / "resources" / "mean_shape.txt"
    path = packed if packed.is_file() else folder.parent / "resources" / "mean_shape.txt"
    return np.loadtxt(path, skiprows=1)


_ALWAYS = "comments, tags, the journal, who set a point and when, confidences"

FORMATS: dict[str, Format] = {
    f.name: f
    for f in (
        Format(
            "lapa",
            "LaPa",
            ".png .txt",
            frozenset({POINTS, LABELS}),
            f"visibilities, face boxes, what hides a face; {_ALWAYS}",
            lapa_samples.image_place,
            lapa_samples.write,
            nothing,
            lapa_samples.read,
            lapa_samples.photos,
            lapa_samples.is_one,
        ),
        Format(
            "celebamask",
            "CelebAMask-HQ",
            ".png",
            frozenset({LABELS}),
            f"points, face boxes, what hides a face; {_ALWAYS}",
            celebamask.image_place,
            celebamask.write,
            celebamask.lists,
            celebamask.read,
            celebamask.photos,
            celebamask.is_one,
        ),
        Format(
            "helen",
            "Helen",
            ".png",
            frozenset({LABELS}),
            f"points, face boxes, what hides a face; {_ALWAYS}",
            helen.image_place,
            helen.write,
            helen.lists,
            helen.read,
            helen.photos,
            helen.is_one,
        ),
        Format(
            "coco",
            "COCO key points and masks",
            ".json",
            frozenset({POINTS, VISIBILITY, LABELS, BOXES, OCCLUDERS, SEVERAL}),
            f"the places of absent points; {_ALWAYS}",
            coco.image_place,
            coco.write,
            coco.lists,
            coco.read,
            coco.photos,
            coco.is_one,
        ),
        Format(
            "cvat",
            "CVAT for images 1.1",
            ".xml",
            frozenset({POINTS, VISIBILITY, LABELS, BOXES, OCCLUDERS, SEVERAL}),
            _ALWAYS,
            cvat.image_place,
            cvat.write,
            cvat.lists,
            cvat.read,
            cvat.photos,
            cvat.is_one,
        ),
        Format(
            "labelstudio",
            "Label Studio",
            ".json",
            frozenset({POINTS, VISIBILITY, LABELS, BOXES, OCCLUDERS, SEVERAL}),
            _ALWAYS,
            labelstudio.image_place,
            labelstudio.write,
            labelstudio.lists,
            labelstudio.read,
            labelstudio.photos,
            labelstudio.is_one,
        ),
        Format(
            "ibug",
            "iBUG .pts, 106 points",
            ".pts",
            frozenset({POINTS}),
            f"label maps, visibilities, face boxes, what hides a face; {_ALWAYS}",
            ibug.image_place,
            ibug.write,
            nothing,
            _read_ibug,
            ibug.photos,
            ibug.is_one,
        ),
        Format(
            "ibug68",
            "iBUG .pts, 68 points",
            ".pts",
            frozenset(),
            f"46 of the points, label maps, visibilities, face boxes, what hides a face; {_ALWAYS}",
            ibug.image_place,
            ibug.write_68,
            nothing,
            _read_ibug,
            ibug.photos,
            ibug.is_one,
        ),
        Format(
            "voc",
            "Pascal VOC masks",
            ".png",
            frozenset({LABELS}),
            f"points, face boxes, what hides a face; {_ALWAYS}",
            voc.image_place,
            voc.write,
            voc.lists,
            voc.read,
            voc.photos,
            voc.is_one,
        ),
        Format(
            "yolo",
            "YOLO-pose",
            ".txt",
            frozenset({POINTS, VISIBILITY, BOXES, SEVERAL}),
            f"label maps, the places of absent points, what hides a face; {_ALWAYS}",
            yolo.image_place,
            yolo.write,
            yolo.lists,
            yolo.read,
            yolo.photos,
            yolo.is_one,
        ),
        Format(
            "wflw",
            "WFLW and COFW lists",
            ".txt",
            frozenset({POINTS, VISIBILITY, BOXES, SEVERAL}),
            f"label maps, what hides a face; {_ALWAYS}",
            wflw.image_place,
            wflw.write,
            wflw.lists,
            wflw.read,
            wflw.photos,
            wflw.is_one,
        ),
        Format(
            "hf",
            "Parquet for Hugging Face datasets",
            ".parquet",
            frozenset({POINTS, VISIBILITY, LABELS, BOXES, OCCLUDERS}),
            _ALWAYS,
            hf.image_place,
            hf.write,
            hf.lists,
            hf.read,
            hf.photos,
            hf.is_one,
        ),
    )
}
"""The formats by name."""


def format_of(root: Path, name: str | None = None) -> Format:
    """Return the format of that name, or the one that a folder is laid out in.

    Raises:
        InputError: no format has the name, or no layout is recognised.
    """
    if name is not None:
        return choose(FORMATS, name, "format")
    if root.is_file():
        remedy = "name the data set's folder, or a .zip file of it"
        raise InputError(root, "it is a file, not a data set's folder", remedy)
    if not root.is_dir():
        raise InputError(root, "there is no such folder", "check the name")
    # LaPa's folders of images and labels are also those of more particular layouts.
    for found in sorted(FORMATS.values(), key=lambda row: row.name == "lapa"):
        if found.is_one(root):
            return found
    raise InputError(
        root,
        f"it is laid out in none of the formats {', '.join(FORMATS)}",
        "name the data set's own folder, or say --format",
    )


def read_samples(root: Path, format_: Format) -> Iterator[Sample | InputError]:
    """Read a data set: every sample once, or what is wrong with it.

    Raises:
        InputError: the folder is not laid out in the format.
    """
    if not root.is_dir() or not format_.is_one(root):
        problem = f"it is not laid out as {format_.title} is"
        raise InputError(root, problem, "name the data set's own folder, or another --format")
    return each_once(format_.read(root), root)
