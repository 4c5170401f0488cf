"""The effort ledger is read from the journal and tells what the work took."""

from dataclasses import replace

import numpy as np
import pytest

from lapa_annotator.domain.edits import SetPoints, SetStatus, SetTags
from lapa_annotator.domain.face import Face, Status
from lapa_annotator.domain.geometry import Box
from lapa_annotator.domain.landmarks import Landmarks, Origin
from lapa_annotator.domain.schema import N_POINTS
from lapa_annotator.store.effort import (
    BLIND,
    BLIND_SHARE,
    anchoring,
    finished_faces,
    hours_left,
    is_chosen_blind,
    ledger,
)
from tests.dla.shapes import placed
from tests.store.builders import make_project, moved


def face() -> Face:
    points = placed()
    model = ("mesh-1",) * N_POINTS
    return Face(Box.around(points), Landmarks(points, model=model))


def annotate(project, image_id: int, *, drags: int, seconds: float, blind: bool = False) -> None:
    """Propose, drag some points by a tenth of the inter-ocular distance, finish."""
    project.propose(image_id, [face()], "mesh-1")
    for index in range(drags):
        (here,) = project.load(image_id).faces
        before, after = moved(here.landmarks, index, by=8.0)
        follower = here.landmarks.take([index + 50])
        origin = np.full(1, Origin.PROPAGATED, np.uint8)
        carried = replace(follower, points=follower.points + 1, origin=origin)
        both = here.landmarks.put(after).put(carried).take([index, index + 50])
        edit = SetPoints(here.id, here.landmarks.take([index, index + 50]), both)
        assert before.indices == (index,)
        project.save(image_id, edit, seconds=seconds / max(drags, 1))
    status = project.load(image_id).status
    project.save(image_id, SetStatus(status, Status.DONE), seconds=0 if drags else seconds)
    if blind:
        project.save(image_id, SetTags(frozenset(), frozenset({BLIND})))


@pytest.fixture
def project(tmp_path):
    with make_project(tmp_path, "a.jpg", "b.jpg", "c.jpg", "d.jpg") as opened:
        yield opened


def test_drags_seconds_and_shares_are_told_by_annotator_and_model(project):
    one, two = project.ids().tolist()[:2]
    annotate(project, one, drags=4, seconds=40)
    annotate(project, two, drags=2, seconds=20)
    (row,) = ledger(list(finished_faces(project)))
    assert (row.annotator, row.model, row.faces) == ("ann", "mesh-1", 2)
    assert row.drags == 3
    assert row.seconds == pytest.approx(30)
    assert row.dragged == pytest.approx(3 / N_POINTS)
    assert row.propagated == pytest.approx(3 / N_POINTS)
    assert row.untouched == pytest.approx(1 - 6 / N_POINTS)
    assert row.moved > 0


def test_what_was_undone_is_no_drag(project):
    image = project.ids().tolist()[0]
    annotate(project, image, drags=3, seconds=9)
    for _ in range(2):
        project.undo(image)
    project.save(image, SetStatus(project.load(image).status, Status.DONE))
    (found,) = finished_faces(project)
    assert found.drags == 2


def test_drags_are_measured_by_the_size_of_the_face(project):
    annotate(project, project.ids().tolist()[0], drags=1, seconds=5)
    (found,) = finished_faces(project)
    assert found.lengths == pytest.approx([np.hypot(8, 8) / 80 * 100], rel=0.01)


def test_blind_faces_are_told_apart(project):
    one, two = project.ids().tolist()[:2]
    annotate(project, one, drags=1, seconds=5)
    annotate(project, two, drags=1, seconds=5, blind=True)
    assert [row.blind for row in ledger(list(finished_faces(project)))] == [False, True]


def test_a_share_of_new_images_is_shown_without_proposals(project):
    one, two = project.ids().tolist()[:2]
    project.propose(one, [face()], "mesh-1")
    assert project.load(one).faces[0].landmarks is not None
    project.settings.set(BLIND_SHARE, 1.0)
    project.propose(two, [face()], "mesh-1")
    (hidden,) = project.load(two).faces
    assert hidden.landmarks is None
    assert BLIND in project.load(two).tags
    assert project.proposal(hidden.id) is not None, "it is kept to be compared with"
    project.propose(two, [replace(hidden, landmarks=face().landmarks)], "mesh-2")
    assert project.load(two).faces[0].landmarks is None
    project.propose(one, [replace(project.load(one).faces[0], landmarks=None)], "mesh-2")
    assert BLIND not in project.load(one).tags, "what was seen once is not blind"


def test_the_share_is_about_what_was_asked_for():
    chosen = [is_chosen_blind(f"photo-{k}.jpg", 0.1) for k in range(2000)]
    assert 0.07 < np.mean(chosen) < 0.13
    assert not any(is_chosen_blind(f"photo-{k}.jpg", 0.0) for k in range(50))


def test_anchoring_is_how_much_nearer_to_proposals_points_stay_where_these_are_seen(project):
    one, *_ = project.ids().tolist()
    annotate(project, one, drags=1, seconds=5)
    (seen,) = finished_faces(project)
    far = np.arange(N_POINTS)[:, None] * 0 + 4.0
    off = replace(seen.face.landmarks, points=seen.proposal.points + far)
    blind = replace(seen, face=replace(seen.face, landmarks=off), blind=True)
    (pull,) = anchoring([seen, seen, blind, blind])
    assert (pull.model, pull.blind, pull.shown) == ("mesh-1", 2, 2)
    assert pull.nearer == pytest.approx(np.hypot(4, 4) / 80 * 100, rel=0.1)
    assert pull.low <= pull.nearer <= pull.high
    assert anchoring([seen, seen, blind]) == []


def test_the_hours_left_come_with_an_interval(project):
    assert hours_left(project) is None
    one, two = project.ids().tolist()[:2]
    annotate(project, one, drags=1, seconds=1800)
    annotate(project, two, drags=1, seconds=5400)
    left = hours_left(project)
    assert left.images == 2
    assert left.hours == pytest.approx(2.0)
    assert left.low < left.hours < left.high
