"""Packed values come back bit by bit, and damaged ones are told."""

import json
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapa_annotator.domain.edits import SetStatus
from lapa_annotator.domain.face import Annotation, Status
from lapa_annotator.domain.landmarks import Landmarks
from lapa_annotator.domain.override import EMPTY, Patch
from lapa_annotator.store.codec import (
    STATUS_BYTES,
    DamagedError,
    pack_annotation,
    pack_edit,
    pack_landmarks,
    pack_patch,
    peek_status,
    unpack_annotation,
    unpack_edit,
    unpack_landmarks,
    unpack_patch,
)
from tests.store.builders import random_face, random_landmarks


class Numbers:
    """Names and numbers as the table of names gives them."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def id(self, text: str) -> int:
        if text not in self.texts:
            self.texts.append(text)
        return self.texts.index(text)

    def text(self, number: int) -> str:
        if number >= len(self.texts):
            raise DamagedError(f"no name {number}")
        return self.texts[number]


@given(seed=st.integers(0, 10_000), value=st.floats(allow_nan=False, allow_infinity=False))
def test_landmarks_keep_every_bit(seed: int, value: float) -> None:
    names = Numbers()
    landmarks = random_landmarks(seed)
    points = np.array(landmarks.points)
    points[seed % 106] = (value, -0.0)
    landmarks = Landmarks(**{**vars(landmarks), "points": points})
    back = unpack_landmarks(pack_landmarks(landmarks, names.id), names.text)
    assert back == landmarks
    assert back.points.tobytes() == landmarks.points.tobytes()


def test_points_of_a_model_take_little_room() -> None:
    landmarks = Landmarks(points=np.random.default_rng(0).normal(300, 80, (106, 2)))
    assert len(pack_landmarks(landmarks, Numbers().id)) < 1800


@given(cut=st.integers(0, 500), flip=st.integers(0, 500))
def test_damaged_landmarks_are_told(cut: int, flip: int) -> None:
    names = Numbers()
    data = bytearray(pack_landmarks(random_landmarks(1), names.id))
    with pytest.raises(DamagedError):
        unpack_landmarks(bytes(data[:cut]), names.text)
    data[flip + 2] ^= 0xFF
    with pytest.raises(DamagedError):
        unpack_landmarks(bytes(data), names.text)


def test_an_unknown_name_is_damage() -> None:
    data = pack_landmarks(random_landmarks(1), Numbers().id)
    with pytest.raises(DamagedError):
        unpack_landmarks(data, Numbers().text)


@given(st.integers(0, 20), st.integers(0, 20), st.integers(1, 9), st.integers(1, 9))
def test_override_layers_come_back(x: int, y: int, height: int, width: int) -> None:
    values = np.random.default_rng(x).choice([*range(11), 255], (height, width))
    patch = Patch(x, y, values)
    assert unpack_patch(pack_patch(patch)) == patch


def test_an_empty_override_layer_takes_no_room() -> None:
    assert pack_patch(EMPTY) is None
    assert unpack_patch(None) == EMPTY


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 20,
        struct.pack("<4I", 0, 0, 2, 2) + zlib.compress(b"\x01\x02\x03"),
        struct.pack("<4I", 0, 0, 2, 2) + zlib.compress(b"\x63" * 4),
        struct.pack("<4I", 0, 0, 1 << 31, 1 << 31) + zlib.compress(b"\x01"),
    ],
    ids=["nothing", "zeros", "too short", "no such class", "enormous"],
)
def test_damaged_override_layers_are_told(data: bytes) -> None:
    with pytest.raises(DamagedError):
        unpack_patch(data)


@pytest.mark.parametrize(
    "text",
    [b"[]", b"{}", b'{"kind": "points"}', b'{"kind": "exec"}', b"\xff", b"[" * 5000, b"nonsense"],
)
def test_damaged_edits_are_told(text: bytes) -> None:
    with pytest.raises(DamagedError):
        unpack_edit(zlib.compress(text))


def test_a_value_that_inflates_without_end_is_refused() -> None:
    bomb = zlib.compress(b"\0" * (1 << 24))
    with pytest.raises(DamagedError):
        unpack_landmarks(bomb, Numbers().text)


def test_an_edit_that_claims_an_enormous_layer_is_refused() -> None:
    patch = {"x": 0, "y": 0, "shape": [1 << 20, 1 << 20], "values": ""}
    edit = {"kind": "override", "face": "f", "before": patch, "after": patch}
    with pytest.raises(DamagedError, match="larger than any picture"):
        unpack_edit(zlib.compress(json.dumps(edit).encode()))


def test_edits_come_back() -> None:
    edit = SetStatus(Status.NEW, Status.DONE)
    assert unpack_edit(pack_edit(edit)) == edit


@pytest.mark.parametrize("faces", [0, 1, 5])
@pytest.mark.parametrize("status", Status)
def test_the_beginning_of_a_packed_annotation_tells_its_status(status: Status, faces: int) -> None:
    annotation = Annotation(tuple(random_face(k) for k in range(faces)), status)
    packed = pack_annotation(annotation)
    assert peek_status(packed[:STATUS_BYTES]) == status
    assert unpack_annotation(packed) == annotation


@pytest.mark.parametrize("data", [b"", b"no zlib", zlib.compress(b'{"faces":[],"status":"done"}')])
def test_a_beginning_that_tells_no_status_is_no_error(data: bytes) -> None:
    assert peek_status(data) is None
