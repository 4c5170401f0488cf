"""``train`` on the command line."""

import numpy as np
import pytest
from typer.testing import CliRunner

from lapa_annotator.cli.main import app
from lapa_annotator.dla.shape import FILE, load_shapes
from lapa_annotator.training.data.split import held_out
from lapa_annotator.training.loop import Progress, Recipe, RunFolder
from tests.training.data.support import write_lapa

RUNNER = CliRunner()


def call(*arguments):
    return RUNNER.invoke(app, ["train", *map(str, arguments)])


@pytest.fixture
def faces(tmp_path):
    """A folder of three photos to train on and one held out."""
    names = [f"face{i}" for i in range(40)]
    kept = [n for n in names if not held_out(n)][:3]
    write_lapa(tmp_path / "faces", [*kept, *[n for n in names if held_out(n)][:1]])
    return tmp_path / "faces"


def test_landmarks_are_trained_from_a_folder(faces, tmp_path):
    out = tmp_path / "run"
    options = ("--data", faces, "--out", out, "--cache", tmp_path / "cache", "--threads", 1)
    done = call("landmarks", *options, "--steps", 1, "--batch", 1, "--width", 8)
    assert done.exit_code == 0, done.output
    assert (out / "weights.safetensors").is_file()
    other = call("landmarks", *options, "--steps", 2, "--batch", 1, "--width", 8)
    assert other.exit_code == 2
    assert "steps = 1, not 2" in other.output


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--data", "/nowhere"), "no such folder"),
        (("--data", "{here}"), "no LaPa|samples|landmarks|layout"),
        (("--data", "{faces}:-1"), "a share is a number"),
        (("--data", "{faces}", "--init", "{here}/none.safetensors"), "weights"),
        (("--data", "{faces}", "--limit", "99"), "3 are there to train on"),
    ],
)
def test_bad_input_is_one_sentence(faces, tmp_path, options, told):
    here = tmp_path / "empty"
    here.mkdir()
    filled = [o.format(here=here, faces=faces) for o in options]
    done = call("landmarks", *filled, "--out", tmp_path / "run", "--cache", tmp_path / "cache")
    assert done.exit_code == 2
    assert any(part in done.output for part in told.split("|")), done.output
    assert "Traceback" not in done.output
    assert not (tmp_path / "run").exists()


def test_sizes_that_are_no_numbers_are_one_sentence(faces, tmp_path):
    done = call("curve", "--data", faces, "--out", tmp_path / "curve", "--sizes", "many")
    assert done.exit_code == 2
    assert "write them like" in done.output


def test_runs_are_listed_with_their_steps_and_scores(tmp_path):
    folder = RunFolder(tmp_path / "first")
    folder.begin(Recipe(task="landmarks", network="hourglass", steps=90))
    folder.report(Progress("validated", 40, 90, None, {"NME": 4.25}, 8.0))
    listed = call("list", tmp_path)
    assert listed.exit_code == 0
    for told in ("first", "landmarks", "40 of 90", "NME 4.25"):
        assert told in listed.output


def test_a_folder_without_runs_is_one_sentence(tmp_path):
    assert call("list", tmp_path).exit_code == 2


def test_shapes_are_learned_from_a_folder_and_can_be_read(faces, tmp_path):
    done = call("shapes", "-d", f"{faces}:2", "-o", tmp_path / "models", "--licence", "CC0")
    assert done.exit_code == 0, done.output
    assert "3 of faces, share 2" in done.output
    assert np.isfinite(load_shapes(tmp_path / "models" / FILE).mean).all()
