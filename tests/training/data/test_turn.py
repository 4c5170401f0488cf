import numpy as np
import pytest

from lapa_annotator.dla.frame import mean_shape
from lapa_annotator.dla.pose import estimate_pose
from lapa_annotator.training.data.sample import Sample
from lapa_annotator.training.data.turn import NODDED, TurnSettings, draw_turn, turn
from tests.support import needs_models, needs_shared

SIZE, FACE = 240, 100


def dome_mesh():
    """A mesh over a dome like a face: an ellipse on the picture, its middle nearest."""
    rng = np.random.default_rng(0)
    flat = rng.normal(size=(478, 2))
    flat = flat / np.hypot(*flat.T)[:, None] * np.sqrt(rng.uniform(0, 1, (478, 1)))
    flat[:60] = [(np.cos(a), np.sin(a)) for a in np.linspace(0, 2 * np.pi, 60)]
    depth = -0.5 * np.sqrt(np.clip(1 - (flat**2).sum(axis=1), 0, 1))
    middle = (SIZE - 1) / 2
    return np.column_stack([middle + flat * (FACE * 0.42, FACE * 0.5), depth * FACE])


def dome(**more):
    """A sample whose pixels say where they come from; its points are vertices of the dome."""
    y, x = np.mgrid[:SIZE, :SIZE]
    image = np.stack([x, y, np.zeros_like(x)], axis=-1).astype(np.uint8)
    mesh = dome_mesh()
    points = mean_shape() * 45 + (SIZE - 1) / 2
    labels = (((x - SIZE / 2) / 42) ** 2 + ((y - SIZE / 2) / 50) ** 2 < 1).astype(np.uint8)
    fields = {"labels": labels, "matte": labels * np.uint8(255)}
    return Sample(image=image, points=points, key="dome", **{**fields, **more}), mesh


@pytest.mark.parametrize("yaw", [25.0, -25.0])
def test_the_nose_turns_to_the_side_that_is_asked_for(yaw):
    made, mesh = dome()
    got = turn(made, mesh, yaw, 0.0)
    side = got.points[54] - np.mean([got.points[66], got.points[79]], axis=0)
    assert np.sign(side[0]) == np.sign(yaw)
    assert abs(side[0]) > 2


def test_inner_points_stay_on_their_pixels():
    made, mesh = dome()
    got = turn(made, mesh, 20.0, 8.0)
    seen = got.visibility[33:] == 2
    assert seen.sum() > 40
    x, y = np.round(got.points[33:][seen]).astype(int).T
    came_from = got.image[y, x, :2].astype(float)
    assert np.median(np.abs(came_from - made.points[33:][seen])) < 1.0


def test_labels_and_matte_turn_with_the_picture():
    made, mesh = dome()
    got = turn(made, mesh, 20.0, 0.0)
    x, y = got.image[..., 0].astype(int), got.image[..., 1].astype(int)
    agree = got.labels == made.labels[np.clip(y, 0, SIZE - 1), np.clip(x, 0, SIZE - 1)]
    assert agree.mean() > 0.99
    assert ((got.matte > 127) == (got.labels > 0)).mean() > 0.99


def test_the_edges_of_the_picture_stay_where_they_are():
    made, mesh = dome()
    got = turn(made, mesh, 30.0, 0.0)
    for edge in (np.s_[0, :], np.s_[-1, :], np.s_[:, 0], np.s_[:, -1]):
        assert np.abs(got.image[edge].astype(int) - made.image[edge]).max() <= 2


def test_no_turn_changes_nothing():
    made, mesh = dome()
    got = turn(made, mesh, 0.0, 0.0)
    assert np.abs(got.image.astype(int) - made.image).max() <= 1
    assert np.allclose(got.points, made.points, atol=0.02)
    assert np.array_equal(got.labels, made.labels)


def test_a_face_that_would_be_smeared_is_left_out():
    made, mesh = dome()
    assert turn(made, mesh, 20.0, 0.0, TurnSettings(most_stretch=1.01, most_torn=0.05)) is None


def test_a_turned_head_is_turned_on_to_the_same_side():
    made, mesh = dome()
    points = turn(made, mesh, 30.0, 0.0).points
    assert estimate_pose(points).yaw > 6
    for seed in range(8):
        drawn = draw_turn(np.random.default_rng(seed), points, TurnSettings(most_yaw=90))
        assert drawn[0] > 0


def test_a_head_turned_as_far_as_may_be_is_left_alone():
    made, _ = dome()
    far = TurnSettings(yaw=(40, 50), most_yaw=30)
    assert draw_turn(np.random.default_rng(0), made.points, far) is None


def test_nods_go_up_and_down_and_turn_little():
    made, mesh = dome()
    drawn = [draw_turn(np.random.default_rng(n), made.points, NODDED) for n in range(60)]
    yaws, pitches = np.abs([d[0] for d in drawn]), np.array([d[1] for d in drawn])
    assert yaws.max() <= 15
    assert np.abs(pitches).min() >= 10
    assert np.abs(pitches).max() <= 34
    assert 0.25 < (pitches > 0).mean() < 0.75
    up, down = (turn(made, mesh, 0.0, pitch).points[54, 1] for pitch in (25.0, -25.0))
    assert up < made.points[54, 1] < down


@pytest.mark.models
@needs_models("face_detection_full_range", "facemesh", "multiclass")
@needs_shared("portraits")
def test_a_turned_portrait_is_seen_turned_by_the_mesh_again(tmp_path):
    from lapa_annotator.dla.registry import make_detector, make_proposer
    from lapa_annotator.formats.photo import read_photo
    from lapa_annotator.ppa.registry import make_segmenter
    from lapa_annotator.training.data.teach import _sample
    from lapa_annotator.training.data.teacher import TEACHERS, Teachers, TeachSettings, agree
    from tests.support import SHARED

    detector, proposer, segmenter = TEACHERS
    teachers = Teachers(make_detector(detector), make_proposer(proposer), make_segmenter(segmenter))
    photo = read_photo(sorted((SHARED / "data/portraits").glob("*.jpg"))[5]).pixels
    face = teachers.label(photo, TeachSettings())[0]
    before = estimate_pose(face.points).yaw
    onward = 25.0 if before >= 0 else -25.0
    got = turn(_sample(face, "p"), face.mesh, onward, 0.0)
    seen = agree(got.image, got.points, TeachSettings())
    assert seen is not None
    assert abs(estimate_pose(seen[0]).yaw - before) > 12
    inner = np.arange(33, 106)
    errors = np.hypot(*(seen[0] - got.points)[inner].T)
    eyes = np.hypot(*(got.points[66] - got.points[79]))
    assert np.median(errors) < 0.06 * eyes
