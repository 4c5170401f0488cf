"""A report tells what is in a project, loads nothing from anywhere and changes nothing."""

import csv
import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath

import numpy as np
import pytest

from lapa_annotator.batch.photos import add_folder
from lapa_annotator.batch.summary.gather import Gathered, gather, worst_of
from lapa_annotator.batch.summary.page import page, tables, write_report
from lapa_annotator.domain.agreement import Verdict, adjudication
from lapa_annotator.domain.edits import AddFace, Gesture, SetFace, SetStatus
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Face, Status
from lapa_annotator.domain.geometry import Box
from lapa_annotator.domain.landmarks import Landmarks
from lapa_annotator.store.project import Project
from lapa_annotator.store.values import ModelVersion
from tests.batch.export.builders import make_project, points

NAMES = ["a.png", "<b>&.png", "sub/=c.png"]


def _gathered(project: Project, **options) -> Gathered:
    steps = gather(project, **options)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


class _Page(HTMLParser):
    """Collects what a page holds, and whether every element is closed in its turn."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.open: list[str] = []
        self.text = ""
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.add(tag)
        self.links += [v for k, v in attrs if k in ("src", "href", "action", "data")]
        if tag not in ("meta", "br", "img"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs) -> None:
        self.tags.add(tag)
        self.links += [v for k, v in attrs if k in ("src", "href")]

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data) -> None:
        self.text += data


def _doubted(project: Project) -> None:
    """Make the first photo doubtful."""
    image = int(project.ids()[0])
    (face,) = project.load(image).faces
    confidence = np.full(106, 0.2)
    worse = replace(face, landmarks=replace(face.landmarks, confidence=confidence))
    project.save(image, SetFace(face, worse), seconds=30)
    project.set_doubt(image, 0.9)


def test_a_page_is_whole_and_loads_nothing_from_anywhere(tmp_path: Path) -> None:
    with make_project(tmp_path, NAMES) as project:
        _doubted(project)
        project.models.add(ModelVersion("m1", "landmarks", metrics={"nme": 5.0}))
        project.models.add(ModelVersion("m2", "landmarks", metrics={"nme": 4.0}))
        text = page(_gathered(project))
    found = _Page(text)
    assert found.open == []
    assert found.links
    assert all(link.startswith("data:image/jpeg;base64,") for link in found.links)
    assert not re.search(r"(https?:)?//(?!www\.w3\.org/2000/svg)[a-z]", text)
    assert "script" not in found.tags
    assert "b" in found.tags
    titles = (
        "Progress",
        "Effort",
        "Agreement",
        "Classes",
        "Pose and size",
        "Models",
        "Worst cases",
    )
    assert all(title in found.text for title in titles)
    assert "m2" in found.text
    assert "default-src 'none'" in text


def test_names_of_photos_are_text_and_nothing_more(tmp_path: Path) -> None:
    with make_project(tmp_path, NAMES) as project:
        for image in project.ids().tolist():
            project.set_doubt(image, 0.9)
        found = _gathered(project)
    assert "&lt;b&gt;&amp;.png" in page(found)
    assert "<b>&.png" not in page(found)
    told = tables(_without_folders(found))
    assert "'=c.png" in told["images.csv"]


def _without_folders(found: Gathered) -> Gathered:
    """Take folders away, so that a name begins with what spreadsheets take for a formula."""
    images = [replace(info, path=PurePosixPath(info.path.name)) for info in found.images]
    return replace(found, images=images)


def test_tables_have_a_row_for_everything(tmp_path: Path) -> None:
    with make_project(tmp_path, NAMES, faces=2) as project:
        told = tables(_gathered(project))
    assert len(_rows(told["images.csv"])) == 3
    faces = _rows(told["faces.csv"])
    assert len(faces) == 6
    assert all(int(row["skin"]) > 0 for row in faces)
    classes = _rows(told["classes.csv"])
    assert [row["class"] for row in classes][:2] == ["background", "skin"]
    assert int(classes[1]["pixels"]) == sum(int(row["skin"]) for row in faces)
    (effort,) = _rows(told["effort.csv"])
    assert (effort["annotator"], effort["faces"]) == ("ann", "6")


def test_the_worst_comes_first(tmp_path: Path) -> None:
    with make_project(tmp_path, NAMES) as project:
        _doubted(project)
        found = _gathered(project)
        assert list(found.pictures) == [worst_of(found.faces, 1)[0].face_id]
        assert next(iter(found.pictures.values())).startswith(b"\xff\xd8")
        assert _gathered(project, worst=0).pictures == {}


def test_a_map_that_needs_a_network_is_not_made(tmp_path: Path) -> None:
    with make_project(tmp_path, NAMES) as project:
        (face,) = project.load(int(project.ids()[0])).faces
        project.segmentations.forget(face.id)
        found = _gathered(project)
    assert sorted(bool(row.pixels) for row in found.faces) == [False, True, True]


def test_two_people_on_one_photo_are_compared(tmp_path: Path) -> None:
    with make_project(tmp_path, ["a.png"]) as project:
        (tmp_path / "again").mkdir()
        (tmp_path / "again" / "z.png").write_bytes((tmp_path / "photos" / "a.png").read_bytes())
        list(add_folder(project, tmp_path / "again"))
    with Project.open(tmp_path / "p.lapa", annotator="bö") as project:
        (image,) = project.ids("path:z.png").tolist()
        before = project.load(image)
        moved = Face(Box(5, 5, 35, 40), Landmarks(points(0) + np.array([3.0, 4.0])))
        edits = AddFace(moved, 0), SetStatus(before.status, Status.DONE)
        project.save(image, Gesture(edits))
        found = _gathered(project)
        (face,) = project.load(int(project.ids("path:a.png")[0])).faces
    (agreement,) = found.agreements
    assert (agreement.first, agreement.second) == ("ann", "bö")
    assert agreement.nme["all"] == pytest.approx(500 / face.landmarks.interocular)
    assert "mean" in page(found)


def _second(folder: Path, by: str, off: float) -> None:
    """Somebody annotates the first photo a second time, every point ``off`` pixels away."""
    with Project.open(folder, annotator=by) as project:
        image = int(project.ids()[0])
        (first,) = project.load(image).faces
        (begun,) = project.second.begin(image).annotation.faces
        moved = replace(first, landmarks=Landmarks(first.landmarks.points + np.array([off, 0.0])))
        edits = SetFace(begun, moved), SetStatus(Status.PROPOSED, Status.DONE)
        project.second.save(image, Gesture(edits))


def test_second_annotations_are_compared_by_point_and_by_class(tmp_path: Path) -> None:
    with make_project(tmp_path, ["a.png"]) as project:
        folder = project.folder
        (face,) = project.load(int(project.ids()[0])).faces
    _second(folder, "bö", 1.0)
    _second(folder, "cy", 3.0)
    with Project.open(folder) as project:
        found = _gathered(project)
    off = {(a.first, a.second): a.nme["all"] for a in found.agreements}
    unit = 100 / face.landmarks.interocular
    assert off == pytest.approx(
        {("ann", "bö"): unit, ("ann", "cy"): 3 * unit, ("bö", "cy"): 2 * unit}
    )
    (near, *_) = (a for a in found.agreements if a.second == "bö")
    (far, *_) = (a for a in found.agreements if a.second == "cy")
    assert near.points == pytest.approx(np.full(106, unit))
    assert 0 < far.f1[6] < near.f1[6] < 1
    told = tables(found)
    (row,) = (
        r for r in _rows(told["agreement.csv"]) if r["second"] == "bö" and r["first"] == "ann"
    )
    assert float(row["F1 nose"]) == pytest.approx(near.f1[6], abs=1e-5)
    assert len(_rows(told["agreement-points.csv"])) == 106
    html = page(found)
    assert "agree on least" in html and "F1 of their label maps" in html


@pytest.mark.parametrize("verdict", [Verdict.THEIRS, Verdict.MEAN])
def test_people_agree_no_better_after_somebody_has_settled_between_them(
    tmp_path: Path, verdict: Verdict
) -> None:
    with make_project(tmp_path, ["a.png"]) as project:
        folder = project.folder
    _second(folder, "bö", 2.0)
    with Project.open(folder, annotator="cara") as project:
        (before,) = _gathered(project).agreements
        image = int(project.ids()[0])
        (theirs,) = project.second.all(image)[0].annotation.faces
        now, by = project.load(image), {"annotator": "cara", "time": 0.0}
        settled = adjudication(now, theirs.id, [theirs], verdict, None, **by)
        project.save(image, settled)
        project.save(image, SetStatus(now.status, Status.APPROVED))
        (after,) = _gathered(project).agreements
    assert (after.first, after.second) == ("ann", "bö")
    assert after.nme == pytest.approx(before.nme)


def test_a_second_annotation_that_is_not_done_is_not_compared(tmp_path: Path) -> None:
    with make_project(tmp_path, ["a.png"]) as project:
        folder = project.folder
    with Project.open(folder, annotator="bö") as project:
        project.second.begin(int(project.ids()[0]))
        assert _gathered(project).agreements == []


def test_an_empty_project_has_a_report(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p") as project:
        file = write_report(tmp_path / "report", _gathered(project))
    text = file.read_text(encoding="utf-8")
    assert _Page(text).open == []
    assert "No face is finished yet." in text
    assert sorted(p.suffix for p in file.parent.iterdir()) == [".csv"] * 6 + [".html"]


def test_a_report_where_a_file_stands_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "report").write_text("x")
    with (
        Project.create(tmp_path / "p") as project,
        pytest.raises(InputError, match="a file"),
    ):
        write_report(tmp_path / "report", _gathered(project))
