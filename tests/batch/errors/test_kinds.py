"""Every kind of errors finds what is wrong, and keeps silent about what is not."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import cv2
import numpy as np
import pytest

from lapa_annotator.batch.errors import anatomy, balance, copies, empty, opinion, shape, size
from lapa_annotator.batch.errors.finding import TooLittle
from lapa_annotator.batch.errors.registry import BY_NAME, KINDS, kinds_named
from lapa_annotator.batch.errors.seen import FaceMeasure, Measured, Seen
from lapa_annotator.dla.frame import mean_shape
from lapa_annotator.domain.classes import Label
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Face, Pose, Status
from lapa_annotator.domain.geometry import Box
from lapa_annotator.domain.landmarks import Landmarks, Visibility
from lapa_annotator.domain.override import EMPTY, Patch
from lapa_annotator.domain.schema import MIRROR
from lapa_annotator.ppa.parse import ParseOptions
from lapa_annotator.store.values import ImageInfo, PhotoState
from tests.dla.shapes import placed

FULL = (1000, 900, 100, 100, 80, 80, 300, 60, 40, 60, 500)


def info(number: int, content: str = "") -> ImageInfo:
    path = PurePosixPath(f"{number}.jpg")
    state, status = PhotoState.PRESENT, Status.DONE
    return ImageInfo(
        number, Path("photos"), path, 640, 480, 1, state, status, 1, 1.0, None, (), "ann", 1.0,
        0.0, content or str(number),
    )  # fmt: skip


def plain(seed: int, size: float = 80.0) -> np.ndarray:
    """(106, 2) points of a face that differs a little from the mean."""
    rng = np.random.default_rng(seed)
    off = rng.normal(0, 0.012, (106, 2)) + rng.normal(0, 0.02, (1, 2))
    return placed(mean_shape() + off, roll=float(rng.normal(0, 5)), size=size)


def seen_of(*faces: tuple[np.ndarray, FaceMeasure] | np.ndarray, **more: object) -> Seen:
    """What is seen of faces, one a photo, by points and what was measured."""
    seen = Seen(ParseOptions(), **more)
    for k, entry in enumerate(faces):
        points, measure = entry if isinstance(entry, tuple) else (entry, FaceMeasure())
        add(seen, k, points, measure)
    return seen


def add(seen, k, points, measure, override=EMPTY, yaw=0.0, visibility=None, content=""):
    marks = Landmarks(points)
    if visibility is not None:
        marks = Landmarks(points, visibility=visibility)
    face = Face(Box.around(points), marks, Pose(yaw, 0, 0), override, id=f"f{k}")
    seen.take(info(k, content), (face,), Measured(None, {face.id: measure}))


def measured(**changed: int) -> FaceMeasure:
    pixels = list(FULL)
    for name, value in changed.items():
        pixels[Label[name.upper()]] = value
    return FaceMeasure(tuple(pixels))


def test_the_table_names_every_kind_once_and_an_unknown_one_is_told():
    assert len(BY_NAME) == len(KINDS)
    assert [kind.name for kind in kinds_named(["copy", "size"])] == ["copy", "size"]
    assert kinds_named([]) == KINDS
    with pytest.raises(InputError, match="anatomy"):
        kinds_named(["spelling"])


def test_anatomy_tells_what_the_guard_finds_and_where():
    (found,) = anatomy.look(seen_of(placed(), placed()[MIRROR]))
    assert (found.image_id, found.face_id, found.severity) == (1, "f1", 1.0)
    assert "swapped" in found.sentence
    assert found.place is not None
    assert found.points == tuple(range(106))


def test_a_shape_is_compared_only_among_enough_faces():
    with pytest.raises(TooLittle, match="12"):
        list(shape.look(seen_of(*(plain(k) for k in range(5)))))


@pytest.mark.parametrize(
    ("region", "dx", "dy"), [("left eyebrow", 0, -0.25), ("mouth", 0, 0.3), ("nose", 0, -0.2)]
)
def test_a_part_that_lies_elsewhere_makes_an_unusual_shape(region, dx, dy):
    faces = [plain(k) for k in range(30)]
    assert list(shape.look(seen_of(*faces))) == []
    faces[7] = faces[7].copy()
    faces[7][list(shape.ORGANS[region])] += np.array([dx, dy]) * 80
    (found,) = shape.look(seen_of(*faces))
    assert found.image_id == 7
    assert found.severity > 0.2
    assert found.points == shape.ORGANS[found.about]


def test_turned_heads_do_not_make_an_outlier_among_their_like():
    seen = Seen(ParseOptions())
    for k in range(40):
        yaw = 40.0 * np.sin(k)
        narrow = mean_shape() * (np.cos(np.radians(yaw)), 1) + np.array([0.004 * yaw, 0])
        rng = np.random.default_rng(k)
        points = placed(narrow + rng.normal(0, 0.012, (106, 2)))
        add(seen, k, points, FaceMeasure(), yaw=float(yaw))
    assert list(shape.look(seen)) == []


def test_a_face_much_smaller_than_the_others_is_told_and_a_tiny_one_in_any_company():
    faces = [plain(k, 80.0 + k) for k in range(20)]
    assert list(size.look(seen_of(*faces))) == []
    faces[3] = plain(3, 20.0)
    (found,) = size.look(seen_of(*faces))
    assert found.image_id == 3
    assert "smaller" in found.sentence
    (tiny,) = size.look(seen_of(plain(1, 8.0)))
    assert "pixels" in tiny.sentence


def test_equal_bytes_are_a_copy_of_the_first():
    seen = Seen(ParseOptions())
    for k, content in enumerate(["a", "b", "a", "a"]):
        add(seen, k, placed(), FaceMeasure(), content=content)
    found = list(copies.look_same(seen))
    assert [(f.image_id, f.about) for f in found] == [(2, "0"), (3, "0")]


def smooth(seed: int) -> np.ndarray:
    """A picture with large shapes and some detail."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (7, 6, 3)).astype(np.uint8)
    large = cv2.resize(coarse, (180, 220), interpolation=cv2.INTER_CUBIC)
    noise = rng.integers(-12, 13, large.shape)
    return np.clip(large.astype(int) + noise, 0, 255).astype(np.uint8)


