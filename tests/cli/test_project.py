"""The verbs of ``project`` as they are typed."""

from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from lapa_annotator.cli.main import app
from lapa_annotator.domain.edits import SetStatus
from lapa_annotator.domain.face import Status
from lapa_annotator.store.project import Project

runner = CliRunner()


def _type(*words: object, status: int = 0) -> Result:
    done = runner.invoke(app, ["project", *map(str, words)], env={"COLUMNS": "200"})
    assert done.exit_code == status, done.output
    assert "Traceback" not in done.output
    return done


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of three photos."""
    for k, name in enumerate(("a.jpg", "b.jpg", "2024/c.png")):
        (tmp_path / "photos" / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40 + k, 30), (k, k, k)).save(tmp_path / "photos" / name)
    return tmp_path / "photos"


@pytest.fixture
def folder(tmp_path: Path, photos: Path) -> Path:
    """A project of those photos; the first is done."""
    _type("new", tmp_path / "faces", photos)
    with Project.open(tmp_path / "faces.lapa", annotator="ann") as project:
        project.save(1, SetStatus(Status.NEW, Status.DONE), title="Finish")
    return tmp_path / "faces.lapa"


def test_new_makes_a_project_with_photos(tmp_path: Path, photos: Path) -> None:
    said = _type("new", tmp_path / "faces", photos)
    assert f"Made {tmp_path / 'faces.lapa'}" in said.output
    assert "3 photos: 3 new" in said.output
    assert "there already" in _type("new", tmp_path / "faces", status=2).output


def test_add_finds_what_is_new_and_tells_what_cannot_be_read(folder: Path, photos: Path) -> None:
    Image.new("RGB", (40, 40)).save(photos / "d.jpg")
    assert "1 new" in _type("add", folder, photos).output
    (photos / "b.jpg").rename(photos / "e.jpg")
    (photos / "broken.jpg").write_bytes(b"no photo")
    again = _type("add", folder, status=1)
    assert "1 moved, 1 unreadable" in again.output
    assert "broken.jpg" in again.output


def test_info_shows_folders_and_states(folder: Path, photos: Path) -> None:
    said = _type("info", folder).output
    assert str(photos) in said
    assert "3 images" in said
    assert [line.split() for line in said.splitlines() if line.split()[:1] == ["done"]] == [
        ["done", "1"]
    ]


def test_list_shows_a_page_and_how_to_go_on(folder: Path) -> None:
    said = _type("list", folder, "--limit", 2).output
    assert "2024/c.png" in said
    assert "2 of 3 images; more with --after" in said
    after = said.split("--after ")[1].split()[0]
    rest = _type("list", folder, "--after", after).output
    assert "b.jpg" in rest
    assert "1 of 3 images" in rest


def test_search_finds_and_gives_plain_paths(folder: Path, photos: Path) -> None:
    assert "1 of 1 images" in _type("search", folder, "status:done").output
    said = _type("search", folder, "-path:*b.jpg -status:done", "--paths").output
    assert said.split() == [str(photos / "a.jpg")]


def test_a_query_that_is_not_understood_is_told(folder: Path) -> None:
    said = _type("search", folder, "hat stauts:done", status=2).output
    assert "character 5, 'stauts:done'" in said
    assert said.strip().count("\n") == 0


def test_history_shows_who_did_what(folder: Path) -> None:
    said = _type("history", folder, 1).output
    assert "ann" in said
    assert "Finish" in said
    with Project.open(folder) as project:
        name = project.info(1).path
    assert "Finish" in _type("history", folder, name).output
    assert "is no photo of this project" in _type("history", folder, "z.jpg", status=2).output


def test_verify_tells_problems_by_its_status(folder: Path, photos: Path) -> None:
    assert "3 images checked; 0 problems" in _type("verify", folder).output
    (photos / "b.jpg").write_bytes(b"changed")
    assert "0 problems" in _type("verify", folder).output
    said = _type("verify", folder, "--photos", status=1).output
    assert "1 problems" in said
    assert "b.jpg: its bytes have changed" in said


def test_verify_saves_what_can_be_read(folder: Path, tmp_path: Path) -> None:
    said = _type("verify", folder, "--salvage", tmp_path / "saved").output
    assert "saved.lapa" in said
    assert "1 of 1 images" in _type("search", tmp_path / "saved.lapa", "status:done").output


def test_backup_and_compact(folder: Path, tmp_path: Path) -> None:
    assert "copy.lapa" in _type("backup", folder, tmp_path / "copy").output
    assert "1 of 1 images" in _type("search", tmp_path / "copy.lapa", "status:done").output
    assert "given back" in _type("compact", folder).output


def test_relink_by_number_or_by_path(folder: Path, photos: Path, tmp_path: Path) -> None:
    photos.rename(tmp_path / "second")
    assert "3 of 3 photos found" in _type("relink", folder, 1, tmp_path / "second").output
    (tmp_path / "second").rename(tmp_path / "third")
    (tmp_path / "third" / "a.jpg").unlink()
    said = _type("relink", folder, tmp_path / "second", tmp_path / "third", status=1)
    assert "2 of 3 photos found" in said.output
    assert "is no folder" in _type("relink", folder, 7, tmp_path, status=2).output


def test_export_and_import(folder: Path, tmp_path: Path) -> None:
    assert "0 faces of 1 images; 0 skipped" in _type("export", folder, tmp_path / "out").output
    said = _type("import", folder, tmp_path / "nothing", status=2).output
    assert "there is no such folder" in said


def test_a_project_that_is_not_there_is_told_in_one_sentence(tmp_path: Path) -> None:
    for verb in ("info", "list", "verify", "compact"):
        said = _type(verb, tmp_path / "no.lapa", status=2).output
        assert said.strip().count("\n") == 0
        assert "is not there" in said
