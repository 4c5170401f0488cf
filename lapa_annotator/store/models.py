"""The tables of a project, typed. No row leaves ``store``: other modules see domain values.

Only what SQLite and PostgreSQL both have is used. Values that can be unknown and that lists are
ordered by (confidence, doubt, updated) hold a number below every known one instead of NULL, so
that keyset paging compares plain (value, id) pairs.
"""

from __future__ import annotations

from enum import IntEnum

from sqlalchemy import (
    BigInteger,
    Double,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from lapa_annotator.domain.face import Status
from lapa_annotator.store.values import PhotoState, Task

UNKNOWN = -1.0
"""The confidence or doubt of an image about which none is known."""

STATUS_CODES: dict[Status, int] = {status: code for code, status in enumerate(Status)}
STATUSES: tuple[Status, ...] = tuple(Status)

PHOTO_CODES: dict[PhotoState, int] = {state: code for code, state in enumerate(PhotoState)}
PHOTO_STATES: tuple[PhotoState, ...] = tuple(PhotoState)

TASK_CODES: dict[Task, int] = {task: code for code, task in enumerate(Task)}
TASKS: tuple[Task, ...] = tuple(Task)


class Base(DeclarativeBase):
    """The base of all tables; constraints get predictable names, which migrations need."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def table(row: type[Base]) -> Table:
    """Return the table of a kind of row, for statements that are built once."""
    found = row.__table__
    assert isinstance(found, Table)
    return found


class FormatRow(Base):
    """The one row that says which version of the project format this is."""

    __tablename__ = "format"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    major: Mapped[int]
    minor: Mapped[int]
    uid: Mapped[str] = mapped_column(String(32))
    program: Mapped[str] = mapped_column(Text)
    created: Mapped[float] = mapped_column(Double)


class SettingRow(Base):
    """One setting of the project, as JSON."""

    __tablename__ = "setting"
    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class NameRow(Base):
    """A name of an annotator or of a model version; rows and packed points hold its id."""

    __tablename__ = "name"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(Text, unique=True)


class RootRow(Base):
    """A folder that photos come from: where it is, and where that is from the project."""

    __tablename__ = "root"
    id: Mapped[int] = mapped_column(primary_key=True)
    path: Mapped[str] = mapped_column(Text, unique=True)
    relative: Mapped[str] = mapped_column(Text)
    added: Mapped[float] = mapped_column(Double)


class ImageRow(Base):
    """A photo and what lists show of its annotation."""

    __tablename__ = "image"
    id: Mapped[int] = mapped_column(primary_key=True)
    root_id: Mapped[int] = mapped_column(ForeignKey("root.id"))
    path: Mapped[str] = mapped_column(Text)
    width: Mapped[int]
    height: Mapped[int]
    orientation: Mapped[int] = mapped_column(SmallInteger)
    size: Mapped[int] = mapped_column(BigInteger)
    modified: Mapped[int] = mapped_column(BigInteger)
    content: Mapped[bytes] = mapped_column(LargeBinary(16))
    photo: Mapped[int] = mapped_column(SmallInteger, default=0)
    status: Mapped[int] = mapped_column(SmallInteger, default=0)
    faces: Mapped[int] = mapped_column(SmallInteger, default=0)
    confidence: Mapped[float] = mapped_column(Double, default=UNKNOWN)
    doubt: Mapped[float] = mapped_column(Double, default=UNKNOWN)
    updated: Mapped[float] = mapped_column(Double, default=0.0)
    seconds: Mapped[float] = mapped_column(Double, default=0.0)
    annotator_id: Mapped[int | None] = mapped_column(ForeignKey("name.id"))
    head: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        Index(None, "root_id", "path", unique=True),
        Index(None, "path", "id"),
        Index(None, "confidence", "id"),
        Index(None, "doubt", "id"),
        Index(None, "updated", "id"),
        Index(None, "faces", "id"),
        Index(None, "status", "id"),
        Index(None, "status", "path", "id"),
        Index(None, "status", "confidence", "id"),
        Index(None, "status", "doubt", "id"),
        Index(None, "photo", "id"),
        Index(None, "content"),
    )


class FaceRow(Base):
    """A face: its box and pose in columns, its points and override layer packed."""

    __tablename__ = "face"
    id: Mapped[int] = mapped_column(primary_key=True)
    image_id: Mapped[int] = mapped_column(ForeignKey("image.id"), index=True)
    uid: Mapped[str] = mapped_column(String(64), unique=True)
    position: Mapped[int] = mapped_column(SmallInteger)
    x0: Mapped[float] = mapped_column(Double)
    y0: Mapped[float] = mapped_column(Double)
    x1: Mapped[float] = mapped_column(Double)
    y1: Mapped[float] = mapped_column(Double)
    score: Mapped[float] = mapped_column(Double)
    roll: Mapped[float] = mapped_column(Double)
    pose_yaw: Mapped[float | None] = mapped_column(Double)
    pose_pitch: Mapped[float | None] = mapped_column(Double)
    pose_roll: Mapped[float | None] = mapped_column(Double)
    points: Mapped[bytes | None] = mapped_column(LargeBinary)
    override: Mapped[bytes | None] = mapped_column(LargeBinary)


class ProposalRow(Base):
    """The latest points that a model version proposed for a face, whatever became of them."""

    __tablename__ = "proposal"
    face_uid: Mapped[str] = mapped_column(String(64), primary_key=True)
    model_id: Mapped[int] = mapped_column(ForeignKey("name.id"), primary_key=True)
    image_id: Mapped[int] = mapped_column(ForeignKey("image.id"), index=True)
    time: Mapped[float] = mapped_column(Double)
    points: Mapped[bytes] = mapped_column(LargeBinary)


class TagRow(Base):
    """A word that images can be tagged with."""

    __tablename__ = "tag"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(Text, unique=True)


class ImageTagRow(Base):
    """That an image has a tag."""

    __tablename__ = "image_tag"
    __table_args__ = ({"sqlite_with_rowid": False},)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id"), primary_key=True)
    image_id: Mapped[int] = mapped_column(ForeignKey("image.id"), primary_key=True, index=True)


class CommentRow(Base):
    """A comment of an image, in order of position."""

    __tablename__ = "comment"
    image_id: Mapped[int] = mapped_column(ForeignKey("image.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(Text)
    time: Mapped[float] = mapped_column(Double)
    x: Mapped[float | None] = mapped_column(Double)
    y: Mapped[float | None] = mapped_column(Double)


class Role(IntEnum):
    """As what a name had a hand in an image."""

    ANNOTATOR = 0
    MODEL = 1


class CreditRow(Base):
    """That an annotator or a model version had a hand in an image."""

    __tablename__ = "credit"
    __table_args__ = ({"sqlite_with_rowid": False},)
    role: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    name_id: Mapped[int] = mapped_column(ForeignKey("name.id"), primary_key=True)
    image_id: Mapped[int] = mapped_column(ForeignKey("image.id"), primary_key=True, index=True)


class Action(IntEnum):
    """What a journal entry records."""

    EDIT = 0
    UNDO = 1
    REDO = 2


class JournalRow(Base):
    """One entry of the journal; rows are only ever added.

    ``parent`` is the edit that stood on top when this one was made, so the edits of an image are
    a tree; ``target`` is the edit that an undo or redo was about.
    """

    __tablename__ = "journal"
    id: Mapped[int] = mapped_column(primary_key=True)
    image_id: Mapped[int] = mapped_column(ForeignKey("image.id"))
    time: Mapped[float] = mapped_column(Double)
    annotator_id: Mapped[int] = mapped_column(ForeignKey("name.id"))
    action: Mapped[int] = mapped_column(SmallInteger)
    kind: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(Text)
    seconds: Mapped[float] = mapped_column(Double)
    parent: Mapped[int]
    target: Mapped[int]
    edit: Mapped[bytes | None] = mapped_column(LargeBinary)

    __table_args__ = (
        Index(None, "image_id", "parent", "id"),
        # An id is never given twice, so that "later" stays "larger" whatever is deleted.
        {"sqlite_autoincrement": True},
    )


class SecondRow(Base):
    """Another person's annotation of an image, apart from the first, as it stands."""

    __tablename__ = "second"
    id: Mapped[int] = mapped_column(primary_key=True)
    image_id: Mapped[int] = mapped_column(ForeignKey("image.id"))
    annotator_id: Mapped[int] = mapped_column(ForeignKey("name.id"), index=True)
    annotation: Mapped[bytes] = mapped_column(LargeBinary)
    updated: Mapped[float] = mapped_column(Double)
    seconds: Mapped[float] = mapped_column(Double)
    head: Mapped[int]

    __table_args__ = (Index(None, "image_id", "annotator_id", unique=True),)


class SecondEntryRow(Base):
    """One entry of the journal of a second annotation; as ``JournalRow``."""

    __tablename__ = "second_entry"
    id: Mapped[int] = mapped_column(primary_key=True)
    second_id: Mapped[int] = mapped_column(ForeignKey("second.id"))
    time: Mapped[float] = mapped_column(Double)
    action: Mapped[int] = mapped_column(SmallInteger)
    kind: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(Text)
    seconds: Mapped[float] = mapped_column(Double)
    parent: Mapped[int]
    target: Mapped[int]
    edit: Mapped[bytes | None] = mapped_column(LargeBinary)

    __table_args__ = (
        Index(None, "second_id", "parent", "id"),
        {"sqlite_autoincrement": True},
    )


class AssignmentRow(Base):
    """That a person is to annotate, to annotate a second time, or to review an image."""

    __tablename__ = "assignment"
    __table_args__ = ({"sqlite_with_rowid": False},)
    task: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    name_id: Mapped[int] = mapped_column(ForeignKey("name.id"), primary_key=True)
    image_id: Mapped[int] = mapped_column(ForeignKey("image.id"), primary_key=True, index=True)


class LeaseRow(Base):
    """That an image is being edited by one program until a time."""

    __tablename__ = "lease"
    image_id: Mapped[int] = mapped_column(ForeignKey("image.id"), primary_key=True)
    session: Mapped[str] = mapped_column(String(32))
    annotator: Mapped[str] = mapped_column(Text)
    host: Mapped[str] = mapped_column(Text)
    process: Mapped[int]
    since: Mapped[float] = mapped_column(Double)
    expires: Mapped[float] = mapped_column(Double)


class ModelVersionRow(Base):
    """A trained model: where its weights lie, what it was trained from, how good it is."""

    __tablename__ = "model_version"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    task: Mapped[str] = mapped_column(Text)
    weights: Mapped[str] = mapped_column(Text)
    parent: Mapped[str] = mapped_column(Text)
    created: Mapped[float] = mapped_column(Double)
    active: Mapped[bool]
    metrics: Mapped[str] = mapped_column(Text)


class JobRow(Base):
    """A long piece of work, so that it can be shown and taken up again."""

    __tablename__ = "job"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    options: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(20))
    done: Mapped[int]
    total: Mapped[int]
    message: Mapped[str] = mapped_column(Text)
    started: Mapped[float] = mapped_column(Double)
    updated: Mapped[float] = mapped_column(Double)
