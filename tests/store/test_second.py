"""Second annotations by other people, kept apart, and who is assigned to what."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lapa_annotator.domain.edits import AddFace, EditConflictError, SetPoints, SetStatus
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Annotation, Face, Status
from lapa_annotator.domain.landmarks import Origin
from lapa_annotator.store import assignment
from lapa_annotator.store.codec import unpack_annotation
from lapa_annotator.store.project import Project
from lapa_annotator.store.salvage import salvage
from lapa_annotator.store.values import Task
from lapa_annotator.store.verify import verify
from tests.store.builders import make_project, moved, random_face, random_landmarks


def _proposed(seed: int) -> Face:
    face = random_face(seed)
    return replace(face, landmarks=random_landmarks(seed, "mesh-1", Origin.PROPOSED))


@pytest.fixture
def annotated(tmp_path: Path) -> tuple[Path, int, Face]:
    """A project in which ann has corrected the proposed face of its first photo."""
    with make_project(tmp_path, "a.jpg", "b.jpg", "c.jpg") as project:
        (image, *_) = project.ids().tolist()
        face = _proposed(1)
        project.propose(image, [face], "mesh-1")
        (stored,) = project.load(image).faces
        before, after = moved(stored.landmarks, 3, 7, by=9.0)
        project.save(image, SetPoints(stored.id, before, after))
        folder = project.folder
    return folder, image, stored


def _as(folder: Path, name: str) -> Project:
    return Project.open(folder, annotator=name)


def _problems(project: Project) -> tuple[str, ...]:
    *_, last = verify(project)
    return last.problems


def test_a_second_annotation_begins_with_the_proposal_and_shows_no_corrections(
    annotated: tuple[Path, int, Face],
) -> None:
    folder, image, face = annotated
    with _as(folder, "ben") as project:
        (begun,) = project.second.begin(image).annotation.faces
        assert begun.id == face.id
        assert begun.landmarks == project.proposal(face.id)
        assert begun.landmarks != project.load(image).faces[0].landmarks
        assert not begun.override.values.size


def test_what_a_second_person_does_leaves_the_first_annotation_as_it_is(
    annotated: tuple[Path, int, Face],
) -> None:
    folder, image, face = annotated
    with _as(folder, "ben") as project:
        first, journal = project.load(image), len(project.history(image))
        (begun,) = project.second.begin(image).annotation.faces
        before, after = moved(begun.landmarks, 50, by=-4.0)
        project.second.save(image, SetPoints(face.id, before, after), title="Move point 50")
        project.second.save(image, SetStatus(Status.PROPOSED, Status.DONE), seconds=12.5)
        assert project.load(image) == first
        assert len(project.history(image)) == journal
        assert project.info(image).annotator != "ben"
    with _as(folder, "cara") as project:
        (kept,) = project.second.all(image)
        assert kept.annotator == "ben" and kept.is_done and kept.seconds == 12.5
        assert kept.annotation.faces[0].landmarks.points[50].tolist() == after.points[0].tolist()
        assert project.second.mine(image) is None
        assert _problems(project) == ()


def test_two_more_people_do_not_get_in_each_others_way(annotated: tuple[Path, int, Face]) -> None:
    folder, image, face = annotated
    for name, by in (("ben", 2.0), ("cara", 5.0)):
        with _as(folder, name) as project:
            (begun,) = project.second.begin(image).annotation.faces
            before, after = moved(begun.landmarks, 0, by=by)
            project.second.save(image, SetPoints(face.id, before, after))
    with _as(folder, "dan") as project:
        start = project.proposal(face.id).points[0]
        said = {
            s.annotator: s.annotation.faces[0].landmarks.points[0]
            for s in project.second.all(image)
        }
        assert np.allclose(said["ben"], start + 2) and np.allclose(said["cara"], start + 5)


def test_undo_and_redo_go_back_to_the_beginning_and_no_further(
    annotated: tuple[Path, int, Face],
) -> None:
    folder, image, face = annotated
    with _as(folder, "ben") as project:
        begun = project.second.begin(image)
        before, after = moved(begun.annotation.faces[0].landmarks, 1)
        edit = SetPoints(face.id, before, after)
        project.second.save(image, edit, title="Move point 1")
        assert project.second.undo_state(image).undo == "Move point 1"
        assert project.second.undo(image) == edit.inverse()
        assert project.second.mine(image).annotation == begun.annotation
        assert project.second.undo(image) is None
        assert project.second.redo(image) == edit
        assert project.second.redo(image) is None
        told = [(e.action, e.title, e.undone) for e in project.second.history(image)]
        assert told[0] == ("edit", "Move point 1", False)
        assert [t[0] for t in told] == ["edit", "undo", "redo"]
        assert _problems(project) == ()


def test_an_edit_that_does_not_fit_is_refused_and_nothing_changes(
    annotated: tuple[Path, int, Face],
) -> None:
    folder, image, face = annotated
    with _as(folder, "ben") as project:
        begun = project.second.begin(image)
        before, after = moved(begun.annotation.faces[0].landmarks, 1)
        with pytest.raises(EditConflictError):
            project.second.save(image, SetPoints(face.id, after, before))
        assert project.second.mine(image).annotation == begun.annotation


def test_who_made_the_first_annotation_cannot_make_the_second(
    annotated: tuple[Path, int, Face],
) -> None:
    folder, image, _ = annotated
    with _as(folder, "ann") as project:
        with pytest.raises(InputError, match="ann has made the first annotation"):
            project.second.begin(image)
        assert project.second.all(image) == []


def test_a_photo_without_faces_cannot_be_annotated_a_second_time(
    annotated: tuple[Path, int, Face],
) -> None:
    folder, _, _ = annotated
    with _as(folder, "ben") as project:
        with pytest.raises(InputError, match="has no faces yet"):
            project.second.begin(project.ids().tolist()[1])
        with pytest.raises(InputError, match="begin first"):
            project.second.undo(project.ids().tolist()[1])


def test_images_are_found_by_who_annotated_them_a_second_time(
    annotated: tuple[Path, int, Face],
) -> None:
    folder, image, _ = annotated
    with _as(folder, "ben") as project:
        assert project.count("second:*") == 0
        project.second.begin(image)
        assert project.ids("second:b*").tolist() == [image] == project.second.images()
        assert project.count("second:ann") == 0
        assert project.count("-second:*") == 2


def test_a_damaged_second_annotation_is_found_and_made_again_from_its_journal(
    annotated: tuple[Path, int, Face],
) -> None:
    folder, image, face = annotated
    with _as(folder, "ben") as project:
        begun = project.second.begin(image).annotation
        before, after = moved(begun.faces[0].landmarks, 2)
        whole = project.second.save(image, SetPoints(face.id, before, after)).annotation
        first = project.load(image)
    with sqlite3.connect(folder / "project.db") as raw:
        raw.execute("UPDATE second SET annotation = x'00'")
    raw.close()
    with _as(folder, "ben") as project:
        assert "damaged" in " ".join(_problems(project))
        assert project.load(image) == first
    saved = salvage(folder, folder.with_name("saved"))
    assert saved.rebuilt == 1 and not saved.lost
    with _as(saved.folder, "ben") as project:
        assert project.second.mine(image).annotation == whole
        assert project.load(image) == first
        assert _problems(project) == ()


def test_a_backup_holds_second_annotations_and_assignments(
    annotated: tuple[Path, int, Face], tmp_path: Path
) -> None:
    folder, image, _ = annotated
    with _as(folder, "ben") as project:
        begun = project.second.begin(image)
        project.assignments.give([image], ["cara"], Task.SECOND)
        copy = project.backup(tmp_path / "copy")
    with _as(copy, "ben") as project:
        assert project.second.mine(image).annotation == begun.annotation
        assert project.assignments.of(image) == {Task.SECOND: ["cara"]}


# Projects of format 1.0


def _made_old(folder: Path) -> None:
    """Take a project back to what the first program made."""
    with sqlite3.connect(folder / "project.db") as raw:
        for name in ("second_entry", "second", "assignment"):
            raw.execute(f"DROP TABLE {name}")
        raw.execute("UPDATE alembic_version SET version_num = '0001'")
        raw.execute("UPDATE format SET minor = 0")
    raw.close()


def test_a_project_of_format_1_0_is_upgraded_and_loses_nothing(
    annotated: tuple[Path, int, Face],
) -> None:
    folder, image, _ = annotated
    with _as(folder, "ann") as project:
        before = project.load(image)
        told = [(e.id, e.title, e.edit) for e in project.history(image)]
    _made_old(folder)
    with _as(folder, "ben") as project:
        assert project.load(image) == before
        assert [(e.id, e.title, e.edit) for e in project.history(image)] == told
        assert project.second.begin(image).annotation.faces
        assert _problems(project) == ()
    (copy,) = (folder / "backups").glob("format-1.0-*.db")
    old = sqlite3.connect(copy)
    assert old.execute("SELECT minor FROM format").fetchone() == (0,)
    assert old.execute("SELECT count(*) FROM journal").fetchone() == (len(told),)
    old.close()


def test_a_project_of_format_1_0_can_be_looked_at_as_it_is(
    annotated: tuple[Path, int, Face],
) -> None:
    folder, image, _ = annotated
    _made_old(folder)
    with Project.open(folder, read_only=True) as project:
        assert project.load(image).faces
        assert project.second.all(image) == [] == project.second.images()
        assert project.assignments.all() == []
        assert project.assignments.of(image) == {}
        with pytest.raises(InputError, match="open it for writing once"):
            project.count("second:*")
        assert _problems(project) == ()
    assert not (folder / "backups").exists()


def test_a_project_of_format_1_0_can_be_salvaged(annotated: tuple[Path, int, Face]) -> None:
    folder, image, _ = annotated
    _made_old(folder)
    saved = salvage(folder, folder.with_name("saved"))
    assert saved.damaged == {} and not saved.lost
    with Project.open(saved.folder) as project:
        assert project.load(image).faces


def test_a_newer_project_with_a_table_of_its_own_is_opened_and_one_of_this_format_is_not(
    annotated: tuple[Path, int, Face], tmp_path: Path
) -> None:
    folder, image, _ = annotated
    odd = Path(shutil.copytree(folder, tmp_path / "odd.lapa"))
    for place, minor in ((folder, 99), (odd, 1)):
        with sqlite3.connect(place / "project.db") as raw:
            raw.execute("CREATE TABLE later (id INTEGER)")
            raw.execute("UPDATE format SET minor = ?", (minor,))
        raw.close()
    with Project.open(folder) as project:
        assert project.load(image).faces
    with pytest.raises(InputError, match=r"parts that no project has \(later\)"):
        Project.open(odd)


# Assignments


def test_images_are_dealt_out_evenly_and_found_again(annotated: tuple[Path, int, Face]) -> None:
    folder, image, _ = annotated
    with _as(folder, "boss") as project:
        ids = project.ids().tolist()
        assert project.assignments.give(ids, ["ben", "cara"], Task.ANNOTATE) == 3
        assert project.count("assigned:ben") == 2 and project.count("assigned:cara") == 1
        assert project.assignments.give(ids, ["dan"], Task.ANNOTATE) == 0
        project.save(image, SetStatus(project.load(image).status, Status.DONE))
        told = [(a.annotator, a.images, a.done) for a in project.assignments.all()]
        assert told == [("ben", 2, 1), ("cara", 1, 0)]
        assert project.assignments.take_back(ids, Task.ANNOTATE) == 3
        assert project.assignments.all() == []


def test_nobody_is_to_repeat_or_to_review_what_is_his_own(
    annotated: tuple[Path, int, Face],
) -> None:
    folder, image, _ = annotated
    with _as(folder, "boss") as project:
        first = project.info(image).annotator
        for task in (Task.SECOND, Task.REVIEW):
            assert project.assignments.give([image], [first], task) == 0
            assert project.assignments.give([image], [first, "ben"], task) == 1
            assert project.assignments.of(image)[task] == ["ben"]


def test_a_second_annotation_counts_as_done_when_its_person_says_so(
    annotated: tuple[Path, int, Face],
) -> None:
    folder, image, _ = annotated
    with _as(folder, "ben") as project:
        project.assignments.give([image], ["ben"], Task.SECOND)
        project.second.begin(image)
        assert [a.done for a in project.assignments.all()] == [0]
        assert project.assignments.next_second([7, image]) == image
        project.second.save(image, SetStatus(Status.PROPOSED, Status.DONE))
        assert [a.done for a in project.assignments.all()] == [1]
        assert project.assignments.next_second([7, image]) is None
        assert project.assignments.mine(Task.SECOND) == {image}


def test_counting_what_is_done_unpacks_no_annotation_but_those_of_older_versions(
    annotated: tuple[Path, int, Face], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, image, _ = annotated
    with _as(folder, "ben") as project:
        project.assignments.give([image], ["ben"], Task.SECOND)
        project.second.begin(image)
        project.second.save(image, SetStatus(Status.PROPOSED, Status.DONE))
        unpacked: list[bytes] = []

        def unpack(data: bytes) -> Annotation:
            unpacked.append(data)
            return unpack_annotation(data)

        monkeypatch.setattr(assignment, "unpack_annotation", unpack)
        assert [a.done for a in project.assignments.all()] == [1]
        assert not unpacked
    with sqlite3.connect(folder / "project.db") as raw:
        (packed,) = raw.execute("SELECT annotation FROM second").fetchone()
        told = json.loads(zlib.decompress(packed))
        older = {"faces": told.pop("faces"), **told}
        raw.execute("UPDATE second SET annotation = ?", [zlib.compress(json.dumps(older).encode())])
    with _as(folder, "ben") as project:
        assert [a.done for a in project.assignments.all()] == [1]
        assert len(unpacked) == 1


@pytest.mark.parametrize("names", [[], ["ben", " "], ["ben", "ben"]])
def test_assigning_to_nobody_or_twice_is_refused_in_one_sentence(
    annotated: tuple[Path, int, Face], names: list[str]
) -> None:
    folder, image, _ = annotated
    with _as(folder, "boss") as project:
        with pytest.raises(InputError) as caught:
            project.assignments.give([image], names, Task.ANNOTATE)
        assert str(caught.value).count("\n") == 0
        assert project.assignments.all() == []


# Backups


def test_a_backup_holds_the_model_versions_but_no_checkpoints(
    annotated: tuple[Path, int, Face], tmp_path: Path
) -> None:
    folder, _, _ = annotated
    run = folder / "training" / "runs" / "landmarks-0001"
    for place in ("weights.safetensors", "network.bin", "checkpoints/step-1.ckpt", "crops/1.npy"):
        (run / place).parent.mkdir(parents=True, exist_ok=True)
        (run / place).write_bytes(place.encode())
    (folder / "training" / "split.json").write_text("{}")
    with _as(folder, "ann") as project:
        copy = project.backup(tmp_path / "copy")
    there = {p.relative_to(copy).as_posix() for p in (copy / "training").rglob("*") if p.is_file()}
    weights = f"{run.relative_to(folder).as_posix()}/"
    assert there == {
        "training/split.json",
        f"{weights}weights.safetensors",
        f"{weights}network.bin",
    }
    assert (copy / weights / "network.bin").read_bytes() == b"network.bin"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in folders")
def test_a_backup_that_cannot_copy_a_version_is_one_sentence_and_leaves_nothing(
    annotated: tuple[Path, int, Face], tmp_path: Path
) -> None:
    folder, _, _ = annotated
    (folder / "training").mkdir()
    os.mkfifo(folder / "training" / "weights.bin")
    before = sorted(tmp_path.iterdir())
    with _as(folder, "ann") as project:
        with pytest.raises(InputError, match="cannot be written") as caught:
            project.backup(tmp_path / "copy")
        assert "weights.bin" in str(caught.value) and str(caught.value).count("\n") == 0
    assert sorted(tmp_path.iterdir()) == before


def test_a_face_added_by_the_second_person_alone_is_kept(
    annotated: tuple[Path, int, Face],
) -> None:
    folder, image, _ = annotated
    with _as(folder, "ben") as project:
        project.second.begin(image)
        face = random_face(5)
        project.second.save(image, AddFace(face, 1))
        assert project.second.mine(image).annotation.faces[1] == face
        assert len(project.load(image).faces) == 1
