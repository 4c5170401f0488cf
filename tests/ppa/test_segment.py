"""The face is cut out upright, looked at twice, and brought back to where it was."""

import cv2
import numpy as np
import pytest

from lapa_annotator.batch.sample import sample_photos
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.geometry import square_crop
from lapa_annotator.domain.schema import mirror_points
from lapa_annotator.formats.photo import read_photo
from lapa_annotator.ppa.attach import BACKGROUND, HAIR, SKIN
from lapa_annotator.ppa.frame import FaceFrame
from lapa_annotator.ppa.registry import MODEL_FILES, SEGMENTERS, make_segmenter
from lapa_annotator.ppa.segment import segment_face
from lapa_annotator.runtime.crops import cut
from tests.ppa.faces import perfect_face
from tests.support import needs_models

POINTS = perfect_face().points
HERE = [pytest.param(n, marks=needs_models(*MODEL_FILES[n])) for n in sorted(SEGMENTERS)]


class RedIsSkin:
    """Calls red skin and blue hair, and remembers what it was shown."""

    name = "by colour"
    size = 64

    def __init__(self):
        self.crops = []

    def segment(self, crop):
        self.crops.append(crop)
        skin, hair = (crop[..., k].astype(np.float32) / 255 for k in (0, 2))
        skin *= 1 - hair
        return np.stack([1 - skin - hair, skin, hair]).astype(np.float32)


def _photo():
    image = np.zeros((1000, 1000, 3), np.uint8)
    cv2.ellipse(image, (500, 520), (330, 400), 0, 0, 360, (255, 0, 0), -1)
    image[60:260, 150:850] = (0, 0, 255)
    return image


def _winner(image, points):
    said = segment_face(image, points, RedIsSkin())
    to_image = said.to_crop.inverse().matrix
    channels = [cv2.warpAffine(c, to_image, (1000, 1000)) for c in said.probabilities]
    return np.stack(channels).argmax(axis=0), said


def test_what_was_said_lies_where_it_was_seen():
    image = _photo()
    winner, said = _winner(image, POINTS)
    assert said.model == "by colour"
    assert (winner[150:160, 300:700] == 2).all()
    assert (winner[500:600, 300:700] == 1).all()
    truth = np.where(image[..., 0] > 127, 1, np.where(image[..., 2] > 127, 2, 0))
    assert (winner != truth).mean() < 0.02


def test_the_three_probabilities_add_up():
    _, said = _winner(_photo(), POINTS)
    assert said.probabilities.dtype == np.uint8
    assert np.abs(said.probabilities.sum(axis=0, dtype=int) - 255).max() <= 2


def test_a_rolled_face_is_shown_upright():
    turn = cv2.getRotationMatrix2D((499.5, 499.5), -35, 1)
    points = POINTS @ turn[:, :2].T + turn[:, 2]
    upright, rolled = RedIsSkin(), RedIsSkin()
    segment_face(_photo(), POINTS, upright)
    segment_face(cv2.warpAffine(_photo(), turn, (1000, 1000)), points, rolled)
    assert FaceFrame.of(points).roll == pytest.approx(35, abs=0.1)
    for a, b in zip(upright.crops, rolled.crops, strict=True):
        assert np.abs(a.astype(int) - b).mean() < 6


def test_it_looks_once_closely_and_once_from_afar():
    seen = RedIsSkin()
    segment_face(_photo(), POINTS, seen)
    close, far = ((crop[..., 0] > 127).mean() for crop in seen.crops)
    assert close > 1.5 * far


def test_a_face_in_the_dark_is_lifted_into_the_light():
    seen = RedIsSkin()
    segment_face(_photo() // 8, POINTS, seen)
    assert seen.crops[0].max() > 3 * 255 // 8


def test_a_mirrored_photo_is_segmented_mirrored():
    winner, _ = _winner(_photo(), POINTS)
    mirrored, _ = _winner(np.ascontiguousarray(_photo()[:, ::-1]), mirror_points(POINTS, 1000))
    assert (winner[:, ::-1] != mirrored).mean() < 1e-3


@pytest.mark.parametrize("place", [-400.0, 5000.0])
def test_a_face_beyond_the_photo_is_no_problem(place):
    said = segment_face(_photo(), POINTS + place, RedIsSkin())
    channels, height, width = said.probabilities.shape
    assert (channels, height) == (3, width)


def test_points_that_coincide_are_no_problem():
    said = segment_face(_photo(), np.full((106, 2), 500.0), RedIsSkin())
    channels, height, width = said.probabilities.shape
    assert (channels, height) == (3, width)


def test_an_unknown_segmenter_is_named_with_those_that_exist():
    with pytest.raises(InputError, match="multiclass"):
        make_segmenter("magic")


@pytest.mark.models
@pytest.mark.parametrize("name", HERE)
def test_every_segmenter_keeps_the_contract(name):
    segmenter = make_segmenter(name)
    grey = np.full((segmenter.size, segmenter.size, 3), 128, np.uint8)
    said = segmenter.segment(grey)
    assert said.shape == (3, segmenter.size, segmenter.size)
    assert said.dtype == np.float32
    np.testing.assert_allclose(said.sum(axis=0), 1, atol=1e-4)
    assert said.min() >= -1e-5


@pytest.mark.models
@pytest.mark.parametrize("name", HERE)
def test_every_segmenter_tells_face_hair_and_clothes_apart(name):
    segmenter = make_segmenter(name)
    image = read_photo(next(p for p in sample_photos() if p.name == "astronaut.png")).pixels
    to_crop = square_crop((220, 130), 330, segmenter.size)
    said = segmenter.segment(cut(image, to_crop, segmenter.size))
    places = {(205, 125): SKIN, (225, 45): HAIR, (225, 215): BACKGROUND, (100, 280): BACKGROUND}
    for place, channel in places.items():
        x, y = np.round(to_crop.apply(np.array(place, float))).astype(int)
        assert said[channel, y, x] > 0.5, f"{place} of the photo"
