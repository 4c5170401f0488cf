"""Edits: every change of an annotation as a value with an inverse.

An edit knows what was there before and what is there after. Applying it to an annotation in
which something else stands raises ``EditConflictError`` and changes nothing, so that an undo can
never silently overwrite what came later. The window's undo stack, the project's journal and
the tests share these values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

from lapa_annotator.domain.face import Annotation, Comment, Face, Pose, Status
from lapa_annotator.domain.geometry import Box
from lapa_annotator.domain.landmarks import PointSet
from lapa_annotator.domain.override import Patch


class EditConflictError(Exception):
    """What an edit would take away is not what stands there."""


def _expect(found: object, expected: object, what: str) -> None:
    if found != expected:
        raise EditConflictError(
            f"{what} has been changed meanwhile; reload the picture and try again"
        )


@dataclass(frozen=True)
class SetPoints:
    """Put some points of a face in place: a drag, a visibility, a proposal, a propagation."""

    kind: ClassVar[str] = "points"
    face_id: str
    before: PointSet
    after: PointSet

    def __post_init__(self) -> None:
        if self.before.indices != self.after.indices:
            raise ValueError("an edit of points takes away and puts in place the same points")

    def apply(self, annotation: Annotation) -> Annotation:
        """Return the annotation with the points in place; EditConflictError if they had changed."""
        face = annotation.face(self.face_id)
        if face.landmarks is None:
            raise EditConflictError("the face has no landmarks yet; propose them first")
        _expect(face.landmarks.take(self.before.indices), self.before, "a point")
        return annotation.with_face(replace(face, landmarks=face.landmarks.put(self.after)))

    def inverse(self) -> SetPoints:
        """The edit that undoes this one."""
        return SetPoints(self.face_id, self.after, self.before)

    def to_dict(self) -> dict[str, Any]:
        """Return a form fit for JSON."""
        sides = {"before": self.before.to_dict(), "after": self.after.to_dict()}
        return {"kind": self.kind, "face": self.face_id, **sides}


@dataclass(frozen=True)
class SetFace:
    """Replace a face by another state of itself: its first proposal, its box, its pose."""

    kind: ClassVar[str] = "face"
    before: Face
    after: Face

    def __post_init__(self) -> None:
        if self.before.id != self.after.id:
            raise ValueError("an edit of a face keeps the face's id")

    def apply(self, annotation: Annotation) -> Annotation:
        """Return the annotation with the face replaced; EditConflictError if it had changed."""
        _expect(annotation.face(self.before.id), self.before, "the face")
        return annotation.with_face(self.after)

    def inverse(self) -> SetFace:
        """The edit that undoes this one."""
        return SetFace(self.after, self.before)

    def to_dict(self) -> dict[str, Any]:
        """Return a form fit for JSON."""
        sides = {"before": self.before.to_dict(), "after": self.after.to_dict()}
        return {"kind": self.kind, **sides}


@dataclass(frozen=True)
class SetBox:
    """Move or resize a face box, and with it what is known of the pose."""

    kind: ClassVar[str] = "box"
    face_id: str
    before: tuple[Box, Pose | None]
    after: tuple[Box, Pose | None]

    def apply(self, annotation: Annotation) -> Annotation:
        """Return the annotation with the box in place; EditConflictError if it had changed."""
        face = annotation.face(self.face_id)
        _expect((face.box, face.pose), self.before, "the face box")
        return annotation.with_face(replace(face, box=self.after[0], pose=self.after[1]))

    def inverse(self) -> SetBox:
        """The edit that undoes this one."""
        return SetBox(self.face_id, self.after, self.before)

    def to_dict(self) -> dict[str, Any]:
        """Return a form fit for JSON."""
        sides = {k: [asdict(v[0]), v[1] and asdict(v[1])] for k, v in self._sides()}
        return {"kind": self.kind, "face": self.face_id, **sides}

    def _sides(self) -> tuple[tuple[str, tuple[Box, Pose | None]], ...]:
        return ("before", self.before), ("after", self.after)


@dataclass(frozen=True)
class AddFace:
    """Add a face at a position in the picture's list of faces."""

    kind: ClassVar[str] = "add face"
    face: Face
    position: int

    def apply(self, annotation: Annotation) -> Annotation:
        """Return the annotation with the face; EditConflictError if it is there or has no place."""
        _expect(any(f.id == self.face.id for f in annotation.faces), False, "the list of faces")
        _expect(0 <= self.position <= len(annotation.faces), True, "the list of faces")
        faces = list(annotation.faces)
        faces.insert(self.position, self.face)
        return replace(annotation, faces=tuple(faces))

    def inverse(self) -> RemoveFace:
        """The edit that undoes this one."""
        return RemoveFace(self.face, self.position)

    def to_dict(self) -> dict[str, Any]:
        """Return a form fit for JSON."""
        return {"kind": self.kind, "face": self.face.to_dict(), "position": self.position}


