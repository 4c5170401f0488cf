"""What cannot be right about a face is found, told and mended; what can be is left alone."""

from dataclasses import replace

import numpy as np
import pytest

from lapa_annotator.dla.anatomy import shape_of
from lapa_annotator.dla.frame import mean_shape
from lapa_annotator.dla.guard import Kind, _crossings, _displaced, find_problems
from lapa_annotator.dla.guard_map import find_disagreements
from lapa_annotator.domain.face import Annotation, Face
from lapa_annotator.domain.geometry import Box
from lapa_annotator.domain.landmarks import Landmarks, Origin
from lapa_annotator.domain.schema import MIRROR, N_POINTS, PART_BY_NAME
from lapa_annotator.ppa.parse import parse_face
from tests.dla.shapes import EYES, placed

EYE_POINTS = [*range(66, 84), 104, 105]
BROWS = list(range(33, 51))
CORNERS = [84, 90, 96, 100]


def swapped(points, indices):
    out = points.copy()
    out[indices] = points[MIRROR[indices]]
    return out


def exchanged(points, first, second):
    out = points.copy()
    out[first], out[second] = points[second], points[first]
    return out


def shifted(points, indices, dx, dy):
    out = points.copy()
    out[indices] += np.array([dx, dy]) * EYES
    return out


def cut_nose(points):
    out = points.copy()
    out[4:12] += (points[57] - points[7]) + [0.25 * EYES, 0]
    return out


LEFT_EYE = [*range(66, 75), 104]
PLANTED = {
    "whole face": (lambda p: p[MIRROR], Kind.SWAP),
    "eyes": (lambda p: swapped(p, EYE_POINTS), Kind.SWAP),
    "eyebrows": (lambda p: swapped(p, BROWS), Kind.SWAP),
    "mouth corners": (lambda p: swapped(p, CORNERS), Kind.SWAP),
    "two points of the jaw": (lambda p: exchanged(p, [7], [8]), Kind.ORDER),
    "a run of the jaw": (lambda p: exchanged(p, [5, 6, 10, 9], [10, 9, 5, 6]), Kind.ORDER),
    "lids": (lambda p: exchanged(p, [67, 68, 69], [73, 72, 71]), Kind.CROSSING),
    "lips": (lambda p: exchanged(p, [86, 87, 88], [97, 98, 99]), Kind.CROSSING),
    "an eye elsewhere": (lambda p: shifted(p, LEFT_EYE, -0.2, 0.5), Kind.OUTSIDE),
    "a pupil elsewhere": (lambda p: shifted(p, [105], 0.3, 0.2), Kind.PUPIL),
    "a cut nose": (cut_nose, Kind.NOSE),
}


def upright(roll=0.0):
    """The mean face, its mouth open a little so that its lips can cross."""
    shape = mean_shape().copy()
    shape[[101, 102, 103], 1] += 0.08
    shape[91:96, 1] += 0.08
    return placed(shape, roll)


@pytest.mark.parametrize("roll", [0, 40, 90, 180, -120])
def test_a_face_that_is_right_is_left_alone_however_the_head_rolls(roll):
    assert find_problems(Landmarks(upright(roll))) == []


@pytest.mark.parametrize("roll", [0, 100])
@pytest.mark.parametrize("name", PLANTED)
def test_what_cannot_be_right_is_found(name, roll):
    plant, kind = PLANTED[name]
    turn = placed(upright_canonical(plant), roll)
    assert kind in {p.kind for p in find_problems(Landmarks(turn))}


def upright_canonical(plant):
    """The planted face in the mean face's frame."""
    planted = plant(upright())
    return (planted - [200.0, 180.0]) / EYES


@pytest.mark.parametrize("name", PLANTED)
def test_the_repair_leaves_nothing_of_the_problem(name):
    plant, _ = PLANTED[name]
    face = Face(Box(0, 0, 400, 400), Landmarks(plant(upright())))
    annotation = Annotation((face,))
    for _ in range(4):
        problems = find_problems(annotation.faces[0].landmarks)
        if not problems:
            break
        annotation = problems[0].repair(annotation.faces[0]).apply(annotation)
    assert find_problems(annotation.faces[0].landmarks) == []
    off = np.linalg.norm(annotation.faces[0].landmarks.points - upright(), axis=1)
    assert off.max() < 0.25 * EYES


