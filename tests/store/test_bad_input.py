"""Whatever is wrong is told in one sentence, loses nothing, and what can be read stays readable."""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import event

from lapa_annotator.domain.edits import AddFace, SetComments, SetOverride, SetStatus
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Comment, Status
from lapa_annotator.domain.override import Patch
from lapa_annotator.store.project import Project
from lapa_annotator.store.verify import verify
from tests.store.builders import make_project, random_face

DONE = SetStatus(Status.NEW, Status.DONE)


def _problems(project: Project, **options: bool) -> tuple[str, ...]:
    return list(verify(project, **options))[-1].problems


def _first(project: Project) -> int:
    return int(project.ids()[0])


def _change(project: Project, *statements: str) -> Path:
    """Change a closed project's database behind the program's back."""
    project.close()
    connection = sqlite3.connect(project.folder / "project.db")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return project.folder


# A full disk


def test_a_full_disk_in_the_middle_of_a_save_loses_nothing(project: Project) -> None:
    image = _first(project)
    face = random_face(1)
    project.save(image, AddFace(face, 0))
    before = project.load(image)

    @event.listens_for(project.database.engine, "checkout")
    def full(connection, *_: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")

    noise = np.random.default_rng(0).integers(0, 11, (900, 900))
    old = face.override.region(0, 0, 900, 900)
    with pytest.raises(InputError, match="the disk is full; free some room"):
        project.save(image, SetOverride(face.id, old, Patch(0, 0, noise)))
    assert project.load(image) == before
    assert len(project.history(image)) == 1
    event.remove(project.database.engine, "checkout", full)
    project.database.engine.dispose()
    after = project.save(image, SetOverride(face.id, old, Patch(0, 0, noise))).annotation
    assert project.load(image) == after
    assert _problems(project) == ()


# Folders that cannot be written to, or vanish


@pytest.mark.skipif(
    os.name != "posix" or os.geteuid() == 0, reason="permissions do not bind this user"
)
def test_a_read_only_folder_can_be_looked_at(project: Project) -> None:
    image = _first(project)
    project.save(image, DONE)
    project.close()
    (project.folder / "project.db").chmod(0o444)
    project.folder.chmod(0o555)
    try:
        with Project.open(project.folder) as looking:
            assert looking.read_only
            assert looking.load(image).status is Status.DONE
            with pytest.raises(InputError, match="reading only"):
                looking.save(image, DONE.inverse())
        with pytest.raises(InputError, match="cannot be written to"):
            Project.open(project.folder, read_only=False)
    finally:
        project.folder.chmod(0o755)


def test_a_folder_that_says_it_cannot_be_written_is_opened_for_looking(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.close()
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    with Project.open(project.folder) as looking:
        assert looking.read_only
        assert looking.count() == 3
        with pytest.raises(InputError, match="reading only"):
            looking.save(_first(looking), DONE)
    with pytest.raises(InputError, match="cannot be written to"):
        Project.open(project.folder, read_only=False)


def test_a_project_whose_folder_disappears_takes_no_edit(project: Project) -> None:
    image = _first(project)
    project.save(image, DONE)
    away = project.folder.with_name("away.lapa")
    project.folder.rename(away)
    with pytest.raises(InputError, match="cannot be reached"):
        project.save(image, DONE.inverse())
    project.close()
    with Project.open(away) as found:
        assert found.load(image).status is Status.DONE
        assert len(found.history(image)) == 1


def test_a_project_that_was_replaced_while_open_takes_no_edit(project: Project) -> None:
    copy = project.backup(project.folder.with_name("copy"))
    project.folder.rename(project.folder.with_name("away.lapa"))
    copy.rename(project.folder)
    with pytest.raises(InputError, match="was replaced while it was open"):
        project.save(_first(project), DONE)
    project.close()
    with Project.open(project.folder) as other:
        assert other.history(_first(other)) == []


# Photos


def test_missing_and_changed_photos_are_told_and_annotations_stay(project: Project) -> None:
    first, second, third = project.ids().tolist()
    project.save(first, DONE)
    project.photo_path(first).unlink()
    project.photo_path(second).write_bytes(b"other bytes")
    assert _problems(project) == ()
    problems = _problems(project, photos=True)
    assert len(problems) == 2
    assert "a.jpg: cannot be read" in problems[0]
    assert "c.jpg: its bytes have changed" in problems[1]
    assert project.load(first).status is Status.DONE
    assert project.photo_path(third).exists()


# Damaged and hostile databases


def test_rows_that_make_no_sense_are_told_by_name(project: Project) -> None:
    first, second, third = project.ids().tolist()
    project.save(first, AddFace(random_face(1), 0))
    project.save(second, AddFace(random_face(2), 0))
    _change(project, f"UPDATE face SET points = x'00' WHERE image_id = {first}")
    with Project.open(project.folder) as opened:
        with pytest.raises(InputError, match="is damaged"):
            opened.load(first)
        with pytest.raises(InputError, match="is damaged"):
            opened.save(first, DONE)
        assert len(opened.load(second).faces) == 1
        opened.save(third, DONE)
        (problem,) = _problems(opened)
        assert f"image {first}" in problem


def test_an_annotation_that_its_journal_does_not_make_is_told(project: Project) -> None:
    first, second, third = project.ids().tolist()
    for image in (first, second, third):
        project.save(image, DONE)
    folder = _change(
        project,
        f"UPDATE image SET status = 4 WHERE id = {first}",
        f"UPDATE image SET faces = 7 WHERE id = {second}",
        f"DELETE FROM journal WHERE image_id = {third}",
    )
    with Project.open(folder) as opened:
        problems = _problems(opened)
    assert "not what its journal makes of it" in problems[0]
    assert "lists say something else" in problems[1]
    assert "entry 3 of the journal is missing" in problems[2]


def test_rows_that_point_nowhere_are_told(project: Project) -> None:
    project.save(_first(project), AddFace(random_face(1), 0))
    folder = _change(project, "UPDATE face SET image_id = 999")
    with Project.open(folder) as opened:
        problems = _problems(opened)
    assert any("a row of face points to a row of image that is gone" in p for p in problems)


@pytest.mark.parametrize(
    "path", ["../../../etc/passwd", "/etc/passwd", "a/../../b.jpg", "", ".", "a\x00b"]
)
def test_a_photo_outside_its_folder_is_never_reached(project: Project, path: str) -> None:
    image = _first(project)
    project.close()
    connection = sqlite3.connect(project.folder / "project.db")
    connection.execute("UPDATE image SET path = ? WHERE id = ?", (path, image))
    connection.commit()
    connection.close()
    with Project.open(project.folder) as opened:
        with pytest.raises(InputError, match="lies outside its folder"):
            opened.photo_path(image)
        assert "lies outside its folder" in _problems(opened)[0]
        assert len(opened.page().rows) == 3


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER t AFTER UPDATE ON image BEGIN DELETE FROM journal; END",
        "CREATE VIEW v AS SELECT load_extension('evil') FROM image",
        "CREATE VIRTUAL TABLE evil USING fts5(x)",
        "CREATE TABLE more (x)",
    ],
)
def test_a_project_with_parts_that_no_project_has_is_refused(
    project: Project, statement: str
) -> None:
    folder = _change(project, statement)
    with pytest.raises(InputError, match="holds parts that no project has"):
        Project.open(folder)