@dataclass(frozen=True)
class RemoveFace:
    """Take a face out of the picture's list of faces."""

    kind: ClassVar[str] = "remove face"
    face: Face
    position: int

    def apply(self, annotation: Annotation) -> Annotation:
        """Return the annotation without the face; EditConflictError if it had changed or moved."""
        found = annotation.faces[self.position : self.position + 1]
        _expect(found, (self.face,), "the list of faces")
        faces = tuple(f for f in annotation.faces if f.id != self.face.id)
        return replace(annotation, faces=faces)

    def inverse(self) -> AddFace:
        """The edit that undoes this one."""
        return AddFace(self.face, self.position)

    def to_dict(self) -> dict[str, Any]:
        """Return a form fit for JSON."""
        return {"kind": self.kind, "face": self.face.to_dict(), "position": self.position}


@dataclass(frozen=True)
class SetOverride:
    """Paint a rectangle of a face's override layer."""

    kind: ClassVar[str] = "override"
    face_id: str
    before: Patch
    after: Patch

    def __post_init__(self) -> None:
        places = {(p.x, p.y, p.values.shape) for p in (self.before, self.after)}
        if len(places) != 1:
            raise ValueError("an edit of the override layer keeps to one rectangle")

    def apply(self, annotation: Annotation) -> Annotation:
        """Return the annotation with the patch painted; EditConflictError if it had changed."""
        face = annotation.face(self.face_id)
        height, width = self.before.values.shape
        found = face.override.region(self.before.x, self.before.y, width, height)
        _expect(found, self.before, "the override layer")
        return annotation.with_face(replace(face, override=face.override.put(self.after)))

    def inverse(self) -> SetOverride:
        """The edit that undoes this one."""
        return SetOverride(self.face_id, self.after, self.before)

    def to_dict(self) -> dict[str, Any]:
        """Return a form fit for JSON."""
        sides = {"before": self.before.to_dict(), "after": self.after.to_dict()}
        return {"kind": self.kind, "face": self.face_id, **sides}


@dataclass(frozen=True)
class SetStatus:
    """Change how far a picture is."""

    kind: ClassVar[str] = "status"
    before: Status
    after: Status

    def apply(self, annotation: Annotation) -> Annotation:
        """Return the annotation with the status; EditConflictError if it had changed."""
        _expect(annotation.status, self.before, "the status")
        return replace(annotation, status=self.after)

    def inverse(self) -> SetStatus:
        """The edit that undoes this one."""
        return SetStatus(self.after, self.before)

    def to_dict(self) -> dict[str, Any]:
        """Return a form fit for JSON."""
        return {"kind": self.kind, "before": str(self.before), "after": str(self.after)}


@dataclass(frozen=True)
class SetTags:
    """Change the tags of a picture."""

    kind: ClassVar[str] = "tags"
    before: frozenset[str]
    after: frozenset[str]

    def apply(self, annotation: Annotation) -> Annotation:
        """Return the annotation with the tags; EditConflictError if they had changed."""
        _expect(annotation.tags, self.before, "the list of tags")
        return replace(annotation, tags=self.after)

    def inverse(self) -> SetTags:
        """The edit that undoes this one."""
        return SetTags(self.after, self.before)

    def to_dict(self) -> dict[str, Any]:
        """Return a form fit for JSON."""
        return {"kind": self.kind, "before": sorted(self.before), "after": sorted(self.after)}


