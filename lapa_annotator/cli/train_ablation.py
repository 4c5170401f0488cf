"""``train ablation``: what each paper compares, with everything else equal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from lapa_annotator.cli.train_options import (
    CacheOption,
    DataOption,
    OutOption,
    SeedOption,
    ThreadsOption,
    machine,
    show,
)

_SMALL: dict[str, Any] = {
    **{"classes": 11, "backbone": "resnet18", "width": 0.25, "head": 64, "edge": 32},
    **{"size": 128, "steps": 600, "batch": 16},
}


_Paper = Annotated[str, typer.Option(help="Number of the paper, 000 is LaPa; or all.")]
_Study = Annotated[str, typer.Option(help="Which of its comparisons; the first if none.")]
_Variant = Annotated[
    list[str] | None, typer.Option(metavar="NAME", help="Only this variant; repeat it.")
]
_Seeds = Annotated[int, typer.Option(min=1, help="Trainings of each variant.")]
_Classes = Annotated[int | None, typer.Option(help="3, or 11 (default).")]
_Width = Annotated[
    float | None, typer.Option(min=0.0625, help="Factor on the channels; 0.25 if not given.")
]
_Head = Annotated[int | None, typer.Option(min=4, help="Channels of the pyramid's maps; 64.")]
_Edge = Annotated[int | None, typer.Option(min=4, help="Channels of the boundary maps; 32.")]
_Backbone = Annotated[str | None, typer.Option(help="resnet18 (default), 50 or 101.")]
_Size = Annotated[int | None, typer.Option(min=64, help="Side of the crops in pixels; 128.")]
_Margin = Annotated[
    float | None, typer.Option(min=1, help="Side of the crops over that of the face's box.")
]
_Rate = Annotated[float | None, typer.Option(min=0, help="Learning rate; the network's own.")]
_Steps = Annotated[int | None, typer.Option("--steps", min=1, help="Optimizer steps; 600.")]
_Batch = Annotated[int | None, typer.Option("--batch", min=1, help="Pictures a step; 16.")]
_Gentle = Annotated[
    bool, typer.Option("--gentle", help="Crops are hardly moved: small parts learn sooner.")
]
_Init = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Weights that every variant begins from, as they fit."),
]
_InitPart = Annotated[
    str,
    typer.Option(metavar="NAME", help='Only what begins so is taken of it, like "backbone.".'),
]
_Batches = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Keep drawn batches there, for all variants and studies."),
]
_Apart = Annotated[
    list[Path] | None,
    typer.Option(metavar="FOLDER", help="Faces that are only scored, by themselves; repeat it."),
]
_Devices = Annotated[int, typer.Option(min=1, help="GPUs (or processes) that share it.")]
_Unlabelled = Annotated[
    list[str] | None,
    typer.Option(metavar="FOLDER", help="Faces whose truth is not looked at; repeat it."),
]
_Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="A setting of all variants; repeat it."),
]


def ablation(
    data: DataOption,
    out: OutOption,
    paper: _Paper = "000",
    study: _Study = "",
    variant: _Variant = None,
    seeds: _Seeds = 3,
    classes: _Classes = None,
    width: _Width = None,
    head: _Head = None,
    edge: _Edge = None,
    backbone: _Backbone = None,
    size: _Size = None,
    margin: _Margin = None,
    rate: _Rate = None,
    steps: _Steps = None,
    batch: _Batch = None,
    gentle: _Gentle = False,
    seed: SeedOption = 0,
    init: _Init = None,
    init_part: _InitPart = "",
    batches: _Batches = None,
    apart: _Apart = None,
    threads: ThreadsOption = 0,
    devices: _Devices = 1,
    cache: CacheOption = None,
    unlabelled: _Unlabelled = None,
    set_: _Set = None,
) -> None:
    """Train the variants of a paper's comparison with several seeds; compare them by class.

    Run the same command again to go on after a stop; the table is also in the folder.
    """
    from lapa_annotator.training.ablation import train_ablation
    from lapa_annotator.training.datasets import Data, crops_folder
    from lapa_annotator.training.parsers.table import parser_of, study_of
    from lapa_annotator.training.parsing_run import ParsingOrder

    compared = study_of(paper, study).only(variant or ())
    base = dict(compared.base)
    parser = parser_of(base.pop("net"))
    named = {**base.pop("named", {}), **dict(parser.read(text) for text in set_ or ())}
    given = {
        **{"classes": classes, "backbone": backbone, "width": width, "head": head, "edge": edge},
        **{"size": size, "margin": margin, "rate": rate, "steps": steps, "batch": batch},
    }
    # What is typed beats the study's own, and that beats what is small for all.
    fields = {**_SMALL, **base, **{k: v for k, v in given.items() if v is not None}}
    order = ParsingOrder(
        data=tuple(Data.parse(text) for text in data),
        net=parser.net,
        named=named,
        seed=seed,
        init=init,
        init_part=init_part,
        gentle=gentle,
        batches=batches,
        apart=tuple(apart or ()),
        cache=cache or crops_folder(),
        **fields,
    )
    others = [Data.parse(text) for text in unlabelled or ()]
    show(train_ablation(order, compared, seeds, out, machine(threads, devices), others))
