"""``simulate``: how many drags faces take, with and without propagation."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from lapa_annotator.cli.tables import Cell, Table
from lapa_annotator.formats.atomic import replace_file

if TYPE_CHECKING:
    from lapa_annotator.dla.prior import Prior
    from lapa_annotator.training.drag_report import Simulation
    from lapa_annotator.training.known_faces import KnownFace, KnownFolder
    from lapa_annotator.training.simulate import Annotator

# The radius whose calibration is shown in detail; the file has all of them.
_MIDDLE = 0.05
_COUNTS = (0, 20, 100, 500)
_METHODS = ("plain", "following", "propagation")
_FIGURES = ("mean", "median", "90th")


def simulate_verb(
    data: Annotated[
        Path, typer.Argument(metavar="DATA", help="In LaPa's layout or that of Face Synthetics.")
    ],
    learn: Annotated[
        list[Path] | None,
        typer.Option("--learn", metavar="FOLDER", help="Learn the prior from these faces alone."),
    ] = None,
    folds: Annotated[
        int, typer.Option(min=0, help="Learn from DATA's other faces too, in so many folds.")
    ] = 0,
    prior: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A prior; else the shipped one.")
    ] = None,
    proposer: Annotated[str | None, typer.Option(help="Landmark proposer.")] = None,
    limit: Annotated[int, typer.Option(min=0, help="Most faces; 0: all.")] = 0,
    maps: Annotated[bool, typer.Option("--maps", help="Score label maps after drags too.")] = False,
    online: Annotated[
        bool,
        typer.Option(
            "--online",
            help="Count drags after the prior has seen 0, 20, 100, 500 faces of --learn.",
        ),
    ] = False,
    json_: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write everything as JSON.")
    ] = None,
) -> None:
    """Count the drags of a simulated annotator who drags the worst point until all are right.

    Plain correction, neighbours that follow by distance, and propagation are compared, at 5 and
    8 % of the inter-ocular distance. The prior must not have seen the faces of DATA. With --online
    propagation alone is measured, while its prior learns: from nothing, or with --prior from
    that one.
    """
    from lapa_annotator.dla.prior import Prior, Sums
    from lapa_annotator.dla.registry import make_detector, make_proposer
    from lapa_annotator.dla.shape import shipped_shapes
    from lapa_annotator.training.drag_report import Simulation
    from lapa_annotator.training.known_faces import KnownFolder

    console = Console()
    detector, chosen = make_detector(), make_proposer(proposer)
    with Console(stderr=True).status("Proposing points …"):
        folder = KnownFolder(data)
        faces = list(folder.proposed(detector, chosen))[: limit or None]
        learning = [f for path in learn or [] for f in KnownFolder(path).proposed(detector, chosen)]
    details: dict[str, Any] = {"faces": len(faces), "model": chosen.name}
    if online:
        start = Prior(chosen.name, Sums.none()) if prior is None else _read(prior)
        _show_online(console, learning, faces, start, details)
        _write(json_, details)
        return
    base = _prior(chosen.name, prior, learning)
    simulation = Simulation(faces, _priors(faces, base, folds), shipped_shapes())
    _run(simulation, shots=10 if maps else 0)
    details |= {"prior": base.sums.faces, "folds": folds}
    _show_drags(console, simulation, details)
    _show_calibration(console, simulation, details)
    if maps:
        _show_maps(console, simulation, folder, details)
    _write(json_, details)


def _write(file: Path | None, details: dict[str, Any]) -> None:
    if file is not None:
        replace_file(file, (json.dumps(details, indent=2) + "\n").encode())


def _prior(model: str, file: Path | None, learning: list[KnownFace]) -> Prior:
    from lapa_annotator.dla.prior import learn
    from lapa_annotator.dla.prior_file import find_prior

    if learning:
        return learn([face.correction() for face in learning], model)
    return find_prior(model) if file is None else _read(file)


def _read(file: Path) -> Prior:
    """A prior as it is used for faces that it was not learned from."""
    from lapa_annotator.dla.prior_file import load_prior

    return load_prior(file).for_other_faces()


def _priors(faces: list[KnownFace], base: Prior, count: int) -> list[Prior]:
    from lapa_annotator.training.simulate import folds

    if not count:
        return [base] * len(faces)
    return folds(faces, base.model, count, base if base.sums.faces else None)


def _annotators() -> list[Annotator]:
    from lapa_annotator.training.simulate import Annotator

    return [Annotator(0.05), Annotator(0.08)]


def _run(simulation: Simulation, shots: int) -> None:
    with Console(stderr=True).status("Correcting …") as status:
        for done in simulation.run(_annotators(), shots=shots):
            status.update(f"Correcting … {done} of {len(simulation.faces)} faces")


def _show_drags(console: Console, simulation: Simulation, details: dict[str, Any]) -> None:
    rows = simulation.rows()
    details["drags"] = [asdict(row) for row in rows]
    for tolerance in sorted({row.tolerance for row in rows}):
        groups: dict[str, list[Cell]] = {}
        for row in rows:
            if row.tolerance == tolerance:
                cells = groups.setdefault(row.group, [row.group, row.faces])
                cells += [row.mean, row.median, row.p90]
        columns = ("faces or part", "faces", *(f"{m} {k}" for m in _METHODS for k in _FIGURES))
        title = f"Drags a face until all points are within {100 * tolerance:g} %"
        Table(title, columns, tuple(map(tuple, groups.values())), digits=1).show(console)


def _show_calibration(console: Console, simulation: Simulation, details: dict[str, Any]) -> None:
    from lapa_annotator.training.drag_report import calibration

    rows = calibration(simulation)
    details["calibration"] = [asdict(row) for row in rows]
    for every, title in ((True, "all untouched points"), (False, "by the chance that was said")):
        cells = tuple(
            (f"{100 * r.radius:g} %", r.drags, 100 * r.said, 100 * r.right, r.points)
            for r in rows
            if (r.most - r.least == 1) is every and (every or r.radius == _MIDDLE)
        )
        columns = ("within", "drags before", "said, %", "right, %", "points")
        Table(f"Said to be near the truth: {title}", columns, cells, digits=1).show(console)


def _show_maps(
    console: Console, simulation: Simulation, folder: KnownFolder, details: dict[str, Any]
) -> None:
    from lapa_annotator.training.drag_report import SHOTS

    scores = simulation.label_scores(folder, 0.05)
    details["maps"] = {"drags": list(SHOTS), "mean F1": scores}
    cells: tuple[tuple[Cell, ...], ...] = tuple((m, *values) for m, values in scores.items())
    columns = ("method", *(f"{shot} drags" for shot in SHOTS))
    Table("Mean F1 of label maps", columns, cells, digits=4).show(console)


def _show_online(
    console: Console,
    learning: list[KnownFace],
    faces: list[KnownFace],
    base: Prior,
    details: dict[str, Any],
) -> None:
    from lapa_annotator.dla.shape import shipped_shapes
    from lapa_annotator.training.drag_report import online

    rows = []
    with Console(stderr=True).status("Learning …") as status:
        for row in online(learning, faces, base, _COUNTS, _annotators(), shipped_shapes()):
            rows.append(row)
            status.update(f"Learning … {row.seen} faces seen")
    details |= {"prior": base.sums.faces, "online": [asdict(row) for row in rows]}
    for tolerance in sorted({row.tolerance for row in rows}):
        cells = [(r.seen, r.mean, r.median, r.p90) for r in rows if r.tolerance == tolerance]
        title = f"Drags a face until all points are within {100 * tolerance:g} %"
        Table(title, ("faces seen", *_FIGURES), tuple(cells), digits=1).show(console)
