"""Repairs: what strokes cover, what operations make of a class, and that repairs stay."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapa_annotator.domain.classes import Label
from lapa_annotator.domain.edits import edit_from_dict
from lapa_annotator.domain.face import Annotation, Face
from lapa_annotator.domain.geometry import Box
from lapa_annotator.domain.landmarks import Landmarks
from lapa_annotator.domain.override import UNSET, Occluder, Patch
from lapa_annotator.ppa.complete import magic_edge, superpixels, surroundings
from lapa_annotator.ppa.parse import FaceParser, ParseOptions, parse_face
from lapa_annotator.ppa.raster import Rect
from lapa_annotator.ppa.repair import (
    Stroke,
    connected,
    grown,
    paintable,
    painted,
    relabelled,
    shrunk,
    smoothed,
    without_specks,
)
from tests.ppa.faces import SIZE, perfect_face, segmentation

SMALL = (60, 40)


def _face(override: Patch | None = None) -> Face:
    face = Face(Box(0, 0, 10, 10))
    return face if override is None else Face(Box(0, 0, 10, 10), override=override)


def _stroke(*places: tuple[float, float, float]) -> Stroke:
    stroke = Stroke(SMALL)
    for x, y, radius in places:
        stroke.mark(*stroke.to(x, y, radius))
    return stroke


def _board(label: int = Label.HAIR) -> np.ndarray:
    """Skin with a square of another class in it, 12 pixels wide, from 20 to 31."""
    labels = np.full((40, 60), Label.SKIN, np.uint8)
    labels[10:22, 20:32] = label
    return labels


# Strokes


def test_a_dot_covers_the_pixels_whose_centres_it_reaches():
    stroke = _stroke((20.0, 15.0, 5.0))
    y, x = np.mgrid[:40, :60]
    distance = np.hypot(x - 20, y - 15)
    assert stroke.pixels[distance < 4.9].all()
    assert not stroke.pixels[distance > 5.1].any()


@given(
    st.floats(-5, 65), st.floats(-5, 45), st.floats(-5, 65), st.floats(-5, 45), st.floats(0.1, 9)
)
def test_a_stroke_is_all_that_lies_within_its_radius_of_its_way(
    x0: float, y0: float, x1: float, y1: float, radius: float
) -> None:
    stroke = _stroke((x0, y0, radius), (x1, y1, radius))
    radius = max(radius, 0.71)
    y, x = np.mgrid[:40, :60]
    way = np.array([x1 - x0, y1 - y0])
    t = ((x - x0) * way[0] + (y - y0) * way[1]) / max(float(way @ way), 1e-12)
    t = np.clip(t, 0, 1)
    distance = np.hypot(x - x0 - t * way[0], y - y0 - t * way[1])
    # The brush is drawn with 32 corners.
    assert stroke.pixels[distance < 0.99 * radius - 0.01].all()
    assert not stroke.pixels[distance > radius + 0.01].any()


def test_the_thinnest_stroke_has_no_gaps():
    stroke = _stroke((3.3, 3.8, 0.1), (50.1, 30.9, 0.1))
    rows = stroke.pixels.any(axis=1)
    columns = stroke.pixels.any(axis=0)
    assert rows[4:31].all()
    assert columns[4:50].all()


def test_a_stroke_outside_the_photo_covers_nothing():
    stroke = Stroke(SMALL)
    rect, covered = stroke.to(-40.0, -40.0, 5.0)
    assert rect.empty
    assert not covered.size


def test_pressure_makes_a_stroke_that_grows_thinner():
    stroke = _stroke((10, 20, 8.0), (50, 20, 1.0))
    widths = stroke.pixels.sum(axis=0)
    assert widths[12] > widths[30] > widths[48] > 0


# Edits


def test_painting_fixes_the_pixels_of_the_stroke_and_no_others():
    stroke = _stroke((20, 15, 5))
    face = _face()
    edit = painted(face, stroke.rect, stroke.mask(), Label.HAIR)
    after = edit.apply(Annotation((face,))).faces[0]
    plane = after.override.region(0, 0, *SMALL).values
    np.testing.assert_array_equal(plane == Label.HAIR, stroke.pixels.astype(bool))
    assert ((plane == Label.HAIR) | (plane == UNSET)).all()


def test_an_edit_is_no_larger_than_what_it_changes():
    face = _face(Patch(0, 0, np.full((40, 60), Label.HAIR, np.uint8)))
    mask = np.ones((40, 60), bool)
    assert painted(face, Rect(0, 0, 60, 40), mask, Label.HAIR) is None
    mask[:] = False
    mask[7, 9] = True
    edit = painted(face, Rect(0, 0, 60, 40), mask, Label.SKIN)
    assert (edit.after.x, edit.after.y, edit.after.values.shape) == (9, 7, (1, 1))


def test_erasing_takes_repairs_away_and_leaves_nothing_behind():
    face = _face(Patch(18, 13, np.full((4, 4), Label.HAIR, np.uint8)))
    stroke = _stroke((20, 15, 8))
    edit = painted(face, stroke.rect, stroke.mask(), UNSET)
    assert edit.apply(Annotation((face,))).faces[0].override.values.size == 0


def test_undoing_a_repair_brings_back_exactly_what_was_there():
    face = _face(Patch(10, 10, np.full((9, 9), Label.NOSE, np.uint8)))
    stroke = _stroke((14, 14, 4), (30, 20, 6))
    before = Annotation((face,))
    edit = painted(face, stroke.rect, stroke.mask(), Occluder.GLASSES)
    read = edit_from_dict(json.loads(json.dumps(edit.to_dict())))
    assert read.inverse().apply(edit.apply(before)) == before


def test_a_brush_that_draws_behind_paints_over_chosen_classes_alone():
    labels = _board()
    allowed = paintable(labels, {Label.SKIN})
    np.testing.assert_array_equal(allowed, labels == Label.SKIN)
    assert paintable(labels, None).all()


def test_an_occluder_is_background_in_the_map_and_known_in_the_layer():
    face = _face()
    mask = np.ones((3, 4), bool)
    edit = painted(face, Rect(5, 6, 9, 9), mask, Occluder.GLASSES)
    layer = edit.apply(Annotation((face,))).faces[0].override
    assert (layer.values == Occluder.GLASSES).all()
    out = layer.apply(np.full((40, 60), Label.LEFT_EYE, np.uint8))
    assert (out[6:9, 5:9] == Label.BACKGROUND).all()
    assert (out == Label.LEFT_EYE).sum() == out.size - 12


# Regions


def test_a_fill_takes_the_region_of_one_class_under_it():
    labels = _board()
    nothing = np.full_like(labels, UNSET)
    np.testing.assert_array_equal(connected(labels, nothing, (25, 15)), labels == Label.HAIR)
    labels[30:33, 50:53] = Label.HAIR
    assert connected(labels, nothing, (51, 31)).sum() == 9


def test_a_fill_turns_a_repair_into_an_occluder_without_its_surroundings():
    """Glasses painted as background, next to background that nobody painted."""
    labels = np.zeros((40, 60), np.uint8)
    override = np.full_like(labels, UNSET)
    override[10:14, 10:30] = Label.BACKGROUND
    region = connected(labels, override, (12, 11))
    assert region.sum() == 4 * 20
    face = _face(Patch(0, 0, override))
    edit = painted(face, Rect(0, 0, 60, 40), region, Occluder.GLASSES)
    layer = edit.apply(Annotation((face,))).faces[0].override
    assert (layer.values == Occluder.GLASSES).sum() == 80


# Whole classes


def test_growing_and_shrinking_move_the_edge_by_a_pixel():
    labels = _board()
    assert (grown(labels, Label.HAIR) == Label.HAIR)[9:23, 20:32].all()
    smaller = shrunk(labels, Label.HAIR)
    assert (smaller == Label.HAIR).sum() == 10 * 10
    assert set(np.unique(smaller)) == {Label.SKIN, Label.HAIR}


def test_what_shrinks_goes_to_the_nearest_neighbour():
    labels = _board()
    labels[:, 40:] = Label.BACKGROUND
    labels[10:22, 20:40] = Label.HAIR
    smaller = shrunk(labels, Label.HAIR)
    assert (smaller[12:20, 39] == Label.BACKGROUND).all()
    assert (smaller[12:20, 20] == Label.SKIN).all()


def test_smoothing_rounds_a_corner_and_removes_a_spike():
    labels = _board()
    labels[16, 32:38] = Label.HAIR
    smooth = smoothed(labels, Label.HAIR, 4)
    assert (smooth[16, 34:38] == Label.SKIN).all()
    assert smooth[10, 20] == Label.SKIN
    assert smooth[16, 26] == Label.HAIR


def test_specks_go_and_the_class_stays():
    labels = _board()
    labels[30:32, 50:52] = Label.HAIR
    clean = without_specks(labels, Label.HAIR, 10)
    np.testing.assert_array_equal(clean, _board())
    np.testing.assert_array_equal(without_specks(clean, Label.NOSE, 10), clean)


@pytest.mark.parametrize("operation", [shrunk, grown])
def test_a_map_of_one_class_alone_stays_as_it_is(operation):
    labels = np.full((9, 9), Label.SKIN, np.uint8)
    np.testing.assert_array_equal(operation(labels, Label.SKIN), labels)


def test_an_operation_becomes_an_edit_of_what_it_changed():
    labels = _board()
    face = _face()
    edit = relabelled(face, Rect(0, 0, 60, 40), labels, grown(labels, Label.HAIR))
    layer = edit.apply(Annotation((face,))).faces[0].override
    np.testing.assert_array_equal(layer.apply(labels), grown(labels, Label.HAIR))
    assert (layer.values != UNSET).sum() == (grown(labels, Label.HAIR) != labels).sum()


# Strokes that the picture completes


def _blob() -> tuple[np.ndarray, np.ndarray]:
    """A reddish disc on noisy green, and which pixels it has."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:80, :100]
    disc = np.hypot(x - 50, y - 40) < 22
    image = np.where(disc[..., None], (180, 60, 50), (40, 120, 60)) + rng.normal(0, 9, (80, 100, 3))
    return np.clip(image, 0, 255).astype(np.uint8), disc


