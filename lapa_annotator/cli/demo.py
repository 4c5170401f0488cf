"""``demo``: the main job on photos that installed packages carry."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from lapa_annotator.batch.annotate import CONTACT_SHEET
from lapa_annotator.batch.execute import cores
from lapa_annotator.batch.options import AnnotateOptions
from lapa_annotator.batch.work import OVERLAYS
from lapa_annotator.cli.annotate import run_job
from lapa_annotator.domain.errors import InputError

# Package -> place of the photo in it: Eileen Collins (NASA) and Grace Hopper (US Navy).
_PHOTOS = {
    "skimage": "data/astronaut.png",
    "matplotlib": "mpl-data/sample_data/grace_hopper.jpg",
}


def demo_photos() -> list[Path]:
    """The photos of faces that installed packages carry.

    Raises:
        InputError: none of the packages is there.
    """
    found = []
    for package, place in _PHOTOS.items():
        spec = find_spec(package)
        for folder in (spec.submodule_search_locations or []) if spec else []:
            path = Path(folder) / place
            found += [path] if path.is_file() else []
    if not found:
        raise InputError("demo", "no package with photos is here", "install scikit-image")
    return found


def demo_verb(
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="Folder of the data set.")
    ] = Path("lapa-demo"),
) -> None:
    """Annotate the photos of installed packages and say where the results are; no network."""
    photos = demo_photos()
    jobs = min(cores(), len(photos))
    status = run_job(AnnotateOptions(paths=tuple(photos), out=out, jobs=jobs))
    if (out / CONTACT_SHEET).is_file():
        typer.echo(f"Label maps: {out / 'train' / 'labels'}")
        typer.echo(f"Overlays: {out / OVERLAYS}")
    if status:
        raise typer.Exit(status)
