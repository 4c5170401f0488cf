"""Projects of older and newer programs, and things that are no projects."""

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import update

from lapa_annotator.domain.edits import SetStatus
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Status
from lapa_annotator.store import versions
from lapa_annotator.store.models import Base, FormatRow
from lapa_annotator.store.project import Project


def _say_version(project: Project, **version: int) -> None:
    with project.database.write() as connection:
        connection.execute(update(FormatRow).values(**version))
    project.close()


def test_the_steps_make_the_tables_that_the_program_uses(project: Project) -> None:
    with project.database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_an_older_project_is_backed_up_and_upgraded(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    (image, *_) = project.ids().tolist()
    project.save(image, SetStatus(Status.NEW, Status.DONE))
    project.close()
    monkeypatch.setattr(versions, "MINOR", versions.MINOR + 1)
    with Project.open(project.folder) as upgraded:
        assert upgraded.load(image).status is Status.DONE
        upgraded.undo(image)
    (copy,) = (project.folder / "backups").iterdir()
    old = sqlite3.connect(copy)
    assert old.execute("SELECT minor FROM format").fetchone() == (versions.MINOR - 1,)
    assert old.execute("SELECT status FROM image WHERE id = ?", (image,)).fetchone() == (3,)
    old.close()
    with Project.open(project.folder):
        pass
    assert len(list((project.folder / "backups").iterdir())) == 1


def test_looking_at_an_older_project_does_not_upgrade_it(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.close()
    monkeypatch.setattr(versions, "MINOR", versions.MINOR + 1)
    with Project.open(project.folder, read_only=True) as looking:
        assert looking.count() == 3
    assert not (project.folder / "backups").exists()


def test_a_project_of_a_newer_program_is_refused_in_one_sentence(project: Project) -> None:
    _say_version(project, major=versions.MAJOR + 1)
    before = (project.folder / "project.db").read_bytes()
    for read_only in (False, True):
        with pytest.raises(InputError, match="made by a newer program") as caught:
            Project.open(project.folder, read_only=read_only)
        assert str(caught.value).count("\n") == 0
    assert (project.folder / "project.db").read_bytes() == before


def test_a_slightly_newer_project_is_opened_as_it_is(project: Project) -> None:
    _say_version(project, minor=versions.MINOR + 3)
    with Project.open(project.folder) as opened:
        assert opened.count() == 3
    connection = sqlite3.connect(project.folder / "project.db")
    assert connection.execute("SELECT minor FROM format").fetchone() == (versions.MINOR + 3,)
    connection.close()


def test_what_is_no_project_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not there"):
        Project.open(tmp_path / "nowhere.lapa")
    with pytest.raises(InputError, match="is not a project"):
        Project.open(tmp_path)
    (tmp_path / "x.lapa").mkdir()
    file = tmp_path / "x.lapa" / "project.db"
    for content in (b"", b"hello" * 1000, b"SQLite format 3\0" + bytes(5000)):
        file.write_bytes(content)
        with pytest.raises(InputError):
            Project.open(tmp_path / "x.lapa")
    file.unlink()
    other = sqlite3.connect(file)
    other.execute("CREATE TABLE image (id INTEGER PRIMARY KEY)")
    other.close()
    with pytest.raises(InputError, match="not a project of this program"):
        Project.open(tmp_path / "x.lapa")


def test_the_database_may_be_named_instead_of_the_folder(project: Project) -> None:
    with Project.open(project.folder / "project.db") as opened:
        assert opened.folder == project.folder


def test_a_project_that_cannot_be_made_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(versions, "migrate", fail)
    with pytest.raises(InputError, match="No space left"):
        Project.create(tmp_path / "p")
    assert list(tmp_path.iterdir()) == []
