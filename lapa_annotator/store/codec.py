"""How points, override layers and edits lie in the database: packed, exact, and safe to read.

Everything is little-endian and deflated. Numbers are stored byte plane by byte plane, because
neighbouring coordinates share their high bytes. Reading never allocates more than the value can
rightly hold, so a hostile file cannot fill the memory, and nothing is ever executed.
"""

from __future__ import annotations

import json
import re
import struct
import zlib
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.edits import Edit, edit_from_dict
from lapa_annotator.domain.face import Annotation, Comment, Face, Status
from lapa_annotator.domain.landmarks import Landmarks
from lapa_annotator.domain.override import EMPTY, Patch
from lapa_annotator.domain.schema import N_POINTS

STATUS_BYTES = 1024
"""So many bytes of a packed annotation tell its status, the tables of the packing included."""

_STATUS_CHARACTERS = 60
_STATUS = re.compile(rb'\{"status":"([^"]*)"')
_COLUMNS: tuple[tuple[str, str, int], ...] = (
    ("points", "<f8", 2),
    ("confidence", "<f8", 1),
    ("time", "<f8", 1),
    ("visibility", "u1", 1),
    ("origin", "u1", 1),
    ("model", "<u4", 1),
    ("annotator", "<u4", 1),
)
_POINTS_BYTES = sum(np.dtype(kind).itemsize * n * N_POINTS for _, kind, n in _COLUMNS)
_PATCH_HEAD = struct.Struct("<4I")
_MOST_PATCH_BYTES = 1 << 29
_MOST_EDIT_BYTES = 1 << 28


class DamagedError(ValueError):
    """A stored value cannot be read."""


def pack_landmarks(landmarks: Landmarks, name_id: Callable[[str], int]) -> bytes:
    """Pack all 106 points with everything known of each; every float keeps its bits.

    Args:
        name_id: gives the number of a model's or annotator's name.
    """
    planes = []
    for name, kind, _ in _COLUMNS:
        column: Any = getattr(landmarks, name)
        if name in ("model", "annotator"):
            ids = {text: name_id(text) for text in set(column)}
            column = [ids[text] for text in column]
        raw = np.ascontiguousarray(column, dtype=kind).view(np.uint8)
        planes.append(raw.reshape(-1, np.dtype(kind).itemsize).T.tobytes())
    return zlib.compress(b"".join(planes), 1)


def unpack_landmarks(data: bytes, name: Callable[[int], str]) -> Landmarks:
    """Read what ``pack_landmarks`` wrote.

    Raises:
        DamagedError: it is not what it should be.
    """
    raw = _inflate(data, _POINTS_BYTES)
    if len(raw) != _POINTS_BYTES:
        raise DamagedError("a face's points are damaged")
    columns: dict[str, Any] = {}
    start = 0
    for key, kind, per_point in _COLUMNS:
        dtype = np.dtype(kind)
        end = start + dtype.itemsize * per_point * N_POINTS
        plane: NDArray[np.uint8] = np.frombuffer(raw[start:end], np.uint8)
        values = np.ascontiguousarray(plane.reshape(dtype.itemsize, -1).T).view(dtype).ravel()
        columns[key] = values.reshape(N_POINTS, 2) if per_point == 2 else values
        start = end
    try:
        for key in ("model", "annotator"):
            ids = columns[key].tolist()
            texts = {number: name(number) for number in set(ids)}
            columns[key] = tuple(texts[number] for number in ids)
        return Landmarks(**columns)
    except (ValueError, KeyError) as error:
        raise DamagedError(f"a face's points are damaged: {error}") from error


def pack_patch(patch: Patch) -> bytes | None:
    """Pack an override layer; None for one that says nothing."""
    if patch == EMPTY:
        return None
    height, width = patch.values.shape
    head = _PATCH_HEAD.pack(patch.x, patch.y, height, width)
    return head + zlib.compress(patch.values.tobytes(), 1)


def unpack_patch(data: bytes | None) -> Patch:
    """Read what ``pack_patch`` wrote.

    Raises:
        DamagedError: it is not what it should be.
    """
    if data is None:
        return EMPTY
    try:
        x, y, height, width = _PATCH_HEAD.unpack_from(data)
        if height * width > _MOST_PATCH_BYTES:
            raise DamagedError("an override layer is damaged: it is too large")
        raw = _inflate(data[_PATCH_HEAD.size :], height * width)
        return Patch(x, y, np.frombuffer(raw, np.uint8).reshape(height, width))
    except (struct.error, ValueError) as error:
        raise DamagedError(f"an override layer is damaged: {error}") from error


def pack_edit(edit: Edit) -> bytes:
    """Pack an edit as deflated JSON, so that a journal can be read without this program."""
    text = json.dumps(edit.to_dict(), separators=(",", ":"))
    return zlib.compress(text.encode("ascii"), 1)


def unpack_edit(data: bytes) -> Edit:
    """Read what ``pack_edit`` wrote.

    Raises:
        DamagedError: it is not what it should be.
    """
    raw = _inflate(data, _MOST_EDIT_BYTES)
    try:
        return edit_from_dict(json.loads(raw))
    except (ValueError, AttributeError, RecursionError) as error:
        raise DamagedError(f"an entry of the journal is damaged: {error}") from error


def pack_annotation(annotation: Annotation) -> bytes:
    """Pack a whole annotation as deflated JSON, its status first."""
    told = {
        "status": str(annotation.status),
        "faces": [face.to_dict() for face in annotation.faces],
        "tags": sorted(annotation.tags),
        "comments": [asdict(comment) for comment in annotation.comments],
    }
    return zlib.compress(json.dumps(told, separators=(",", ":")).encode("ascii"), 1)


def unpack_annotation(data: bytes) -> Annotation:
    """Read what ``pack_annotation`` wrote.

    Raises:
        DamagedError: it is not what it should be.
    """
    raw = _inflate(data, _MOST_EDIT_BYTES)
    try:
        told = json.loads(raw)
        return Annotation(
            faces=tuple(Face.from_dict(face) for face in told["faces"]),
            status=Status(told["status"]),
            tags=frozenset(told["tags"]),
            comments=tuple(Comment(**comment) for comment in told["comments"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DamagedError(f"a second annotation is damaged: {error}") from error


def peek_status(head: bytes) -> Status | None:
    """Read the status from the first ``STATUS_BYTES`` of what ``pack_annotation`` wrote.

    Returns:
        None where they do not tell: older versions wrote it behind the faces.
    """
    try:
        begins = zlib.decompressobj().decompress(head, _STATUS_CHARACTERS)
        found = _STATUS.match(begins)
        return None if found is None else Status(found[1].decode("ascii"))
    except (zlib.error, ValueError):
        return None


def _inflate(data: bytes, most: int) -> bytes:
    unpack = zlib.decompressobj()
    try:
        raw = unpack.decompress(data, most + 1)
    except zlib.error as error:
        raise DamagedError(f"a stored value is damaged: {error}") from error
    if len(raw) > most or not unpack.eof:
        raise DamagedError("a stored value is damaged: it is longer or shorter than it should be")
    return raw
