"""The editor's actions on the points of the current face."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np
from PySide6.QtCore import QCoreApplication, Signal

from lapa_annotator.domain.face import Face
from lapa_annotator.domain.geometry import Box, Similarity
from lapa_annotator.domain.landmarks import Landmarks, Points, Visibility
from lapa_annotator.domain.schema import PART_BY_NAME, PART_OF_POINT, PARTS
from lapa_annotator.gui.editor import work
from lapa_annotator.gui.editor.docks.point import visibility_name
from lapa_annotator.gui.editor.editorview import EditorView
from lapa_annotator.gui.editor.gestures.points import moved_title
from lapa_annotator.gui.editor.parts import belonging, whole_parts, widened

FAR = 10.0
_DEGREE, _PERCENT = 1.0, 1.01
_AROUND_POINT = 12.0


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("editor", text)


class EditorPoints(EditorView):
    """The canvas, and the actions that select, move and mark points.

    Signals:
        message(str, str): "info", "warning" or "error" and the text to show in place; an empty
            text takes back what was said.
        proposal_wanted(int, str): propose landmarks for a face (image id, face id).
    """

    message = Signal(str, str)
    proposal_wanted = Signal(int, str)

    _lent: tuple[Box, Landmarks] | None = None
    """Box and points of the face that was current in the photo before."""

    # Select

    def select_all(self) -> None:
        """Select every point of the face that can be picked."""
        self._select(self._free())

    def select_part(self) -> None:
        """Select the whole parts that hold selected points; again for the whole eye or mouth."""
        self._select(widened(self.document.selection, self._free()))

    def select_found(self, indices: Collection[int]) -> None:
        """Select points that something is wrong with; of whole parts, their whole organs."""
        free = self._free()
        chosen = free.intersection(indices)
        is_whole = whole_parts(chosen, free) <= chosen
        self._select(belonging(chosen, free) if is_whole else chosen)

    def select_none(self) -> None:
        """Select nothing."""
        self.document.select(())

    def next_point(self) -> None:
        """Go to the next point that is shown."""
        self._walk(+1)

    def previous_point(self) -> None:
        """Go to the point before."""
        self._walk(-1)

    def next_part(self) -> None:
        """Go to the first point of the next part that is shown."""
        self._walk_parts(+1)

    def previous_part(self) -> None:
        """Go to the first point of the part before."""
        self._walk_parts(-1)

    # Move

    def nudge(self, dx: float, dy: float) -> None:
        """Move the selected points by so many photo pixels; presses in a row are one edit."""
        chosen, points = self._chosen(), self._points()
        if chosen and points is not None and not self.canvas.is_busy:
            self.document.hold(chosen, points[chosen] + (dx, dy), moved_title(tuple(chosen)))

    def nudge_left(self) -> None:
        """Move the selected points left by a pixel."""
        self.nudge(-1, 0)

    def nudge_right(self) -> None:
        """Move the selected points right by a pixel."""
        self.nudge(1, 0)

    def nudge_up(self) -> None:
        """Move the selected points up by a pixel."""
        self.nudge(0, -1)

    def nudge_down(self) -> None:
        """Move the selected points down by a pixel."""
        self.nudge(0, 1)

    def nudge_left_far(self) -> None:
        """Move the selected points left by ten pixels."""
        self.nudge(-FAR, 0)

    def nudge_right_far(self) -> None:
        """Move the selected points right by ten pixels."""
        self.nudge(FAR, 0)

    def nudge_up_far(self) -> None:
        """Move the selected points up by ten pixels."""
        self.nudge(0, -FAR)

    def nudge_down_far(self) -> None:
        """Move the selected points down by ten pixels."""
        self.nudge(0, FAR)

    def rotate_left(self) -> None:
        """Turn the selected points against the clock by a degree, about their middle."""
        self._transform(1.0, -_DEGREE, tr("Turn {n} points"))

    def rotate_right(self) -> None:
        """Turn the selected points with the clock by a degree, about their middle."""
        self._transform(1.0, _DEGREE, tr("Turn {n} points"))

    def grow(self) -> None:
        """Make what the selected points outline 1 % larger."""
        self._transform(_PERCENT, 0.0, tr("Scale {n} points"))

    def shrink(self) -> None:
        """Make what the selected points outline 1 % smaller."""
        self._transform(1 / _PERCENT, 0.0, tr("Scale {n} points"))

    # Mark and place

    def cycle_visibility(self) -> None:
        """Make the selected points occluded, absent, visible in turn."""
        face, chosen = self._face(), self._chosen()
        if face is None or face.landmarks is None or not chosen:
            return
        current = self.document.current if self.document.current in chosen else chosen[0]
        visibility = Visibility((int(face.landmarks.visibility[current]) - 1) % len(Visibility))
        edit = work.with_visibility(face, chosen, visibility, self.document.by())
        title = tr("{n} point(s) {visibility}")
        word = visibility_name(visibility)
        self.document.apply(edit, title.format(n=len(chosen), visibility=word))

    def accept(self) -> None:
        """Make the selected points (all, when none is selected) the annotator's own as they are."""
        face = self._face()
        if face is not None and face.landmarks is not None:
            chosen = self._chosen() or np.flatnonzero(self.parts.free_points()).tolist()
            edit = work.accepted(face, chosen, self.document.by())
            self.document.apply(edit, tr("Accept points"))

    def to_proposal(self) -> None:
        """Put the selected points back to where they were proposed."""
        face, chosen = self._face(), self._chosen()
        if face is None or not chosen:
            return
        proposal = self.document.proposals.get(face.id)
        if proposal is None:
            self.message.emit("warning", tr("Nobody knows where these points were proposed."))
            return
        edit = work.back_to(face, chosen, proposal)
        self.document.apply(edit, tr("Back to the proposal"))

    def repropose(self) -> None:
        """Ask for a new proposal; it moves only the points that nobody has touched."""
        photo, face = self.document.photo, self._face()
        if photo is not None and face is not None:
            self.proposal_wanted.emit(photo.image_id, face.id)

    def copy_from_previous(self) -> None:
        """Put points where the face before has them: in this photo, or else in the one before.

        The selected points are put there, or all that nobody has touched.
        """
        face = self._face()
        if face is None:
            return
        before = self.document.face_before(face)
        lent = self._lent
        if before is not None and before.landmarks is not None:
            lent = (before.box, before.landmarks)
        if lent is None:
            self.message.emit("warning", tr("There is no face before this one to copy from."))
            return
        box, landmarks = lent
        self._put(face, landmarks.points, box, "previous face", tr("Copy from the previous face"))

    def from_mean_shape(self) -> None:
        """Put points on the mean face: the selected ones, or all that nobody has touched."""
        face = self._face()
        if face is not None:
            shape, title = work.mean_shape(), tr("Put on the mean shape")
            self._put(face, shape, work.UNIT_BOX, "mean shape", title)

    # Helpers

    def _face(self) -> Face | None:
        """The current face, once nothing is on its way any more."""
        self.canvas.cancel_gesture()
        self.document.settle()
        return self.document.face

    def _points(self) -> Points | None:
        face = self.document.face
        return None if face is None else self.document.points(face)

    def _free(self) -> frozenset[int]:
        """The points that can be picked."""
        return frozenset(np.flatnonzero(self.parts.free_points()).tolist())

    def _chosen(self) -> list[int]:
        """The selected points that may move."""
        free = self.parts.free_points()
        return [i for i in sorted(self.document.selection) if free[i]]

    def _select(self, indices: Iterable[int]) -> None:
        chosen = set(indices)
        current = self.document.current
        self.document.select(chosen, current if current in chosen else None)

    def _put(self, face: Face, shape: Points, frame: Box, name: str, title: str) -> None:
        chosen = self._chosen()
        if not chosen and face.landmarks is not None:
            open_to_it = self.parts.free_points() & ~face.landmarks.touched
            chosen = np.flatnonzero(open_to_it).tolist()
        if not chosen and face.landmarks is not None:
            self.message.emit(
                "info", tr("Every point is set by hand: select those that are to be put anew.")
            )
            return
        edit = work.put_shape(face, shape, frame, chosen, name, self.document.by())
        self.document.apply(edit, title)

    def _transform(self, scale: float, degrees: float, title: str) -> None:
        chosen, points = self._chosen(), self._points()
        if len(chosen) > 1 and points is not None and not self.canvas.is_busy:
            some = points[chosen]
            middle = tuple(((some.min(axis=0) + some.max(axis=0)) / 2).tolist())
            transform = Similarity.about(middle, middle, scale, degrees)
            self.document.hold(chosen, transform.apply(some), title.format(n=len(chosen)))

    def _walk(self, step: int) -> None:
        shown = np.flatnonzero(self.parts.shown_points()).tolist()
        if self._points() is None or not shown:
            return
        current = self.document.current
        if current is None:
            self._go_to_point(shown[0 if step > 0 else -1])
            return
        further = [i for i in shown if (i - current) * step > 0]
        ends = (shown[0], shown[-1]) if step > 0 else (shown[-1], shown[0])
        self._go_to_point(min(further, key=lambda i: abs(i - current)) if further else ends[0])

    def _walk_parts(self, step: int) -> None:
        names = [part.name for part in PARTS if self.parts.is_shown(part.name)]
        if self._points() is None or not names:
            return
        current = self.document.current
        name = None if current is None else PART_OF_POINT[current]
        place = names.index(name) + step if name in names else (0 if step > 0 else -1)
        self._go_to_point(PART_BY_NAME[names[place % len(names)]].indices[0])

    def _go_to_point(self, index: int) -> None:
        self.document.select({index}, index)
        points = self._points()
        if points is not None:
            room = _AROUND_POINT / self.canvas.zoom
            x, y = points[index]
            self.go_to(Box(x - room, y - room, x + room, y + room))
