"""Table 2: Models A, B and C with everything else equal, over several seeds (LaPa, section 5.2)."""

from __future__ import annotations

import csv
import io
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.atomic import replace_file
from lapa_annotator.training.loop import Machine, Progress, RunFolder, leads
from lapa_annotator.training.parsing_run import Model, ParsingOrder, train_parsing

MODELS: tuple[Model, ...] = ("A", "B", "C")
CSV, TABLE = "ablation.csv", "ablation.txt"

Scores = Mapping[tuple[str, int], Mapping[str, float]]
"""(model, seed) -> scores of the held-out faces."""


def train_ablation(
    order: ParsingOrder, seeds: int, out: Path, machine: Machine | None = None
) -> Generator[Progress, None, None]:
    """Train every model with every seed; called again it goes on.

    A seed begins the shared parts of the networks alike and draws the same batches for all
    three. ``out`` gets a run for each, and ``ablation.csv`` and ``ablation.txt``, brought up
    to date after every run.

    Args:
        order: what to train; its seed is the first, its model is not used.
        seeds: how many trainings of each model.
        out: the folder of all runs.
        machine: what to train on.

    Raises:
        InputError: a network without boundaries, no seeds, and what ``train_parsing`` raises.
    """
    if order.net != "bspnet" or seeds < 1:
        raise InputError("ablation", "it needs BSPNet and a seed", "leave --net out")
    scores: dict[tuple[str, int], Mapping[str, float]] = {}
    runs = [(model, order.seed + k) for k in range(seeds) for model in MODELS]
    for number, (model, seed) in enumerate(runs, 1):
        note = f"Model {model}, seed {seed} (run {number} of {len(runs)})"
        yield Progress("note", 0, order.steps, note=note)
        folder = out / f"model-{model}-seed-{seed}"
        one = replace(order, model=model, seed=seed)
        last = Progress("done", 0, order.steps)
        for last in train_parsing(one, folder, machine, export=False):
            yield last
        if last.stage != "done":
            return
        scores[model, seed] = RunFolder(folder).state().scores
        if leads():
            replace_file(out / CSV, _csv(scores).encode("utf-8"))
            replace_file(out / TABLE, table(scores).encode("utf-8"))
    yield Progress("note", order.steps, order.steps, note=table(scores))


def table(scores: Scores) -> str:
    """The F1 of every class by model in per cent, mean and spread (±) over the seeds.

    The spread is the standard deviation with one less than the seeds below; nothing for one.
    """
    models = [m for m in MODELS if any(m == model for model, _ in scores)]
    names = list(next(iter(scores.values()), {}))
    lines = [f"{'F1, %':24}" + "".join(f"{'Model ' + m:>16}" for m in models)]
    for name in names:
        cells = (_cell([s[name] for (m, _), s in scores.items() if m == model]) for model in models)
        lines.append(f"{name.removesuffix(' F1'):24}" + "".join(f"{c:>16}" for c in cells))
    return "\n".join(lines) + "\n"


def _cell(values: Sequence[float]) -> str:
    percent = 100 * np.asarray(values, np.float64)
    if len(percent) < 2:
        return f"{percent.mean():.2f}"
    return f"{percent.mean():.2f} ± {percent.std(ddof=1):.2f}"


def _csv(scores: Scores) -> str:
    names = list(next(iter(scores.values()), {}))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["model", "seed", *names])
    for (model, seed), row in scores.items():
        writer.writerow([model, seed, *(f"{row[name]:.6f}" for name in names)])
    return text.getvalue()
