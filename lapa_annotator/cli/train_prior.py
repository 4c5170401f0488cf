"""``train prior``: learn how a proposer's errors go together, for propagation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lapa_annotator.formats.atomic import replace_file


def prior(
    data: Annotated[
        list[Path],
        typer.Option("--data", "-d", metavar="FOLDER", help="Faces with true points; repeat it."),
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="FOLDER", help="Where the prior's file goes.")
    ],
    proposer: Annotated[str | None, typer.Option(help="Landmark proposer.")] = None,
    licence: Annotated[str, typer.Option(help="Of the data, for the card.")] = "not told",
) -> None:
    """Learn a prior from faces with true points, and write it and its card.

    The card says how many drags a face takes by five-fold cross-validation. Face Synthetics is
    for evaluation only and is refused.
    """
    from lapa_annotator.dla.prior import learn
    from lapa_annotator.dla.prior_file import prior_name, save_prior
    from lapa_annotator.dla.registry import make_detector, make_proposer
    from lapa_annotator.dla.shape import shipped_shapes
    from lapa_annotator.domain.errors import InputError
    from lapa_annotator.formats.facesynthetics import FaceSyntheticsFolder
    from lapa_annotator.training.drag_report import Simulation
    from lapa_annotator.training.known_faces import KnownFolder
    from lapa_annotator.training.prior_card import prior_card
    from lapa_annotator.training.simulate import Annotator, folds

    for path in data:
        if FaceSyntheticsFolder(path).is_one():
            raise InputError(path, "its terms allow evaluation only", "name other faces")
    detector, chosen = make_detector(), make_proposer(proposer)
    faces = [f for path in data for f in KnownFolder(path).proposed(detector, chosen)]
    learned = learn([face.correction() for face in faces], chosen.name)
    simulation = Simulation(faces, folds(faces, chosen.name, 5), shipped_shapes())
    for _ in simulation.run([Annotator(0.05), Annotator(0.08)]):
        pass
    text = prior_card(chosen.name, [p.name for p in data], simulation.rows(), licence)
    file = out / prior_name(chosen.name)
    out.mkdir(parents=True, exist_ok=True)
    save_prior(file, learned, {"data": ", ".join(p.name for p in data), "licence": licence})
    replace_file(file.with_suffix(".md"), text.encode())
    typer.echo(f"{file}: {len(faces)} faces")
