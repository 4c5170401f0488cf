"""One corrected point repairs its neighbours, and no touched point moves."""

from dataclasses import replace

import numpy as np
import pytest

from lapa_annotator.dla.prior import Prior, Sums, learn
from lapa_annotator.dla.propagate import Propagator
from lapa_annotator.dla.shape import learn_shapes
from lapa_annotator.domain.edits import SetPoints
from lapa_annotator.domain.face import Annotation, Face
from lapa_annotator.domain.geometry import Box, Similarity
from lapa_annotator.domain.landmarks import Landmarks, Origin
from lapa_annotator.domain.schema import N_POINTS
from tests.dla.shapes import EYES, wide_jaw

FRESH = Prior("m", Sums.none())


@pytest.fixture(scope="module")
def jaws() -> Prior:
    return learn([wide_jaw(seed) for seed in range(40)], "m", passes=2)


def proposal(seed: int = 200) -> tuple[Landmarks, np.ndarray]:
    face = wide_jaw(seed)
    return Landmarks(face.proposed, confidence=face.confidence), face.truth


def test_one_drag_of_the_jaw_repairs_its_whole_length(jaws):
    landmarks, truth = proposal()
    before = np.linalg.norm(landmarks.points[:33] - truth[:33], axis=1).mean()
    estimate = Propagator(jaws, landmarks).move({6: truth[6]})
    after = np.linalg.norm(estimate.points[:33] - truth[:33], axis=1).mean()
    assert after < before / 3


def test_fixed_points_stay_where_they_are_fixed_to_the_last_bit(jaws):
    landmarks, truth = proposal()
    fixed = {i: truth[i] + 0.123456789 for i in (3, 54, 87, 105)}
    estimate = Propagator(jaws, landmarks).move(fixed)
    for index, place in fixed.items():
        assert (estimate.points[index] == place).all()
        assert estimate.deviation[index] == 0


def test_the_order_of_the_corrections_makes_no_difference(jaws):
    landmarks, truth = proposal()
    one, other = Propagator(jaws, landmarks), Propagator(jaws, landmarks)
    for index in (3, 90, 40):
        one.move({index: truth[index]})
    fixed = {i: truth[i] for i in (3, 40, 90)}
    assert np.allclose(one.move(fixed).points, other.move(dict(reversed(fixed.items()))).points)


def test_a_drag_back_to_the_proposal_takes_its_neighbours_back():
    landmarks, _ = proposal()
    propagator = Propagator(FRESH, landmarks)
    away = propagator.move({6: landmarks.points[6] + 9}).points
    back = propagator.move({6: landmarks.points[6]}).points
    assert np.abs(away[7] - landmarks.points[7]).max() > 2
    assert np.allclose(back, landmarks.points)


def test_a_contour_drawn_by_another_rule_leaves_the_rest_of_the_face_alone():
    landmarks, _ = proposal()
    propagator = Propagator(FRESH, landmarks)
    off = np.array([[0.0, 1.0], [1.0, 0.0], [0.0, -1.0]])

    def followed(length: float) -> tuple[float, float]:
        """How far the mouth and the contour follow three drags that contradict each other."""
        fixed = {
            i: landmarks.points[i] + length * v for i, v in zip((12, 16, 20), off, strict=True)
        }
        moved = np.linalg.norm(propagator.move(fixed).points - landmarks.points, axis=1) / length
        return float(moved[84:96].mean()), float(moved[[11, 21]].mean())

    mouth, contour = followed(0.02 * EYES)
    far_mouth, far_contour = followed(0.4 * EYES)
    assert far_mouth < 0.5 * mouth
    assert far_contour > 0.6 * contour


def test_strength_says_how_far_neighbours_follow(jaws):
    landmarks, truth = proposal()
    moved = [
        Propagator(jaws, landmarks, strength=s).move({6: truth[6]}).points[8] - landmarks.points[8]
        for s in (0.0, 0.5, 1.0)
    ]
    assert not moved[0].any()
    assert np.allclose(moved[1], moved[2] / 2)
    with pytest.raises(ValueError, match="strength"):
        Propagator(jaws, landmarks, strength=1.5)


def test_heads_may_roll_and_have_any_size(jaws):
    landmarks, truth = proposal()
    turn = Similarity.about((0, 0), (900, 300), 2.5, 130)
    turned = replace(landmarks, points=turn.apply(landmarks.points))
    plain = Propagator(jaws, landmarks, pose=None).move({6: truth[6]})
    rolled = Propagator(jaws, turned).move({6: turn.apply(truth)[6]})
    assert np.allclose(rolled.points, turn.apply(plain.points), atol=0.05)
    assert np.allclose(rolled.deviation, 2.5 * plain.deviation, atol=0.05)


def test_doubt_falls_near_what_was_set_and_less_far_from_it(jaws):
    landmarks, _ = proposal()
    propagator = Propagator(FRESH, landmarks)
    before = propagator.move({}).deviation
    after = propagator.move({6: landmarks.points[6]}, picked=0).deviation
    assert after[7] < 0.9 * before[7]
    assert after[7] / before[7] < after[79] / before[79]


