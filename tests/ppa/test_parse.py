"""Skin, parts, hair and background are painted in order, and moves redraw what they must."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lapa_annotator.domain.classes import Label
from lapa_annotator.domain.geometry import Similarity
from lapa_annotator.domain.labelmap import check_label_map, mirror
from lapa_annotator.domain.override import EMPTY, UNSET, Patch
from lapa_annotator.domain.schema import mirror_points
from lapa_annotator.ppa.fusion import Sureness, coarse, face_region, fuse
from lapa_annotator.ppa.parse import FaceParser, ParseOptions, parse_face
from lapa_annotator.ppa.raster import Rect
from lapa_annotator.ppa.segment import Segmentation
from tests.ppa.faces import SIZE, perfect_face, segmentation

POINTS = perfect_face().points
PLAIN = segmentation()
EYE = 440, 340
BELOW_CHIN = 885, 499


def _with_hair_over_the_left_eye(probability):
    hair = np.zeros((250, 250))
    hair[:125, :95] = probability
    return segmentation(hair=hair)


def _with_background_over_the_left_eye(probability):
    skin = np.ones((250, 250))
    skin[100:120, 60:110] = 1 - probability
    return segmentation(skin=skin, hair=np.zeros((250, 250)))


def test_every_class_of_a_face_is_there():
    labels = parse_face(SIZE, POINTS, PLAIN)
    check_label_map(labels, SIZE)
    assert set(np.unique(labels)) == set(range(11))
    assert labels[EYE] == Label.LEFT_EYE
    assert labels[440, 660] == Label.RIGHT_EYE
    assert labels[600, 499] == Label.NOSE
    assert labels[700, 350] == Label.SKIN
    assert labels[150, 499] == Label.HAIR


def test_hair_in_front_of_an_eye_wins():
    assert parse_face(SIZE, POINTS, _with_hair_over_the_left_eye(1.0))[EYE] == Label.HAIR


@pytest.mark.parametrize(
    ("place", "label"),
    [
        (_with_hair_over_the_left_eye(0.55), Label.HAIR),
        (_with_background_over_the_left_eye(0.65), Label.BACKGROUND),
    ],
)
def test_what_covers_an_eye_need_not_be_beyond_doubt(place, label):
    assert parse_face(SIZE, POINTS, place)[EYE] == label


def test_a_doubt_of_hair_does_not_cost_an_eye():
    labels = parse_face(SIZE, POINTS, _with_hair_over_the_left_eye(0.4))
    assert labels[EYE] == Label.LEFT_EYE


def test_sunglasses_in_front_of_an_eye_win():
    labels = parse_face(SIZE, POINTS, _with_background_over_the_left_eye(1.0))
    assert labels[EYE] == Label.BACKGROUND


def test_clear_glasses_leave_the_eye():
    labels = parse_face(SIZE, POINTS, _with_background_over_the_left_eye(0.55))
    assert labels[EYE] == Label.LEFT_EYE


def test_the_order_of_fusion_can_be_changed():
    options = ParseOptions(order=("skin", "hair", "background", "parts"))
    labels = parse_face(SIZE, POINTS, _with_hair_over_the_left_eye(1.0), options)
    assert labels[EYE] == Label.LEFT_EYE
    without = ParseOptions(order=("skin", "parts"))
    assert not (parse_face(SIZE, POINTS, PLAIN, without) == Label.HAIR).any()


def test_the_jawline_cuts_skin_from_neck_and_leaves_the_ears():
    labels = parse_face(SIZE, POINTS, PLAIN, ParseOptions(jaw_slack=0.0))
    assert labels[860, 499] == Label.SKIN
    assert labels[BELOW_CHIN] == Label.BACKGROUND
    assert labels[480, 180] == labels[480, 820] == Label.SKIN


def test_near_a_proposed_jawline_skin_that_was_seen_is_believed():
    assert parse_face(SIZE, POINTS, PLAIN)[BELOW_CHIN] == Label.SKIN


def test_a_jawline_that_a_person_has_set_cuts_exactly():
    touched = np.zeros(106, bool)
    touched[10:23] = True
    labels = parse_face(SIZE, POINTS, PLAIN, touched=touched)
    exact = parse_face(SIZE, POINTS, PLAIN, ParseOptions(jaw_slack=0.0))
    assert labels[BELOW_CHIN] == Label.BACKGROUND
    np.testing.assert_array_equal(labels[860:, 450:550], exact[860:, 450:550])


def test_face_reaches_to_a_jawline_that_a_person_has_set_though_a_network_sees_neck():
    skin = np.ones((250, 250))
    skin[210:] = 0
    neck = segmentation(skin=skin, hair=np.zeros((250, 250)))
    touched = np.zeros(106, bool)
    assert parse_face(SIZE, POINTS, neck)[860, 499] == Label.BACKGROUND
    touched[10:23] = True
    labels = parse_face(SIZE, POINTS, neck, touched=touched)
    assert labels[860, 499] == Label.SKIN
    assert labels[BELOW_CHIN] == Label.BACKGROUND


def test_skin_in_the_shade_is_skin_inside_the_contour():
    doubtful = np.full((250, 250), 0.45)
    labels = parse_face(SIZE, POINTS, segmentation(skin=doubtful, hair=np.zeros((250, 250))))
    assert labels[700, 350] == Label.SKIN
    assert labels[480, 100] == Label.BACKGROUND


def test_the_override_lies_on_top_of_everything():
    values = np.full((30, 40), UNSET, np.uint8)
    values[:10] = Label.HAIR
    labels = parse_face(SIZE, POINTS, PLAIN, override=Patch(320, 430, values))
    plain = parse_face(SIZE, POINTS, PLAIN)
    assert (labels[430:440, 320:360] == Label.HAIR).all()
    labels[430:440, 320:360] = plain[430:440, 320:360]
    np.testing.assert_array_equal(labels, plain)


def test_a_mirrored_face_gives_the_mirrored_map():
    hair = np.zeros((250, 250))
    hair[20:60, 90:170] = 1
    rng = np.random.default_rng(3)
    points = POINTS + rng.normal(0, 2, POINTS.shape)
    said = segmentation(hair=hair)
    flipped = Segmentation(said.probabilities[:, :, ::-1].copy(), said.to_crop, said.model)
    labels = parse_face(SIZE, points, said)
    mirrored = parse_face(SIZE, mirror_points(points, 1000), flipped)
    assert (mirror(labels) != mirrored).sum() < 20


def test_a_rectangle_is_fused_as_it_is_in_the_whole():
    parser = FaceParser(SIZE, POINTS, PLAIN)
    base = coarse(PLAIN, SIZE, Sureness())
    region = face_region(POINTS, parser.jawline, ParseOptions().jaw_slack, np.zeros(33, bool))
    for rect in (Rect(0, 0, 1000, 1000), Rect(250, 300, 420, 470), Rect(480, 700, 530, 900)):
        fused = fuse(rect, base, region, parser.parts)
        np.testing.assert_array_equal(fused, parser.labels[rect.slices])


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.integers(0, 105), st.floats(-60, 60), st.floats(-60, 60), st.booleans()),
        min_size=1,
        max_size=4,
    )
)
def test_after_any_moves_the_live_map_is_what_a_fresh_one_would_be(moves):
    parser = FaceParser(SIZE, POINTS, PLAIN)
    points, touched = POINTS.copy(), np.zeros(106, bool)
    for index, dx, dy, by_hand in moves:
        points = points.copy()
        points[index] += (dx, dy)
        touched = touched.copy()
        touched[index] |= by_hand
        before = parser.labels.copy()
        dirty = parser.move(points, touched)
        outside = np.ones_like(before, bool)
        outside[dirty.slices] = False
        np.testing.assert_array_equal(parser.labels[outside], before[outside])
    fresh = parse_face(SIZE, points, PLAIN, touched=touched)
    np.testing.assert_array_equal(parser.labels, fresh)


def test_moving_one_point_of_a_brow_redraws_little():
    parser = FaceParser(SIZE, POINTS, PLAIN)
    points = POINTS.copy()
    points[39] += 3
    dirty = parser.move(points)
    assert (dirty.x1 - dirty.x0) * (dirty.y1 - dirty.y0) < 250 * 120


def test_moving_nothing_redraws_nothing():
    assert FaceParser(SIZE, POINTS, PLAIN).move(POINTS).empty


def test_painting_redraws_what_was_painted_and_what_was_erased():
    parser = FaceParser(SIZE, POINTS, PLAIN)
    plain = parser.labels.copy()
    parser.paint(Patch(500, 600, np.full((20, 20), Label.HAIR, np.uint8)))
    assert (parser.labels[600:620, 500:520] == Label.HAIR).all()
    dirty = parser.paint(EMPTY)
    assert dirty == Rect(500, 600, 520, 620)
    np.testing.assert_array_equal(parser.labels, plain)


def test_bad_points_are_refused_and_change_nothing():
    parser = FaceParser(SIZE, POINTS, PLAIN)
    labels = parser.labels.copy()
    bad = POINTS.copy()
    bad[4, 1] = np.nan
    with pytest.raises(ValueError, match="point 4"):
        parser.move(bad)
    np.testing.assert_array_equal(parser.labels, labels)
    assert parser.move(POINTS).empty


def test_remarks_tell_what_was_left_out():
    points = POINTS.copy()
    points[33:42] = points[33]
    assert "left eyebrow has no area" in FaceParser(SIZE, points, PLAIN).remarks
    assert FaceParser(SIZE, POINTS, PLAIN).remarks == ()


@pytest.mark.parametrize("fitting", ["curves", "direct"])
@given(
    seed=st.integers(0, 2**32 - 1),
    scale=st.sampled_from([0.0, 1e-9, 1.0, 40.0]),
    shift=st.sampled_from([0.0, -700.0, 3e4]),
)
@settings(max_examples=15)
def test_points_anywhere_never_raise(fitting, seed, scale, shift):
    noise = np.random.default_rng(seed).normal(0, 30, POINTS.shape)
    points = POINTS * scale + shift + (noise if scale else 0)
    labels = parse_face((64, 48), points, PLAIN, ParseOptions(fitting=fitting))
    check_label_map(labels, (64, 48))


def test_a_segmentation_elsewhere_leaves_the_parts_alone():
    away = Segmentation(PLAIN.probabilities, Similarity(0.25, 0.0, 5e4, 5e4), "away")
    labels = parse_face(SIZE, POINTS, away)
    assert labels[EYE] == Label.LEFT_EYE
    assert not (labels == Label.HAIR).any()
