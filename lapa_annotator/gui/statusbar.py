"""The line at the bottom: what is under the pointer, progress, whether all is saved, the zoom."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QStatusBar, QWidget

from lapa_annotator.gui.messages import JobProgress
from lapa_annotator.gui.workers import JobQueue


class StatusBar(QStatusBar):
    """Shows progress of the queues' jobs always, the rest while a project is open."""

    def __init__(self, queues: tuple[JobQueue, ...]) -> None:
        super().__init__()
        self.setSizeGripEnabled(False)
        self._pointed = QLabel()
        self._saved = QLabel()
        self._zoom = QLabel()
        self.progress = JobProgress(queues)
        self._guest: QWidget | None = None
        self.addWidget(self._pointed, 1)
        self.addPermanentWidget(self.progress)
        self.addPermanentWidget(self._saved)
        self.addPermanentWidget(self._zoom)

    def show_details(self, on: bool) -> None:
        """Show what is said of a photo, or not."""
        for label in (self._pointed, self._saved, self._zoom):
            label.setVisible(on)
            label.clear()
        if self._guest is not None:
            self._guest.setVisible(on)

    def take_in(self, guest: QWidget) -> None:
        """Make room for a widget that says more of a photo."""
        self._guest = guest
        self.insertPermanentWidget(1, guest)
        guest.show()

    def show_pointed(self, text: str) -> None:
        """Show what is under the pointer."""
        self._pointed.setText(text)

    def show_reading(self, name: str) -> None:
        """Show that a photo is being read; "" when it is there."""
        self._pointed.setText(self.tr("Reading {name} …").format(name=name) if name else "")

    def show_saved(self, saved: bool) -> None:
        """Show whether everything is on the disk."""
        self._saved.setText(self.tr("Saved") if saved else self.tr("Not saved"))

    def show_zoom(self, zoom: float) -> None:
        """Show the zoom: screen pixels per photo pixel."""
        self._zoom.setText(f"{round(100 * zoom)} %")
