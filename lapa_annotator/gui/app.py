"""The application: starts fast, and opens where the work stopped."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from lapa_annotator.gui.crash import CrashHook, RunningMark, reports_folder
from lapa_annotator.gui.memory import keep_freed_memory
from lapa_annotator.gui.messages import Message
from lapa_annotator.gui.settings import Settings
from lapa_annotator.gui.theme import Theme
from lapa_annotator.gui.window import Window
from lapa_annotator.gui.words import use_language

_SIGNAL_MS = 200


def main(project: Path | None = None, sample: bool = False, folder: Path | None = None) -> int:
    """Show the window until it is closed.

    Args:
        project: the project to open; else the one opened last, if that is wished.
        sample: open the sample project.
        folder: where the sample project is made; the user's data folder by default.

    Returns:
        the exit status.
    """
    app = application(sys.argv[:1])
    hook = CrashHook(reports_folder())
    hook.install()
    settings = Settings()
    window = start(app, settings)
    hook.told = window.crashed.emit
    window.show()
    # After the first picture: what follows takes longer than that picture.
    mark = RunningMark(Path(settings.store.fileName()).with_suffix(".lock"))
    QTimer.singleShot(0, lambda: begin(window, project, sample, folder, died=mark.take()))
    _let_signals_through(app)
    status = app.exec()
    mark.release()
    hook.close()
    return status


def application(argv: Sequence[str]) -> QApplication:
    """Make the application, or return the one there is."""
    known = QApplication.instance()
    if isinstance(known, QApplication):
        return known
    keep_freed_memory()
    # Fractions like 125 and 150 % stay what they are.
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(
        Qt.HighDpiScaleFactorRoundingPolicy.PassThrough
    )
    app = QApplication(list(argv))
    app.setApplicationName("lapa-annotator")
    app.setApplicationDisplayName("LaPa Annotator")
    app.setDesktopFileName("lapa-annotator")
    use_language(app)
    return app


def start(app: QApplication, settings: Settings) -> Window:
    """Make the window, undressed: its start page is all that it shows."""
    theme = Theme(app, settings.get("look/theme"))
    return Window(settings, theme)


def begin(
    window: Window,
    project: Path | None,
    sample: bool = False,
    folder: Path | None = None,
    died: bool = False,
) -> None:
    """Dress the window and open what is asked for, or what was open when the work stopped.

    Args:
        window: the window.
        project, sample, folder: as for ``main``.
        died: whether the run before this one ended without a word.
    """
    window.dress()
    latest = window.recent.latest()
    if sample:
        window.jobs.open_sample(folder)
    elif project is not None:
        window.open_folder(project)
    elif latest is not None and (died or window.settings.get("work/reopen")):
        window.open_folder(latest.path, latest.image_id)
    if died:
        text = window.tr("The program ended unexpectedly last time. What you did is saved.")
        show = window.tr("Crash reports")
        window.say_later(Message(text, "warning", "crash", show, window.show_reports))


def _let_signals_through(app: QApplication) -> None:
    """Ctrl+C and a logout close the window: Python needs a moment of its own to hear of them."""
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: app.closeAllWindows())
    timer = QTimer(app)
    timer.timeout.connect(lambda: None)
    timer.start(_SIGNAL_MS)
