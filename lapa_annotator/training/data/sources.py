"""Where samples come from: LaPa folders, rendered faces, teacher-labelled photos, projects."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.schema import N_POINTS
from lapa_annotator.formats.decode import opened
from lapa_annotator.formats.lapa import LapaFolder, LapaSample, read_labels, read_landmarks
from lapa_annotator.formats.photo import read_photo
from lapa_annotator.store.project import SUFFIX
from lapa_annotator.training.data.sample import Sample
from lapa_annotator.training.data.split import Part, belongs

METADATA, SOFT = "metadata", "soft"
"""Folders beside ``images``: what else is known of a sample; skin, hair and person as RGB."""


class Source(Protocol):
    """Samples that can be loaded one by one, in a fixed order.

    Attributes:
        name: what reports call it.
    """

    name: str

    def __len__(self) -> int:
        """How many samples there are."""
        ...

    def keys(self) -> list[str]:
        """The keys of the samples, in order."""
        ...

    def load(self, index: int) -> Sample:
        """Read the sample at ``index``.

        Raises:
            InputError: a file of it is missing or damaged.
        """
        ...

    def fingerprint(self) -> str:
        """Hexadecimal digits that change whenever a sample may have changed."""
        ...


def open_source(path: Path, part: Part = "train") -> Source:
    """Open a folder of samples.

    Args:
        path: a folder in LaPa's layout (rendered faces and what ``teach`` writes among them);
            a project, of which the finished and approved annotations are taken; or a data set
            in any other layout that keeps label maps, CelebAMask-HQ's or Helen's for two.
        part: "train" leaves out what is held out: one photo in ten by its name's hash, or,
            where the folder has the splits val or test, these.

    Raises:
        InputError: it is neither, or no sample of it has an image and landmarks.
    """
    if path.suffix == SUFFIX or (path / "project.db").is_file():
        # Imported late: opening data sets does not need the database.
        from lapa_annotator.training.data.projects import ProjectSource

        return ProjectSource(path, part)
    # Imported late: so are the readers of all layouts.
    from lapa_annotator.training.data.maps import MapSource, layout_of

    layout = layout_of(path)
    return LapaSource(path, part) if layout is None else MapSource(path, layout, part)


class LapaSource:
    """A folder in LaPa's layout, with or without metadata and soft maps.

    Raises:
        InputError: it is no such folder, or no sample has an image and landmarks.
    """

    def __init__(self, root: Path, part: Part = "train") -> None:
        self.name = root.name
        self.root = root
        folder = LapaFolder(root)
        found = [s for s in folder.samples() if s.landmarks is not None]
        self._samples = _of_part(found, part)
        if not self._samples:
            raise InputError(
                root,
                f"it holds no samples with landmarks to use as {part!r}",
                "name a folder with images and landmarks, or label its photos first",
            )

    def __len__(self) -> int:
        """How many samples there are."""
        return len(self._samples)

    def keys(self) -> list[str]:
        """The samples' names below ``images``."""
        return [sample.name for sample in self._samples]

    def load(self, index: int) -> Sample:
        """Read the sample at ``index``; see ``Source.load``."""
        sample = self._samples[index]
        image = read_photo(sample.image).pixels
        size = image.shape[1], image.shape[0]
        assert sample.landmarks is not None
        soft, matte = _read_soft(self._beside(sample, SOFT, ".png"), size)
        return Sample(
            image=image,
            points=read_landmarks(sample.landmarks),
            key=sample.name,
            source=self.name,
            labels=None if sample.labels is None else read_labels(sample.labels, size),
            soft=soft,
            matte=matte,
            **_read_columns(self._beside(sample, METADATA, ".json")),
        )

    def fingerprint(self) -> str:
        """See ``Source.fingerprint``; told by the files' names, sizes and times."""
        return fingerprint_files(
            (sample.name, file)
            for sample in self._samples
            for file in (sample.image, sample.landmarks, sample.labels)
            if file is not None
        )

    def _beside(self, sample: LapaSample, kind: str, suffix: str) -> Path:
        return self.root / sample.split / kind / f"{sample.name}{suffix}"


def fingerprint_files(files: Iterable[tuple[str, Path]]) -> str:
    """A digest of named files by their sizes and times of change."""
    digest = hashlib.sha256()
    for name, file in files:
        stat = file.stat()
        digest.update(f"{name}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:16]


def _of_part(samples: list[LapaSample], part: Part) -> list[LapaSample]:
    if part == "all":
        return samples
    if {s.split for s in samples} & {"val", "test"}:
        return [s for s in samples if (s.split in ("val", "test")) == (part == "held out")]
    return [s for s in samples if belongs(s.name, part)]


def _read_columns(path: Path) -> dict[str, Any]:
    """``weights`` and ``visibility`` of a metadata file, as far as it tells them."""
    if not path.is_file():
        return {}
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        kinds: dict[str, Callable[[Any], NDArray[Any]]] = {
            "weights": lambda v: np.array(v, np.float32),
            "visibility": lambda v: np.array(v, np.uint8),
        }
        columns = {name: kind(told[name]) for name, kind in kinds.items() if told.get(name)}
    except (OSError, ValueError, TypeError, AttributeError, OverflowError) as error:
        raise InputError(path, "it is damaged", "make this data set again") from error
    if any(column.shape != (N_POINTS,) for column in columns.values()):
        raise InputError(path, f"it does not tell of {N_POINTS} points", "make this data set again")
    return columns


def _read_soft(
    path: Path, size: tuple[int, int]
) -> tuple[NDArray[np.uint8] | None, NDArray[np.uint8] | None]:
    """Soft map (3, H, W) and matte (H, W) of a file that holds skin, hair and person as RGB."""
    if not path.is_file():
        return None, None
    with opened(path, ("PNG",)) as picture:
        told = np.array(picture.convert("RGB"))
    if told.shape[:2] != size[::-1]:
        raise InputError(path, "its size is not its image's", "make this data set again")
    skin, hair, person = told.transpose(2, 0, 1)
    background = 255 - np.minimum(skin.astype(np.int32) + hair, 255)
    return np.stack([background.astype(np.uint8), skin, hair]), person.copy()