def test_a_repair_can_be_undone_and_a_swap_keeps_whose_points_they_are():
    points = swapped(upright(), EYE_POINTS)
    origin = np.zeros(N_POINTS, np.uint8)
    origin[66] = Origin.CORRECTED
    face = Face(Box(0, 0, 400, 400), Landmarks(points, origin=origin))
    (problem,) = find_problems(face.landmarks)
    edit = problem.repair(face)
    start = Annotation((face,))
    after = edit.apply(start)
    assert np.allclose(after.faces[0].landmarks.points, upright())
    assert after.faces[0].landmarks.origin.sum() == origin.sum()
    assert edit.inverse().apply(after) == start


def test_a_misplaced_part_goes_where_the_rest_of_the_face_has_it():
    points = shifted(upright(), BROWS[:9], 0.1, -0.5)
    face = Face(Box(0, 0, 400, 400), Landmarks(points))
    (problem,) = find_problems(face.landmarks)
    assert problem.kind is Kind.OUTSIDE
    mended = problem.repair(face).apply(Annotation((face,))).faces[0].landmarks
    assert np.abs(mended.points[BROWS[:9]] - upright()[BROWS[:9]]).max() < 0.15 * EYES
    assert (mended.origin[BROWS[:9]] == Origin.PROPAGATED).all()


@pytest.fixture(scope="module")
def labels():
    from lapa_annotator.training.drag_report import true_segmentation

    skin = true_segmentation(np.ones((360, 400), np.uint8))
    return parse_face((400, 360), upright(), skin)


def test_landmarks_that_fit_their_label_map_are_left_alone(labels):
    assert find_disagreements(Landmarks(upright()), labels) == []


def test_a_part_that_the_label_map_has_elsewhere_is_found(labels):
    mouth = [*PART_BY_NAME["outer lip"].indices, *PART_BY_NAME["inner lip"].indices]
    (problem,) = find_disagreements(Landmarks(shifted(upright(), mouth, 0.0, 0.5)), labels)
    assert problem.kind is Kind.MAP
    assert "mouth" in problem.message
    assert np.abs(problem.points.mean(axis=0) - upright()[mouth].mean(axis=0)).max() < 0.1 * EYES


def test_sides_that_the_label_map_has_the_other_way_round_are_found(labels):
    found = find_disagreements(Landmarks(swapped(upright(), EYE_POINTS)), labels)
    assert {p.kind for p in found} == {Kind.MAP}
    assert np.allclose(found[0].points, upright()[list(found[0].indices)])


def test_a_class_that_is_hidden_says_nothing(labels):
    hidden = np.where(labels == 4, 10, labels).astype(np.uint8)
    assert find_disagreements(Landmarks(upright()), hidden) == []


@pytest.mark.parametrize(("yaw", "told"), [(0.0, True), (30.0, True), (70.0, False)])
def test_brows_of_a_head_seen_from_the_side_may_lie_further_off(yaw, told):
    shape = shape_of(shifted(placed(), list(range(33, 42)), 0.0, -0.27))
    found = list(_displaced(replace(shape, yaw=yaw)))
    assert bool(found) == told


def test_brows_far_off_are_told_from_any_side():
    shape = shape_of(shifted(placed(), list(range(33, 42)), 0.0, -0.5))
    assert "left eyebrow" in next(_displaced(replace(shape, yaw=80.0))).message


@pytest.mark.parametrize(("yaw", "told"), [(0.0, True), (70.0, False)])
def test_edges_of_brows_may_overlap_more_from_the_side(yaw, told):
    points = placed()
    upper, lower = [34, 35, 36, 37], [41, 40, 39, 38]
    points[upper, 1] = points[lower, 1] + 0.075 * EYES
    found = list(_crossings(replace(shape_of(points), yaw=yaw)))
    assert bool(found) == told
