"""Runs: what is refused, what goes on where it stopped, what is told of failures."""

import json

import pytest

from lapa_annotator.domain.errors import InputError
from lapa_annotator.synth import install, produce
from lapa_annotator.synth.produce import Order, metadata_path


@pytest.fixture
def installed(monkeypatch):
    """Stand in for the renderer: what rendering needs is there, and faces are one file each."""
    monkeypatch.setattr(produce, "require_anny", lambda: None)
    monkeypatch.setattr(produce, "require_blender", lambda: None)

    def work(seed, out, size, mix):
        if seed == 13:
            return "the face of seed 13 could not be rendered: no reason"
        path = metadata_path(out, seed)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"size": size}))
        return None

    monkeypatch.setattr(produce, "_work", work)


@pytest.mark.parametrize(
    "wrong", [{"count": 0}, {"count": -3}, {"size": 10}, {"size": 5000}, {"seed": -1}, {"jobs": 0}]
)
def test_numbers_out_of_range_are_refused(tmp_path, wrong):
    with pytest.raises(InputError) as refused:
        Order(**({"out": tmp_path, "count": 5} | wrong))
    assert str(next(iter(wrong.values()))) in str(refused.value)


def test_a_second_run_goes_on_where_the_first_stopped(installed, tmp_path):
    list(produce.produce(Order(tmp_path, 3)))
    metadata_path(tmp_path, 1).unlink()
    steps = list(produce.produce(Order(tmp_path, 5)))
    assert (steps[0].done, steps[0].reused) == (2, 2)
    assert (steps[-1].done, steps[-1].total) == (5, 5)


def test_a_failed_face_is_counted_and_named_and_the_others_go_on(installed, tmp_path):
    last = list(produce.produce(Order(tmp_path, 4, seed=12)))[-1]
    assert last.failed == (13,)
    assert last.done == 3


def test_another_size_is_not_mixed_in(installed, tmp_path):
    list(produce.produce(Order(tmp_path, 1, size=128)))
    with pytest.raises(InputError, match="128"):
        next(produce.produce(Order(tmp_path, 1, size=320)))


def test_a_file_in_the_folders_place_is_bad_input(installed, tmp_path):
    blocked = tmp_path / "faces"
    blocked.write_text("")
    with pytest.raises(InputError):
        next(produce.produce(Order(blocked, 1)))
    assert blocked.read_text() == ""


def test_a_damaged_record_of_the_run_is_bad_input(installed, tmp_path):
    (tmp_path / "synth.json").write_text("{")
    with pytest.raises(InputError, match="damaged"):
        next(produce.produce(Order(tmp_path, 1)))


def test_missing_parts_are_named_with_the_command(monkeypatch, tmp_path):
    monkeypatch.setenv("LAPA_SYNTH", str(tmp_path))
    with pytest.raises(InputError, match="synth setup"):
        install.require_blender()
    monkeypatch.setattr(install, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="pip install"):
        install.require_anny()


def test_a_folder_keeps_to_one_mix(installed, tmp_path):
    list(produce.produce(Order(tmp_path, 1, mix="hard")))
    with pytest.raises(InputError, match="mix hard"):
        next(produce.produce(Order(tmp_path, 2)))


def test_an_unknown_mix_is_refused(tmp_path):
    with pytest.raises(InputError, match="natural, hard"):
        Order(tmp_path, 1, mix="wild")
