"""Subdivision, eyes, camera, strands' surface, labels: the pure parts."""

import numpy as np

from lapa_annotator.domain.classes import Label
from lapa_annotator.synth.camera import Camera, look_at
from lapa_annotator.synth.eyes import eyeball, fit_sphere
from lapa_annotator.synth.labels import Part, majority, visible
from lapa_annotator.synth.strands import Surface
from lapa_annotator.synth.subdivide import subdivide, subdivide_flat

CUBE = np.array(
    [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]]
)
CORNERS = np.array([[x, y, z] for x in (-1.0, 1) for y in (-1.0, 1) for z in (-1.0, 1)])
FLAT = np.array([[0, 1, 4, 3], [1, 2, 5, 4]])
PLANE = np.array([[0, 0], [1, 0], [2, 0], [0, 1], [1, 1], [2, 1]], dtype=float)


def test_weights_of_the_fine_mesh_sum_to_one():
    for mesh, count in ((CUBE, 8), (FLAT, 6)):
        for made in (subdivide(mesh, count), subdivide_flat(mesh, count)):
            assert np.abs(np.asarray(made.matrix.sum(axis=1)) - 1).max() < 1e-12
            assert made.faces.shape == (4 * len(mesh), 4)


def test_a_subdivided_cube_shrinks_towards_a_ball():
    fine = subdivide(CUBE, 8)
    reach = np.linalg.norm((fine.matrix @ CORNERS)[:8], axis=1)
    assert np.allclose(reach, reach[0])
    assert reach[0] < 1.0 < np.sqrt(3)


def test_texture_coordinates_stay_where_they_are():
    fine = subdivide_flat(FLAT, 6).matrix @ PLANE
    assert (fine[:6] == PLANE).all()
    assert fine[:, 0].max() == 2


def test_a_camera_puts_the_target_in_the_middle():
    camera = look_at(np.array([0.1, 0.2, 0.3]), 2.0, 30, 10, 5, 500, 101)
    place, depth = camera.project(np.array([[0.1, 0.2, 0.3]]))
    assert np.allclose(place, 50)
    assert np.isclose(depth[0], 2)


def test_the_persons_left_is_right_in_the_picture_and_up_is_up():
    camera = look_at(np.zeros(3), 2.0, 0, 0, 0, 500, 101)
    place, _ = camera.project(np.array([[0.1, 0, 0], [0, 0, 0.1]]))
    assert place[0, 0] > 50
    assert place[1, 1] < 50


def test_roll_turns_the_picture_clockwise():
    camera = look_at(np.zeros(3), 2.0, 0, 0, 20, 500, 101)
    above, _ = camera.project(np.array([[0, 0, 0.1]]))
    assert above[0, 0] > 50


def test_a_sphere_is_found_from_a_part_of_it():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(50, 3))
    points[:, 1] = -np.abs(points[:, 1])
    points = points / np.linalg.norm(points, axis=1, keepdims=True) * 0.016 + [1, 2, 3]
    centre, radius = fit_sphere(points)
    assert np.allclose(centre, [1, 2, 3])
    assert np.isclose(radius, 0.016)


def test_the_pupil_lies_where_the_eye_looks():
    frame = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]).T
    eye = eyeball(np.zeros(3), 0.016, frame)
    assert eye.pupil[1] < -0.016
    assert np.abs(eye.vertices).max() < 0.0166


def test_points_under_the_skin_are_brought_above_it():
    surface = Surface(CORNERS, CUBE[:, ::-1])
    if (surface.outward * CORNERS).sum() < 0:
        surface = Surface(CORNERS, CUBE)
    lifted = surface.push_out(np.array([[0.9, 0.0, 0.0]]), np.array([0.02]))
    assert lifted[0, 0] > 0.93


def test_most_samples_decide_a_pixel_and_the_middle_one_a_draw():
    fine = np.array([[1, 1, 10], [10, 10, 1], [1, 10, 0]], dtype=np.uint8)
    assert majority(fine, 3)[0, 0] == Label.HAIR
    assert (majority(fine, 1) == fine).all()


def test_what_lies_behind_something_is_hidden():
    geometry = np.zeros((30, 30, 3), dtype=np.float32)
    geometry[..., 2] = 1 + 0.5  # half way between near and far
    points = np.array([[4.0, 4.0], [4.0, 4.0], [40.0, 4.0]])
    depth = np.array([1.5, 1.6, 1.5])
    anywhere = np.full_like(points, np.nan)
    assert visible(points, depth, anywhere, geometry, 3, (1.0, 2.0)).tolist() == [2, 1, 1]


def test_a_place_behind_a_fold_is_hidden_however_near_the_fold_is():
    geometry = np.full((30, 30, 3), 0.5, dtype=np.float32)
    geometry[..., 2] = Part.HEAD + 0.5
    points, depth = np.array([[4.0, 4.0]] * 2), np.array([1.5, 1.5])
    places = np.array([[0.5, 0.5], [0.52, 0.5]])
    assert visible(points, depth, places, geometry, 3, (1.0, 2.0)).tolist() == [2, 1]


def test_cloth_on_the_skin_hides_what_a_fold_of_skin_would_not():
    points, depth = np.array([[4.0, 4.0]]), np.array([1.503])
    anywhere = np.full_like(points, np.nan)
    for part, expected in ((Part.HEAD, 2), (Part.COVER, 1), (Part.HAIR, 1)):
        geometry = np.full((30, 30, 3), part + 0.5, dtype=np.float32)
        assert visible(points, depth, anywhere, geometry, 3, (1.0, 2.0)).tolist() == [expected]


def test_a_camera_has_a_matrix():
    camera = Camera(10, 5.0, np.eye(3), np.array([1.0, 2, 3]))
    assert camera.matrix()[:3, 3].tolist() == [1, 2, 3]
