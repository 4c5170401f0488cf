import cv2
import numpy as np
import pytest

from lapa_annotator.formats.registry import mean_face
from lapa_annotator.training.data.augment import NO_CHANGE, AugmentSettings, augment
from lapa_annotator.training.data.crops import CropSpec, cut_crop
from lapa_annotator.training.data.reshape import Field, draw_field, reshape
from tests.training.data.support import sample

SPEC = CropSpec(256, 1.5)


@pytest.fixture
def crop():
    return cut_crop(sample(), SPEC)


def place(points, seed):
    """A field of the face, and places all over it."""
    rng = np.random.default_rng(seed)
    return draw_field(points, rng), rng.uniform(40, 216, (200, 2))


@pytest.mark.parametrize("seed", range(8))
def test_what_a_place_becomes_is_taken_from_it(crop, seed):
    field, places = place(crop.points, seed)
    there = field.goes_to(places)
    assert np.abs(field.taken_from(there) - places).max() < 0.02
    assert np.abs(there - places).max() > 1


@pytest.mark.parametrize("seed", range(4))
def test_the_grid_is_the_field_at_every_pixel(crop, seed):
    field, _ = place(crop.points, seed)
    x, y = field.grid(256)
    v, u = np.mgrid[:256:5, :256:5]
    taken = field.taken_from(np.stack([u, v], axis=-1).reshape(-1, 2).astype(float))
    assert np.allclose(x[::5, ::5].ravel(), taken[:, 0], atol=2e-3)
    assert np.allclose(y[::5, ::5].ravel(), taken[:, 1], atol=2e-3)


@pytest.mark.parametrize("index", [16, 51, 66, 84, 93, 98])
def test_a_dot_lands_where_its_point_says(crop, index):
    v, u = np.mgrid[:256, :256]
    x, y = crop.points[index]
    dot = 250 * np.exp(-((u - x) ** 2 + (v - y) ** 2) / (2 * 2.5**2))
    crop.image[:] = dot[..., None].astype(np.uint8)
    moved = reshape(crop, np.random.default_rng(index))
    seen = moved.image[..., 0].astype(float) * (moved.image[..., 0] > 4)
    centre = np.array([(u * seen).sum(), (v * seen).sum()]) / seen.sum()
    assert np.abs(centre - moved.points[index]).max() < 0.4
    assert moved.image.any()


def test_mouths_get_the_widths_of_people():
    """A mouth may leave the wanted widths by what its surroundings pull at it, no more."""
    mean = mean_face()
    mean = 60 * (mean - mean.mean(axis=0)) / np.ptp(mean, axis=0).max() + 64
    face = cut_crop(sample(points=mean), SPEC)
    rng = np.random.default_rng(0)
    widths = []
    for _ in range(60):
        points = reshape(face, rng).points
        apart = np.hypot(*(points[79] - points[66]))
        widths.append(np.hypot(*(points[90] - points[84])) / apart)
    assert min(widths) > 0.4
    assert max(widths) < 0.95
    assert max(widths) - min(widths) > 0.15


def test_a_field_that_folds_changes_nothing(crop, monkeypatch):
    folding = Field(
        np.array([[128.0, 128.0]]), np.array([np.eye(2) * -6.0]), np.zeros((1, 2)), np.array([30.0])
    )
    assert folding.goes_to(crop.points) is None
    monkeypatch.setattr(
        "lapa_annotator.training.data.reshape.draw_field", lambda points, rng: folding
    )
    assert reshape(crop, np.random.default_rng(0)) is crop


def test_augment_reshapes_as_often_as_it_is_told(crop):
    never = augment(crop, SPEC, np.random.default_rng(1), NO_CHANGE, SPEC)
    assert np.abs(never.points - crop.points).max() < 1e-6
    fields = {name: getattr(NO_CHANGE, name) for name in NO_CHANGE.__slots__}
    always = AugmentSettings(**{**fields, "reshape": 1.0})
    moved = augment(crop, SPEC, np.random.default_rng(1), always, SPEC)
    assert np.abs(moved.points - crop.points).max() > 1


def test_a_label_map_moves_with_the_picture(crop):
    labels = crop.labels.copy()
    crop.image[:] = np.where(labels[..., None] == 0, 0, 255)
    moved = reshape(crop, np.random.default_rng(3))
    sure = cv2.erode((moved.image[..., 0] > 250).astype(np.uint8), np.ones((3, 3))) > 0
    assert sure.any()
    assert (moved.labels[sure] > 0).all()
