"""Reading an annotation out of its rows, and writing the rows in which two annotations differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import BindParameter, Connection, Row, bindparam, delete, insert, select, update

from lapa_annotator.domain.edits import EditConflictError
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Annotation, Comment, Face, Pose
from lapa_annotator.domain.geometry import Box
from lapa_annotator.domain.landmarks import Landmarks
from lapa_annotator.store.codec import (
    DamagedError,
    pack_landmarks,
    pack_patch,
    unpack_landmarks,
    unpack_patch,
)
from lapa_annotator.store.latest import Latest
from lapa_annotator.store.models import (
    STATUS_CODES,
    STATUSES,
    UNKNOWN,
    CommentRow,
    CreditRow,
    FaceRow,
    ImageRow,
    ImageTagRow,
    Role,
    TagRow,
    table,
)
from lapa_annotator.store.names import Names

if TYPE_CHECKING:
    from lapa_annotator.store.project import Project

_BY_ID: BindParameter[int] = bindparam("image")
_IMAGE = select(ImageRow.path, ImageRow.status, ImageRow.head).where(ImageRow.id == _BY_ID)
_FACES = select(FaceRow.__table__).where(FaceRow.image_id == _BY_ID).order_by(FaceRow.position)
_TAGS = (
    select(TagRow.text)
    .join(ImageTagRow, ImageTagRow.tag_id == TagRow.id)
    .where(ImageTagRow.image_id == _BY_ID)
)
_COMMENTS = (
    select(CommentRow.text, CommentRow.author, CommentRow.time, CommentRow.x, CommentRow.y)
    .where(CommentRow.image_id == _BY_ID)
    .order_by(CommentRow.position)
)
_faces, _credits = table(FaceRow), table(CreditRow)
# Statements that every save needs are built once, which takes longer than to run them.
_ADD_FACE = insert(_faces)
_CHANGE_FACE = update(_faces).where(_faces.c.uid == bindparam("which"))
_CREDITS = select(_credits.c.role, _credits.c.name_id).where(_credits.c.image_id == _BY_ID)
_ADD_CREDIT = insert(_credits)


@dataclass(frozen=True)
class Stored:
    """An annotation as it stands, with what the journal needs of its image.

    Attributes:
        path: the photo's path below its folder, for messages.
        head: the number of the last edit that stands, 0 for none.
    """

    path: str
    head: int
    annotation: Annotation

    __hash__ = None  # type: ignore[assignment]  # holds arrays


def load(project: Project, image_id: int) -> Annotation:
    """Return an image's annotation; InputError without such an image."""
    with project.database.read() as connection:
        return read(connection, project.names, image_id).annotation


def read(
    connection: Connection, names: Names, image_id: int, latest: Latest | None = None
) -> Stored:
    """Read an image's annotation within a transaction.

    Args:
        latest: where it may be at hand.

    Raises:
        InputError: there is no such image.
        DamagedError: a stored value is not what it should be.
    """
    key = {"image": image_id}
    image = connection.execute(_IMAGE, key).one_or_none()
    if image is None:
        raise InputError(f"image {image_id}", "is not in this project", "choose another image")
    if not 0 <= image.status < len(STATUSES):
        raise DamagedError(f"status {image.status} of {image.path} is unknown")
    at_hand = None if latest is None else latest.get(image_id, image.head)
    if at_hand is not None:
        return Stored(image.path, image.head, at_hand)
    name = names.texts(connection)
    annotation = Annotation(
        faces=tuple(_face(row, name) for row in connection.execute(_FACES, key)),
        status=STATUSES[image.status],
        tags=frozenset(connection.scalars(_TAGS, key)),
        comments=tuple(Comment(*row) for row in connection.execute(_COMMENTS, key)),
    )
    return Stored(image.path, image.head, annotation)


def read_face(connection: Connection, names: Names, uid: str) -> Face:
    """Read one face.

    Raises:
        DamagedError: a stored value is not what it should be.
    """
    row = connection.execute(select(FaceRow.__table__).where(FaceRow.uid == uid)).one()
    return _face(row, names.texts(connection))


def _face(row: Row[Any], name: Any) -> Face:
    try:
        pose = (row.pose_yaw, row.pose_pitch, row.pose_roll)
        return Face(
            box=Box(row.x0, row.y0, row.x1, row.y1, row.score, row.roll),
            landmarks=None if row.points is None else unpack_landmarks(row.points, name),
            pose=None if None in pose else Pose(*pose),
            override=unpack_patch(row.override),
            id=row.uid,
        )
    except (ValueError, TypeError) as error:
        raise DamagedError(f"face {row.uid} is damaged: {error}") from error


