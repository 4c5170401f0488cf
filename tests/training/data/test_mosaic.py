"""Mosaics: faces where they are said to be, and nowhere else."""

import cv2
import numpy as np
import pytest

from lapa_annotator.domain.geometry import Box
from lapa_annotator.training.data.clutter import background, faceless_strips, scrap
from lapa_annotator.training.data.mosaic import (
    MosaicMaker,
    MosaicSettings,
    Portrait,
    load_portraits,
)
from tests.training.data.support import Listed, face_points, sample

SETTINGS = MosaicSettings(side=96, faces=4, smallest=12, largest=80)


def portrait():
    """Grey, with a disk of pure green in the face's box."""
    points = face_points()
    image = np.full((128, 120, 3), 128, np.uint8)
    box = Box.around(points)
    cv2.circle(
        image, tuple(round(v) for v in box.centre), round(box.width / 2) - 2, (0, 255, 0), -1
    )
    return Portrait(image, (points,))


def maker(settings=SETTINGS):
    return MosaicMaker([([portrait()], 1.0)], settings)


def test_the_same_seed_and_number_give_the_same_mosaic():
    one, same, other = maker().make(3, 5), maker().make(3, 5), maker().make(3, 6)
    assert (one.image == same.image).all()
    assert one.boxes == same.boxes
    assert (one.image != other.image).any()


def test_faces_lie_in_their_boxes():
    right = []
    for number in range(40):
        made = maker().make(1, number)
        for box in made.boxes:
            x, y = (round(v) for v in box.centre)
            near = made.image[max(y - 2, 0) : y + 3, max(x - 2, 0) : x + 3]
            red, green, blue = near.reshape(-1, 3).mean(axis=0)
            # A canvas in black and white says nothing.
            if max(abs(green - red), abs(green - blue)) > 12:
                right.append(green > red and green > blue)
    assert len(right) > 30
    assert np.mean(right) > 0.95


def test_faces_are_of_the_sizes_and_numbers_that_are_asked_for():
    mosaics = [maker().make(2, n) for n in range(60)]
    sizes = [max(b.width, b.height) for m in mosaics for b in m.boxes]
    # A face that is turned has a larger box around it.
    assert 0.8 * SETTINGS.smallest <= min(sizes) < 20
    assert 60 < max(sizes) <= SETTINGS.largest * 1.5
    assert 0 in {len(m.boxes) for m in mosaics}
    assert max(len(m.boxes) for m in mosaics) >= 3


def test_rolls_follow_the_faces_and_stay_within_the_turn():
    upright = MosaicSettings(side=96, faces=4, turn=0.0)
    rolls = [abs(b.roll) for n in range(10) for b in maker(upright).make(0, n).boxes]
    assert rolls
    assert max(rolls) < 1e-6
    rolls = [abs(b.roll) for n in range(40) for b in maker().make(0, n).boxes]
    assert 20 < max(rolls) <= 60.001


def test_a_canvas_may_be_all_faceless():
    settings = MosaicSettings(side=96, faceless=1.0)
    assert all(
        not m.boxes and not m.doubtful for m in (maker(settings).make(0, n) for n in range(5))
    )


def test_boxes_have_their_centres_on_the_canvas():
    for number in range(40):
        for box in maker().make(4, number).boxes:
            assert all(-0.5 <= v <= 95.5 for v in box.centre)


def test_faces_of_one_photo_become_one_portrait():
    samples = [sample("group"), sample("group~1"), sample("other"), sample("other~t1")]
    assert sorted(len(p.faces) for p in load_portraits(Listed(samples))) == [1, 1, 2]


def test_large_photos_are_reduced_and_their_points_with_them():
    (large,) = load_portraits(Listed([sample("a", width=2048, height=1024)]))
    assert large.image.shape == (256, 512, 3)
    assert large.faces[0] == pytest.approx((face_points() + 0.5) / 4 - 0.5)


@pytest.mark.parametrize("groups", [[], [([], 1.0)], [([portrait()], 0.0)]])
def test_nothing_to_paste_is_said(groups):
    with pytest.raises(ValueError, match="groups of portraits"):
        MosaicMaker(groups, SETTINGS)


def test_a_scrap_shows_no_face():
    made = portrait()
    cover = [np.full((20, 20, 3), 128, np.uint8)]
    (box,) = made.boxes
    inside = np.s_[round(box.y0) : round(box.y1), round(box.x0) : round(box.x1)]
    whole = 0
    for seed in range(12):
        kept = scrap(made.image, made.boxes, cover, np.random.default_rng(seed))
        if kept.shape == made.image.shape:
            whole += 1
            same = (kept[inside] == made.image[inside]).all(axis=2)
            assert same.mean() < 0.8
        else:
            assert (kept == 128).all()
    assert 0 < whole < 12


def test_strips_hold_nothing_of_the_faces_they_lie_beside():
    made = portrait()
    strips = faceless_strips(made.image, made.boxes)
    assert strips
    assert all((strip == 128).all() for strip in strips)


def test_a_background_fills_the_canvas():
    scraps = [np.full((30, 50, 3), 200, np.uint8)]
    for seed in range(8):
        assert background(scraps, 64, np.random.default_rng(seed)).shape == (64, 64, 3)
