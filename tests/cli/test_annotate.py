"""The verb annotate: what is a wrong call, and what it then says."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from lapa_annotator.cli.main import app
from lapa_annotator.runtime import files
from lapa_annotator.runtime.manifest import SHIPPED, manifest
from tests.batch.fakes import photo

runner = CliRunner()
FETCHED = {"detector": ("full-range",), "landmarks": ("facemesh",), "segmenter": ("multiclass",)}


@pytest.fixture
def models(tmp_path, monkeypatch) -> Path:
    """A folder in which every model file seems to be, by name, size and checksum."""
    folder = tmp_path / "models"
    folder.mkdir()
    fetched = [file for file in manifest().values() if file.source != SHIPPED]
    sums = {folder / file.file: file.sha256 for file in fetched}
    monkeypatch.setattr(files, "checksum", sums.__getitem__)
    monkeypatch.setattr(files, "defaults", lambda: FETCHED)
    for file in fetched:
        with (folder / file.file).open("wb") as stream:
            stream.truncate(file.size)
    monkeypatch.setenv("LAPA_MODELS", str(folder))
    return folder


def _call(tmp_path: Path, *arguments: object):
    photos = tmp_path / "photos"
    photo(photos / "a.jpg")
    return runner.invoke(app, ["annotate", str(photos), *map(str, arguments)])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--faces", "some"), "some"),
        (("--crop", "round"), "round"),
        (("--fitting", "splines"), "splines"),
        (("--jobs", "0"), "--jobs"),
        (("--jobs", "many"), "--jobs"),
        (("--crop-size", "3"), "--crop-size"),
        (("--margin", "-1"), "--margin"),
        (("--split", "train:0.5,dev:0.5"), "dev"),
        (("--detector", "guess"), "guess"),
        (("--landmarks", "guess"), "guess"),
        (("--segmenter", "guess"), "guess"),
    ],
)
def test_unknown_values_are_a_wrong_call_that_names_them(tmp_path, models, arguments, said):
    shown = _call(tmp_path, "--out", tmp_path / "out", *arguments)
    assert shown.exit_code == 2
    assert said in shown.stderr
    assert not (tmp_path / "out").exists()


def test_an_out_folder_must_be_named(tmp_path, models):
    shown = _call(tmp_path)
    assert shown.exit_code == 2
    assert "--out" in shown.stderr


def test_a_missing_model_file_is_told_with_the_command_that_fetches_it(tmp_path, models):
    (models / manifest()["facemesh"].file).unlink()
    shown = _call(tmp_path, "--out", tmp_path / "out")
    assert shown.exit_code == 2
    assert "lapa-annotator models fetch facemesh" in shown.stderr


def test_a_damaged_model_file_stops_the_job_before_any_photo(tmp_path, models, monkeypatch):
    monkeypatch.setattr(files, "checksum", lambda path: "0" * 64)
    shown = _call(tmp_path, "--out", tmp_path / "out")
    assert shown.exit_code == 2
    assert "is damaged; run `lapa-annotator models fetch " in shown.stderr
    assert not (tmp_path / "out").exists()


def test_a_path_that_does_not_exist_is_a_wrong_call(tmp_path, models):
    shown = runner.invoke(app, ["annotate", str(tmp_path / "no"), "--out", str(tmp_path / "out")])
    assert shown.exit_code == 2
    assert str(tmp_path / "no") in shown.stderr


def test_an_out_folder_that_cannot_be_made_is_a_wrong_call(tmp_path, models):
    (tmp_path / "file").write_text("in the way")
    shown = _call(tmp_path, "--out", tmp_path / "file" / "out")
    assert shown.exit_code == 2
    assert str(tmp_path / "file" / "out") in shown.stderr
