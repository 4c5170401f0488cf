"""Unpacking archives that come from elsewhere: no file leaves the folder, none fills the disk."""

from __future__ import annotations

import shutil
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath, PureWindowsPath

from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.atomic import write_error
from lapa_annotator.formats.checks import short
from lapa_annotator.formats.decode import check_file, read_error

MOST_FILES = 2_000_000
# JPEG and PNG hardly shrink; text of coordinates may by ten, and label maps by some hundred.
_MOST_GROWTH = 200
_FREE_GROWTH = 100 << 20
_PIECE = 1 << 20


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a .zip file into a new folder, which gets its name when all is in it.

    Raises:
        InputError: no .zip file, one that grows out of measure, an encrypted one, names that
            lead outside of the folder or are there twice, links, a folder that is there, or a
            full disk; nothing is left then.
    """
    check_file(archive)
    if folder.exists():
        raise InputError(folder, "there is something of that name", "name a new folder")
    growing = folder.with_name(f".{folder.name}.unpacking")
    try:
        shutil.rmtree(growing, ignore_errors=True)
        with zipfile.ZipFile(archive) as file:
            entries = _checked(archive, file)
            _check_room(archive, folder, sum(entry.file_size for entry in entries))
            growing.mkdir(parents=True)
            for entry in entries:
                _extract(archive, file, entry, growing)
        growing.rename(folder)
    except zipfile.BadZipFile as error:
        raise InputError(
            archive, f"it is no whole .zip file ({error})", "fetch it again"
        ) from error
    except (zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise InputError(archive, f"it cannot be unpacked ({error})", "pack it again") from error
    except OSError as error:
        raise write_error(folder, error) from error
    finally:
        shutil.rmtree(growing, ignore_errors=True)


def _checked(archive: Path, file: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The files of an archive, once all their names and sizes are known to be sound."""
    entries = [entry for entry in file.infolist() if not entry.is_dir()]
    if len(entries) > MOST_FILES:
        raise InputError(archive, f"it holds {len(entries):,} files", "split it")
    seen: set[str] = set()
    for entry in entries:
        name = PurePosixPath(entry.filename)
        odd = name.is_absolute() or ".." in name.parts or "\\" in entry.filename
        if odd or PureWindowsPath(entry.filename).drive or stat.S_ISLNK(entry.external_attr >> 16):
            problem = f"it names {short(entry.filename)}, which may lead out of the folder"
            raise InputError(archive, problem, "pack it again without links and such names")
        if entry.flag_bits & 1:
            raise InputError(archive, "it is encrypted", "pack it without a password")
        key = str(name).casefold()
        if key in seen:
            problem = f"it holds {short(entry.filename)} twice"
            raise InputError(archive, problem, "pack it again with every file once")
        seen.add(key)
    whole = sum(entry.file_size for entry in entries)
    if whole > _FREE_GROWTH + _MOST_GROWTH * archive.stat().st_size:
        problem = f"it would grow from {_mb(archive.stat().st_size)} to {_mb(whole)} MB"
        raise InputError(archive, problem, "see whether it is what it says, and unpack it yourself")
    return entries


def _mb(size: int) -> str:
    return f"{size / 1e6:,.1f}"


def _check_room(archive: Path, folder: Path, whole: int) -> None:
    parent = next(p for p in folder.absolute().parents if p.exists())
    free = shutil.disk_usage(parent).free
    if whole > free:
        problem = f"it needs {_mb(whole)} MB and {_mb(free)} MB are free"
        raise InputError(archive, problem, "free some space or choose another disk")


def _extract(archive: Path, file: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path) -> None:
    """Write one file; what an archive says of a file's size is not believed."""
    path = folder / entry.filename
    path.parent.mkdir(parents=True, exist_ok=True)
    left = entry.file_size
    with file.open(entry) as source, path.open("wb") as target:
        while piece := source.read(_PIECE):
            left -= len(piece)
            if left < 0:
                raise InputError(
                    archive, f"{short(entry.filename)} is larger than told", "leave it"
                )
            target.write(piece)


def is_archive(path: Path) -> bool:
    """Whether a path names an archive by its suffix.

    Raises:
        InputError: it may not be looked at.
    """
    try:
        return path.suffix.lower() == ".zip" and path.is_file()
    except OSError as error:
        raise read_error(path, error) from error
