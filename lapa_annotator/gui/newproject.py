"""The form that makes a project: of a folder of photos, or of a LaPa data set."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QStandardPaths, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from lapa_annotator.gui.widgets import named


class FolderField(QWidget):
    """A line for a folder with a button that browses; what is wrong with it stands below."""

    changed = Signal(str)

    def __init__(self, label: str, hint: str) -> None:
        super().__init__()
        self._hint = hint
        self.edit = QLineEdit()
        self.edit.setAccessibleName(label)
        self.edit.textChanged.connect(self.changed)
        browse = QPushButton(self.tr("Browse…"))
        browse.clicked.connect(self._browse)
        self._note = named(QLabel(hint), "faint")
        self._note.setWordWrap(True)
        line = QHBoxLayout()
        line.addWidget(self.edit, 1)
        line.addWidget(browse)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self._label = QLabel(label)
        self._label.setVisible(bool(label))
        column.addWidget(self._label)
        column.addLayout(line)
        column.addWidget(self._note)

    @property
    def text(self) -> str:
        """The folder, as typed."""
        return self.edit.text().strip()

    @property
    def said(self) -> str:
        """The hint, or what is wrong."""
        return self._note.text()

    def say(self, problem: str) -> None:
        """Show what is wrong, or the hint again when nothing is."""
        self._note.setObjectName("fieldError" if problem else "faint")
        self._note.setText(problem or self._hint)
        self._note.style().unpolish(self._note)
        self._note.style().polish(self._note)

    def call(self, label: str, hint: str) -> None:
        """Ask for another folder."""
        self._hint = hint
        self._label.setText(label)
        self._label.setVisible(bool(label))
        self.edit.setAccessibleName(label)

    def _browse(self) -> None:
        start = self.text or QStandardPaths.writableLocation(
            QStandardPaths.StandardLocation.HomeLocation
        )
        found = QFileDialog.getExistingDirectory(self, self.tr("Choose a folder"), start)
        if found:
            self.edit.setText(found)


class NewProjectForm(QWidget):
    """Asks for the folder of photos (or the data set) and for the project's own folder."""

    create_asked = Signal(str, str)
    import_asked = Signal(str, str)
    back_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._importing = False
        self._title = named(QLabel(), "startTitle")
        self.source = FolderField("", "")
        self.project = FolderField(
            self.tr("Folder of the project"),
            self.tr("A new folder; points, history and thumbnails are kept there."),
        )
        self.source.changed.connect(self._suggest)
        self.project.changed.connect(self._check)
        self.make_button = named(QPushButton(), "primary")
        self.make_button.clicked.connect(self._ask)
        for field in (self.source, self.project):
            field.edit.returnPressed.connect(self.make_button.click)
        back = QPushButton(self.tr("Back"))
        back.clicked.connect(self.back_asked)
        buttons = QHBoxLayout()
        buttons.addWidget(self.make_button)
        buttons.addWidget(back)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(18)
        column.addWidget(self._title)
        column.addWidget(self.source)
        column.addWidget(self.project)
        column.addLayout(buttons)
        column.addStretch(1)

    def begin(self, importing: bool, source: str = "") -> None:
        """Empty the form, for a data set (``importing``) or for a folder of photos."""
        self._importing = importing
        self._title.setText(
            self.tr("Import a LaPa data set") if importing else self.tr("New project")
        )
        self.make_button.setText(self.tr("Import") if importing else self.tr("Make the project"))
        if importing:
            label, hint = self.tr("Folder of the data set"), self.tr("It holds train, val, test.")
        else:
            label = self.tr("Folder with the photos")
            hint = self.tr("Photos are read where they are and never written to.")
        self.source.call(label, hint)
        self.project.edit.clear()
        self.source.edit.setText(source)
        self._check()
        for field in (self.source, self.project):
            if not field.text:
                field.say("")
        self.source.edit.setFocus()

    def _suggest(self, source: str) -> None:
        if source.strip() and Path(source.strip()).name:
            documents = QStandardPaths.writableLocation(
                QStandardPaths.StandardLocation.DocumentsLocation
            )
            root = Path(documents or Path.home()) / "LaPa"
            self.project.edit.setText(str(root / Path(source.strip()).name))
        self._check()

    def _check(self) -> None:
        source, project = self.source.text, self.project.text
        problem = self.tr("There is no such folder.") if not Path(source).is_dir() else ""
        self.source.say(problem if source else "")
        taken = bool(project) and Path(project).is_dir() and any(Path(project).iterdir())
        self.project.say(self.tr("That folder is not empty; choose a new one.") if taken else "")
        self.make_button.setEnabled(bool(source and project) and not problem and not taken)

    def _ask(self) -> None:
        asked = self.import_asked if self._importing else self.create_asked
        asked.emit(self.source.text, self.project.text)
