"""The effort while it is made: drags and seconds of this face and this session, hours left."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QWidget

from lapa_annotator.domain.edits import Edit, Gesture
from lapa_annotator.gui.editor.saving import Unsaved
from lapa_annotator.store.effort import HoursLeft, drags_of


class Tally(QLabel):
    """Counts what a person does since the project was opened; nothing is kept of it.

    Seconds are those that edits took, as the project's journal counts them: idle time is not in
    them. A drag that is undone later has been made all the same.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._left: HoursLeft | None = None
        self.begin()

    def begin(self) -> None:
        """Begin anew, for another project."""
        self._drags: dict[str, int] = {}
        self._seconds: dict[str, float] = {}
        self._face_id = ""
        self.show_left(None)

    def count(self, made: Unsaved) -> None:
        """Take in an edit; what concerns no face counts for the one on show."""
        faces = _faces(made.edit) or {self._face_id}
        for face_id in faces:
            drags = sum(1 for _ in drags_of([made.edit], face_id))
            self._drags[face_id] = self._drags.get(face_id, 0) + drags
            spent = self._seconds.get(face_id, 0.0) + made.seconds / len(faces)
            self._seconds[face_id] = spent
        self._tell()

    def show_face(self, face_id: str) -> None:
        """Tell of this face from now on; "" for none."""
        self._face_id = face_id
        self._tell()

    def show_left(self, left: HoursLeft | None) -> None:
        """Tell how many hours are left; None while nobody knows."""
        self._left = left
        self._tell()

    def _tell(self) -> None:
        drags, seconds = self._drags.get(self._face_id, 0), self._seconds.get(self._face_id, 0.0)
        one, several = self.tr("1 drag, {s:.0f} s"), self.tr("{n} drags, {s:.0f} s")
        text = one if drags == 1 else several
        said = [text.format(n=drags, s=seconds)] if drags else []
        if self._left is not None:
            said.append(self._time_left(self._left))
        self.setText(" · ".join(said))
        self.setToolTip(self._session())
        self.setVisible(bool(said))

    def _time_left(self, left: HoursLeft) -> str:
        text, scale = self.tr("{hours:.1f} h left ({low:.1f}–{high:.1f})"), 1.0
        if left.high < 1:
            text, scale = self.tr("{hours:.0f} min left ({low:.0f}–{high:.0f})"), 60.0
        low, hours, high = (scale * value for value in (left.low, left.hours, left.high))
        return text.format(hours=hours, low=low, high=high)

    def _session(self) -> str:
        worked = [face_id for face_id, drags in self._drags.items() if drags]
        lines = []
        if worked:
            n = len(worked)
            drags = sum(self._drags[i] for i in worked)
            seconds = sum(self._seconds[i] for i in worked)
            text = self.tr(
                "Since the project was opened: {faces} faces corrected, {drags} drags, "
                "{minutes:.0f} minutes; {each:.1f} drags and {s:.0f} seconds a face."
            )
            figures = {"faces": n, "drags": drags, "minutes": seconds / 60}
            lines.append(text.format(each=drags / n, s=seconds / n, **figures))
        if self._left is not None:
            text = self.tr(
                "Hours left for {n} photos, with the interval that holds in 95 of 100 cases, "
                "from the time that finished photos took."
            )
            lines.append(text.format(n=self._left.images))
        return "\n".join(lines)


def _faces(edit: Edit) -> set[str]:
    """The faces that an edit changes."""
    if isinstance(edit, Gesture):
        return {face_id for part in edit.edits for face_id in _faces(part)}
    face_id = getattr(edit, "face_id", "")
    return {face_id} if face_id else set()
