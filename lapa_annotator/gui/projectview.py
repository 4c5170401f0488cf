"""An open project in the window: the list at the left, the editor beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QByteArray, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QDockWidget,
    QLabel,
    QMainWindow,
    QSplitter,
    QTabWidget,
    QToolBar,
    QWidget,
)

from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Status
from lapa_annotator.gui.curation import Curation
from lapa_annotator.gui.desk import Desk
from lapa_annotator.gui.docks import give_room
from lapa_annotator.gui.editor.editor import Dock, Editor
from lapa_annotator.gui.export.helper import ExportHelp
from lapa_annotator.gui.imagelist import Column, ImageList
from lapa_annotator.gui.listpanel import ListPanel
from lapa_annotator.gui.messages import Message
from lapa_annotator.gui.navigator import TO_REVIEW
from lapa_annotator.gui.projecthelp import ProjectHelp
from lapa_annotator.gui.proposals import Models
from lapa_annotator.gui.retrain.helper import TrainingHelp
from lapa_annotator.gui.secondtime import switch_second
from lapa_annotator.gui.settings import Settings
from lapa_annotator.gui.thumbnails import Thumbnails
from lapa_annotator.gui.widgets import named, scrolled
from lapa_annotator.gui.workers import Job, Queues, once
from lapa_annotator.store.project import Project
from lapa_annotator.store.values import Order, OrderBy

_ORDERS = {
    Column.PHOTO: OrderBy.PATH,
    Column.STATUS: OrderBy.STATUS,
    Column.DOUBT: OrderBy.DOUBT,
}
_LIST_WIDTH = 350
_STATE_VERSION = 1
# A dock that shares its place with another one: id -> id of the one on top.
_TABS = {
    "faces": "parts",
    "guard": "parts",
    "history": "parts",
    "map": "point",
    "tones": "point",
    "repair": "point",
    "comments": "parts",
    "findings": "parts",
}
# What has a height of its own; on a low screen it is scrolled, so that lists have room.
_FORMS = {"point", "map", "tones", "repair"}
# What is brought into sight when one begins to repair or to review.
_DOCK_OF = {"repair": "repair", "review": "comments"}
# What it must have to be of use.
_ROOM = {"repair": 440}
# Heights in relation to each other.
_HEIGHTS = {"parts": 300, "point": 400}


class ProjectView(QMainWindow):
    """List and editor of one project at a time.

    ``listed()`` when the list shows what was asked for; ``said(Message)`` for the message bar.
    """

    listed = Signal()
    said = Signal(object)

    def __init__(
        self,
        settings: Settings,
        queues: Queues,
        models: Models,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent, Qt.WindowType.Widget)
        self._settings = settings
        self._queues = queues
        self._models = models
        self._search = ""
        self._order = Order()
        self._listing: Job | None = None
        self._go_to = 0
        self._docks: dict[str, QDockWidget] = {}
        self.desk: Desk | None = None
        self.thumbnails = Thumbnails(queues.pictures, self)
        self.images = ImageList(self.thumbnails.get)
        self.thumbnails.made.connect(self.images.repaint)
        self.panel = ListPanel(self.images)
        self.editor = Editor(settings.store, settings.get("work/annotator"), self._run_slow)
        self.help = ProjectHelp(self.editor, queues, self)
        self.help.said.connect(self.said)
        self.training = TrainingHelp(queues, models, self)
        self.training.said.connect(self.said)
        self.training.changed.connect(self.images.refresh)
        self.curation = Curation(self.editor, queues, self)
        self.curation.said.connect(self.said)
        self.exports = ExportHelp(queues, self)
        self.exports.said.connect(self.said)
        self.editor.options.changed.connect(self._on_option)
        self.editor.reviewed.connect(self.next_to_review)
        self.setCentralWidget(self._halves())
        self.panel.searched.connect(self.search)
        self.panel.entered_photo.connect(self.editor.setFocus)
        self.panel.chosen.connect(self._chosen)
        self.images.sort_asked.connect(self._sort)
        settings.changed.connect(self._setting_changed)
        self._apply_settings()

    @property
    def project(self) -> Project | None:
        """The open project."""
        return None if self.desk is None else self.desk.project

    def show_project(self, project: Project, image_id: int = 0) -> None:
        """Show a project, beginning with ``image_id`` or the first photo."""
        self.close_project()
        self.editor.set_annotator(project.annotator)
        self.help.open(project)
        self.training.open(project)
        self.exports.open(project)
        self.desk = Desk(project, self.editor, self._queues, self._settings, self._models, self)
        self.curation.open(self.desk)
        self.desk.said.connect(self.said)
        self.desk.shown.connect(self._follow)
        self.desk.changed.connect(self.images.refresh)
        self.thumbnails.use(project.folder / "cache" / "thumbnails")
        self._go_to = image_id
        self.panel.search.clear()
        self.search("")

    def settled(self) -> bool:
        """Save what waits; whether everything is on the disk now."""
        self.editor.document.settle()
        return self.editor.saver.retry()

    def close_project(self) -> None:
        """Put the project away."""
        if self.desk is None:
            return
        if self._listing is not None:
            self._listing.cancel()
        self.desk.close()
        self.help.open(None)
        self.training.open(None)
        self.curation.open(None)
        self.exports.open(None)
        self.images.show(None, np.zeros(0, np.int64))
        self.thumbnails.use(None)
        self.desk.deleteLater()
        self.desk.project.close()
        self.desk = None

    # Going, searching, proposing

    def next_photo(self) -> None:
        """Show the next photo of the list."""
        if self.desk is not None:
            self.desk.step(1)

    def previous_photo(self) -> None:
        """Show the photo before this one in the list."""
        if self.desk is not None:
            self.desk.step(-1)

    def next_to_do(self) -> None:
        """Show the next photo that is not finished."""
        if self.desk is not None:
            self.desk.to_do()

    def previous_to_do(self) -> None:
        """Show the nearest photo before this one that is not finished."""
        if self.desk is not None:
            self.desk.to_do(forward=False)

    def next_to_review(self) -> None:
        """Show the next photo that waits for a reviewer."""
        if self.desk is None:
            return
        image_id = self.desk.navigator.to_review(self.desk.image_id)
        if image_id is None:
            text = self.tr("No other photo in the list waits for a review.")
            self.said.emit(Message(text, "ok", "end"))
        self.desk.changed.emit(self.desk.image_id)
        self.desk.go(image_id)

    def first_photo(self) -> None:
        """Show the first photo of the list."""
        if self.desk is not None:
            self.desk.go(self.desk.navigator.end(last=False))

    def last_photo(self) -> None:
        """Show the last photo of the list."""
        if self.desk is not None:
            self.desk.go(self.desk.navigator.end(last=True))

    def propose_photo(self) -> None:
        """Find the faces of the photo on show again."""
        if self.desk is not None:
            self.desk.propose_again()

    def propose_all(self) -> None:
        """Propose points for every new photo of the list, in the background; again to stop."""
        if self.desk is not None:
            self.desk.propose_all()

    def toggle_second(self) -> None:
        """Begin to annotate photos a second time, kept apart from the first; or leave off."""
        if self.desk is not None:
            text, search = switch_second(self.desk)
            if search and not self.panel.search.text():
                self.panel.search.setText(search)
            self.said.emit(Message(text, "info", "second"))

    def show_training(self) -> None:
        """Show the dialog of retraining."""
        self.training.show()

    def search_photos(self) -> None:
        """Put the cursor into the search field."""
        self.panel.search.setFocus()
        self.panel.search.selectAll()

    # The list

    def search(self, text: str) -> None:
        """Show the photos that a search finds; what is wrong with it is said at its field."""
        self._search = text
        self._list()

    def refresh(self) -> None:
        """Ask the store for the list again: photos have been added."""
        self._list()

    def _sort(self, column: int, descending: bool) -> None:
        self._order = Order(_ORDERS[Column(column)], descending)
        self._list()

    def _list(self) -> None:
        project = self.project
        if project is None:
            return
        if self._listing is not None:
            self._listing.cancel()
        search, order = self._search, self._order
        self._listing = self._queues.files.run(
            once(lambda: (project.ids(search, order), project.count())),
            priority=1,
            returned=self._show_list,
            failed=self._show_search_error,
        )

    def _show_list(self, found: tuple[NDArray[np.int64], int]) -> None:
        self._listing = None
        ids, total = found
        if self.desk is None:
            return
        self.panel.show_error("")
        self.images.show(self.desk.project, ids)
        self.desk.navigator.show(ids, self.desk.image_id)
        self.panel.show_count(self._counted(len(ids), total))
        self.panel.follow(self.images.row_of(self.desk.image_id))
        if not total:
            text = self.tr("There are no photos in this project yet: add a folder of them.")
            self.said.emit(Message(text, "warning", "empty"))
        if not self.desk.image_id and len(ids):
            first = self._go_to if (ids == self._go_to).any() else int(ids[0])
            self.desk.go(first)
        self.listed.emit()

    def _show_search_error(self, error: InputError) -> None:
        self._listing = None
        self.panel.show_error(f"{error.problem}; {error.remedy}.")
        self.listed.emit()

    def _counted(self, found: int, total: int) -> str:
        if found == total:
            return self.tr("1 photo") if total == 1 else self.tr("{n:,} photos").format(n=total)
        return self.tr("{found:,} of {total:,} photos").format(found=found, total=total)

    def _chosen(self, image_id: int) -> None:
        if self.desk is not None:
            self.desk.go(image_id)

    def _follow(self, image_id: int) -> None:
        self.panel.follow(self.images.row_of(image_id))

    # Toolbar, docks and what is remembered of them

    def add_toolbar(self, toolbar: QToolBar) -> None:
        """Put the toolbar above list and editor."""
        self.addToolBar(toolbar)
        toolbar.toggleViewAction().setVisible(False)

    def add_docks(self) -> list[QAction]:
        """Put the editor's docks at the right, as they were last; return what toggles them."""
        self._docks = docks = {
            dock.id: self._dock(dock) for dock in (*self.editor.docks(), self.curation.dock)
        }
        for name, other in _TABS.items():
            if name in docks and other in docks:
                self.tabifyDockWidget(docks[other], docks[name])
                docks[other].raise_()
        self.setTabPosition(Qt.DockWidgetArea.RightDockWidgetArea, QTabWidget.TabPosition.North)
        heights = [_HEIGHTS.get(name, 1) for name in docks]
        self.resizeDocks(list(docks.values()), heights, Qt.Orientation.Vertical)
        state = self._settings.store.value("window/docks")
        if isinstance(state, QByteArray):
            self.restoreState(state, _STATE_VERSION)
        return [dock.toggleViewAction() for dock in docks.values()]

    def dock(self, name: str) -> QDockWidget:
        """Return the dock of that id; raises KeyError when there is none."""
        return self._docks[name]

    def _on_option(self, name: str) -> None:
        """Bring what repair or review needs into sight when it begins."""
        if name in _DOCK_OF and getattr(self.editor.options, name):
            dock = self._docks.get(_DOCK_OF[name])
            if dock is not None:
                dock.raise_()
                give_room(self, dock, _ROOM.get(dock.objectName(), 0))
        if name == "review" and self.desk is not None:
            self._begin_review(bool(self.editor.options.review))

    def _begin_review(self, is_on: bool) -> None:
        """What waits for a review is the queue, unless another search says what is."""
        if is_on and self.desk is not None and self.desk.second:
            self.desk.use_second(False)
        field = self.panel.search
        if is_on and not field.text():
            field.setText(TO_REVIEW)
        elif not is_on and field.text() == TO_REVIEW:
            field.clear()
        if is_on and self.editor.document.annotation.status is not Status.DONE:
            self.next_to_review()

    def _title_docks(self) -> None:
        """Give a title to every dock that no tab names; they are closed from the menu."""
        for dock in self._docks.values():
            has_tab = any(not d.isHidden() for d in self.tabifiedDockWidgets(dock))
            if (dock.titleBarWidget() is None) or has_tab != (not dock.property("titled")):
                dock.setProperty("titled", not has_tab)
                title = QWidget() if has_tab else named(QLabel(dock.windowTitle()), "dockTitle")
                dock.setTitleBarWidget(title)

    def _dock(self, dock: Dock) -> QDockWidget:
        holder = QDockWidget(dock.title, self)
        holder.setObjectName(dock.id)
        holder.setWidget(scrolled(dock.widget) if dock.id in _FORMS else dock.widget)
        holder.visibilityChanged.connect(lambda _: self._title_docks())
        feature = QDockWidget.DockWidgetFeature
        holder.setFeatures(feature.DockWidgetClosable | feature.DockWidgetMovable)
        self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, holder)
        return holder

    def remember(self) -> None:
        """Keep where the docks and the list's edge are for the next start."""
        self._settings.store.setValue("window/docks", self.saveState(_STATE_VERSION))
        self._settings.store.setValue("window/list", self._split.saveState())

    def _halves(self) -> QSplitter:
        self._split = split = QSplitter(Qt.Orientation.Horizontal)
        split.addWidget(self.panel)
        split.addWidget(self.editor)
        split.setStretchFactor(1, 1)
        split.setCollapsible(1, False)
        split.setHandleWidth(1)
        state = self._settings.store.value("window/list")
        if not (isinstance(state, QByteArray) and split.restoreState(state)):
            split.setSizes([_LIST_WIDTH, 900])
        return split

    # Settings

    def _run_slow(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        """Run what the editor finds slow: label maps of large faces."""
        self._queues.maps.run(once(work), returned=done)

    def _setting_changed(self, key: str, _value: Any) -> None:
        if key.startswith(("list/", "work/")):
            self._apply_settings()

    def _apply_settings(self) -> None:
        self.panel.table.show_pictures(self._settings.get("list/thumbnails"))
        self.editor.following.set_strength(self._settings.get("work/strength") / 100)
        self.editor.document.idle_after = float(self._settings.get("work/idle"))