def test_a_magic_edge_finds_the_edge_that_the_stroke_did_not_follow():
    image, disc = _blob()
    seeds = np.zeros_like(disc)
    seeds[38:43, 40:61] = True
    found = magic_edge(image, seeds)
    both = (found & disc).sum() / (found | disc).sum()
    assert both > 0.95
    assert found[seeds].all()
    np.testing.assert_array_equal(found, magic_edge(image, seeds))


def test_a_large_window_is_completed_at_its_own_size():
    image, disc = _blob()
    image, disc = (np.repeat(np.repeat(a, 8, axis=0), 8, axis=1) for a in (image, disc))
    seeds = np.zeros_like(disc)
    seeds[310:340, 330:480] = True
    found = magic_edge(image, seeds)
    assert found.shape == disc.shape
    assert (found & disc).sum() / (found | disc).sum() > 0.9


def _temple(shade: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """A rod across skin above hair, (160, 200, 3) uint8 RGB with noise, and its pixels."""
    rng = np.random.default_rng(2)
    image = np.full((160, 200, 3), (214, 160, 138), np.uint8)
    image[:40] = (70, 50, 40)
    row = (70 + 0.15 * np.arange(200)).astype(int)
    rod = np.abs(np.arange(160)[:, None] - row) <= width // 2
    rod[:, :30] = rod[:, 170:] = False
    image[rod] = shade
    noise = rng.integers(-6, 7, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8), rod


@pytest.mark.parametrize("shade", [40, 245])
@pytest.mark.parametrize("brush", [2.0, 4.0])
def test_a_magic_edge_along_a_temple_of_glasses_finds_the_temple_alone(shade, brush):
    image, rod = _temple(shade, 5)
    stroke = Stroke((200, 160))
    for x in (40.0, 160.0):
        # The hand is two pixels off.
        stroke.mark(*stroke.to(x, 72 + 0.15 * x, brush))
    found = magic_edge(image, stroke.pixels.astype(bool))
    under = slice(45, 155)
    both = (found & rod)[:, under].sum() / (found | rod)[:, under].sum()
    assert both > 0.8


def test_a_wide_stroke_along_a_strap_finds_it_at_full_size():
    image, rod = _temple(40, 5)
    image, rod = (np.repeat(np.repeat(a, 10, axis=0), 10, axis=1) for a in (image, rod))
    stroke = Stroke((2000, 1600))
    for x in (400.0, 1600.0):
        stroke.mark(*stroke.to(x, 710 + 0.15 * x, 25.0))
    found = magic_edge(image, stroke.pixels.astype(bool))
    under = slice(450, 1550)
    assert found.shape == rod.shape
    assert (found & rod)[:, under].sum() / (found | rod)[:, under].sum() > 0.8


def test_a_magic_edge_where_there_is_none_leaves_the_stroke():
    image = np.full((60, 80, 3), 120, np.uint8)
    stroke = np.zeros((60, 80), bool)
    stroke[28:31, 20:60] = True
    assert magic_edge(image, stroke)[stroke].all()


def test_superpixels_stop_at_the_edge():
    image, disc = _blob()
    seeds = np.zeros_like(disc)
    seeds[40, 40:60] = True
    found = superpixels(image, seeds, 12)
    assert found[seeds].all()
    assert (found & ~disc).sum() < 0.05 * found.sum()
    assert found.sum() > 10 * seeds.sum()


def test_surroundings_stay_in_the_photo():
    assert surroundings(Rect(0, 0, 10, 10), (50, 40)) == Rect(0, 0, 23, 23)


# A repair stays


def test_a_repair_stays_when_points_move_and_segmentation_and_fusion_are_redone():
    face = perfect_face()
    first = parse_face(SIZE, face.points, segmentation())
    stroke = Stroke(SIZE)
    for x, y in ((300.0, 440.0), (700.0, 440.0)):
        stroke.mark(*stroke.to(x, y, 40.0))
    known = Face(Box(0, 0, 999, 999), Landmarks(face.points))
    edit = painted(known, stroke.rect, stroke.mask(), Occluder.GLASSES)
    known = edit.apply(Annotation((known,))).faces[0]
    fixed = stroke.pixels.astype(bool)

    other_hair = (np.mgrid[:250, :250][0] < 40).astype(float)
    moved = face.points + np.array([25.0, 10.0])
    redone = {
        "points": (moved, segmentation(), ParseOptions()),
        "segmentation": (face.points, segmentation(hair=other_hair), ParseOptions()),
        "fusion": (
            face.points,
            segmentation(),
            ParseOptions(order=("skin", "parts", "background")),
        ),
        "all": (moved, segmentation(hair=other_hair), ParseOptions(fitting="direct")),
    }
    assert (first[fixed] != Label.BACKGROUND).any(), "the repair says something new"
    for points, said, options in redone.values():
        bare = parse_face(SIZE, points, said, options)
        repaired = parse_face(SIZE, points, said, options, known.override)
        assert (bare != first).any(), "something was redone"
        assert (repaired[fixed] == Label.BACKGROUND).all()
        np.testing.assert_array_equal(repaired[~fixed], bare[~fixed])


def test_painting_a_part_of_the_layer_redraws_that_part_alone():
    face = perfect_face()
    parser = FaceParser(SIZE, face.points, segmentation())
    layer = Patch(400, 500, np.full((20, 30), Label.HAIR, np.uint8))
    rect = parser.paint(layer, Rect(400, 500, 430, 520))
    assert rect == Rect(400, 500, 430, 520)
    again = parse_face(SIZE, face.points, segmentation(), override=layer)
    np.testing.assert_array_equal(parser.labels, again)
