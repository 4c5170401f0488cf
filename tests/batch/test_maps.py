"""The label map of a face of a project: what goes into it."""

from dataclasses import replace

import numpy as np
import pytest

from lapa_annotator.batch import maps
from lapa_annotator.domain.geometry import Similarity
from lapa_annotator.formats.photo import read_photo
from lapa_annotator.ppa.segment import Segmentation
from tests.batch.export.builders import HEIGHT, WIDTH, make_project


@pytest.fixture
def beside(monkeypatch):
    """The points of the faces that a segmentation was told to leave out, call by call."""
    told = []

    def segment(image, points, segmenter, others=()):
        told.append([np.array(o) for o in others])
        return Segmentation(np.zeros((3, HEIGHT, WIDTH), np.uint8), Similarity(1, 0, 0, 0), "fake")

    monkeypatch.setattr(maps, "segment_face", segment)
    monkeypatch.setattr(maps, "_segmenter", lambda *names: None)
    return told


def test_hair_and_skin_of_the_photos_other_faces_stay_out(tmp_path, beside):
    with make_project(tmp_path, ["a.png"]) as project:
        image = int(project.ids()[0])
        photo, face = read_photo(project.photo_path(image)), project.load(image).faces[0]
        project.segmentations.forget(face.id)
        marks = replace(face.landmarks, points=face.landmarks.points + 3)
        other = replace(face, id="other", landmarks=marks)
        maps.face_labels(project, photo, face, faces=(face, other))
    (told,) = beside
    assert len(told) == 1
    assert np.array_equal(told[0], other.landmarks.points)
