"""Photos are found below what is named, in one order, each under a name of its own."""

import os
from pathlib import Path

import pytest

from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.photo import find_photos, read_photo


def _touch(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def _relatives(*paths: Path) -> list[str]:
    return [str(photo.relative) for photo in find_photos(paths)]


def test_a_folder_gives_all_photos_below_it_by_name(tmp_path: Path) -> None:
    _touch(tmp_path, "b.JPG", "a/z.png", "a/人.webp", "c.txt", "d/e/f.tiff", "d/notes.md", "g.heic")
    assert _relatives(tmp_path) == ["a/z.png", "a/人.webp", "b.JPG", "d/e/f.tiff", "g.heic"]


def test_the_same_name_in_two_folders_stays_apart(tmp_path: Path) -> None:
    _touch(tmp_path, "mon/1.jpg", "tue/1.jpg")
    assert _relatives(tmp_path) == ["mon/1.jpg", "tue/1.jpg"]


def test_a_named_file_keeps_its_name(tmp_path: Path) -> None:
    _touch(tmp_path, "deep/down/1.jpg", "2.png")
    assert _relatives(tmp_path / "deep/down/1.jpg", tmp_path / "2.png") == ["1.jpg", "2.png"]


def test_named_folders_that_share_a_name_inside_come_with_their_own(tmp_path: Path) -> None:
    _touch(tmp_path, "a/1.jpg", "b/1.jpg", "b/2.jpg")
    assert _relatives(tmp_path / "a", tmp_path / "b") == ["a/1.jpg", "b/1.jpg", "b/2.jpg"]


def test_files_of_one_name_come_with_their_folders(tmp_path: Path) -> None:
    _touch(tmp_path, "a/1.jpg", "b/1.jpg")
    assert _relatives(tmp_path / "a/1.jpg", tmp_path / "b/1.jpg") == ["a/1.jpg", "b/1.jpg"]


def test_even_folders_of_one_name_are_told_apart(tmp_path: Path) -> None:
    _touch(tmp_path, "x/in/1.jpg", "y/in/1.jpg", "z/in-2/1.jpg")
    found = _relatives(tmp_path / "x/in", tmp_path / "y/in", tmp_path / "z/in-2")
    assert len(set(found)) == 3
    assert found[:2] == ["in/1.jpg", "in-2/1.jpg"]


def test_no_two_photos_ever_share_a_name(tmp_path: Path) -> None:
    _touch(tmp_path, "a/b/x.jpg", "b/x.jpg", "c/x.jpg")
    found = _relatives(*(tmp_path / name for name in "abc"))
    assert sorted(found) == sorted(set(found))


def test_what_is_named_twice_is_found_once(tmp_path: Path) -> None:
    _touch(tmp_path, "a/1.jpg", "a/b/2.jpg")
    assert _relatives(tmp_path, tmp_path / "a", tmp_path / "a/1.jpg") == ["a/1.jpg", "a/b/2.jpg"]


def test_the_order_does_not_depend_on_how_the_folder_is_spelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _touch(tmp_path, "a/1.jpg", "b/2.jpg")
    monkeypatch.chdir(tmp_path)
    assert _relatives(Path()) == _relatives(tmp_path) == _relatives(tmp_path / "a" / "..")


def test_hidden_files_and_folders_are_left_out(tmp_path: Path) -> None:
    _touch(tmp_path, "._1.jpg", "1.jpg", ".thumbnails/1.jpg")
    assert _relatives(tmp_path) == ["1.jpg"]


def test_linked_folders_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    _touch(tmp_path, "real/1.jpg", "in/2.jpg")
    (tmp_path / "in/linked").symlink_to(tmp_path / "real")
    (tmp_path / "in/round").symlink_to(tmp_path / "in")
    assert _relatives(tmp_path / "in") == ["2.jpg", "linked/1.jpg"]


def test_a_dangling_link_is_found_so_that_it_can_be_told(tmp_path: Path) -> None:
    (tmp_path / "x.jpg").symlink_to(tmp_path / "nowhere")
    (photo,) = find_photos([tmp_path])
    with pytest.raises(InputError, match="it is a link to nothing"):
        read_photo(photo.path)
    assert find_photos([tmp_path / "x.jpg"])[0].path == tmp_path / "x.jpg"


def test_a_folder_named_like_a_photo_is_a_folder(tmp_path: Path) -> None:
    _touch(tmp_path, "album.jpg/1.jpg")
    assert _relatives(tmp_path) == ["album.jpg/1.jpg"]
    assert _relatives(tmp_path / "album.jpg") == ["1.jpg"]


def test_a_name_that_does_not_exist_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="gone: there is no such file or folder; check the name"):
        find_photos([tmp_path / "gone"])


@pytest.mark.parametrize("name", ["notes.txt", "README"])
def test_a_named_file_of_another_kind_is_told(tmp_path: Path, name: str) -> None:
    _touch(tmp_path, name)
    with pytest.raises(InputError, match="cannot be read; save it as one of"):
        find_photos([tmp_path / name])


@pytest.fixture
def locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a photo in it that this user may not search; root may search any."""
    allowed = os.access
    monkeypatch.setattr(os, "access", lambda p, m: Path(p).name != "locked" and allowed(p, m))
    _touch(tmp_path, "a.jpg", "locked/b.jpg", "z.jpg")
    return tmp_path / "locked"


def test_a_folder_below_that_may_not_be_searched_stands_for_its_photos(locked: Path) -> None:
    assert _relatives(locked.parent) == ["a.jpg", "locked", "z.jpg"]
    with pytest.raises(InputError, match=r"locked: it may not be read; give yourself the right"):
        read_photo(locked)


def test_a_named_folder_that_may_not_be_searched_is_told(locked: Path) -> None:
    with pytest.raises(InputError, match="locked: it may not be read"):
        find_photos([locked])


def test_a_named_file_out_of_reach_is_found_so_that_it_can_be_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    _touch(tmp_path, "x.jpg")
    monkeypatch.setattr(os, "stat", refuse)
    monkeypatch.setattr(os, "lstat", refuse)
    (photo,) = find_photos([tmp_path / "x.jpg"])
    with pytest.raises(InputError, match=r"x\.jpg: it may not be read"):
        read_photo(photo.path)


def test_an_empty_folder_gives_nothing(tmp_path: Path) -> None:
    assert find_photos([tmp_path]) == []
