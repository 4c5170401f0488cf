"""Hit-testing as a pure function."""

import numpy as np
import pytest

from lapa_annotator.domain.geometry import Box
from lapa_annotator.gui.editor.hittest import NOTHING, RADIUS, HitFace, hit_test


def a_face(name: str = "a", free: np.ndarray | None = None, **points: tuple[float, float]):
    """A face whose points lie far away, but for those named p0, p54, ..."""
    places = np.full((106, 2), 1e5)
    for key, place in points.items():
        places[int(key[1:])] = place
    free = np.ones(106, bool) if free is None else free
    return HitFace(name, Box(0, 0, 100, 100), places, free)


def test_the_nearest_point_within_the_radius_is_hit():
    target = hit_test((50, 50), [a_face(p54=(53, 50), p60=(45, 50))], scale=1)
    assert (target.kind, target.face_id, target.index) == ("point", "a", 54)
    assert target.distance == pytest.approx(3)


def test_the_radius_is_in_screen_pixels_whatever_the_zoom():
    face = a_face(p54=(50, 50))
    just_out = RADIUS + 1
    assert hit_test((50 + just_out, 50), [face], scale=1).kind == "face"
    assert hit_test((50 + just_out, 50), [face], scale=0.5).kind == "point"
    assert hit_test((52, 50), [face], scale=8).kind == "face"


def test_the_selected_part_wins_over_a_nearer_point_of_another_part():
    face = a_face(p66=(50, 50), p33=(56, 50))
    assert hit_test((52, 50), [face], 1).index == 66
    assert hit_test((52, 50), [face], 1, parts=frozenset({"left eyebrow"})).index == 33


def test_points_that_are_not_free_are_not_hit():
    free = np.ones(106, bool)
    free[54] = False
    assert hit_test((50, 50), [a_face(p54=(50, 50), free=free)], 1).kind == "face"


def test_the_current_face_wins_over_another_that_is_nearer():
    current, other = a_face("now", p54=(55, 50)), a_face("other", p54=(51, 50))
    assert hit_test((50, 50), [current, other], 1).face_id == "now"


def test_of_the_other_faces_the_nearest_point_is_hit():
    faces = [a_face("now"), a_face("b", p1=(56, 50)), a_face("c", p1=(53, 50))]
    assert hit_test((50, 50), faces, 1).face_id == "c"


def test_a_handle_lies_above_the_points():
    handles = np.array([[50.0, 50.0], [90.0, 90.0]])
    target = hit_test((51, 50), [a_face(p54=(51, 50))], 1, handles=handles)
    assert (target.kind, target.index) == ("handle", 0)


def test_inside_a_box_without_points_near_the_face_is_hit():
    assert hit_test((10, 10), [a_face()], 1).kind == "face"


def test_a_face_without_points_can_be_hit_by_its_box_alone():
    face = HitFace("a", Box(0, 0, 10, 10), None, np.ones(106, bool))
    assert hit_test((5, 5), [face], 1).face_id == "a"


def test_outside_of_everything_nothing_is_hit():
    assert hit_test((500, 500), [a_face()], 1) == NOTHING


def test_a_hit_cannot_be_changed():
    with pytest.raises(AttributeError):
        NOTHING.kind = "point"
