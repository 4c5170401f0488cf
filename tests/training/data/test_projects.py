from pathlib import PurePosixPath

import numpy as np
import pytest

from lapa_annotator.domain.edits import AddFace, SetOverride, SetStatus
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Face, Status
from lapa_annotator.domain.geometry import Box, Similarity
from lapa_annotator.domain.landmarks import Landmarks
from lapa_annotator.domain.override import EMPTY, Patch
from lapa_annotator.formats.photo import write_picture
from lapa_annotator.store.cache import CachedSegmentation
from lapa_annotator.store.project import Project
from lapa_annotator.store.scan import Look
from lapa_annotator.training.data.sources import open_source
from tests.training.data.support import face_points, sample

NAMES = ("done.png", "approved.png", "new.png")


def _find(folder):
    return [PurePosixPath(p.name) for p in sorted(folder.glob("*.png"))]


@pytest.fixture
def project(tmp_path):
    """Three photos with a face each: one done, one approved, one not finished."""
    made = sample()
    for k, name in enumerate(NAMES):
        write_picture(tmp_path / "photos" / name, made.image + np.uint8(k))
    with Project.create(tmp_path / "p", annotator="ann") as opened:
        list(opened.add_folder(tmp_path / "photos", Look(_find, lambda _: (120, 128, 1))))
        for image_id in opened.ids():
            face = Face(Box(20, 20, 100, 100), Landmarks(points=face_points()))
            opened.save(int(image_id), AddFace(face, 0))
            stem = opened.info(int(image_id)).path.stem
            if stem != "new":
                before = opened.load(int(image_id)).status
                opened.save(int(image_id), SetStatus(before, Status(stem)))
        yield opened


def test_finished_faces_are_the_samples(project):
    source = open_source(project.folder, "all")
    assert sorted(source.keys()) == ["approved", "done"]
    got = source.load(source.keys().index("done"))
    assert np.allclose(got.points, face_points(), atol=0.01)
    assert np.array_equal(got.image, sample().image)


def test_a_face_without_a_segmentation_has_points_alone(project):
    assert open_source(project.folder, "all").load(0).labels is None


def test_the_label_map_is_drawn_from_the_kept_segmentation_and_the_override(project):
    image_id = next(int(i) for i in project.ids() if project.info(int(i)).path.stem == "done")
    face = project.load(image_id).faces[0]
    said = np.zeros((3, 128, 128), np.uint8)
    said[2] = 255
    kept = CachedSegmentation(said, Similarity(1.0, 0.0, 0.0, 0.0), "test")
    project.segmentations.store(face.id, kept)
    patch = Patch(3, 4, np.full((2, 2), 6, np.uint8))
    project.save(image_id, SetOverride(face.id, EMPTY.region(3, 4, 2, 2), patch))
    source = open_source(project.folder, "all")
    labels = source.load(source.keys().index("done")).labels
    assert labels.shape == (128, 120)
    assert labels[4, 3] == 6
    assert (labels == 10).mean() > 0.3


def test_the_fingerprint_follows_the_annotation(project):
    before = open_source(project.folder, "all").fingerprint()
    image_id = next(int(i) for i in project.ids("status:new,in-progress,proposed"))
    project.save(image_id, SetStatus(project.load(image_id).status, Status.DONE))
    assert open_source(project.folder, "all").fingerprint() != before


def test_a_project_with_nothing_finished_is_refused(tmp_path):
    Project.create(tmp_path / "p", annotator="ann").close()
    with pytest.raises(InputError, match="finish"):
        open_source(tmp_path / "p.lapa")
