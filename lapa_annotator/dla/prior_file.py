"""Files of priors: small, without pickle, shipped with the models or learned on this computer."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.dla.prior import SIZE, Prior, Sums
from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.atomic import replace_file
from lapa_annotator.runtime.manifest import data_root, models_folder

FORMAT = 1
_UPPER = np.triu_indices(SIZE)
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
    columns["square"] = columns["square"][_UPPER]
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
        InputError: the file is missing, damaged, or of a newer program.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError("it is too large")
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            about = json.loads(bytes(file[_ABOUT]))
            columns = {f.name: _column(file, f.name) for f in fields(Sums)}
        if about["format"] > FORMAT:
            raise InputError(path, "it was made by a newer program", "install that program")
        return Prior(str(about["model"]), Sums(float(columns.pop("faces")), **columns))
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(
            path, f"it is no prior that can be read ({error})", "learn it again or delete the file"
        ) from error


def _column(file: np.lib.npyio.NpzFile, name: str) -> NDArray[np.float64]:
    values = np.asarray(file[name], dtype=np.float64)
    if name == "square":
        full = np.zeros((SIZE, SIZE))
        full[_UPPER] = values
        values = full + np.triu(full, 1).T
    expected = np.shape(getattr(Sums.none(), name))
    if values.shape != expected or not np.isfinite(values).all():
        raise ValueError(f"{name} is not {expected} finite numbers")
    return values


def find_prior(model: str) -> Prior:
    """Return what is known of a model version's errors.

    A prior learned on this computer comes before the shipped one; without either, errors are
    taken to be smooth, which any model version can be propagated with. It is made ready for
    faces other than those that it was learned from.

    Raises:
        InputError: the prior's file is damaged.
    """
    for folder in (models_folder(), data_root("models")):
        path = folder / prior_name(model)
        if path.is_file():
            return load_prior(path).updated(())
    return Prior(model, Sums.none())
