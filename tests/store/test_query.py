"""The search language: what it reads, and what it says of what it cannot read."""

import math
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapa_annotator.domain.face import Status
from lapa_annotator.store.query import KEYS, Query, QueryError, Range, Term, parse
from lapa_annotator.store.values import PhotoState


def _at(*day: int) -> float:
    return datetime(*day).timestamp()


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("status:done", Term("status", (Status.DONE,))),
        ("status:in-progress", Term("status", (Status.IN_PROGRESS,))),
        ('STATUS:"in progress"', Term("status", (Status.IN_PROGRESS,))),
        ("status:done,approved", Term("status", (Status.DONE, Status.APPROVED))),
        ("photo:missing", Term("photo", (PhotoState.MISSING,))),
        ("conf:<0.4", Term("conf", (Range(high=0.4, below=True),))),
        ("conf:<=0.4", Term("conf", (Range(high=0.4),))),
        ("doubt:>0.5", Term("doubt", (Range(low=0.5, above=True),))),
        ("doubt:>=.5", Term("doubt", (Range(low=0.5),))),
        ("conf:0.2..0.4", Term("conf", (Range(0.2, 0.4),))),
        ("faces:0", Term("faces", (Range(0, 0),))),
        ("faces:=2,>4", Term("faces", (Range(2, 2), Range(low=4, above=True)))),
        ("tag:glasses", Term("tag", ("glasses",))),
        ('tag:"dark glasses",hat', Term("tag", ("dark glasses", "hat"))),
        ('tag:"a,b"', Term("tag", ("a,b",))),
        ("-tag:blurry", Term("tag", ("blurry",), negated=True)),
        ("path:2024/*", Term("path", ("2024/*",))),
        ("path:C:/x", Term("path", ("C:/x",))),
        ("model:hourglass-3", Term("model", ("hourglass-3",))),
        ("annotator:ann", Term("annotator", ("ann",))),
        ("hat", Term("text", ("hat",))),
        ('"red hat"', Term("text", ("red hat",))),
        ('-"red hat"', Term("text", ("red hat",), negated=True)),
        ("-", Term("text", ("-",))),
        ("grüße", Term("text", ("grüße",))),
    ],
)
def test_a_term_is_read(text: str, term: Term) -> None:
    assert parse(text) == Query((term,))


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("date:2026-01-31", _at(2026, 1, 31), _at(2026, 2, 1)),
        ("date:2026-12", _at(2026, 12, 1), _at(2027, 1, 1)),
        ("date:2026", _at(2026, 1, 1), _at(2027, 1, 1)),
        ("date:>2026-01-31", _at(2026, 2, 1), math.inf),
        ("date:>=2026-01-31", _at(2026, 1, 31), math.inf),
        ("date:<2026", -math.inf, _at(2026, 1, 1)),
        ("date:<=2026", -math.inf, _at(2027, 1, 1)),
        ("date:2026-01..2026-03", _at(2026, 1, 1), _at(2026, 4, 1)),
    ],
)
def test_a_date_means_the_whole_day_month_or_year(text: str, low: float, high: float) -> None:
    ((found,),) = (term.values for term in parse(text).terms)
    assert (found.low, found.high) == (low, high)
    assert not found.holds(high) or high == math.inf
    assert found.holds(low) or low == -math.inf


def test_terms_stand_side_by_side() -> None:
    query = parse('  status:done conf:<0.4  -tag:blurry "red hat" ')
    assert [(t.key, t.negated) for t in query.terms] == [
        ("status", False),
        ("conf", False),
        ("tag", True),
        ("text", False),
    ]


def test_nothing_finds_everything() -> None:
    assert parse("") == parse("   ") == Query()
    assert parse(parse("hat")) == parse("hat")


@pytest.mark.parametrize(
    ("text", "token", "position", "said"),
    [
        ("hat stauts:done", "stauts:done", 4, "there is no stauts: to search by"),
        ("status:finished", "status:finished", 0, "'finished' is not one of new, proposed"),
        ("status:", "status:", 0, "a value is missing"),
        ("tag:a,,b", "tag:a,,b", 0, "a value is missing"),
        ("conf:<", "conf:<", 0, "not a number"),
        ("x conf:<low", "conf:<low", 2, "'low' is not a number"),
        ("conf:nan", "conf:nan", 0, "not a number"),
        ("conf:0.1..", "conf:0.1..", 0, "not a number"),
        ("date:2026-13-01", "date:2026-13-01", 0, "not a date"),
        ("date:yesterday", "date:yesterday", 0, "not a date"),
        ('hat tag:"dark', 'tag:"dark', 4, "a quote is not closed"),
        ('a"b', 'a"b', 0, "a quote is not closed or misplaced"),
        ('""', '""', 0, "holds no text"),
    ],
)
def test_what_is_not_understood_is_named(text: str, token: str, position: int, said: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert (caught.value.token, caught.value.position) == (token, position)
    assert said in str(caught.value)
    assert f"character {position + 1}" in str(caught.value)


@given(st.text(alphabet=st.sampled_from('abc019<>=.,:"-*? \t/é\0')))
def test_any_text_is_read_or_told_apart(text: str) -> None:
    try:
        query = parse(text)
    except QueryError as error:
        assert text[error.position :].startswith(error.token)
    else:
        assert all(term.key in (*KEYS, "text") and term.values for term in query.terms)


_plain = st.text(alphabet=st.characters(codec="utf-8", exclude_characters='"'), min_size=1)


@given(st.sampled_from(["tag", "path", "model", "annotator"]), st.lists(_plain, min_size=1))
def test_quoted_values_come_through_as_they_are(key: str, values: list[str]) -> None:
    written = ",".join(f'"{value}"' for value in values)
    assert parse(f"-{key}:{written}") == Query((Term(key, tuple(values), negated=True),))


@given(st.floats(0, 1), st.sampled_from(["<", "<=", ">", ">=", "="]), st.floats(0, 1))
def test_comparisons_hold_as_in_arithmetic(limit: float, sign: str, value: float) -> None:
    ((found,),) = (term.values for term in parse(f"conf:{sign}{limit!r}").terms)
    expected = {
        "<": value < limit,
        "<=": value <= limit,
        ">": value > limit,
        ">=": value >= limit,
        "=": value == limit,
    }
    assert found.holds(value) == expected[sign]
