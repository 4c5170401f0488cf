"""The first thing to be seen: recent projects, and the ways to a new one."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from lapa_annotator.gui.newproject import NewProjectForm
from lapa_annotator.gui.recent import Recent
from lapa_annotator.gui.theme import picture
from lapa_annotator.gui.widgets import named

_WIDTH = 860
_ICON = 24


class Card(QPushButton):
    """A wide button: an icon, a title and a line that says more."""

    def __init__(self, icon_name: str, title: str, text: str) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(title)
        self._icon_name = icon_name
        self._picture = QLabel()
        heading = named(QLabel(title), "cardTitle")
        self._text = named(QLabel(text), "faint")
        self._text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(heading)
        words.addWidget(self._text)
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(14, 10, 14, 10)
        row.setSpacing(14)
        row.addWidget(self._picture)
        row.addLayout(words, 1)
        for label in (self._picture, heading, self._text):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.recolour()

    def sizeHint(self) -> QSize:
        """As tall as its two lines need."""
        return QSize(super().sizeHint().width(), self._row.sizeHint().height())

    def recolour(self) -> None:
        """Take the icon in the colours of the theme in use."""
        self._picture.setPixmap(picture(self._icon_name, _ICON, self.devicePixelRatioF()))


class StartPage(QScrollArea):
    """Recent projects at the right, what can be started at the left.

    ``open_asked(folder)``, ``browse_asked()``, ``sample_asked()``, ``create_asked(photos,
    project)``, ``import_asked(data_set, project)`` and ``forget_asked(folder)`` say what the
    person wants; folders are texts.
    """

    open_asked = Signal(str)
    browse_asked = Signal()
    sample_asked = Signal()
    create_asked = Signal(str, str)
    import_asked = Signal(str, str)
    forget_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("startPage")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self._recent = QVBoxLayout()
        self._recent.setSpacing(8)
        self._cards: list[Card] = []
        self._pages = QStackedWidget()
        self._pages.addWidget(self._overview())
        self.form = NewProjectForm()
        self.form.create_asked.connect(self.create_asked)
        self.form.import_asked.connect(self.import_asked)
        self.form.back_asked.connect(self.show_overview)
        self._pages.addWidget(self.form)
        self._pages.setMaximumWidth(_WIDTH)
        outer = named(QWidget(), "startPage")
        row = QHBoxLayout(outer)
        row.setContentsMargins(32, 40, 32, 32)
        row.addStretch(1)
        row.addWidget(self._pages, 100)
        row.addStretch(1)
        self.setWidget(outer)

    def show_overview(self) -> None:
        """Show recent projects and the ways to a new one."""
        self._pages.setCurrentIndex(0)

    def show_new_project(self, photos: str = "") -> None:
        """Show the form that makes a project of a folder of photos."""
        self.form.begin(importing=False, source=photos)
        self._pages.setCurrentIndex(1)

    def show_import(self) -> None:
        """Show the form that makes a project of a LaPa data set."""
        self.form.begin(importing=True)
        self._pages.setCurrentIndex(1)

    def show_recent(self, projects: Sequence[Recent]) -> None:
        """Fill the list of recent projects."""
        while self._recent.count():
            item = self._recent.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.deleteLater()
        for project in projects[:6]:
            self._recent.addWidget(self._recent_card(project))
        if not projects:
            empty = QLabel(self.tr("Nothing yet. Your projects will be listed here."))
            empty.setObjectName("faint")
            empty.setWordWrap(True)
            self._recent.addWidget(empty)

    def recolour(self) -> None:
        """Take icons in the colours of the theme in use."""
        for card in self.findChildren(Card):
            card.recolour()

    def _overview(self) -> QWidget:
        page = QWidget()
        title = named(QLabel(self.tr("LaPa Annotator")), "startTitle")
        claim = named(
            QLabel(
                self.tr("106 points and an eleven-class label map for every face in your photos.")
            ),
            "faint",
        )
        claim.setWordWrap(True)
        columns = QHBoxLayout()
        columns.setSpacing(40)
        columns.addLayout(self._start_column(), 1)
        columns.addLayout(self._recent_column(), 1)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(title)
        column.addWidget(claim)
        column.addSpacing(24)
        column.addLayout(columns)
        column.addStretch(1)
        return page

    def _start_column(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(8)
        column.addWidget(named(QLabel(self.tr("Start")), "sectionTitle"))
        rows = (
            (
                "folder-new",
                self.tr("New project"),
                self.tr("from a folder of photos"),
                self.show_new_project,
            ),
            ("folder", self.tr("Open project"), self.tr("from its folder"), self.browse_asked.emit),
            (
                "import",
                self.tr("Import a LaPa data set"),
                self.tr("train, val and test with labels and landmarks"),
                self.show_import,
            ),
            (
                "photo",
                self.tr("Sample project"),
                self.tr("try it on photos that come with the program"),
                self.sample_asked.emit,
            ),
        )
        for icon_name, title, text, ask in rows:
            card = Card(icon_name, title, text)
            card.clicked.connect(lambda _=False, ask=ask: ask())
            column.addWidget(card)
        column.addStretch(1)
        return column

    def _recent_column(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(8)
        column.addWidget(named(QLabel(self.tr("Recent projects")), "sectionTitle"))
        column.addLayout(self._recent)
        column.addStretch(1)
        return column

    def _recent_card(self, project: Recent) -> Card:
        here = project.path.is_dir()
        text = _spoken_path(project.path) if here else self.tr("not there any more")
        card = Card("clock" if here else "close", project.path.name, text)
        card.setToolTip(f"{project.folder}\n{_spoken_time(project.time)}")
        asked = self.open_asked if here else self.forget_asked
        card.clicked.connect(lambda _=False, folder=project.folder: asked.emit(folder))
        return card


def _spoken_path(path: Path) -> str:
    try:
        return str(Path("~") / path.parent.relative_to(Path.home()))
    except ValueError:
        return str(path.parent)


def _spoken_time(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds)) if seconds else ""