def looks(*pictures: np.ndarray) -> Seen:
    seen = Seen(ParseOptions())
    for k, picture in enumerate(pictures):
        seen.take(info(k), (), Measured(copies.hash_of(picture)))
    return seen


def test_pictures_that_look_alike_are_found_whatever_their_size_tone_or_side():
    one = smooth(1)
    smaller = cv2.resize(one, (90, 110), interpolation=cv2.INTER_AREA)
    darker = (one * 0.8).astype(np.uint8)
    mirrored = np.ascontiguousarray(one[:, ::-1])
    found = list(copies.look_alike(looks(one, smooth(2), smaller, darker, mirrored)))
    assert [f.image_id for f in found] == [2, 3, 4]
    assert {f.about for f in found[:2]} <= {"0", "2"}
    assert "mirror image" in found[2].sentence
    assert all(0 < f.severity <= 1 for f in found)


def test_pictures_that_differ_do_not_look_alike():
    assert list(copies.look_alike(looks(*(smooth(k) for k in range(40))))) == []


def test_the_same_file_is_a_copy_and_no_look_alike():
    seen = Seen(ParseOptions())
    for k in range(2):
        seen.take(info(k, "same"), (), Measured(copies.hash_of(smooth(1))))
    assert list(copies.look_alike(seen)) == []


def test_unlike_areas_of_two_sides_are_out_of_balance():
    faces = [(placed(), measured()), (placed(), measured(left_eye=20))]
    (found,) = balance.look(seen_of(*faces))
    assert (found.image_id, found.about) == (1, "left eye")


def test_a_turned_head_is_not_out_of_balance():
    points = placed()
    points[66:74] = points[66:74].mean(axis=0) + (points[66:74] - points[66:74].mean(axis=0)) * 0.4
    assert list(balance.look(seen_of((points, measured(left_eye=30))))) == []


def test_an_empty_class_is_told_once_a_face_with_all_that_is_missing():
    faces = [(placed(), measured()), (placed(), measured(nose=0, left_eyebrow=0))]
    (found,) = empty.look(seen_of(*faces))
    assert found.about == "nose, left eyebrow"
    assert found.severity == 0.9
    assert found.sentence == "The label map has no nose, left eyebrow."
    bare = FaceMeasure((5000, 900, *(0,) * 9))
    (found,) = empty.look(seen_of((placed(), bare)))
    assert found.sentence.startswith("The label map has no nose, upper lip, lower lip and ")


def test_an_empty_map_is_the_worst():
    (found,) = empty.look(seen_of((placed(), FaceMeasure((5000, *(0,) * 10)))))
    assert (found.severity, found.about) == (1.0, "map")


def test_what_is_closed_hidden_or_painted_over_may_be_empty():
    shut = placed()
    eye = list(range(66, 74))
    shut[eye, 1] = shut[eye, 1].mean()
    hidden = np.full(106, Visibility.VISIBLE, np.uint8)
    hidden[33:42] = Visibility.OCCLUDED
    seen = Seen(ParseOptions())
    add(seen, 0, shut, measured(left_eye=0))
    add(seen, 1, placed(), measured(left_eyebrow=0), visibility=hidden)
    low, high = placed()[84:104].min(axis=0) - 3, placed()[84:104].max(axis=0) + 4
    w, h = (high - low).astype(int)
    mask = Patch(int(low[0]), int(low[1]), np.full((h, w), 102, np.uint8))
    add(seen, 2, placed(), measured(upper_lip=0, lower_lip=0), override=mask)
    add(seen, 3, placed(), measured(left_eye=0, left_eyebrow=0), yaw=-70.0)
    assert list(empty.look(seen)) == []
    add(seen, 4, placed(), measured(right_eye=0), yaw=-70.0)
    assert [f.image_id for f in empty.look(seen)] == [4]


def test_without_a_network_the_second_opinion_says_so_and_with_one_what_it_disputes():
    disputes = {
        int(Label.NOSE): (0.9, (10.0, 10.0, 30.0, 40.0)),
        int(Label.HAIR): (0.1, (0, 0, 9, 9)),
    }
    measure = FaceMeasure(FULL, disputes)
    with pytest.raises(TooLittle, match="eleven-class network"):
        list(opinion.look(seen_of((placed(), measure))))
    (found,) = opinion.look(seen_of((placed(), measure), opinion="net-11"))
    assert found.about == "nose"
    assert found.place == Box(10, 10, 30, 40)
    assert "net-11" in found.sentence
