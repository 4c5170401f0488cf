"""The folders that a training is given: their shares, their crops, some faces of them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from lapa_annotator.domain.errors import InputError
from lapa_annotator.training.data.crops import Crop, Crops, CropSpec, CropStore
from lapa_annotator.training.data.sources import open_source
from lapa_annotator.training.data.split import Part, photo_of


@dataclass(frozen=True, slots=True)
class Data:
    """A folder to train on and how much of the batches it gives.

    Attributes:
        path: a folder in LaPa's layout, of rendered or teacher-labelled faces, or a project.
        share: in relation to the other folders' shares; 0 to validate on it alone.
    """

    path: Path
    share: float = 1.0

    def __str__(self) -> str:
        return f"{self.path}:{self.share:g}"

    @classmethod
    def parse(cls, text: str) -> Data:
        """Read ``FOLDER`` or ``FOLDER:share``.

        Raises:
            InputError: there is no such folder, or the share is negative.
        """
        folder, colon, number = text.rpartition(":")
        try:
            data = cls(Path(folder), float(number)) if colon and folder else cls(Path(text))
        except ValueError:
            data = cls(Path(text))
        if not 0 <= data.share < float("inf"):
            raise InputError(text, "a share is a number from 0 on", "write it like FOLDER:0.5")
        if not data.path.exists():
            raise InputError(data.path, "there is no such folder", "name a folder of faces")
        return data


class Some:
    """Some crops of a store; see ``Crops``."""

    def __init__(self, store: Crops, indices: Sequence[int]) -> None:
        self.name, self.spec = store.name, store.spec
        self.keys = [store.keys[i] for i in indices]
        self._store, self._indices = store, list(indices)

    def __len__(self) -> int:
        """How many crops there are."""
        return len(self._indices)

    def __getitem__(self, index: int) -> Crop:
        """The crop at ``index`` of these."""
        return self._store[self._indices[index]]


def crops_folder() -> Path:
    """Where cut crops are kept from one training to the next."""
    return Path(platformdirs.user_cache_dir("lapa-annotator", appauthor=False)) / "crops"


def kept_crops(path: Path, part: Part, spec: CropSpec, cache: Path) -> tuple[CropStore, str]:
    """The crops of a folder, cut now if they have not been before, and its fingerprint.

    Raises:
        InputError: it holds no samples of that part, or one is damaged.
    """
    source = open_source(path, part)
    return CropStore.build(source, cache, spec), source.fingerprint()


def count_photos(stores: Sequence[Crops]) -> int:
    """How many photos the crops of all stores come from."""
    return sum(len({photo_of(key) for key in store.keys}) for store in stores)


def first_faces(stores: Sequence[Crops], count: int, seed: int) -> list[Some]:
    """Take ``count`` photos out of all stores, in an order that the seed shuffles.

    More photos of the same seed hold the fewer ones, so that a learning curve grows its set;
    other faces and turned pictures of a photo go with it.
    """
    photos = {(s, photo_of(key)) for s, store in enumerate(stores) for key in store.keys}
    ranks = {
        photo: hashlib.sha256(f"{seed}/{photo[0]}/{photo[1]}".encode(errors="surrogateescape"))
        for photo in photos
    }
    taken = set(sorted(photos, key=lambda photo: ranks[photo].digest())[:count])
    return [
        Some(store, [i for i, key in enumerate(store.keys) if (s, photo_of(key)) in taken])
        for s, store in enumerate(stores)
    ]
