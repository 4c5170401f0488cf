"""A face, and the annotation of one picture: its faces, status, tags and comments."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

from lapa_annotator.domain.geometry import Box
from lapa_annotator.domain.landmarks import Landmarks, PointSet
from lapa_annotator.domain.override import EMPTY, Patch


class Status(StrEnum):
    """How far the annotation of a picture is."""

    NEW = "new"
    PROPOSED = "proposed"
    IN_PROGRESS = "in progress"
    DONE = "done"
    APPROVED = "approved"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Pose:
    """Head pose in degrees: yaw (+ to image right), pitch (+ up), roll (+ clockwise as seen)."""

    yaw: float
    pitch: float
    roll: float


@dataclass(frozen=True, slots=True)
class Comment:
    """A remark, pinned to a place of the picture when ``x`` and ``y`` are given (pixels)."""

    text: str
    author: str = ""
    time: float = 0.0
    x: float | None = None
    y: float | None = None


def new_face_id() -> str:
    """Return a fresh identifier: 32 hexadecimal digits."""
    return uuid.uuid4().hex


@dataclass(frozen=True)
class Face:
    """One face of a picture.

    Attributes:
        box: the face box in picture pixels.
        landmarks: its 106 points, None while nothing has been proposed.
        pose: the head pose, None when unknown.
        override: the curator's override layer, in picture pixels.
        id: stays the same for the face's whole life.
    """

    box: Box
    landmarks: Landmarks | None = None
    pose: Pose | None = None
    override: Patch = field(default_factory=lambda: EMPTY)
    id: str = field(default_factory=new_face_id)

    __hash__ = None  # type: ignore[assignment]  # equal by value, and holds arrays

    def to_dict(self) -> dict[str, Any]:
        """Return a form fit for JSON."""
        return {
            "id": self.id,
            "box": asdict(self.box),
            "pose": None if self.pose is None else asdict(self.pose),
            "landmarks": None
            if self.landmarks is None
            else PointSet.everything(self.landmarks).to_dict(),
            "override": self.override.to_dict(),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Face:
        """Read what ``to_dict`` wrote.

        Raises:
            ValueError: a part of it is not what it should be.
        """
        points = data["landmarks"]
        return cls(
            box=Box(**data["box"]),
            landmarks=None if points is None else PointSet.from_dict(points).to_landmarks(),
            pose=None if data["pose"] is None else Pose(**data["pose"]),
            override=Patch.from_dict(data["override"]),
            id=str(data["id"]),
        )


@dataclass(frozen=True)
class Annotation:
    """Everything people and models have said about one picture."""

    faces: tuple[Face, ...] = ()
    status: Status = Status.NEW
    tags: frozenset[str] = frozenset()
    comments: tuple[Comment, ...] = ()

    __hash__ = None  # type: ignore[assignment]  # equal by value, and holds arrays

    def face(self, face_id: str) -> Face:
        """Return the face of that id.

        Raises:
            KeyError: there is none.
        """
        for face in self.faces:
            if face.id == face_id:
                return face
        raise KeyError(f"no face {face_id} in this picture")

    def with_face(self, face: Face) -> Annotation:
        """Return the annotation with the face of the same id replaced by ``face``.

        Raises:
            KeyError: there is none of that id.
        """
        self.face(face.id)
        return replace(self, faces=tuple(face if f.id == face.id else f for f in self.faces))
