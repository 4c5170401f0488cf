"""LaPa's layout is written so that it reads back the same, and bad files are told."""

import string
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from lapa_annotator.domain.classes import palette
from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.lapa import (
    LapaFolder,
    read_labels,
    read_landmarks,
    split_of,
    write_labels,
    write_landmarks,
)

POINTS = np.random.default_rng(0).uniform(-10, 4000, (106, 2))


def _labels(height: int = 24, width: int = 40) -> np.ndarray:
    return (np.arange(height * width).reshape(height, width) % 11).astype(np.uint8)


def _lines(path: Path) -> list[str]:
    write_landmarks(path, POINTS)
    return path.read_text().splitlines()


# Landmarks


@given(arrays(np.float64, (106, 2), elements=st.floats(-1e5, 1e5)))
def test_points_come_back_to_a_millionth_of_a_pixel(
    tmp_path_factory: pytest.TempPathFactory, points: np.ndarray
) -> None:
    path = tmp_path_factory.mktemp("points") / "x.txt"
    write_landmarks(path, points)
    first = path.read_bytes()
    np.testing.assert_allclose(read_landmarks(path), points, rtol=0, atol=5.1e-7)
    write_landmarks(path, read_landmarks(path))
    assert path.read_bytes() == first


def test_a_landmark_file_is_the_number_then_a_line_a_point(tmp_path: Path) -> None:
    points = np.zeros((106, 2))
    points[0] = 1.5, -1e-9
    write_landmarks(tmp_path / "x.txt", points)
    lines = (tmp_path / "x.txt").read_text().split("\n")
    assert lines[:3] == ["106", "1.500000 0.000000", "0.000000 0.000000"]
    assert (len(lines), lines[-1]) == (108, "")


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\n\n  \n"])
def test_any_line_ending_and_a_byte_order_mark_are_read(tmp_path: Path, ending: str) -> None:
    path = tmp_path / "x.txt"
    lines = _lines(path)
    path.write_bytes(("\ufeff" + ending[:2].rstrip(" ").join(lines) + ending).encode())
    if ending.startswith("\n\n"):
        path.write_bytes(("\n".join(lines) + ending).encode())
    np.testing.assert_allclose(read_landmarks(path), POINTS, atol=1e-6)


