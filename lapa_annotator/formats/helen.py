"""Helen's layout for parsing: a photo and one PNG per class, 255 where the class is.

``images/NAME.jpg``, ``labels/NAME/NAME_lbl00.png`` to ``NAME_lbl10.png`` in the order of LaPa's
ids, and the lists ``exemplars.txt`` (train), ``tuning.txt`` (val) and ``testing.txt``, whose
lines are ``number , NAME``. Maps of grey values are read by the class that is strongest.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lapa_annotator.domain.classes import N_CLASSES
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.labelmap import LabelMap
from lapa_annotator.formats.checks import beside, box_around, inside, read_lines
from lapa_annotator.formats.classes import Classes
from lapa_annotator.formats.decode import opened
from lapa_annotator.formats.photo import probe_photo
from lapa_annotator.formats.samples import Rows, Sample, SampleFace, Written, place, write_text

LISTS = {"train": "exemplars.txt", "val": "tuning.txt", "test": "testing.txt"}
"""The list of every split."""

_LINE = re.compile(r"\s*\d+\s*,\s*(\S.*?)\s*", re.ASCII)
_SUFFIXES = (".jpg", ".jpeg", ".png")


def image_place(sample: Sample, suffix: str) -> str:
    """Where the photo goes, below the data set's folder."""
    return place("images", f"{sample.name}{suffix}")


def write(sample: Sample, classes: Classes) -> Written:
    """One PNG per class of the sample's one face."""
    (face,) = sample.faces
    if face.labels is None:
        return Written({})
    files = {
        _map_place(sample.name, row.id): mask_png(face.labels == row.id) for row in classes.rows
    }
    return Written(files, {"name": sample.name})


def _map_place(name: str, number: int) -> str:
    return place("labels", name, f"{name}_lbl{number:02d}.png")


def mask_png(mask: NDArray[np.bool_]) -> bytes:
    """An (H, W) mask as a grey PNG of 0 and 255."""
    data = io.BytesIO()
    Image.fromarray(mask.astype(np.uint8) * np.uint8(255)).save(data, "PNG")
    return data.getvalue()


def read_grey(path: Path, size: tuple[int, int], *, half: bool = False) -> NDArray[np.uint8]:
    """Read a PNG of grey values, (H, W) uint8; coloured ones are brought to grey.

    Args:
        path: the file.
        size: width and height of its picture.
        half: whether a mask of exactly half the size may stand for one of the size.

    Raises:
        InputError: no such picture, or another size than ``size`` (width, height).
    """
    with opened(path, ("PNG",)) as picture:
        if half and (2 * picture.width, 2 * picture.height) == size:
            grey = np.array(picture.convert("L"), np.uint8)
            return grey.repeat(2, axis=0).repeat(2, axis=1)
        if picture.size != size:
            problem = f"the mask is {picture.width}x{picture.height} pixels, its picture"
            raise InputError(path, f"{problem} {size[0]}x{size[1]}", "export both at one size")
        return np.array(picture.convert("L"), np.uint8)


def lists(root: Path, rows: Rows, classes: Classes) -> Iterator[str]:
    """Write the lists of the splits."""
    del classes
    for split, where in LISTS.items():
        lines = (f"{n} , {row['name']}\n" for n, row in enumerate(rows(split), start=1))
        yield write_text(root, where, lines)


def is_one(root: Path) -> bool:
    """Whether a folder is laid out so."""
    return any((root / "labels").glob("*/*_lbl00.png"))


def photos(root: Path) -> list[Path]:
    """The folders that hold photos."""
    return [root / "images"]


def read(root: Path) -> Iterator[Sample | InputError]:
    """Read the samples, each or what is wrong with it.

    Raises:
        InputError: a list is damaged.
    """
    splits = {name: split for split, where in LISTS.items() for name in _names(root / where)}
    for folder in sorted((root / "labels").iterdir()):
        if folder.is_dir() and not folder.name.startswith("."):
            try:
                yield _read(root, folder.name, splits.get(folder.name, ""))
            except InputError as error:
                yield error
    for name in splits.keys() - {p.name for p in (root / "labels").iterdir()}:
        yield InputError(inside(root / "labels", name, root), "is listed, but missing", "add it")


def _names(path: Path) -> list[str]:
    names = []
    for number, line in enumerate(read_lines(path), start=1):
        match = _LINE.fullmatch(line)
        if match is None:
            raise InputError(path, f"line {number} is no number and name", "write 1 , NAME")
        names.append(match[1])
    return names


def find_photo(root: Path, folder: str, name: str) -> Path:
    """Return the photo of a sample, whatever its suffix.

    Raises:
        InputError: there is none, or it is a link that leads out of the data set.
    """
    for suffix in _SUFFIXES:
        path = root / folder / f"{name}{suffix}"
        if path.is_file():
            return beside(root, path)
    raise InputError(root / folder / f"{name}.jpg", "the photo is missing", "add it")


def _read(root: Path, name: str, split: str) -> Sample:
    image = find_photo(root, "images", name)
    info = probe_photo(image)
    size = info.width, info.height
    labels = _strongest(root, name, size)
    face = SampleFace(box_around(None, labels, size), labels=labels)
    return Sample(name, split, *size, (face,), image=image)


def _strongest(root: Path, name: str, size: tuple[int, int]) -> LabelMap:
    extra = root / _map_place(name, N_CLASSES)
    if extra.exists():
        raise InputError(extra, f"there are more than {N_CLASSES} classes", "merge some of them")
    best = np.zeros(size[::-1], np.uint8)
    labels = np.zeros(size[::-1], np.uint8)
    for number in range(N_CLASSES):
        grey = read_grey(beside(root, root / _map_place(name, number)), size)
        stronger = grey > best
        labels[stronger], best[stronger] = number, grey[stronger]
    return labels
