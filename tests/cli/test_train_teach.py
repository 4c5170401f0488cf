"""``train teach`` on the command line."""

import pytest
from typer.testing import CliRunner

from lapa_annotator.cli.main import app
from lapa_annotator.training.data.sources import open_source
from tests.support import SHARED, needs_models, needs_shared


def call(*arguments):
    return CliRunner().invoke(app, ["train", "teach", *map(str, arguments)])


def test_a_folder_without_photos_is_one_sentence(tmp_path):
    done = call(tmp_path, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert "no photos" in done.output
    assert "Traceback" not in done.output


def test_photos_that_cannot_be_read_are_skipped_and_told(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"no picture")
    done = call(tmp_path, "--out", tmp_path / "out", "--turned", 0)
    assert done.exit_code == 1
    assert "a.jpg" in done.output


@pytest.mark.models
@needs_models("face_detection_full_range", "facemesh", "multiclass")
@needs_shared("portraits")
def test_photos_become_labelled_and_turned_samples(tmp_path):
    photo = sorted((SHARED / "data/portraits").glob("*.jpg"))[7]
    (tmp_path / "in").mkdir()
    (tmp_path / "in/face.jpg").write_bytes(photo.read_bytes())
    done = call(tmp_path / "in", "--out", tmp_path / "out", "--turned", 1, "--nodded", 1)
    assert done.exit_code == 0, done.output
    assert open_source(tmp_path / "out", "all").keys() == ["face"]
    assert open_source(tmp_path / "out-turned", "all").keys() == ["face~t0"]
    assert open_source(tmp_path / "out-nodded", "all").keys() == ["face~t0"]