def test_integers_and_exponents_are_numbers(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    lines = _lines(path)
    lines[1], lines[2] = "3 -4", " 1.5e2\t+.5 "
    path.write_text("\n".join(lines))
    assert read_landmarks(path)[:2].tolist() == [[3, -4], [150, 0.5]]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("nan 4.0", "line 8 is 'nan 4.0', which is no place in a picture"),
        ("3 inf", "line 8 is '3 inf', which is no place in a picture"),
        ("3 1e999", "line 8 is '3 1e999', which is no place in a picture"),
        ("12,5 3,25", "line 8 has a decimal comma: '12,5 3,25'; write 1.5, not 1,5"),
        ("12 3,25", "line 8 has a decimal comma"),
        ("12.5,3.25", "line 8 is '12.5,3.25', not x and y"),
        ("12.5", "line 8 is '12.5', not x and y"),
        ("1 2 3", "line 8 is '1 2 3', not x and y"),
        ("1_0 2", "not x and y"),
        ("x y", "line 8 is 'x y', not x and y; write two numbers a line"),
        ("", "line 8 is '', not x and y"),
        ("z" * 500, "zzz…', not x and y"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, told: str) -> None:
    path = tmp_path / "x.txt"
    lines = _lines(path)
    lines[7] = line
    path.write_text("\n".join(lines))
    with pytest.raises(InputError) as caught:
        read_landmarks(path)
    assert told in str(caught.value)
    assert len(str(caught.value)) < len(str(path)) + 200


@pytest.mark.parametrize(
    ("first", "rows", "told"),
    [
        ("106", 105, "it holds 105 lines of points, not 106"),
        ("105", 105, "its first line is '105', not 106"),
        ("106", 107, "it holds 107 lines of points, not 106"),
        ("12.5 3.5", 105, "its first line is '12.5 3.5', not 106"),
        ("n_points: 106", 106, "its first line is 'n_points: 106', not 106"),
    ],
)
def test_a_wrong_number_of_points_is_told(tmp_path: Path, first: str, rows: int, told: str) -> None:
    path = tmp_path / "x.txt"
    path.write_text("\n".join([first] + ["1.0 2.0"] * rows))
    with pytest.raises(InputError) as caught:
        read_landmarks(path)
    assert told in str(caught.value)


def test_what_is_no_landmark_file_at_all_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_bytes(b"")
    (tmp_path / "blank.txt").write_bytes(b"\n\n")
    (tmp_path / "binary.txt").write_bytes(b"\xff\xd8\xff\xe0")
    for name, told in (
        ("empty.txt", "the file is empty"),
        ("blank.txt", "its first line is '', not 106"),
        ("binary.txt", "it is not a text file"),
        ("gone.txt", "there is no such file"),
    ):
        with pytest.raises(InputError, match=told):
            read_landmarks(tmp_path / name)


def test_points_that_are_none_are_never_written(tmp_path: Path) -> None:
    for bad in (np.zeros((105, 2)), np.full((106, 2), np.nan)):
        with pytest.raises(ValueError, match="point"):
            write_landmarks(tmp_path / "x.txt", bad)
    assert list(tmp_path.iterdir()) == []


# Label maps


def test_a_label_file_is_an_8_bit_palette_png_in_lapas_colours(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    write_labels(path, _labels())
    header = path.read_bytes()[24:26]
    assert (header[0], header[1]) == (8, 3), "bit depth 8, colour type 3: palette"
    with Image.open(path) as picture:
        np.testing.assert_array_equal(np.array(picture), _labels())
        np.testing.assert_array_equal(np.array(picture.convert("RGB")), palette()[_labels()])


@given(arrays(np.uint8, st.tuples(*[st.integers(1, 20)] * 2), elements=st.integers(0, 10)))
def test_label_maps_come_back_the_same(
    tmp_path_factory: pytest.TempPathFactory, labels: np.ndarray
) -> None:
    path = tmp_path_factory.mktemp("labels") / "x.png"
    write_labels(path, labels)
    found = read_labels(path, (labels.shape[1], labels.shape[0]))
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, labels)


@pytest.mark.parametrize("kind", ["grey", "16 bits", "4-bit palette"])
def test_label_files_of_other_tools_are_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x.png"
    picture = Image.fromarray(_labels().astype(np.uint16 if kind == "16 bits" else np.uint8))
    if kind == "4-bit palette":
        picture.putpalette(palette().tobytes())
        picture.save(path, bits=4)
        assert path.read_bytes()[24] == 4
    else:
        picture.save(path)
    np.testing.assert_array_equal(read_labels(path), _labels())


def test_a_label_map_with_an_unknown_id_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    labels = _labels()
    labels[3, 4] = 11
    Image.fromarray(labels).save(path)
    with pytest.raises(InputError, match=r"x\.png: the label map holds the id 11; bring its"):
        read_labels(path)


def test_a_label_map_of_another_size_than_its_image_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    write_labels(path, _labels())
    with pytest.raises(InputError, match="is 40x24 pixels, its picture 80x48; export it at"):
        read_labels(path, (80, 48))


def test_a_label_map_in_colours_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    Image.fromarray(palette()[_labels()]).save(path)
    with pytest.raises(InputError, match="it holds colours instead of class ids; save the ids"):
        read_labels(path)


def test_a_label_file_that_is_none_is_told(tmp_path: Path) -> None:
    Image.new("L", (32, 32)).save(tmp_path / "x.jpg")
    (tmp_path / "x.jpg").rename(tmp_path / "jpeg.png")
    write_labels(tmp_path / "cut.png", np.random.default_rng(0).integers(0, 11, (64, 64)))
    (tmp_path / "cut.png").write_bytes((tmp_path / "cut.png").read_bytes()[:-400])
    for name in ("jpeg.png", "cut.png", "gone.png"):
        with pytest.raises(InputError, match=name):
            read_labels(tmp_path / name)


def test_a_map_with_an_unknown_id_is_never_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="id 11"):
        write_labels(tmp_path / "x.png", np.full((4, 4), 11, np.uint8))
    assert list(tmp_path.iterdir()) == []


# Splits


