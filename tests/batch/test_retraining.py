"""A training can be found, paused, cancelled and killed; two at once are refused."""

import os
import shutil
import subprocess
import sys

import pytest

from lapa_annotator.batch import retraining
from lapa_annotator.batch.retraining import (
    KIND,
    ask,
    due,
    last_training,
    run_training,
    start_process,
)
from lapa_annotator.domain.edits import SetStatus
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Status
from lapa_annotator.store.project import Project
from lapa_annotator.training.loop import Progress
from lapa_annotator.training.retrain.run import LAST, last_key
from lapa_annotator.training.retrain.versions import PARSING, TASK
from tests.training.retrain.support import SMALL, finish, make_project


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setattr(retraining, "_BEAT_S", 0.02)
    with make_project(tmp_path, photos=8, finished=4) as made:
        yield made


def job(project):
    return project.jobs.last(KIND)


def never():
    return False


def train(steps=3, start=0):
    """A training of some steps that does nothing."""

    def work(project, settings, machine):
        for step in range(start, steps):
            yield Progress("training", step + 1, steps, note="Step." if step else "")
        yield Progress("done", steps, steps, note="It is better.")

    return work


def test_a_training_tells_how_far_it_is_and_what_came_of_it(project):
    work = run_training(project, SMALL, train=train(), battery=never)
    next(work)
    assert (job(project).state, job(project).done, job(project).total) == ("running", 1, 3)
    assert job(project).alive
    list(work)
    assert (job(project).state, job(project).message) == ("finished", "It is better.")
    assert not job(project).alive


def test_a_second_training_is_refused_while_one_is_running(project):
    first = run_training(project, SMALL, train=train(), battery=never)
    next(first)
    with (
        Project.open(project.folder, annotator="bob") as other,
        pytest.raises(InputError, match="already running"),
    ):
        next(run_training(other, SMALL, train=train(), battery=never))
    with pytest.raises(InputError, match="running already"):
        start_process(project.folder)
    assert len(list(first)) == 3
    list(run_training(project, SMALL, train=train(), battery=never))


def test_a_killed_training_is_seen_and_another_may_begin(project):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    number = project.jobs.claim(KIND, {})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "getpid", lambda: dead.pid)
        project.jobs.update(number, state="finished")
        number = project.jobs.claim(KIND, {})
    assert job(project).state == "running"
    assert not job(project).alive
    list(run_training(project, SMALL, train=train(), battery=never))
    states = {j.id: j.state for j in project.jobs.all()}
    assert states[number] == "stopped"


def test_a_training_that_was_not_heard_of_for_long_is_not_waited_for(project, monkeypatch):
    project.jobs.claim(KIND, {})
    assert job(project).alive
    monkeypatch.setattr("lapa_annotator.store.registry.ALIVE_SECONDS", -1.0)
    assert not job(project).alive
    project.jobs.claim(KIND, {})


def test_it_can_be_paused_and_goes_on(project):
    begun = []

    def work(project, settings, machine):
        begun.append(True)
        for step in range(2000):
            if len(begun) > 1 and step:
                break
            yield Progress("training", step, 2000)

    stages = []
    for report in run_training(project, SMALL, train=work, battery=never):
        stages.append(report.stage)
        if len(stages) == 1:
            ask(project, "paused")
        if report.stage == "paused":
            assert job(project).alive
            ask(project, "running")
    assert stages.count("paused") == 1
    assert len(begun) == 2
    assert job(project).state == "finished"


def test_it_pauses_while_the_computer_runs_on_its_battery(project):
    answers = iter([True, True, True])
    reports = list(
        run_training(project, SMALL, train=train(), battery=lambda: next(answers, False))
    )
    assert [r.stage for r in reports][:2] == ["training", "paused"]
    assert job(project).state == "finished"


def test_cancelling_ends_it_and_leaves_nothing(project):
    run = project.folder / "training/runs/landmarks-0001"

    def work(project, settings, machine):
        run.mkdir(parents=True)
        (run / "snapshot.json").write_text("{}")
        while True:
            yield Progress("training", 1, 3)

    for report in run_training(project, SMALL, train=work, battery=never):
        if job(project).state == "running":
            ask(project, "cancelling")
        assert report.stage == "training"
    assert job(project).state == "cancelled"
    assert not run.exists()
    with pytest.raises(InputError, match="no training is running"):
        ask(project, "cancelling")


def test_one_that_was_killed_can_be_cancelled(project):
    run = project.folder / "training/runs/landmarks-0001"
    run.mkdir(parents=True)
    (run / "snapshot.json").write_text("{}")
    project.jobs.update(project.jobs.claim(KIND, {}), state="stopped")
    assert last_training(project).unfinished
    ask(project, "cancelling")
    assert not last_training(project).unfinished
    with pytest.raises(InputError, match="no training is running"):
        ask(project, "paused")


def test_bad_input_is_told_to_whoever_asks_later(project):
    def work(project, settings, machine):
        yield Progress("note", 0, 3)
        raise InputError("a.jpg", "has vanished", "bring it back")

    with pytest.raises(InputError, match="vanished"):
        list(run_training(project, SMALL, train=work, battery=never))
    assert (job(project).state, job(project).message[:5]) == ("failed", "a.jpg")


def test_a_project_that_is_moved_ends_the_training_in_one_sentence(project, tmp_path):
    old, new = project.folder, tmp_path / "elsewhere.lapa"

    def work(project, settings, machine):
        try:
            while True:
                yield Progress("training", 1, 3)
        finally:
            # The loop saves a checkpoint when it is closed.
            (old / "training/runs/landmarks-0001").mkdir(parents=True, exist_ok=True)

    with pytest.raises(InputError, match=r"moved|cannot be reached"):
        for k, _ in enumerate(run_training(project, SMALL, train=work, battery=never)):
            if k == 0:
                shutil.move(old, new)
    assert not old.exists()
    with Project.open(new, annotator="ann") as moved:
        assert moved.count("status:done") == 4


def test_a_training_is_due_after_so_many_finished_faces(project):
    assert (due(project).new, due(project).every, due(project).now) == (4, 5, False)
    finish(project, int(project.ids()[5]))
    assert due(project).now
    project.settings.set(LAST, 5)
    assert due(project).new == 0
    project.save(int(project.ids()[0]), SetStatus(Status.DONE, Status.IN_PROGRESS))
    assert due(project).new == 0


def test_parsing_networks_are_trained_apart_but_not_at_the_same_time(project):
    first = run_training(project, SMALL, task=PARSING, train=train(), battery=never)
    next(first)
    assert last_training(project) is None
    assert last_training(project, PARSING).job.alive
    with pytest.raises(InputError, match="already running"):
        next(run_training(project, SMALL, train=train(), battery=never))
    with pytest.raises(InputError, match="running already"):
        start_process(project.folder, TASK)
    ask(project, "cancelling", PARSING)
    assert project.jobs.last("retrain parsing").state == "cancelling"
    first.close()


def test_each_task_counts_the_faces_since_its_own_training(project):
    project.settings.set(last_key(PARSING), 3)
    assert due(project).new == 4
    assert due(project, PARSING).new == 1
