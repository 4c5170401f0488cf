"""A whole project is looked at: measured once, sorted, and what is fine is left out."""

from dataclasses import replace

import numpy as np
import pytest

from lapa_annotator.batch.errors import measure, run
from lapa_annotator.batch.errors.fine import clear_fine, fine_keys, mark_fine, take_back_fine
from lapa_annotator.batch.errors.measure import FOLDER
from lapa_annotator.batch.errors.pictures import findings_sheet, picture
from lapa_annotator.batch.errors.registry import kinds_named
from lapa_annotator.batch.errors.run import find_errors, look_again
from lapa_annotator.batch.execute import Serial
from lapa_annotator.batch.photos import add_folder
from lapa_annotator.domain.classes import Label
from lapa_annotator.domain.edits import SetPoints
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.schema import MIRROR
from lapa_annotator.store.project import Project
from tests.batch.export.builders import make_project


def found_in(project, query="", kinds=()):
    """What is found, and the steps."""
    steps, seen = find_errors(project, query, kinds_named(kinds), executor=Serial()), []
    while True:
        try:
            seen.append(next(steps))
        except StopIteration as end:
            return end.value, seen


@pytest.fixture
def project(tmp_path):
    """Three photos; the points of the second face are swapped, the third photo is a copy."""
    with make_project(tmp_path, ["a.png", "b.png"]) as made:
        photos = tmp_path / "photos"
        (photos / "c.png").write_bytes((photos / "a.png").read_bytes())
        list(add_folder(made, photos))
        image = int(made.ids("path:b.png")[0])
        face = made.load(image).faces[0]
        before = face.landmarks.take(range(106))
        after = replace(before, points=face.landmarks.points[MIRROR])
        made.save(image, SetPoints(face.id, before, after))
        yield made


@pytest.fixture(autouse=True)
def no_second_opinion(monkeypatch):
    """The shipped network is no part of these tests; those that want one bring their own."""
    monkeypatch.setattr(run, "_opinion", lambda: "")


def test_findings_are_sorted_by_severity_and_no_annotation_is_changed(project):
    before = [project.load(i) for i in project.ids().tolist()]
    found, steps = found_in(project)
    assert [(f.kind, f.path) for f in found.findings if f.kind in ("anatomy", "copy")] == [
        ("anatomy", "b.png"),
        ("copy", "c.png"),
    ]
    severities = [f.severity for f in found.findings]
    assert severities == sorted(severities, reverse=True)
    assert found.problems == []
    assert (steps[0].done, steps[-1].done, steps[-1].total) == (0, 3, 3)
    assert [project.load(i) for i in project.ids().tolist()] == before


def test_a_kind_that_cannot_look_says_why_in_one_sentence(project):
    found, _ = found_in(project)
    assert any("eleven-class network" in note for note in found.notes)
    assert any("shape" in note and "12" in note for note in found.notes)
    assert all("\n" not in note for note in found.notes)


def test_what_is_marked_as_fine_is_not_shown_again_until_that_is_taken_back(project):
    first = found_in(project)[0].findings[0]
    mark_fine(project, first)
    again, _ = found_in(project)
    assert first.key not in {f.key for f in again.findings}
    assert again.fine == 1
    with Project.open(project.folder) as other:
        assert fine_keys(other) == {first.key}
    take_back_fine(project, first)
    assert found_in(project)[0].findings[0].key == first.key
    mark_fine(project, first)
    assert clear_fine(project) == 1
    assert found_in(project)[0].fine == 0


def test_photos_are_measured_once_until_they_or_their_points_change(project, monkeypatch):
    asked = []
    real = measure.face_labels
    monkeypatch.setattr(measure, "face_labels", lambda *a, **k: asked.append(a) or real(*a, **k))
    found_in(project)
    assert len(asked) == 2
    _, steps = found_in(project)
    assert (len(asked), steps[0].reused) == (2, 3)
    image = int(project.ids("path:a.png")[0])
    face = project.load(image).faces[0]
    before = face.landmarks.take((54,))
    project.save(image, SetPoints(face.id, before, replace(before, points=before.points + 1)))
    found_in(project)
    assert len(asked) == 3


