import cv2
import numpy as np
import pytest

from lapa_annotator.domain.labelmap import mirror
from lapa_annotator.domain.schema import MIRROR, mirror_points
from lapa_annotator.training.data.augment import (
    NO_CHANGE,
    AugmentSettings,
    augment,
    draw_homography,
    transform,
)
from lapa_annotator.training.data.crops import Crop, CropSpec, cut_crop
from tests.training.data.support import sample

KEPT, WANTED = CropSpec(384, 2.25), CropSpec(256, 1.5)
STRONG = AugmentSettings(wide=1.0, perspective=0.2)


def blank(size=384, **more):
    fields = {
        "image": np.zeros((size, size, 3), np.uint8),
        "points": np.full((106, 2), size / 2),
        "weights": np.ones(106, np.float32),
        "visibility": np.full(106, 2, np.uint8),
        "labels": np.zeros((size, size), np.uint8),
        "soft": np.zeros((size, size, 2), np.uint8),
        "matte": np.full((size, size), 255, np.uint8),
    }
    return Crop(**{**fields, **more})


@pytest.mark.parametrize("seed", range(12))
def test_a_dot_lands_where_its_point_says(seed):
    rng = np.random.default_rng(seed)
    place = rng.uniform(150, 234, 2)
    y, x = np.mgrid[:384, :384]
    dot = 250 * np.exp(-((x - place[0]) ** 2 + (y - place[1]) ** 2) / (2 * 3.0**2))
    image = np.repeat(dot[..., None], 3, axis=2).astype(np.uint8)
    matrix = draw_homography(rng, STRONG, KEPT, WANTED)
    moved = transform(blank(image=image, points=np.tile(place, (106, 1))), matrix, 256, False)
    seen = moved.image[..., 0].astype(float) * (moved.image[..., 0] > 4)
    v, u = np.mgrid[:256, :256]
    centre = np.array([(u * seen).sum(), (v * seen).sum()]) / seen.sum()
    assert np.abs(centre - moved.points[0]).max() < 0.1


@pytest.mark.parametrize("seed", range(6))
def test_every_pixel_of_a_moved_label_map_is_its_nearest_pixel(seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 11, (384, 384), dtype=np.uint8)
    labels = cv2.resize(labels[::8, ::8], (384, 384), interpolation=cv2.INTER_NEAREST)
    matrix = draw_homography(rng, STRONG, KEPT, WANTED)
    moved = transform(blank(labels=labels), matrix, 256, False).labels
    v, u = np.mgrid[20:236, 20:236]
    back = cv2.perspectiveTransform(
        np.stack([u, v], axis=-1).reshape(1, -1, 2).astype(np.float64), np.linalg.inv(matrix)
    )[0]
    x, y = np.round(back).astype(int).T
    sure = (np.abs(back - np.round(back)) < 0.45).all(axis=1)
    sure &= (x >= 0) & (y >= 0) & (x < 384) & (y < 384)
    assert sure.sum() > 5000
    assert np.array_equal(moved[20:236, 20:236].ravel()[sure], labels[y[sure], x[sure]])


def test_a_mirrored_crop_swaps_the_sides_of_points_and_classes():
    made = cut_crop(sample(), KEPT)
    settings = AugmentSettings(**{**_fields(NO_CHANGE), "mirror": 1.0})
    got = augment(made, KEPT, np.random.default_rng(0), settings, KEPT)
    assert np.allclose(got.points, mirror_points(made.points, 384))
    assert np.array_equal(got.labels, mirror(made.labels))
    assert np.array_equal(got.image, made.image[:, ::-1])


def test_the_mirror_takes_weights_and_visibility_along():
    weights = np.linspace(0, 1, 106, dtype=np.float32)
    visibility = (np.arange(106) % 3).astype(np.uint8)
    settings = AugmentSettings(**{**_fields(NO_CHANGE), "mirror": 1.0})
    crop = blank(weights=weights, visibility=visibility)
    got = augment(crop, KEPT, np.random.default_rng(0), settings, KEPT)
    assert np.array_equal(got.weights, weights[MIRROR])
    assert np.array_equal(got.visibility, visibility[MIRROR])