@dataclass(frozen=True)
class SetComments:
    """Change the comments of a picture."""

    kind: ClassVar[str] = "comments"
    before: tuple[Comment, ...]
    after: tuple[Comment, ...]

    def apply(self, annotation: Annotation) -> Annotation:
        """Return the annotation with the comments; EditConflictError if they had changed."""
        _expect(annotation.comments, self.before, "the list of comments")
        return replace(annotation, comments=self.after)

    def inverse(self) -> SetComments:
        """The edit that undoes this one."""
        return SetComments(self.after, self.before)

    def to_dict(self) -> dict[str, Any]:
        """Return a form fit for JSON."""
        sides = {"before": self.before, "after": self.after}
        return {"kind": self.kind, **{k: [asdict(c) for c in v] for k, v in sides.items()}}


@dataclass(frozen=True)
class Gesture:
    """Several edits that one gesture made: applied in order, undone as one."""

    kind: ClassVar[str] = "gesture"
    edits: tuple[Edit, ...]

    def apply(self, annotation: Annotation) -> Annotation:
        """Return the annotation with every edit applied; EditConflictError from any of them."""
        for edit in self.edits:
            annotation = edit.apply(annotation)
        return annotation

    def inverse(self) -> Gesture:
        """The edit that undoes this one."""
        return Gesture(tuple(edit.inverse() for edit in reversed(self.edits)))

    def to_dict(self) -> dict[str, Any]:
        """Return a form fit for JSON."""
        return {"kind": self.kind, "edits": [edit.to_dict() for edit in self.edits]}


Edit = (
    SetPoints
    | SetFace
    | SetBox
    | AddFace
    | RemoveFace
    | SetOverride
    | SetStatus
    | SetTags
    | SetComments
    | Gesture
)


def _box_side(data: list[Any]) -> tuple[Box, Pose | None]:
    return Box(**data[0]), Pose(**data[1]) if data[1] else None


def _points_from(d: Mapping[str, Any]) -> SetPoints:
    return SetPoints(d["face"], PointSet.from_dict(d["before"]), PointSet.from_dict(d["after"]))


def _override_from(d: Mapping[str, Any]) -> SetOverride:
    return SetOverride(d["face"], Patch.from_dict(d["before"]), Patch.from_dict(d["after"]))


def _comments_from(d: Mapping[str, Any]) -> SetComments:
    before, after = (tuple(Comment(**c) for c in d[side]) for side in ("before", "after"))
    return SetComments(before, after)


_READERS: dict[str, Callable[[Mapping[str, Any]], Edit]] = {
    SetPoints.kind: _points_from,
    SetFace.kind: lambda d: SetFace(Face.from_dict(d["before"]), Face.from_dict(d["after"])),
    SetBox.kind: lambda d: SetBox(d["face"], _box_side(d["before"]), _box_side(d["after"])),
    AddFace.kind: lambda d: AddFace(Face.from_dict(d["face"]), int(d["position"])),
    RemoveFace.kind: lambda d: RemoveFace(Face.from_dict(d["face"]), int(d["position"])),
    SetOverride.kind: _override_from,
    SetStatus.kind: lambda d: SetStatus(Status(d["before"]), Status(d["after"])),
    SetTags.kind: lambda d: SetTags(frozenset(d["before"]), frozenset(d["after"])),
    SetComments.kind: _comments_from,
    Gesture.kind: lambda d: Gesture(tuple(edit_from_dict(e) for e in d["edits"])),
}


def edit_from_dict(data: Mapping[str, Any]) -> Edit:
    """Read an edit that ``to_dict`` wrote.

    Raises:
        ValueError: an unknown kind, or a value that is missing or not what it should be.
    """
    reader = _READERS.get(str(data.get("kind")))
    if reader is None:
        raise ValueError(f"unknown kind of edit {data.get('kind')!r}")
    try:
        return reader(data)
    except (KeyError, TypeError, IndexError) as error:
        raise ValueError(f"a damaged edit of kind {data['kind']!r}: {error}") from error
