"""Looking at folders: photos that are new, moved, changed, missing and found again."""

import shutil
from pathlib import Path

import pytest

from lapa_annotator.domain.edits import SetStatus
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Status
from lapa_annotator.store.project import Project
from lapa_annotator.store.values import PhotoState
from tests.store.builders import LOOK, add, make_photos, make_project, rescan


def _counts(found) -> tuple[int, ...]:
    return found.new, found.moved, found.changed, found.missing, found.found_again


def _at(project: Project, path: str):
    (row,) = project.page(f'path:"{path}"').rows
    return row


def test_a_folder_added_again_gives_what_is_new_alone(tmp_path: Path) -> None:
    with make_project(tmp_path, "a.jpg", "b.jpg") as project:
        make_photos(tmp_path / "photos", "c.jpg")
        assert _counts(add(project, tmp_path / "photos")) == (1, 0, 0, 0, 0)
        assert _counts(add(project, tmp_path / "photos")) == (0, 0, 0, 0, 0)
        assert [root.images for root in project.roots()] == [3]


def test_a_moved_photo_keeps_its_annotation(tmp_path: Path) -> None:
    with make_project(tmp_path, "a.jpg", "b.jpg") as project:
        image = _at(project, "a.jpg").id
        project.save(image, SetStatus(Status.NEW, Status.DONE))
        (tmp_path / "photos" / "2024").mkdir()
        (tmp_path / "photos" / "a.jpg").rename(tmp_path / "photos" / "2024" / "x.jpg")
        assert _counts(rescan(project)) == (0, 1, 0, 0, 0)
        row = _at(project, "2024/x.jpg")
        assert (row.id, row.status, row.photo) == (image, Status.DONE, PhotoState.PRESENT)
        assert project.photo_path(image).exists()


def test_a_photo_that_moves_to_another_folder_is_known_there(tmp_path: Path) -> None:
    with make_project(tmp_path, "a.jpg", "b.jpg") as project:
        (tmp_path / "other").mkdir()
        (tmp_path / "photos" / "a.jpg").rename(tmp_path / "other" / "a.jpg")
        assert _counts(add(project, tmp_path / "other")) == (0, 1, 0, 0, 0)
        assert project.count() == 2
        assert _counts(rescan(project)) == (0, 0, 0, 0, 0)


def test_a_copy_is_an_image_of_its_own(tmp_path: Path) -> None:
    with make_project(tmp_path, "a.jpg") as project:
        shutil.copy(tmp_path / "photos" / "a.jpg", tmp_path / "photos" / "copy.jpg")
        assert _counts(rescan(project)) == (1, 0, 0, 0, 0)


def test_a_missing_photo_is_marked_and_found_again(tmp_path: Path) -> None:
    with make_project(tmp_path, "a.jpg", "b.jpg") as project:
        image = _at(project, "a.jpg").id
        project.save(image, SetStatus(Status.NEW, Status.DONE))
        (tmp_path / "photos" / "a.jpg").rename(tmp_path / "away")
        assert _counts(rescan(project)) == (0, 0, 0, 1, 0)
        assert _counts(rescan(project)) == (0, 0, 0, 0, 0)
        assert project.count("photo:missing") == 1
        assert project.load(image).status is Status.DONE
        (tmp_path / "away").rename(tmp_path / "photos" / "a.jpg")
        assert _counts(rescan(project)) == (0, 0, 0, 0, 1)
        assert project.count("photo:present") == 2


def test_changed_bytes_are_marked_until_a_person_accepts_them(tmp_path: Path) -> None:
    with make_project(tmp_path, "a.jpg") as project:
        (image,) = project.ids()
        project.save(image, SetStatus(Status.NEW, Status.DONE))
        file = project.photo_path(image)
        old = file.read_bytes()
        file.write_bytes(b"something else")
        assert _counts(rescan(project)) == (0, 0, 1, 0, 0)
        assert _counts(rescan(project)) == (0, 0, 0, 0, 0)
        assert project.info(image).photo is PhotoState.CHANGED
        assert project.load(image).status is Status.DONE
        file.write_bytes(old)
        assert _counts(rescan(project)) == (0, 0, 0, 0, 1)
        file.write_bytes(b"something else")
        rescan(project)
        project.accept_change(image, LOOK)
        assert project.info(image).photo is PhotoState.PRESENT
        assert _counts(rescan(project)) == (0, 0, 0, 0, 0)


