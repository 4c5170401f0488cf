"""YOLO-pose: one line of text per face, with its box and 106 points as shares of the picture.

``images/train/NAME.jpg``, ``labels/train/NAME.txt`` with ``0 cx cy w h x y v x y v …``, and
``data.yaml``. Shares are counted from the picture's corner, so half a pixel is added to a point.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.schema import MIRROR, N_POINTS
from lapa_annotator.formats.checks import beside, box_of, points_of, read_text
from lapa_annotator.formats.classes import Classes
from lapa_annotator.formats.helen import find_photo
from lapa_annotator.formats.photo import probe_photo
from lapa_annotator.formats.samples import Rows, Sample, SampleFace, Written, place, write_text

_SPLITS = ("train", "val", "test")
_DECIMALS = 8
_VALUES = 5 + 3 * N_POINTS


def image_place(sample: Sample, suffix: str) -> str:
    """Where the photo goes, below the data set's folder."""
    return place("images", sample.split, f"{sample.name}{suffix}")


def write(sample: Sample, classes: Classes) -> Written:
    """A line for every face that has points."""
    del classes
    lines = [_line(face, sample.size) for face in sample.faces if face.points is not None]
    where = place("labels", sample.split, f"{sample.name}.txt")
    return Written({where: "".join(lines).encode("ascii")})


def _line(face: SampleFace, size: tuple[int, int]) -> str:
    assert face.points is not None
    width, height = size
    box, (cx, cy) = face.box, face.box.centre
    shares = [(cx + 0.5) / width, (cy + 0.5) / height, box.width / width, box.height / height]
    points = (face.points + 0.5) / (width, height)
    seen = face.visibility > 0
    told = ["0", *(f"{v:.{_DECIMALS}f}" for v in shares)]
    for (x, y), visibility, there in zip(points, face.visibility, seen, strict=True):
        # As COCO has it: a point that is absent has no place.
        told += [f"{x:.{_DECIMALS}f}", f"{y:.{_DECIMALS}f}"] if there else ["0", "0"]
        told.append(str(int(visibility)))
    return " ".join(told) + "\n"


def lists(root: Path, rows: Rows, classes: Classes) -> Iterator[str]:
    """Write ``data.yaml``."""
    del rows, classes
    text = [
        "path: .\n",
        *(f"{split}: images/{split}\n" for split in _SPLITS),
        f"kpt_shape: [{N_POINTS}, 3]\n",
        f"flip_idx: {MIRROR.tolist()}\n",
        "names:\n  0: face\n",
    ]
    yield write_text(root, "data.yaml", iter(text))


def is_one(root: Path) -> bool:
    """Whether a folder is laid out so."""
    return (root / "data.yaml").is_file() and (root / "labels").is_dir()


def photos(root: Path) -> list[Path]:
    """The folders that hold photos."""
    return [root / "images"]


def read(root: Path) -> Iterator[Sample | InputError]:
    """Read the samples, each or what is wrong with it."""
    for path in sorted((root / "labels").rglob("*.txt")):
        try:
            yield _read(root, path)
        except InputError as error:
            yield error


def _read(root: Path, path: Path) -> Sample:
    folder = path.parent.relative_to(root / "labels")
    image = find_photo(root, str(Path("images") / folder), path.stem)
    info = probe_photo(image)
    size = info.width, info.height
    lines = [line.split() for line in read_text(beside(root, path)).splitlines() if line.strip()]
    faces = tuple(_face(path, n, line, size) for n, line in enumerate(lines, start=1))
    split = folder.parts[0] if folder.parts and folder.parts[0] in _SPLITS else ""
    return Sample(path.stem, split, *size, faces, image=image)


def _face(path: Path, number: int, told: list[str], size: tuple[int, int]) -> SampleFace:
    if len(told) != _VALUES:
        problem = f"line {number} holds {len(told)} values, not {_VALUES}"
        raise InputError(path, problem, f"give every face its box and {N_POINTS} points")
    if told[0] != "0":
        raise InputError(path, f"line {number} is of the unknown class {told[0]}", "use 0, face")
    try:
        values = [float(v) for v in told[1:]]
        if not all(map(math.isfinite, values)):
            raise ValueError("a value is not finite")
    except ValueError as error:
        raise InputError(
            path, f"line {number} holds no numbers ({error})", "export it again"
        ) from error
    width, height = size
    cx, cy, w, h = np.array(values[:4]) * (width, height, width, height)
    edges = (cx - w / 2 - 0.5, cy - h / 2 - 0.5, cx + w / 2 - 0.5, cy + h / 2 - 0.5)
    rows = np.array(values[4:]).reshape(N_POINTS, 3)
    box = box_of(path, edges)
    visibility = visibility_of(path, rows[:, 2])
    points = rows[:, :2] * size - 0.5
    points[visibility == 0] = box.centre
    return SampleFace(box, points_of(path, points, size), visibility)


def visibility_of(path: Path, values: np.ndarray) -> np.ndarray:
    """Return the (106,) uint8 visibility of values that have been read.

    Raises:
        InputError: one that is not 0, 1 or 2.
    """
    if not np.isin(values, (0, 1, 2)).all():
        raise InputError(path, "a visibility is not 0, 1 or 2", "export it again")
    return np.asarray(values, np.uint8)
