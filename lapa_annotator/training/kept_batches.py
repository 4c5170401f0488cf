"""Batches that are drawn once and kept: what a comparison's variants all train on."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from lapa_annotator.formats.atomic import replace_file, write_error
from lapa_annotator.training.data.batches import Arrays, Batches


@dataclass(frozen=True)
class KeptBatches(Batches):
    """Batches that are read from a folder where they have been drawn before.

    Drawing a batch costs as much as a step of a small network, and all variants of a seed want
    the same ones. What is kept is what would be drawn, to the bit.

    Attributes:
        folder: where they lie; each choice of faces, crop, seed and augmentation has its own
            folder below.
        prints: what tells that the faces have changed, by source.
    """

    folder: Path = Path()
    prints: dict[str, str] = field(default_factory=dict)

    def at(self, step: int) -> Arrays:
        """The batch of a step; see ``Batches.at``.

        Raises:
            InputError: it cannot be kept (a full disk, a read-only folder).
        """
        path = self.folder / self.digest() / f"{step}.npz"
        try:
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as kept:
                return {name: kept[name] for name in kept.files}
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            pass  # not drawn yet, or damaged: it is drawn now
        arrays = super().at(step)
        data = io.BytesIO()
        np.savez(data, **arrays)  # type: ignore[arg-type]  # its stubs take a flag for an array
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise write_error(path.parent, error) from error
        replace_file(path, data.getvalue())
        return arrays

    def digest(self) -> str:
        """Hexadecimal digits of all that a batch depends on, its step left out."""
        faces = [[store.name, store.keys, asdict(store.spec)] for store in self.stores]
        drawn = [asdict(self.settings), asdict(self.to), self.seed, self.batch, self.maps]
        told = json.dumps([faces, list(self.shares), drawn, self.prints], sort_keys=True)
        return hashlib.sha256(told.encode("utf-8", "surrogateescape")).hexdigest()[:16]