def test_a_photo_that_was_only_touched_counts_as_unchanged(tmp_path: Path) -> None:
    with make_project(tmp_path, "a.jpg") as project:
        (tmp_path / "photos" / "a.jpg").touch()
        assert _counts(rescan(project)) == (0, 0, 0, 0, 0)


def test_files_that_cannot_be_read_are_told_and_the_rest_is_added(tmp_path: Path) -> None:
    make_photos(tmp_path / "photos", "a.jpg", "broken.bad", "c.jpg")
    (tmp_path / "photos" / "dangling.jpg").symlink_to(tmp_path / "nowhere")
    with Project.create(tmp_path / "p") as project:
        found = add(project, tmp_path / "photos")
        assert found.new == 2
        assert len(found.unreadable) == 2
        assert "broken.bad" in found.unreadable[0]


def test_a_folder_inside_or_around_another_adds_no_photo_twice(tmp_path: Path) -> None:
    with make_project(tmp_path, "a.jpg", "in/b.jpg") as project:
        assert _counts(add(project, tmp_path / "photos" / "in")) == (0, 0, 0, 0, 0)
        make_photos(tmp_path, "outside.jpg")
        assert _counts(add(project, tmp_path)) == (1, 0, 0, 0, 0)
        assert project.count() == 3


def test_what_lies_in_a_project_is_no_photo(tmp_path: Path) -> None:
    make_photos(tmp_path, "a.jpg", "p.lapa/cache/thumbnail.jpg", "x.lapa/cache/y.jpg")
    shutil.rmtree(tmp_path / "p.lapa")
    with Project.create(tmp_path / "p") as project:
        make_photos(project.folder, "cache/thumbnail.jpg")
        assert add(project, tmp_path).new == 1


def test_a_look_may_be_left_at_any_point(tmp_path: Path) -> None:
    names = [f"{k:04d}.jpg" for k in range(450)]
    make_photos(tmp_path / "photos", *names)
    with Project.create(tmp_path / "p") as project:
        steps = project.add_folder(tmp_path / "photos", LOOK)
        while next(steps).done < 200:
            pass
        steps.close()
        assert project.count() == 200
        assert rescan(project).new == 250


def test_something_that_is_no_folder_is_told(project: Project, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a folder"):
        add(project, tmp_path / "nowhere")


def test_a_folder_on_a_disk_that_is_away_is_told_and_nothing_is_marked(tmp_path: Path) -> None:
    with make_project(tmp_path, "a.jpg") as project:
        (tmp_path / "photos").rename(tmp_path / "elsewhere")
        (problem,) = rescan(project).unreadable
        assert "relink" in problem
        assert project.count("photo:missing") == 0


def test_a_moved_folder_is_relinked(tmp_path: Path) -> None:
    with make_project(tmp_path, "a.jpg", "b/c.jpg") as project:
        (root,) = project.roots()
        (tmp_path / "photos").rename(tmp_path / "new place")
        (tmp_path / "new place" / "a.jpg").unlink()
        assert project.relink(root.id, tmp_path / "new place") == 1
        assert project.photo_path(_at(project, "b/c.jpg").id).exists()
        assert _at(project, "a.jpg").photo is PhotoState.MISSING


def test_relinking_to_a_folder_without_the_photos_is_refused(tmp_path: Path) -> None:
    with make_project(tmp_path, "a.jpg") as project:
        (root,) = project.roots()
        (tmp_path / "empty").mkdir()
        with pytest.raises(InputError, match="holds none of the folder's photos"):
            project.relink(root.id, tmp_path / "empty")
        with pytest.raises(InputError, match="is not in this project"):
            project.relink(99, tmp_path / "photos")
        assert project.roots() == [root]


def test_a_project_that_moves_with_its_photos_finds_them(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    with make_project(tmp_path / "old", "a.jpg"):
        pass
    (tmp_path / "old").rename(tmp_path / "new")
    with Project.open(tmp_path / "new" / "p.lapa") as project:
        (info,) = project.page().rows
        assert info.file == tmp_path / "new" / "photos" / "a.jpg"
        assert project.find(info.file) == info.id
        assert project.find(tmp_path / "new" / "photos" / "b.jpg") is None
