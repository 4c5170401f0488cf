"""``check``, ``effort`` and ``simulate`` on the command line."""

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from lapa_annotator.batch.errors import run as looking
from lapa_annotator.batch.execute import Serial
from lapa_annotator.cli.main import app
from lapa_annotator.domain.face import Face
from lapa_annotator.domain.geometry import Box
from lapa_annotator.domain.landmarks import Landmarks
from lapa_annotator.domain.schema import MIRROR
from tests.dla.shapes import placed
from tests.store.builders import make_project


def run(*args: object):
    return CliRunner().invoke(app, [str(arg) for arg in args])


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setattr(looking, "Processes", lambda *args, **options: Serial())
    with make_project(tmp_path, "a.jpg", "b.jpg") as opened:
        face = Face(Box(100, 100, 300, 300), Landmarks(placed()))
        one, two = opened.ids().tolist()
        opened.propose(one, [face], "m")
        opened.propose(two, [replace(face, id="f" * 32)], "m")
    return opened.folder


def test_a_project_without_problems_says_so(project):
    done = run("check", project)
    assert done.exit_code == 0
    assert "Nothing was found" in done.output


def test_a_swapped_face_is_named_with_its_photo_and_nothing_is_changed(project, tmp_path):
    from lapa_annotator.store.project import Project

    with Project.open(project) as opened:
        wrong = Face(Box(400, 100, 600, 300), Landmarks(placed()[MIRROR]), id="e" * 32)
        image = opened.ids().tolist()[0]
        opened.propose(image, [wrong], "m")
        before = opened.load(image)
    done = run("check", project, "--kind", "anatomy", "--json", tmp_path / "found.json")
    assert done.exit_code == 1
    assert "a.jpg" in done.output
    (found,) = json.loads((tmp_path / "found.json").read_text())["findings"]
    assert (found["kind"], found["about"]) == ("anatomy", "swap:0")
    assert "swapped" in found["sentence"]
    with Project.open(project) as opened:
        assert opened.load(image) == before


def test_photos_that_cannot_be_read_and_kinds_that_cannot_look_are_told(project, monkeypatch):
    monkeypatch.setattr(looking, "_opinion", lambda: "")
    done = run("check", project)
    assert done.exit_code == 0
    assert "Skipped" in done.output
    assert "eleven-class network" in done.output


def test_an_unknown_kind_is_told_in_one_sentence(project):
    done = run("check", project, "--kind", "spelling")
    assert done.exit_code == 2
    assert len(done.output.strip().splitlines()) == 1
    assert "anatomy" in done.output


def test_effort_of_nothing_finished_says_so(project):
    done = run("effort", project)
    assert done.exit_code == 0
    assert "No face is finished" in done.output


@pytest.mark.parametrize("verb", ["check", "effort"])
def test_no_project_is_told_in_one_sentence(verb, tmp_path):
    done = run(verb, tmp_path / "none.lapa")
    assert done.exit_code == 2
    assert len(done.output.strip().splitlines()) <= 2


@pytest.mark.parametrize("verb", [("prior", "--proposer", "facemesh"), ("shapes",)])
def test_priors_and_shapes_are_not_learned_from_what_is_for_evaluation_alone(tmp_path, verb):
    (tmp_path / "000001_ldmks.txt").write_text("")
    done = run("train", *verb, "-d", tmp_path, "-o", tmp_path / "out")
    assert done.exit_code == 2
    assert "evaluation" in done.output
    assert not (tmp_path / "out").exists()
