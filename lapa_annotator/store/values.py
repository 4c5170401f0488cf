"""The values that a project takes and gives: what a list shows, orders, pages, the journal."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Any

from lapa_annotator.domain.edits import Edit
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Annotation, Status


class PhotoState(StrEnum):
    """What the last look at the folders found of a photo."""

    PRESENT = "present"
    MISSING = "missing"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """What lists show of an image.

    Attributes:
        id: the image's number in its project, the same for its whole life.
        root: the folder that the photo was added with.
        path: the photo's path below ``root``.
        width, height: size in pixels as displayed.
        orientation: the photo's EXIF orientation, 1 to 8.
        photo: whether the photo was found, and found unchanged, when the folders were last
            looked at.
        status: how far its annotation is.
        faces: how many faces are annotated.
        confidence: the lowest mean confidence of a face's points; None without points.
        doubt: how much a model doubts its proposal, in [0, 1]; None when unknown.
        tags: in alphabetical order.
        annotator: who changed the annotation last; "" for nobody.
        updated: when, in seconds since the epoch; 0 for never.
        seconds: time spent on it.
        content: hexadecimal hash of the photo's bytes.
    """

    id: int
    root: Path
    path: PurePosixPath
    width: int
    height: int
    orientation: int
    photo: PhotoState
    status: Status
    faces: int
    confidence: float | None
    doubt: float | None
    tags: tuple[str, ...]
    annotator: str
    updated: float
    seconds: float
    content: str

    @property
    def file(self) -> Path:
        """Where the photo lies."""
        return self.root / self.path


class Task(StrEnum):
    """What an image is assigned to a person for."""

    ANNOTATE = "annotate"
    SECOND = "second"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class Assigned:
    """How many images a person has been assigned for a task, and how many of them are done."""

    annotator: str
    task: Task
    images: int
    done: int


@dataclass(frozen=True)
class SecondAnnotation:
    """What another person says of an image that has an annotation.

    Attributes:
        annotator: who.
        annotation: his; its faces have the ids that they have in the first one.
        updated: when it was changed last, in seconds since the epoch.
        seconds: time that went into it.
    """

    image_id: int
    annotator: str
    annotation: Annotation
    updated: float
    seconds: float

    __hash__ = None  # type: ignore[assignment]  # holds arrays

    @property
    def is_done(self) -> bool:
        """Whether the person has finished it."""
        return self.annotation.status in (Status.DONE, Status.APPROVED)


class OrderBy(StrEnum):
    """What a list of images is ordered by; images that are equal in it keep the order added.

    The values are the columns of the table of images.
    """

    PATH = "path"
    STATUS = "status"
    DOUBT = "doubt"
    CONFIDENCE = "confidence"
    UPDATED = "updated"
    FACES = "faces"


@dataclass(frozen=True, slots=True)
class Order:
    """An order of a list of images; unknown values of doubt and confidence come lowest."""

    by: OrderBy = OrderBy.PATH
    descending: bool = False


BY_PATH = Order()


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in an ordered list: beside the image ``id`` whose value in the order is ``key``."""

    key: Any
    id: int


@dataclass(frozen=True, slots=True)
class Page:
    """A piece of an ordered list, and where the pieces before and after it begin (None: none)."""

    rows: tuple[ImageInfo, ...]
    previous: Cursor | None
    next: Cursor | None


@dataclass(frozen=True)
class Revision:
    """What a saved edit made of an image.

    Attributes:
        entry: the number of the edit in the journal.
        annotation: the annotation as it stands now.
        edit: the edit that was applied.
    """

    entry: int
    annotation: Annotation
    edit: Edit

    __hash__ = None  # type: ignore[assignment]  # holds arrays


@dataclass(frozen=True, slots=True)
class UndoState:
    """What the next undo and the next redo are about: the titles; None when there is none."""

    undo: str | None
    redo: str | None


@dataclass(frozen=True)
class JournalEntry:
    """One entry of an image's journal: who, when, what, from and to.

    Attributes:
        id: its number; later entries have larger ones.
        time: seconds since the epoch.
        action: "edit", "undo" or "redo".
        title: what the menu calls the edit.
        kind: the kind of the edit.
        seconds: time that went into it.
        edit: the change that this entry made, with what stood before and after; None when
            it is damaged.
        target: for an undo or redo the number of the edit that it was about.
        undone: for an edit, whether it is not part of the annotation now.
    """

    id: int
    image_id: int
    time: float
    annotator: str
    action: str
    title: str
    kind: str
    seconds: float
    edit: Edit | None
    target: int | None
    undone: bool

    __hash__ = None  # type: ignore[assignment]  # holds arrays


@dataclass(frozen=True, slots=True)
class Root:
    """A folder that photos come from, where it lies now, and how many images it gave."""

    id: int
    path: Path
    images: int


@dataclass(frozen=True, slots=True)
class Holder:
    """Who is editing an image, on which computer, since when (seconds since the epoch)."""

    annotator: str
    host: str
    process: int
    since: float
    expires: float


class LeaseHeldError(InputError):
    """Another program is editing the image.

    Attributes:
        holder: who has it.
    """

    def __init__(self, name: str, holder: Holder) -> None:
        who = holder.annotator or "somebody"
        super().__init__(
            name,
            f"{who} is editing it on {holder.host}",
            "take another image, or wait until it is free",
        )
        self.holder = holder


@dataclass(frozen=True)
class ModelVersion:
    """A trained model.

    Attributes:
        name: the model version's name, as the points it proposed carry it.
        task: what it is for, such as "landmarks".
        weights: where its weights lie, relative to the project's folder or absolute.
        parent: the model version that training started from; "" for none.
        created: seconds since the epoch.
        metrics: numbers by name, such as {"nme": 3.1}.
        active: whether it is the one in use for its task.
    """

    name: str
    task: str
    weights: str = ""
    parent: str = ""
    created: float = 0.0
    metrics: dict[str, float] | None = None
    active: bool = False


@dataclass(frozen=True)
class Job:
    """A long piece of work: what, how far, since when.

    Attributes:
        options: what it was started with, values fit for JSON.
        state: "running", "paused", "cancelling", "finished", "failed", "cancelled", or "stopped":
            its process has ended without a word.
        alive: whether it has not ended and its process has been heard of lately.
    """

    id: int
    kind: str
    options: dict[str, Any]
    state: str
    done: int
    total: int
    message: str
    started: float
    updated: float
    alive: bool = False
