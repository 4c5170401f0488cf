"""Comparisons as papers make them: variants with everything else equal, over several seeds."""

from __future__ import annotations

import csv
import io
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.atomic import replace_file
from lapa_annotator.training.datasets import Data
from lapa_annotator.training.landmark_files import WEIGHTS
from lapa_annotator.training.loop import Machine, Progress, RunFolder, leads
from lapa_annotator.training.parsers.rows import Study, Variant
from lapa_annotator.training.parsing_run import ParsingOrder, keep_weights, train_parsing

CSV, TABLE = "ablation.csv", "ablation.txt"

Scores = Mapping[tuple[str, int], Mapping[str, float]]
"""(variant, seed) -> scores of the held-out faces."""


def train_ablation(
    order: ParsingOrder,
    study: Study,
    seeds: int,
    out: Path,
    machine: Machine | None = None,
    unlabelled: Sequence[Data] = (),
) -> Generator[Progress, None, None]:
    """Train every variant with every seed; called again it goes on.

    A seed begins the shared parts of the networks alike and draws the same batches for all
    variants. ``out`` gets a run for each with its weights, and ``ablation.csv`` and
    ``ablation.txt``, brought up to date after every run.

    Args:
        order: what all variants share; its seed is the first.
        study: what is compared.
        seeds: how many trainings of each variant.
        out: the folder of all runs.
        machine: what to train on.
        unlabelled: folders whose truth is not looked at, for the variants that want such.

    Raises:
        InputError: no seeds, no folders where a variant wants some without truth, and what
            ``train_parsing`` raises.
    """
    if seeds < 1:
        raise InputError("--seeds", "there is nothing to train", "take 1 or more")
    scores: dict[tuple[str, int], Mapping[str, float]] = {}
    runs = [(v, order.seed + k) for k in range(seeds) for v in study.variants]
    for number, (variant, seed) in enumerate(runs, 1):
        note = f"{variant.name}, seed {seed} (run {number} of {len(runs)})"
        yield Progress("note", 0, order.steps, note=note)
        folder = run_folder(out, variant.name, seed)
        one = varied(replace(order, seed=seed), variant, out, unlabelled)
        last = Progress("done", 0, order.steps)
        for last in train_parsing(one, folder, machine, export=False, watch=False):
            yield last
        if last.stage != "done":
            return
        scores[variant.name, seed] = RunFolder(folder).state().scores
        if leads():
            keep_weights(one, folder)
            replace_file(out / CSV, _csv(scores).encode("utf-8"))
            replace_file(out / TABLE, table(scores).encode("utf-8"))
    yield Progress("note", order.steps, order.steps, note=table(scores))


def run_folder(out: Path, variant: str, seed: int) -> Path:
    """The folder of one run of a study."""
    words = "".join(c if c.isalnum() or c in "-_." else "-" for c in variant)
    return out / f"{words.strip('-')}-seed-{seed}"


def varied(
    order: ParsingOrder, variant: Variant, out: Path, unlabelled: Sequence[Data] = ()
) -> ParsingOrder:
    """What a variant trains: the order that all share, changed as the variant says.

    Raises:
        InputError: it wants folders without truth and there are none.
    """
    change = dict(variant.change)
    side = order.size / 256
    scaled = {name: max(1, round(value * side)) for name, value in variant.scaled.items()}
    named = {**order.named, **change.pop("named", {}), **scaled}
    if variant.teacher:
        named["teacher"] = str(run_folder(out, variant.teacher, order.seed) / WEIGHTS)
    if variant.begins:
        change |= {"init": run_folder(out, variant.begins, order.seed) / WEIGHTS, "init_part": ""}
    if variant.unlabelled:
        if not unlabelled:
            problem = f"{variant.name} learns from faces without truth"
            raise InputError("--unlabelled", problem, "name a folder of faces")
        # The other folders still hold out the faces that all are scored on.
        held_out = [replace(data, share=0.0) for data in order.data]
        change["data"] = (*held_out, *unlabelled)
    known = {
        name: named[name] for name in named if name in _known(replace(order, **change, named={}))
    }
    return replace(order, **change, named=known)


def _known(order: ParsingOrder) -> set[str]:
    return {*order.parser.settings, *order.parser.options}


def table(scores: Scores) -> str:
    """The F1 of every class by variant in per cent, mean and spread (±) over the seeds.

    The spread is the standard deviation with one less than the seeds below; nothing for one.
    """
    variants = list(dict.fromkeys(variant for variant, _ in scores))
    names = list(next(iter(scores.values()), {}))
    width = max(16, *(len(variant) + 2 for variant in variants)) if variants else 16
    lines = [f"{'F1, %':24}" + "".join(f"{variant:>{width}}" for variant in variants)]
    for name in names:
        cells = (_cell([s[name] for (v, _), s in scores.items() if v == one]) for one in variants)
        lines.append(f"{name.removesuffix(' F1'):24}" + "".join(f"{c:>{width}}" for c in cells))
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
    writer.writerow(["variant", "seed", *names])
    for (variant, seed), row in scores.items():
        writer.writerow([variant, seed, *(f"{row[name]:.6f}" for name in names)])
    return text.getvalue()