def write(
    connection: Connection, names: Names, image_id: int, before: Annotation, after: Annotation
) -> None:
    """Bring an annotation's rows from ``before`` to ``after``; only what differs is written.

    Its sums in the table of images are left to the caller.
    """
    if after.faces != before.faces:
        _write_faces(connection, names, image_id, before.faces, after.faces)
    if after.tags != before.tags:
        _write_tags(connection, image_id, after.tags)
    if after.comments != before.comments:
        _write_comments(connection, image_id, after.comments)


def sums(annotation: Annotation) -> dict[str, int | float]:
    """Return what the table of images says of an annotation, by column.

    The confidence is the lowest mean confidence of a face's points.
    """
    means = [float(f.landmarks.confidence.mean()) for f in annotation.faces if f.landmarks]
    return {
        "status": STATUS_CODES[annotation.status],
        "faces": len(annotation.faces),
        "confidence": min(means, default=UNKNOWN),
    }


def model_names(annotation: Annotation) -> set[str]:
    """Return the model versions that points of an annotation come from."""
    return {m for f in annotation.faces if f.landmarks for m in f.landmarks.model if m}


def give_credit(connection: Connection, image_id: int, credits_: set[tuple[Role, int]]) -> None:
    """Store that annotators or model versions (by their names' ids) had a hand in an image."""
    known = {(Role(role), name) for role, name in connection.execute(_CREDITS, {"image": image_id})}
    for role, name_id in sorted(credits_ - known):
        values = {"role": int(role), "name_id": name_id, "image_id": image_id}
        connection.execute(_ADD_CREDIT, values)


def _write_faces(
    connection: Connection,
    names: Names,
    image_id: int,
    before: Sequence[Face],
    after: Sequence[Face],
) -> None:
    old = {face.id: (position, face) for position, face in enumerate(before)}
    if len({face.id for face in after}) != len(after):
        raise EditConflictError("a picture cannot hold the same face twice")
    for uid in old.keys() - {face.id for face in after}:
        connection.execute(delete(FaceRow).where(FaceRow.uid == uid))
    name_id = names.ids(connection)
    for position, face in enumerate(after):
        was_at, was = old.get(face.id, (None, None))
        if was is None:
            _refuse_known(connection, face.id)
            values = _face_values(face, None, name_id) | {"image_id": image_id, "uid": face.id}
            connection.execute(_ADD_FACE, values | {"position": position})
        elif position != was_at or face is not was:
            values = _face_values(face, was, name_id) | {"position": position}
            connection.execute(_CHANGE_FACE, values | {"which": face.id})


def _refuse_known(connection: Connection, uid: str) -> None:
    if connection.scalar(select(FaceRow.id).where(FaceRow.uid == uid)) is not None:
        raise EditConflictError("the face is in another picture of the project already")


def _face_values(face: Face, was: Face | None, name_id: Any) -> dict[str, Any]:
    """The columns of a face; packed ones that have not changed are left out."""
    pose = face.pose
    values: dict[str, Any] = {
        "x0": face.box.x0,
        "y0": face.box.y0,
        "x1": face.box.x1,
        "y1": face.box.y1,
        "score": face.box.score,
        "roll": face.box.roll,
        "pose_yaw": None if pose is None else pose.yaw,
        "pose_pitch": None if pose is None else pose.pitch,
        "pose_roll": None if pose is None else pose.roll,
    }
    if was is None or face.landmarks is not was.landmarks:
        values["points"] = pack(face.landmarks, name_id)
    if was is None or face.override is not was.override:
        values["override"] = pack_patch(face.override)
    return values


def pack(landmarks: Landmarks | None, name_id: Any) -> bytes | None:
    """Pack landmarks; None for none."""
    return None if landmarks is None else pack_landmarks(landmarks, name_id)


def _write_tags(connection: Connection, image_id: int, tags: frozenset[str]) -> None:
    connection.execute(delete(ImageTagRow).where(ImageTagRow.image_id == image_id))
    for text in sorted(tags):
        tag_id = connection.scalar(select(TagRow.id).where(TagRow.text == text))
        if tag_id is None:
            new = insert(TagRow).values(text=text).returning(TagRow.id)
            tag_id = connection.scalars(new).one()
        connection.execute(insert(ImageTagRow).values(tag_id=tag_id, image_id=image_id))


def _write_comments(connection: Connection, image_id: int, comments: tuple[Comment, ...]) -> None:
    connection.execute(delete(CommentRow).where(CommentRow.image_id == image_id))
    for position, c in enumerate(comments):
        connection.execute(
            insert(CommentRow).values(
                image_id=image_id,
                position=position,
                text=c.text,
                author=c.author,
                time=c.time,
                x=c.x,
                y=c.y,
            )
        )
