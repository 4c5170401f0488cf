"""Whatever is wrong with a data set is one sentence, and the rest of it is read."""

import io
import json
import stat
import struct
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.override import Occluder
from lapa_annotator.formats import checks
from lapa_annotator.formats.archive import unpack
from lapa_annotator.formats.lapa import encode_labels
from lapa_annotator.formats.registry import FORMATS, format_of, read_samples
from lapa_annotator.formats.samples import Sample
from tests.formats.data_sets import one_sample, write_data_set

WFLW = "WFLW_annotations/list_106pt_{}_train.txt"
EVERY = [pytest.param(f, id=n) for n, f in FORMATS.items() if n != "hf"]


@pytest.fixture
def make(tmp_path: Path):
    """Write two samples, a and b, in a format; returns the folder."""

    def made(name: str) -> Path:
        write_data_set(tmp_path, FORMATS[name], [one_sample(1, "a"), one_sample(2, "b", number=1)])
        return tmp_path

    return made


def _read(root: Path, name: str) -> tuple[list[str], list[str]]:
    """Names of the samples, and the sentences; a data set refused as a whole is one sentence."""
    try:
        found = list(read_samples(root, FORMATS[name]))
    except InputError as error:
        return [], [str(error)]
    problems = [str(f) for f in found if isinstance(f, InputError)]
    assert not any("\n" in p or "Traceback" in p for p in problems)
    return [s.name for s in found if isinstance(s, Sample)], problems


def _edit(path: Path, old: str, new: str, count: int = 1) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, count))


@pytest.mark.parametrize("format_", EVERY)
def test_a_photo_that_is_missing(format_, make) -> None:
    root = make(format_.name)
    (photo,) = [p for p in root.rglob("*.jpg") if p.stem in ("b", "1")]
    photo.unlink()
    names, problems = _read(root, format_.name)
    if format_.name in ("coco", "cvat", "labelstudio"):  # these tell the size themselves
        assert names == ["a", "b"]
    elif format_.name == "lapa":  # photos without labels and labels without photos are allowed
        assert names == ["a"]
    else:
        assert names == ["a"]
        assert "b" in problems[0] or "1" in problems[0]


@pytest.mark.parametrize("name", ["celebamask", "helen", "voc", "lapa"])
def test_a_mask_of_another_size(name, make) -> None:
    root = make(name)
    for path in root.rglob("*.png"):
        if path.name.startswith(("b", "00001")):
            Image.new("L", (9, 7)).save(path)
    names, problems = _read(root, name)
    assert names == ["a"]
    assert "9x7" in problems[0]
    assert "32x24" in problems[0]


@pytest.mark.parametrize(
    ("name", "file", "old", "new", "said"),
    [
        ("yolo", "labels/train/b.txt", "0 0.", "7 0.", "unknown class 7"),
        ("yolo", "labels/train/b.txt", "0 0.", "0 nan ", "values"),
        ("voc", "labelmap.txt", "nose", "beak", "unknown class 'beak'"),
        ("voc", "labelmap.txt", "nose", "hair", "one class twice"),
        ("voc", "ImageSets/Segmentation/train.txt", "b\n", "b\nb\n", "listed twice"),
        ("voc", "ImageSets/Segmentation/train.txt", "b\n", "../../b\n", "outside the data set"),
        ("coco", "annotations/instances_train.json", '"nose"', '"beak"', "unknown class 'beak'"),
        ("coco", "annotations/person_keypoints_train.json", '"face"', '"cat"', "unknown class"),
        ("coco", "annotations/person_keypoints_train.json", "b.jpg", "../b.jpg", "outside"),
        ("coco", "annotations/person_keypoints_train.json", "b.jpg", "/etc/b.jpg", "outside"),
        ("coco", "annotations/person_keypoints_train.json", "b.jpg", "C:b.jpg", "outside"),
        ("coco", "annotations/person_keypoints_train.json", "b.jpg", "a.jpg", "there twice"),
        ("coco", "annotations/person_keypoints_train.json", '"width": 32', '"width": -1', "size"),
        ("coco", "annotations/person_keypoints_train.json", '"width": 32', '"width": 1e9', "size"),
        ("coco", "annotations/person_keypoints_train.json", '"bbox": [', '"bbox": [NaN, ', "NaN"),
        ("coco", "annotations/person_keypoints_train.json", '"images"', '"pictures"', "laid out"),
        ("cvat", "annotations.xml", 'label="nose"', 'label="beak"', "unknown shape mask 'beak'"),
        ("cvat", "annotations.xml", 'name="train/b.jpg"', 'name="../b.jpg"', "outside"),
        ("cvat", "annotations.xml", 'left="0"', 'left="900"', "leaves its picture"),
        ("cvat", "annotations.xml", "</meta>", "</mata>", "no XML"),
        ("labelstudio", "tasks.json", '["nose"]', '["beak"]', "class 'beak' is unknown"),
        ("labelstudio", "tasks.json", '["17"]', '["106"]', "point '106' is unknown"),
        ("labelstudio", "tasks.json", '["17"]', '["18"]', "105 of 106 points"),
        ("labelstudio", "tasks.json", "train/b.jpg", "../../b.jpg", "outside"),
        ("labelstudio", "tasks.json", '"rle": [', '"rle": [300, ', "a mask is damaged"),
        ("labelstudio", "tasks.json", "[\n", "{\n", "no JSON"),
        ("ibug", "train/b.pts", "n_points: 106", "n_points: 105", "no .pts file"),
        ("ibug", "train/b.pts", "{\n", "{\nnan nan\n", "no .pts file"),
        ("ibug", "train/b.pts", "{\n", "{\n99999 1\n", "far outside"),
        ("wflw", "WFLW_annotations/list_106pt_rect_attr_train.txt", "b.jpg", "../b.jpg", "outside"),
        ("wflw", "WFLW_annotations/list_106pt_rect_attr_train.txt", " b.jpg", " 1 b.jpg", ""),
        (
            "wflw",
            "WFLW_annotations/list_106pt_occlusion_train.txt",
            "b.jpg\n",
            "b.jpg\n1\n",
            "lines",
        ),
        ("celebamask", "train.txt", "1", "one", "'one' is no number"),
        ("helen", "exemplars.txt", "2 , b", "b", "no number and name"),
        ("helen", "exemplars.txt", "2 , b", "2 , ../b", "outside"),
        ("lapa", "train/landmarks/b.txt", "106\n", "105\n", "first line"),
    ],
)
def test_a_changed_file(name, file, old, new, said, make) -> None:
    root = make(name)
    _edit(root / file, old, new)
    if "99999" in new:
        _edit(root / file, "n_points: 106", "n_points: 107")
    names, problems = _read(root, name)
    assert problems
    assert said in problems[0]
    assert "b" not in names or "a" not in names


