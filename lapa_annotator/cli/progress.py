"""Progress on the terminal: a bar with rate and time left, or plain lines in a log file."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bar
from rich.text import Text

_LINE_EVERY_S = 10.0


class Step(Protocol):
    """How far a job is, as every job over photos tells it."""

    @property
    def done(self) -> int:
        """Photos done, with those of an earlier call."""

    @property
    def total(self) -> int:
        """All photos."""

    @property
    def reused(self) -> int:
        """Photos that an earlier call had done."""

    @property
    def problem(self) -> str | None:
        """One sentence when the photo just done was left out."""


class _Rate(ProgressColumn):
    """Photos, or what else is counted, per second."""

    def __init__(self, what: str) -> None:
        super().__init__()
        self._what = what

    def render(self, task: Task) -> Text:
        """Say the rate, once it is known."""
        speed = task.finished_speed or task.speed
        return Text(f"{speed:.1f} {self._what}/s" if speed else "", style="progress.data.speed")


class Meter:
    """Shows the steps of a job; sentences about skipped photos stay above the bar.

    Args:
        doing: what the job does, in one word.
        what: what it counts.
    """

    def __init__(self, doing: str = "annotating", what: str = "photos") -> None:
        self._doing, self._what = doing, what
        self._console = Console(stderr=True)
        self._bar: Bar | None = None
        self._row = TaskID(0)
        self._said = self._begun = time.monotonic()

    def __enter__(self) -> Meter:
        if self._console.is_terminal:
            columns = (
                BarColumn(),
                MofNCompleteColumn(),
                _Rate(self._what),
                TimeRemainingColumn(compact=True),
            )
            self._bar = Bar(TextColumn(self._doing), *columns, console=self._console)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def show(self, progress: Step) -> None:
        """Bring the terminal up to date."""
        if progress.problem is not None:
            text = f"Skipped: {progress.problem}"
            self._console.print(text, style="yellow", markup=False, highlight=False, soft_wrap=True)
        if self._bar is None:
            self._line(progress)
        elif not self._bar.tasks:
            self._row = self._bar.add_task("", total=progress.total, completed=progress.done)
            self._bar.start()
        else:
            self._bar.update(self._row, completed=progress.done)

    def _line(self, progress: Step) -> None:
        now = time.monotonic()
        if now - self._said < _LINE_EVERY_S:
            return
        self._said = now
        rate = (progress.done - progress.reused) / (now - self._begun)
        left = (progress.total - progress.done) / rate if rate else 0.0
        self._console.print(
            f"{progress.done} of {progress.total} {self._what}, {rate:.1f} {self._what}/s, "
            f"{left:.0f} s left",
            highlight=False,
        )
