"""The effort ledger: what the journal says of drags, time, and who or what set the points.

Seconds are those the window counted while somebody worked; idle time is not in them. Nothing
leaves the project.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.edits import Edit, Gesture, SetPoints
from lapa_annotator.domain.face import Face
from lapa_annotator.domain.landmarks import Landmarks, Origin
from lapa_annotator.domain.schema import N_POINTS

if TYPE_CHECKING:
    from lapa_annotator.store.project import Project

BLIND = "blind"
"""The tag of images whose faces are annotated without seeing a proposal."""

BLIND_SHARE = "blind_share"
"""The project's setting of which share of its new images is shown without proposals, 0 to 1."""

_FINISHED = "status:done,approved"
_OPEN = "status:new,proposed,in-progress"
# Standard deviations of a 95 % interval.
_WIDE = 1.96


@dataclass(frozen=True, eq=False)
class FinishedFace:
    """A face of a finished image, with the work that went into it.

    Attributes:
        face: as it stands; it has landmarks.
        proposal: what its points' model version proposed; None when nobody knows.
        annotator: who finished its image.
        model: the model version of its points; "" for none.
        drags: edits by hand that moved its points and stand.
        lengths: (n,) float64, how far each drag took its first point, in per cent of the
            inter-ocular distance.
        seconds: its share of the time spent on its image.
        blind: whether it was annotated without seeing a proposal.
    """

    face: Face
    proposal: Landmarks | None
    annotator: str
    model: str
    drags: int
    lengths: NDArray[np.float64]
    seconds: float
    blind: bool


@dataclass(frozen=True, slots=True)
class Effort:
    """The effort of one annotator with one model version.

    Attributes:
        annotator, model: whose work on whose proposals.
        blind: whether the proposals were hidden.
        faces: finished faces.
        drags, seconds: mean per face.
        untouched, propagated, dragged: mean shares of a face's points, in [0, 1]; what is
            left was imported.
        moved: mean distance from proposal to final place, in per cent of the inter-ocular
            distance; NaN where no proposal is kept.
    """

    annotator: str
    model: str
    blind: bool
    faces: int
    drags: float
    seconds: float
    untouched: float
    propagated: float
    dragged: float
    moved: float


@dataclass(frozen=True, slots=True)
class HoursLeft:
    """Estimated hours until every open image is finished, with a 95 % interval."""

    images: int
    hours: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Anchoring:
    """How much nearer to a model's proposals people leave points when they see these.

    Attributes:
        model: the model version.
        blind, shown: how many faces were annotated without seeing proposals, and seeing them.
        nearer: mean distance between proposal and final points of the blind ones less that of
            the shown ones, in per cent of the inter-ocular distance.
        low, high: its 95 % interval.
    """

    model: str
    blind: int
    shown: int
    nearer: float
    low: float
    high: float


def is_chosen_blind(path: str, share: float) -> bool:
    """Whether an image, by its path, is among the ``share`` shown without proposals."""
    return int(hashlib.sha256(path.encode()).hexdigest()[:8], 16) < share * 2**32


def finished_faces(project: Project) -> Iterator[FinishedFace]:
    """Give the faces of finished images, one after the other.

    Raises:
        InputError: a stored value is damaged.
    """
    for image_id in project.ids(_FINISHED).tolist():
        info = project.info(image_id)
        faces = [f for f in project.load(image_id).faces if f.landmarks is not None]
        standing = [
            entry.edit
            for entry in project.history(image_id)
            if entry.action == "edit" and not entry.undone and entry.edit is not None
        ]
        for face in faces:
            assert face.landmarks is not None
            drags = list(drags_of(standing, face.id))
            model = _main(face.landmarks.model)
            proposal = project.proposal(face.id, model) if model else None
            if proposal is None and BLIND in info.tags:
                proposal = project.proposal(face.id)
                model = model if proposal is None else _main(proposal.model)
            size = max(face.landmarks.interocular, 1e-6)
            yield FinishedFace(
                face=face,
                proposal=proposal,
                annotator=info.annotator,
                model=model,
                drags=len(drags),
                lengths=np.array([_length(drag) for drag in drags]) * 100 / size,
                seconds=info.seconds / len(faces),
                blind=BLIND in info.tags,
            )


