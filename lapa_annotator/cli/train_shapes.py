"""``train shapes``: learn what shapes faces have, which settle doubtful points."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lapa_annotator.cli.train_options import DataOption


def shapes(
    data: DataOption,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Where the file goes.")],
    licence: Annotated[str, typer.Option(help="Of the data, kept in the file.")] = "not told",
) -> None:
    """Learn the shapes of faces from the true points of faces that are trained on.

    Face Synthetics is for evaluation only and is refused.
    """
    from lapa_annotator.dla.shape import FILE, learn_shapes, save_shapes
    from lapa_annotator.domain.errors import InputError
    from lapa_annotator.formats.facesynthetics import FaceSyntheticsFolder
    from lapa_annotator.training.data.sources import open_source
    from lapa_annotator.training.datasets import Data

    folders, told = [], []
    for folder in map(Data.parse, data):
        if FaceSyntheticsFolder(folder.path).is_one():
            raise InputError(folder.path, "its terms allow evaluation only", "name other faces")
        source = open_source(folder.path)
        folders.append(([source.load(k).points for k in range(len(source))], folder.share))
        told.append(f"{len(source)} of {source.name}, share {folder.share:g}")
    out.mkdir(parents=True, exist_ok=True)
    save_shapes(out / FILE, learn_shapes(folders), {"data": "; ".join(told), "licence": licence})
    typer.echo(f"{out / FILE}: {'; '.join(told)}")
