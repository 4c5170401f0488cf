"""Data sets of label maps alone are trained on where their maps say the face is."""

import numpy as np
import pytest

from lapa_annotator.domain.classes import Label
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.geometry import Box, Similarity
from lapa_annotator.formats.classes import Classes
from lapa_annotator.formats.photo import write_picture
from lapa_annotator.formats.registry import FORMATS, mean_face
from lapa_annotator.formats.samples import Sample as Written
from lapa_annotator.formats.samples import SampleFace
from lapa_annotator.training.data.crops import CropSpec, cut_crop
from lapa_annotator.training.data.maps import layout_of, points_from_map
from lapa_annotator.training.data.sources import open_source
from tests.training.data.support import write_lapa

SIZE = (160, 200)
PARTS = {
    Label.LEFT_EYE: slice(66, 75),
    Label.RIGHT_EYE: slice(75, 84),
    Label.NOSE: slice(51, 66),
    Label.UPPER_LIP: slice(84, 104),
}


def _labels(points, parts=tuple(PARTS)):
    """A map with skin around the points and a patch at the centre of each part."""
    labels = np.zeros(SIZE[::-1], np.uint8)
    low, high = np.round(points.min(axis=0)), np.round(points.max(axis=0))
    x0, y0, x1, y1 = (int(v) for v in (*low, *high))
    labels[max(0, y0 - 30) : y0, x0:x1] = Label.HAIR
    labels[y0:y1, x0:x1] = Label.SKIN
    for label in parts:
        x, y = np.round(points[PARTS[label]].mean(axis=0)).astype(int)
        labels[y - 3 : y + 4, x - 3 : x + 4] = label
    return labels


def _placed(degrees=0.0):
    return Similarity.about((0.5, 0.5), (80, 100), 100, degrees).apply(mean_face())


def _write(root, name, faces):
    """Write a data set in a layout; returns its folder."""
    layout = FORMATS[name]
    rows = {}
    for number, (key, split) in enumerate(faces):
        labels = _labels(_placed())
        face = SampleFace(Box(20, 40, 140, 180), labels=labels)
        made = Written(key, split, *SIZE, (face,), number=number)
        rng = np.random.default_rng(number)
        picture = rng.integers(0, 256, (*SIZE[::-1], 3), dtype=np.uint8)
        write_picture(root / layout.image_place(made, ".jpg"), picture)
        written = layout.write(made, Classes())
        for place, data in written.files.items():
            (root / place).parent.mkdir(parents=True, exist_ok=True)
            (root / place).write_bytes(data)
        rows.setdefault(split, []).append(written.row)
    list(layout.lists(root, lambda split: iter(rows.get(split, [])), Classes()))
    return root


@pytest.mark.parametrize("name", ["celebamask", "helen", "voc"])
def test_maps_without_points_become_samples(tmp_path, name):
    root = _write(tmp_path / name, name, [("one", "train"), ("two", "train"), ("three", "test")])
    source = open_source(root)
    assert len(source) == 2
    sample = source.load(1)
    np.testing.assert_array_equal(sample.labels, _labels(_placed()))
    assert sample.image.shape == (*SIZE[::-1], 3)
    assert np.abs(sample.points - _placed()).max() < 2
    assert not sample.weights.any()
    assert open_source(root, "held out").keys() == ["three"]


def test_samples_can_be_had_in_any_order(tmp_path):
    root = _write(tmp_path / "c", "celebamask", [("b", "train"), ("c", "train"), ("d", "train")])
    source = open_source(root)
    images = [source.load(i).image for i in range(3)]
    for index in (2, 0, 1, 1):
        np.testing.assert_array_equal(source.load(index).image, images[index])


def test_a_changed_map_changes_the_fingerprint(tmp_path):
    one = open_source(_write(tmp_path / "a", "helen", [("x", "train")]))
    same = open_source(_write(tmp_path / "b", "helen", [("x", "train")]))
    other = open_source(_write(tmp_path / "c", "helen", [("u", "train")]))
    assert one.fingerprint() == same.fingerprint() != other.fingerprint()


@pytest.mark.parametrize("degrees", [0, 25])
def test_the_mean_face_lies_on_eyes_nose_and_mouth(degrees):
    points = _placed(degrees)
    found = points_from_map(_labels(points))
    assert np.linalg.norm(found - points, axis=1).max() < 3


def test_without_parts_the_skin_tells_where_the_face_is():
    points = _placed()
    found = points_from_map(_labels(points, parts=()))
    assert found[:, 0].min() == pytest.approx(points[:, 0].min(), abs=2)
    assert found[:, 1].max() == pytest.approx(points[:, 1].max(), abs=2)


def test_a_map_of_nobody_has_no_points():
    with pytest.raises(ValueError, match="without a face"):
        points_from_map(np.zeros((4, 4), np.uint8))


def test_such_a_sample_can_be_cut(tmp_path):
    sample = open_source(_write(tmp_path / "h", "helen", [("x", "train")])).load(0)
    crop = cut_crop(sample, CropSpec(64, 3.4, 0.2))
    assert set(np.unique(crop.labels)) >= {0, 1, 10}
    assert crop.soft[..., 1].max() == 255


def test_lapas_own_layout_is_not_mistaken_for_another(tmp_path):
    write_lapa(tmp_path / "lapa", ["face1", "face2"])
    assert layout_of(tmp_path / "lapa") is None


def test_a_damaged_mask_is_told(tmp_path):
    root = _write(tmp_path / "c", "celebamask", [("a", "train")])
    next(root.rglob("*_hair.png")).write_bytes(b"no picture")
    with pytest.raises(InputError, match="hair"):
        open_source(root)
