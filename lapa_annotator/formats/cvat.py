"""CVAT's XML 1.1 for images: a box, 106 points and a mask of every class, in one group per face.

``annotations.xml`` and ``images/``. Points count from the picture's corner, so half a pixel is
added. What hides a face is a mask ``occluder`` with its kind as attribute. A mask has the run
lengths of its box, row by row, beginning with pixels that are not set.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape, quoteattr

import defusedxml.ElementTree
import numpy as np
from defusedxml.common import DefusedXmlException
from numpy.typing import NDArray

from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.override import OCCLUDERS
from lapa_annotator.domain.schema import N_POINTS
from lapa_annotator.formats.checks import box_of, inside, occluders_of, points_of, short, size_of
from lapa_annotator.formats.classes import IDS, Classes
from lapa_annotator.formats.decode import check_file
from lapa_annotator.formats.rle import runs, unrun
from lapa_annotator.formats.samples import Rows, Sample, SampleFace, Written, place, write_text
from lapa_annotator.formats.yolo import visibility_of

_FILE = "annotations.xml"
_SPLITS = ("train", "val", "test")
_DECIMALS = 6
_BOX, _POINTS, _OCCLUDER = "face", "landmarks", "occluder"


_KIND = (
    "<attribute><name>kind</name><mutable>False</mutable><input_type>select</input_type>"
    f"<default_value>other</default_value><values>{escape(chr(10).join(OCCLUDERS))}</values>"
    "</attribute>"
)


def image_place(sample: Sample, suffix: str) -> str:
    """Where the photo goes, below the data set's folder."""
    return place("images", sample.split, f"{sample.name}{suffix}")


def write(sample: Sample, classes: Classes) -> Written:
    """The row of every face, in CVAT's words."""
    shapes = [
        shape
        for group, face in enumerate(sample.faces, start=1)
        for shape in _shapes(face, group, classes)
    ]
    return Written({}, {"width": sample.width, "height": sample.height, "shapes": shapes})


def _shapes(face: SampleFace, group: int, classes: Classes) -> Iterator[str]:
    common = f'source="file" occluded="0" z_order="0" group_id="{group}"'
    box = zip(("xtl", "ytl", "xbr", "ybr"), _edges(face), strict=True)
    edges = " ".join(f'{name}="{value:.{_DECIMALS}f}"' for name, value in box)
    yield f'<box label="{_BOX}" {common} {edges}></box>'
    if face.points is not None:
        pairs = (f"{x:.{_DECIMALS}f},{y:.{_DECIMALS}f}" for x, y in face.points + 0.5)
        seen = "".join(map(str, face.visibility.tolist()))
        inner = f'<attribute name="visibility">{seen}</attribute>'
        yield f'<points label="{_POINTS}" {common} points="{";".join(pairs)}">{inner}</points>'
    for row in classes.foreground if face.labels is not None else ():
        mask = np.asarray(face.labels) == row.id
        if mask.any():
            yield _mask(row.name, mask, common, "")
    for kind, mask in face.hidden_by.items():
        yield _mask(_OCCLUDER, mask, common, f'<attribute name="kind">{kind}</attribute>')


def _mask(label: str, mask: NDArray[np.bool_], common: str, inner: str) -> str:
    rows, columns = (np.flatnonzero(mask.any(axis=a)) for a in (1, 0))
    x, y = int(columns[0]), int(rows[0])
    part = mask[y : rows[-1] + 1, x : columns[-1] + 1]
    where = f'left="{x}" top="{y}" width="{part.shape[1]}" height="{part.shape[0]}"'
    code = ", ".join(map(str, runs(part.ravel())))
    return f'<mask label={quoteattr(label)} {common} rle="{code}" {where}>{inner}</mask>'


def _edges(face: SampleFace) -> tuple[float, float, float, float]:
    box = face.box
    return box.x0 + 0.5, box.y0 + 0.5, box.x1 + 0.5, box.y1 + 0.5


def lists(root: Path, rows: Rows, classes: Classes) -> Iterator[str]:
    """Write ``annotations.xml``."""
    yield write_text(root, _FILE, _pieces(rows, classes))


def _pieces(rows: Rows, classes: Classes) -> Iterator[str]:
    count = sum(1 for split in _SPLITS for _ in rows(split))
    yield '<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n<version>1.1</version>\n'
    yield f"<meta><task><name>faces</name><size>{count}</size><mode>annotation</mode>\n<labels>\n"
    seen = (
        "<attribute><name>visibility</name><mutable>False</mutable><input_type>text</input_type>"
        "<default_value></default_value><values></values></attribute>"
    )
    yield _label(_BOX, "#ffffff", "rectangle", "")
    yield _label(_POINTS, "#00ff00", "points", seen)
    for part in classes.foreground:
        colour = "#" + "".join(f"{v:02x}" for v in part.colour)
        yield _label(part.name, colour, "mask", "")
    yield _label(_OCCLUDER, "#808080", "mask", _KIND)
    yield "</labels></task></meta>\n"
    number = 0
    for split in _SPLITS:
        for row in rows(split):
            name = quoteattr(row["image"].removeprefix("images/"))
            size = f'width="{row["width"]}" height="{row["height"]}"'
            yield f'<image id="{number}" name={name} {size}>\n'
            yield from (f"{shape}\n" for shape in row["shapes"])
            yield "</image>\n"
            number += 1
    yield "</annotations>\n"


