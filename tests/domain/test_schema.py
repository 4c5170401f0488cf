"""The schema is whole, and mirroring it twice changes nothing."""

import numpy as np
from hypothesis import given

from lapa_annotator.domain import schema
from lapa_annotator.domain.classes import Label
from tests.domain.strategies import landmarks


def test_every_point_belongs_to_one_part_and_to_one_group() -> None:
    assert sorted(i for part in schema.PARTS for i in part.indices) == list(range(106))
    assert sorted(i for group in schema.GROUPS.values() for i in group) == list(range(106))
    assert [schema.PART_OF_POINT[i] for i in (0, 38, 54, 74, 96, 105)] == [
        *("contour", "left eyebrow", "nose bridge", "left eye centre", "inner lip", "right pupil")
    ]


def test_every_part_belongs_to_one_organ_whole() -> None:
    assert sorted(i for organ in schema.ORGANS.values() for i in organ) == list(range(106))
    for part in schema.PARTS:
        assert any(set(part.indices) <= set(organ) for organ in schema.ORGANS.values())


def test_the_mirror_table_is_its_own_inverse_and_fixes_the_middle_line() -> None:
    assert (schema.MIRROR[schema.MIRROR] == np.arange(106)).all()
    middle = {16, 51, 52, 53, 54, 60, 87, 93, 98, 102}
    assert set(np.flatnonzero(np.arange(106) == schema.MIRROR)) == middle


def test_the_mirror_table_brings_each_part_to_its_mirror_part() -> None:
    for part in schema.PARTS:
        other = schema.PART_BY_NAME[part.mirror]
        assert {int(schema.MIRROR[i]) for i in part.indices} == set(other.indices), part.name
        assert schema.PART_BY_NAME[other.mirror] is part
        assert part.closed == other.closed


def test_closed_parts_keep_their_order_around_when_mirrored() -> None:
    # A part's outline, mirrored, runs along its mirror part's outline the other way round.
    for part in schema.PARTS:
        if not part.closed:
            continue
        other = schema.PART_BY_NAME[part.mirror].indices
        places = [other.index(int(schema.MIRROR[i])) for i in part.indices]
        steps = {
            (a - b) % len(other) for a, b in zip(places, [*places[1:], places[0]], strict=True)
        }
        assert steps == {1}, part.name


@given(landmarks())
def test_mirroring_twice_gives_the_same_points(face: object) -> None:
    points = face.points  # type: ignore[attr-defined]
    twice = schema.mirror_points(schema.mirror_points(points, 640), 640)
    np.testing.assert_allclose(twice, points, atol=1e-9)


def test_the_first_column_of_pixels_mirrors_to_the_last() -> None:
    points = np.zeros((106, 2))
    assert (schema.mirror_points(points, 640)[:, 0] == 639).all()
    points[104] = 10, 7
    assert schema.mirror_points(points, 640)[105].tolist() == [629, 7]


def test_lip_outlines_use_lip_points_once_and_share_the_corners() -> None:
    upper, lower = schema.UPPER_LIP_OUTLINE, schema.LOWER_LIP_OUTLINE
    assert len(set(upper)) == len(upper)
    assert len(set(lower)) == len(lower)
    assert set(upper) & set(lower) == {84, 90, 96, 100}
    assert set(upper) | set(lower) == set(range(84, 104))
    for outline in (upper, lower):
        assert {int(schema.MIRROR[i]) for i in outline} == set(outline)


def test_points_shared_with_ibug_68_mirror_as_they_do_there() -> None:
    # The mirror pairs of iBUG-68 for the points in question.
    ibug = {i: 16 - i for i in range(17)} | {i: i for i in range(27, 31)}
    ibug |= {31: 35, 32: 34, 33: 33, 34: 32, 35: 31, 36: 45, 39: 42, 42: 39, 45: 36}
    for a, b in ((48, 54), (49, 53), (50, 52), (59, 55), (58, 56), (60, 64), (61, 63), (67, 65)):
        ibug |= {a: b, b: a}
    ibug |= {51: 51, 57: 57, 62: 62, 66: 66}
    assert len(schema.IBUG68_SHARED) == 50
    for lapa, other in schema.IBUG68_SHARED.items():
        assert schema.IBUG68_SHARED[int(schema.MIRROR[lapa])] == ibug[other]


def test_every_point_has_a_definition_of_its_own() -> None:
    assert len(schema.POINT_DEFINITIONS) == 106
    assert len(set(schema.POINT_DEFINITIONS)) == 106
    for i, text in enumerate(schema.POINT_DEFINITIONS):
        mirrored = schema.POINT_DEFINITIONS[schema.MIRROR[i]]
        if schema.MIRROR[i] != i:
            sides = [{"left", "right"} & set(t.replace(",", "").split()) for t in (text, mirrored)]
            assert sides[0] and sides[1], f"point {i} says no side: {text}"


def test_parts_bound_the_classes_they_are_named_after() -> None:
    labels = {part.name: part.label for part in schema.PARTS if part.label is not None}
    assert labels["left eye"] == Label.LEFT_EYE
    assert labels["right eyebrow"] == Label.RIGHT_EYEBROW
    assert labels["inner lip"] == Label.INNER_MOUTH
    assert labels["nose base"] == Label.NOSE
