"""The learning curve: how the landmarks get better with more annotated faces (LaPa, Fig. 4)."""

from __future__ import annotations

import csv
import io
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.atomic import replace_file
from lapa_annotator.training.landmark_run import LandmarkOrder, train_landmarks
from lapa_annotator.training.loop import Machine, Progress, RunFolder
from lapa_annotator.training.plots import curve_picture

CSV, PICTURE = "curve.csv", "curve.png"
_DRAWN = {"NME": "NME, % of the inter-ocular distance", "AUC": "AUC at 8 %"}

Scores = Mapping[tuple[int, int], Mapping[str, float]]
"""(number of photos, seed) -> scores of the held-out faces."""


def train_curve(
    order: LandmarkOrder,
    sizes: Sequence[int],
    seeds: int,
    out: Path,
    machine: Machine | None = None,
) -> Generator[Progress, None, None]:
    """Train on growing numbers of photos, each for the same steps, and draw the scores.

    A seed shuffles the photos, begins the network and draws the batches; of one seed, more
    photos hold the fewer. ``out`` gets a run for each number and seed, ``curve.csv`` and
    ``curve.png``, the two brought up to date after every run. Called again it goes on.

    Args:
        order: what to train; its seed is the first, its limit is not used.
        sizes: numbers of photos.
        seeds: how many trainings for each number.
        out: the folder of all runs.
        machine: what to train on.

    Raises:
        InputError: numbers that are no numbers of photos, and what ``train_landmarks`` raises.
    """
    if not sizes or min(sizes) < 1 or seeds < 1:
        raise InputError("--sizes", "a curve needs numbers of photos", "write them like 50,100,200")
    runs = [(size, order.seed + k) for size in sorted(set(sizes)) for k in range(seeds)]
    scores: dict[tuple[int, int], Mapping[str, float]] = {}
    for number, (size, seed) in enumerate(runs, 1):
        note = f"{size} photos, seed {seed} (run {number} of {len(runs)})"
        yield Progress("note", 0, order.steps, note=note)
        folder = out / f"photos-{size:06d}-seed-{seed}"
        one = replace(order, seed=seed, limit=size)
        last = Progress("done", 0, order.steps)
        for last in train_landmarks(one, folder, machine, export=False):
            yield last
        if last.stage != "done":
            return
        scores[size, seed] = RunFolder(folder).state().scores
        replace_file(out / CSV, _csv(scores).encode("utf-8"))
        replace_file(out / PICTURE, _picture(scores, order))
    yield Progress(
        "note", order.steps, order.steps, note=f"The curve: {out / PICTURE}, {out / CSV}"
    )


def read_curve(path: Path) -> Scores:
    """Read what ``train_curve`` wrote into ``curve.csv``.

    Raises:
        InputError: no such file, or other content.
    """
    try:
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
        return {
            (int(row.pop("photos")), int(row.pop("seed"))): {k: float(v) for k, v in row.items()}
            for row in rows
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(path, f"holds no curve ({error})", "run `train curve` first") from error


def _csv(scores: Scores) -> str:
    names = list(dict.fromkeys(name for row in scores.values() for name in row))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["photos", "seed", *names])
    for (size, seed), row in sorted(scores.items()):
        writer.writerow([size, seed, *(f"{row.get(name, float('nan')):.6g}" for name in names)])
    return out.getvalue()


def _picture(scores: Scores, order: LandmarkOrder) -> bytes:
    drawn: dict[str, dict[int, list[float]]] = {label: {} for label in _DRAWN.values()}
    for (size, _), row in sorted(scores.items()):
        for name, label in _DRAWN.items():
            drawn[label].setdefault(size, []).append(row[name])
    seeds = len({seed for _, seed in scores})
    title = f"{order.steps} steps of {order.batch}, {seeds} seeds; band from least to most"
    return curve_picture(drawn, title, "photos trained on")
