"""Faces and annotations are values, found by id, and survive JSON."""

import json

import pytest
from hypothesis import given, settings

from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Annotation, Face, Status, new_face_id
from lapa_annotator.domain.geometry import Box
from tests.domain.strategies import faces

BOX = Box(0, 0, 10, 10)


@settings(max_examples=40)
@given(faces)
def test_faces_survive_json(face: Face) -> None:
    assert Face.from_dict(json.loads(json.dumps(face.to_dict()))) == face


def test_every_face_has_an_id_of_its_own() -> None:
    assert len({new_face_id() for _ in range(100)}) == 100
    assert Face(BOX).id != Face(BOX).id


def test_faces_are_found_and_replaced_by_their_id() -> None:
    a, b = Face(BOX, id="a"), Face(BOX, id="b")
    annotation = Annotation((a, b))
    moved = Face(Box(5, 5, 9, 9), id="b")
    assert annotation.face("b") is b
    assert annotation.with_face(moved).faces == (a, moved)
    assert annotation.faces == (a, b), "the annotation itself is left alone"
    for call in (lambda: annotation.face("c"), lambda: annotation.with_face(Face(BOX, id="c"))):
        with pytest.raises(KeyError, match="no face c"):
            call()


def test_a_new_annotation_is_new_and_empty() -> None:
    assert Annotation() == Annotation((), Status.NEW, frozenset(), ())


def test_bad_input_is_told_in_one_sentence_with_the_remedy() -> None:
    error = InputError("photo.jpg", "the file is empty", "copy it again")
    assert str(error) == "photo.jpg: the file is empty; copy it again."
    assert (error.path, error.problem, error.remedy) == (
        *("photo.jpg", "the file is empty", "copy it again"),
    )