def test_splits_are_the_same_on_every_day_and_machine() -> None:
    found = {split: "".join(n for n in NAMES if split_of(n) == split) for split in KNOWN_SPLITS}
    assert found == KNOWN_SPLITS


# By the first eight digits of each letter's SHA-256: below 0.8, below 0.9, the rest.
NAMES = "01256aghi脸"
KNOWN_SPLITS = {"train": "01ah脸", "val": "2gi", "test": "56"}


def test_splits_follow_their_shares() -> None:
    names = [f"photo {i}" for i in range(4000)]
    shares = {"train": 6, "val": 3, "test": 1}
    splits = [split_of(name, shares) for name in names]
    for split, share in shares.items():
        assert abs(splits.count(split) / 4000 - share / 10) < 0.03


@given(st.text(alphabet=string.printable), st.floats(0, 1), st.floats(0, 1))
def test_a_sample_always_falls_in_a_split_with_a_share(name: str, a: float, b: float) -> None:
    shares = {"train": a, "val": 0.0, "test": b + 0.001}
    assert shares[split_of(name, shares)] > 0


def test_more_training_share_never_moves_a_sample_out_of_training() -> None:
    names = [str(i) for i in range(300)]
    small = {n for n in names if split_of(n, {"train": 5, "val": 5}) == "train"}
    large = {n for n in names if split_of(n, {"train": 8, "val": 2}) == "train"}
    assert small < large


@pytest.mark.parametrize("shares", [{"train": 0}, {"train": 2, "val": -1}])
def test_senseless_shares_are_refused(shares: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="shares"):
        split_of("x", shares)


# Folders


def _data_set(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def test_a_data_set_lists_its_samples_with_what_belongs_to_them(tmp_path: Path) -> None:
    _data_set(
        tmp_path,
        *("train/images/b.jpg", "train/images/a.png", "train/labels/a.png"),
        *("train/landmarks/a.txt", "train/landmarks/b.txt", "test/images/c.JPG"),
        *("test/images/Thumbs.db", "train/images/._b.jpg", "notes.txt"),
    )
    folder = LapaFolder(tmp_path)
    assert folder.splits() == ["train", "test"]
    a, b, c = folder.samples()
    assert (a.name, a.split, a.image.name) == ("a", "train", "a.png")
    assert a.labels == tmp_path / "train/labels/a.png"
    assert a.landmarks == tmp_path / "train/landmarks/a.txt"
    assert (b.labels, b.landmarks) == (None, tmp_path / "train/landmarks/b.txt")
    assert (c.name, c.split, c.labels, c.landmarks) == ("c", "test", None, None)
    assert folder.samples("test") == [c]


def test_the_three_folders_may_lie_directly_below_the_root(tmp_path: Path) -> None:
    _data_set(tmp_path, "images/sub/a.jpg", "labels/sub/a.png", "landmarks/a.txt")
    folder = LapaFolder(tmp_path)
    assert folder.splits() == [""]
    (sample,) = folder.samples()
    assert (sample.name, sample.split, sample.landmarks) == ("sub/a", "", None)
    assert sample.labels == tmp_path / "labels/sub/a.png"


def test_names_with_dots_keep_them(tmp_path: Path) -> None:
    _data_set(tmp_path, "images/a.b.jpg", "images/a.jpg", "labels/a.b.png")
    samples = {s.name: s.labels for s in LapaFolder(tmp_path).samples()}
    assert samples == {"a.b": tmp_path / "labels/a.b.png", "a": None}


def test_two_images_of_one_name_are_told(tmp_path: Path) -> None:
    _data_set(tmp_path, "images/a.jpg", "images/a.png")
    with pytest.raises(InputError, match=r"a\.png: a\.jpg has the same name; rename one"):
        LapaFolder(tmp_path).samples()


def test_folders_of_another_layout_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="it is no folder laid out as LaPa is; name a folder that"):
        LapaFolder(tmp_path).splits()
    with pytest.raises(InputError, match="gone: there is no such folder"):
        LapaFolder(tmp_path / "gone").samples()
    _data_set(tmp_path, "train/images/a.jpg", "images/a.jpg")
    with pytest.raises(InputError, match="no split 'val'; choose among the root itself, train"):
        LapaFolder(tmp_path).samples("val")
