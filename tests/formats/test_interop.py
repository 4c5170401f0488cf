"""Other programs' own readers find in a data set what was written into it.

Each test runs a few lines in a Python that has the reader: one of those that LAPA_INTEROP names
(paths of interpreters, parted as in PATH), else the one that runs the tests. It skips where
none has it: ``pip install 'lapa-annotator[interop]'`` in an environment of its own.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lapa_annotator.domain.classes import CLASSES
from lapa_annotator.formats.registry import FORMATS
from lapa_annotator.formats.samples import Sample
from tests.formats.data_sets import one_sample, write_data_set

PYTHONS = os.environ.get("LAPA_INTEROP", sys.executable).split(os.pathsep)


@functools.cache
def _python_with(module: str) -> str | None:
    found = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is None)"
    for python in PYTHONS:
        if subprocess.run([python, "-c", found], check=False, capture_output=True).returncode == 0:
            return python
    return None


def _said_by(module: str, code: str, root: Path) -> Any:
    """Run code that puts JSON into ``said``; ``root`` is the data set's folder in it."""
    python = _python_with(module)
    if python is None:
        pytest.skip(f"{module} is not installed (extra 'interop', or say LAPA_INTEROP)")
    whole = f"import json\nroot = {str(root)!r}\n{code}\nprint('\\n' + json.dumps(said))"
    home = {"HF_HOME": str(root.parent / "hf"), "HF_HUB_OFFLINE": "1", "HOME": str(root.parent)}
    done = subprocess.run(
        [python, "-W", "ignore", "-c", whole],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **home},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def _written(name: str, root: Path, faces: int = 2) -> Sample:
    sample = one_sample(3, "a", faces if FORMATS[name].several else 1)
    root.mkdir()
    write_data_set(root, FORMATS[name], [sample, one_sample(4, "b", number=1)])
    return sample


def _areas(sample: Sample, face: int = 0) -> dict[str, int]:
    labels = sample.faces[face].labels
    return {c.name: int((labels == c.id).sum()) for c in CLASSES[1:] if (labels == c.id).any()}


def _hidden(sample: Sample, face: int = 0) -> dict[str, int]:
    """What hides a face, and how many pixels of it."""
    return {kind: int(mask.sum()) for kind, mask in sample.faces[face].hidden_by.items()}


def test_pycocotools_reads_points_and_masks(tmp_path: Path) -> None:
    sample = _written("coco", tmp_path / "d")
    code = """
from pycocotools.coco import COCO
points = COCO(f"{root}/annotations/person_keypoints_train.json")
parts = COCO(f"{root}/annotations/instances_train.json")
(image,) = [i["id"] for i in points.dataset["images"] if i["file_name"] == "a.jpg"]
faces = points.loadAnns(points.getAnnIds(imgIds=[image]))
names = {c["id"]: c["name"] for c in parts.loadCats(parts.getCatIds())}
anns = parts.loadAnns(parts.getAnnIds(imgIds=[image]))
said = {
    "key points": [f["keypoints"] for f in faces],
    "whole": [int(points.annToMask(f).sum()) for f in faces],
    "parts": [
        {names[p["category_id"]]: int(parts.annToMask(p).sum()) for p in anns
         if p["face_id"] == f["id"]} for f in faces
    ],
}
"""
    said = _said_by("pycocotools", code, tmp_path / "d")
    for i, face in enumerate(sample.faces):
        told = np.array(said["key points"][i]).reshape(106, 3)
        seen = face.visibility > 0
        assert np.allclose(told[seen, :2], face.points[seen], atol=1e-6)
        assert np.array_equal(told[:, 2], face.visibility)
        assert said["parts"][i] == _areas(sample, i)
        assert said["whole"][i] == int((face.labels != 0).sum())


def test_cocos_own_score_of_the_truth_is_full(tmp_path: Path) -> None:
    _written("coco", tmp_path / "d")
    code = """
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
truth = COCO(f"{root}/annotations/instances_train.json")
told = [{**a, "score": 1.0} for a in truth.dataset["annotations"]]
score = COCOeval(truth, truth.loadRes(told), "segm")
score.params.areaRng, score.params.areaRngLbl = [[0, 1e10]], ["all"]
score.evaluate(); score.accumulate()
there = score.eval["precision"][..., -1]
said = float(there[there > -1].mean())
"""
    assert _said_by("pycocotools", code, tmp_path / "d") == pytest.approx(1.0)


_DATUMARO = """
import datumaro
data = datumaro.Dataset.import_from(root, FORMAT)
names = [c.name for c in data.categories()[datumaro.AnnotationType.label].items]
item = next(i for i in data if i.id.endswith("a"))
masks = [a for a in item.annotations if a.type == datumaro.AnnotationType.mask]
said = {
    "size": item.media_as(datumaro.Image).size,
    "masks": sorted((a.group, names[a.label], int(a.image.sum())) for a in masks),
    "points": [list(a.points) for a in item.annotations
               if a.type == datumaro.AnnotationType.points],
    "boxes": [list(a.points) for a in item.annotations
              if a.type == datumaro.AnnotationType.bbox],
}
"""


