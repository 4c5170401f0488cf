"""COCO: key points of every face, and a run-length mask of every class it shows.

``annotations/person_keypoints_train.json`` has one annotation per face, of the category ``face``:
106 key points, the box, and the mask of all that is face. ``annotations/instances_train.json``
has one per face and class; its ``face_id`` is the id of the face's annotation. What hides a face
is no category: the face's annotation has it as ``attributes``, and a mask by kind in
``occluders``. The photos are in
``images/train``. Key points count from the centre of the top-left pixel, boxes from its corner.
The files are called after persons because tools look for that name.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.landmarks import Visibility
from lapa_annotator.domain.schema import N_POINTS, PARTS, POINT_DEFINITIONS
from lapa_annotator.formats.checks import (
    box_of,
    dict_of,
    inside,
    list_of,
    occluders_of,
    points_of,
    read_json,
    short,
    size_of,
)
from lapa_annotator.formats.classes import Classes, lapa_ids
from lapa_annotator.formats.rle import coco_counts, coco_mask
from lapa_annotator.formats.samples import Row, Rows, Sample, SampleFace, Written, place, write_text
from lapa_annotator.formats.yolo import visibility_of

_SPLITS = ("train", "val", "test")
_DECIMALS = 6
_FACE = "face"


def image_place(sample: Sample, suffix: str) -> str:
    """Where the photo goes, below the data set's folder."""
    return place("images", sample.split, f"{sample.name}{suffix}")


def write(sample: Sample, classes: Classes) -> Written:
    """The row of every face."""
    faces = [_face_row(face, classes) for face in sample.faces]
    return Written({}, {"width": sample.width, "height": sample.height, "faces": faces})


def _face_row(face: SampleFace, classes: Classes) -> Row:
    box = face.box
    row: Row = {"bbox": _rounded([box.x0 + 0.5, box.y0 + 0.5, box.width, box.height])}
    row["area"] = round(box.area, 2)
    row["keypoints"], row["num_keypoints"] = [0] * (3 * N_POINTS), 0
    if face.points is not None:
        seen = face.visibility > Visibility.ABSENT
        # COCO's own rule: a point that is absent stands at (0, 0).
        points = np.where(seen[:, None], np.round(face.points, _DECIMALS) + 0.0, 0.0)
        told = zip(points.tolist(), face.visibility.tolist(), strict=True)
        row["keypoints"] = [v for (x, y), flag in told for v in (x, y, flag)]
        row["num_keypoints"] = int(seen.sum())
    if face.labels is not None:
        row["segmentation"] = _segmentation(face.labels != 0)
        row["area"] = int((face.labels != 0).sum())
        row["parts"] = [
            part for c in classes.foreground if (part := _part_row(face.labels == c.id, c.id))
        ]
    hidden = face.hidden_by
    if hidden:
        row["attributes"] = dict.fromkeys(hidden, True)
        row["occluders"] = {kind: _segmentation(mask) for kind, mask in hidden.items()}
    return row


def _rounded(values: list[float]) -> list[float]:
    return [round(v, _DECIMALS) for v in values]


def _segmentation(mask: NDArray[np.bool_]) -> Row:
    return {"size": list(mask.shape), "counts": coco_counts(mask)}


def _part_row(mask: NDArray[np.bool_], category: int) -> Row | None:
    rows, columns = (np.flatnonzero(mask.any(axis=a)) for a in (1, 0))
    if not rows.size:
        return None
    x, y = int(columns[0]), int(rows[0])
    return {
        "category_id": category,
        "segmentation": _segmentation(mask),
        "area": int(mask.sum()),
        "bbox": [x, y, int(columns[-1]) - x + 1, int(rows[-1]) - y + 1],
    }


def lists(root: Path, rows: Rows, classes: Classes) -> Iterator[str]:
    """Write the two files of every split that has samples."""
    points = [{"id": 1, "name": _FACE, "supercategory": _FACE, **_key_points()}]
    parts = [{"id": c.id, "name": c.name, "supercategory": _FACE} for c in classes.foreground]
    for split in _SPLITS:
        if next(rows(split), None) is not None:
            pieces = _pieces(rows, split, points, _face_annotations(rows(split)))
            yield write_text(root, _file("person_keypoints", split), pieces)
            pieces = _pieces(rows, split, parts, _part_annotations(rows(split)))
            yield write_text(root, _file("instances", split), pieces)


