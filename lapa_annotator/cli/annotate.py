"""``annotate``: from a folder of photos to a LaPa data set."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lapa_annotator.batch.annotate import CONTACT_SHEET, annotate
from lapa_annotator.batch.execute import default_jobs
from lapa_annotator.batch.options import AnnotateOptions, Crop, Faces, Fitting, read_splits
from lapa_annotator.cli.jobs import run_job
from lapa_annotator.cli.verbs import EXIT_SKIPPED

Jobs = Annotated[
    int | None,
    typer.Option(
        "--jobs", "-j", help="Photos worked on at once; by default one a core, 8 at most."
    ),
]


def annotate_verb(
    paths: Annotated[
        list[Path],
        # What may not be read is told and skipped like any other bad photo.
        typer.Argument(metavar="PATHS", help="Photos and folders of photos.", readable=False),
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="Folder of the data set.")
    ],
    faces: Annotated[
        Faces, typer.Option(help="The largest face of a photo, or all; all add _0, _1 to names.")
    ] = Faces.LARGEST,
    crop: Annotated[
        Crop,
        typer.Option(help="Whole photos, or a square a face: turned upright, or along the axes."),
    ] = Crop.NONE,
    crop_size: Annotated[
        int | None,
        typer.Option(metavar="PIXELS", help="Side of a crop; the photo's resolution by default."),
    ] = None,
    margin: Annotated[
        float, typer.Option(help="What a crop adds on each side, as a share of the face's size.")
    ] = 0.5,
    detector: Annotated[
        str | None, typer.Option(help="Face detector; `models list` names the default.")
    ] = None,
    landmarks: Annotated[
        str | None, typer.Option(help="Landmark proposer; `models list` names the default.")
    ] = None,
    segmenter: Annotated[
        str | None, typer.Option(help="Segmenter of hair and skin; `models list` names it.")
    ] = None,
    parser: Annotated[
        str | None,
        typer.Option(help="Network of the fine stage: a name of `models list`, a run, a file."),
    ] = None,
    fitting: Annotated[
        Fitting, typer.Option(help="Parts by fitted curves, or by straight lines.")
    ] = Fitting.CURVES,
    split: Annotated[
        str, typer.Option(help="Splits and weights, like train:0.8,val:0.1,test:0.1.")
    ] = "train:1",
    overlays: Annotated[bool, typer.Option(help="Make pictures to look at.")] = True,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Do all again and replace whatever is there.")
    ] = False,
    jobs: Jobs = None,
) -> None:
    """Make a LaPa data set of photos: 106 landmarks and a label map for every face.

    Run the same command again to go on after a stop: what is done and unchanged is skipped.
    Exit status: 0 all well, 1 some photos were skipped, 2 a wrong call, 130 cancelled.
    """
    options = AnnotateOptions(
        paths=tuple(paths),
        out=out,
        faces=faces,
        crop=crop,
        crop_size=crop_size,
        margin=margin,
        detector=detector,
        landmarks=landmarks,
        segmenter=segmenter,
        parser=parser,
        fitting=fitting,
        splits=read_splits(split),
        overlays=overlays,
        overwrite=overwrite,
        jobs=default_jobs() if jobs is None else jobs,
    )
    status = run_annotate(options)
    if status:
        raise typer.Exit(status)


def run_annotate(options: AnnotateOptions) -> int:
    """Run the main job with its progress on the terminal; return the exit status."""
    ended = run_job(annotate(options), "annotating")
    if ended.status is not None:
        return ended.status
    last = ended.last
    assert last is not None
    again = f", {last.reused} of them done before" if last.reused else ""
    typer.echo(f"{last.faces} faces in {last.total} photos{again}; {last.skipped} skipped.")
    typer.echo(f"Data set: {options.out}")
    typer.echo(f"Report: {options.out / 'report.csv'}")
    if options.overlays and last.faces:
        typer.echo(f"To look at: {options.out / CONTACT_SHEET}")
    return EXIT_SKIPPED if last.skipped else 0
