"""An export as work for a job, and how fast it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from lapa_annotator.batch.export.options import ExportOptions
from lapa_annotator.batch.export.run import Exported, export
from lapa_annotator.gui.words import mark as _
from lapa_annotator.gui.words import said
from lapa_annotator.gui.workers import Step
from lapa_annotator.store.project import Project

_MOST_PROBLEMS = 100


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an export came to: where it is, how much, and what was wrong with some photos."""

    folder: Path
    faces: int
    photos: int
    skipped: int
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExportStep(Step):
    """Progress of an export for the status bar, with all that the export tells."""

    at: Exported = field(default_factory=lambda: Exported(0, 0))


def work(
    project: Path, annotator: str, options: ExportOptions, *, read_only: bool
) -> Generator[ExportStep, None, Outcome]:
    """Export a project, whatever else is done with it meanwhile; returns the outcome.

    Raises:
        InputError: what ``export`` raises.
    """
    problems: list[str] = []
    last = Exported(0, 0)
    # A project of its own, so that the window may put its own away.
    with (
        Project.open(project, annotator=annotator, read_only=read_only) as opened,
        closing(export(opened, options)) as steps,
    ):
        for last in steps:
            if last.problem is not None and len(problems) < _MOST_PROBLEMS:
                problems.append(last.problem)
            yield ExportStep(last.done, last.total, said(_("Exporting …")), last)
    photos = last.total - last.skipped
    return Outcome(options.out, last.faces, photos, last.skipped, tuple(problems))


class Pace:
    """Photos per second and seconds left of an export, over the last while.

    Args:
        clock: gives seconds.
        span: how long a while is, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, span: float = 20.0) -> None:
        self._clock, self._span = clock, span
        self._seen: list[tuple[float, int]] = []
        self._total = 0

    def take(self, at: Exported) -> None:
        """Hear how far the export is."""
        now = self._clock()
        self._total = at.total
        self._seen.append((now, at.done))
        while len(self._seen) > 2 and now - self._seen[1][0] > self._span:
            self._seen.pop(0)

    @property
    def rate(self) -> float:
        """Photos per second; 0 while nobody knows."""
        if len(self._seen) < 2:
            return 0.0
        (begun, first), (now, last) = self._seen[0], self._seen[-1]
        return (last - first) / (now - begun) if now > begun else 0.0

    @property
    def left(self) -> float | None:
        """Seconds until the last photo is done; None while nobody knows."""
        return None if not self.rate else (self._total - self._seen[-1][1]) / self.rate


def in_words(seconds: float) -> str:
    """A length of time as people say it: 40 s, 5 min, 2 h 10 min."""
    if seconds < 90:
        return f"{round(seconds)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
