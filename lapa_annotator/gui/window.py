"""The main window: start page or project, message bar, menus, docks and what is remembered."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QByteArray, Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QMainWindow,
    QStackedWidget,
)

from lapa_annotator import __version__
from lapa_annotator.domain.errors import InputError
from lapa_annotator.gui.crash import reports_folder
from lapa_annotator.gui.keys import Keys
from lapa_annotator.gui.menus import ActionSet
from lapa_annotator.gui.messages import Message, MessageBar
from lapa_annotator.gui.opening import ProjectJobs, show_folder
from lapa_annotator.gui.recent import RecentProjects
from lapa_annotator.gui.settings import Settings
from lapa_annotator.gui.startpage import StartPage
from lapa_annotator.gui.statusbar import StatusBar
from lapa_annotator.gui.theme import Theme, icon
from lapa_annotator.gui.workers import Queues

if TYPE_CHECKING:
    from lapa_annotator.gui.projectview import ProjectView
    from lapa_annotator.gui.proposals import Models
    from lapa_annotator.store.project import Project


class Window(QMainWindow):
    """The window. Every public method without arguments is a row of the table of actions.

    Args:
        settings: the person's settings; another store of them in tests.
        theme: the application's colours.
        models: what finds faces and proposes points; the registry's by default.

    ``crashed(path)`` may be emitted in any thread: a report of an error was written there.
    """

    crashed = Signal(object)

    def __init__(self, settings: Settings, theme: Theme, models: Models | None = None) -> None:
        super().__init__()
        self.settings = settings
        self.theme = theme
        self.queues = Queues(self)
        self.recent = RecentProjects(settings.store)
        self.keys = Keys(settings.store)
        self.jobs = ProjectJobs(
            self.queues.files,
            lambda: settings.get("work/annotator") or None,
            lambda: settings.get("work/parser"),
            self,
        )
        self.view: ProjectView | None = None
        self._models = models
        self._dressed = False
        self._later: Message | None = None
        self.setWindowTitle("LaPa Annotator")
        self.setMinimumSize(640, 420)
        self.start_page = StartPage()
        self.pages = QStackedWidget()
        self.pages.addWidget(self.start_page)
        self.setCentralWidget(self.pages)
        self.messages = MessageBar(self.pages)
        self.status = StatusBar(self.queues.all)
        self.status.show_details(False)
        self.setStatusBar(self.status)
        self.actions_ = ActionSet(self, self._has)
        self._connect_jobs()
        self._connect_start_page()
        self.crashed.connect(self.report_crash)
        theme.changed.connect(self._recolour)
        settings.changed.connect(self._setting_changed)
        self._restore_geometry()
        self.start_page.show_recent(self.recent.all())

    # What is there

    @property
    def project(self) -> Project | None:
        """The open project."""
        return None if self.view is None else self.view.project

    def dress(self) -> None:
        """Make menus, toolbar and icons: what the first picture of the window can do without."""
        if self._dressed:
            return
        self._dressed = True
        self.setWindowIcon(icon("app"))
        self.actions_.build_menus()
        self._recolour()
        self.actions_.use_keys(self.keys.all())
        self.actions_.refresh()

    def _has(self, needs: str) -> bool:
        if not needs:
            return True
        if self.view is None or self.view.desk is None or self.pages.currentIndex() != 1:
            return False
        return True if needs == "project" else self.view.editor.has(needs)

    # Projects

    def new_project(self) -> None:
        """Show the form for a new project."""
        self.show_start()
        if self.project is None:
            self.start_page.show_new_project()

    def import_lapa(self) -> None:
        """Show the form for a project of a LaPa data set."""
        self.show_start()
        if self.project is None:
            self.start_page.show_import()

    def open_project(self) -> None:
        """Ask for a project's folder and open it."""
        folder = QFileDialog.getExistingDirectory(self, self.tr("Open a project"))
        if folder:
            self.open_folder(Path(folder))

    def open_folder(self, folder: Path, image_id: int | None = None) -> None:
        """Open the project in ``folder``, at the photo that was on show last."""
        if image_id is None:
            known = [r for r in self.recent.all() if r.path == folder]
            image_id = known[0].image_id if known else 0
        self.jobs.open(folder, image_id)

    def add_photos(self) -> None:
        """Ask for a folder and add its photos to the project."""
        folder = QFileDialog.getExistingDirectory(self, self.tr("Add the photos of a folder"))
        if folder and self.project is not None:
            self.jobs.add(self.project, Path(folder))

    def export_data_set(self) -> None:
        """Show the dialog that writes photos as a data set."""
        if self.view is not None:
            self.view.exports.show()

    def make_report(self) -> None:
        """Show the dialog that writes a report of the project."""
        if self.view is not None:
            self.view.exports.show_report()

    def show_start(self) -> None:
        """Put the project away and show the start page."""
        if not self._put_away():
            return
        self.start_page.show_recent(self.recent.all())
        self.start_page.show_overview()
        self.pages.setCurrentIndex(0)
        self.setWindowTitle("LaPa Annotator")
        self.status.show_details(False)
        self.actions_.refresh()

    def _show_project(self, project: Project, image_id: int) -> None:
        self.dress()
        if not self._put_away():
            project.close()
            return
        view = self._made_view()
        self.pages.setCurrentIndex(1)
        self.status.show_details(True)
        self.recent.note(project.folder, image_id)
        view.show_project(project, image_id)
        assert view.desk is not None
        view.desk.withdrawn.connect(self.messages.withdraw)
        view.desk.shown.connect(self._photo_shown)
        view.desk.reading.connect(self.status.show_reading)
        self.setWindowTitle(f"{project.folder.stem} — LaPa Annotator")
        self.actions_.refresh()
        view.editor.setFocus()
        if self._later is not None:
            self.messages.say(self._later)
            self._later = None

    def _could_not_open(self, error: InputError) -> None:
        self.start_page.show_recent(self.recent.all())
        self._say_error(error)

    def _put_away(self, lose: bool = False) -> bool:
        """Close the project; False when that would lose edits that could not be saved."""
        if self.view is None:
            return True
        if not lose and not self.view.settled():
            text = self.tr(
                "Your last changes are not saved yet: free some room on the disk, then try again."
            )
            self.messages.say(
                Message(
                    text, "error", "unsaved", self.tr("Close and lose them"), self._close_anyway
                )
            )
            return False
        self.view.close_project()
        self.messages.clear()
        return True

    def _close_anyway(self) -> None:
        self._put_away(lose=True)
        self.close()

    # The project's part of the window

    def _made_view(self) -> ProjectView:
        if self.view is None:
            from lapa_annotator.gui.projectview import ProjectView
            from lapa_annotator.gui.proposals import BuiltInModels

            view = ProjectView(self.settings, self.queues, self._models or BuiltInModels())
            self.pages.addWidget(view)
            view.said.connect(self.messages.say)
            editor = view.editor
            editor.message.connect(self._editor_says)
            editor.state_changed.connect(self.actions_.refresh_soon)
            editor.options.changed.connect(self.actions_.refresh_soon)
            editor.pointed.connect(self.status.show_pointed)
            editor.zoom_changed.connect(self.status.show_zoom)
            editor.saved_changed.connect(self.status.show_saved)
            self.status.take_in(view.help.bar)
            self.actions_.attach(view, editor, view.curation)
            self.actions_.use_keys(self.keys.all())
            view.add_toolbar(self.actions_.make_toolbar(view))
            menu = self.actions_.menus["view"].addMenu(self.tr("Panels"))
            menu.addActions(view.add_docks())
            self.view = view
        return self.view

    def _photo_shown(self, image_id: int) -> None:
        project = self.project
        if project is None:
            return
        self.recent.note(project.folder, image_id)
        self.status.show_saved(self.view is not None and not self.view.editor.saver.waiting)
        photo = self.view.editor.document.photo if self.view is not None else None
        name = f"{photo.name} — " if photo is not None else ""
        self.setWindowTitle(f"{name}{project.folder.stem} — LaPa Annotator")
        self.actions_.refresh_soon()

    # Dialogs

    def preferences(self) -> None:
        """Show the settings."""
        from lapa_annotator.gui.preferences import Preferences

        self._show_dialog(Preferences(self.settings, self))

    def show_shortcuts(self) -> None:
        """Show all shortcuts."""
        from lapa_annotator.gui.shortcuts import ShortcutOverview

        dialog = ShortcutOverview(self.keys.all(), self)
        dialog.edit_asked.connect(dialog.close)
        dialog.edit_asked.connect(self.edit_shortcuts)
        self._show_dialog(dialog)

    def edit_shortcuts(self) -> None:
        """Show the dialog that edits shortcuts."""
        from lapa_annotator.gui.shortcuts import ShortcutEditor

        dialog = ShortcutEditor(self.keys, self)
        dialog.kept.connect(lambda: self.actions_.use_keys(self.keys.all()))
        self._show_dialog(dialog)

    def show_reports(self) -> None:
        """Open the folder of crash reports."""
        folder = reports_folder()
        folder.mkdir(parents=True, exist_ok=True)
        show_folder(folder)

    def about(self) -> None:
        """Say what program this is."""
        text = self.tr("LaPa Annotator {version}. Nothing you do here leaves this computer.")
        self.messages.say(Message(text.format(version=__version__), "info", "about"))

    def quit(self) -> None:
        """Close the window; everything is saved already."""
        self.close()

    def _show_dialog(self, dialog: QDialog) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.show()
        self.dialog: QDialog | None = dialog

    # What is said

    def report_crash(self, path: Path | None) -> None:
        """Say that something broke; ``path`` is the report."""
        text = self.tr("Something went wrong inside the program. What you did is saved.")
        if path is not None:
            text += " " + self.tr("A report is in {path}.").format(path=path)
        self.messages.say(Message(text, "error", "crash"))

    def say_later(self, message: Message) -> None:
        """Say something when the project that is on its way is there."""
        self._later = message
        self.messages.say(message)

    def _say_error(self, error: InputError) -> None:
        self.messages.say(Message(str(error), "error", "problem"))

    def _editor_says(self, kind: str, text: str) -> None:
        # What was refused leaves the editor in another state than the key had brought about.
        self.actions_.refresh_soon()
        if text:
            self.messages.say(Message(text, kind, "editor"))
        else:
            self.messages.withdraw(["editor"])

    # The window itself

    def _connect_jobs(self) -> None:
        self.jobs.opened.connect(self._show_project)
        self.jobs.failed.connect(self._could_not_open)
        self.jobs.said.connect(self.messages.say)
        self.jobs.grown.connect(self._refresh_list)

    def _refresh_list(self) -> None:
        if self.view is not None:
            self.view.refresh()

    def _connect_start_page(self) -> None:
        page = self.start_page
        page.open_asked.connect(lambda folder: self.open_folder(Path(folder)))
        page.browse_asked.connect(self.open_project)
        page.sample_asked.connect(lambda: self.jobs.open_sample(None))
        page.create_asked.connect(lambda *at: self.jobs.create(*map(Path, at)))
        page.import_asked.connect(lambda *at: self.jobs.create_import(*map(Path, at)))
        page.forget_asked.connect(self._forget)

    def _forget(self, folder: str) -> None:
        self.recent.forget(folder)
        self.start_page.show_recent(self.recent.all())

    def _setting_changed(self, key: str, value: Any) -> None:
        if key == "look/theme":
            self.theme.choose(value)

    def _recolour(self) -> None:
        self.start_page.recolour()
        if self._dressed:
            self.actions_.recolour()
        if self.view is not None:
            self.view.panel.recolour()

    def _restore_geometry(self) -> None:
        geometry = self.settings.store.value("window/geometry")
        if not (isinstance(geometry, QByteArray) and self.restoreGeometry(geometry)):
            self.resize(1360, 860)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember how the window was, give everything back, and go; never lose an edit."""
        if not self._put_away():
            event.ignore()
            return
        self.settings.store.setValue("window/geometry", self.saveGeometry())
        if self.view is not None:
            self.view.remember()
        self.queues.close()
        self.settings.store.sync()
        super().closeEvent(event)