def test_what_is_said_to_be_near_the_truth_is():
    prior = learn([wide_jaw(seed) for seed in range(60)], "m", passes=2)
    said, right = [], []
    for seed in range(300, 340):
        landmarks, truth = proposal(seed)
        estimate = Propagator(prior, landmarks).move({4: truth[4]}, picked=0)
        radius = 0.015 * EYES
        free = np.arange(N_POINTS) != 4
        said.append(estimate.chance_within(radius)[free])
        right.append((np.linalg.norm(estimate.points - truth, axis=1) <= radius)[free])
    assert np.mean(said) == pytest.approx(np.mean(right), abs=0.15)


def dragged(landmarks: Landmarks, index: int, place) -> tuple[Face, SetPoints]:
    face = Face(Box(0, 0, 400, 400), landmarks)
    before = landmarks.take([index])
    after = replace(
        before,
        points=np.array([place]),
        origin=np.array([Origin.CORRECTED], np.uint8),
        annotator=("ann",),
        time=np.array([5.0]),
    )
    return face, SetPoints(face.id, before, after)


def test_a_drag_and_what_it_brings_along_are_one_edit_and_one_undo(jaws):
    landmarks, truth = proposal()
    face, drag = dragged(landmarks, 6, truth[6])
    edit = Propagator(jaws, landmarks).edit(face, drag)
    start = Annotation((face,))
    after = edit.apply(start).faces[0].landmarks
    assert after.origin[6] == Origin.CORRECTED
    assert after.origin[8] == Origin.PROPAGATED
    assert after.annotator[8] == "ann"
    assert 0 <= after.confidence[8] <= 1
    assert edit.inverse().apply(edit.apply(start)) == start


def test_an_edit_never_moves_what_a_person_has_touched(jaws):
    landmarks, truth = proposal()
    origin = landmarks.origin.copy()
    origin[7], origin[9] = Origin.CORRECTED, Origin.IMPORTED
    touched = replace(landmarks, origin=origin)
    face, drag = dragged(touched, 6, truth[6])
    edit = Propagator(jaws, landmarks).edit(face, drag)
    assert not {7, 9} & set(edit.after.indices)
    assert edit.after.indices[0] == 6


def test_a_propagated_point_moves_on_with_the_next_drag(jaws):
    landmarks, truth = proposal()
    face, drag = dragged(landmarks, 6, truth[6])
    propagator = Propagator(jaws, landmarks)
    once = propagator.edit(face, drag).apply(Annotation((face,))).faces[0]
    _, drag = dragged(once.landmarks, 8, truth[8] + 3)
    drag = SetPoints(once.id, drag.before, drag.after)
    twice = propagator.edit(once, drag).apply(Annotation((once,))).faces[0].landmarks
    assert (twice.points[9] != once.landmarks.points[9]).any()
    assert (twice.points[6] == once.landmarks.points[6]).all()


def test_what_faces_look_like_tells_where_points_are_that_no_drag_tells_of(jaws):
    landmarks, truth = proposal()
    shapes = learn_shapes([([wide_jaw(seed).truth for seed in range(40)], 1.0)])
    off = []
    for known in (None, shapes):
        estimate = Propagator(FRESH, landmarks, known).move({6: truth[6]})
        assert (estimate.points[6] == truth[6]).all()
        off.append(np.linalg.norm(estimate.points[:33] - truth[:33], axis=1).mean())
    assert off[1] < off[0]


def test_points_that_no_shape_explains_are_followed_all_the_same(jaws):
    landmarks, _ = proposal()
    shapes = learn_shapes([([wide_jaw(seed).truth for seed in range(40)], 1.0)])
    far = landmarks.points[6] + 0.4 * EYES
    moved = Propagator(jaws, landmarks, shapes).move({6: far}).points - landmarks.points
    assert np.linalg.norm(moved[7]) > 0.2 * EYES


def test_shapes_make_points_sure_only_once_a_point_has_been_set(jaws):
    landmarks, _ = proposal()
    shapes = learn_shapes([([wide_jaw(seed).truth for seed in range(40)], 1.0)])
    alone, both = Propagator(jaws, landmarks), Propagator(jaws, landmarks, shapes)
    first = both.move({})
    assert (first.deviation <= alone.move({}).deviation + 1e-9).all()
    unsurprised = both.move({6: first.points[6]}, picked=0).deviation
    assert first.deviation[33:].mean() > 1.1 * unsurprised[33:].mean()


@pytest.mark.parametrize("spread", [(0.0, 0.0), (1e-6, 1e-6), (1.0, 0.0)])
def test_points_that_are_no_face_are_followed_without_complaint(spread):
    shapes = learn_shapes([([wide_jaw(seed).truth for seed in range(8)], 1.0)])
    points = 50.0 + np.arange(N_POINTS)[:, None] * np.array(spread)
    estimate = Propagator(FRESH, Landmarks(points), shapes).move({3: (1.0, 2.0)})
    assert np.isfinite(estimate.points).all()
    assert (estimate.points[3] == (1.0, 2.0)).all()
