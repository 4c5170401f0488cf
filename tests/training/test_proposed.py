"""Labelled faces at proposed points: what is scored as the program would see it."""

import numpy as np
import pytest

from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.landmarks import Landmarks
from lapa_annotator.training.proposed import ProposedSource
from tests.training.data.support import face_points, sample, write_lapa


class Nobody:
    name = "nobody"

    def detect(self, image):
        return []


class Beside:
    """A proposer that is off by three pixels."""

    name = "beside"

    def propose(self, image, box):
        return Landmarks(face_points() + 3)


def source(folder, cache):
    return ProposedSource(folder, Nobody(), Beside(), cache)


def test_faces_have_their_map_and_the_proposed_points(tmp_path):
    write_lapa(tmp_path / "faces", ["a", "b"])
    made = source(tmp_path / "faces", tmp_path / "kept")
    assert (made.name, made.keys(), len(made)) == ("faces", ["a", "b"], 2)
    face = made.load(1)
    assert face.key == "b"
    assert np.allclose(face.points, face_points() + 3)
    assert np.array_equal(face.labels, sample("b").labels)


def test_faces_without_a_map_cannot_be_scored(tmp_path):
    write_lapa(tmp_path / "faces", ["a"], labels=False)
    with pytest.raises(InputError, match="no label map"):
        source(tmp_path / "faces", tmp_path / "kept").load(0)