def test_datumaro_reads_cvats_xml(tmp_path: Path) -> None:
    sample = _written("cvat", tmp_path / "d")
    said = _said_by("datumaro", _DATUMARO.replace("FORMAT", "'cvat'"), tmp_path / "d")
    assert said["size"] == [sample.height, sample.width]
    wanted = [(g, *p) for g in (1, 2) for p in _areas(sample, g - 1).items()]
    wanted += [(g, "occluder", n) for g in (1, 2) for n in _hidden(sample, g - 1).values()]
    assert said["masks"] == [list(row) for row in sorted(wanted)]
    for i, face in enumerate(sample.faces):
        # CVAT counts from the picture's corner; Datumaro rounds to two decimals.
        told = np.array(said["points"][i]).reshape(106, 2) - 0.5
        assert np.allclose(told, face.points, atol=0.0051)
        box = np.array(said["boxes"][i]) - 0.5
        edges = (face.box.x0, face.box.y0, face.box.x1, face.box.y1)
        assert np.allclose(box, edges, atol=0.0051)


def test_datumaro_reads_voc_masks(tmp_path: Path) -> None:
    sample = _written("voc", tmp_path / "d")
    code = _DATUMARO.replace("FORMAT", "'voc_segmentation'")
    said = _said_by("datumaro", code, tmp_path / "d")
    told = {name: area for _, name, area in said["masks"] if name != "background"}
    assert told == _areas(sample)


def test_datumaro_reads_coco(tmp_path: Path) -> None:
    sample = _written("coco", tmp_path / "d", faces=1)
    said = _said_by("datumaro", _DATUMARO.replace("FORMAT", "'coco'"), tmp_path / "d")
    assert {name: area for _, name, area in said["masks"]} == _areas(sample)


def test_label_studios_converter_reads_the_brush_masks(tmp_path: Path) -> None:
    sample = _written("labelstudio", tmp_path / "d")
    code = """
import numpy
from label_studio_sdk.converter.brush import decode_rle
from label_studio_sdk.label_interface import LabelInterface
tasks = json.load(open(f"{root}/tasks.json"))
result = tasks[0]["annotations"][0]["result"]
areas = []
for r in result:
    if r["type"] == "brushlabels":
        size = r["original_height"], r["original_width"], 4
        mask = decode_rle(r["value"]["rle"]).reshape(size)[..., 3] > 0
        areas.append((r["parentID"], r["value"]["brushlabels"][0], int(mask.sum())))
setup = LabelInterface(open(f"{root}/config.xml").read())
points = [r["value"] for r in result if r["type"] == "keypointlabels"]
said = {"areas": areas, "controls": sorted(setup._controls), "valid": setup.validate() is None,
        "points": [[p["x"], p["y"]] for p in points]}
"""
    said = _said_by("label_studio_sdk", code, tmp_path / "d")
    for i, face in enumerate(sample.faces):
        told = {name: area for parent, name, area in said["areas"] if parent == f"face{i}"}
        assert told == _areas(sample, i) | _hidden(sample, i)
        points = np.array(said["points"][106 * i : 106 * (i + 1)])
        assert np.allclose(points * sample.size / 100 - 0.5, face.points)
    assert said["controls"] == ["classes", "faces", "occluders", "points"]


def test_menpo_reads_pts(tmp_path: Path) -> None:
    for name, count in (("ibug", 106), ("ibug68", 68)):
        root = tmp_path / name
        sample = _written(name, root)
        code = """
import menpo.io
cloud = menpo.io.import_landmark_file(f"{root}/train/a.pts")["PTS"]
said = cloud.points.tolist()
"""
        told = np.array(_said_by("menpo", code, root))
        assert told.shape == (count, 2)
        # menpo counts from 0 and puts y first; point 54 of LaPa is iBUG's 30, the nose's tip.
        tip = 54 if count == 106 else 30
        assert np.allclose(told[tip, ::-1], sample.faces[0].points[54], atol=1e-6)


def test_hugging_face_datasets_reads_parquet(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed (extra 'export')")
    sample = _written("hf", tmp_path / "d")
    code = """
import datasets, numpy
data = datasets.load_dataset(root)
row = next(r for r in data["train"] if r["name"] == "a")
labels = numpy.array(row["label_map"])
said = {"points": row["points"], "labels": labels.tolist(), "image": row["image"].size,
        "rows": len(data["train"]), "visibility": row["visibility"]}
"""
    said = _said_by("datasets", code, tmp_path / "d")
    (face,) = sample.faces
    assert np.array_equal(said["points"], face.points)
    assert np.array_equal(said["labels"], face.labels)
    assert np.array_equal(said["visibility"], face.visibility)
    assert said["image"] == list(sample.size)
    assert said["rows"] == 2
