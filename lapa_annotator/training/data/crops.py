"""Crops that are cut once and kept: one memory map a source, so that batches cost no decoding."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from lapa_annotator.dla.crops import face_crop
from lapa_annotator.domain.classes import Label
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.geometry import Similarity
from lapa_annotator.domain.landmarks import Points
from lapa_annotator.domain.schema import N_POINTS
from lapa_annotator.formats.atomic import write_error
from lapa_annotator.runtime.crops import cut
from lapa_annotator.training.data.sample import UNKNOWN, Sample
from lapa_annotator.training.data.sources import Source

_VERSION = 1
Report = Callable[[int, int], None]
"""Told how many crops are cut, of how many."""


@dataclass(frozen=True, slots=True)
class CropSpec:
    """How crops are cut.

    Attributes:
        size: side in pixels.
        margin: side over the larger side of the box around the points; wide enough that a
            rotation and shift of the narrower crop a network sees stays inside.
        lift: how far the crop is raised above the face's centre, in units of that side of the
            box; parsing needs the hair.
    """

    size: int = 384
    margin: float = 2.25
    lift: float = 0.0

    def transform(self, points: Points) -> Similarity:
        """The transform from image to crop pixels for a face of (106, 2) points."""
        down = Similarity(1.0, 0.0, 0.0, self.lift * self.size / self.margin)
        return face_crop(points, self.size, self.margin).then(down)


@dataclass(frozen=True, eq=False)
class Crop:
    """One upright crop of a face.

    Attributes:
        image: (S, S, 3) uint8 RGB, black where the photo ends.
        points: (106, 2) float64 in crop pixels.
        weights: (106,) float32 in [0, 1].
        visibility: (106,) uint8.
        labels: (S, S) uint8, class ids 0-10 or ``UNKNOWN``; background where the photo ends.
        soft: (S, S, 2) uint8, probabilities of skin and hair (0-255 for 0-1).
        matte: (S, S) uint8: 0 where the photo ends, 1 to 255 how surely a pixel is to stay when
            another background is put behind the person.
    """

    image: NDArray[np.uint8]
    points: Points
    weights: NDArray[np.float32]
    visibility: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    soft: NDArray[np.uint8]
    matte: NDArray[np.uint8]


def cut_crop(sample: Sample, spec: CropSpec) -> Crop:
    """Cut the crop of a sample.

    Labels take the nearest pixel's class; a sample without a soft map gets the hard one of its
    labels, and one with neither is ``UNKNOWN`` and of no probability at all.
    """
    to_crop = spec.transform(sample.points)
    height, width = sample.image.shape[:2]
    labels = np.full((height, width), UNKNOWN, np.uint8) if sample.labels is None else sample.labels
    matte = np.full((height, width), 255, np.uint8) if sample.matte is None else sample.matte
    return Crop(
        image=cut(sample.image, to_crop, spec.size),
        points=to_crop.apply(sample.points),
        weights=sample.weights,
        visibility=sample.visibility,
        labels=_warp(labels, to_crop, spec.size, cv2.INTER_NEAREST),
        soft=_warp(_skin_and_hair(sample, labels), to_crop, spec.size, cv2.INTER_LINEAR),
        matte=_warp(np.maximum(matte, 1), to_crop, spec.size, cv2.INTER_LINEAR),
    )


def _skin_and_hair(sample: Sample, labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if sample.soft is not None:
        return np.ascontiguousarray(sample.soft[1:].transpose(1, 2, 0))
    hair = labels == Label.HAIR
    skin = (labels != Label.BACKGROUND) & ~hair & (labels != UNKNOWN)
    return np.stack([skin, hair], axis=-1).astype(np.uint8) * np.uint8(255)


def _warp(
    plane: NDArray[np.uint8], to_crop: Similarity, size: int, flags: int
) -> NDArray[np.uint8]:
    return np.asarray(cv2.warpAffine(plane, to_crop.matrix, (size, size), flags=flags), np.uint8)


_PLANES: dict[str, tuple[type[np.generic], Callable[[int], tuple[int, ...]]]] = {
    "image": (np.uint8, lambda s: (s, s, 3)),
    "points": (np.float64, lambda s: (N_POINTS, 2)),
    "weights": (np.float32, lambda s: (N_POINTS,)),
    "visibility": (np.uint8, lambda s: (N_POINTS,)),
    "labels": (np.uint8, lambda s: (s, s)),
    "soft": (np.uint8, lambda s: (s, s, 2)),
    "matte": (np.uint8, lambda s: (s, s)),
}


class Crops(Protocol):
    """Crops that can be had one by one: a store, or some of one.

    Attributes:
        name: the source's name.
        spec: how they were cut.
        keys: the samples' keys, in order.
    """

    name: str
    spec: CropSpec
    keys: list[str]

    def __len__(self) -> int:
        """How many crops there are."""
        ...

    def __getitem__(self, index: int, /) -> Crop:
        """The crop at ``index``."""
        ...


class CropStore:
    """The crops of a source on disk; ``build`` cuts them, ``open`` finds them again.

    Attributes:
        folder: where they lie.
        name: the source's name.
        spec: how they were cut.
        keys: the samples' keys, in order.
    """

    def __init__(self, folder: Path) -> None:
        """Open the crops in ``folder``.

        Raises:
            InputError: there are none, or they are damaged.
        """
        self.folder = folder
        try:
            about = json.loads((folder / "crops.json").read_text(encoding="utf-8"))
            self.name = str(about["name"])
            self.keys: list[str] = [str(key) for key in about["keys"]]
            self.spec = CropSpec(**about["spec"])
            self._planes = {
                plane: np.load(folder / f"{plane}.npy", mmap_mode="r", allow_pickle=False)
                for plane in _PLANES
            }
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                folder, "it holds no whole crops", "remove it; it is made again"
            ) from error
        if any(len(plane) != len(self.keys) for plane in self._planes.values()):
            raise InputError(folder, "its crops are cut off", "remove it; it is made again")

    def __len__(self) -> int:
        """How many crops there are."""
        return len(self.keys)

    def __getitem__(self, index: int) -> Crop:
        """The crop at ``index``; its arrays are views of the file and read-only."""
        return Crop(**{name: plane[index] for name, plane in self._planes.items()})

    @classmethod
    def build(
        cls,
        source: Source,
        cache: Path,
        spec: CropSpec | None = None,
        report: Report | None = None,
    ) -> CropStore:
        """Cut all crops of a source into a folder below ``cache``, or find them there.

        Args:
            source: the samples.
            cache: a folder for many stores; each has one of its own, named by what is in it.
            spec: how to cut.
            report: told of the progress.

        Raises:
            InputError: a sample is damaged, or the folder cannot be written.
        """
        spec = spec or CropSpec()
        about = {"name": source.name, "keys": source.keys(), "spec": asdict(spec)}
        told = json.dumps([_VERSION, about, source.fingerprint()], sort_keys=True)
        digest = hashlib.sha256(told.encode("utf-8", "surrogateescape")).hexdigest()[:16]
        folder = cache / f"{source.name}-{digest}"
        if (folder / "crops.json").is_file():
            return cls(folder)
        try:
            cache.mkdir(parents=True, exist_ok=True)
            beside = Path(tempfile.mkdtemp(".part", ".lapa-", cache))
            try:
                _cut_all(source, beside, spec, report)
                (beside / "crops.json").write_text(json.dumps(about), encoding="utf-8")
                _put_in_place(beside, folder)
            finally:
                shutil.rmtree(beside, ignore_errors=True)
        except OSError as error:
            raise write_error(folder, error) from error
        return cls(folder)


def _put_in_place(beside: Path, folder: Path) -> None:
    try:
        os.rename(beside, folder)  # noqa: PTH104  # the directory itself, never onto another one
    except OSError:
        # Another process has been faster; what it made is the same.
        if not (folder / "crops.json").is_file():
            raise


def _cut_all(source: Source, folder: Path, spec: CropSpec, report: Report | None) -> None:
    count = len(source)
    planes = {
        name: np.lib.format.open_memmap(
            folder / f"{name}.npy", mode="w+", dtype=dtype, shape=(count, *shape(spec.size))
        )
        for name, (dtype, shape) in _PLANES.items()
    }
    for index in range(count):
        crop = cut_crop(source.load(index), spec)
        for name, plane in planes.items():
            plane[index] = getattr(crop, name)
        if report is not None:
            report(index + 1, count)
    for plane in planes.values():
        plane.flush()
