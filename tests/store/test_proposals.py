"""A model's points and a person's own never overwrite each other."""

from dataclasses import replace

import numpy as np
import pytest

from lapa_annotator.domain.edits import AddFace, SetBox, SetPoints, SetStatus
from lapa_annotator.domain.face import Annotation, Face, Status
from lapa_annotator.domain.geometry import Box
from lapa_annotator.domain.landmarks import Origin
from lapa_annotator.store.project import Project
from tests.store.builders import moved, random_face, random_landmarks

NEAR = Box(10, 10, 110, 110)


def _proposed(seed: int, model: str, box: Box = NEAR) -> Face:
    return Face(box, random_landmarks(seed, model))


@pytest.fixture
def image(project: Project) -> int:
    return int(project.ids()[0])


def test_a_first_proposal_adds_faces(project: Project, image: int) -> None:
    faces = [_proposed(1, "m1"), _proposed(2, "m1", Box(300, 10, 400, 110))]
    revision = project.propose(image, faces, "m1", doubt=0.25)
    assert revision.annotation == Annotation(tuple(faces), Status.PROPOSED)
    info = project.info(image)
    assert (info.status, info.faces, info.doubt) == (Status.PROPOSED, 2, 0.25)
    assert project.ids("model:m1").tolist() == [image]


def test_a_proposal_can_be_undone(project: Project, image: int) -> None:
    project.propose(image, [_proposed(1, "m1")], "m1")
    assert project.undo_state(image).undo == "Proposal of m1"
    project.undo(image)
    assert project.load(image) == Annotation()


def test_a_new_proposal_replaces_an_untouched_one(project: Project, image: int) -> None:
    old, new = _proposed(1, "m1"), _proposed(2, "m2", Box(12, 12, 112, 112))
    project.propose(image, [old], "m1")
    project.propose(image, [new], "m2")
    (face,) = project.load(image).faces
    assert (face.id, face.box, face.landmarks) == (old.id, new.box, new.landmarks)


def test_points_that_a_person_touched_stay(project: Project, image: int) -> None:
    old, new = _proposed(1, "m1"), _proposed(2, "m2")
    project.propose(image, [old], "m1")
    project.save(image, SetPoints(old.id, *moved(old.landmarks, 3, 54)))
    mine = project.load(image).faces[0].landmarks
    project.propose(image, [new], "m2")
    now = project.load(image).faces[0].landmarks
    touched = now.touched
    assert np.flatnonzero(touched).tolist() == [3, 54]
    assert now.take([3, 54]) == mine.take([3, 54])
    free = np.flatnonzero(~touched).tolist()
    assert now.take(free) == new.landmarks.take(free)
    assert project.load(image).faces[0].box == old.box


def test_imported_points_are_a_person_s(project: Project, image: int) -> None:
    face = Face(Box(0, 0, 9, 9), random_landmarks(1, origin=Origin.IMPORTED))
    project.propose(image, [face], "m1")
    assert project.propose(image, [_proposed(2, "m2", face.box)], "m2") is None
    assert project.load(image).faces == (face,)


def test_every_point_is_moved_when_asked(project: Project, image: int) -> None:
    old, new = _proposed(1, "m1"), _proposed(2, "m2")
    project.propose(image, [old], "m1")
    project.save(image, SetPoints(old.id, *moved(old.landmarks, 3)))
    project.propose(image, [new], "m2", force=True)
    assert project.load(image).faces[0].landmarks == new.landmarks


@pytest.mark.parametrize("status", [Status.DONE, Status.APPROVED])
def test_finished_images_are_left_alone_unless_asked(
    project: Project, image: int, status: Status
) -> None:
    old, new = _proposed(1, "m1"), _proposed(2, "m2")
    project.propose(image, [old], "m1")
    project.save(image, SetStatus(Status.PROPOSED, status))
    assert project.propose(image, [new], "m2") is None
    assert project.load(image).faces == (old,)
    assert project.proposal(old.id) == new.landmarks
    assert project.propose(image, [new], "m2", force=True) is not None
    assert project.load(image).faces[0].landmarks == new.landmarks


def test_a_face_drawn_by_hand_gets_its_points(project: Project, image: int) -> None:
    drawn = Face(Box(0, 0, 100, 100))
    project.save(image, AddFace(drawn, 0))
    new = _proposed(1, "m1", Box(2, 2, 102, 102))
    project.propose(image, [new], "m1")
    (face,) = project.load(image).faces
    assert (face.id, face.landmarks) == (drawn.id, new.landmarks)


def test_a_face_that_the_model_does_not_see_stays(project: Project, image: int) -> None:
    project.propose(image, [_proposed(1, "m1")], "m1")
    project.propose(image, [_proposed(2, "m2", Box(300, 300, 400, 400))], "m2")
    assert len(project.load(image).faces) == 2
    assert project.propose(image, [], "m3") is None


def test_faces_are_told_apart_by_their_best_overlap(project: Project, image: int) -> None:
    left, right = _proposed(1, "m1", Box(0, 0, 100, 100)), _proposed(2, "m1", Box(30, 0, 130, 100))
    project.propose(image, [left, right], "m1")
    again = [_proposed(3, "m2", right.box), _proposed(4, "m2", left.box)]
    project.propose(image, again, "m2")
    faces = project.load(image).faces
    assert [f.landmarks for f in faces] == [again[1].landmarks, again[0].landmarks]


def test_where_a_point_was_proposed_is_never_forgotten(project: Project, image: int) -> None:
    old = _proposed(1, "m1")
    project.propose(image, [old], "m1")
    project.save(image, SetPoints(old.id, *moved(old.landmarks, *range(106))))
    assert project.proposal(old.id) == old.landmarks
    newer = _proposed(2, "m2")
    project.propose(image, [newer], "m2")
    project.close()
    with Project.open(project.folder) as again:
        assert again.proposal(old.id) == newer.landmarks
        assert again.proposal(old.id, "m1") == old.landmarks
        assert again.proposal(old.id, "m3") is None
        assert again.proposal("no such face") is None


def test_the_same_proposal_again_changes_nothing(project: Project, image: int) -> None:
    face = _proposed(1, "m1")
    project.propose(image, [face], "m1")
    assert project.propose(image, [replace(face, id="other")], "m1") is None
    assert len(project.history(image)) == 1


def test_a_status_beyond_new_is_not_taken_back(project: Project, image: int) -> None:
    project.save(image, SetStatus(Status.NEW, Status.IN_PROGRESS))
    project.propose(image, [random_face(1)], "m1")
    assert project.load(image).status is Status.IN_PROGRESS


def test_a_moved_box_counts_for_which_face_it_is(project: Project, image: int) -> None:
    face = _proposed(1, "m1")
    project.propose(image, [face], "m1")
    far = Box(500, 500, 600, 600)
    project.save(image, SetBox(face.id, (face.box, None), (far, None)))
    project.propose(image, [_proposed(2, "m2", far)], "m2")
    assert len(project.load(image).faces) == 1


def test_doubt_lies_between_0_and_1(project: Project, image: int) -> None:
    project.set_doubt(image, 1.0)
    assert project.info(image).doubt == 1.0
    project.set_doubt(image, None)
    assert project.info(image).doubt is None
    with pytest.raises(ValueError, match="between 0 and 1"):
        project.set_doubt(image, 1.5)
