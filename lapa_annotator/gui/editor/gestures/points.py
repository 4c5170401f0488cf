"""Gestures on points: drag some, turn or scale them by a handle, select with a rubber band."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication, QRectF

from lapa_annotator.domain.landmarks import Points
from lapa_annotator.domain.schema import PART_BY_NAME, PART_OF_POINT
from lapa_annotator.gui.editor.document import Document
from lapa_annotator.gui.editor.gestures.base import Gesture, Pointer
from lapa_annotator.gui.editor.handles import KNOB, handle_transform

ShowBand = Callable[[QRectF | None], None]


def moved_title(indices: tuple[int, ...]) -> str:
    """What the history calls the move of some points."""
    if len(indices) == 1:
        return QCoreApplication.translate("editor", "Move point {n}").format(n=indices[0])
    parts = {PART_OF_POINT[i] for i in indices}
    if len(parts) == 1 and set(PART_BY_NAME[next(iter(parts))].indices) <= set(indices):
        text = QCoreApplication.translate("editor", "Move the {part}")
        return text.format(part=QCoreApplication.translate("parts", next(iter(parts))))
    return QCoreApplication.translate("editor", "Move {n} points").format(n=len(indices))


class DragPoints(Gesture):
    """Drag the selected points; a press on another point selects that one first.

    Ctrl adds the point to the selection or takes it away; Shift drags its whole part.
    """

    def __init__(self, document: Document, index: int, free: NDArray[np.bool_]) -> None:
        super().__init__()
        self._document = document
        self._index = index
        self._free = free
        self._indices: tuple[int, ...] = ()
        self._from: Points = np.zeros((0, 2))
        self._was_selected = False

    @property
    def focus(self) -> tuple[float, float] | None:
        """The dragged point."""
        face = self._document.face
        points = None if face is None else self._document.points(face)
        if not self.is_dragging or points is None:
            return None
        return float(points[self._index, 0]), float(points[self._index, 1])

    def begin(self, pointer: Pointer) -> None:
        """Select what is about to be dragged."""
        selection = self._document.selection
        self._was_selected = self._index in selection
        if pointer.shift:
            part = PART_BY_NAME[PART_OF_POINT[self._index]].indices
            self._document.select({i for i in part if self._free[i]}, self._index)
        elif pointer.ctrl:
            self._document.select(selection | {self._index}, self._index)
        elif self._was_selected:
            self._document.select(selection, self._index)
        else:
            self._document.select({self._index}, self._index)
        self._indices = tuple(i for i in sorted(self._document.selection) if self._free[i])
        face = self._document.face
        if face is not None and face.landmarks is not None:
            self._from = face.landmarks.points[list(self._indices)]

    def drag(self, pressed: Pointer, now: Pointer) -> None:
        """Move the points as far as the hand has moved; the grip on them stays the same."""
        self._document.preview(self._indices, self._from + (now.place - pressed.place))

    def drop(self, pressed: Pointer, now: Pointer) -> None:
        """Keep the points where they are."""
        self._document.commit(moved_title(self._indices))

    def click(self, pointer: Pointer) -> None:
        """A click on one of several selected points selects it alone; Ctrl takes it away."""
        if pointer.ctrl and self._was_selected:
            self._document.select(self._document.selection - {self._index})
        elif not pointer.shift and not pointer.ctrl:
            self._document.select({self._index}, self._index)

    def cancel(self) -> None:
        """Put the points back."""
        self._document.cancel()


class DragHandle(Gesture):
    """Turn or scale the selected points by a handle of their frame."""

    def __init__(
        self, document: Document, handle: int, handles: Points, free: NDArray[np.bool_]
    ) -> None:
        super().__init__()
        self._document = document
        self._handle = handle
        self._handles = handles
        self._indices = tuple(i for i in sorted(document.selection) if free[i])
        face = document.face
        landmarks = None if face is None else face.landmarks
        self._from = np.zeros((0, 2)) if landmarks is None else landmarks.points[[*self._indices]]

    def drag(self, pressed: Pointer, now: Pointer) -> None:
        """Show the points turned or scaled."""
        transform = handle_transform(
            self._handles, self._handle, pressed.place, now.place, now.shift
        )
        self._document.preview(self._indices, transform.apply(self._from))

    def drop(self, pressed: Pointer, now: Pointer) -> None:
        """Keep the points so."""
        turn = QCoreApplication.translate("editor", "Turn {n} points")
        scale = QCoreApplication.translate("editor", "Scale {n} points")
        title = turn if self._handle == KNOB else scale
        self._document.commit(title.format(n=len(self._indices)))

    def cancel(self) -> None:
        """Put the points back."""
        self._document.cancel()


class RubberBand(Gesture):
    """Draw a rectangle; the free points inside are selected, with Ctrl added to the selection."""

    def __init__(self, document: Document, free: NDArray[np.bool_], show: ShowBand) -> None:
        super().__init__()
        self._document = document
        self._free = free
        self._show = show

    def drag(self, pressed: Pointer, now: Pointer) -> None:
        """Show the rectangle."""
        self._show(_rect(pressed, now))

    def drop(self, pressed: Pointer, now: Pointer) -> None:
        """Select what is inside."""
        self._show(None)
        face = self._document.face
        if face is None or face.landmarks is None:
            return
        points = face.landmarks.points
        low, high = (f([pressed.place, now.place], axis=0) for f in (np.min, np.max))
        inside = self._free & ((points >= low) & (points <= high)).all(axis=1)
        chosen = set(np.flatnonzero(inside).tolist())
        self._document.select(chosen | (self._document.selection if now.ctrl else set()))

    def cancel(self) -> None:
        """Take the rectangle away."""
        self._show(None)


def _rect(pressed: Pointer, now: Pointer) -> QRectF:
    x0, x1 = sorted((pressed.x, now.x))
    y0, y1 = sorted((pressed.y, now.y))
    return QRectF(x0, y0, x1 - x0, y1 - y0)
