"""Pascal VOC's layout for segmentation: photos, palette masks, lists, and what the ids mean.

``JPEGImages/NAME.jpg``, ``SegmentationClass/NAME.png``, ``ImageSets/Segmentation/train.txt``, and
``labelmap.txt`` with a line ``name:red,green,blue::`` per class in the order of the ids, as CVAT
and Datumaro have it. The masks are read by their ids.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.labelmap import check_label_map
from lapa_annotator.formats.checks import (
    beside,
    box_around,
    inside,
    labels_of,
    read_lines,
    read_text,
    short,
)
from lapa_annotator.formats.classes import Classes, lapa_ids
from lapa_annotator.formats.helen import find_photo
from lapa_annotator.formats.lapa import encode_labels, read_ids
from lapa_annotator.formats.photo import probe_photo
from lapa_annotator.formats.samples import Rows, Sample, SampleFace, Written, place, write_text

_PHOTOS, _MASKS, _SETS = "JPEGImages", "SegmentationClass", "ImageSets/Segmentation"
_LABELS = "labelmap.txt"
_SPLITS = ("train", "val", "test")


def image_place(sample: Sample, suffix: str) -> str:
    """Where the photo goes, below the data set's folder."""
    return place(_PHOTOS, f"{sample.name}{suffix}")


def write(sample: Sample, classes: Classes) -> Written:
    """The mask of the sample's one face, with the classes' colours as its palette."""
    (face,) = sample.faces
    if face.labels is None:
        return Written({})
    data = encode_labels(check_label_map(face.labels), classes.palette())
    return Written({place(_MASKS, f"{sample.name}.png"): data}, {"name": sample.name})


def lists(root: Path, rows: Rows, classes: Classes) -> Iterator[str]:
    """Write the lists of the splits, and what the ids mean."""
    for split in _SPLITS:
        names = (f"{row['name']}\n" for row in rows(split))
        yield write_text(root, place(_SETS, f"{split}.txt"), names)
    lines = (f"{row.name}:{','.join(map(str, row.colour))}::\n" for row in classes.rows)
    yield write_text(root, _LABELS, _headed("# label:color_rgb:parts:actions\n", lines))


def _headed(head: str, lines: Iterator[str]) -> Iterator[str]:
    yield head
    yield from lines


def is_one(root: Path) -> bool:
    """Whether a folder is laid out so."""
    return (root / _MASKS).is_dir() and (root / _PHOTOS).is_dir()


def photos(root: Path) -> list[Path]:
    """The folders that hold photos."""
    return [root / _PHOTOS]


def read(root: Path) -> Iterator[Sample | InputError]:
    """Read the samples that have a mask, each or what is wrong with it.

    Raises:
        InputError: a list is damaged, or a class unknown.
    """
    splits = _splits(root)
    ids = lapa_ids(root / _LABELS, _class_names(root / _LABELS))
    for path in sorted((root / _MASKS).glob("*.png")):
        try:
            yield _read(root, path, splits.get(path.stem, ""), ids)
        except InputError as error:
            yield error
    for name in sorted(splits.keys() - {p.stem for p in (root / _MASKS).glob("*.png")}):
        yield InputError(root / _MASKS / f"{name}.png", "is listed, but missing", "add it")


def _splits(root: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for split in _SPLITS:
        path = root / _SETS / f"{split}.txt"
        for name in map(str.strip, read_lines(path)):
            inside(root / _MASKS, f"{name}.png", path)
            if name in found:
                raise InputError(path, f"{short(name)} is listed twice", "remove one of them")
            found[name] = split
    return found


def _class_names(path: Path) -> list[str]:
    lines = [line for line in read_text(path).splitlines() if line.strip()]
    return [line.split(":")[0].strip() for line in lines if not line.startswith("#")]


def _read(root: Path, path: Path, split: str, ids: np.ndarray) -> Sample:
    image = find_photo(root, _PHOTOS, path.stem)
    info = probe_photo(image)
    size = info.width, info.height
    values = read_ids(beside(root, path))
    if values.max(initial=0) >= len(ids) or values.min(initial=0) < 0:
        raise InputError(path, f"it holds the unknown id {values.max()}", "see labelmap.txt")
    labels = labels_of(path, ids[values], size)
    face = SampleFace(box_around(None, labels, size), labels=labels)
    return Sample(path.stem, split, *size, (face,), image=image)
