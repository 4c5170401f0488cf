"""The verb nets: the table of networks, and a run put into the program."""

import pytest
from typer.testing import CliRunner

from lapa_annotator.cli import nets
from lapa_annotator.domain.errors import InputError

runner = CliRunner()


def test_the_list_shows_every_network_with_its_cost(monkeypatch):
    pytest.importorskip("torch", reason="torch is not installed")
    from lapa_annotator.nets.registry import NETWORKS

    monkeypatch.setenv("COLUMNS", "160")
    shown = runner.invoke(nets.app, ["list"])
    assert shown.exit_code == 0
    lines = {line.split()[0]: line.split() for line in shown.stdout.splitlines() if line.split()}
    assert set(NETWORKS) < set(lines)
    assert lines["hourglass"][1:5] == ["landmarks", "256²", "3.45", "10.5"]


def test_a_run_that_has_not_ended_is_not_shipped(tmp_path):
    words = [
        "ship",
        str(tmp_path),
        "ours",
        "--stage",
        "landmarks",
        "--licence",
        "a",
        "--about",
        "b",
    ]
    shown = runner.invoke(nets.app, [*words, "--licence", "a", "--about", "b"])
    assert isinstance(shown.exception, InputError)
    assert "train to the end first" in str(shown.exception)


def test_the_receptive_field_is_shown_with_what_moves_it(monkeypatch):
    pytest.importorskip("torch", reason="torch is not installed")
    monkeypatch.setenv("COLUMNS", "160")
    shown = runner.invoke(nets.app, ["rf", "student", "--input", "256"])
    assert shown.exit_code == 0
    assert "sees 111 pixels: 0.434 of 256" in shown.stdout
    rows = [line.split() for line in shown.stdout.splitlines()]
    assert ["3", "1", "111", "0.434"] in rows


def test_a_network_that_sees_everything_says_so():
    pytest.importorskip("torch", reason="torch is not installed")
    shown = runner.invoke(nets.app, ["rf", "pspnet"])
    assert "the whole picture" in shown.stdout
    assert "None of its settings" in shown.stdout


def test_a_network_that_is_not_there_is_told():
    pytest.importorskip("torch", reason="torch is not installed")
    shown = runner.invoke(nets.app, ["rf", "magic"])
    assert isinstance(shown.exception, InputError)
