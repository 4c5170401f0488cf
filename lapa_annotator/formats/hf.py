"""Parquet as Hugging Face's ``datasets`` reads it: a row per face, with photo and label map in it.

``data/train-00000-of-00003.parquet`` and so on, and ``README.md`` with what its viewer wants to
know. Nothing is lost: photo and label map are kept as files in the rows. Needs the extra
``export`` (pyarrow).
"""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Pose
from lapa_annotator.domain.override import OCCLUDERS
from lapa_annotator.domain.schema import N_POINTS
from lapa_annotator.formats.checks import (
    box_of,
    inside,
    labels_of,
    occluders_of,
    points_of,
    short,
    size_of,
)
from lapa_annotator.formats.classes import Classes, lapa_ids
from lapa_annotator.formats.decode import check_file
from lapa_annotator.formats.lapa import encode_labels
from lapa_annotator.formats.samples import (
    Row,
    Rows,
    Sample,
    SampleFace,
    Written,
    occluder_picture,
    place,
    write_text,
)
from lapa_annotator.formats.yolo import visibility_of

if TYPE_CHECKING:
    import pyarrow

_SPLITS = ("train", "val", "test")
_A_SHARD = 1000
_A_GROUP = 50
_MOST_CELL = 256 << 20
# Where photos and label maps wait for the end; they are no part of the data set.
_STAGE = ".rows"
_OCCLUDERS = "occluder_map"


def _arrow() -> Any:
    try:
        import pyarrow as arrow
        import pyarrow.parquet  # makes arrow.parquet
    except ImportError as error:
        remedy = "run pip install 'lapa-annotator[export]'"
        raise InputError("Parquet", "needs the package pyarrow", remedy) from error
    return arrow


def image_place(sample: Sample, suffix: str) -> str:
    """Where the photo waits to be taken into a row."""
    return place(_STAGE, sample.split, f"{sample.name}{suffix}")


def write(sample: Sample, classes: Classes) -> Written:
    """The label map as a file, and the rest of the row."""
    (face,) = sample.faces
    row: Row = {
        "name": sample.name,
        "width": sample.width,
        "height": sample.height,
        "box": [face.box.x0, face.box.y0, face.box.x1, face.box.y1],
        "points": None if face.points is None else face.points.tolist(),
        "visibility": face.visibility.tolist(),
        "pose": None if face.pose is None else [face.pose.yaw, face.pose.pitch, face.pose.roll],
        "tags": list(sample.tags),
    }
    files = {}
    if face.labels is not None:
        where = place(_STAGE, sample.split, f"{sample.name}.labels.png")
        files[where] = encode_labels(face.labels, classes.palette())
        row["labels"] = where
    if face.occluders is not None and face.occluders.any():
        where = place(_STAGE, sample.split, f"{sample.name}.occluders.png")
        files[where] = occluder_picture(face.occluders)
        row["occluders"] = where
    return Written(files, row)


def _schema(arrow: Any, classes: Classes) -> Any:
    """The columns, and the features that ``datasets`` makes of them."""
    picture = arrow.struct([("bytes", arrow.binary()), ("path", arrow.string())])
    number = arrow.float64()
    columns = [
        ("image", picture, {"_type": "Image"}),
        ("label_map", picture, {"_type": "Image"}),
        ("name", arrow.string(), _value("string")),
        ("width", arrow.int32(), _value("int32")),
        ("height", arrow.int32(), _value("int32")),
        ("box", arrow.list_(number), _list(_value("float64"))),
        ("points", arrow.list_(arrow.list_(number)), _list(_list(_value("float64")))),
        ("visibility", arrow.list_(arrow.uint8()), _list(_value("uint8"))),
        ("pose", arrow.list_(number), _list(_value("float64"))),
        ("tags", arrow.list_(arrow.string()), _list(_value("string"))),
        (_OCCLUDERS, picture, {"_type": "Image"}),
    ]
    features = {name: feature for name, _, feature in columns}
    about = {
        "huggingface": json.dumps({"info": {"features": features}}),
        "classes": json.dumps(classes.names),
    }
    return arrow.schema([(name, kind) for name, kind, _ in columns], metadata=about)


def _value(kind: str) -> Row:
    return {"dtype": kind, "_type": "Value"}


def _list(feature: Row) -> Row:
    return {"feature": feature, "_type": "Sequence"}


