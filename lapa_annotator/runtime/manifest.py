"""The manifest of weights: which model files the program knows and where they come from."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import platformdirs

from lapa_annotator.domain.errors import InputError, choose


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of weights.

    Attributes:
        name: what the program calls it.
        stage: what it is for: detector, landmarks or segmenter.
        file: its file name in the folder of models.
        sha256: the checksum it must have, 64 hexadecimal digits.
        size: its size in bytes.
        source: the package manager that brings it, "pip" or "npm".
        package, version: the package that carries it.
        member: the path to it through the package's archive and archives inside.
        licence: the terms of the weights.
        about: one line for people.
    """

    name: str
    stage: str
    file: str
    sha256: str
    size: int
    source: str
    package: str
    version: str
    member: tuple[str, ...]
    licence: str
    about: str


def data_root(kind: str) -> Path:
    """The folder of ``models`` or ``resources``: in the wheel, or beside the package's folder."""
    package = Path(__file__).parents[1]
    shipped = package / "_data" / kind
    return shipped if shipped.is_dir() else package.parent / kind


@cache
def manifest() -> dict[str, ModelFile]:
    """Read the manifest: model files by name.

    Raises:
        InputError: the manifest cannot be read; the installation is damaged.
    """
    path = data_root("models") / "manifest.toml"
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8"))["file"]
        files = [ModelFile(**{**row, "member": tuple(row["member"])}) for row in rows]
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise InputError(
            path, f"the manifest of models is damaged ({error})", "install the program again"
        ) from error
    return {file.name: file for file in files}


def model_file(name: str) -> ModelFile:
    """Return the row of a model file.

    Raises:
        InputError: no file of that name.
    """
    return choose(manifest(), name, "model file")


def models_folder() -> Path:
    """The folder that fetched model files are kept in: $LAPA_MODELS or the user's data folder."""
    named = os.environ.get("LAPA_MODELS")
    if named:
        return Path(named).expanduser()
    return Path(platformdirs.user_data_dir("lapa-annotator", appauthor=False)) / "models"
