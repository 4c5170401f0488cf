"""What an edit touched, so that the view can redraw that alone and go there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain import edits
from lapa_annotator.domain.face import Annotation
from lapa_annotator.domain.geometry import Box
from lapa_annotator.domain.landmarks import Origin, PointSet

Single = (
    edits.SetPoints
    | edits.SetFace
    | edits.SetBox
    | edits.AddFace
    | edits.RemoveFace
    | edits.SetOverride
    | edits.SetStatus
    | edits.SetTags
    | edits.SetComments
)


@dataclass(frozen=True)
class Change:
    """The consequences of one edit for what is shown.

    Attributes:
        face_ids: the faces that changed, those that are gone among them.
        indices: the points that changed by hand (all that changed, when none did), when the
            edit concerns one face's points alone. What followed them is not among them.
        rect: where in the photo that was (photo pixels), None when nowhere.
        faces: whether faces came, went, moved their box or got their first points.
        override: whether an override layer changed.
        status: whether the status, tags or comments changed.
    """

    face_ids: tuple[str, ...] = ()
    indices: tuple[int, ...] = ()
    rect: Box | None = None
    faces: bool = False
    override: bool = False
    status: bool = False

    @property
    def is_repair(self) -> bool:
        """Whether a label map was repaired: faces, points and remarks are what they were."""
        return self.override and not (self.faces or self.indices)


def unless_repair(listener: Callable[[], None]) -> Callable[[Change], None]:
    """What hears of every change but repairs: a stroke's end must not wait for it."""

    def hear(change: Change) -> None:
        if not change.is_repair:
            listener()

    return hear


def change_of(edit: edits.Edit, before: Annotation, after: Annotation) -> Change:
    """Say what ``edit`` changed between two states of the annotation."""
    face_ids: list[str] = []
    indices: list[int] = []
    boxes: list[Box] = []
    faces = override = status = False
    for part in _single(edit):
        if isinstance(part, edits.SetPoints):
            face_ids.append(part.face_id)
            chosen = _by_hand(part)
            indices.extend(part.before.indices[k] for k in chosen)
            boxes.append(_around(part, chosen))
        elif isinstance(part, edits.SetStatus | edits.SetTags | edits.SetComments):
            status = True
        elif isinstance(part, edits.SetOverride):
            override = True
            face_ids.append(part.face_id)
            height, width = part.after.values.shape
            x, y = part.after.x, part.after.y
            boxes.append(Box(x, y, x + max(width, 1), y + max(height, 1)))
        else:
            faces = True
            face_id = _face_of(part)
            face_ids.append(face_id)
            boxes.extend(_boxes(face_id, (before, after)))
    unique = tuple(dict.fromkeys(face_ids))
    kept = tuple(dict.fromkeys(indices)) if len(unique) == 1 else ()
    return Change(unique, kept, _union(boxes), faces, override, status)


def _single(edit: edits.Edit) -> Iterator[Single]:
    """The edits of a gesture, of gestures within it too."""
    if isinstance(edit, edits.Gesture):
        for part in edit.edits:
            yield from _single(part)
    else:
        yield edit


def _face_of(edit: edits.AddFace | edits.RemoveFace | edits.SetBox | edits.SetFace) -> str:
    if isinstance(edit, edits.SetBox):
        return edit.face_id
    return edit.before.id if isinstance(edit, edits.SetFace) else edit.face.id


def _by_hand(edit: edits.SetPoints) -> list[int]:
    """Places in the edit of the points that a person has set, before or after; all when none."""
    human = _human(edit.before) | _human(edit.after)
    places: list[int] = np.flatnonzero(human if human.any() else ~human).tolist()
    return places


def _human(points: PointSet) -> NDArray[np.bool_]:
    return np.isin(points.origin, (Origin.CORRECTED, Origin.IMPORTED))


def _around(edit: edits.SetPoints, places: list[int]) -> Box:
    points = np.vstack([edit.before.points[places], edit.after.points[places]])
    (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
    return Box(x0 - 0.5, y0 - 0.5, x1 + 0.5, y1 + 0.5)


def _boxes(face_id: str, states: Iterable[Annotation]) -> list[Box]:
    return [face.box for state in states for face in state.faces if face.id == face_id]


def _union(boxes: list[Box]) -> Box | None:
    if not boxes:
        return None
    return Box(
        min(b.x0 for b in boxes),
        min(b.y0 for b in boxes),
        max(b.x1 for b in boxes),
        max(b.y1 for b in boxes),
    )
