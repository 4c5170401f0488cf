"""Files are whole or not there at all."""

import errno
import os
import stat
from pathlib import Path

import pytest

from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.atomic import remove_leftovers, replace_file


def _failing(number: int):
    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


def test_a_file_is_written_with_the_folders_above_it(tmp_path: Path) -> None:
    path = tmp_path / "a b" / "脸" / "x.txt"
    replace_file(path, b"first")
    replace_file(path, b"second")
    assert path.read_bytes() == b"second"
    assert [p.name for p in path.parent.iterdir()] == ["x.txt"]


def test_others_may_read_what_was_written_as_they_may_any_file(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_bytes(b"")
    replace_file(tmp_path / "x", b"data")
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_file_and_no_litter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "x.txt"
    replace_file(path, b"old")
    monkeypatch.setattr(os, step, _failing(errno.ENOSPC))
    with pytest.raises(InputError, match=r"x\.txt: the disk is full; free some space"):
        replace_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["x.txt"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device /dev/full")
def test_a_disk_that_fills_up_while_writing_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = tmp_path / "beside"
    beside.write_bytes(b"")
    full = os.open("/dev/full", os.O_WRONLY)
    monkeypatch.setattr("tempfile.mkstemp", lambda *_: (full, str(beside)))
    with pytest.raises(InputError, match="the disk is full"):
        replace_file(tmp_path / "x", b"data")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES])
def test_a_read_only_folder_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr("tempfile.mkstemp", _failing(number))
    with pytest.raises(InputError, match="make the folder writable or choose another one"):
        replace_file(tmp_path / "x", b"data")


@pytest.mark.skipif(os.geteuid() == 0, reason="the administrator may write everywhere")
def test_a_folder_without_the_right_to_write_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(InputError, match="make the folder writable"):
            replace_file(tmp_path / "x", b"data")
    finally:
        tmp_path.chmod(0o755)


def test_a_file_in_the_place_of_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"precious")
    with pytest.raises(InputError, match="a file stands where a folder is needed"):
        replace_file(tmp_path / "out" / "x", b"data")
    assert (tmp_path / "out").read_bytes() == b"precious"


def test_a_folder_in_the_place_of_the_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    with pytest.raises(InputError, match="a folder of that name is in the way"):
        replace_file(tmp_path / "x", b"data")
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


def test_a_name_that_is_too_long_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the name is too long"):
        replace_file(tmp_path / ("x" * 300), b"data")


def test_an_interrupted_write_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        replace_file(tmp_path / "x", b"data")
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_can_be_removed(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from lapa_annotator.formats import atomic; "
        "os.replace = lambda *_: os.kill(os.getpid(), 9); "
        "atomic.replace_file(Path(sys.argv[1]) / 'sub' / 'x', b'data')"
    )
    (tmp_path / "kept.part").write_bytes(b"")
    os.spawnl(os.P_WAIT, os.sys.executable, "python", "-c", code, str(tmp_path))
    assert len(list((tmp_path / "sub").iterdir())) == 1
    assert remove_leftovers(tmp_path) == 1
    assert list((tmp_path / "sub").iterdir()) == []
    assert (tmp_path / "kept.part").exists()