def test_no_change_leaves_a_crop_as_it_is():
    made = cut_crop(sample(), KEPT)
    got = augment(made, KEPT, np.random.default_rng(0), NO_CHANGE, KEPT)
    for name in ("image", "points", "weights", "visibility", "labels", "soft"):
        assert np.allclose(getattr(got, name), getattr(made, name)), name


def test_a_narrower_crop_of_a_kept_one_is_what_would_have_been_cut():
    made = sample()
    got = augment(cut_crop(made, KEPT), KEPT, np.random.default_rng(0), NO_CHANGE, WANTED)
    assert np.allclose(got.points, cut_crop(made, WANTED).points)


def test_a_lifted_crop_of_a_lifted_one_keeps_its_place():
    kept, wanted = CropSpec(384, 3.0, lift=0.3), CropSpec(128, 2.0, lift=0.1)
    made = sample()
    got = augment(cut_crop(made, kept), kept, np.random.default_rng(0), NO_CHANGE, wanted)
    assert np.allclose(got.points, cut_crop(made, wanted).points)


def test_points_outside_of_the_crop_weigh_nothing():
    points = np.full((106, 2), 192.0)
    points[7] = (2.0, 192.0)
    crop = blank(points=points)
    got = augment(crop, KEPT, np.random.default_rng(0), NO_CHANGE, WANTED)
    assert got.weights[7] == 0
    assert got.weights[[0, 50]].tolist() == [1, 1]


def test_the_same_state_of_chance_gives_the_same_crop():
    made = cut_crop(sample(), KEPT)
    a, b, c = (
        augment(made, KEPT, np.random.default_rng(s), AugmentSettings(), WANTED) for s in (4, 4, 5)
    )
    assert np.array_equal(a.image, b.image)
    assert np.array_equal(a.points, b.points)
    assert not np.array_equal(a.points, c.points)


def test_what_lies_in_front_of_the_face_is_background_and_hides_points():
    settings = AugmentSettings(**{**_fields(NO_CHANGE), "occluders": 1.0})
    labels = np.ones((384, 384), np.uint8)
    soft = np.full((384, 384, 2), 120, np.uint8)
    points = np.random.default_rng(0).uniform(100, 284, (106, 2))
    crop = blank(labels=labels, soft=soft, points=points)
    got = augment(crop, KEPT, np.random.default_rng(1), settings, KEPT)
    covered = got.labels == 0
    assert 0 < covered.sum() < covered.size / 2
    assert not got.soft[covered].any()
    x, y = np.round(got.points).astype(int).T
    assert np.array_equal(got.visibility, np.where(covered[y, x], 1, 2))


def test_another_background_leaves_the_person_and_the_labels_alone():
    matte = np.ones((384, 384), np.uint8)
    matte[100:300, 100:300] = 255
    image = np.full((384, 384, 3), 77, np.uint8)
    settings = AugmentSettings(**{**_fields(NO_CHANGE), "background": 1.0})
    crop = blank(image=image, matte=matte)
    got = augment(crop, KEPT, np.random.default_rng(2), settings, KEPT)
    assert (got.image[100:300, 100:300] == 77).all()
    assert (got.image[:90] != 77).any(axis=-1).mean() > 0.9
    assert np.array_equal(got.labels, crop.labels)


def test_without_a_matte_the_background_stays():
    settings = AugmentSettings(**{**_fields(NO_CHANGE), "background": 1.0})
    crop = blank(image=np.full((384, 384, 3), 77, np.uint8))
    assert (augment(crop, KEPT, np.random.default_rng(2), settings, KEPT).image == 77).all()


def _fields(settings):
    return {name: getattr(settings, name) for name in settings.__dataclass_fields__}
