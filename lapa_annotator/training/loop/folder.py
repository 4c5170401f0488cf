"""The folder of one run: recipe, checkpoints, one line per report."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.atomic import remove_leftovers, replace_file, write_error
from lapa_annotator.training.loop.machine import leads, need
from lapa_annotator.training.loop.recipe import Recipe
from lapa_annotator.training.loop.task import Progress

RECIPE = "recipe.toml"
LINES = "progress.jsonl"
KEPT = 2
"""How many checkpoints are kept: the last one, and the one before should it be damaged."""

# What torch's readers raise of a damaged file, and of one that would run code.
_DAMAGE = (
    OSError,
    zipfile.BadZipFile,
    UnpicklingError,  # how torch refuses a file that holds more than weights
    RuntimeError,
    EOFError,
    ValueError,
    KeyError,
)


@dataclass(frozen=True, slots=True)
class RunState:
    """What a run's folder says of it: name, task, steps taken of how many, last validation."""

    name: str
    task: str
    step: int
    steps: int
    scores: dict[str, float]


class RunFolder:
    """One run on the disk; everything in it is written beside and renamed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.checkpoints = path / "checkpoints"

    def begin(self, recipe: Recipe) -> None:
        """Freeze the recipe, or see that it is the one that the run was begun with.

        Raises:
            InputError: the run was begun with another recipe, or its folder cannot be written.
        """
        file = self.path / RECIPE
        if file.is_file():
            differences = self.recipe().differences(recipe)
            if differences:
                raise InputError(
                    self.path,
                    f"this run was begun with {'; '.join(differences)}",
                    f"repeat the settings of its {RECIPE} or name another folder",
                )
            if leads():
                remove_leftovers(self.path)
        elif leads():
            replace_file(file, recipe.toml().encode("utf-8"))

    def recipe(self) -> Recipe:
        """The recipe that the run was begun with.

        Raises:
            InputError: there is none, or it cannot be read.
        """
        file = self.path / RECIPE
        try:
            return Recipe.read(file.read_text(encoding="utf-8"), file)
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(
                self.path, "it holds no recipe of a training", "name the folder of a run"
            ) from error

    def checkpoint(self, step: int) -> Path:
        """Where the checkpoint of a step lies."""
        return self.checkpoints / f"step-{step:08d}.ckpt"

    def saved(self) -> list[Path]:
        """The checkpoints, oldest first."""
        return sorted(self.checkpoints.glob("step-*.ckpt"))

    def latest(self) -> tuple[Path | None, dict[str, Any], str]:
        """The newest checkpoint that can be read whole.

        Returns its file, what it holds and a sentence about damaged ones ("" for none); no
        file and nothing where the run begins at the beginning.
        """
        damaged: list[str] = []
        for path in reversed(self.saved()):
            content = _load(path)
            if content is not None:
                note = f"{', '.join(damaged)} is damaged: going on from {path.name}."
                return path, content, note if damaged else ""
            damaged.append(path.name)
        note = f"{', '.join(damaged)} is damaged: beginning at the first step."
        return None, {}, note if damaged else ""

    def prune(self) -> None:
        """Remove all checkpoints but the last ``KEPT``."""
        for path in self.saved()[:-KEPT]:
            path.unlink(missing_ok=True)

    def report(self, progress: Progress) -> None:
        """Add one line to the reports.

        Raises:
            InputError: a full disk or a read-only folder.
        """
        if not leads():
            return
        line = json.dumps(asdict(progress), ensure_ascii=False)
        try:
            with (self.path / LINES).open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        except OSError as error:
            raise write_error(self.path / LINES, error) from error

    def reports(self) -> Iterator[Progress]:
        """The reports so far; a line that a kill has cut off is left out."""
        try:
            text = (self.path / LINES).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return
        for line in text.splitlines():
            try:
                yield Progress(**json.loads(line))
            except (json.JSONDecodeError, TypeError):
                continue

    def forget_after(self, step: int) -> None:
        """Drop the reports of steps that will be taken again, after a kill."""
        if not leads():
            return
        lines = [
            json.dumps(asdict(report), ensure_ascii=False)
            for report in self.reports()
            if report.step <= step and report.stage != "done"
        ]
        if (self.path / LINES).exists():
            replace_file(self.path / LINES, "".join(f"{line}\n" for line in lines).encode("utf-8"))

    def state(self) -> RunState:
        """How far the run is.

        Raises:
            InputError: this is not the folder of a run.
        """
        recipe = self.recipe()
        reports = list(self.reports())
        scores = [r.metrics for r in reports if r.stage == "validated"]
        step = max((r.step for r in reports), default=0)
        last = dict(scores[-1]) if scores else {}
        return RunState(self.path.name, recipe.task, step, recipe.steps, last)


def _load(path: Path) -> dict[str, Any] | None:
    """Read a checkpoint, None if any byte of it is wrong; never runs code out of the file."""
    torch = need("torch")
    try:
        with zipfile.ZipFile(path) as file:
            if file.testzip() is not None:
                return None
        content = torch.load(path, map_location="cpu", weights_only=True)
    except _DAMAGE:
        return None
    return content if isinstance(content, dict) and "global_step" in content else None