def test_a_search_that_was_stopped_goes_on_also_after_a_torn_line(project):
    steps = find_errors(project, executor=Serial())
    next(steps), next(steps)
    steps.close()
    (file,) = (project.folder / FOLDER).glob("*.jsonl")
    file.write_text(file.read_text() + '{"image": 3, "st')
    _, seen = found_in(project)
    assert seen[0].reused == 1
    assert seen[-1].done == 3


def test_kinds_that_need_no_photo_read_none(project):
    for file in project.folder.parent.glob("photos/*"):
        file.write_bytes(b"no photo")
    found, _ = found_in(project, kinds=("anatomy", "copy"))
    assert len(found.findings) == 2
    assert found.problems == []


def test_a_photo_that_cannot_be_read_is_one_sentence_and_the_rest_is_found(project):
    image = int(project.ids("path:a.png")[0])
    project.photo_path(image).write_bytes(b"no photo")
    found, _ = found_in(project)
    assert len(found.problems) == 1
    assert "a.png" in found.problems[0]
    assert {"anatomy", "copy"} <= {f.kind for f in found.findings}


def test_only_what_the_query_finds_is_looked_at(project):
    found, _ = found_in(project, "path:b.png", ("anatomy", "copy"))
    assert {f.path for f in found.findings} == {"b.png"}
    with pytest.raises(InputError):
        found_in(project, "colour:red")


def test_an_eleven_class_network_is_asked_where_there_is_one(project, monkeypatch):
    class Opinion:
        def __init__(self, name):
            self.name = name

        def parse(self, image, points):
            return np.full(image.shape[:2], Label.NOSE, np.uint8)

    monkeypatch.setattr(run, "_opinion", lambda: "net-11")
    monkeypatch.setattr(measure, "SecondOpinion", Opinion)
    found, _ = found_in(project, kinds=("opinion",))
    assert "nose" in {f.about for f in found.findings}
    assert all(f.place is not None for f in found.findings)
    monkeypatch.setattr(measure, "SecondOpinion", None)  # it is not asked again
    again, steps = found_in(project, kinds=("opinion",))
    assert steps[0].reused == 3
    assert [f.key for f in again.findings] == [f.key for f in found.findings]


def test_a_project_that_can_only_be_read_is_looked_at_and_nothing_is_written(project):
    with Project.open(project.folder, read_only=True) as looking:
        found, _ = found_in(looking)
        assert found.findings
        with pytest.raises(InputError):
            mark_fine(looking, found.findings[0])
    assert not (project.folder / FOLDER).exists()


def test_pictures_frame_the_place_and_a_missing_photo_is_grey(project):
    found, _ = found_in(project)
    shown = picture(project, found.findings[0], 120)
    assert shown.shape == (120, 120, 3)
    assert ((shown == (255, 140, 0)).all(axis=2)).any()
    copy = next(f for f in found.findings if f.kind == "copy")
    both = picture(project, copy, 120)
    assert both.shape == (120, 120, 3)
    assert (both[:, :60] == both[:, 60:]).all()
    for file in project.folder.parent.glob("photos/*"):
        file.unlink()
    assert (findings_sheet(project, found.findings) == 64).any()


def seen_again(project, image):
    """What is found in one photo now."""
    steps = look_again(project, image)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def test_a_photo_is_looked_at_again_as_the_whole_search_would(project):
    image = int(project.ids("path:b.png")[0])
    whole, _ = found_in(project)
    again = seen_again(project, image)
    assert again.findings == [f for f in whole.findings if f.image_id == image and f.face_id]
    face = project.load(image).faces[0]
    before = face.landmarks.take(range(106))
    after = replace(before, points=face.landmarks.points[MIRROR])
    project.save(image, SetPoints(face.id, before, after))
    assert "anatomy" not in {f.kind for f in seen_again(project, image).findings}


def test_a_photo_that_cannot_be_measured_again_is_told_in_one_sentence(project):
    image = int(project.ids("path:b.png")[0])
    project.photo_path(image).unlink()
    (problem,) = seen_again(project, image).problems
    assert "\n" not in problem
    with pytest.raises(InputError):
        seen_again(project, 999)
