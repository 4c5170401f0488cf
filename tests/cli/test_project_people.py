"""Assigning, comparing and adjudicating as they are typed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from lapa_annotator.cli.main import app
from lapa_annotator.domain.edits import Gesture, SetFace, SetStatus
from lapa_annotator.domain.face import Status
from lapa_annotator.domain.landmarks import Landmarks, Origin
from lapa_annotator.store.project import Project
from lapa_annotator.store.values import Task
from tests.batch.export.builders import make_project

runner = CliRunner()


def _type(*words: object, status: int = 0) -> str:
    done: Result = runner.invoke(app, ["project", *map(str, words)], env={"COLUMNS": "200"})
    assert done.exit_code == status, done.output
    assert "Traceback" not in done.output
    return done.output


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project of three photos that ann has finished; ben has done the first a second time."""
    with make_project(tmp_path, ["a.png", "b.png", "c.png"]) as project:
        place = project.folder
    with Project.open(place, annotator="ben") as project:
        (first,) = project.load(1).faces
        (begun,) = project.second.begin(1).annotation.faces
        points = first.landmarks.points + np.array([2.0, 0.0])
        origin = np.full(106, Origin.CORRECTED)
        marks = Landmarks(points, origin=origin, annotator=("ben",) * 106)
        edits = SetFace(begun, replace(begun, landmarks=marks))
        done = SetStatus(Status.PROPOSED, Status.DONE)
        project.second.save(1, Gesture((edits, done)))
    return place


def test_images_are_assigned_and_the_assignments_listed(folder: Path) -> None:
    said = _type("assign", folder, "status:done", "--to", "ben", "--to", "cara", "--task", "second")
    assert "3 of 3 images assigned" in said
    table = _type("assigned", folder)
    assert "ben" in table and "cara" in table and "second" in table
    assert "2 images taken back" in _type(
        "assign", folder, "--task", "second", "--back", "--most", "2"
    )
    with Project.open(folder, read_only=True) as project:
        assert sum(bool(project.assignments.of(i)) for i in project.ids().tolist()) == 1
        assert Task.SECOND in project.assignments.of(3)


def test_assigning_to_nobody_is_refused_in_one_sentence(folder: Path) -> None:
    assert "name one person or more" in _type("assign", folder, status=2)
    assert "Nothing is assigned" in _type("assigned", folder)


def test_images_of_several_people_are_listed_with_how_far_they_are_apart(folder: Path) -> None:
    said = _type("compare", folder)
    assert "a.png" in said and "ben" in said and "yes" in said and "b.png" not in said


def test_theirs_can_be_taken_as_one_edit_that_undoes(folder: Path) -> None:
    with Project.open(folder) as project:
        before, count = project.load(1), len(project.history(1))
        (theirs,) = project.second.all(1)[0].annotation.faces
    assert "What ben says stands" in _type("adjudicate", folder, "a.png", "--take", "theirs")
    with Project.open(folder) as project:
        assert project.load(1).faces[0].landmarks == theirs.landmarks
        assert "adjudicated" in project.load(1).tags
        assert len(project.history(1)) == count + 1
        assert project.history(1)[-1].title == "Adjudicate: theirs, of ben"
        project.undo(1)
        assert project.load(1) == before


def test_the_mean_of_some_points_can_be_taken(folder: Path) -> None:
    with Project.open(folder) as project:
        before = project.load(1).faces[0].landmarks.points
    _type("adjudicate", folder, "1", "--take", "mean", "--points", "0-2,54")
    with Project.open(folder) as project:
        off = project.load(1).faces[0].landmarks.points - before
    assert off[[0, 1, 2, 54]] == pytest.approx(np.tile((1.0, 0.0), (4, 1)))
    assert not off[3:54].any()


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("2", "--take", "mine"), "nobody has finished a second annotation"),
        (("1", "--take", "mine", "--of", "zoe"), "take one of ben"),
        (("1", "--take", "mean", "--points", "0-200"), "numbers from 0 to 105"),
        (("1", "--take", "mean", "--points", "nose"), "numbers from 0 to 105"),
        (("nowhere.png", "--take", "mine"), "no photo of this project"),
    ],
)
def test_a_wrong_call_is_one_sentence_and_changes_nothing(
    folder: Path, words: tuple[str, ...], part: str
) -> None:
    with Project.open(folder) as project:
        before = [project.load(i) for i in project.ids().tolist()]
    said = _type("adjudicate", folder, *words, status=2)
    assert part in " ".join(said.split())
    with Project.open(folder) as project:
        assert [project.load(i) for i in project.ids().tolist()] == before
