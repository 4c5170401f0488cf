"""Lists, pages, counts and places agree with going through all images one by one."""

import fnmatch
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapa_annotator.domain.edits import AddFace, Gesture, SetComments, SetStatus, SetTags
from lapa_annotator.domain.face import Comment, Status
from lapa_annotator.store.project import Project
from lapa_annotator.store.query import Query, Range, Term
from lapa_annotator.store.values import ImageInfo, Order, OrderBy, PhotoState
from tests.store.builders import make_project, random_face, rescan

NAMES = [
    f"{folder}/{k:02d}_{'xY%'[k % 3]}.jpg" for folder in ("2024", "2024_b", "b") for k in range(9)
]
TAGS = ("hat", "Glasses", "a_b", "50%")


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """27 images of all kinds, edited by two people."""
    folder = tmp_path_factory.mktemp("crowd")
    project = make_project(folder, *NAMES, annotator="ann")
    rng = np.random.default_rng(5)
    for image in project.ids().tolist():
        kind = image % 9
        if kind == 0:
            continue
        project.annotator = "ben" if kind < 4 else "ann"
        faces = [random_face(100 * image + k, model=f"net-{kind % 3}") for k in range(kind % 4)]
        tags = frozenset(t for t in TAGS if rng.random() < 0.3)
        comments = (Comment("Hair is WRONG", "ann"),) if kind == 5 else ()
        edits = [AddFace(face, k) for k, face in enumerate(faces)]
        status = list(Status)[image % 6]
        changes = (SetTags(frozenset(), tags), SetComments((), comments))
        project.save(image, Gesture((*edits, SetStatus(Status.NEW, status), *changes)))
        if kind > 5:
            project.set_doubt(image, kind / 10)
    (folder / "photos" / "b" / "03_x.jpg").unlink()
    rescan(project)
    yield project
    project.close()


def _key(order: Order, info: ImageInfo) -> tuple:
    value = {
        OrderBy.PATH: str(info.path),
        OrderBy.STATUS: list(Status).index(info.status),
        OrderBy.DOUBT: -1 if info.doubt is None else info.doubt,
        OrderBy.CONFIDENCE: -1 if info.confidence is None else info.confidence,
        OrderBy.UPDATED: info.updated,
        OrderBy.FACES: info.faces,
    }[order.by]
    return (value, info.id)


