"""Proposing anew moves nothing that a person has touched."""

import numpy as np
import pytest

from lapa_annotator.batch.repropose import repropose
from lapa_annotator.domain.edits import SetPoints
from lapa_annotator.domain.face import Face, Status
from lapa_annotator.domain.geometry import Box
from lapa_annotator.store.project import Project
from tests.store.builders import moved
from tests.training.retrain.support import Placed, finish, make_project


class Centre:
    """A detector that always finds one box."""

    name = "centre"

    def detect(self, image):
        return [Box(20, 20, 70, 70)]


@pytest.fixture
def project(tmp_path):
    """One image finished, one touched by a person, one proposed, one new."""
    with make_project(tmp_path, photos=4, finished=0) as made:
        done, touched, proposed, _ = made.ids().tolist()
        finish(made, done)
        box = Box(20, 20, 70, 70)
        for image_id in (touched, proposed):
            landmarks = Placed().propose(None, box)
            made.propose(image_id, [Face(box, landmarks)], "first", doubt=0.5)
        face = made.load(touched).faces[0]
        made.save(touched, SetPoints(face.id, *moved(face.landmarks, 7)))
        yield made


class Second(Placed):
    name = "second"


def test_only_untouched_unfinished_images_get_new_points(project):
    ids = project.ids().tolist()
    before = [project.load(i) for i in ids]
    *_, last = repropose(project, Second(off=2.0), ids, Centre())
    after = [project.load(i) for i in ids]
    assert (last.done, last.changed, last.skipped) == (4, 2, ())
    assert before[:2] == after[:2]
    old, new = (a[2].faces[0] for a in (before, after))
    assert new.id == old.id
    assert np.allclose(new.landmarks.points, old.landmarks.points + 2.0)
    assert set(new.landmarks.model) == {"second"}
    assert after[3].status is Status.PROPOSED
    assert len(after[3].faces) == 1


def test_which_version_proposed_what_is_kept(project):
    image_id = int(project.ids()[2])
    list(repropose(project, Second(off=2.0), [image_id]))
    face = project.load(image_id).faces[0]
    assert project.proposal(face.id, "second") is not None
    assert project.count('model:"second"') == 1


def test_new_images_are_left_out_without_a_detector(project):
    image_id = int(project.ids()[3])
    assert next(repropose(project, Second(), [image_id])).changed == 0
    assert project.load(image_id).status is Status.NEW


def test_an_image_that_somebody_is_editing_is_skipped_and_named(project):
    image_id = int(project.ids()[2])
    with Project.open(project.folder, annotator="bob") as other, other.lease(image_id):
        *_, last = repropose(project, Second(off=2.0), [image_id])
    assert last.changed == 0
    assert "bob is editing" in last.skipped[0]


def test_a_photo_that_has_vanished_is_skipped_and_named(project):
    image_id = int(project.ids()[2])
    project.photo_path(image_id).unlink()
    *_, last = repropose(project, Second(off=2.0), [image_id])
    assert last.changed == 0
    assert ".png" in last.skipped[0]
