"""What a whole project teaches about its proposer, and what cannot be right in it."""

from dataclasses import replace

import pytest

from lapa_annotator.batch.check import check_project
from lapa_annotator.batch.project_prior import correction_of, learn_from_project, project_prior
from lapa_annotator.domain.landmarks import Landmarks
from lapa_annotator.domain.schema import MIRROR
from lapa_annotator.store.effort import finished_faces
from tests.dla.shapes import placed
from tests.store.builders import make_project
from tests.store.test_effort import annotate, face


@pytest.fixture
def project(tmp_path):
    with make_project(tmp_path, "a.jpg", "b.jpg") as opened:
        yield opened


def test_a_project_learns_a_prior_of_its_own(project):
    for image in project.ids().tolist()[:2]:
        annotate(project, image, drags=2, seconds=5)
    before = project_prior(project, "mesh-1").sums.faces
    assert learn_from_project(project) == {"mesh-1": 2}
    assert project_prior(project, "mesh-1").sums.faces == before + 2


def test_what_a_person_set_is_believed_more_than_what_was_let_pass(project):
    annotate(project, project.ids().tolist()[0], drags=2, seconds=5)
    (found,) = finished_faces(project)
    noise = correction_of(found).noise
    assert noise[0] < noise[50]
    assert noise[50] == noise[90]


def test_the_guard_goes_over_a_whole_project(project):
    one, two = project.ids().tolist()[:2]
    wrong = replace(face(), landmarks=Landmarks(placed()[MIRROR]))
    project.propose(one, [wrong], "mesh-1")
    project.propose(two, [face()], "mesh-1")
    (suspect,) = check_project(project)
    assert suspect.image_id == one
    assert suspect.path.name == "a.jpg"