def _like(pattern: str, text: str) -> bool:
    parts = (".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None


@dataclass
class Facts:
    """What is known of an image beside what lists show of it."""

    annotators: set[str]
    models: set[str]
    comments: list[str]


@pytest.fixture(scope="module")
def facts(crowd: Project) -> dict[int, Facts]:
    """By number of the image."""
    known = {}
    for image in crowd.ids().tolist():
        annotation = crowd.load(image)
        known[image] = Facts(
            {entry.annotator for entry in crowd.history(image)},
            {model for face in annotation.faces for model in face.landmarks.model},
            [comment.text for comment in annotation.comments],
        )
    return known


def _holds(facts: dict[int, Facts], term: Term, info: ImageInfo) -> bool:
    known = facts[info.id]

    def one(value: object) -> bool:
        match term.key:
            case "status":
                return info.status is value
            case "photo":
                return info.photo is value
            case "conf":
                return info.confidence is not None and value.holds(info.confidence)
            case "doubt":
                return info.doubt is not None and value.holds(info.doubt)
            case "faces":
                return value.holds(info.faces)
            case "date":
                return info.updated > 0 and value.holds(info.updated)
            case "tag":
                return any(_like(value, tag) for tag in info.tags)
            case "annotator":
                return any(_like(value, name) for name in known.annotators)
            case "model":
                return any(_like(value, name) for name in known.models)
            case "path":
                path = str(info.path)
                folder = "*" not in value and "?" not in value and path.startswith(value + "/")
                return _like(value, path) or folder
            case _:
                texts = [str(info.path), *info.tags, *known.comments]
                return any(value.lower() in text.lower() for text in texts)

    return any(one(value) for value in term.values) != term.negated


numbers = st.floats(0, 4) | st.integers(0, 4).map(float)
ranges = st.one_of(
    st.builds(Range, numbers, numbers),
    st.builds(lambda v, s: Range(low=v, above=s), numbers, st.booleans()),
    st.builds(lambda v, s: Range(high=v, below=s), numbers, st.booleans()),
)


def _term(key: str, values: st.SearchStrategy) -> st.SearchStrategy[Term]:
    many = st.lists(values, min_size=1, max_size=2).map(tuple)
    return st.builds(Term, st.just(key), many, st.booleans())


patterns = st.sampled_from([*TAGS, "*a*", "a?b", "*%", "h*", "zzz", "[a-z]at", "*"])
terms = st.one_of(
    _term("status", st.sampled_from(Status)),
    _term("photo", st.sampled_from(PhotoState)),
    *(_term(key, ranges) for key in ("conf", "doubt", "faces", "date")),
    _term("tag", patterns),
    _term("annotator", st.sampled_from(["ann", "ben", "*", "?en", "nobody"])),
    _term("model", st.sampled_from(["net-1", "net-?", "*b", "net-2b", "x"])),
    _term(
        "path", st.sampled_from(["2024", "2024/*", "*_Y*", "b/0?_x.jpg", "B/*", "*%*", NAMES[3]])
    ),
    st.builds(
        lambda text, negated: Term("text", (text,), negated),
        st.sampled_from(["hat", "GLASSES", "wrong", "%", "_", "2024_b", "y", "zzz"]),
        st.booleans(),
    ),
)
queries = st.builds(Query, st.lists(terms, max_size=3).map(tuple))
orders = st.builds(Order, st.sampled_from(OrderBy), st.booleans())


@given(query=queries, order=orders)
def test_a_list_holds_what_it_should_in_order(
    crowd: Project, facts: dict[int, Facts], query: Query, order: Order
) -> None:
    everything = crowd.infos(crowd.ids())
    wanted = [i for i in everything if all(_holds(facts, t, i) for t in query.terms)]
    wanted.sort(key=lambda info: _key(order, info), reverse=order.descending)
    ids = crowd.ids(query, order)
    assert ids.dtype == np.int64
    assert ids.tolist() == [info.id for info in wanted]
    assert crowd.count(query) == len(wanted)
    assert crowd.infos(ids) == wanted


@given(query=queries, order=orders, limit=st.integers(1, 30))
def test_pages_forth_and_back_make_up_the_list(
    crowd: Project, query: Query, order: Order, limit: int
) -> None:
    wanted = crowd.infos(crowd.ids(query, order))
    page = crowd.page(query, order, limit=limit)
    forth = list(page.rows)
    assert page.previous is None
    while page.next is not None:
        page = crowd.page(query, order, after=page.next, limit=limit)
        assert 0 < len(page.rows) <= limit
        forth += page.rows
    back = list(page.rows)
    while page.previous is not None:
        page = crowd.page(query, order, before=page.previous, limit=limit)
        back = [*page.rows, *back]
    assert forth == back == wanted


@given(query=queries, order=orders)
def test_the_place_of_an_image_is_where_it_is_listed(
    crowd: Project, query: Query, order: Order
) -> None:
    ids = crowd.ids(query, order).tolist()
    for place, image in enumerate(ids):
        assert crowd.position(image, query, order) == place
    if ids:
        page = crowd.page(query, order, after=crowd.cursor(ids[0], order), limit=100)
        assert [info.id for info in page.rows] == ids[1:]


def test_unknown_images_are_left_out_of_a_window_of_rows(crowd: Project) -> None:
    assert [info.id for info in crowd.infos([3, 999, 1])] == [3, 1]


def test_tags_are_counted(crowd: Project) -> None:
    counts: dict[str, int] = {}
    for info in crowd.infos(crowd.ids()):
        for tag in info.tags:
            counts[tag] = counts.get(tag, 0) + 1
    assert crowd.tags() == dict(sorted(counts.items()))


def test_the_pattern_oracle_of_these_tests_is_right() -> None:
    for pattern in ("*a?", "b*", "x"):
        for text in ("cab", "b", "x", "", "xx"):
            assert _like(pattern, text) == fnmatch.fnmatchcase(text, pattern)


def test_rows_say_where_the_photo_lies(tmp_path: Path) -> None:
    with make_project(tmp_path, "a/b.jpg") as project:
        (info,) = project.page().rows
        assert info.file == tmp_path / "photos" / "a" / "b.jpg"
        assert (info.width, info.height, info.orientation) == (640, 480, 1)
        assert (info.confidence, info.doubt, info.updated, info.annotator) == (None, None, 0, "")