def _file(kind: str, split: str) -> str:
    return place("annotations", f"{kind}_{split}.json")


def _key_points() -> Row:
    edges = []
    for part in PARTS:
        ends = [i + 1 for i in part.indices]
        edges += [list(pair) for pair in itertools.pairwise(ends)]
        if part.closed:
            edges.append([ends[-1], ends[0]])
    return {"keypoints": list(POINT_DEFINITIONS), "skeleton": edges}


def _pieces(rows: Rows, split: str, categories: list[Row], found: Iterator[Row]) -> Iterator[str]:
    """The text of a file, one image or annotation a line."""
    head = {"description": "faces annotated with LaPa Annotator", "version": "1.0"}
    yield f'{{"info": {json.dumps(head)},\n"licenses": [],\n'
    yield f'"categories": {json.dumps(categories)},\n"images": ['
    images = (
        {
            "id": number,
            "file_name": row["image"].removeprefix(f"images/{split}/"),
            "width": row["width"],
            "height": row["height"],
        }
        for number, row in enumerate(rows(split), start=1)
    )
    yield from _items(images)
    yield '],\n"annotations": ['
    yield from _items(found)
    yield "]}\n"


def _items(values: Iterator[Row]) -> Iterator[str]:
    for number, value in enumerate(values):
        yield f"{',' if number else ''}\n{json.dumps(value, ensure_ascii=False)}"


def _faces(rows: Iterator[Row]) -> Iterator[tuple[int, int, Row]]:
    """Number of the image, id of the face and the face, from 1."""
    ids = itertools.count(1)
    for number, row in enumerate(rows, start=1):
        for face in row["faces"]:
            yield number, next(ids), face


def _face_annotations(rows: Iterator[Row]) -> Iterator[Row]:
    for image, number, face in _faces(rows):
        told = {k: v for k, v in face.items() if k != "parts"}
        yield {"id": number, "image_id": image, "category_id": 1, "iscrowd": 0, **told}


def _part_annotations(rows: Iterator[Row]) -> Iterator[Row]:
    ids = itertools.count(1)
    for image, number, face in _faces(rows):
        for part in face.get("parts", ()):
            about = {"id": next(ids), "image_id": image, "iscrowd": 0, "face_id": number}
            yield {**about, **part}


def is_one(root: Path) -> bool:
    """Whether a folder is laid out so."""
    return any(root.glob("annotations/person_keypoints_*.json"))


def photos(root: Path) -> list[Path]:
    """The folders that hold photos."""
    return [root / "images"]


def read(root: Path) -> Iterator[Sample | InputError]:
    """Read the samples, each or what is wrong with it.

    Raises:
        InputError: a file is no COCO file, or has unknown classes.
    """
    for path in sorted(root.glob("annotations/person_keypoints_*.json")):
        split = path.stem.removeprefix("person_keypoints_")
        try:
            yield from _read(root, path, split)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            problem = f"it is not laid out as COCO is ({type(error).__name__}: {short(error)})"
            raise InputError(path, problem, "export it again") from error


def _read(root: Path, path: Path, split: str) -> Iterator[Sample | InputError]:
    data = dict_of(path, read_json(path), "the whole")
    faces = _by_image(path, data)
    parts_path = root / _file("instances", split)
    parts, ids = _parts(parts_path) if parts_path.is_file() else ({}, {})
    for image in list_of(path, data["images"], "images"):
        try:
            yield _sample(root, path, split, image, faces.get(image["id"], []), parts, ids)
        except InputError as error:
            yield error


