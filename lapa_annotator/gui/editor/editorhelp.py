"""The editor's help: points that follow, the walk through doubtful points, the anatomy guard."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from lapa_annotator.dla.guard import Problem
from lapa_annotator.gui.editor.docks.guard import sentence
from lapa_annotator.gui.editor.doubting import Doubting
from lapa_annotator.gui.editor.editorpoints import EditorPoints, tr
from lapa_annotator.gui.editor.following import Following
from lapa_annotator.gui.editor.guarding import Guarding
from lapa_annotator.gui.editor.items.problems import Mark
from lapa_annotator.gui.editor.livemap import RunSlow, at_once
from lapa_annotator.gui.editor.options import Store


class EditorHelp(EditorPoints):
    """The canvas and its points, and what saves the hand work.

    Signals:
        walked_out(): no face of the photo has a doubtful point left to look at.
    """

    walked_out = Signal()

    def __init__(
        self,
        store: Store,
        annotator: str = "",
        run_slow: RunSlow = at_once,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(store, annotator, run_slow, parent)
        document, parts, canvas = self.document, self.parts, self.canvas
        self.following = Following(
            document, self.options, parts, lambda: canvas.zoom, run_slow, self
        )
        self.doubting = Doubting(document, self.following, parts, self)
        self.guarding = Guarding(document, run_slow, self)
        self.guarding.changed.connect(self._mark_problems)

    # Following

    def toggle_follow(self) -> None:
        """Let untouched points follow those that are moved, or leave them where they are."""
        self.options.toggle("follow")

    # Doubt

    def next_doubt(self) -> None:
        """Go to the next point that is probably wrong: of this face, of the next ones.

        Where none is left in the photo, ``walked_out`` asks for another one.
        """
        if self._face() is None:
            self.walked_out.emit()
        elif not self._walk_doubt():
            faces = self.document.faces
            place = [face.id for face in faces].index(self.document.face_id)
            for face in faces[place + 1 :]:
                self.document.switch_face(face.id)
                if self._walk_doubt():
                    return
            self.walked_out.emit()

    def first_doubt(self) -> None:
        """Go to the most doubtful point of a photo that has just been opened."""
        if not self._walk_doubt():
            self.message.emit("info", tr("No point of this face is in doubt."))

    def _walk_doubt(self) -> bool:
        index = self.doubting.next_point()
        if index is not None:
            self._go_to_point(index)
        return index is not None

    # The guard

    def next_problem(self) -> None:
        """Go to the next thing that cannot be right about the face."""
        self._face()
        self.guarding.choose_next()
        problem = self.guarding.chosen
        if problem is not None:
            self.go_to_problem(problem)
            self.message.emit("warning", sentence(problem))

    def go_to_problem(self, problem: Problem) -> None:
        """Select the points of a problem and bring them into sight."""
        free = self.parts.free_points()
        self.document.select(i for i in problem.indices if free[i])
        self.go_to(self.guarding.around(problem))

    def repair_problem(self) -> None:
        """Repair the chosen problem, or the first; undone like any other edit."""
        face = self._face()
        problem = self.guarding.chosen
        if face is not None and face.landmarks is not None and problem is not None:
            by = self.document.by()
            self.message.emit("info", "")
            edit = problem.repair(face, by.annotator, by.time)
            self.document.apply(edit, tr("Repair: {remedy}").format(remedy=problem.remedy))

    def _mark_problems(self) -> None:
        face, marks = self.document.face, []
        if face is not None and face.landmarks is not None:
            chosen = self.guarding.chosen
            marks = [
                Mark(face.landmarks.points[list(p.indices)], p.points, p is chosen)
                for p in self.guarding.problems
            ]
        self.canvas.problems.set_marks(marks)
