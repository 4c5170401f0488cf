"""The editor as the window hosts it: every action of the annotator is one method.

The window calls ``open`` with a photo that is already read, connects the signals that ask for
slow work (``proposal_wanted``, ``segmentation_wanted``) to its workers and hands their results
back through ``receive_proposal`` and ``receive_segmentation``. Every change is saved through
the photo's journal at the end of the gesture that made it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from lapa_annotator.domain.landmarks import Landmarks
from lapa_annotator.gui.editor.document import OpenPhoto
from lapa_annotator.gui.editor.options import Store


@dataclass(frozen=True)
class Dock:
    """A widget to put beside the canvas: an id that never changes, a title and the widget."""

    id: str
    title: str
    widget: QWidget


class Editor(QWidget):
    """One photo on a canvas with everything that changes its annotation.

    Signals:
        finished(): the annotator is done with the photo and its status is saved: go to the next.
        proposal_wanted(int, str): propose landmarks for a face (image id, face id).
        segmentation_wanted(int, str): segment hair and skin for a face (image id, face id).
        message(str, str): something to say in place: "info", "warning" or "error", and the text;
            an empty text takes back what was said.
        saved_changed(bool): whether everything is saved.
        state_changed(): what ``has`` answers may have changed (photo, face, selection, undo).
        pointed(str): what is under the pointer, for the status bar.
        zoom_changed(float): screen pixels per photo pixel.
    """

    finished = Signal()
    proposal_wanted = Signal(int, str)
    segmentation_wanted = Signal(int, str)
    message = Signal(str, str)
    saved_changed = Signal(bool)
    state_changed = Signal()
    pointed = Signal(str)
    zoom_changed = Signal(float)

    def __init__(self, store: Store, annotator: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)

    # The photo
    def open(self, photo: OpenPhoto) -> None: ...
    def close_photo(self) -> None: ...
    def docks(self) -> tuple[Dock, ...]: ...
    def has(self, needs: str) -> bool: ...
    def receive_proposal(self, image_id: int, face_id: str, landmarks: Landmarks) -> None: ...
    def receive_segmentation(self, image_id: int, face_id: str, segmentation: Any) -> None: ...
    def set_annotator(self, name: str) -> None: ...
    def set_keep_view(self, on: bool) -> None: ...
    def show_face(self, face_id: str) -> None: ...
