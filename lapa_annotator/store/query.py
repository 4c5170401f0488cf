"""The search language: ``status:done conf:<0.4 -tag:blurry path:2024/* "red hat"``.

Terms stand side by side and must all hold; ``-`` before a term turns it round; values with commas
between them are alternatives; values with blanks go in double quotes. Terms:

=============  =========================================================================
``status:``    new, proposed, in-progress, done, approved, rejected
``photo:``     present, missing, changed
``conf:``      lowest mean confidence of a face: a number, ``<0.4``, ``>=0.9``, ``0.2..0.4``
``doubt:``     the model's doubt, likewise
``faces:``     number of faces, likewise
``date:``      day of the last change, ``2026-01-31``, ``>2025``, ``2026-01..2026-03``
``tag:``       a tag; ``*`` and ``?`` stand for any characters and any one
``annotator:`` somebody who edited it, likewise
``assigned:``  somebody it is assigned to, likewise
``second:``    somebody who has annotated it a second time, likewise
``model:``     a model version that had a part in it, likewise
``path:``      the photo's path or a folder of it, likewise: ``2024/*``, ``*.png``
anything else  a part of the path, a tag or a comment, whatever the case
=============  =========================================================================
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Status
from lapa_annotator.store.values import PhotoState


class QueryError(InputError):
    """A query that is not understood.

    Attributes:
        token: the part that is not understood.
        position: where it starts in the query, 0 for its first character.
    """

    def __init__(self, query: str, token: str, position: int, problem: str, remedy: str) -> None:
        super().__init__(query, f"character {position + 1}, {token!r}: {problem}", remedy)
        self.token = token
        self.position = position


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from ``low`` (included unless ``above``) to ``high`` (included unless ``below``)."""

    low: float = -math.inf
    high: float = math.inf
    above: bool = False
    below: bool = False

    def holds(self, value: float) -> bool:
        """Whether a number lies in the range."""
        over = value > self.low if self.above else value >= self.low
        under = value < self.high if self.below else value <= self.high
        return over and under


Value = Status | PhotoState | Range | str


