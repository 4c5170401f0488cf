"""A snapshot holds what was finished by revision, and is had again whatever happens later."""

import dataclasses

import numpy as np
import pytest

from lapa_annotator.domain.edits import SetPoints, SetStatus, SetTags
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Status
from lapa_annotator.domain.landmarks import Landmarks, Origin
from lapa_annotator.domain.schema import N_POINTS
from lapa_annotator.training.retrain.snapshot import (
    Snapshot,
    SnapshotSource,
    point_weights,
    take_snapshot,
)
from lapa_annotator.training.retrain.split import Split
from tests.store.builders import moved
from tests.training.retrain.support import SMALL, finish, make_project


@pytest.fixture
def project(tmp_path):
    with make_project(tmp_path, photos=12, finished=9) as made:
        yield made


def taken(project, **changes):
    return take_snapshot(project, dataclasses.replace(SMALL, **changes), Split())


def test_finished_images_are_trained_on_or_held_out(project):
    snapshot, split = taken(project)
    assert snapshot.faces() == 9
    assert 1 <= snapshot.faces("held out") <= 4
    assert {e.content for e in snapshot.entries} == split.sides.keys()


def test_annotating_goes_on_and_the_snapshot_stays(project):
    snapshot, _ = taken(project)
    before = SnapshotSource(project, snapshot, "train")
    entry = snapshot.chosen("train")[0]
    face = project.load(entry.image).faces[0]
    project.save(entry.image, SetPoints(face.id, *moved(face.landmarks, 3, 4, by=9.0)))
    after = SnapshotSource(project, snapshot, "train")
    assert np.array_equal(before.load(0).points, after.load(0).points)
    assert before.fingerprint() == after.fingerprint()
    again = SnapshotSource(project, taken(project)[0], "train")
    assert not np.array_equal(again.load(0).points, before.load(0).points)


def test_images_tagged_out_are_out(project):
    out = int(project.ids()[0])
    project.save(out, SetTags(frozenset(), frozenset({"out"})))
    assert out not in [e.image for e in taken(project)[0].entries]
    assert out in [e.image for e in taken(project, without=())[0].entries]


def test_rendered_faces_are_never_held_out(project):
    for image_id in project.ids().tolist()[:5]:
        project.save(image_id, SetTags(frozenset(), frozenset({"synthetic"})))
    snapshot, _ = taken(project)
    assert snapshot.faces("train", "rendered") == 5
    assert snapshot.faces("held out", "rendered") == 0


def test_imported_faces_are_told_apart(project):
    finish(project, int(project.ids()[9]), Origin.IMPORTED)
    assert taken(project)[0].faces(kind="imported") == 1


def test_points_weigh_by_where_they_come_from():
    origin = np.zeros(N_POINTS, np.uint8)
    origin[:2] = (int(Origin.CORRECTED), int(Origin.PROPAGATED))
    weights = point_weights(
        Landmarks(np.zeros((N_POINTS, 2)), origin=origin),
        {"corrected": 1.0, "propagated": 0.5, "proposed": 0.25},
    )
    assert weights[:3].tolist() == [1.0, 0.5, 0.25]


def test_too_few_finished_images_are_one_sentence(project):
    with pytest.raises(InputError, match="9 images are finished, and a training needs 10"):
        taken(project, least=10)


def test_it_is_read_as_it_was_written(project, tmp_path):
    snapshot, _ = taken(project)
    snapshot.write(tmp_path / "snapshot.json")
    assert Snapshot.read(tmp_path / "snapshot.json") == snapshot


def test_a_snapshot_that_validates_on_what_it_trains_on_is_refused(project, tmp_path):
    snapshot, _ = taken(project)
    entry = dataclasses.replace(snapshot.chosen("train")[0], part="held out")
    dataclasses.replace(snapshot, entries=(*snapshot.entries, entry)).write(tmp_path / "s.json")
    with pytest.raises(InputError, match="trained on and held out at once"):
        Snapshot.read(tmp_path / "s.json")


def test_a_photo_that_has_vanished_is_one_sentence(project):
    snapshot, _ = taken(project)
    source = SnapshotSource(project, snapshot, "train")
    project.photo_path(snapshot.chosen("train")[0].image).unlink()
    with pytest.raises(InputError, match=r"\.png"):
        source.load(0)
    assert len(taken(project)[0].entries) == len(snapshot.entries) - 1


def test_what_is_not_finished_any_more_is_left_out(project):
    image_id = int(project.ids()[0])
    project.save(image_id, SetStatus(Status.DONE, Status.IN_PROGRESS))
    assert image_id not in [e.image for e in taken(project)[0].entries]
