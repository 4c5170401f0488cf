"""``project``: make, fill, search and check projects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from lapa_annotator.batch import photos
from lapa_annotator.cli import project_people as people
from lapa_annotator.cli import project_views as views
from lapa_annotator.cli.verbs import EXIT_SKIPPED, tell
from lapa_annotator.store import salvage as salvaging
from lapa_annotator.store.project import Project
from lapa_annotator.store.scan import Progress
from lapa_annotator.store.values import Order, OrderBy
from lapa_annotator.store.verify import verify as check

app = typer.Typer(no_args_is_help=True, help="Make, fill, search and check projects.")

Folder = Annotated[Path, typer.Argument(metavar="PROJECT", help="The project's .lapa folder.")]
Search = Annotated[
    str, typer.Argument(help='For example "status:done conf:<0.4 -tag:blurry path:2024/*".')
]
By = Annotated[OrderBy, typer.Option("--order", help="What to order by.")]
Descending = Annotated[bool, typer.Option("--descending", help="Largest first.")]
Limit = Annotated[int, typer.Option(min=1, help="How many images to show.")]
After = Annotated[int | None, typer.Option(metavar="IMAGE", help="Go on after this image.")]
PathsOnly = Annotated[bool, typer.Option("--paths", help="Only the photos' paths, all of them.")]


@app.command()
def new(
    project: Folder,
    folders: Annotated[list[Path] | None, typer.Argument(help="Folders of photos to add.")] = None,
) -> None:
    """Make a project, and add folders of photos to it."""
    with Project.create(project) as made:
        typer.echo(f"Made {made.folder}")
        _add(made, folders or [])


@app.command()
def add(
    project: Folder,
    folders: Annotated[
        list[Path] | None, typer.Argument(help="Folders of photos; none: look at all again.")
    ] = None,
) -> None:
    """Add folders of photos, or look again for new, moved, changed and missing ones."""
    with Project.open(project, read_only=False) as opened:
        if folders:
            _add(opened, folders)
        else:
            _say_found([_shown("looking", photos.rescan(opened))])


def _add(project: Project, folders: list[Path]) -> None:
    _say_found([_shown(folder.name, photos.add_folder(project, folder)) for folder in folders])


def _say_found(scans: list[Progress | None]) -> None:
    unreadable: list[str] = []
    for scan in scans:
        if scan is not None:
            typer.echo(views.found(scan))
            unreadable += scan.unreadable
    for problem in dict.fromkeys(unreadable):
        tell(problem)
    if unreadable:
        raise typer.Exit(EXIT_SKIPPED)


@app.command()
def info(project: Folder) -> None:
    """Show what is in a project: folders, states, tags, model versions."""
    with Project.open(project, read_only=True) as opened:
        views.show_info(Console(), opened)


@app.command(name="list")
def list_(
    project: Folder,
    order: By = OrderBy.PATH,
    descending: Descending = False,
    limit: Limit = 50,
    after: After = None,
    paths: PathsOnly = False,
) -> None:
    """List the images of a project."""
    _list(project, "", Order(order, descending), limit, after, paths)


# A query may begin with a minus, which must not be taken for an option.
@app.command(context_settings={"ignore_unknown_options": True})
def search(
    project: Folder,
    query: Search,
    order: By = OrderBy.PATH,
    descending: Descending = False,
    limit: Limit = 50,
    after: After = None,
    paths: PathsOnly = False,
) -> None:
    """List the images that a query finds.

    Terms stand side by side and must all hold: words of the path, tags or comments, or one of

    status: conf: doubt: faces: date: tag: annotator: model: path: photo:

    - before a term turns it round; commas part alternatives; * and ? stand for characters.

    Put the query in quotes: your shell reads < > and * itself.
    """
    _list(project, query, Order(order, descending), limit, after, paths)


def _list(
    folder: Path, query: str, order: Order, limit: int, after: int | None, paths: bool
) -> None:
    with Project.open(folder, read_only=True) as project:
        if paths:
            for image in views.all_images(project, query, order):
                typer.echo(image.file)
            return
        cursor = None if after is None else project.cursor(after, order)
        page = project.page(query, order, after=cursor, limit=limit)
        views.show_images(Console(), page, project.count(query))


@app.command()
def history(
    project: Folder,
    image: Annotated[str, typer.Argument(help="The image's number, or the path of its photo.")],
) -> None:
    """Show who changed an image when, and how."""
    with Project.open(project, read_only=True) as opened:
        views.show_history(Console(), opened, views.image_of(opened, image))


@app.command(name="export")
def export_(
    project: Folder,
    target: Annotated[Path, typer.Argument(help="A new folder for the data set.")],
    query: Annotated[str, typer.Option(help="Which images.")] = "status:done,approved",
) -> None:
    """Write finished images as a data set in LaPa's layout; `export` has the other formats."""
    from lapa_annotator.batch.export.options import ExportOptions
    from lapa_annotator.cli.export import run_export

    status = run_export(project, ExportOptions(target, query=query))
    if status:
        raise typer.Exit(status)


