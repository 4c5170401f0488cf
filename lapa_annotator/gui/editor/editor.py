"""The editor as the window hosts it: every action of the annotator is one method.

The window calls ``open`` with a photo that is already read, connects the signals that ask for
slow work (``proposal_wanted``, ``segmentation_wanted``) to its workers and hands their results
back through ``receive_proposal`` and ``receive_segmentation``. Every change is saved through
the photo's journal at the end of the gesture that made it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from lapa_annotator.domain.face import Annotation
from lapa_annotator.domain.landmarks import Landmarks
from lapa_annotator.gui.editor.journal import Journal


class Store(Protocol):
    """Where options of the view persist; a QSettings is one."""

    def value(self, key: str, default: Any = None) -> Any:
        """Return the value kept under ``key``."""

    def setValue(self, key: str, value: Any) -> None:
        """Keep a value."""


@dataclass(frozen=True)
class OpenPhoto:
    """A photo, read and ready to be shown.

    Attributes:
        image_id: its id in the project; answers of workers carry it.
        name: what the window calls it.
        pixels: (H, W, 3) uint8 RGB as displayed.
        annotation: what is known of it.
        journal: where its edits go.
        proposals: face id -> the landmarks as they were proposed, where the arrows start.
        segmentations: face id -> cached ``ppa`` segmentation, for the live label map.
        levels: ``photo_levels(pixels)``, made ahead off the window's thread; None to make it here.
    """

    image_id: int
    name: str
    pixels: NDArray[np.uint8]
    annotation: Annotation
    journal: Journal
    proposals: Mapping[str, Landmarks] = field(default_factory=dict)
    segmentations: Mapping[str, Any] = field(default_factory=dict)
    levels: tuple[NDArray[np.uint8], ...] | None = None


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
