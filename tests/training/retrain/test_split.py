"""The frozen validation set: fixed by bytes, spread over groups, growing, never trained on."""

import json

import pytest

from lapa_annotator.domain.errors import InputError
from lapa_annotator.training.retrain.split import Split, group_of


def images(first, last):
    return {f"hash-{k}": "frontal" if k % 10 else "profile" for k in range(first, last)}


def held(split):
    return {content for content, (part, _) in split.sides.items() if part == "held out"}


def test_the_set_grows_with_the_project_and_keeps_who_is_in_it():
    one = Split().grown(images(0, 400), 0.1, 30)
    two = one.grown(images(0, 800), 0.1, 30)
    assert len(held(one)) == pytest.approx(40, abs=3)
    assert len(held(two)) == pytest.approx(80, abs=3)
    assert held(one) < held(two)


def test_what_was_trained_on_never_validates():
    one = Split().grown(images(0, 400), 0.05, 10)
    two = one.grown(images(0, 900), 0.5, 200)
    assert not held(two) & (one.sides.keys() - held(one))


def test_it_is_spread_over_groups_and_rare_ones_are_in_it():
    split = Split().grown(images(0, 300), 0.1, 10)
    groups = [split.sides[content][1] for content in held(split)]
    assert groups.count("profile") >= 5
    assert groups.count("frontal") >= 20


def test_it_does_not_depend_on_the_order_of_finishing():
    some = images(0, 200)
    turned = dict(reversed(some.items()))
    assert Split().grown(some, 0.1, 10) == Split().grown(turned, 0.1, 10)


def test_a_small_project_holds_out_enough_to_compare_on_but_never_most_of_it():
    assert len(held(Split().grown(images(0, 90), 0.1, 30))) == pytest.approx(30, abs=2)
    assert len(held(Split().grown(images(0, 30), 0.1, 30))) <= 11


def test_an_image_keeps_its_group_when_its_doubt_changes():
    one = Split().grown({"a": "x", "b": "x", "c": "x"}, 0.3, 1)
    assert one.grown({"a": "y", "b": "y", "c": "y"}, 0.3, 1) == one


def test_it_is_read_as_it_was_written(tmp_path):
    split = Split().grown(images(0, 40), 0.1, 5)
    split.write(tmp_path / "split.json")
    assert Split.read(tmp_path / "split.json") == split
    assert Split.read(tmp_path / "none.json") == Split()


@pytest.mark.parametrize("text", ["{", "[]", '{"sides": {"a": ["else", "x"]}}', '{"sides": 3}'])
def test_a_damaged_file_is_one_sentence(tmp_path, text):
    path = tmp_path / "split.json"
    path.write_text(text)
    with pytest.raises(InputError, match="frozen validation set"):
        Split.read(path)
    assert path.read_text() == text


def test_groups_are_told_by_pose_and_doubt():
    named = {group_of(yaw, doubt) for yaw in (5, -30, 70) for doubt in (None, 0.01, 0.2, 0.9)}
    assert len(named) == 12
    assert json.dumps(sorted(named)).isascii()
