"""Files that are never half there: written beside, flushed to the disk, then renamed."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from pathlib import Path

from lapa_annotator.domain.errors import InputError

_BEGINNING = ".lapa-"
_ENDING = ".part"

_FULL = ("the disk is full", "free some space and run again; what was saved before is whole")
_READ_ONLY = ("it cannot be written", "make the folder writable or choose another one")
_NOT_A_FOLDER = (
    "a file stands where a folder is needed",
    "move that file or choose another folder",
)
_WRITE_PROBLEMS: dict[int, tuple[str, str]] = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: ("your quota on the disk is used up", _FULL[1]),
    errno.EACCES: _READ_ONLY,
    errno.EPERM: _READ_ONLY,
    errno.EROFS: _READ_ONLY,
    errno.EEXIST: _NOT_A_FOLDER,
    errno.ENOTDIR: _NOT_A_FOLDER,
    errno.EISDIR: ("a folder of that name is in the way", "move it or choose another name"),
    errno.ENAMETOOLONG: ("the name is too long for this disk", "shorten the photo's name"),
}


def write_error(path: Path, error: OSError) -> InputError:
    """Say in one sentence why ``path`` could not be written."""
    plain = error.strerror or type(error).__name__
    problem, remedy = _WRITE_PROBLEMS.get(
        error.errno or 0, (f"it cannot be written ({plain})", "choose another folder or disk")
    )
    return InputError(path, problem, remedy)


def replace_file(path: Path, data: bytes) -> None:
    """Write ``data`` beside ``path``, flush it to the disk, then put it in ``path``'s place.

    Missing folders are made. If anything fails, what stood at ``path`` before is untouched
    and nothing is left beside it; only a killed process leaves its temporary file, see
    ``remove_leftovers``.

    Raises:
        InputError: a full disk, a read-only folder, a folder in the file's place.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(_ENDING, _BEGINNING, path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            # mkstemp keeps the file to its owner; a data set is shared like any other file.
            Path(name).chmod(0o666 & ~_umask())
            os.replace(name, path)  # noqa: PTH105  # the tests stand in for the disk here
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise write_error(path, error) from error


def remove_leftovers(folder: Path) -> int:
    """Remove what killed processes left of unfinished files in ``folder`` and below.

    Call it only while nobody else writes there. Returns how many files were removed.

    Raises:
        InputError: a leftover cannot be removed.
    """
    leftovers = sorted(folder.rglob(f"{_BEGINNING}*{_ENDING}"))
    for path in leftovers:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise write_error(path, error) from error
    return len(leftovers)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
