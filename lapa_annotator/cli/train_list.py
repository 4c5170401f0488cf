"""``train list``: the runs in a folder, how far they are and what they score."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from lapa_annotator.cli.tables import Table
from lapa_annotator.domain.errors import InputError


def list_runs(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder of runs.")],
) -> None:
    """List the runs in a folder: task, steps, and the first scores of the last validation."""
    from lapa_annotator.training.loop import RunFolder

    recipes = sorted(folder.glob("*/recipe.toml"))
    if not recipes:
        raise InputError(folder, "it holds no runs", "name the folder above those given to --out")
    rows = []
    for recipe in recipes:
        state = RunFolder(recipe.parent).state()
        scores = ", ".join(f"{k} {v:.4g}" for k, v in list(state.scores.items())[:3]) or "none yet"
        rows.append((state.name, state.task, f"{state.step} of {state.steps}", scores))
    Table(f"Runs in {folder}", ("run", "task", "steps", "scores"), tuple(rows)).show(Console())
