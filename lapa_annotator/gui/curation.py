"""What a curator does with a whole project: found errors, and other settings of label maps."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPen, QPixmap
from PySide6.QtWidgets import QDockWidget, QGraphicsRectItem, QMainWindow, QWidget

from lapa_annotator.batch.errors.finding import Finding
from lapa_annotator.batch.errors.fine import mark_fine, take_back_fine
from lapa_annotator.batch.errors.pictures import picture
from lapa_annotator.batch.errors.run import Found, find_errors
from lapa_annotator.domain.errors import InputError
from lapa_annotator.gui.docks import give_room
from lapa_annotator.gui.editor.editor import Dock, Editor
from lapa_annotator.gui.editor.items.boxes import rect_of
from lapa_annotator.gui.errors.again import LookAgain
from lapa_annotator.gui.errors.findings import PICTURE
from lapa_annotator.gui.errors.panel import FindingsPanel
from lapa_annotator.gui.lazypictures import LazyPictures
from lapa_annotator.gui.messages import Message
from lapa_annotator.gui.workers import Job, Queues, Step, stepwise
from lapa_annotator.ppa.settings import Settings, settings_of

if TYPE_CHECKING:
    from lapa_annotator.gui.assigning import AssignDialog
    from lapa_annotator.gui.desk import Desk
    from lapa_annotator.gui.whatif.dialog import WhatIfDialog

_SHARP = 2
_FRAME = QColor(255, 140, 0)
_ROOM = 0.3
# Of the panel after a search, and of one in which a row can be read.
_HEIGHT, _LEAST = 560, 260


class Curation(QObject):
    """Keeps the panel of found errors and the dialog of trials for the open project.

    Every public method without arguments is a row of the table of actions. ``said(Message)``
    is for the message bar.
    """

    said = Signal(object)

    def __init__(self, editor: Editor, queues: Queues, parent: QWidget) -> None:
        super().__init__(parent)
        self._editor, self._queues, self._parent = editor, queues, parent
        self._desk: Desk | None = None
        self._job: Job | None = None
        self._target: Finding | None = None
        self._marker: QGraphicsRectItem | None = None
        self._pictures = LazyPictures(queues.pictures, self)
        self.panel = FindingsPanel(self._picture)
        editor.document.opened.connect(self._unmark)
        self._pictures.made.connect(self.panel.model.repaint)
        self.panel.find_asked.connect(self.find_errors)
        self.panel.stop_asked.connect(self._stop)
        self.panel.chosen.connect(self._go_to)
        self.panel.fine_asked.connect(self.mark_fine)
        self.dialog: WhatIfDialog | None = None
        self.assigning: AssignDialog | None = None
        self._again = LookAgain(editor.document, self.panel.model, queues.trials, self)
        self._again.settled.connect(self._settled)

    @property
    def dock(self) -> Dock:
        """The panel as the window takes it in."""
        return Dock("findings", self.tr("Errors"), self.panel)

    def open(self, desk: Desk | None) -> None:
        """Work on another project's desk, or none."""
        self._stop()
        if self.dialog is not None:
            self.dialog.close()
            self.dialog = None
        self.leave_assigning()
        self._desk, self._target = desk, None
        self._again.open(desk)
        self._pictures.forget()
        self.panel.show_found(None)
        if desk is not None:
            desk.shown.connect(self._arrived)
            try:
                desk.use_settings(settings_of(desk.project))
            except InputError as error:
                self._tell(error)
                desk.use_settings(Settings.of())

    # Found errors

    def find_errors(self) -> None:
        """Look for errors in the whole project, in the background."""
        if self._desk is None or self._job is not None:
            return
        self._bring_forward(room=True)
        project = self._desk.project
        self._again.begin()
        self.panel.show_progress(Step(0))
        title = self.tr("Looking for errors …")
        job = Job(lambda: stepwise(find_errors(project), title), title)
        job.progressed.connect(self.panel.show_progress)
        job.returned.connect(self._show)
        job.failed.connect(self._tell)
        job.finished.connect(self._ended)
        self._job = self._queues.trials.add(job)

    def next_finding(self) -> None:
        """Go to the next found error, the worst one first."""
        self._step(1)

    def previous_finding(self) -> None:
        """Go back to the found error before."""
        self._step(-1)

    def mark_fine(self) -> None:
        """Say that the found error at hand is none: it is not shown again; go to the next."""
        finding, desk = self.panel.current, self._desk
        if finding is None or desk is None:
            return
        try:
            mark_fine(desk.project, finding)
        except InputError as error:
            self._tell(error)
            return
        row = self.panel.model.remove(finding)
        self.panel.refill()
        left = self.panel.model.rowCount()
        if left:
            self.panel.select(min(row, left - 1))
            self._go_to(self.panel.current)
        text = self.tr("Marked as fine: {what}").format(what=finding.sentence)
        back = partial(self._take_back, finding)
        self.said.emit(Message(text, "ok", "fine", self.tr("Undo"), back))

    def _take_back(self, finding: Finding) -> None:
        if self._desk is None:
            return
        try:
            take_back_fine(self._desk.project, finding)
        except InputError as error:
            self._tell(error)
            return
        self.panel.model.put(finding)
        self.panel.refill()

    def _step(self, by: int) -> None:
        finding = self.panel.step(by)
        if finding is not None:
            self._bring_forward()
            self._go_to(finding)
        elif self._desk is not None:
            text = self.tr("No other error was found.")
            if not self.panel.model.rowCount():
                text = self.tr("No errors are listed: look for them first (Review > Find errors).")
            self.said.emit(Message(text, "info", "end"))

    def _go_to(self, finding: Finding | None) -> None:
        if finding is None or self._desk is None:
            return
        self._target = finding
        if self._desk.image_id == finding.image_id:
            self._arrived(finding.image_id)
        else:
            self._desk.go(finding.image_id)

    def _arrived(self, image_id: int) -> None:
        """The photo of a finding is on show: go to the place in it."""
        finding, desk = self._target, self._desk
        if finding is None or desk is None or finding.image_id != image_id:
            return
        self._target = None
        editor = self._editor
        if finding.face_id in {face.id for face in editor.document.faces}:
            editor.document.switch_face(finding.face_id)
            editor.select_found(finding.points)
        self._unmark()
        if finding.place is None:
            editor.canvas.fit()
        elif editor.document.photo is not None:
            rect = rect_of(finding.place)
            editor.canvas.fit_rect(_with_surroundings(rect, editor.document.size), 1.0)
            self._mark(rect)

    def _mark(self, rect: QRectF) -> None:
        pen = QPen(_FRAME, 2, Qt.PenStyle.DashLine)
        pen.setCosmetic(True)
        marker = QGraphicsRectItem(rect)
        marker.setPen(pen)
        marker.setZValue(1000)
        marker.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self._editor.canvas.scene().addItem(marker)
        self._marker = marker

    def _unmark(self) -> None:
        if self._marker is not None and self._marker.scene() is not None:
            self._marker.scene().removeItem(self._marker)
        self._marker = None

    def _show(self, found: Found | None) -> None:
        if found is not None:
            self._pictures.forget()
            self.panel.show_found(found)

    def _settled(self, image_id: int) -> None:
        """Findings of a photo have been looked at again: show them as they are."""
        for finding in self.panel.model.findings:
            if finding.image_id == image_id:
                self._pictures.drop(finding.key)
        self.panel.refill()

    def _stop(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _ended(self) -> None:
        self._job = None
        self.panel.show_progress(None)

    def _picture(self, finding: Finding) -> QPixmap | None:
        if self._desk is None:
            return None
        project = self._desk.project
        return self._pictures.get(finding.key, lambda: picture(project, finding, _SHARP * PICTURE))

    def _bring_forward(self, room: bool = False) -> None:
        """Show the panel; with ``room``, or where it is very low, give it what there is."""
        dock = self.panel.parent()
        if isinstance(dock, QDockWidget):
            dock.show()
            dock.raise_()
            home = dock.parent()
            if isinstance(home, QMainWindow) and (room or dock.height() < _LEAST):
                give_room(home, dock, _HEIGHT)

    def _tell(self, error: InputError) -> None:
        self.said.emit(Message(str(error), "error", "curation"))

    # People

    def assign(self) -> None:
        """Show the dialog that gives photos to people."""
        from lapa_annotator.gui.assigning import AssignDialog

        desk = self._desk
        if desk is None:
            return
        self.leave_assigning()
        ids = desk.navigator.ids.tolist()
        queue = self._queues.files
        self.assigning = AssignDialog(desk.project, queue, desk.image_id, ids, self._parent)
        self.assigning.show()

    def leave_assigning(self) -> None:
        """Put that dialog away."""
        if self.assigning is not None:
            self.assigning.close()
            self.assigning.deleteLater()
            self.assigning = None

    # Other settings

    def what_if(self) -> None:
        """Show the dialog that tries other settings of label maps."""
        from lapa_annotator.gui.whatif.dialog import WhatIfDialog

        if self._desk is None:
            return
        try:
            if self.dialog is None:
                self.dialog = WhatIfDialog(self._desk.project, self._queues, self._parent)
                self.dialog.used.connect(self._used)
        except InputError as error:
            self._tell(error)
            return
        self.dialog.show()
        self.dialog.raise_()

    def _used(self, settings: Settings) -> None:
        if self._desk is not None:
            self._desk.use_settings(settings)
            text = self.tr("These settings are in use: every label map is made by them from now.")
            self.said.emit(Message(text, "ok", "settings"))


def _with_surroundings(rect: QRectF, size: tuple[int, int]) -> QRectF:
    """A place and what is around it, as far as the photo goes."""
    around = QRectF(0, 0, rect.width() / _ROOM, rect.height() / _ROOM)
    around.moveCenter(rect.center())
    return around.intersected(QRectF(-0.5, -0.5, *size))
