"""One retraining from snapshot to verdict; killed anywhere it goes on; bad input harms nothing."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
import torch

from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.geometry import Box
from lapa_annotator.store.verify import verify
from lapa_annotator.training.loop import Machine
from lapa_annotator.training.retrain import run
from lapa_annotator.training.retrain.gate import Rule
from lapa_annotator.training.retrain.report import read_report
from lapa_annotator.training.retrain.run import discard_run, retrain, unfinished_run
from lapa_annotator.training.retrain.snapshot import Snapshot
from lapa_annotator.training.retrain.versions import current_proposer, go_back
from tests.training.retrain.support import SMALL, Placed, face_points, finish, make_project

MACHINE = Machine(threads=1, report_every=1, validate_every=4, save_every=2, precision="fp32")


@pytest.fixture(autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def trained(project, settings=SMALL, baseline=None):
    return list(retrain(project, settings, MACHINE, baseline=baseline or Placed()))


def worst():
    """What every version is better than."""
    return Placed(off=500.0)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A project after two trainings: one that the gate let through, one that it did not."""
    with make_project(tmp_path_factory.mktemp("done"), photos=14, finished=9) as project:
        first = trained(project, baseline=worst())
        for image_id in project.ids().tolist()[9:]:
            finish(project, image_id)
        strict = dataclasses.replace(SMALL, scratch=False, rule=Rule(faces=50))
        second = trained(project, strict)
        yield project, first, second


def test_a_version_that_is_better_is_in_use_with_its_report(done):
    project, first, _ = done
    assert first[-1].stage == "done"
    assert "landmarks-0001 is in use now" in first[-1].note
    assert {"training", "validated", "comparing"} <= {report.stage for report in first}
    folder = project.folder / "training/runs/landmarks-0001"
    assert read_report(folder)["promoted"]
    assert (folder / "report.png").read_bytes().startswith(b"\x89PNG")
    assert "is promoted" in (folder / "report.md").read_text()
    assert current_proposer(project).name == "landmarks-0001"
    assert not (folder / "checkpoints").exists()
    for kept in ("snapshot.json", "order.json", "recipe.toml", "weights.safetensors", "card.md"):
        assert (folder / kept).is_file()


def test_one_that_the_rule_does_not_let_through_stays_a_candidate(done):
    project, _, second = done
    assert "stays a candidate" in second[-1].note
    one, two = project.models.all("landmarks")
    assert (one.active, two.active) == (True, False)
    assert two.parent == "landmarks-0001"
    assert two.metrics["faces"] > one.metrics["faces"]
    assert two.metrics["promoted"] == 0
    assert {"NME", "AUC", "old NME", "low", "high"} <= two.metrics.keys()
    assert (
        json.loads((project.folder / two.weights / "report.json").read_text())["old"]["name"]
        == "landmarks-0001"
    )


def test_the_frozen_faces_of_the_first_training_are_those_of_the_second_and_more(done):
    project = done[0]
    folders = sorted((project.folder / "training/runs").iterdir())
    one, two = (Snapshot.read(folder / "snapshot.json") for folder in folders)
    held = [{e.content for e in s.chosen("held out")} for s in (one, two)]
    assert held[0] <= held[1]
    assert not held[1] & {e.content for e in one.chosen("train")}


def test_any_version_can_be_gone_back_to(done):
    project = done[0]
    for name in ("landmarks-0002", "landmarks-0001"):
        go_back(project, name)
        assert current_proposer(project).name == name
    with pytest.raises(InputError, match="no version"):
        go_back(project, "landmarks-0009")


def test_the_project_is_whole_after_it(done):
    assert not list(verify(done[0]))[-1].problems


def test_a_training_that_was_stopped_goes_on_where_it_was(tmp_path):
    with make_project(tmp_path, photos=9, finished=9) as project:
        work = retrain(project, SMALL, MACHINE, baseline=worst())
        for report in work:
            if report.stage == "training" and report.step >= 2:
                break
        work.close()
        folder = unfinished_run(project)
        snapshot = Snapshot.read(folder / "snapshot.json")
        changed = dataclasses.replace(SMALL, steps=400)
        reports = trained(project, changed, worst())
        assert reports[0].note == "Going on with landmarks-0001."
        assert min(r.step for r in reports if r.stage == "training") > 2
        assert max(r.step for r in reports if r.stage == "training") == SMALL.steps
        assert Snapshot.read(folder / "snapshot.json") == snapshot
        assert unfinished_run(project) is None


def test_killed_before_its_verdict_it_is_not_trained_again(tmp_path, monkeypatch):
    with make_project(tmp_path, photos=9, finished=9) as project:

        def killed(*_):
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(run, "_conclude", killed)
            with pytest.raises(KeyboardInterrupt):
                trained(project, baseline=worst())
        assert not project.models.all()
        reports = trained(project, baseline=worst())
        assert [r.stage for r in reports] == ["note", "done"]
        assert project.models.active("landmarks").name == "landmarks-0001"


def test_a_version_that_has_learned_nothing_is_refused(tmp_path):
    class Knows:
        name = "knows"

        def propose(self, image, box):
            faces = [face_points(k) for k in range(9)]
            near = min(
                faces, key=lambda p: np.hypot(*np.subtract(Box.around(p).centre, box.centre))
            )
            return dataclasses.replace(Placed().propose(image, box), points=near)

    with make_project(tmp_path, photos=9, finished=9) as project:
        trained(project, baseline=Knows())
        assert project.models.active("landmarks") is None
        report = read_report(project.folder / "training/runs/landmarks-0001")
        assert report["old"]["NME"] < 0.01
        assert "surely worse" in report["reason"]


def test_a_cancelled_training_leaves_no_trace_but_the_split(tmp_path):
    with make_project(tmp_path, photos=9, finished=9) as project:
        work = retrain(project, SMALL, MACHINE)
        next(work)
        work.close()
        assert discard_run(project)
        assert not discard_run(project)
        assert not list((project.folder / "training/runs").iterdir())


def test_a_disk_too_full_is_one_sentence_and_nothing_is_begun(tmp_path, monkeypatch):
    with make_project(tmp_path, photos=9, finished=9) as project:
        usage = shutil.disk_usage(tmp_path)
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
        with pytest.raises(InputError, match=r"needs 0\.4 GB of room"):
            trained(project)
        assert unfinished_run(project) is None


def test_corrupt_weights_to_begin_from_are_one_sentence(done, tmp_path):
    shutil.copytree(done[0].folder, tmp_path / "p.lapa")
    shutil.copytree(done[0].folder.parent / "photos", tmp_path / "photos")
    with type(done[0]).open(tmp_path / "p.lapa", annotator="ann") as project:
        weights = project.folder / "training/runs/landmarks-0001/weights.safetensors"
        weights.write_bytes(weights.read_bytes()[:1000])
        with pytest.raises(InputError, match=r"weights\.safetensors"):
            trained(project, dataclasses.replace(SMALL, scratch=False))
        assert project.models.active("landmarks").name == "landmarks-0001"
        discard_run(project)


def test_a_lost_split_is_not_made_up_again(done, tmp_path):
    shutil.copytree(done[0].folder, tmp_path / "p.lapa")
    (tmp_path / "p.lapa/training/split.json").unlink()
    with (
        type(done[0]).open(tmp_path / "p.lapa", annotator="ann") as project,
        pytest.raises(InputError, match="frozen validation set is gone"),
    ):
        trained(project)
