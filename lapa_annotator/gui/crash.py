"""When the program breaks: a report is written to the user's own disk, and goes nowhere else."""

from __future__ import annotations

import contextlib
import faulthandler
import os
import platform
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO

import platformdirs
from PySide6.QtCore import QLockFile, qVersion

from lapa_annotator import __version__

_MOST_REPORTS = 50


def reports_folder() -> Path:
    """The folder of crash reports in the user's data folder."""
    return platformdirs.user_data_path("lapa-annotator", appauthor=False) / "reports"


def write_report(error: BaseException, folder: Path) -> Path | None:
    """Write what is known of an error to a new file; None when even that cannot be done."""
    now = time.strftime("%Y-%m-%d %H:%M:%S")
    lines = [
        f"LaPa Annotator {__version__}, {now}",
        f"Python {platform.python_version()}, Qt {qVersion()}, {platform.platform()}",
        "",
        *traceback.format_exception(error),
    ]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.txt"
        path.write_text("\n".join(lines), encoding="utf-8")
        for old in sorted(folder.glob("*.txt"))[:-_MOST_REPORTS]:
            old.unlink(missing_ok=True)
    except OSError:
        return None
    return path


class RunningMark:
    """A lock file that lies there while the program runs, and after it has died."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = QLockFile(str(path))
        # A lock is stale when its process is gone, however short a time ago.
        self._lock.setStaleLockTime(0)

    def take(self) -> bool:
        """Begin to run; return whether the run before this one died.

        A second window beside a living one, and a folder that cannot be written, tell nothing.
        """
        left_behind = self._path.exists()
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
        return self._lock.tryLock(0) and left_behind

    def release(self) -> None:
        """End well."""
        self._lock.unlock()


class CrashHook:
    """Catches what nobody else has caught, in any thread, and what kills the process outright.

    ``told`` is called in the thread of the error with the report's path (None: not written).
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.told: Callable[[Path | None], None] = lambda _path: None
        self._fault_file: IO[str] | None = None

    def install(self) -> None:
        """Take over the interpreter's hooks."""
        sys.excepthook = self._hook
        threading.excepthook = lambda args: self._hook(
            args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback
        )
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self.folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}-fault.txt"
            self._fault_file = path.open("w", encoding="utf-8")
        except OSError:
            return
        faulthandler.enable(self._fault_file)

    def close(self) -> None:
        """Give the hooks back; a fault file that nothing was written to is removed."""
        sys.excepthook = sys.__excepthook__
        threading.excepthook = threading.__excepthook__
        if self._fault_file is None:
            return
        faulthandler.disable()
        self._fault_file.close()
        path = Path(self._fault_file.name)
        if path.exists() and path.stat().st_size == 0:
            path.unlink()
        self._fault_file = None

    def _hook(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        sys.__excepthook__(kind, error, trace)
        if not issubclass(kind, KeyboardInterrupt):
            self.told(write_report(error, self.folder))
