"""The faces of the photo."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from lapa_annotator.domain.face import Face
from lapa_annotator.domain.landmarks import Origin
from lapa_annotator.domain.schema import N_POINTS
from lapa_annotator.gui.editor.change import unless_repair
from lapa_annotator.gui.editor.document import Document

_ID = Qt.ItemDataRole.UserRole


class FacesDock(QWidget):
    """A list of the faces; a click makes one the current face."""

    def __init__(self, document: Document) -> None:
        super().__init__()
        self._document = document
        self.list = QListWidget()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.list)
        self.list.itemClicked.connect(lambda row: document.switch_face(row.data(_ID)))
        document.opened.connect(self._fill)
        document.changed.connect(unless_repair(self._fill))
        document.face_switched.connect(self._mark)

    def _fill(self) -> None:
        self.list.clear()
        for number, face in enumerate(self._document.faces, 1):
            row = QListWidgetItem(_said(number, face))
            row.setData(_ID, face.id)
            self.list.addItem(row)
        self._mark()

    def _mark(self) -> None:
        ids = [face.id for face in self._document.faces]
        current = self._document.face_id
        self.list.setCurrentRow(ids.index(current) if current in ids else -1)


def _said(number: int, face: Face) -> str:
    if face.landmarks is None:
        text = QCoreApplication.translate("editor", "Face {n}: no points yet")
        return text.format(n=number)
    touched = int(face.landmarks.touched.sum())
    followed = int((face.landmarks.origin == int(Origin.PROPAGATED)).sum())
    text = QCoreApplication.translate("editor", "Face {n}: {touched} of 106 points set by hand")
    if followed:
        text = QCoreApplication.translate(
            "editor",
            "Face {n}: {touched} points by hand, {followed} followed, {left} as proposed",
        )
    left = N_POINTS - touched - followed
    return text.format(n=number, touched=touched, followed=followed, left=left)
