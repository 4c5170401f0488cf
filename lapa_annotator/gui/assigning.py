"""Giving photos to people, and taking them back, from the window."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from lapa_annotator.domain.errors import InputError
from lapa_annotator.gui.widgets import named, wrapped
from lapa_annotator.gui.workers import JobQueue, once
from lapa_annotator.store.project import Project
from lapa_annotator.store.values import Task


class AssignDialog(QDialog):
    """Asks which photos go to whom, and for what.

    Args:
        project: the open project.
        queue: where the store is asked.
        image_id: the photo on show, 0 for none.
        listed: the photos of the list.
    """

    def __init__(
        self,
        project: Project,
        queue: JobQueue,
        image_id: int,
        listed: Sequence[int],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Assign"))
        self.setMinimumWidth(460)
        self._project, self._queue = project, queue
        self.photos, self.task, self.names = QComboBox(), QComboBox(), QLineEdit()
        if image_id:
            self.photos.addItem(self.tr("The photo on show"), [image_id])
        text = self.tr("All {n:,} photos of the list").format(n=len(listed))
        self.photos.addItem(text, list(listed))
        titles = {
            Task.REVIEW: self.tr("to review"),
            Task.SECOND: self.tr("to annotate a second time"),
            Task.ANNOTATE: self.tr("to annotate"),
        }
        for task, title in titles.items():
            self.task.addItem(title, task.value)
        self.names.setPlaceholderText(self.tr("one name, or several with commas"))
        known = sorted({row.annotator for row in project.assignments.all()})
        self.names.setCompleter(QCompleter(known, self))
        self.now, self.told = named(wrapped(""), "faint"), wrapped("")
        self.give = named(QPushButton(self.tr("Assign")), "primary")
        self.take_back = QPushButton(self.tr("Take back"))
        self.give.clicked.connect(self._give)
        self.take_back.clicked.connect(self._take_back)
        self._lay_out()
        self._image_id = image_id
        self._show_holders()

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setVerticalSpacing(10)
        form.addRow(self.tr("Photos"), self.photos)
        form.addRow(self.tr("What for"), self.task)
        form.addRow(self.tr("To whom"), self.names)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.take_back)
        buttons.addWidget(self.give)
        column = QVBoxLayout(self)
        column.setSpacing(12)
        column.addLayout(form)
        for text in (self.now, self.told):
            column.addWidget(text)
        column.addStretch(1)
        column.addLayout(buttons)
        self.give.setDefault(True)
        self.names.setFocus()

    @property
    def _ids(self) -> list[int]:
        return list(self.photos.currentData())

    @property
    def _task(self) -> Task:
        return Task(self.task.currentData())

    def _give(self) -> None:
        project, ids, task = self._project, self._ids, self._task
        people = [name.strip() for name in self.names.text().split(",")]

        def told(given: int) -> None:
            text = self.tr("{n:,} photos were given.").format(n=given)
            if given < len(ids):
                left = self.tr("{n:,} have somebody already, or were annotated by that person.")
                text += " " + left.format(n=len(ids) - given)
            self._done(text)

        self._ask(lambda: project.assignments.give(ids, people, task), told)

    def _take_back(self) -> None:
        project, ids, task = self._project, self._ids, self._task
        text = self.tr("{n:,} photos are nobody's again.")
        self._ask(
            lambda: project.assignments.take_back(ids, task),
            lambda taken: self._done(text.format(n=taken)),
        )

    def _ask(self, change: Callable[[], int], told: Callable[[int], None]) -> None:
        for button in (self.give, self.take_back):
            button.setEnabled(False)
        self._told = told
        self._queue.run(once(change), returned=self._changed, failed=self._failed)

    def _changed(self, count: int) -> None:
        self._told(count)

    def _failed(self, error: InputError) -> None:
        self._done(str(error), bad=True)

    def _done(self, text: str, *, bad: bool = False) -> None:
        named(self.told, "fieldError" if bad else "")
        self.told.style().unpolish(self.told)
        self.told.style().polish(self.told)
        self.told.setText(text)
        for button in (self.give, self.take_back):
            button.setEnabled(True)
        self._show_holders()

    def _show_holders(self) -> None:
        """Say who has the photo on show for what."""
        titles = {self.task.itemData(i): self.task.itemText(i) for i in range(self.task.count())}
        have = self._project.assignments.of(self._image_id) if self._image_id else {}
        rows = [f"{', '.join(people)} ({titles[task.value]})" for task, people in have.items()]
        text = self.tr("The photo on show is with {who}.").format(who=", ".join(rows))
        self.now.setText(text if rows else self.tr("The photo on show is with nobody."))
