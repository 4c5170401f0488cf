import numpy as np

from lapa_annotator.training.data.raster import rasterise


def square(side, depth, x=0.0, y=0.0):
    corners = np.array([[0, 0], [side, 0], [side, side], [0, side]], float) + np.array([x, y])
    return np.column_stack([corners, np.full(4, depth)])


TWO = np.array([[0, 1, 2], [0, 2, 3]])


def test_values_are_interpolated_exactly_within_triangles():
    vertices = square(20, 1.0, 0.3, 0.6)
    painted, _ = rasterise(vertices, TWO, vertices[:, :2] * 2 + 1, (30, 30))
    y, x = np.nonzero(~np.isnan(painted[..., 0]))
    assert len(y) == 20 * 20
    assert np.allclose(painted[y, x], np.stack([x, y], axis=1) * 2 + 1)


def test_what_is_nearer_is_seen_whatever_comes_first():
    far, near = square(20, 5.0), square(6, 1.0, 4, 4)
    for order in ((far, near), (near, far)):
        vertices = np.concatenate(order)
        painted, depth = rasterise(
            vertices, np.concatenate([TWO, TWO + 4]), vertices[:, 2:], (24, 24)
        )
        assert painted[6, 6, 0] == depth[6, 6] == 1
        assert painted[15, 15, 0] == 5


def test_nothing_is_painted_outside_of_the_picture():
    painted, depth = rasterise(square(40, 1.0, -10, -10), TWO, np.ones((4, 1)), (12, 9))
    assert painted.shape == (9, 12, 1)
    assert (painted == 1).all()
    assert np.isfinite(depth).all()


def test_pixels_without_a_triangle_say_so():
    painted, depth = rasterise(square(4, 1.0), TWO, np.ones((4, 1)), (10, 10))
    assert np.isnan(painted[8, 8, 0])
    assert np.isinf(depth[8, 8])


def test_triangles_without_area_are_left_out():
    flat = np.array([[0, 0, 1.0], [5, 5, 1], [9, 9, 1], [3, 3, 1]])
    painted, _ = rasterise(flat, TWO, np.ones((4, 1)), (10, 10))
    assert np.isnan(painted).all()
