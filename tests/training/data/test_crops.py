import numpy as np
import pytest

from lapa_annotator.dla.crops import face_crop
from lapa_annotator.domain.errors import InputError
from lapa_annotator.training.data.crops import CropSpec, CropStore, cut_crop
from lapa_annotator.training.data.sample import UNKNOWN
from tests.training.data.support import Listed, face_points, sample

SPEC = CropSpec(64, 2.25)


def test_a_crop_of_the_network_s_margin_is_the_network_s_crop():
    points = face_points(degrees=20)
    assert CropSpec(256, 1.5).transform(points) == face_crop(points, 256, 1.5)


def test_lift_raises_the_crop_over_the_face():
    points = face_points()
    plain, lifted = CropSpec(90, 3.0), CropSpec(90, 3.0, lift=0.5)
    moved = lifted.transform(points).apply(points) - plain.transform(points).apply(points)
    assert np.allclose(moved, [0, 0.5 * 90 / 3])


def test_points_lie_on_the_same_pixels_in_crop_and_image():
    made = sample(points=face_points(degrees=15))
    image = np.zeros((128, 120, 3), np.float64)
    y, x = np.mgrid[:128, :120]
    image[..., 0], image[..., 1] = x, y  # every pixel says where it is
    made = sample(image=image.astype(np.uint8), points=face_points(degrees=15))
    crop = cut_crop(made, CropSpec(200, 1.2))
    for point, original in zip(crop.points, made.points, strict=True):
        row, column = np.round(point[::-1]).astype(int)
        assert np.abs(crop.image[row, column, :2] - original).max() < 1.1


def test_unknown_labels_stay_unknown_and_give_no_probability():
    crop = cut_crop(sample(labels=None), CropSpec(32, 1.0))
    assert set(np.unique(crop.labels)) <= {0, UNKNOWN}
    assert not crop.soft.any()


def test_labels_stand_in_where_there_is_no_soft_map():
    labels = np.full((128, 120), 10, np.uint8)
    labels[64:] = 6
    crop = cut_crop(sample(labels=labels), CropSpec(40, 1.0))
    assert crop.soft[2, 20].tolist() == [0, 255]
    assert crop.soft[37, 20].tolist() == [255, 0]


def test_the_matte_tells_where_the_photo_ends():
    crop = cut_crop(sample(), CropSpec(64, 6.0))
    assert crop.matte[0, 0] == 0
    assert crop.matte[32, 32] == 255
    assert not crop.image[0, 0].any()


def test_a_store_gives_back_what_was_cut(tmp_path):
    samples = [sample("a"), sample("b", points=face_points((70, 60), 30))]
    store = CropStore.build(Listed(samples), tmp_path, SPEC)
    assert (len(store), store.keys) == (2, ["a", "b"])
    for index, made in enumerate(samples):
        fresh = cut_crop(made, SPEC)
        for name in ("image", "points", "weights", "visibility", "labels", "soft", "matte"):
            assert np.array_equal(getattr(store[index], name), getattr(fresh, name))


def test_crops_are_cut_once_and_again_when_something_changed(tmp_path):
    reports = []
    report = lambda done, of: reports.append((done, of))  # noqa: E731
    first = CropStore.build(Listed([sample()]), tmp_path, SPEC, report)
    again = CropStore.build(Listed([sample()]), tmp_path, SPEC, report)
    assert reports == [(1, 1)]
    assert again.folder == first.folder
    other = CropStore.build(Listed([sample()], mark="1"), tmp_path, SPEC, report)
    wider = CropStore.build(Listed([sample()]), tmp_path, CropSpec(64, 3.0), report)
    assert len({first.folder, other.folder, wider.folder}) == 3


def test_a_run_that_breaks_leaves_nothing_behind(tmp_path):
    class Broken(Listed):
        def load(self, index):
            raise InputError("b.jpg", "the picture is damaged", "copy it again")

    with pytest.raises(InputError, match=r"b\.jpg"):
        CropStore.build(Broken([sample()]), tmp_path, SPEC)
    assert not list(tmp_path.iterdir())


def test_damaged_crops_are_refused_with_a_remedy(tmp_path):
    store = CropStore.build(Listed([sample()]), tmp_path, SPEC)
    (store.folder / "points.npy").write_bytes(b"nonsense")
    with pytest.raises(InputError, match="remove it"):
        CropStore(store.folder)