def _by_image(path: Path, data: Row) -> dict[int, list[Row]]:
    names = {c["id"]: c["name"] for c in list_of(path, data["categories"], "categories")}
    unknown = [name for name in names.values() if name != _FACE]
    if unknown:
        problem = f"it has the unknown class {short(unknown[0])}"
        raise InputError(path, problem, f"call the class of the key points {_FACE!r}")
    found: dict[int, list[Row]] = {}
    for annotation in list_of(path, data["annotations"], "annotations"):
        if annotation["category_id"] not in names:
            raise InputError(path, "an annotation is of no category", "export it again")
        found.setdefault(annotation["image_id"], []).append(annotation)
    return found


def _parts(path: Path) -> tuple[dict[int, list[Row]], dict[int, int]]:
    """The annotations of classes by face, and LaPa's id of every category."""
    data = dict_of(path, read_json(path), "the whole")
    categories = list_of(path, data["categories"], "categories")
    ids = lapa_ids(path, [c["name"] for c in categories]).tolist()
    found: dict[int, list[Row]] = {}
    for annotation in list_of(path, data["annotations"], "annotations"):
        found.setdefault(annotation["face_id"], []).append(annotation)
    return found, {c["id"]: i for c, i in zip(categories, ids, strict=True)}


def _sample(
    root: Path,
    path: Path,
    split: str,
    image: Row,
    told: list[Row],
    parts: dict[int, list[Row]],
    ids: dict[int, int],
) -> Sample:
    size = size_of(path, image["width"], image["height"])
    file = inside(root / "images" / split, image["file_name"], path)
    faces = tuple(_face(path, face, parts.get(face["id"], []), ids, size) for face in told)
    stem = str(Path(image["file_name"]).with_suffix("")).replace("/", "__")
    return Sample(stem, split if split in _SPLITS else "", *size, faces, image=file)


def _face(
    path: Path, told: Row, parts: list[Row], ids: dict[int, int], size: tuple[int, int]
) -> SampleFace:
    x, y, w, h = map(float, told["bbox"])
    box = box_of(path, (x - 0.5, y - 0.5, x + w - 0.5, y + h - 0.5))
    points, visibility = None, np.full(N_POINTS, Visibility.VISIBLE, np.uint8)
    if told.get("num_keypoints", 1):
        if len(told["keypoints"]) != 3 * N_POINTS:
            problem = f"a face has {len(told['keypoints']) // 3} key points, not {N_POINTS}"
            raise InputError(path, problem, "export all of LaPa's points")
        rows = np.array(told["keypoints"], np.float64).reshape(N_POINTS, 3)
        visibility = visibility_of(path, rows[:, 2])
        absent = visibility == Visibility.ABSENT
        points = points_of(path, np.where(absent[:, None], box.centre, rows[:, :2]), size)
    labels = _labels(path, told, parts, ids, size)
    hidden = {kind: read_mask(path, m, size) for kind, m in told.get("occluders", {}).items()}
    occluders = occluders_of(path, hidden, size)
    return SampleFace(box, points, visibility, labels=labels, occluders=occluders)


def _labels(
    path: Path, told: Row, parts: list[Row], ids: dict[int, int], size: tuple[int, int]
) -> NDArray[np.uint8] | None:
    if not parts and not (ids and "segmentation" in told):
        return None
    labels = np.zeros(size[::-1], np.uint8)
    for part in parts:
        if part["category_id"] not in ids:
            raise InputError(path, "a mask is of no category", "export it again")
        labels[read_mask(path, part["segmentation"], size)] = ids[part["category_id"]]
    return labels


def read_mask(path: Path, told: Any, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Read a mask of COCO, (H, W) bool.

    Raises:
        InputError: a polygon, another size than the picture's, or a damaged code.
    """
    if not isinstance(told, dict):
        raise InputError(path, "a mask is a polygon", "export masks as run-length codes")
    if list(told["size"]) != [size[1], size[0]]:
        height, width = told["size"]
        problem = f"a mask is {width}x{height} pixels, its picture {size[0]}x{size[1]}"
        raise InputError(path, problem, "export both at one size")
    try:
        return coco_mask(told["counts"], size)
    except (ValueError, TypeError) as error:
        raise InputError(path, f"a mask is damaged ({error})", "export it again") from error
