"""What the anatomy guard says of the current face, with the repair at hand."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import (
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from lapa_annotator.dla.guard import Problem
from lapa_annotator.gui.editor.guarding import Guarding


class GuardDock(QWidget):
    """A list of problems: a click goes to one, the button repairs it.

    Args:
        guarding: what is wrong.
        go_to: shows a problem on the canvas.
        repair: repairs the chosen problem.
    """

    def __init__(
        self, guarding: Guarding, go_to: Callable[[Problem], None], repair: Callable[[], None]
    ) -> None:
        super().__init__()
        self._guarding, self._go_to = guarding, go_to
        self.list = QListWidget()
        self.list.setWordWrap(True)
        self.said = QLabel()
        self.said.setWordWrap(True)
        self.button = QPushButton()
        layout = QVBoxLayout(self)
        for widget in (self.said, self.list, self.button):
            layout.addWidget(widget)
        self.list.itemClicked.connect(self._on_clicked)
        self.button.clicked.connect(lambda _: repair())
        guarding.changed.connect(self._fill)
        self._fill()

    def _fill(self) -> None:
        tr = QCoreApplication.translate
        problems, chosen = self._guarding.problems, self._guarding.chosen
        self.list.clear()
        for problem in problems:
            self.list.addItem(QListWidgetItem(sentence(problem)))
            if problem is chosen:
                self.list.setCurrentRow(self.list.count() - 1)
        nothing = tr("editor", "Nothing in this face contradicts anatomy.")
        self.said.setText(nothing)
        self.said.setVisible(chosen is None)
        self.list.setVisible(chosen is not None)
        self.button.setVisible(chosen is not None)
        if chosen is not None:
            text = tr("editor", "Repair: {remedy}")
            self.button.setText(text.format(remedy=tr("guard", chosen.remedy)))

    def _on_clicked(self, row: QListWidgetItem) -> None:
        place = self.list.row(row)
        self._guarding.choose(place)
        self._go_to(self._guarding.problems[place])


def sentence(problem: Problem) -> str:
    """What is wrong, as a sentence in the person's language."""
    text = QCoreApplication.translate("guard", problem.message)
    return f"{text[:1].upper()}{text[1:]}."
