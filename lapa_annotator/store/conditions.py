"""From a query to a condition on the table of images."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, not_, or_, select

from lapa_annotator.domain.face import Status
from lapa_annotator.store.models import (
    PHOTO_CODES,
    STATUS_CODES,
    AssignmentRow,
    CommentRow,
    CreditRow,
    ImageRow,
    ImageTagRow,
    NameRow,
    Role,
    SecondRow,
    TagRow,
)
from lapa_annotator.store.query import Query, Range, Term, Value
from lapa_annotator.store.sqlite import Contains, Matches
from lapa_annotator.store.values import PhotoState

Condition = ColumnElement[bool]


def condition(query: Query, image: Any = ImageRow, *, row_by_row: bool = False) -> Condition | None:
    """Return what must hold of a row of images; None when everything is found.

    Args:
        image: what the row's columns are taken from.
        row_by_row: look up tags and names for each row, which suits few rows; otherwise the
            images of a tag or name are listed first, which suits an index.
    """
    terms = [_term(term, image, row_by_row) for term in query.terms]
    return and_(*terms) if terms else None


def _term(term: Term, image: Any, row_by_row: bool) -> Condition:
    if term.key in _COLUMNS:
        found = or_(*(_column(term.key, image, value) for value in term.values))
    elif term.key == "path":
        found = or_(*(_path(image.path, str(value)) for value in term.values))
    elif term.key == "text":
        found = _text(image, str(term.values[0]))
    else:
        patterns = tuple(map(str, term.values))
        linked = _LINKED[term.key](patterns)
        (images,) = linked.selected_columns
        mine = linked.where(images == image.id)
        found = mine.exists() if row_by_row else image.id.in_(linked)
    return not_(found) if term.negated else found


_NEVER_CHANGED = 0.0
# What a column is called, and the least of its values that mean something.
_COLUMNS: dict[str, tuple[str, float]] = {
    "status": ("status", 0),
    "photo": ("photo", 0),
    "conf": ("confidence", 0.0),
    "doubt": ("doubt", 0.0),
    "faces": ("faces", 0),
    "date": ("updated", math.ulp(_NEVER_CHANGED)),
}


def _column(key: str, image: Any, value: Value) -> Condition:
    name, least = _COLUMNS[key]
    column = getattr(image, name)
    match value:
        case Status():
            return equal(column, STATUS_CODES[value])
        case PhotoState():
            return equal(column, PHOTO_CODES[value])
        case Range():
            return _range(column, least, value)
    raise ValueError(f"{key}: is not searched by {value!r}")


def equal(column: Any, value: object) -> Condition:
    """Return that a column has a value."""
    same: Condition = column == value
    return same


def _range(column: Any, least: float, wanted: Range) -> Condition:
    found = [column >= least]
    if wanted.low >= least:
        found = [column > wanted.low if wanted.above else column >= wanted.low]
    if wanted.high != math.inf:
        found.append(column < wanted.high if wanted.below else column <= wanted.high)
    return and_(*found)


def _match(column: Any, pattern: str) -> Condition:
    """Match a whole text; what comes before the first wildcard bounds the search of an index."""
    start = re.split(r"[*?]", pattern, maxsplit=1)[0]
    if start == pattern:
        return equal(column, pattern)
    bounds = []
    if start and ord(start[-1]) < 0xD7FF:
        bounds = [column >= start, column < start[:-1] + chr(ord(start[-1]) + 1)]
    return and_(*bounds, Matches(column, pattern))


def _path(path: Any, pattern: str) -> Condition:
    found = _match(path, pattern)
    if re.search(r"[*?]", pattern):
        return found
    return or_(found, _match(path, pattern.rstrip("/") + "/*"))


def _tag(patterns: tuple[str, ...]) -> Select[int]:
    tags = select(TagRow.id).where(or_(*(_match(TagRow.text, p) for p in patterns)))
    return select(ImageTagRow.image_id).where(ImageTagRow.tag_id.in_(tags))


def _named(patterns: tuple[str, ...]) -> Select[int]:
    return select(NameRow.id).where(or_(*(_match(NameRow.text, p) for p in patterns)))


def _credit(role: Role, patterns: tuple[str, ...]) -> Select[int]:
    mine = CreditRow.role == int(role), CreditRow.name_id.in_(_named(patterns))
    return select(CreditRow.image_id).where(*mine)


# What finds the images that are linked with texts like some patterns, by the word of the term.
_LINKED: dict[str, Callable[[tuple[str, ...]], Select[int]]] = {
    "tag": _tag,
    "annotator": partial(_credit, Role.ANNOTATOR),
    "model": partial(_credit, Role.MODEL),
    "assigned": lambda patterns: select(AssignmentRow.image_id).where(
        AssignmentRow.name_id.in_(_named(patterns))
    ),
    "second": lambda patterns: select(SecondRow.image_id).where(
        SecondRow.annotator_id.in_(_named(patterns))
    ),
}


def _text(image: Any, text: str) -> Condition:
    tags = select(TagRow.id).where(Contains(TagRow.text, text))
    tagged = select(ImageTagRow.image_id).where(ImageTagRow.tag_id.in_(tags))
    comments = Contains(CommentRow.text, text)
    return or_(
        Contains(image.path, text),
        image.id.in_(tagged),
        image.id.in_(select(CommentRow.image_id).where(comments)),
    )