@app.command(name="import")
def import_(
    project: Folder,
    data_set: Annotated[Path, typer.Argument(help="A data set of any format that is known.")],
    labels: Annotated[bool, typer.Option(help="Take the label maps too.")] = True,
    tag: Annotated[
        list[str] | None, typer.Option("--tag", help="Tag every image so; may be repeated.")
    ] = None,
) -> None:
    """Take a data set into a project, its photos where they are; as `import` does."""
    from lapa_annotator.cli.export import import_verb

    import_verb(project, data_set, labels=labels, tag=tag)


@app.command()
def verify(
    project: Folder,
    with_photos: Annotated[
        bool, typer.Option("--photos", help="Read every photo and compare its bytes.")
    ] = False,
    salvage: Annotated[
        Path | None,
        typer.Option(metavar="NEW", help="Save what can be read into a new project NEW.lapa."),
    ] = None,
) -> None:
    """Check a project: its database, every annotation against its journal, its photos."""
    if salvage is not None:
        views.show_salvaged(Console(), salvaging.salvage(project, salvage))
        return
    with Project.open(project, read_only=True) as opened:
        last = _shown("checking", check(opened, photos=with_photos))
    problems = last.problems if last else ()
    for problem in problems:
        tell(problem)
    typer.echo(f"{last.done if last else 0} images checked; {len(problems)} problems.")
    if problems:
        raise typer.Exit(EXIT_SKIPPED)


@app.command()
def backup(
    project: Folder, target: Annotated[Path, typer.Argument(help="The backup's name.")]
) -> None:
    """Copy a project into a new .lapa folder, also while it is in use."""
    with Project.open(project, read_only=True) as opened:
        typer.echo(f"Backup: {opened.backup(target)}")


@app.command()
def relink(
    project: Folder,
    old: Annotated[str, typer.Argument(help="The folder as it was, or its number in `info`.")],
    new_: Annotated[Path, typer.Argument(metavar="NEW", help="Where it lies now.")],
) -> None:
    """Say that a folder of photos lies elsewhere now."""
    with Project.open(project, read_only=False) as opened:
        root = views.root_of(opened, old)
        found = opened.relink(root.id, new_)
        typer.echo(f"{found} of {root.images} photos found in {new_}")
        if found < root.images:
            raise typer.Exit(EXIT_SKIPPED)


@app.command()
def compact(project: Folder) -> None:
    """Give unused room in a project's database back to the disk."""
    with Project.open(project, read_only=False) as opened:
        typer.echo(f"{views.size(opened.compact())} given back")


for _verb in (people.assign, people.assigned, people.compare, people.adjudicate):
    app.command()(_verb)


def _shown(what: str, steps: Iterable[Any]) -> Any:
    """Run a generator under a bar and return what it yielded last."""
    last = None
    for step in _bar(what, steps):
        last = step
    return last


def _bar(what: str, steps: Iterable[Any]) -> Iterator[Any]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    with Bar(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        row = bar.add_task(what, total=None, visible=console.is_terminal)
        for step in steps:
            bar.update(row, total=step.total, completed=step.done)
            yield step
