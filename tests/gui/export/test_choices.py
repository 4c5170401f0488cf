"""What is chosen for an export is understood, checked at its field and remembered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lapa_annotator.batch.export.card import CARD
from lapa_annotator.batch.export.options import Shown, SplitBy
from lapa_annotator.batch.export.run import Exported
from lapa_annotator.batch.export.staging import MANIFEST
from lapa_annotator.gui.export.choices import Choices
from lapa_annotator.gui.export.running import Pace, in_words


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder that stands for a project."""
    folder = tmp_path / "p.lapa"
    folder.mkdir()
    return folder


def _good(tmp_path: Path, **more: object) -> Choices:
    return Choices(folder=str(tmp_path / "out"), **more)


def test_choices_become_a_search_and_options(tmp_path: Path) -> None:
    choices = _good(
        tmp_path,
        statuses=("in progress", "done"),
        tag="dark glasses",
        person="ann",
        more="doubt:<0.4",
        format="coco",
        split_by="person",
        shares=(8, 1, 0),
        shown="crop",
        size=256,
        names={"upper lip": "lips", "lower lip": "lips", "hair": "background"},
        colours={"lips": "#ff0066", "gone": "#000000"},
    )
    options = choices.options()
    assert options.query == 'status:in-progress,done tag:"dark glasses" tag:"person:ann" doubt:<0.4'
    assert options.split_by is SplitBy.PERSON and options.shown is Shown.CROP
    assert options.shares == {"train": 8.0, "val": 1.0, "test": 0.0}
    names = options.classes.names
    assert "lips" in names and "hair" not in names and "upper lip" not in names
    assert options.classes.rows[names.index("lips")].colour == (255, 0, 102)


def test_classes_are_left_as_they_are_in_a_format_without_label_maps(tmp_path: Path) -> None:
    choices = _good(tmp_path, format="yolo", names={"hair": "bad;name"})
    assert choices.problems(tmp_path / "p.lapa") == {}
    assert choices.options().classes.own


@pytest.mark.parametrize(
    ("field", "changed", "part"),
    [
        ("statuses", {"statuses": ()}, "Tick one"),
        ("more", {"more": "colour:red"}, "there is no colour:"),
        ("more", {"more": 'tag:"x'}, "quote"),
        ("folder", {"folder": ""}, "Name a new folder"),
        ("folder", {"folder": "out"}, "whole path"),
        ("shares", {"shares": (0, 0, 0)}, "One split"),
        ("classes", {"names": {"hair": ""}}, "needs a name"),
        ("classes", {"names": {"hair": "ha;ir"}}, "no rule for classes"),
    ],
)
def test_a_bad_choice_is_told_at_its_field_in_one_sentence(
    tmp_path: Path, project: Path, field: str, changed: dict[str, object], part: str
) -> None:
    choices = Choices(**(_good(tmp_path).to_dict() | changed))
    problems = choices.problems(project)
    assert list(problems) == [field]
    assert part in problems[field] and "\n" not in problems[field]


def test_a_folder_that_cannot_take_an_export_is_told(tmp_path: Path, project: Path) -> None:
    def said(place: Path, **more: object) -> str:
        return Choices(folder=str(place), **more).problems(project).get("folder", "")

    full, older, file = tmp_path / "full", tmp_path / "older", tmp_path / "file"
    for folder in (full, older):
        folder.mkdir()
    file.write_text("")
    (full / "notes.txt").write_text("")
    (older / MANIFEST).write_text('{"files": {}}')
    assert "not empty" in said(older, replace=True), "a manifest alone makes no export"
    (older / CARD).write_text('{"seal": ""}')
    assert "not empty" in said(full) and "not empty" in said(full, replace=True)
    assert "older export" in said(older) and not said(older, replace=True)
    assert "is a file" in said(file)
    assert "cannot be written to" in said(file / "below")
    assert "inside the project" in said(project / "out")
    assert not said(tmp_path / "new" / "deep")


def test_what_is_remembered_comes_back_and_nonsense_does_not(tmp_path: Path) -> None:
    choices = _good(
        tmp_path, statuses=("done",), shares=(1, 2, 3), names={"hair": "h"}, margin=1.5, opens=False
    )
    kept = json.loads(json.dumps(choices.to_dict()))
    assert Choices.from_dict(kept) == choices
    bad = kept | {"format": "bmp", "statuses": ["lost"], "shares": [1, "a", 3], "size": "big"}
    bad |= {"split_by": None, "names": {"hair": 3}, "later": 1}
    read = Choices.from_dict(bad)
    first = Choices()
    for name in ("format", "statuses", "shares", "size", "split_by", "names"):
        assert getattr(read, name) == getattr(first, name)
    assert read.margin == 1.5 and read.folder == choices.folder


def test_the_pace_tells_rate_and_time_left_of_the_last_while() -> None:
    now = 0.0
    pace = Pace(lambda: now, span=10.0)
    assert pace.rate == 0 and pace.left is None
    pace.take(Exported(100, 400, reused=100))
    assert pace.left is None
    for step in range(1, 41):
        now = float(step)
        pace.take(Exported(100 + 2 * step, 400, reused=100))
    assert pace.rate == pytest.approx(2.0)
    assert pace.left == pytest.approx((400 - 180) / 2)
    now = 50.0  # what was fast long ago counts no more
    pace.take(Exported(181, 400))
    assert pace.rate < 1.5


@pytest.mark.parametrize(
    ("seconds", "text"), [(4.6, "5 s"), (89, "89 s"), (150, "2 min"), (7800, "2 h 10 min")]
)
def test_lengths_of_time_are_said_as_people_say_them(seconds: float, text: str) -> None:
    assert in_words(seconds) == text
