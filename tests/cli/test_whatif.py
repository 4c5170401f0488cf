"""``what-if`` on the command line."""

import json

import pytest
from typer.testing import CliRunner

from lapa_annotator.batch.execute import Serial
from lapa_annotator.batch.whatif import run as running
from lapa_annotator.cli.main import app
from lapa_annotator.ppa.settings import Settings, settings_of
from lapa_annotator.store.project import Project
from tests.batch.export.builders import make_project


def run(*args: object):
    return CliRunner().invoke(app, ["what-if", *(str(arg) for arg in args)])


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setattr(running, "Processes", lambda *args, **options: Serial())
    with make_project(tmp_path, ["a.png", "b.png"]) as made:
        return made.folder


def kept(folder):
    with Project.open(folder, read_only=True) as opened:
        return settings_of(opened)


def test_without_set_it_says_what_the_settings_are(project):
    done = run(project)
    assert done.exit_code == 0
    assert "skin,parts,hair,background" in done.output


def test_a_trial_says_what_changes_and_uses_nothing(project, tmp_path):
    done = run(project, "--set", "curve.mouth=straight", "--json", tmp_path / "out.json",
               "--sheet", tmp_path / "sheet.jpg")  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "2 of 2 faces change" in done.output
    assert "upper lip" in done.output
    told = json.loads((tmp_path / "out.json").read_text())
    assert told["changed"] == 2
    assert told["classes"]["nose"]["iou"] == 1
    assert told["classes"]["lower lip"]["iou"] < 1
    assert [f["photo"] for f in told["most"]]
    assert (tmp_path / "sheet.jpg").stat().st_size
    assert kept(project) == Settings.of()


def test_settings_are_used_recorded_and_taken_back(project):
    assert "in use" in run(project, "--set", "hair=0.9", "--apply").output
    assert kept(project) == Settings.of({"hair": 0.9})
    done = run(project, "--undo")
    assert "hair=0.9" in done.output
    assert kept(project) == Settings.of()
    assert run(project, "--undo").exit_code == 2


@pytest.mark.parametrize("text", ["hair=9", "beard=1", "hair"])
def test_what_is_no_setting_is_one_sentence(project, text):
    done = run(project, "--set", text)
    assert done.exit_code == 2
    assert len(done.output.strip().splitlines()) == 1


def test_damaged_settings_are_told_and_can_be_reset(project):
    with Project.open(project) as opened:
        opened.settings.set("parsing", {"now": {"hair": "?"}})
    done = run(project, "--set", "hair=0.9")
    assert done.exit_code == 2
    assert "--reset" in done.output
    assert run(project, "--reset").exit_code == 0
    assert kept(project) == Settings.of()
