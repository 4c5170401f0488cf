"""A damaged database is told, and what can be read of it is saved."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from lapa_annotator.domain.edits import AddFace, SetPoints, SetStatus, SetTags
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Annotation, Status
from lapa_annotator.store.project import Project
from lapa_annotator.store.salvage import salvage
from lapa_annotator.store.verify import verify
from tests.store.builders import make_project, moved, random_face

COUNT = 30


Sound = tuple[Path, dict[str, Annotation]]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Sound:
    """A project of annotated images, and what is in it."""
    folder = tmp_path_factory.mktemp("template")
    with make_project(folder, *(f"{k:02d}.jpg" for k in range(COUNT))) as project:
        for image in project.ids().tolist():
            face = random_face(image)
            project.save(image, AddFace(face, 0))
            project.save(image, SetPoints(face.id, *moved(face.landmarks, 3)))
            project.save(image, SetTags(frozenset(), frozenset({f"t{image % 3}"})))
        for image in project.ids().tolist()[::7]:
            project.undo(image)
        project.compact()
        return project.folder, _content(project)


@pytest.fixture
def sound(template: Sound, tmp_path: Path) -> Sound:
    """A copy of it, to be damaged."""
    folder, content = template
    return Path(shutil.copytree(folder, tmp_path / folder.name)), content


def _content(project: Project) -> dict[str, Annotation]:
    found = {}
    for info in project.infos(project.ids()):
        found[str(info.path)] = project.load(info.id)
    return found


def _pages(file: Path, name: str) -> list[int]:
    connection = sqlite3.connect(file)
    wanted = "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY pageno"
    pages = [row[0] for row in connection.execute(wanted, (name,))]
    connection.close()
    return pages


def _damage(folder: Path, *pages: int) -> None:
    file = folder / "project.db"
    data = bytearray(file.read_bytes())
    size = int.from_bytes(data[16:18], "big")
    for page in pages:
        data[(page - 1) * size : page * size] = bytes([0xA5]) * size
    file.write_bytes(data)


def test_a_sound_project_is_saved_whole(sound: Sound, tmp_path: Path) -> None:
    folder, content = sound
    result = salvage(folder, tmp_path / "saved")
    assert (result.damaged, result.rebuilt, result.lost) == ({}, 0, [])
    with Project.open(result.folder) as saved:
        assert _content(saved) == content
        assert list(verify(saved))[-1].problems == ()
        assert saved.undo(1) is not None


def test_damage_is_told_and_the_rest_stays_readable(sound: Sound) -> None:
    folder, content = sound
    pages = _pages(folder / "project.db", "face")
    assert len(pages) > 4
    _damage(folder, pages[1])
    with Project.open(folder) as damaged:
        readable = 0
        for info in damaged.infos(damaged.ids()):
            try:
                assert damaged.load(info.id) == content[str(info.path)]
                readable += 1
            except InputError as error:
                assert "is damaged" in str(error)
                assert "--salvage" in str(error)
        assert COUNT / 2 < readable < COUNT
        problems = list(verify(damaged))[-1].problems
        assert len(problems) > COUNT - readable


def test_faces_lost_to_a_damaged_page_come_back_from_the_journal(
    sound: Sound, tmp_path: Path
) -> None:
    folder, content = sound
    pages = _pages(folder / "project.db", "face")
    _damage(folder, pages[1], pages[-1])
    result = salvage(folder, tmp_path / "saved")
    assert result.damaged["face"] == 2
    assert result.rebuilt > 0
    assert result.lost == []
    with Project.open(result.folder) as saved:
        assert _content(saved) == content
        assert list(verify(saved))[-1].problems == ()


def test_annotations_whose_journal_is_lost_are_kept(sound: Sound, tmp_path: Path) -> None:
    folder, content = sound
    _damage(folder, _pages(folder / "project.db", "journal")[2])
    result = salvage(folder, tmp_path / "saved")
    with Project.open(result.folder) as saved:
        assert _content(saved) == content
        assert list(verify(saved))[-1].problems == ()
        saved.save(1, SetStatus(Status.NEW, Status.DONE))


@pytest.mark.parametrize("table", ["image", "image_tag", "ix_image_path_id", "name"])
def test_a_damaged_table_costs_no_more_than_what_is_in_it(
    sound: Sound, tmp_path: Path, table: str
) -> None:
    folder, content = sound
    _damage(folder, _pages(folder / "project.db", table)[0])
    result = salvage(folder, tmp_path / "saved")
    with Project.open(result.folder) as saved:
        assert list(verify(saved))[-1].problems == ()
        for path, annotation in _content(saved).items():
            assert annotation == content[path] or path in result.lost


def test_nothing_readable_is_told_and_leaves_no_project(sound: Sound, tmp_path: Path) -> None:
    folder, _ = sound
    (folder / "project.db").write_bytes(b"\xa5" * 100_000)
    with pytest.raises(InputError):
        salvage(folder, tmp_path / "saved")
    assert not (tmp_path / "saved.lapa").exists()
    with pytest.raises(InputError, match="is not a project"):
        salvage(tmp_path, tmp_path / "saved")
