"""Label Studio's JSON: a task per photo with a rectangle, key points and brush masks per face.

``tasks.json`` with places as Label Studio's local storage has them, ``config.xml`` for the
project's labelling setup, and ``images/``. A key point's label is the number of the point; key
points and masks have their face's rectangle as parent; masks of the control ``occluders`` are
what hides it. Places are per cent of the picture from its corner, so half a pixel is added.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit
from xml.sax.saxutils import quoteattr

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.landmarks import Visibility
from lapa_annotator.domain.override import OCCLUDERS
from lapa_annotator.domain.schema import N_POINTS
from lapa_annotator.formats.checks import (
    box_of,
    inside,
    list_of,
    occluders_of,
    points_of,
    read_json,
    short,
    size_of,
)
from lapa_annotator.formats.classes import IDS, Classes
from lapa_annotator.formats.rle import brush_code, brush_mask
from lapa_annotator.formats.samples import Row, Rows, Sample, SampleFace, Written, place, write_text

_FILE, _CONFIG = "tasks.json", "config.xml"
_SPLITS = ("train", "val", "test")
_PREFIX = "/data/local-files/?d="
_SEEN = {Visibility.ABSENT: "absent", Visibility.OCCLUDED: "occluded"}


def image_place(sample: Sample, suffix: str) -> str:
    """Where the photo goes, below the data set's folder."""
    return place("images", sample.split, f"{sample.name}{suffix}")


def write(sample: Sample, classes: Classes) -> Written:
    """The regions of every face."""
    regions = [
        region
        for number, face in enumerate(sample.faces)
        for region in _regions(sample, face, f"face{number}", classes)
    ]
    return Written({}, {"result": regions})


def _regions(sample: Sample, face: SampleFace, parent: str, classes: Classes) -> Iterator[Row]:
    common: Row = {
        "to_name": "image",
        "original_width": sample.width,
        "original_height": sample.height,
        "image_rotation": 0,
    }
    per_cent = np.array(sample.size) / 100
    corner = (np.array([face.box.x0, face.box.y0]) + 0.5) / per_cent
    side = np.array([face.box.width, face.box.height]) / per_cent
    value: Row = dict(zip(("x", "y", "width", "height"), [*corner, *side], strict=True))
    value |= {"rotation": 0, "rectanglelabels": ["face"]}
    yield {"id": parent, "type": "rectanglelabels", "from_name": "faces", **common, "value": value}
    common["parentID"] = parent
    for i, (x, y) in enumerate((face.points + 0.5) / per_cent if face.points is not None else ()):
        place_: Row = {"x": x, "y": y, "width": 0.5, "keypointlabels": [str(i)]}
        region = {"id": f"{parent}p{i}", "type": "keypointlabels", "from_name": "points", **common}
        if face.visibility[i] != Visibility.VISIBLE:
            region["meta"] = {"text": [_SEEN[Visibility(int(face.visibility[i]))]]}
        yield {**region, "value": place_}
    for row in classes.foreground if face.labels is not None else ():
        mask = np.asarray(face.labels) == row.id
        if mask.any():
            yield _brush(f"{parent}c{row.id}", "classes", row.name, mask) | common
    for kind, mask in face.hidden_by.items():
        yield _brush(f"{parent}o{kind}", "occluders", kind, mask) | common


def _brush(region: str, control: str, label: str, mask: NDArray[np.bool_]) -> Row:
    value: Row = {"format": "rle", "rle": brush_code(mask), "brushlabels": [label]}
    return {"id": region, "type": "brushlabels", "from_name": control, "value": value}


def lists(root: Path, rows: Rows, classes: Classes) -> Iterator[str]:
    """Write the tasks and the labelling setup."""
    yield write_text(root, _FILE, _tasks(rows))
    yield write_text(root, _CONFIG, _config(classes))


def _tasks(rows: Rows) -> Iterator[str]:
    yield "["
    number = 0
    for split in _SPLITS:
        for row in rows(split):
            number += 1
            task = {
                "id": number,
                "data": {"image": _PREFIX + quote(row["image"]), "split": split},
                "annotations": [{"id": number, "result": row["result"]}],
            }
            yield f"{',' if number > 1 else ''}\n{json.dumps(task)}"
    yield "\n]\n"


def _config(classes: Classes) -> Iterator[str]:
    yield '<View>\n<Image name="image" value="$image" zoom="true"/>\n'
    yield '<RectangleLabels name="faces" toName="image"><Label value="face"/></RectangleLabels>\n'
    yield '<KeyPointLabels name="points" toName="image">\n'
    yield from (f'<Label value="{i}"/>\n' for i in range(N_POINTS))
    yield '</KeyPointLabels>\n<BrushLabels name="classes" toName="image">\n'
    for row in classes.foreground:
        colour = "#" + "".join(f"{v:02x}" for v in row.colour)
        yield f'<Label value={quoteattr(row.name)} background="{colour}"/>\n'
    yield '</BrushLabels>\n<BrushLabels name="occluders" toName="image">\n'
    yield from (f'<Label value="{kind}" background="#808080"/>\n' for kind in OCCLUDERS)
    yield "</BrushLabels>\n</View>\n"


