"""The verb models: list, fetch and verify, on files of the test's own."""

import dataclasses
import hashlib

import pytest
from typer.testing import CliRunner

from lapa_annotator.cli import models as verb
from lapa_annotator.dla.registry import DETECTORS, PROPOSERS
from lapa_annotator.domain.errors import InputError
from lapa_annotator.ppa.registry import SEGMENTERS
from lapa_annotator.runtime import fetch, files
from lapa_annotator.runtime.manifest import defaults, model_file

CONTENT = b"weights" * 10


@pytest.fixture
def table(tmp_path, monkeypatch):
    monkeypatch.setenv("LAPA_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("COLUMNS", "200")
    digest = hashlib.sha256(CONTENT).hexdigest()
    row = dataclasses.replace(model_file("facemesh"), sha256=digest, size=len(CONTENT))
    rows = {row.name: row}
    for module in (files, verb):
        monkeypatch.setattr(module, "manifest", lambda: rows)
    for module in (files, fetch, verb):
        monkeypatch.setattr(module, "model_file", lambda name: rows.get(name) or model_file(name))
    return rows


def _run(*words: str):
    return CliRunner().invoke(verb.app, list(words))


def test_list_shows_what_is_missing(table):
    shown = _run("list")
    assert shown.exit_code == 0
    assert "facemesh" in shown.output and "missing" in shown.output


def test_every_default_is_the_name_of_something():
    tables = {"detector": DETECTORS, "landmarks": PROPOSERS, "segmenter": SEGMENTERS}
    assert set(defaults()) == set(tables)
    for stage, names in defaults().items():
        assert names and set(names) <= set(tables[stage])


def test_list_says_what_leads(table):
    said = " ".join(_run("list").output.split())
    assert "facemesh their points" in said


def test_fetching_leaves_out_what_is_shipped(table, monkeypatch):
    row = dataclasses.replace(table["facemesh"], name="ours", source="shipped")
    table[row.name] = row
    asked = []
    monkeypatch.setattr(verb, "fetch", asked.append)
    assert _run("fetch").exit_code == 0
    assert asked == ["facemesh"]
    monkeypatch.setattr(verb, "fetch", fetch.fetch)
    assert "ours: comes with the program" in _run("fetch", "ours").output


def test_a_local_file_is_kept_and_then_verifies(table, tmp_path):
    source = tmp_path / "weights.bin"
    source.write_bytes(CONTENT)
    assert _run("fetch", "facemesh", "--from", str(source)).exit_code == 0
    assert _run("verify").exit_code == 0


def test_verify_ends_with_1_when_a_file_is_missing(table):
    assert _run("verify").exit_code == 1


def test_fetching_what_is_missing_leaves_whole_files_alone(table, monkeypatch):
    files.keep(table["facemesh"], CONTENT, "a test")
    monkeypatch.setattr(verb, "fetch", lambda name: pytest.fail(f"{name} was fetched again"))
    assert _run("fetch", "--missing").exit_code == 0


def test_a_fetch_that_fails_says_why_and_ends_with_1(table, monkeypatch):
    def offline(name: str) -> None:
        raise InputError(name, "pip could not bring it", "use --from")

    monkeypatch.setattr(verb, "fetch", offline)
    failed = _run("fetch")
    assert failed.exit_code == 1
    assert "pip could not bring it; use --from." in failed.output


def test_from_without_one_name_is_a_wrong_call(table, tmp_path):
    assert _run("fetch", "--from", str(tmp_path)).exit_code == 2


def test_an_unknown_name_is_a_wrong_call_before_anything_is_fetched(table, monkeypatch):
    monkeypatch.setattr(verb, "fetch", lambda name: pytest.fail(f"{name} was fetched"))
    assert isinstance(_run("fetch", "facemesh", "facemash").exception, InputError)
