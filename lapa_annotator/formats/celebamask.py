"""CelebAMask-HQ's layout: numbered photos, and one PNG per class that is there.

``CelebA-HQ-img/0.jpg`` and ``CelebAMask-HQ-mask-anno/0/00000_skin.png``; 2,000 photos a folder of
masks. ``CelebA-HQ-to-CelebA-mapping.txt`` has for each number the name that the photo came with.
Its further classes go to what LaPa has: ears are skin; glasses, hats, earrings, neck, necklace
and clothes are background. "l" is the left of the image, as everywhere in this program.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from lapa_annotator.domain.classes import Label
from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.checks import beside, box_around, read_lines, short
from lapa_annotator.formats.classes import Classes
from lapa_annotator.formats.helen import find_photo, mask_png, read_grey
from lapa_annotator.formats.photo import probe_photo
from lapa_annotator.formats.samples import Rows, Sample, SampleFace, Written, place, write_text

_IMAGES, _MASKS = "CelebA-HQ-img", "CelebAMask-HQ-mask-anno"
_MAPPING = "CelebA-HQ-to-CelebA-mapping.txt"
_A_FOLDER = 2000
_NAMES = {
    "skin": "skin",
    "left eyebrow": "l_brow",
    "right eyebrow": "r_brow",
    "left eye": "l_eye",
    "right eye": "r_eye",
    "nose": "nose",
    "upper lip": "u_lip",
    "inner mouth": "mouth",
    "lower lip": "l_lip",
    "hair": "hair",
}
# In the order in which they are painted: later ones lie on top.
_PAINTED: dict[str, int] = {
    "skin": Label.SKIN,
    "l_ear": Label.SKIN,
    "r_ear": Label.SKIN,
    "neck": Label.BACKGROUND,
    "neck_l": Label.BACKGROUND,
    "cloth": Label.BACKGROUND,
    "ear_r": Label.BACKGROUND,
    "l_brow": Label.LEFT_EYEBROW,
    "r_brow": Label.RIGHT_EYEBROW,
    "l_eye": Label.LEFT_EYE,
    "r_eye": Label.RIGHT_EYE,
    "nose": Label.NOSE,
    "mouth": Label.INNER_MOUTH,
    "u_lip": Label.UPPER_LIP,
    "l_lip": Label.LOWER_LIP,
    "eye_g": Label.BACKGROUND,
    "hair": Label.HAIR,
    "hat": Label.BACKGROUND,
}
_MASK = re.compile(r"(\d{1,9})_(\w+)\.png", re.ASCII)
_SPLITS = ("train", "val", "test")


def image_place(sample: Sample, suffix: str) -> str:
    """Where the photo goes, below the data set's folder."""
    return place(_IMAGES, f"{sample.number}{suffix}")


def write(sample: Sample, classes: Classes) -> Written:
    """One PNG for each class that the sample's one face shows."""
    (face,) = sample.faces
    files = {}
    for row in classes.foreground if face.labels is not None else ():
        mask = np.asarray(face.labels) == row.id
        if mask.any():
            name = _NAMES.get(row.name, re.sub(r"\W+", "_", row.name))
            files[_mask_place(sample.number, name)] = mask_png(mask)
    return Written(files, {"number": sample.number, "name": sample.name})


def _mask_place(number: int, name: str) -> str:
    return place(_MASKS, str(number // _A_FOLDER), f"{number:05d}_{name}.png")


def lists(root: Path, rows: Rows, classes: Classes) -> Iterator[str]:
    """Write the names and, as a list of numbers each, the splits."""
    del classes
    named = sorted((row["number"], row["name"]) for split in ("", *_SPLITS) for row in rows(split))
    lines = (f"{number} {number} {name}.jpg\n" for number, name in named)
    yield write_text(root, _MAPPING, _headed("idx orig_idx orig_file\n", lines))
    for split in _SPLITS:
        yield write_text(root, f"{split}.txt", (f"{row['number']}\n" for row in rows(split)))


def _headed(head: str, lines: Iterator[str]) -> Iterator[str]:
    yield head
    yield from lines


def is_one(root: Path) -> bool:
    """Whether a folder is laid out so."""
    return (root / _MASKS).is_dir() and (root / _IMAGES).is_dir()


def photos(root: Path) -> list[Path]:
    """The folders that hold photos."""
    return [root / _IMAGES]


def read(root: Path) -> Iterator[Sample | InputError]:
    """Read the samples, each or what is wrong with it.

    Raises:
        InputError: a list is damaged.
    """
    names, splits = _names(root / _MAPPING), _splits(root)
    masks: dict[int, dict[str, Path]] = defaultdict(dict)
    for path in sorted((root / _MASKS).rglob("*.png")):
        match = _MASK.fullmatch(path.name)
        if match is None or match[2] in masks[int(match[1])]:
            yield InputError(path, "it is no mask of a photo, or one of two", "remove it")
            continue
        masks[int(match[1])][match[2]] = path
    for number in sorted(masks):
        try:
            name = names.get(number, str(number))
            yield _read(root, number, name, splits.get(number, ""), masks[number])
        except InputError as error:
            yield error


def _names(path: Path) -> dict[int, str]:
    """The name of every number, where there is the list of them."""
    names: dict[int, str] = {}
    for line in read_lines(path)[1:]:
        # Three columns; a name may hold blanks.
        parts = line.split(maxsplit=2)
        if len(parts) != 3 or not parts[0].isdecimal():
            raise InputError(
                path, f"it has the odd line {short(line)}", "write number, number, name"
            )
        names[int(parts[0])] = Path(parts[2]).stem
    return names


def _splits(root: Path) -> dict[int, str]:
    found: dict[int, str] = {}
    for split in _SPLITS:
        path = root / f"{split}.txt"
        for line in map(str.strip, read_lines(path)):
            if not line.isdecimal():
                raise InputError(path, f"{short(line)} is no number", "write one a line")
            found[int(line)] = split
    return found


def _read(root: Path, number: int, name: str, split: str, masks: dict[str, Path]) -> Sample:
    unknown = sorted(masks.keys() - _PAINTED.keys())
    if unknown:
        path = masks[unknown[0]]
        raise InputError(path, f"the class {unknown[0]} is unknown", f"take {', '.join(_PAINTED)}")
    image = find_photo(root, _IMAGES, str(number))
    info = probe_photo(image)
    size = info.width, info.height
    labels = np.zeros(size[::-1], np.uint8)
    for part, label in _PAINTED.items():
        if part in masks:
            # CelebAMask-HQ's own masks are half as large as its photos.
            labels[read_grey(beside(root, masks[part]), size, half=True) > 127] = label
    face = SampleFace(box_around(None, labels, size), labels=labels)
    return Sample(name, split, *size, (face,), image=image)
