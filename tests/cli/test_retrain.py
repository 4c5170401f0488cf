"""The verbs ``retrain`` and ``versions``: settings, control, lists, going back."""

import pytest
from typer.testing import CliRunner

from lapa_annotator.batch import retraining
from lapa_annotator.cli.main import app
from lapa_annotator.store.project import Project
from lapa_annotator.store.values import ModelVersion
from lapa_annotator.training.loop import Progress
from lapa_annotator.training.retrain.settings import settings_of
from tests.training.retrain.support import make_project


@pytest.fixture
def folder(tmp_path):
    with make_project(tmp_path, photos=6, finished=4) as made:
        return made.folder


def said(*arguments, code=0):
    """What the program says."""
    done = CliRunner().invoke(app, [str(a) for a in arguments])
    assert done.exit_code == code, done.output
    return done.output


@pytest.fixture
def trains(monkeypatch):
    """Stands in for the training; returns the settings that it was called with."""
    seen = []

    def work(project, settings, machine, **_):
        seen.append(settings)
        yield Progress("done", 3, 3, note="landmarks-0001 stays a candidate.")

    follow = retraining.run_training
    monkeypatch.setattr(retraining, "run_training", lambda *a, **k: follow(*a, **k, train=work))
    return seen


def test_settings_that_are_given_are_kept_with_the_project(folder, trains):
    said("retrain", folder, "--steps", 7, "--every", 500, "--fine-tune")
    said("retrain", folder)
    assert [s.steps for s in trains] == [7, 7]
    with Project.open(folder, annotator="ann") as project:
        assert (settings_of(project).every, settings_of(project).scratch) == (500, False)
    assert "finished: 3 of 3. landmarks-0001 stays a candidate." in said(
        "retrain", folder, "--status"
    )


def test_a_setting_out_of_range_is_one_sentence_and_not_kept(folder, trains):
    assert "out of range" in said("retrain", folder, "--steps", 0, code=2)
    with Project.open(folder, annotator="ann") as project:
        assert settings_of(project).steps == 4
    assert not trains


def test_before_any_training_the_status_says_so(folder):
    assert "never trained" in said("retrain", folder, "--status")
    assert "4 faces finished since the last training; due at 5." in said(
        "retrain", folder, "--status"
    )
    assert "no training is running" in said("retrain", folder, "--pause", code=2)


def test_a_time_that_is_none_is_one_sentence(folder, trains):
    assert "write it like 22:00" in said("retrain", folder, "--at", "soon", code=2)
    assert not trains


def version(folder, name, faces, nme, active=False, task="landmarks", error="NME"):
    run = folder / "training/runs" / name
    run.mkdir(parents=True)
    for file in ("network.xml", "network.bin"):
        (run / file).write_bytes(b"")
    (run / "network.json").write_text('{"size": 64, "classes": 3}')
    with Project.open(folder, annotator="ann") as project:
        metrics = {"faces": faces, error: nme, "AUC": 0.6, f"old {error}": 9.0}
        project.models.add(
            ModelVersion(name, task, f"training/runs/{name}", metrics=metrics),
            active=active,
        )


def test_versions_are_listed_and_gone_back_to(folder):
    assert "no versions of its own" in said("versions", "list", folder)
    version(folder, "landmarks-0001", 500, 4.0)
    version(folder, "landmarks-0002", 1000, 3.0, active=True)
    assert "* landmarks-0002" in said("versions", "list", folder)
    assert "landmarks-0001 is in use now" in said("versions", "use", folder, "landmarks-0001")
    assert "* landmarks-0001" in said("versions", "list", folder)
    assert "no version" in said("versions", "use", folder, "landmarks-0009", code=2)
    (folder / "training/runs/landmarks-0002/network.xml").unlink()
    assert "are gone" in said("versions", "use", folder, "landmarks-0002", code=2)


def test_the_learning_curve_says_what_more_faces_would_bring(folder, tmp_path):
    assert "no versions of its own" in said("versions", "curve", folder)
    version(folder, "landmarks-0001", 500, 4.0)
    assert "needs two versions" in said("versions", "curve", folder)
    version(folder, "landmarks-0002", 1000, 3.0)
    output = said("versions", "curve", folder, "--out", tmp_path / "curve.png")
    assert "5 more faces would bring the error to about 2.9" in output
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")


def test_the_queue_lists_unfinished_photos(folder):
    shown = said("versions", "queue", folder, "--order", "as they come", "--at-random", 0)
    assert [line[-7:] for line in shown.splitlines()] == ["004.png", "005.png"]
    assert "no order of the queue" in said("versions", "queue", folder, "--order", "x", code=2)


def test_parsing_networks_have_trainings_settings_and_versions_of_their_own(folder, trains):
    assert "no task" in said("retrain", folder, "--task", "noses", code=2)
    said("retrain", folder, "--task", "parsing", "--steps", 9)
    assert trains[-1].steps == 9
    with Project.open(folder, annotator="ann") as project:
        assert settings_of(project).steps == 4
        assert settings_of(project, "parsing").steps == 9
        assert project.jobs.last("retrain landmarks") is None
    assert "finished: 3 of 3" in said("retrain", folder, "--task", "parsing", "--status")
    version(folder, "landmarks-0001", 500, 4.0, active=True)
    version(folder, "parsing-0001", 300, 2.5, active=True, task="parsing", error="error")
    shown = said("versions", "list", folder)
    assert "* landmarks-0001" in shown
    assert "* parsing-0001" in shown
    assert "needs two versions" in said("versions", "curve", folder, "--task", "parsing")
    assert "2.50" in said("versions", "curve", folder, "--task", "parsing")
    assert "parsing-0001 is in use now" in said("versions", "use", folder, "parsing-0001")