@dataclass(frozen=True, slots=True)
class Term:
    """One term: one of ``values`` holds for ``key``, or none does if ``negated``."""

    key: str
    values: tuple[Value, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """Terms that must all hold; none finds everything."""

    terms: tuple[Term, ...] = ()


EVERYTHING = Query()

_TERM = re.compile(
    r"""(?P<minus>-?)
        (?:(?P<key>[A-Za-z]+):(?P<list>(?:"[^"]*"|[^\s"])*)
         |(?P<text>"[^"]*"|[^\s"]+))
        (?=\s|$)""",
    re.VERBOSE,
)
_ITEM = re.compile(r'"([^"]*)"|([^,"]+)')
_COMPARISON = re.compile(r"(<=|>=|<|>|=)?(.+)")


def parse(query: Query | str) -> Query:
    """Read a query; one that is read already is returned as it is.

    Raises:
        QueryError: a term is not understood; it says which and where.
    """
    if isinstance(query, Query):
        return query
    terms = []
    start = _skip_blanks(query, 0)
    while start < len(query):
        found = _TERM.match(query, start)
        if found is None:
            token = query[start:].split(maxsplit=1)[0]
            remedy = 'put both quotes, as in tag:"dark glasses"'
            raise QueryError(query, token, start, "a quote is not closed or misplaced", remedy)
        terms.append(_term(query, found))
        start = _skip_blanks(query, found.end())
    return Query(tuple(terms))


def _skip_blanks(query: str, start: int) -> int:
    while start < len(query) and query[start].isspace():
        start += 1
    return start


def _term(query: str, found: re.Match[str]) -> Term:
    negated = found["minus"] == "-"
    if found["key"] is None:
        text = found["text"].strip('"')
        if not text:
            raise _error(query, found, "holds no text", "put what to look for between the quotes")
        return Term("text", (text,), negated)
    key = found["key"].lower()
    if key not in _READERS:
        known = ", ".join(sorted(_READERS))
        raise _error(query, found, f"there is no {key}: to search by", f"use one of {known}")
    reader, example = _READERS[key]
    texts = _items(found["list"])
    if not texts:
        raise _error(query, found, "a value is missing", f"write for example {example}")
    try:
        return Term(key, tuple(reader(text) for text in texts), negated)
    except ValueError as error:
        raise _error(query, found, str(error), f"write for example {example}") from error


def _error(query: str, found: re.Match[str], problem: str, remedy: str) -> QueryError:
    return QueryError(query, found[0], found.start(), problem, remedy)


def _items(text: str) -> list[str]:
    """Split at commas outside quotes; [] when an item is empty."""
    items = []
    start = 0
    while start <= len(text):
        found = _ITEM.match(text, start)
        if found is None or (found.end() < len(text) and text[found.end()] != ","):
            return []
        items.append(found[1] if found[1] is not None else found[2])
        start = found.end() + 1
    return items


def _choice(kind: type[StrEnum]) -> Callable[[str], Value]:
    def read(text: str) -> Value:
        wanted = text.lower().replace("-", " ").replace("_", " ")
        for value in kind:
            if str(value) == wanted:
                return value
        known = ", ".join(str(v).replace(" ", "-") for v in kind)
        raise ValueError(f"{text!r} is not one of {known}")

    return read


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{text!r} is not a number")
    return value


def _numbers(text: str) -> Range:
    """Read ``0.4``, ``<0.4``, ``>=0.4`` or ``0.2..0.4``."""
    low, dots, high = text.partition("..")
    if dots:
        return Range(_number(low), _number(high))
    sign, number = _compared(text)
    value = _number(number)
    return {
        "<": Range(high=value, below=True),
        "<=": Range(high=value),
        ">": Range(low=value, above=True),
        ">=": Range(low=value),
        "=": Range(value, value),
    }[sign]


def _compared(text: str) -> tuple[str, str]:
    found = _COMPARISON.fullmatch(text)
    if found is None:
        raise ValueError("a value is missing")
    return found[1] or "=", found[2]


def _span(text: str) -> tuple[float, float]:
    """Return when a day, month or year begins and ends here, in seconds since the epoch."""
    if re.fullmatch(r"\d{4}(-\d{2}){0,2}", text) is None:
        raise ValueError(f"{text!r} is not a date")
    numbers = [int(n) for n in text.split("-")]
    year, month, day = (*numbers, 1, 1)[:3]
    try:
        start = datetime(year, month, day)
        if len(numbers) == 3:
            end = datetime.fromordinal(start.toordinal() + 1)
        else:
            months = year * 12 + month - 1 + (1 if len(numbers) == 2 else 12)
            end = datetime(months // 12, months % 12 + 1, 1)
        return start.timestamp(), end.timestamp()
    except (ValueError, OverflowError, OSError) as error:
        raise ValueError(f"{text!r} is not a date") from error


def _dates(text: str) -> Range:
    """Read ``2026-01-31``, ``>2026``, ``<=2026-01`` or ``2026-01..2026-03``."""
    low, dots, high = text.partition("..")
    if dots:
        return Range(_span(low)[0], _span(high)[1], below=True)
    sign, date = _compared(text)
    start, end = _span(date)
    return {
        "<": Range(high=start, below=True),
        "<=": Range(high=end, below=True),
        ">": Range(low=end),
        ">=": Range(low=start),
        "=": Range(start, end, below=True),
    }[sign]


def _pattern(text: str) -> str:
    if not text:
        raise ValueError("a value is missing")
    return text


_READERS: dict[str, tuple[Callable[[str], Value], str]] = {
    "status": (_choice(Status), "status:done"),
    "photo": (_choice(PhotoState), "photo:missing"),
    "conf": (_numbers, "conf:<0.4"),
    "doubt": (_numbers, "doubt:>0.5"),
    "faces": (_numbers, "faces:0"),
    "date": (_dates, "date:>2026-01-31"),
    "tag": (_pattern, "tag:glasses"),
    "annotator": (_pattern, "annotator:ann"),
    "assigned": (_pattern, "assigned:ann"),
    "second": (_pattern, "second:*"),
    "model": (_pattern, "model:hourglass-*"),
    "path": (_pattern, "path:2024/*"),
}
KEYS: tuple[str, ...] = tuple(_READERS)
"""The words that a term can begin with, for help and completion."""
