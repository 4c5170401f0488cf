"""Searching in tiles."""

import numpy as np
import pytest

from lapa_annotator.dla.tiles import search_tiles
from lapa_annotator.domain.geometry import Box


def bright_square(tile):
    """A stand-in for a detector: the box around what is not black."""
    rows, columns = np.nonzero(tile[..., 0])
    if not rows.size:
        return []
    return [Box(columns.min() - 0.5, rows.min() - 0.5, columns.max() + 0.5, rows.max() + 0.5)]


@pytest.mark.parametrize(("x", "y"), [(0, 0), (55, 70), (62, 148), (170, 35), (188, 188)])
def test_a_small_face_is_found_whole_wherever_it_lies(x, y):
    image = np.zeros((200, 200, 3), np.uint8)
    image[y : y + 12, x : x + 12] = 255
    found = search_tiles(image, 100, bright_square)
    assert found
    assert all(b == Box(x - 0.5, y - 0.5, x + 11.5, y + 11.5) for b in found)


def test_a_face_larger_than_a_tile_s_overlap_may_only_be_seen_cut_and_is_left_out():
    image = np.full((200, 200, 3), 255, np.uint8)
    sides = {(b.x0, b.y0) for b in search_tiles(image, 100, bright_square)}
    assert not sides & {(-0.5, 49.5), (49.5, -0.5), (49.5, 49.5)}


def test_an_image_smaller_than_a_tile_is_looked_at_once():
    seen = []
    search_tiles(np.zeros((30, 50, 3), np.uint8), 100, lambda tile: seen.append(tile.shape) or [])
    assert seen == [(30, 50, 3)]
