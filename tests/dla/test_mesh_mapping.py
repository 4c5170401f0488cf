"""The mapping from mesh to LaPa's points."""

import numpy as np
import pytest

from lapa_annotator.dla.mesh_mapping import _TABLE, map_mesh
from lapa_annotator.domain.schema import MIRROR

CONTOUR = np.arange(33)
CENTRES = (74, 83)


def _table_mirror() -> np.ndarray:
    """Which vertices a mirrored table would use, as pairs found in the table itself."""
    return _TABLE[MIRROR]


def test_every_point_but_the_contour_is_a_mean_of_vertices():
    sums = _TABLE.sum(axis=1)
    assert sums[33:] == pytest.approx(1)
    assert sums[CONTOUR] == pytest.approx(0)


def test_mirror_points_use_as_many_vertices_with_the_same_weights():
    for point in range(33, 106):
        own = sorted(_TABLE[point][_TABLE[point] > 0].round(9))
        other = sorted(_table_mirror()[point][_table_mirror()[point] > 0].round(9))
        assert own == pytest.approx(other), point


def test_points_move_with_the_mesh():
    mesh = np.random.default_rng(0).normal(size=(478, 2)) * 40 + 128
    moved = map_mesh(mesh * 1.5 + [7.0, -3.0])
    assert moved == pytest.approx(map_mesh(mesh) * 1.5 + [7.0, -3.0])


def test_the_halves_of_the_contour_meet_at_the_chin():
    mesh = np.random.default_rng(1).normal(size=(478, 2)) * 40 + 128
    assert map_mesh(mesh)[16] == pytest.approx(map_mesh(mesh)[16])
    assert np.isfinite(map_mesh(mesh)).all()


def test_a_jaw_hidden_behind_the_cheek_moves_out_to_the_outline():
    mesh = np.random.default_rng(2).uniform(100, 150, size=(478, 2))
    mesh[116] = (40.0, 125.0)  # a cheek vertex of the image-left half, far out
    mesh[177] = (45.0, 110.0)
    mesh[147] = (45.0, 140.0)
    left = map_mesh(mesh)[:17, 0]
    assert left.min() < 60
