"""The root of the command line: a table of verbs, loaded one at a time."""

import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from lapa_annotator import __version__
from lapa_annotator.cli import verbs
from lapa_annotator.cli.main import app
from lapa_annotator.domain.errors import InputError

runner = CliRunner()


def test_help_lists_every_verb_with_its_line():
    shown = runner.invoke(app, ["--help"], env={"COLUMNS": "160"})
    assert shown.exit_code == 0
    for verb in verbs.VERBS:
        assert verb.name in shown.output
        assert verb.help in shown.output


def test_help_loads_no_verb():
    code = (
        "import sys; from typer.testing import CliRunner; from lapa_annotator.cli.main import app; "
        "CliRunner().invoke(app, ['--help']); "
        "print([m for m in sys.modules if m.startswith('lapa_annotator.cli.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['lapa_annotator.cli.verbs', 'lapa_annotator.cli.main']"


def test_the_version_can_be_asked_for():
    shown = runner.invoke(app, ["--version"])
    assert (shown.exit_code, shown.output.strip()) == (0, f"lapa-annotator {__version__}")


def test_an_unknown_verb_is_a_wrong_call():
    assert runner.invoke(app, ["anotate"]).exit_code == 2


@pytest.mark.parametrize("verb", verbs.VERBS, ids=lambda verb: verb.name)
def test_every_verb_explains_itself(verb):
    assert runner.invoke(app, [verb.name, "--help"]).exit_code == 0


def _refuse() -> None:
    raise InputError("photo.jpg", "the file is empty", "copy it again")


def test_bad_input_is_one_sentence_and_a_wrong_call(monkeypatch):
    row = verbs.Verb("refuse", f"{__name__}:_refuse", "Refuse.")
    monkeypatch.setattr(verbs, "VERBS", (row,))
    shown = runner.invoke(app, ["refuse"])
    assert shown.exit_code == 2
    assert shown.stderr == "photo.jpg: the file is empty; copy it again.\n"
    assert shown.stdout == ""


def test_a_verb_may_have_verbs_of_its_own(monkeypatch):
    row = verbs.Verb("house", f"{__name__}:_house", "A house.")
    monkeypatch.setattr(verbs, "VERBS", (row,))
    assert runner.invoke(app, ["house", "door"]).stdout == "open\n"
    assert runner.invoke(app, ["house", "window"]).exit_code == 2


_house = typer.Typer()


@_house.command()
def door() -> None:
    typer.echo("open")


@_house.command()
def roof() -> None:
    typer.echo("closed")
