"""Lists as WFLW and COFW have them: one line of text per face.

``WFLW_images/NAME.jpg``. In ``WFLW_annotations/list_106pt_rect_attr_train.txt`` stand the points,
the box (left, top, right, bottom), six attributes of 0 or 1 and the photo's place below
``WFLW_images``; in ``list_106pt_occlusion_train.txt``, beside it and line by line, stand the
visibilities, as COFW keeps its occlusions. (0, 0) is the centre of the top-left pixel.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.landmarks import Visibility
from lapa_annotator.domain.schema import N_POINTS
from lapa_annotator.formats.checks import box_of, inside, points_of, read_lines
from lapa_annotator.formats.classes import Classes
from lapa_annotator.formats.photo import probe_photo
from lapa_annotator.formats.samples import Row, Rows, Sample, SampleFace, Written, place, write_text
from lapa_annotator.formats.yolo import visibility_of

ATTRIBUTES = ("pose", "expression", "illumination", "make-up", "occlusion", "blur")
"""What a line says of its face; a photo's tags of these names set them."""

_IMAGES, _LISTS = "WFLW_images", "WFLW_annotations"
_SPLITS = ("train", "val", "test")
_TURNED = 30.0
_DECIMALS = 6
_VALUES = 2 * N_POINTS + 4 + len(ATTRIBUTES)


def image_place(sample: Sample, suffix: str) -> str:
    """Where the photo goes, below the data set's folder."""
    return place(_IMAGES, f"{sample.name}{suffix}")


def write(sample: Sample, classes: Classes) -> Written:
    """The row of every face that has points."""
    del classes
    faces = [
        {
            "points": np.round(face.points, _DECIMALS).ravel().tolist(),
            "box": [face.box.x0, face.box.y0, face.box.x1, face.box.y1],
            "attributes": _attributes(sample, face),
            "visibility": face.visibility.tolist(),
        }
        for face in sample.faces
        if face.points is not None
    ]
    return Written({}, {"name": sample.name, "faces": faces})


def _attributes(sample: Sample, face: SampleFace) -> list[int]:
    told = {name: name in sample.tags for name in ATTRIBUTES}
    told["pose"] |= face.pose is not None and abs(face.pose.yaw) > _TURNED
    told["occlusion"] |= bool((face.visibility < Visibility.VISIBLE).any())
    return [int(told[name]) for name in ATTRIBUTES]


def lists(root: Path, rows: Rows, classes: Classes) -> Iterator[str]:
    """Write the lists of the splits."""
    del classes
    for split in _SPLITS:
        yield write_text(root, _points_place(split), _point_lines(rows(split)))
        yield write_text(root, _occlusion_place(split), _occlusion_lines(rows(split)))


def _points_place(split: str) -> str:
    return place(_LISTS, f"list_{N_POINTS}pt_rect_attr_{split}.txt")


def _occlusion_place(split: str) -> str:
    return place(_LISTS, f"list_{N_POINTS}pt_occlusion_{split}.txt")


def _point_lines(rows: Iterator[Row]) -> Iterator[str]:
    for photo, face in _faces(rows):
        numbers = (f"{v + 0.0:.{_DECIMALS}f}" for v in (*face["points"], *face["box"]))
        yield " ".join([*numbers, *map(str, face["attributes"]), f"{photo}\n"])


def _occlusion_lines(rows: Iterator[Row]) -> Iterator[str]:
    for photo, face in _faces(rows):
        yield " ".join([*map(str, face["visibility"]), f"{photo}\n"])


def _faces(rows: Iterator[Row]) -> Iterator[tuple[str, Row]]:
    for row in rows:
        for face in row["faces"]:
            yield row["image"].removeprefix(f"{_IMAGES}/"), face


def is_one(root: Path) -> bool:
    """Whether a folder is laid out so."""
    return any((root / _points_place(split)).is_file() for split in _SPLITS)


def photos(root: Path) -> list[Path]:
    """The folders that hold photos."""
    return [root / _IMAGES]


def read(root: Path) -> Iterator[Sample | InputError]:
    """Read the samples, each or what is wrong with it.

    Raises:
        InputError: a list of visibilities does not go with its list of points.
    """
    for split in _SPLITS:
        path = root / _points_place(split)
        lines: dict[str, list[tuple[list[str], list[str]]]] = defaultdict(list)
        for name, values, seen in _lines(path, root / _occlusion_place(split)):
            lines[name].append((values, seen))
        for name, told in lines.items():
            try:
                yield _sample(root, path, split, name, told)
            except InputError as error:
                yield error


def _lines(path: Path, occlusions: Path) -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield photo, values and visibilities of every line."""
    rows = read_lines(path)
    beside = read_lines(occlusions) or [""] * len(rows)
    if len(beside) != len(rows):
        raise InputError(occlusions, f"it has not as many lines as {path.name}", "export both")
    for row, seen in zip(rows, beside, strict=True):
        # A name may hold blanks; it is what stands behind the numbers.
        *values, name = row.split(maxsplit=_VALUES)
        *flags, _ = seen.split(maxsplit=N_POINTS) or [""]
        yield name, values, flags


def _sample(
    root: Path, path: Path, split: str, name: str, told: list[tuple[list[str], list[str]]]
) -> Sample:
    image = inside(root / _IMAGES, name, path)
    info = probe_photo(image)
    size = info.width, info.height
    faces = tuple(_face(path, values, seen, size) for values, seen in told)
    flags = {
        a for values, _ in told for a, v in zip(ATTRIBUTES, values[-6:], strict=True) if v == "1"
    }
    tags = tuple(sorted(flags - {"pose", "occlusion"}))
    stem = str(Path(name).with_suffix("")).replace("/", "__")
    return Sample(stem, split, *size, faces, tags=tags, image=image)


def _face(path: Path, values: list[str], seen: list[str], size: tuple[int, int]) -> SampleFace:
    if len(values) != _VALUES:
        problem = f"a line holds {len(values)} values before its name, not {_VALUES}"
        raise InputError(path, problem, f"give {N_POINTS} points, a box and six attributes")
    try:
        numbers = [float(v) for v in values]
        flags = [int(v) for v in seen] if seen else [int(Visibility.VISIBLE)] * N_POINTS
        if not all(map(math.isfinite, numbers)) or len(flags) != N_POINTS:
            raise ValueError("not finite, or too few")
    except ValueError as error:
        raise InputError(path, f"a line holds no numbers ({error})", "export it again") from error
    points = points_of(path, np.array(numbers[: 2 * N_POINTS]).reshape(-1, 2), size)
    box = box_of(path, numbers[2 * N_POINTS : 2 * N_POINTS + 4])
    return SampleFace(box, points, visibility_of(path, np.array(flags)))
