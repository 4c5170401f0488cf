"""What the verbs of ``project`` show: lists, histories, what a look at the folders found."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Status
from lapa_annotator.store.project import Project
from lapa_annotator.store.salvage import Salvaged
from lapa_annotator.store.scan import Progress
from lapa_annotator.store.values import ImageInfo, Order, Page, PhotoState, Root

_PAGE = 1000
_COLOURS = {
    Status.NEW: "dim",
    Status.PROPOSED: "cyan",
    Status.IN_PROGRESS: "yellow",
    Status.DONE: "green",
    Status.APPROVED: "bold green",
    Status.REJECTED: "red",
}


def found(scan: Progress) -> str:
    """Say what a look at folders found."""
    counts = {
        "new": scan.new,
        "moved": scan.moved,
        "changed": scan.changed,
        "missing": scan.missing,
        "found again": scan.found_again,
        "unreadable": len(scan.unreadable),
    }
    said = ", ".join(f"{number} {what}" for what, number in counts.items() if number)
    return f"{scan.total} photos: {said or 'nothing new'}"


def all_images(project: Project, query: str, order: Order) -> Iterator[ImageInfo]:
    """Give every image of a list, page by page."""
    page = project.page(query, order, limit=_PAGE)
    yield from page.rows
    while page.next is not None:
        page = project.page(query, order, after=page.next, limit=_PAGE)
        yield from page.rows


def show_images(console: Console, page: Page, total: int) -> None:
    """Print a page of a list, and how to see more."""
    table = Table(box=None, header_style="bold")
    for name in ("image", "faces", "conf", "doubt"):
        table.add_column(name, justify="right")
    for name in ("status", "path", "tags", "annotator", "changed"):
        table.add_column(name, overflow="fold" if name == "path" else "ellipsis")
    for image in page.rows:
        table.add_row(*_cells(image))
    console.print(table)
    more = "" if page.next is None else f"; more with --after {page.rows[-1].id}"
    console.print(f"{len(page.rows)} of {total} images{more}", highlight=False)


def _cells(image: ImageInfo) -> list[str | Text]:
    path = str(image.path)
    if image.photo is not PhotoState.PRESENT:
        path += f" ({image.photo})"
    return [
        str(image.id),
        str(image.faces),
        _number(image.confidence),
        _number(image.doubt),
        Text(image.status, style=_COLOURS[image.status]),
        Text(path),
        Text(", ".join(image.tags)),
        Text(image.annotator),
        moment(image.updated),
    ]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def moment(seconds: float) -> str:
    """Return a time of the epoch as date and time here; a dash for 0."""
    return f"{datetime.fromtimestamp(seconds):%Y-%m-%d %H:%M}" if seconds else "–"


def size(number: int) -> str:
    """Return a number of bytes for people."""
    value, unit = float(max(0, number)), "bytes"
    for unit in ("bytes", "kB", "MB", "GB", "TB"):  # noqa: B007  # it names the last one tried
        if value < 1000:
            break
        value /= 1000
    return f"{value:.0f} {unit}" if unit == "bytes" else f"{value:.1f} {unit}"


def show_info(console: Console, project: Project) -> None:
    """Print what is in a project."""
    file = project.database.file
    console.print(Text(str(project.folder), style="bold"), highlight=False)
    console.print(f"{project.count()} images, {size(file.stat().st_size)}", highlight=False)
    folders = Table("number", "folder", "images", box=None, header_style="bold")
    for root in project.roots():
        there = "" if root.path.is_dir() else " (not there; see `project relink`)"
        folders.add_row(str(root.id), Text(f"{root.path}{there}"), str(root.images))
    console.print(folders)
    states = Table("status", "images", box=None, header_style="bold")
    for status in Status:
        query = f"status:{status.replace(' ', '-')}"
        states.add_row(Text(status, style=_COLOURS[status]), str(project.count(query)))
    console.print(states)
    for state in (PhotoState.MISSING, PhotoState.CHANGED):
        if number := project.count(f"photo:{state}"):
            console.print(f"{number} photos are {state}", style="yellow", highlight=False)
    if tags := project.tags():
        said = ", ".join(f"{tag} ({number})" for tag, number in tags.items())
        console.print(Text(f"tags: {said}"))
    for model in project.models.all():
        metrics = ", ".join(f"{k} {v:.4g}" for k, v in (model.metrics or {}).items())
        console.print(Text(f"model {model.name} ({model.task}) {metrics}"))


def show_history(console: Console, project: Project, image_id: int) -> None:
    """Print the journal of an image, oldest entry first."""
    table = Table(box=None, header_style="bold")
    for name in ("entry", "time", "annotator", "action", "what", "seconds"):
        table.add_column(name, justify="right" if name in ("entry", "seconds") else "left")
    for entry in project.history(image_id):
        what = entry.title or entry.kind
        action = entry.action + (" (undone)" if entry.undone else "")
        if entry.target is not None:
            what = f"{what} (entry {entry.target})"
        table.add_row(
            str(entry.id),
            moment(entry.time),
            Text(entry.annotator),
            action,
            Text(what),
            f"{entry.seconds:.0f}" if entry.seconds else "–",
            style="dim" if entry.undone else "",
        )
    console.print(Text(str(project.info(image_id).path), style="bold"))
    console.print(table)


def show_salvaged(console: Console, saved: Salvaged) -> None:
    """Print what was saved of a damaged project."""
    table = Table("table", "rows saved", "damaged places", box=None, header_style="bold")
    for name in sorted({*saved.rows, *saved.damaged}):
        table.add_row(name, str(saved.rows.get(name, 0)), str(saved.damaged.get(name, 0)))
    console.print(table)
    console.print(f"{saved.rebuilt} annotations made again from the journal", highlight=False)
    for path in saved.lost:
        console.print(Text(f"lost in part: {path}", style="yellow"))
    console.print(Text(f"New project: {saved.folder}"))


def image_of(project: Project, text: str) -> int:
    """Return the image that a number or a path means.

    Raises:
        InputError: none, or several.
    """
    if text.isdecimal():
        return project.info(int(text)).id
    page = project.page(f'path:"{text}","*/{text}"', limit=2) if '"' not in text else None
    rows = page.rows if page else ()
    if len(rows) != 1:
        problem = "is the path of several photos" if rows else "is no photo of this project"
        raise InputError(text, problem, "give the image's number; see `project list`")
    return rows[0].id


def root_of(project: Project, text: str) -> Root:
    """Return the folder that a number or a path means.

    Raises:
        InputError: there is none.
    """
    for root in project.roots():
        if text in (str(root.id), str(root.path)):
            return root
    raise InputError(text, "is no folder of this project", "see `project info`")
