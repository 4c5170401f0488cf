"""Review as actions: decide, say why, pin remarks, compare. The keyboard is enough for all."""

from __future__ import annotations

from PySide6.QtCore import Signal

from lapa_annotator.domain.agreement import Verdict, adjudication
from lapa_annotator.domain.face import Status
from lapa_annotator.domain.geometry import Box
from lapa_annotator.gui.editor.docks.comments import CommentsDock
from lapa_annotator.gui.editor.editorpoints import tr
from lapa_annotator.gui.editor.editorrepair import EditorRepair
from lapa_annotator.gui.editor.review.deciding import commented, decided, without_comment

_AROUND = 120.0


class EditorReview(EditorRepair):
    """The actions of a reviewer.

    Signals:
        reviewed(): the photo has been decided on and that is saved: go to the next in the queue.
    """

    reviewed = Signal()

    def toggle_review(self) -> None:
        """Begin to review, or leave off."""
        self.document.settle()
        self.options.set("repair", False)
        self.options.set("map", True)
        self.options.toggle("review")

    # Decide

    def approve(self) -> None:
        """Approve the photo and go to the next in the queue."""
        self._decide(Status.APPROVED, tr("Approve"), "")

    def reject(self) -> None:
        """Reject the photo for a reason, and go to the next in the queue."""
        question = tr("Why is it rejected?")
        title = tr("Reject: {reason}")
        self.reviewing.ask.ask(question, lambda why: self._decide(Status.REJECTED, title, why))

    def send_back(self) -> None:
        """Send the photo back to be worked on, say what is to be done, go to the next."""
        question = tr("What is to be done?")
        title = tr("Send back: {reason}")
        self.reviewing.ask.ask(question, lambda why: self._decide(Status.IN_PROGRESS, title, why))

    def _decide(self, status: Status, title: str, why: str) -> None:
        self.document.settle()
        if self.document.photo is None:
            return
        remark = self.reviewing.remark(why) if why else None
        self.document.apply(
            decided(self.document.annotation, status, remark), title.format(reason=why)
        )
        if self.document.annotation.status == status:
            self.reviewed.emit()

    # Remarks

    def comment(self) -> None:
        """Pin a remark to the current point, or to the place under the pointer."""
        place = self.reviewing.pin_place()

        def pin(text: str) -> None:
            remark = self.reviewing.remark(text, place)
            edit = commented(self.document.annotation, remark)
            self.document.apply(edit, tr("Comment: {text}").format(text=text))

        self.reviewing.ask.ask(tr("Remark on this place:"), pin)

    def next_comment(self) -> None:
        """Go to the next remark."""
        self._read(self.reviewing.place + 1)

    def previous_comment(self) -> None:
        """Go to the remark before."""
        self._read(self.reviewing.place - 1)

    def settle_comment(self) -> None:
        """Take away the remark that is being read: it has been dealt with."""
        place = self.reviewing.place
        if place >= 0:
            edit = without_comment(self.document.annotation, place)
            self.document.apply(edit, tr("Settle a comment"))

    def _read(self, place: int) -> None:
        count = len(self.document.annotation.comments)
        if not count:
            self.message.emit("info", tr("There is no remark on this photo."))
            return
        remark = self.reviewing.read(place % count)
        if remark is None:
            return
        if remark.x is not None and remark.y is not None:
            room = _AROUND / self.canvas.zoom
            box = Box(remark.x - room, remark.y - room, remark.x + room, remark.y + room)
            self.go_to(box)
        by = f"{remark.author}: " if remark.author else ""
        self.message.emit("info", f"{by}{remark.text}")

    def comments_dock(self) -> CommentsDock:
        """The remarks, to put beside the canvas."""
        dock = CommentsDock(self.document)
        dock.chosen.connect(self._read)
        return dock

    # Settle between several people

    def take_theirs(self) -> None:
        """Take what another person says: of the selected points, else of the whole face."""
        self._settle(Verdict.THEIRS, tr("Adjudicate: take what {annotator} says"))

    def take_mean(self) -> None:
        """Take the mean of everybody: of the selected points, else of all."""
        self._settle(Verdict.MEAN, tr("Adjudicate: take the mean"))

    def keep_mine(self) -> None:
        """Keep the first annotation, and say so."""
        self._settle(Verdict.MINE, tr("Adjudicate: keep the first"))

    def _settle(self, verdict: Verdict, title: str) -> None:
        self.document.settle()
        comparing, face = self.reviewing.comparing, self.document.face
        other = comparing.other
        if face is None or other is None or not comparing.can_settle:
            return
        annotator, theirs = other
        others = comparing.everybody() if verdict is Verdict.MEAN else [theirs]
        chosen = sorted(self.document.selection) or None
        by = self.document.by()
        edit = adjudication(
            self.document.annotation,
            face.id,
            others,
            verdict,
            chosen,
            annotator=by.annotator,
            time=by.time,
        )
        if edit is None:
            self.message.emit("info", tr("That is how it stands already."))
            return
        said = title.format(annotator=annotator)
        if chosen is not None:
            said += tr(" ({n} points)").format(n=len(chosen))
        self.document.apply(edit, said)
        if chosen is None:
            self.live_map.rebuild()

    # Compare

    def blink(self) -> None:
        """Show the other label map in place of this one, and back; nothing else is drawn."""
        comparing = self.reviewing.comparing
        text = tr("There is no other label map to compare with.")
        if comparing.blink():
            text = tr("Your label map; Esc shows the points again.")
            if comparing.blinks:
                text = tr("Instead of your label map: {name}.").format(name=comparing.name)
        self.message.emit("info", text)

    def next_reference(self) -> None:
        """Compare with the model's own map, the last review's, the photo, or other people's."""
        comparing = self.reviewing.comparing
        self.options.set("reference", (int(self.options.reference) + 1) % comparing.references)
        text = tr("Compared with {name}.")
        self.message.emit("info", text.format(name=comparing.name))

    def toggle_beside(self) -> None:
        """Show what is compared with beside the canvas, or not."""
        self.options.toggle("beside")
