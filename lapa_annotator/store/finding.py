"""Lists of images: pages by key, whole lists of ids, counts, and places in a list."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, Row, Select, func, select, tuple_

from lapa_annotator.domain.errors import InputError
from lapa_annotator.store.codec import DamagedError
from lapa_annotator.store.conditions import condition
from lapa_annotator.store.folders import root_paths
from lapa_annotator.store.models import (
    PHOTO_STATES,
    STATUSES,
    ImageRow,
    ImageTagRow,
    TagRow,
    table,
)
from lapa_annotator.store.query import Query, parse
from lapa_annotator.store.sqlite import numbers_of
from lapa_annotator.store.values import Cursor, ImageInfo, Order, Page

if TYPE_CHECKING:
    from lapa_annotator.store.project import Project

_CHUNK = 500
_NEAR = 5000


def _wanted(what: Select[Any], query: Query) -> Select[Any]:
    where = condition(query)
    return what if where is None else what.where(where)


def _ordered(
    what: Select[Any], order: Order, *, backwards: bool = False, image: Any = ImageRow
) -> Select[Any]:
    keys = (getattr(image, order.by), image.id)
    if order.descending != backwards:
        return what.order_by(*(key.desc() for key in keys))
    return what.order_by(*keys)


def _beyond(cursor: Cursor, order: Order, *, backwards: bool = False) -> ColumnElement[bool]:
    place = tuple_(getattr(ImageRow, order.by), ImageRow.id)
    there = (cursor.key, cursor.id)
    return place < there if order.descending != backwards else place > there


def ids(project: Project, query: Query, order: Order) -> NDArray[np.int64]:
    """Return the ids that a query finds, in order; see ``Project.ids``."""
    wanted = _ordered(_wanted(select(ImageRow.id), query), order)
    with project.database.read() as connection:
        return numbers_of(connection, wanted)


def count(project: Project, query: Query) -> int:
    """Return how many images a query finds; see ``Project.count``."""
    wanted = _wanted(select(func.count()).select_from(ImageRow), query)
    with project.database.read() as connection:
        return int(connection.scalar(wanted) or 0)


def count_faces(project: Project, query: str) -> int:
    """Return how many faces the images have that a query finds.

    Raises:
        InputError: the query is not understood.
    """
    wanted = _wanted(select(func.sum(ImageRow.faces)), parse(query))
    with project.database.read() as connection:
        return int(connection.scalar(wanted) or 0)


def page(
    project: Project,
    query: Query,
    order: Order,
    after: Cursor | None,
    before: Cursor | None,
    limit: int,
) -> Page:
    """Return a piece of a list; see ``Project.page``."""
    if after is not None and before is not None:
        raise ValueError("a page is after a place or before one, not both")
    backwards = before is not None
    place = before if backwards else after
    with project.database.read() as connection:
        found = _places(connection, query, order, place, backwards, limit + 1)
        more, found = len(found) > limit, found[:limit]
        if backwards:
            found.reverse()
        rows = _infos(connection, project, [cursor.id for cursor in found])
    first = found[0] if found and (more if backwards else place is not None) else None
    last = found[-1] if found and (more or backwards) else None
    return Page(tuple(rows), first, last)


def _places(
    connection: Connection,
    query: Query,
    order: Order,
    start: Cursor | None,
    backwards: bool,
    limit: int,
) -> list[Cursor]:
    """Return the next places of a list from ``start`` on, at most ``limit``.

    When much is found by a query, going through the next images in order soon fills a page;
    when little is, an index of what is asked for is faster. The database cannot know which, so
    the first is tried on a few thousand images, then the rest is left to the database.
    """
    key = getattr(ImageRow, order.by)
    wanted = _ordered(select(key, ImageRow.id), order, backwards=backwards)
    if start is not None:
        wanted = wanted.where(_beyond(start, order, backwards=backwards))
    where = condition(query)
    if where is None:
        return [Cursor(*row) for row in connection.execute(wanted.limit(limit))]
    near = wanted.with_only_columns(table(ImageRow)).limit(_NEAR).subquery().c
    matching = condition(query, near, row_by_row=True)
    assert matching is not None
    among = select(near[order.by], near.id).where(matching)
    among = _ordered(among, order, backwards=backwards, image=near)
    found = connection.execute(among.limit(limit)).all()
    if len(found) < limit:
        found = connection.execute(wanted.where(where).limit(limit)).all()
    return [Cursor(*row) for row in found]


def cursor(project: Project, image_id: int, order: Order) -> Cursor:
    """Return the place of an image in an order; see ``Project.cursor``."""
    wanted = select(getattr(ImageRow, order.by)).where(ImageRow.id == image_id)
    with project.database.read() as connection:
        row = connection.execute(wanted).one_or_none()
    if row is None:
        raise _unknown(image_id)
    return Cursor(row[0], image_id)


def position(project: Project, image_id: int, query: Query, order: Order) -> int:
    """Return how many images of a list come before an image; see ``Project.position``."""
    place = cursor(project, image_id, order)
    wanted = _wanted(select(func.count()).select_from(ImageRow), query)
    with project.database.read() as connection:
        before = wanted.where(_beyond(place, order, backwards=True))
        return int(connection.scalar(before) or 0)


def info(project: Project, image_id: int) -> ImageInfo:
    """Return what lists show of an image; see ``Project.info``."""
    found = infos(project, [image_id])
    if not found:
        raise _unknown(image_id)
    return found[0]


def infos(project: Project, image_ids: Sequence[int]) -> list[ImageInfo]:
    """Return what lists show of some images, in the order given; see ``Project.infos``."""
    with project.database.read() as connection:
        return _infos(connection, project, image_ids)


def tags(project: Project) -> dict[str, int]:
    """Return all tags in use with their counts, in alphabetical order; see ``Project.tags``."""
    wanted = (
        select(TagRow.text, func.count())
        .join(ImageTagRow, ImageTagRow.tag_id == TagRow.id)
        .group_by(TagRow.text)
        .order_by(TagRow.text)
    )
    with project.database.read() as connection:
        return dict(connection.execute(wanted).all())


def _unknown(image_id: int) -> InputError:
    return InputError(f"image {image_id}", "is not in this project", "choose another image")


def _infos(connection: Connection, project: Project, image_ids: Sequence[int]) -> list[ImageInfo]:
    roots = root_paths(connection, project.folder)
    name = project.names.texts(connection)
    found: dict[int, ImageInfo] = {}
    for start in range(0, len(image_ids), _CHUNK):
        chunk = [int(i) for i in image_ids[start : start + _CHUNK]]
        tagged: dict[int, list[str]] = {}
        for image_id, text in connection.execute(
            select(ImageTagRow.image_id, TagRow.text)
            .join(TagRow, TagRow.id == ImageTagRow.tag_id)
            .where(ImageTagRow.image_id.in_(chunk))
        ):
            tagged.setdefault(image_id, []).append(text)
        wanted = select(ImageRow.__table__).where(ImageRow.id.in_(chunk))
        for row in connection.execute(wanted):
            author = "" if row.annotator_id is None else name(row.annotator_id)
            try:
                found[row.id] = _info(row, roots, sorted(tagged.get(row.id, [])), author)
            except (LookupError, TypeError, AttributeError) as error:
                raise DamagedError(f"the row of image {row.id} makes no sense") from error
    return [found[int(i)] for i in image_ids if int(i) in found]


def _info(row: Row[Any], roots: dict[int, Path], tags: list[str], annotator: str) -> ImageInfo:
    return ImageInfo(
        id=row.id,
        root=roots[row.root_id],
        path=PurePosixPath(row.path),
        width=row.width,
        height=row.height,
        orientation=row.orientation,
        photo=PHOTO_STATES[row.photo],
        status=STATUSES[row.status],
        faces=row.faces,
        confidence=row.confidence if row.confidence >= 0 else None,
        doubt=row.doubt if row.doubt >= 0 else None,
        tags=tuple(tags),
        annotator=annotator,
        updated=row.updated,
        seconds=row.seconds,
        content=row.content.hex(),
    )
