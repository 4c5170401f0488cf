"""``project assign``, ``assigned``, ``compare``, ``adjudicate``: who does what, who is right."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lapa_annotator.batch.summary.agreement import nme_of
from lapa_annotator.cli.project_views import image_of
from lapa_annotator.domain.agreement import Verdict, adjudication, apart
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Face
from lapa_annotator.store.project import Project
from lapa_annotator.store.values import SecondAnnotation, Task

Folder = Annotated[Path, typer.Argument(metavar="PROJECT", help="The project's .lapa folder.")]
Tasks = Annotated[Task, typer.Option("--task", help="For what.")]


def assign(
    project: Folder,
    search: Annotated[str, typer.Argument(help="Which images, as in `project search`.")] = "",
    to: Annotated[
        list[str] | None, typer.Option(help="A person; may be repeated: dealt out in turn.")
    ] = None,
    task: Tasks = Task.ANNOTATE,
    most: Annotated[int, typer.Option(min=0, help="At most so many images; 0: all.")] = 0,
    back: Annotated[bool, typer.Option("--back", help="Take them back instead.")] = False,
) -> None:
    """Assign images to people, to annotate, to annotate a second time, or to review."""
    with Project.open(project, read_only=False) as opened:
        ids = opened.ids(search).tolist()
        ids = ids[:most] if most else ids
        if back:
            taken = opened.assignments.take_back(ids, task)
            typer.echo(f"{taken} images taken back.")
            return
        given = opened.assignments.give(ids, to or [], task)
        typer.echo(f"{given} of {len(ids)} images assigned; the others are somebody's already.")


def assigned(project: Folder) -> None:
    """Show how far everybody is with what was assigned."""
    with Project.open(project, read_only=True) as opened:
        rows = opened.assignments.all()
    table = Table("annotator", "task", "images", "done")
    for row in rows:
        table.add_row(Text(row.annotator), str(row.task), str(row.images), str(row.done))
    console = Console()
    if rows:
        console.print(table)
    else:
        console.print("Nothing is assigned; see `project assign --help`.", highlight=False)


def adjudicate(
    project: Folder,
    image: Annotated[str, typer.Argument(help="The image's number or path.")],
    take: Annotated[Verdict, typer.Option(help="What shall stand.")],
    of: Annotated[str | None, typer.Option(help="Whose second annotation; none: the only one.")] = (
        None
    ),
    points: Annotated[
        str, typer.Option(help="Only these points, like 33-41,66; none: the whole face.")
    ] = "",
) -> None:
    """Settle between the first annotation of an image and a second one, as one edit."""
    with Project.open(project, read_only=False) as opened:
        image_id = image_of(opened, image)
        second = _second_of(opened, image_id, of)
        indices = _indices(points)
        settled = False
        for face in second.annotation.faces:
            others = [face] if take is not Verdict.MEAN else _same(opened, image_id, face.id)
            settled |= _settle(opened, image_id, others, take, indices, second.annotator)
        stands = {Verdict.MINE: "the first annotation", Verdict.MEAN: "the mean"}
        who = stands.get(take, f"what {second.annotator} says")
        typer.echo(
            f"{who[0].upper()}{who[1:]} stands." if settled else "Nothing had to be changed."
        )


def _second_of(project: Project, image_id: int, annotator: str | None) -> SecondAnnotation:
    found = {s.annotator: s for s in project.second.all(image_id) if s.is_done}
    path = str(project.info(image_id).path)
    if not found:
        raise InputError(path, "nobody has finished a second annotation of it", "assign it first")
    if annotator is None and len(found) > 1:
        raise InputError(path, f"{', '.join(found)} have annotated it", "say --of NAME")
    if annotator is not None and annotator not in found:
        raise InputError(annotator, "has not annotated it", f"take one of {', '.join(found)}")
    return found[annotator] if annotator is not None else next(iter(found.values()))


def _same(project: Project, image_id: int, face_id: str) -> list[Face]:
    said = [s for s in project.second.all(image_id) if s.is_done]
    return [f for s in said for f in s.annotation.faces if f.id == face_id]


def _settle(
    project: Project,
    image_id: int,
    others: list[Face],
    take: Verdict,
    indices: list[int] | None,
    other: str,
) -> bool:
    annotation = project.load(image_id)
    mine = next((f for f in annotation.faces if f.id == others[0].id), None)
    if mine is None or mine.landmarks is None or any(f.landmarks is None for f in others):
        return False  # a face that only one of them has cannot be settled between them
    edit = adjudication(
        annotation,
        mine.id,
        others,
        take,
        indices,
        annotator=project.annotator,
        time=time.time(),
    )
    if edit is not None:
        project.save(image_id, edit, title=f"Adjudicate: {take}, of {other}")
    return edit is not None


def _indices(text: str) -> list[int] | None:
    """Read 33-41,66."""
    if not text:
        return None
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        try:
            found |= set(range(int(first), int(last or first) + 1))
        except ValueError:
            found.add(-1)
    if not found or min(found) < 0 or max(found) > 105:
        raise InputError(text, "are no points", "write numbers from 0 to 105, like 33-41,66")
    return sorted(found)


def compare(project: Folder) -> None:
    """List the images that several people have annotated, those they agree on least first."""
    rows: list[tuple[float, str, str, bool]] = []
    with Project.open(project, read_only=True) as opened:
        for image_id in opened.second.images():
            info, first = opened.info(image_id), opened.load(image_id)
            for second in opened.second.all(image_id):
                off = [
                    nme_of(apart(a.landmarks, b.landmarks))["all"]
                    for a in first.faces
                    for b in second.annotation.faces
                    if a.id == b.id and a.landmarks is not None and b.landmarks is not None
                ]
                if off:
                    rows.append((max(off), str(info.path), second.annotator, second.is_done))
    table = Table("photo", "second annotator", "NME, %", "done")
    for nme, path, annotator, is_done in sorted(rows, reverse=True):
        table.add_row(Text(path), Text(annotator), f"{nme:.2f}", "yes" if is_done else "no")
    Console().print(table)