def _main(names: tuple[str, ...]) -> str:
    known = [name for name in names if name]
    return max(set(known), key=lambda name: (known.count(name), name)) if known else ""


def drags_of(edits: Iterable[Edit], face_id: str) -> Iterator[SetPoints]:
    """Give the edits by hand, out of several, that moved points of a face."""
    for edit in edits:
        if isinstance(edit, Gesture):
            yield from drags_of(edit.edits, face_id)
        elif isinstance(edit, SetPoints) and edit.face_id == face_id:
            by_hand = edit.after.origin == int(Origin.CORRECTED)
            moved = (edit.after.points != edit.before.points).any(axis=1)
            if (by_hand & moved).any():
                yield edit


def _length(drag: SetPoints) -> float:
    first = int(np.flatnonzero(drag.after.origin == int(Origin.CORRECTED))[0])
    return float(np.hypot(*(drag.after.points[first] - drag.before.points[first])))


def ledger(faces: list[FinishedFace]) -> list[Effort]:
    """Sum finished faces up by annotator, model version and whether proposals were hidden."""
    groups: dict[tuple[str, str, bool], list[FinishedFace]] = {}
    for face in faces:
        groups.setdefault((face.annotator, face.model, face.blind), []).append(face)
    return [_effort(key, groups[key]) for key in sorted(groups)]


def _effort(key: tuple[str, str, bool], faces: list[FinishedFace]) -> Effort:
    origins = np.array([f.face.landmarks.origin for f in faces if f.face.landmarks is not None])
    untouched, propagated, dragged = (
        float((origins == int(origin)).mean())
        for origin in (Origin.PROPOSED, Origin.PROPAGATED, Origin.CORRECTED)
    )
    moved = [move for face in faces if (move := _moved(face)) is not None]
    return Effort(
        *key,
        faces=len(faces),
        drags=float(np.mean([f.drags for f in faces])),
        seconds=float(np.mean([f.seconds for f in faces])),
        untouched=untouched,
        propagated=propagated,
        dragged=dragged,
        moved=float(np.mean(moved)) if moved else float("nan"),
    )


def _moved(face: FinishedFace) -> float | None:
    final = face.face.landmarks
    if final is None or face.proposal is None or not final.interocular:
        return None
    off = np.linalg.norm(final.points - face.proposal.points, axis=1)
    return float(off.sum() / N_POINTS / final.interocular * 100)


def anchoring(faces: Iterable[FinishedFace]) -> list[Anchoring]:
    """Compare faces annotated with and without seeing proposals, by model version.

    Versions with fewer than two faces of either kind are left out.
    """
    moves: dict[str, tuple[list[float], list[float]]] = {}
    for face in faces:
        move = _moved(face)
        if move is not None:
            moves.setdefault(face.model, ([], []))[int(face.blind)].append(move)
    return [
        _anchoring(model, np.array(shown), np.array(blind))
        for model, (shown, blind) in sorted(moves.items())
        if len(shown) > 1 and len(blind) > 1
    ]


def _anchoring(model: str, shown: NDArray[np.float64], blind: NDArray[np.float64]) -> Anchoring:
    nearer = float(blind.mean() - shown.mean())
    off = _WIDE * float(np.sqrt(blind.var(ddof=1) / blind.size + shown.var(ddof=1) / shown.size))
    return Anchoring(model, blind.size, shown.size, nearer, nearer - off, nearer + off)


def hours_left(project: Project) -> HoursLeft | None:
    """Estimate the hours left from the time that finished images took; None before two."""
    spent = np.array([i.seconds for i in project.infos(project.ids(_FINISHED).tolist())])
    spent = spent[spent > 0]
    if spent.size < 2:
        return None
    open_images = project.count(_OPEN)
    mean, deviation = float(spent.mean()), float(spent.std(ddof=1))
    # What is not known of the mean, and how much single images differ.
    off = _WIDE * deviation * np.sqrt(open_images**2 / spent.size + open_images)
    hours = open_images * mean
    low, high = max(0.0, hours - float(off)), hours + float(off)
    return HoursLeft(open_images, hours / 3600, low / 3600, high / 3600)
