"""Proposing anew moves nothing that a person has touched."""

import numpy as np
import pytest

from lapa_annotator.batch.repropose import repropose, segment_anew
from lapa_annotator.domain.edits import SetOverride, SetPoints
from lapa_annotator.domain.face import Face, Status
from lapa_annotator.domain.geometry import Box, Similarity
from lapa_annotator.domain.override import Patch
from lapa_annotator.store.cache import CachedSegmentation
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


class Sees:
    """A segmenter that says background of every pixel."""

    name, size = "parsing-0001", 32

    def segment(self, crop):
        return np.stack([np.ones((32, 32)), *np.zeros((2, 32, 32))]).astype(np.float32)


def old_map(project, face):
    said = CachedSegmentation(np.zeros((3, 4, 4), np.uint8), Similarity(1, 0, 0, 0), "old")
    project.segmentations.store(face.id, said)


def test_hair_and_skin_are_segmented_anew_where_nobody_has_touched_or_painted(project):
    done, touched, proposed, _ = project.ids().tolist()
    for image_id in (done, touched, proposed):
        old_map(project, project.load(image_id).faces[0])
    *_, last = segment_anew(project, Sees(), project.ids().tolist())
    assert (last.done, last.changed, last.skipped) == (4, 1, ())
    models = [
        project.segmentations.load(project.load(i).faces[0].id).model
        for i in (done, touched, proposed)
    ]
    assert models == ["old", "old", "parsing-0001"]
    *_, again = segment_anew(project, Sees(), [proposed])
    assert again.changed == 0
    face = project.load(proposed).faces[0]
    old_map(project, face)
    layer = Patch(3, 3, np.full((2, 2), 10, np.uint8))
    project.save(proposed, SetOverride(face.id, Patch(3, 3, np.full((2, 2), 255, np.uint8)), layer))
    *_, last = segment_anew(project, Sees(), [proposed])
    assert last.changed == 0
    assert project.segmentations.load(face.id).model == "old"
