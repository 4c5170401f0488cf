"""Everything known of the selected point; its place and visibility can be typed."""

from __future__ import annotations

import time

import numpy as np
from PySide6.QtCore import QCoreApplication, QSignalBlocker, Qt
from PySide6.QtGui import QPixmap, QShowEvent
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QFormLayout, QLabel, QVBoxLayout, QWidget

from lapa_annotator.domain.landmarks import Landmarks, Origin, Points, Visibility
from lapa_annotator.domain.schema import PART_OF_POINT
from lapa_annotator.gui.editor import work
from lapa_annotator.gui.editor.document import Document
from lapa_annotator.gui.editor.gestures.points import moved_title
from lapa_annotator.gui.editor.pointtip import definition, part_name, schematic

_FAR = 1e6
_PICTURE = 130


def visibility_name(visibility: Visibility) -> str:
    """The word for a visibility, in the person's language."""
    return {
        Visibility.ABSENT: QCoreApplication.translate("editor", "absent"),
        Visibility.OCCLUDED: QCoreApplication.translate("editor", "occluded"),
        Visibility.VISIBLE: QCoreApplication.translate("editor", "visible"),
    }[visibility]


def origin_name(origin: Origin) -> str:
    """The word for an origin, in the person's language."""
    return {
        Origin.PROPOSED: QCoreApplication.translate("editor", "proposed"),
        Origin.CORRECTED: QCoreApplication.translate("editor", "corrected"),
        Origin.PROPAGATED: QCoreApplication.translate("editor", "propagated"),
        Origin.IMPORTED: QCoreApplication.translate("editor", "imported"),
    }[origin]


class PointDock(QWidget):
    """The current point's properties."""

    def __init__(self, document: Document) -> None:
        super().__init__()
        self._document = document
        self.picture, self.title, self.part = QLabel(), QLabel(), QLabel()
        self.place_x, self.place_y, self.visibility = _spin(), _spin(), QComboBox()
        self.confidence, self.origin, self.model = QLabel(), QLabel(), QLabel()
        self.annotator, self.time = QLabel(), QLabel()
        for value in reversed(Visibility):
            self.visibility.addItem(visibility_name(value), int(value))
        self._lay_out()
        for spin in (self.place_x, self.place_y):
            spin.editingFinished.connect(self._on_place)
        self.visibility.activated.connect(self._on_visibility)
        for signal in (document.selection_changed, document.face_switched, document.changed):
            signal.connect(self._show)
        document.moved.connect(self._show_place)
        self._show()

    def _lay_out(self) -> None:
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.title.setWordWrap(True)
        self.form = QWidget()
        form = QFormLayout(self.form)
        form.setContentsMargins(0, 0, 0, 0)
        tr = QCoreApplication.translate
        rows: tuple[tuple[str, QWidget], ...] = (
            (tr("editor", "Part"), self.part),
            ("x", self.place_x),
            ("y", self.place_y),
            (tr("editor", "Visibility"), self.visibility),
            (tr("editor", "Confidence"), self.confidence),
            (tr("editor", "Origin"), self.origin),
            (tr("editor", "Model"), self.model),
            (tr("editor", "Annotator"), self.annotator),
            (tr("editor", "Time"), self.time),
        )
        for label, widget in rows:
            form.addRow(label, widget)
        layout = QVBoxLayout(self)
        for widget in (self.picture, self.title, self.form):
            layout.addWidget(widget)
        layout.addStretch()

    def _current(self) -> tuple[int, Landmarks, Points] | None:
        document, face = self._document, self._document.face
        points = None if face is None else document.points(face)
        if face is None or face.landmarks is None or points is None or document.current is None:
            return None
        return document.current, face.landmarks, points

    def _show(self) -> None:
        found = self._current()
        self.form.setVisible(found is not None)
        self.picture.setVisible(found is not None)
        if found is None:
            text = QCoreApplication.translate("editor", "Select a point to see what is known of it")
            self.title.setText(text)
            return
        index, landmarks, _ = found
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap.fromImage(schematic(index, round(_PICTURE * ratio)))
        pixmap.setDevicePixelRatio(ratio)
        self.picture.setPixmap(pixmap)
        self.title.setText(f"<b>{index}</b> · {definition(index)}")
        self.part.setText(part_name(PART_OF_POINT[index]))
        with QSignalBlocker(self.visibility):
            place = self.visibility.findData(int(landmarks.visibility[index]))
            self.visibility.setCurrentIndex(place)
        self.confidence.setText(f"{landmarks.confidence[index]:.2f}")
        self.origin.setText(origin_name(Origin(int(landmarks.origin[index]))))
        self.model.setText(landmarks.model[index] or "–")
        self.annotator.setText(landmarks.annotator[index] or "–")
        when = float(landmarks.time[index])
        stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(when)) if when else "–"
        self.time.setText(stamp)
        self._show_place()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what happened out of sight."""
        super().showEvent(event)
        self._show()

    def _show_place(self, *_: object) -> None:
        found = self._current()
        if found is None or not self.isVisible():
            return
        index, points = found[0], found[2]
        for spin, value in zip((self.place_x, self.place_y), points[index], strict=True):
            with QSignalBlocker(spin):
                spin.setValue(float(value))

    def _on_place(self) -> None:
        self._document.settle()
        found, face = self._current(), self._document.face
        if found is None or face is None:
            return
        index, _, points = found
        typed = np.array([[self.place_x.value(), self.place_y.value()]])
        # What was not typed keeps the digits that the field does not show.
        same = np.abs(typed - points[index]) <= 0.5 * 10 ** -self.place_x.decimals()
        typed = work.clamped(np.where(same, points[index], typed), self._document.size)
        edit = work.moved(face, [index], typed, self._document.by())
        self._document.apply_with_followers(face, edit, moved_title((index,)))

    def _on_visibility(self) -> None:
        self._document.settle()
        found, face = self._current(), self._document.face
        if found is None or face is None:
            return
        visibility = Visibility(self.visibility.currentData())
        edit = work.with_visibility(face, [found[0]], visibility, self._document.by())
        text = QCoreApplication.translate("editor", "Point {n} is {visibility}")
        title = text.format(n=found[0], visibility=visibility_name(visibility))
        self._document.apply(edit, title)


def _spin() -> QDoubleSpinBox:
    spin = QDoubleSpinBox()
    spin.setDecimals(2)
    spin.setRange(-_FAR, _FAR)
    spin.setKeyboardTracking(False)
    return spin