def is_one(root: Path) -> bool:
    """Whether a folder is laid out so."""
    return (root / _FILE).is_file()


def photos(root: Path) -> list[Path]:
    """The folders that hold photos."""
    return [root / "images"]


def read(root: Path) -> Iterator[Sample | InputError]:
    """Read the samples, each or what is wrong with it.

    Raises:
        InputError: the file is no list of tasks.
    """
    path = root / _FILE
    for task in list_of(path, read_json(path), "the whole"):
        try:
            yield _sample(root, path, task)
        except InputError as error:
            yield error
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            problem = f"a task is not laid out as Label Studio does it ({short(error)})"
            yield InputError(path, problem, "export it again as JSON")


def _sample(root: Path, path: Path, task: Any) -> Sample:
    told = task["data"]["image"]
    where = parse_qs(urlsplit(told).query).get("d", [told])[0]
    file = inside(root, where, path)
    regions = [r for a in task["annotations"][:1] for r in list_of(path, a["result"], "result")]
    if not regions:
        raise InputError(path, f"the task of {short(where)} has no annotation", "annotate it")
    size = size_of(path, regions[0]["original_width"], regions[0]["original_height"])
    faces = {r["id"]: [r] for r in regions if r["type"] == "rectanglelabels"}
    for region in regions:
        if region["type"] != "rectanglelabels":
            # Label Studio drops parents; without them what is there belongs to one face.
            parent = region.get("parentID") or next(iter(faces), None)
            if parent not in faces:
                raise InputError(path, f"{short(where)} has a region of no face", "add its face")
            faces[parent].append(region)
    split = task["data"].get("split", "")
    stem = str(Path(where).with_suffix("")).removeprefix("images/").removeprefix(f"{split}/")
    found = tuple(_face(path, told, size) for told in faces.values())
    name = stem.replace("/", "__")
    return Sample(name, split if split in _SPLITS else "", *size, found, image=file)


def _face(path: Path, regions: list[Row], size: tuple[int, int]) -> SampleFace:
    per_cent = np.array(size) / 100
    value = regions[0]["value"]
    corner = np.array([value["x"], value["y"]], np.float64) * per_cent - 0.5
    side = np.array([value["width"], value["height"]], np.float64) * per_cent
    points = np.full((N_POINTS, 2), np.nan)
    visibility = np.full(N_POINTS, Visibility.VISIBLE, np.uint8)
    labels = None
    hidden: dict[str, NDArray[np.bool_]] = {}
    for region in regions[1:]:
        value = region["value"]
        if region["type"] == "keypointlabels":
            i = _point(path, value["keypointlabels"][0])
            points[i] = np.array([value["x"], value["y"]], np.float64) * per_cent - 0.5
            visibility[i] = _visibility(region)
        elif region["type"] == "brushlabels":
            label, mask = value["brushlabels"][0], _painted(path, value, size)
            if region.get("from_name") == "occluders":
                hidden[label] = mask | hidden[label] if label in hidden else mask
                continue
            if label not in IDS:
                raise InputError(
                    path, f"the class {short(label)} is unknown", f"take {', '.join(IDS)}"
                )
            labels = np.zeros(size[::-1], np.uint8) if labels is None else labels
            labels[mask] = IDS[label]
        else:
            raise InputError(
                path, f"it has the unknown region {short(region['type'])}", "remove it"
            )
    set_ = np.isfinite(points).all(axis=1)
    if set_.any() and not set_.all():
        problem = f"a face has {set_.sum()} of {N_POINTS} points"
        raise InputError(path, problem, "set every point, or none")
    box = box_of(path, [*corner, *(corner + side)])
    told = points_of(path, points, size) if set_.any() else None
    occluders = occluders_of(path, hidden, size)
    return SampleFace(box, told, visibility, labels=labels, occluders=occluders)


def _painted(path: Path, value: Row, size: tuple[int, int]) -> NDArray[np.bool_]:
    try:
        return brush_mask(value["rle"], size)
    except (ValueError, TypeError) as error:
        raise InputError(path, f"a mask is damaged ({error})", "export it again") from error


def _point(path: Path, label: Any) -> int:
    if not (isinstance(label, str) and label.isdecimal() and int(label) < N_POINTS):
        raise InputError(path, f"the point {short(label)} is unknown", f"take 0 to {N_POINTS - 1}")
    return int(label)


def _visibility(region: Row) -> int:
    text = region.get("meta", {}).get("text", [])
    return next((int(v) for v, word in _SEEN.items() if word in text), int(Visibility.VISIBLE))
