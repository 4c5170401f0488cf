"""What every format writes and reads: a photo with its labelled faces.

A format turns a ``Sample`` into files and one row of JSON (``Written``); what stands in lists
of all samples is made of the rows when every sample is there. So samples can be written in
any order and in several processes, and no more than one is in memory.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lapa_annotator.domain.face import Pose
from lapa_annotator.domain.geometry import Box
from lapa_annotator.domain.labelmap import LabelMap
from lapa_annotator.domain.landmarks import Points, Visibility
from lapa_annotator.domain.override import OCCLUDERS
from lapa_annotator.domain.schema import N_POINTS
from lapa_annotator.formats.classes import Classes

Row = dict[str, Any]
"""What a format keeps of a sample for its lists, fit for JSON."""


def _all_visible() -> NDArray[np.uint8]:
    return np.full(N_POINTS, Visibility.VISIBLE, np.uint8)


@dataclass(frozen=True, eq=False)
class SampleFace:
    """One labelled face of a sample.

    Attributes:
        box: the face box in pixels of the sample's image.
        points: (106, 2) float64, (0, 0) the centre of the top-left pixel; None without.
        visibility: (106,) uint8: 0 absent, 1 occluded, 2 visible.
        known: (106,) bool, the points that the file told; None for all.
        labels: (H, W) uint8 at the image's size; None without. When written, the ids are those
            of the ``Classes`` that go with it; when read, LaPa's own.
        pose: the head pose, None when unknown.
        occluders: (H, W) uint8 at the image's size, what hides the face: values of
            ``Occluder``, 0 where nothing is said; None without.
    """

    box: Box
    points: Points | None = None
    visibility: NDArray[np.uint8] = field(default_factory=_all_visible)
    known: NDArray[np.bool_] | None = None
    labels: LabelMap | None = None
    pose: Pose | None = None
    occluders: NDArray[np.uint8] | None = None

    @property
    def hidden_by(self) -> dict[str, NDArray[np.bool_]]:
        """What hides the face, by kind: (H, W) bool."""
        told = self.occluders
        if told is None:
            return {}
        masks = {name: told == kind for name, kind in OCCLUDERS.items()}
        return {name: mask for name, mask in masks.items() if mask.any()}


@dataclass(frozen=True, eq=False)
class Sample:
    """A photo with its labelled faces.

    Attributes:
        name: unique among the samples of a data set, fit for a file's name.
        split: "train", "val" or "test"; "" where the data set has none.
        width, height: of the image, in pixels.
        faces: its faces; one in formats that hold one.
        number: its place among the samples, for formats that count.
        tags: what else is said of the photo.
        image: when read, the file of the photo; None where ``picture`` holds it.
        picture: the bytes of the photo's file: when read, where they lie inside a larger file;
            when written, for formats that take it in.
    """

    name: str
    split: str
    width: int
    height: int
    faces: tuple[SampleFace, ...]
    number: int = 0
    tags: tuple[str, ...] = ()
    image: Path | None = None
    picture: bytes | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the image in pixels."""
        return self.width, self.height


@dataclass(frozen=True)
class Written:
    """A sample as a format has it.

    Attributes:
        files: contents by place below the data set's folder; the photo's own is not among them.
        row: for the lists; None when the sample stands in none.
    """

    files: Mapping[str, bytes]
    row: Row | None = None


Rows = Callable[[str], Iterator[Row]]
"""Gives the rows of a split, in the order of the samples, as often as it is asked."""


def place(*parts: str) -> str:
    """Join the parts of a place below a data set's folder."""
    return str(PurePosixPath(*(part for part in parts if part)))


def write_text(root: Path, where: str, pieces: Iterator[str]) -> str:
    """Write pieces of text as a file below ``root``, without keeping them; returns ``where``.

    Raises:
        OSError: it cannot be written.
    """
    path = root / where
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(pieces)
    return where


def occluder_picture(occluders: NDArray[np.uint8]) -> bytes:
    """A PNG of one channel whose values say what hides a face; see ``SampleFace.occluders``."""
    data = io.BytesIO()
    Image.fromarray(occluders).save(data, "PNG")
    return data.getvalue()


def nothing(root: Path, rows: Rows, classes: Classes) -> Iterator[str]:
    """The lists of a format that has none."""
    del root, rows, classes
    yield from ()
