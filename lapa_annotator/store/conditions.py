"""From a query to a condition on the table of images."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, and_, false, not_, or_, select

from lapa_annotator.domain.face import Status
from lapa_annotator.store.models import (
    PHOTO_CODES,
    STATUS_CODES,
    CommentRow,
    CreditRow,
    ImageRow,
    ImageTagRow,
    NameRow,
    Role,
    TagRow,
)
from lapa_annotator.store.query import Query, Range, Term, Value
from lapa_annotator.store.sqlite import Matches
from lapa_annotator.store.values import PhotoState

Condition = ColumnElement[bool]


def condition(query: Query) -> Condition | None:
    """Return what must hold of a row of images; None when everything is found."""
    return and_(*(_term(term) for term in query.terms)) if query.terms else None


def _term(term: Term) -> Condition:
    found = _BUILDERS[term.key](term.values)
    return not_(found) if term.negated else found


def _status(values: tuple[Value, ...]) -> Condition:
    return ImageRow.status.in_([STATUS_CODES[v] for v in values if isinstance(v, Status)])


def _photo(values: tuple[Value, ...]) -> Condition:
    return ImageRow.photo.in_([PHOTO_CODES[v] for v in values if isinstance(v, PhotoState)])


def _ranges(column: Any, least: float) -> Callable[[tuple[Value, ...]], Condition]:
    """Build for a column in which numbers under ``least`` mean that nothing is known."""

    def build(values: tuple[Value, ...]) -> Condition:
        return or_(*(_range(column, least, v) for v in values if isinstance(v, Range)))

    return build


def _range(column: Any, least: float, wanted: Range) -> Condition:
    if wanted.low >= least:
        low = column > wanted.low if wanted.above else column >= wanted.low
    else:
        low = column >= least
    if wanted.high == math.inf:
        return low  # type: ignore[no-any-return]  # a comparison of a column is a condition
    high = column < wanted.high if wanted.below else column <= wanted.high
    return and_(low, high)


def _has_wildcard(text: str) -> bool:
    return "*" in text or "?" in text


def _match(column: Any, pattern: str) -> Condition:
    return Matches(column, pattern) if _has_wildcard(pattern) else column == pattern


def _path(values: tuple[Value, ...]) -> Condition:
    found: list[Condition] = []
    for value in values:
        text = str(value)
        found.append(_match(ImageRow.path, text))
        if not _has_wildcard(text):
            found.append(Matches(ImageRow.path, text.rstrip("/") + "/*"))
    return or_(false(), *found)


def _tag(values: tuple[Value, ...]) -> Condition:
    tags = select(TagRow.id).where(or_(*(_match(TagRow.text, str(v)) for v in values)))
    return ImageRow.id.in_(select(ImageTagRow.image_id).where(ImageTagRow.tag_id.in_(tags)))


def _credit(role: Role) -> Callable[[tuple[Value, ...]], Condition]:
    def build(values: tuple[Value, ...]) -> Condition:
        names = select(NameRow.id).where(or_(*(_match(NameRow.text, str(v)) for v in values)))
        credits_ = select(CreditRow.image_id).where(
            CreditRow.role == int(role), CreditRow.name_id.in_(names)
        )
        return ImageRow.id.in_(credits_)

    return build


def _text(values: tuple[Value, ...]) -> Condition:
    text = str(values[0])
    tags = select(TagRow.id).where(TagRow.text.icontains(text, autoescape=True))
    tagged = select(ImageTagRow.image_id).where(ImageTagRow.tag_id.in_(tags))
    comments = CommentRow.text.icontains(text, autoescape=True)
    return or_(
        ImageRow.path.icontains(text, autoescape=True),
        ImageRow.id.in_(tagged),
        ImageRow.id.in_(select(CommentRow.image_id).where(comments)),
    )


_NEVER_CHANGED = 0.0
_BUILDERS: dict[str, Callable[[tuple[Value, ...]], Condition]] = {
    "status": _status,
    "photo": _photo,
    "conf": _ranges(ImageRow.confidence, 0.0),
    "doubt": _ranges(ImageRow.doubt, 0.0),
    "faces": _ranges(ImageRow.faces, 0),
    "date": _ranges(ImageRow.updated, math.ulp(_NEVER_CHANGED)),
    "tag": _tag,
    "annotator": _credit(Role.ANNOTATOR),
    "model": _credit(Role.MODEL),
    "path": _path,
    "text": _text,
}
