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
        bool, typer.Option("--online", help="Measure how the prior learns; needs --learn.")
    ] = False,
    json_: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write everything as JSON.")
    ] = None,
) -> None:
    """Count the drags of a simulated annotator who drags the worst point until all are right.

    Plain correction, neighbours that follow by distance, and propagation are compared, at 5 and
    8 % of the inter-ocular distance. The prior must not have seen the faces of DATA.
    """
    from lapa_annotator.dla.registry import make_detector, make_proposer
    from lapa_annotator.training.drag_report import Simulation
    from lapa_annotator.training.known_faces import KnownFolder

    console = Console()
    detector, chosen = make_detector(), make_proposer(proposer)
    with Console(stderr=True).status("Proposing points …"):
        folder = KnownFolder(data)
        faces = list(folder.proposed(detector, chosen))[: limit or None]
        learning = [f for path in learn or [] for f in KnownFolder(path).proposed(detector, chosen)]
    base = _prior(chosen.name, prior, learning)
    simulation = Simulation(faces, _priors(faces, base, folds))
    _run(simulation, shots=10 if maps else 0)
    details: dict[str, Any] = {"faces": len(faces), "prior": base.sums.faces, "folds": folds}
    _show_drags(console, simulation, details)
    _show_calibration(console, simulation, details)
    if maps:
        _show_maps(console, simulation, folder, details)
    if online and learning:
        _show_online(console, learning, faces, chosen.name, details)
    if json_ is not None:
        replace_file(json_, (json.dumps(details, indent=2) + "\n").encode())


def _prior(model: str, file: Path | None, learning: list[KnownFace]) -> Prior:
    from lapa_annotator.dla.prior import learn
    from lapa_annotator.dla.prior_file import find_prior, load_prior

    if learning:
        return learn([face.correction() for face in learning], model)
    return find_prior(model) if file is None else load_prior(file).for_other_faces()


def _priors(faces: list[KnownFace], base: Prior, count: int) -> list[Prior]:
    from lapa_annotator.training.simulate import folds

    if not count:
        return [base] * len(faces)
    return folds(faces, base.model, count, base if base.sums.faces else None)


def _run(simulation: Simulation, shots: int) -> None:
    from lapa_annotator.training.simulate import Annotator

    annotators = [Annotator(0.05), Annotator(0.08)]
    with Console(stderr=True).status("Correcting …") as status:
        for done in simulation.run(annotators, shots=shots):
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
    cells = tuple((r.drags, 100 * r.said, 100 * r.right, r.points) for r in rows)
    columns = ("drags before", "said, %", "right, %", "points")
    Table("Points said to be within 5 % of the truth", columns, cells, digits=1).show(console)


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
    model: str,
    details: dict[str, Any],
) -> None:
    from lapa_annotator.dla.prior import Prior, Sums
    from lapa_annotator.training.drag_report import online

    pairs = list(online(learning, faces, Prior(model, Sums.none()), _COUNTS, 0.05))
    details["online"] = pairs
    Table("Drags a face at 5 %, by faces seen", ("seen", "drags"), tuple(pairs)).show(console)