def _label(name: str, colour: str, kind: str, attributes: str) -> str:
    about = f"<name>{escape(name)}</name><color>{colour}</color><type>{kind}</type>"
    return f"<label>{about}<attributes>{attributes}</attributes></label>\n"


def is_one(root: Path) -> bool:
    """Whether a folder is laid out so."""
    return (root / _FILE).is_file()


def photos(root: Path) -> list[Path]:
    """The folders that hold photos."""
    return [root / "images"]


def read(root: Path) -> Iterator[Sample | InputError]:
    """Read the samples, each or what is wrong with it; one image at a time is in memory.

    Raises:
        InputError: it is no XML, or declares document types or entities.
    """
    path = root / _FILE
    check_file(path)
    try:
        for _, element in defusedxml.ElementTree.iterparse(path, ("end",), forbid_dtd=True):
            if element.tag == "image":
                try:
                    yield _sample(root, path, element)
                except InputError as error:
                    yield error
                element.clear()
    except DefusedXmlException as error:
        problem = "it declares a document type or entities, which no data set needs"
        raise InputError(path, problem, "remove the declaration") from error
    except (ParseError, ValueError, LookupError) as error:
        raise InputError(path, f"it is no XML ({short(error)})", "export it again") from error


def _sample(root: Path, path: Path, element: Element) -> Sample:
    told = element.attrib
    try:
        size = size_of(path, told["width"], told["height"])
        file = inside(root / "images", told["name"], path)
        groups: dict[str, list[Element]] = {}
        for shape in element:
            # What is in no group belongs to one face if there is one alone.
            groups.setdefault(shape.attrib.get("group_id", ""), []).append(shape)
        faces = tuple(_face(path, shapes, size) for shapes in groups.values())
    except (KeyError, ValueError) as error:
        problem = f"an image is not laid out as CVAT does it ({short(error)})"
        raise InputError(path, problem, "export it again as CVAT for images 1.1") from error
    # Not every reader takes CVAT's own "subset": the folder tells the split, as CVAT sorts them.
    name = str(Path(told["name"]).with_suffix(""))
    split = told.get("subset") or name.partition("/")[0]
    name = name.removeprefix(f"{split}/").replace("/", "__")
    return Sample(name, split if split in _SPLITS else "", *size, faces, image=file)


def _face(path: Path, shapes: list[Element], size: tuple[int, int]) -> SampleFace:
    box: Any = None
    points: Any = None
    labels: NDArray[np.uint8] | None = None
    hidden: dict[str, NDArray[np.bool_]] = {}
    visibility = np.full(N_POINTS, 2, np.uint8)
    for shape in shapes:
        told, label = shape.attrib, shape.attrib["label"]
        if shape.tag == "box" and label == _BOX:
            box = [float(told[k]) - 0.5 for k in ("xtl", "ytl", "xbr", "ybr")]
        elif shape.tag == "points" and label == _POINTS:
            pairs = [pair.split(",") for pair in told["points"].split(";")]
            points = points_of(path, np.array(pairs, np.float64) - 0.5, size)
            seen = shape.findtext("attribute[@name='visibility']", "")
            if seen:
                visibility = visibility_of(path, _digits(path, seen))
        elif shape.tag == "mask" and label in IDS:
            labels = np.zeros(size[::-1], np.uint8) if labels is None else labels
            labels[_painted(path, told, size)] = IDS[label]
        elif shape.tag == "mask" and label == _OCCLUDER:
            kind = shape.findtext("attribute[@name='kind']", "other")
            mask = _painted(path, told, size)
            hidden[kind] = mask | hidden[kind] if kind in hidden else mask
        else:
            problem = f"it has the unknown shape {shape.tag} {short(label)}"
            raise InputError(path, problem, f"take {_BOX}, {_POINTS} or masks of {', '.join(IDS)}")
    if box is None:
        raise InputError(path, "a face has no box", f"put a box {_BOX} in its group")
    occluders = occluders_of(path, hidden, size)
    return SampleFace(box_of(path, box), points, visibility, labels=labels, occluders=occluders)


def _digits(path: Path, seen: str) -> NDArray[np.int64]:
    if len(seen) != N_POINTS or not seen.isdecimal():
        raise InputError(path, f"a face has no {N_POINTS} visibilities", "write a digit for each")
    return np.array(list(map(int, seen)))


def _painted(path: Path, told: dict[str, str], size: tuple[int, int]) -> NDArray[np.bool_]:
    x, y, w, h = (int(told[k]) for k in ("left", "top", "width", "height"))
    width, height = size
    if min(x, y) < 0 or min(w, h) < 1 or x + w > width or y + h > height:
        problem = f"a mask at ({x}, {y}) of {w}x{h} pixels leaves its picture of {width}x{height}"
        raise InputError(path, problem, "see whether it belongs to this picture")
    mask = np.zeros((height, width), bool)
    rle = [int(v) for v in told["rle"].split(",")]
    mask[y : y + h, x : x + w] = unrun(rle, w * h).reshape(h, w)
    return mask