def test_points_far_outside(make) -> None:
    root = make("coco")
    path = root / "annotations" / "person_keypoints_train.json"
    data = json.loads(path.read_text())
    data["annotations"][1]["keypoints"][:3] = [1e6, 5, 2]
    path.write_text(json.dumps(data))
    names, problems = _read(root, "coco")
    assert names == ["a"]
    assert "point 0 lies at (1e+06, 5), far outside the picture of 32x24 pixels" in problems[0]


def test_masks_of_coco_that_lie_about_their_size(make) -> None:
    root = make("coco")
    path = root / "annotations" / "instances_train.json"
    data = json.loads(path.read_text())
    (last,) = data["annotations"][-1:]
    last["segmentation"] = {"size": [24, 32], "counts": [0, 10**12]}
    path.write_text(json.dumps(data))
    assert "a mask is damaged" in _read(root, "coco")[1][0]
    last["segmentation"] = {"size": [24000, 32000], "counts": [0, 768000000]}
    path.write_text(json.dumps(data))
    assert "a mask is 32000x24000 pixels" in _read(root, "coco")[1][0]


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE a [<!ENTITY x "yes">]>',
        '<!DOCTYPE a SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>',
    ],
)
def test_xml_with_entities_is_refused(head, make) -> None:
    root = make("cvat")
    _edit(root / "annotations.xml", "<annotations>", f"{head}\n<annotations>")
    names, problems = _read(root, "cvat")
    assert names == []
    assert "declares a document type or entities" in problems[0]


def test_text_above_the_limit_is_refused_unread(make, monkeypatch) -> None:
    root = make("coco")
    path = root / "annotations" / "person_keypoints_train.json"
    with path.open("ab") as file:
        file.truncate(2 << 30)  # a sparse file: two gigabytes that take no room
    names, problems = _read(root, "coco")
    assert names == []
    assert "2,147 MB are more than the 537 MB allowed" in problems[0]


def test_json_nested_deeply_is_refused(tmp_path) -> None:
    path = tmp_path / "deep.json"
    path.write_text("[" * 200_000)
    with pytest.raises(InputError, match=r"nested too deeply|no JSON"):
        checks.read_json(path)


def test_a_link_out_of_the_data_set(make, tmp_path_factory) -> None:
    root = make("ibug")
    secret = tmp_path_factory.mktemp("else") / "b.pts"
    (root / "train" / "b.pts").rename(secret)
    (root / "train" / "b.pts").symlink_to(secret)
    names, problems = _read(root, "ibug")
    assert names == ["a"]
    assert "outside the data set" in problems[0]


def test_a_folder_of_no_format(tmp_path) -> None:
    with pytest.raises(InputError, match="laid out in none of the formats"):
        format_of(tmp_path)
    with pytest.raises(InputError, match="no format has this name"):
        format_of(tmp_path, "pdf")
    with pytest.raises(InputError, match="there is no such folder"):
        format_of(tmp_path / "none")


def test_a_file_in_the_place_of_a_folder(tmp_path) -> None:
    (tmp_path / "one.png").write_bytes(b"")
    with pytest.raises(InputError, match="it is a file"):
        format_of(tmp_path / "one.png", None)
    with pytest.raises(InputError, match="no such folder"):
        format_of(tmp_path / "nothing", None)


