"""Files of priors: small, without pickle, shipped with the models or learned on this computer."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.dla.prior import N_FEATURES, SIZE, Prior, Sums
from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.atomic import replace_file
from lapa_annotator.runtime.manifest import data_root, models_folder

FORMAT = 2
_TRIANGLES = {"gram": np.triu_indices(N_FEATURES), "square": np.triu_indices(SIZE)}
_NOTHING = Sums.none()
_MOST_BYTES = 1 << 22
_ABOUT = "about"


def prior_name(model: str) -> str:
    """The file name of a model version's prior."""
    plain = "".join(c if c.isalnum() or c in "-_." else "-" for c in model)
    return f"prior-{plain}.npz"


def save_prior(path: Path, prior: Prior, notes: dict[str, str] | None = None) -> None:
    """Write a prior, half precision of what it was learned in; it replaces the file as a whole.

    Args:
        path: the file, by habit named by ``prior_name``.
        prior: what to write.
        notes: what it was learned from, for people.

    Raises:
        InputError: it cannot be written.
    """
    columns = {f.name: np.asarray(getattr(prior.sums, f.name)) for f in fields(Sums)}
    columns |= {name: columns[name][:, i, j] for name, (i, j) in _TRIANGLES.items()}
    about = json.dumps({"format": FORMAT, "model": prior.model, "notes": notes or {}})
    data = io.BytesIO()
    np.savez_compressed(
        data,
        allow_pickle=False,
        **{_ABOUT: np.frombuffer(about.encode(), np.uint8)},
        **{name: values.astype(np.float32) for name, values in columns.items()},
    )
    replace_file(path, data.getvalue())


def load_prior(path: Path) -> Prior:
    """Read a prior.

    Raises:
        InputError: the file is missing, damaged, or of another version of the program.
    """
    prior = _read(path)
    if prior is None:
        raise InputError(path, "it is a prior of an older program", "learn it again or delete it")
    return prior


def prior_of_now(path: Path) -> Prior | None:
    """Read a prior; None where there is none, or one that an older program has learned.

    Raises:
        InputError: the file is damaged, or of a newer program.
    """
    return _read(path) if path.is_file() else None


def _read(path: Path) -> Prior | None:
    """The prior in a file; None for one of an older program."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError("it is too large")
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            about = json.loads(bytes(file[_ABOUT]))
            if about["format"] > FORMAT:
                raise InputError(path, "it was made by a newer program", "install that program")
            if about["format"] < FORMAT:
                return None
            columns = {f.name: _column(file, f.name) for f in fields(Sums)}
        return Prior(str(about["model"]), Sums(float(columns.pop("faces")), **columns))
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(
            path, f"it is no prior that can be read ({error})", "learn it again or delete the file"
        ) from error


def _column(file: np.lib.npyio.NpzFile, name: str) -> NDArray[np.float64]:
    values = np.asarray(file[name], dtype=np.float64)
    expected = np.shape(getattr(_NOTHING, name))
    if name in _TRIANGLES:
        i, j = _TRIANGLES[name]
        full = np.zeros(expected)
        full[:, i, j] = full[:, j, i] = values
        values = full
    if values.shape != expected or not np.isfinite(values).all():
        raise ValueError(f"{name} is not {expected} finite numbers")
    return values


def find_prior(model: str) -> Prior:
    """Return what is known of a model version's errors.

    A prior learned on this computer comes before the shipped one; without either, errors are
    taken to be smooth, which any model version can be propagated with. It is made ready for
    faces other than those that it was learned from. What an older program has learned is passed
    over.

    Raises:
        InputError: the prior's file is damaged.
    """
    for folder in (models_folder(), data_root("models")):
        prior = prior_of_now(folder / prior_name(model))
        if prior is not None:
            return prior.for_other_faces()
    return Prior(model, Sums.none())
