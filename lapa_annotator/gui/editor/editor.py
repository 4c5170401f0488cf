"""The editor as the window hosts it: every action of the annotator is one method.

The window calls ``open`` with a photo that is already read, connects the signals that ask for
slow work (``proposal_wanted``, ``segmentation_wanted``) to its workers and hands their results
back through ``receive_proposal`` and ``receive_segmentation``. Every change is saved through
the photo's journal at the end of the gesture that made it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from lapa_annotator.domain.edits import AddFace, RemoveFace
from lapa_annotator.domain.face import Face, Status
from lapa_annotator.domain.geometry import Box
from lapa_annotator.domain.landmarks import Landmarks
from lapa_annotator.gui.editor import work
from lapa_annotator.gui.editor.canvas import Tool
from lapa_annotator.gui.editor.change import Change
from lapa_annotator.gui.editor.docks.faces import FacesDock
from lapa_annotator.gui.editor.docks.guard import GuardDock
from lapa_annotator.gui.editor.docks.history import HistoryDock
from lapa_annotator.gui.editor.docks.look import MapDock, TonesDock
from lapa_annotator.gui.editor.docks.parts import PartsDock
from lapa_annotator.gui.editor.docks.point import PointDock
from lapa_annotator.gui.editor.editorpoints import tr
from lapa_annotator.gui.editor.editorreview import EditorReview
from lapa_annotator.gui.editor.livemap import RunSlow, at_once
from lapa_annotator.gui.editor.openphoto import OpenPhoto
from lapa_annotator.gui.editor.options import Store
from lapa_annotator.ppa.segment import Segmentation

__all__ = ["Dock", "Editor", "OpenPhoto", "Store"]


@dataclass(frozen=True)
class Dock:
    """A widget to put beside the canvas: an id that never changes, a title and the widget."""

    id: str
    title: str
    widget: QWidget


class Editor(EditorReview):
    """One photo on a canvas with everything that changes its annotation.

    Args:
        store: where options of the view persist; a QSettings is one.
        annotator: the name that stands beside every point set by hand.
        run_slow: runs a function off the window's thread and hands its result to a second one.

    Signals:
        finished(): the annotator is done with the photo and its status is saved: go to the next.
        walked_out(): the walk through doubtful points goes on in another photo.
        proposal_wanted(int, str): propose landmarks for a face (image id, face id).
        segmentation_wanted(int, str): segment hair and skin for a face (image id, face id).
        message(str, str): something to say in place: "info", "warning" or "error", and the text;
            an empty text takes back what was said.
        saved_changed(bool): something was saved or could not be: whether everything is saved.
        state_changed(): what ``has`` answers may have changed (photo, face, selection, undo).
        pointed(str): what is under the pointer, for the status bar.
        zoom_changed(float): device pixels per photo pixel.
    """

    finished = Signal()
    segmentation_wanted = Signal(int, str)
    saved_changed = Signal(bool)
    state_changed = Signal()

    def __init__(
        self,
        store: Store,
        annotator: str = "",
        run_slow: RunSlow = at_once,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(store, annotator, run_slow, parent)
        self._complained = False
        self._asked: set[tuple[int, str]] = set()
        self._arrivals: list[Callable[[], None]] = []
        self._map_dock = MapDock(self.options)
        document = self.document
        self._docks = (
            Dock("parts", tr("Parts"), PartsDock(document, self.parts)),
            Dock("faces", tr("Faces"), FacesDock(document)),
            Dock("point", tr("Point"), PointDock(document)),
            Dock(
                "guard",
                tr("Guard"),
                GuardDock(self.guarding, self.go_to_problem, self.repair_problem),
            ),
            Dock("history", tr("History"), HistoryDock(document)),
            Dock("map", tr("Label map"), self._map_dock),
            Dock("tones", tr("Picture"), TonesDock(self.options)),
            Dock("repair", tr("Repair"), self.repair_dock()),
            Dock("comments", tr("Comments"), self.comments_dock()),
        )
        document.message.connect(self.message)
        self.repairing.message.connect(self.message)
        self.repair.changed.connect(self.state_changed)
        self.reviewing.comparing.changed.connect(self.state_changed)
        self.reviewing.comparing.unblinked.connect(lambda: self.message.emit("info", ""))
        document.revisited.connect(self._revisit)
        document.face_switched.connect(self._want_segmentation)
        for signal in (
            document.opened,
            document.changed,
            document.journaled,
            document.face_switched,
            document.selection_changed,
            self.guarding.changed,
        ):
            signal.connect(self.state_changed)
        document.changed.connect(self._want_segmentation)
        self.options.changed.connect(self._want_segmentation)
        self.saver.failed.connect(self._on_unsaved)
        self.saver.begun.connect(partial(self.saved_changed.emit, False))
        self.saver.all_saved.connect(self._on_saved)
        self.canvas.box_drawn.connect(self._on_box)
        self.canvas.gesture_over.connect(self._take_arrivals)

    # The photo

    def open(self, photo: OpenPhoto) -> None:
        """Show another photo. What is unsaved of the last one goes on being tried."""
        self._leave()
        self.document.open(photo)

    def close_photo(self) -> None:
        """Show no photo."""
        self._leave()
        self.document.open(None)

    def docks(self) -> tuple[Dock, ...]:
        """The widgets to put beside the canvas."""
        return self._docks

    def has(self, needs: str) -> bool:
        """Whether what a row of ``EDITOR_ACTIONS`` needs is there, such as "selection"."""
        document, face = self.document, self.document.face
        has_points = face is not None and face.landmarks is not None
        is_other = self.repair.on or bool(self.options.review)
        return {
            "": True,
            "photo": document.photo is not None,
            "face": face is not None,
            # Keys of points are the repairing hand's or the reviewer's while they work.
            "points": has_points and not is_other,
            "selection": bool(document.selection) and not is_other,
            "repair": has_points and self.repair.on,
            "review": document.photo is not None and bool(self.options.review),
            "others": bool(self.options.review) and self.reviewing.comparing.can_settle,
            "problem": bool(self.guarding.problems),
            "undo": document.can_undo or document.is_previewing,
            "redo": document.can_redo,
        }[needs]

    def set_annotator(self, name: str) -> None:
        """Say whose name stands beside points from now on."""
        self.document.annotator = name

    def set_keep_view(self, on: bool) -> None:
        """Keep zoom and position from photo to photo, or not."""
        self.options.set("keep_view", on)

    # Save, undo, finish

    def save(self) -> None:
        """Save what is not saved yet; the difference view counts from here."""
        self.document.settle()
        saved = self.saver.retry()
        self.live_map.mark_saved()
        if saved:
            self.message.emit("info", tr("Everything is saved."))

    def undo(self) -> None:
        """Take the last edit back and go to where it was."""
        self.canvas.cancel_gesture()
        self.document.undo()

    def redo(self) -> None:
        """Put back what was undone last and go there."""
        self.canvas.cancel_gesture()
        self.document.redo()

    def finish(self) -> None:
        """Mark the photo done and ask for the next one."""
        if self.document.photo is not None:
            self._face()
            self.document.set_status(Status.DONE, tr("Done"))
            self.finished.emit()

    # Faces

    def add_face(self) -> None:
        """Let the next drag draw a face box."""
        self._face()
        self.canvas.use_tool(Tool.BOX)
        self.canvas.setFocus()
        self.message.emit("info", tr("Draw a box around the face, brows to chin. Esc leaves."))

    def delete_face(self) -> None:
        """Delete the current face; undo brings it back."""
        face = self._face()
        if face is not None:
            place = [f.id for f in self.document.faces].index(face.id)
            self.document.apply(RemoveFace(face, place), tr("Delete a face"))

    def next_face(self) -> None:
        """Go to the next face of the photo."""
        self._step_face(+1)

    def previous_face(self) -> None:
        """Go to the face before."""
        self._step_face(-1)

    def show_face(self, face_id: str) -> None:
        """Make a face the current one and bring it into sight."""
        self.document.switch_face(face_id)
        if self.document.face is not None:
            self.go_to(self.document.face.box)

    # What workers bring

    def receive_proposal(self, image_id: int, face_id: str, landmarks: Landmarks) -> None:
        """Take in a proposal: all of it for a face without points, else the untouched ones.

        It waits for the end of a gesture under way; one for another photo is dropped.
        """

        def take() -> None:
            self.document.settle()
            face = self._known(image_id, face_id)
            if face is not None:
                self.document.proposals[face_id] = landmarks
                self.document.apply(work.proposed(face, landmarks), tr("Propose points"))
                self.following.look_up()
                self.canvas.refresh()

        self._arrivals.append(take)
        self._take_arrivals()

    def receive_segmentation(self, image_id: int, face_id: str, segmentation: Segmentation) -> None:
        """Take in hair and skin of a face; one for another photo is dropped."""
        if self._known(image_id, face_id) is not None:
            self.live_map.set_segmentation(face_id, segmentation)
            self.reviewing.comparing.look()
            self._say_what_is_missing()

    def _take_arrivals(self) -> None:
        while self._arrivals and not self.canvas.is_busy:
            self._arrivals.pop(0)()

    def _known(self, image_id: int, face_id: str) -> Face | None:
        photo = self.document.photo
        if photo is None or photo.image_id != image_id:
            return None
        return next((face for face in self.document.faces if face.id == face_id), None)

    def _want_segmentation(self, *_: object) -> None:
        photo, face = self.document.photo, self.document.face
        if photo is None or face is None or face.landmarks is None or not self.options.map:
            return
        wanted = (photo.image_id, face.id)
        if not self.live_map.knows(face.id) and wanted not in self._asked:
            self._asked.add(wanted)
            self.segmentation_wanted.emit(*wanted)
        self._say_what_is_missing()

    def _say_what_is_missing(self) -> None:
        missing = not self.live_map.knows(self.document.face_id)
        self._map_dock.say(tr("Hair and skin are being looked for.") if missing else "")

    # Inside

    def _leave(self) -> None:
        self.canvas.cancel_gesture()
        self.document.settle()
        self._asked.clear()
        self._arrivals.clear()
        face = self.document.face
        if face is not None and face.landmarks is not None:
            self._lent = (face.box, face.landmarks)

    def _step_face(self, step: int) -> None:
        ids = [face.id for face in self.document.faces]
        if self.document.face_id in ids:
            place = (ids.index(self.document.face_id) + step) % len(ids)
            self.show_face(ids[place])

    def _on_box(self, box: Box | None) -> None:
        self.message.emit("info", "")
        photo = self.document.photo
        if box is None or photo is None:
            return
        face = Face(box=box)
        self.document.apply(AddFace(face, len(self.document.faces)), tr("Add a face"))
        self.proposal_wanted.emit(photo.image_id, face.id)

    def _revisit(self, change: Change) -> None:
        """Undo and redo show what they did."""
        ids = {face.id for face in self.document.faces}
        face_id = next((i for i in change.face_ids if i in ids), None)
        if face_id is not None:
            self.document.switch_face(face_id)
            self.document.select(change.indices)
        if change.rect is not None:
            self.go_to(change.rect)
        self.saved_changed.emit(not self.saver.waiting)

    def _on_unsaved(self, text: str) -> None:
        self._complained = True
        self.message.emit("error", text)
        self.saved_changed.emit(False)

    def _on_saved(self) -> None:
        if self._complained:
            self._complained = False
            self.message.emit("info", "")
        self.saved_changed.emit(True)