def test_parquet_that_is_none(tmp_path) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed (extra 'export')")
    write_data_set(tmp_path, FORMATS["hf"], [one_sample(1, "a")])
    (path,) = tmp_path.rglob("*.parquet")
    path.write_bytes(path.read_bytes()[:300])
    assert "no Parquet file" in _read(tmp_path, "hf")[1][0]


def test_parquet_with_a_label_map_of_another_size(tmp_path) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed (extra 'export')")
    write_data_set(tmp_path, FORMATS["hf"], [one_sample(1, "a")])
    import pyarrow as arrow
    import pyarrow.parquet

    (path,) = tmp_path.rglob("*.parquet")
    table = pyarrow.parquet.read_table(path)
    (row,) = table.to_pylist()
    row["label_map"]["bytes"] = encode_labels(np.zeros((5, 5), np.uint8), np.zeros((11, 3), "u1"))
    pyarrow.parquet.write_table(arrow.Table.from_pylist([row], schema=table.schema), path)
    names, problems = _read(tmp_path, "hf")
    assert names == []
    assert "5x5" in problems[0]


# Archives


def _zip(path: Path, *files: tuple[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in files:
            file.writestr(name, data)
    return path


def _refused(archive: Path, folder: Path, said: str) -> None:
    with pytest.raises(InputError, match=said):
        unpack(archive, folder)
    assert sorted(p.name for p in folder.parent.iterdir()) == [archive.name]


def test_an_archive_is_unpacked(tmp_path) -> None:
    archive = _zip(tmp_path / "a.zip", ("d/a.txt", b"1"), ("d/e/b.txt", b"2"))
    unpack(archive, tmp_path / "out")
    assert (tmp_path / "out" / "d" / "e" / "b.txt").read_bytes() == b"2"
    with pytest.raises(InputError, match="something of that name"):
        unpack(archive, tmp_path / "out")


@pytest.mark.parametrize("name", ["../x.txt", "/etc/x.txt", "a/../../x.txt", "C:/x.txt", "a\\x"])
def test_names_that_lead_out_of_the_folder(name, tmp_path) -> None:
    _refused(_zip(tmp_path / "a.zip", (name, b"1")), tmp_path / "out", "lead out of the folder")


def test_links_in_an_archive(tmp_path) -> None:
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as file:
        entry = zipfile.ZipInfo("link")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        file.writestr(entry, "/etc/passwd")
    _refused(archive, tmp_path / "out", "lead out of the folder")


def test_names_that_are_there_twice(tmp_path) -> None:
    archive = _zip(tmp_path / "a.zip", ("a.txt", b"1"), ("A.TXT", b"2"))
    _refused(archive, tmp_path / "out", "twice")


def test_an_archive_that_grows_out_of_measure(tmp_path) -> None:
    archive = _zip(tmp_path / "a.zip", ("a.bin", bytes(210 << 20)))
    _refused(archive, tmp_path / "out", "it would grow from 0.2 to 220.2 MB")


def test_an_archive_that_lies_about_a_size(tmp_path) -> None:
    archive = _zip(tmp_path / "a.zip", ("a.bin", bytes(1 << 20)))
    data = archive.read_bytes()
    whole, told = struct.pack("<I", 1 << 20), struct.pack("<I", 10)
    archive.write_bytes(data.replace(whole, told))
    _refused(archive, tmp_path / "out", "larger than told|no whole .zip file")


def test_a_damaged_archive(tmp_path) -> None:
    archive = _zip(tmp_path / "a.zip", ("a.bin", np.random.default_rng(0).bytes(5000)))
    data = bytearray(archive.read_bytes())
    data[2000:2100] = bytes(100)
    archive.write_bytes(data)
    _refused(archive, tmp_path / "out", "no whole .zip file|cannot be unpacked")
    archive.write_bytes(io.BytesIO(b"PK no").getvalue())
    _refused(archive, tmp_path / "out", "no whole .zip file")


@pytest.mark.parametrize(
    ("name", "file", "before", "after"),
    [
        ("coco", "annotations/person_keypoints_train.json", '"hat"', '"crown"'),
        ("cvat", "annotations.xml", 'name="kind">hat', 'name="kind">crown'),
        ("labelstudio", "tasks.json", '["hat"]', '["crown"]'),
    ],
)
def test_an_unknown_kind_of_what_hides_a_face_is_told(
    name: str, file: str, before: str, after: str, tmp_path: Path
) -> None:
    (face,) = one_sample().faces
    occluders = np.zeros((24, 32), np.uint8)
    occluders[2:5, 3:9] = Occluder.HAT
    sample = replace(one_sample(), faces=(replace(face, occluders=occluders),))
    write_data_set(tmp_path, FORMATS[name], [sample])
    path = tmp_path / file
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")
    (problem,) = read_samples(tmp_path, FORMATS[name])
    assert isinstance(problem, InputError) and "crown" in str(problem)
    assert "glasses, hand, mask, hat, microphone" in str(problem) and "\n" not in str(problem)