def lists(root: Path, rows: Rows, classes: Classes) -> Iterator[str]:
    """Write the shards and the card of the viewer.

    Raises:
        InputError: pyarrow is not installed.
    """
    arrow = _arrow()
    schema = _schema(arrow, classes)
    there = []
    for split in _SPLITS:
        count = sum(1 for _ in rows(split))
        shards = -(-count // _A_SHARD)
        told = rows(split)
        for shard in range(shards):
            where = place("data", f"{split}-{shard:05d}-of-{shards:05d}.parquet")
            _write_shard(arrow, schema, root, where, told)
            yield where
        if shards:
            there.append(split)
    yield write_text(root, "README.md", _card(there, classes))


def _write_shard(arrow: Any, schema: Any, root: Path, where: str, rows: Iterator[Row]) -> None:
    path = root / where
    path.parent.mkdir(parents=True, exist_ok=True)
    # JPEG and PNG do not shrink any more.
    with arrow.parquet.ParquetWriter(path, schema, compression="none") as writer:
        left = _A_SHARD
        while left:
            group = [_filled(root, row) for row in itertools.islice(rows, min(left, _A_GROUP))]
            if not group:
                return
            writer.write_table(arrow.Table.from_pylist(group, schema=schema))
            left -= len(group)


def _filled(root: Path, row: Row) -> Row:
    """A row with the photo and the label map in it."""
    labels, hidden = row.get("labels"), row.get("occluders")
    return {
        **{k: v for k, v in row.items() if k not in ("labels", "occluders")},
        "image": _kept(root, row["image"], Path(row["image"]).name),
        "label_map": None if labels is None else _kept(root, labels, f"{row['name']}.png"),
        _OCCLUDERS: None if hidden is None else _kept(root, hidden, f"{row['name']}.png"),
    }


def _kept(root: Path, where: str, name: str) -> Row:
    return {"bytes": (root / where).read_bytes(), "path": name}


def _card(splits: list[str], classes: Classes) -> Iterator[str]:
    yield "---\nconfigs:\n- config_name: default\n  data_files:\n"
    for split in splits:
        # datasets calls the split between training and test "validation".
        name = "validation" if split == "val" else split
        yield f"  - split: {name}\n    path: data/{split}-*\n"
    yield "---\n# Faces\n\nA row per face: 106 points from the centre of the top-left pixel, and a "
    yield "label map whose values are:\n\n"
    yield from (f"- {row.id}: {row.name}\n" for row in classes.rows)
    yield "\nAn occluder map says what hides a face, where that is known:\n\n"
    yield from (f"- {int(kind)}: {name}\n" for name, kind in OCCLUDERS.items())


def is_one(root: Path) -> bool:
    """Whether a folder is laid out so."""
    return any(root.glob("data/*.parquet"))


def photos(root: Path) -> list[Path]:
    """The folders that hold photos: none, they are in the rows."""
    del root
    return []


def read(root: Path) -> Iterator[Sample | InputError]:
    """Read the samples, each or what is wrong with it; photos come as ``Sample.picture``.

    Raises:
        InputError: pyarrow is not installed, a file is damaged, or has other columns or classes.
    """
    arrow = _arrow()
    for path in sorted(root.glob("data/*.parquet")):
        check_file(inside(root, str(path.relative_to(root)), path))
        split = path.name.split("-")[0]
        try:
            with arrow.parquet.ParquetFile(path) as file:
                _check_schema(arrow, path, file)
                names = json.loads((file.schema_arrow.metadata or {})[b"classes"])
                ids = lapa_ids(path, names)
                for batch in file.iter_batches(batch_size=1):
                    yield from _rows(path, "val" if split == "validation" else split, batch, ids)
        except (arrow.ArrowException, OSError, KeyError, TypeError) as error:
            problem = f"it is no Parquet file of this program ({short(error)})"
            raise InputError(path, problem, "export it again") from error


def _check_schema(arrow: Any, path: Path, file: Any) -> None:
    wanted = {f.name: f.type for f in _schema(arrow, Classes()) if f.name != _OCCLUDERS}
    found = {f.name: f.type for f in file.schema_arrow}
    if any(found.get(name) != kind for name, kind in wanted.items()):
        raise InputError(path, "it has other columns", f"give it {', '.join(wanted)}")
    for group in range(file.metadata.num_row_groups):
        about = file.metadata.row_group(group)
        if about.total_byte_size > _A_GROUP * _MOST_CELL:
            raise InputError(path, "a group of its rows is too large", "write smaller groups")


def _rows(
    path: Path, split: str, batch: pyarrow.RecordBatch, ids: np.ndarray
) -> Iterator[Sample | InputError]:
    for row in batch.to_pylist():
        try:
            yield _sample(path, split, row, ids)
        except InputError as error:
            yield error
        except (KeyError, TypeError, ValueError) as error:
            yield InputError(path, f"a row makes no sense ({short(error)})", "export it again")


def _sample(path: Path, split: str, row: Row, ids: np.ndarray) -> Sample:
    size = size_of(path, row["width"], row["height"])
    inside(path.parent, row["name"], path)
    points = None if row["points"] is None else points_of(path, row["points"], size)
    labels = None
    if row["label_map"] is not None:
        labels = _labels(path, row["label_map"]["bytes"], size, ids)
    hidden = row.get(_OCCLUDERS)
    visibility = np.full(N_POINTS, 2) if row["visibility"] is None else row["visibility"]
    face = SampleFace(
        box_of(path, row["box"]),
        points,
        visibility_of(path, np.array(visibility)),
        labels=labels,
        pose=None if row["pose"] is None else Pose(*row["pose"]),
        occluders=None if hidden is None else _hidden(path, hidden["bytes"], size),
    )
    about = row["name"], split if split in _SPLITS else "", *size, (face,)
    return Sample(*about, tags=tuple(row["tags"] or ()), picture=row["image"]["bytes"])


def _values(path: Path, data: bytes, size: tuple[int, int]) -> np.ndarray:
    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as picture:
            if picture.size != size or picture.mode not in ("P", "L"):
                problem = f"a label map is {picture.width}x{picture.height} pixels, mode "
                raise InputError(path, problem + picture.mode, f"make it {size[0]}x{size[1]}, ids")
            return np.array(picture)
    except (OSError, SyntaxError, ValueError) as error:
        raise InputError(path, f"a label map is damaged ({error})", "export it again") from error


def _hidden(path: Path, data: bytes, size: tuple[int, int]) -> np.ndarray | None:
    values = _values(path, data, size)
    known = {int(kind): name for name, kind in OCCLUDERS.items()}
    there = [int(v) for v in np.unique(values) if v]
    return occluders_of(path, {known.get(v, str(v)): values == v for v in there}, size)


def _labels(path: Path, data: bytes, size: tuple[int, int], ids: np.ndarray) -> np.ndarray:
    values = _values(path, data, size)
    if values.max(initial=0) >= len(ids):
        raise InputError(
            path, f"a label map holds the unknown id {values.max()}", "see its classes"
        )
    return labels_of(path, ids[values], size)
