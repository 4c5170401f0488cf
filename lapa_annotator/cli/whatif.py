"""``what-if``: other settings of a project's label maps, tried before they are used."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from lapa_annotator.batch.execute import default_jobs
from lapa_annotator.batch.whatif.compare import Outcome
from lapa_annotator.batch.whatif.run import Tried, use, what_if
from lapa_annotator.cli.jobs import ctrl_c
from lapa_annotator.cli.progress import Meter
from lapa_annotator.cli.tables import Table
from lapa_annotator.cli.verbs import EXIT_CANCELLED, EXIT_SKIPPED, tell
from lapa_annotator.formats.atomic import replace_file
from lapa_annotator.ppa.settings import KNOBS, Settings, apply, history, settings_of, take_back
from lapa_annotator.store.project import Project

_USE = "Using them"


def what_if_verb(
    project: Annotated[Path, typer.Argument(metavar="PROJECT", help="The project's .lapa folder.")],
    query: Annotated[str, typer.Argument(help='Images to try, such as "status:done".')] = "",
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Like hair=0.7; may be repeated."),
    ] = None,
    sheet: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Pictures of the faces that change most."),
    ] = None,
    json_: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write everything as JSON.")
    ] = None,
    number: Annotated[int, typer.Option(min=0, help="How many faces to name and show.")] = 20,
    jobs: Annotated[int | None, typer.Option(min=1, help="How many processes.")] = None,
    apply_: Annotated[
        bool, typer.Option("--apply", help="Use the settings from now on.", rich_help_panel=_USE)
    ] = False,
    undo: Annotated[
        bool, typer.Option("--undo", help="Take the last change back.", rich_help_panel=_USE)
    ] = False,
    reset: Annotated[
        bool, typer.Option("--reset", help="Go back to the defaults.", rich_help_panel=_USE)
    ] = False,
) -> None:
    """Say what other settings would make of a project's label maps; without --set, what they are.

    Nothing is changed without --apply, and what was fixed by hand never is. Ctrl+C stops; run
    the same again to go on. Exit status: 0 all well, 1 some photos could not be tried, 2 a
    wrong call, 130 stopped.
    """
    with Project.open(project) as opened:
        if undo:
            take_back(opened)
        elif reset:
            apply(opened, Settings.of(), "reset")
        if undo or reset or not set_:
            _say_settings(opened)
            return
        after = settings_of(opened).reading(set_)
        outcome = _tried(opened, after, query, jobs)
        _say(outcome, number)
        if json_ is not None:
            _write_json(json_, opened, after, outcome, number)
        if sheet is not None and outcome.changed:
            _write_sheet(sheet, opened, after, outcome, number)
        if apply_:
            use(opened, after, outcome.sentence())
            typer.echo("These settings are in use; every label map is fused again when needed.")
    if outcome.problems:
        raise typer.Exit(EXIT_SKIPPED)


def _say_settings(project: Project) -> None:
    settings = settings_of(project)
    for knob in KNOBS:
        value = settings.values[knob.name]
        usual = "" if value == knob.default else f" (the default is {knob.default})"
        typer.echo(f"{knob.name}={value}  {knob.about}{usual}")
    for entry in history(project):
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.time))
        changed = ", ".join(f"{k}={v}" for k, v in entry.after.items()) or "the defaults"
        about = f" ({entry.about})" if entry.about else ""
        typer.echo(f"{when}, {entry.annotator}: {changed}{about}")


def _tried(project: Project, after: Settings, query: str, jobs: int | None) -> Outcome:
    steps = what_if(project, after, query, jobs=default_jobs() if jobs is None else jobs)
    try:
        with ctrl_c(), Meter("trying") as meter, closing(steps):
            return _run(steps, meter)
    except KeyboardInterrupt:
        tell("Stopped; run the same command again to go on.")
        raise typer.Exit(EXIT_CANCELLED) from None


def _run(steps: Generator[Tried, None, Outcome], meter: Meter) -> Outcome:
    while True:
        try:
            meter.show(next(steps))
        except StopIteration as end:
            outcome: Outcome = end.value
            return outcome


def _say(outcome: Outcome, number: int) -> None:
    typer.echo(outcome.sentence())
    if not outcome.changed:
        return
    # No hand, no columns of what a hand has fixed.
    by_hand = bool(outcome.fixed)
    rows: list[tuple[str | float, ...]] = []
    for c in outcome.classes():
        row: tuple[str | float, ...] = (c.name, 100 * c.iou, 100 * c.growth)
        rows.append((*row, 100 * c.right_before, 100 * c.right_after) if by_hand else row)
    columns: tuple[str, ...] = ("class", "IoU, %", "area, %")
    columns += ("fixed by hand: before", "after") if by_hand else ()
    title = "After against before"
    Table(title, columns, tuple(rows)).show(Console())
    most = tuple((f.path, f.face_id[:8], 100 * f.share) for f in outcome.most(number))
    if most:
        Table("What changes most", ("photo", "face", "pixels, %"), most).show(Console())


def _write_json(
    path: Path, project: Project, after: Settings, outcome: Outcome, number: int
) -> None:
    told = {
        "before": dict(settings_of(project).values),
        "after": dict(after.values),
        "faces": len(outcome.faces),
        "changed": outcome.changed,
        "classes": {
            c.name: {n: _plain(getattr(c, n)) for n in _FIGURES} for c in outcome.classes()
        },
        "most": [
            {"image": f.image_id, "photo": f.path, "face": f.face_id, "share": f.share}
            for f in outcome.most(number)
        ],
        "problems": outcome.problems,
    }
    text = json.dumps(told, indent=2, ensure_ascii=False) + "\n"
    replace_file(path, text.encode("utf-8", "backslashreplace"))


_FIGURES = ("before", "after", "iou", "right_before", "right_after")


def _plain(value: float) -> Any:
    return None if math.isnan(value) else value


def _write_sheet(
    path: Path, project: Project, after: Settings, outcome: Outcome, number: int
) -> None:
    from lapa_annotator.batch.whatif.pictures import trial_sheet
    from lapa_annotator.formats.photo import write_picture

    most = outcome.most(number)
    if most:
        write_picture(path, trial_sheet(project, most, after), quality=90)
        typer.echo(f"Pictures: {path}")