def test_a_project_that_lacks_a_table_is_refused(project: Project) -> None:
    folder = _change(project, "DROP TABLE proposal")
    with pytest.raises(InputError, match="lacks the table proposal"):
        Project.open(folder)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE image SET status = 77",
        "UPDATE image SET photo = -9",
        "UPDATE image SET content = 12",
        "UPDATE image SET annotator_id = 4711",
        "UPDATE journal SET edit = zeroblob(100)",
        "UPDATE journal SET action = 9",
        "UPDATE image SET head = 77",
        "UPDATE journal SET parent = id",
        "UPDATE face SET override = x'0000000000000000ffffffffffffffff'",
        "UPDATE face SET x1 = -1e9",
        "UPDATE face SET x0 = 'text'",
        "UPDATE setting SET value = '{'",
    ],
)
def test_hostile_values_are_told_or_harmless(project: Project, statement: str) -> None:
    image = _first(project)
    project.save(image, AddFace(random_face(1), 0))
    project.settings.set("x", 1)
    folder = _change(project, statement)
    calls: tuple[Callable[[Project], object], ...] = (
        lambda p: p.page(),
        lambda p: p.load(image),
        lambda p: p.history(image),
        lambda p: p.undo(image),
        lambda p: p.redo(image),
        lambda p: p.settings.get("x", 0),
        _problems,
    )
    with Project.open(folder) as opened:
        for call in calls:
            try:
                call(opened)
            except InputError as error:
                assert "\n" not in str(error)


def test_text_that_is_not_unicode_is_told(project: Project) -> None:
    edit = SetComments((), (Comment("\ud800"),))
    with pytest.raises(InputError, match="not Unicode"):
        project.save(_first(project), edit)
    assert project.history(_first(project)) == []


def test_a_name_of_an_edit_that_failed_is_not_remembered(project: Project) -> None:
    image = _first(project)
    face = random_face(1, model="only-here")
    project.save(image, AddFace(face, 0))
    with pytest.raises(InputError):
        project.propose(99, [random_face(2, model="lost")], "lost")
    project.propose(image, [random_face(3, model="kept")], "kept")
    project.close()
    with Project.open(project.folder) as again:
        assert _problems(again) == ()
        assert again.count("model:kept") == 1
        assert again.count("model:lost") == 0


def test_backups_are_made_while_in_use_and_open_as_projects(project: Project) -> None:
    image = _first(project)
    project.save(image, DONE)
    target = project.backup(project.folder.with_name("copy"))
    project.save(image, DONE.inverse())
    with Project.open(target) as copy:
        assert copy.load(image).status is Status.DONE
        assert _problems(copy) == ()
    with pytest.raises(InputError, match="is there already"):
        project.backup(target)


def test_a_backup_that_cannot_be_written_leaves_nothing(project: Project, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InputError):
        project.backup(tmp_path / "file" / "copy")
    assert (tmp_path / "file").read_bytes() == b""


def test_compacting_keeps_everything(tmp_path: Path) -> None:
    with make_project(tmp_path, "a.jpg") as project:
        image = _first(project)
        for seed in range(30):
            face = random_face(seed)
            project.save(image, AddFace(face, 0))
        state = project.load(image)
        assert project.compact() >= 0
        assert project.load(image) == state
        assert _problems(project) == ()
    looking = Project.open(project.folder, read_only=True)
    with looking, pytest.raises(InputError, match="reading only"):
        looking.compact()
