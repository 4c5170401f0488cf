"""What a whole project teaches about its proposer."""

import pytest

from lapa_annotator.batch.project_prior import correction_of, learn_from_project, project_prior
from lapa_annotator.store.effort import finished_faces
from tests.store.builders import make_project
from tests.store.test_effort import annotate


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
