"""Progress of a training on the terminal: a bar with the loss and the last scores."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from lapa_annotator.training.loop import Progress

_SHOWN = 6


class TrainingMeter:
    """Shows a training's reports; sentences and scores stay above the bar.

    Without a terminal, scores and sentences are lines, and of the rest every tenth.
    """

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        columns = (
            TextColumn("training"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.description}"),
        )
        self._bar = Bar(*columns, console=self._console)
        self._row = self._bar.add_task("", total=None, visible=False)
        self._lines = 0

    def __enter__(self) -> TrainingMeter:
        if self._console.is_terminal:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def show(self, progress: Progress) -> None:
        """Bring the terminal up to date."""
        if progress.note:
            self._say(progress.note, "yellow")
        elif progress.stage == "validated":
            self._say(f"step {progress.step}: {_figures(progress)}", "green")
        elif progress.stage == "training":
            figures = _figures(progress)
            self._bar.update(
                self._row,
                description=figures,
                total=progress.steps,
                completed=progress.step,
                visible=True,
            )
            self._lines += 1
            if not self._console.is_terminal and self._lines % 10 == 1:
                self._say(f"step {progress.step} of {progress.steps}: {figures}", "")

    def _say(self, text: str, style: str) -> None:
        self._console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)


def _figures(progress: Progress) -> str:
    figures = {} if progress.loss is None else {"loss": progress.loss}
    figures |= dict(list(progress.metrics.items())[:_SHOWN])
    return ", ".join(f"{name} {value:.4g}" for name, value in figures.items())
