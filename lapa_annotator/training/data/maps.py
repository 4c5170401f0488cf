"""Data sets of other layouts, CelebAMask-HQ's and Helen's among them, to train parsers on.

Most of them hold label maps and no points. A parser needs points only to be shown the face
upright and at the right size, and the map itself tells these: the mean face is laid on its
eyes, nose and mouth. Such points have the weight 0: no landmark network learns from them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from lapa_annotator.domain.classes import Label
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.geometry import fit_similarity
from lapa_annotator.domain.labelmap import LabelMap
from lapa_annotator.domain.landmarks import Points
from lapa_annotator.domain.schema import N_POINTS
from lapa_annotator.formats.photo import read_photo
from lapa_annotator.formats.registry import FORMATS, LABELS, Format, mean_face, read_samples
from lapa_annotator.formats.samples import Sample as Read
from lapa_annotator.formats.samples import SampleFace
from lapa_annotator.training.data.sample import Sample
from lapa_annotator.training.data.split import VARIATION, Part, belongs

# Points of the mean face whose centre is the centre of these classes.
_ANCHORS: tuple[tuple[slice, tuple[Label, ...]], ...] = (
    (slice(66, 75), (Label.LEFT_EYE,)),
    (slice(75, 84), (Label.RIGHT_EYE,)),
    (slice(51, 66), (Label.NOSE,)),
    (slice(84, 104), (Label.UPPER_LIP, Label.INNER_MOUTH, Label.LOWER_LIP)),
)
_FOREHEAD = 0.2
"""Share of the skin's height that lies above the points."""


def layout_of(root: Path) -> Format | None:
    """The layout with label maps, other than LaPa's, that a folder has; None without."""
    rows = (row for row in FORMATS.values() if row.name != "lapa" and LABELS in row.keeps)
    return next((row for row in rows if root.is_dir() and row.is_one(root)), None)


class MapSource:
    """The labelled faces of a data set in any layout that keeps label maps; see ``Source``.

    Samples are read one after another; asking for an earlier one begins anew.

    Raises:
        InputError: a sample is damaged, or none of that part has a label map with a face.
    """

    def __init__(self, root: Path, layout: Format, part: Part = "train") -> None:
        self.name, self._root, self._layout = root.name, root, layout
        told = hashlib.sha256()
        faces: list[tuple[str, str]] = []
        for key, split, _, face in self._all():
            assert face.labels is not None
            told.update(key.encode("utf-8", "surrogateescape") + face.labels.tobytes())
            faces.append((key, split))
        self._fingerprint = told.hexdigest()[:16]
        splits = bool({split for _, split in faces} & {"val", "test"})
        self._keys = [key for key, split in faces if _in_part(key, split, part, splits)]
        self._next, self._stream = 0, self._wanted()
        if not self._keys:
            problem = f"it holds no label maps of faces to use as {part!r}"
            raise InputError(root, problem, "name a folder with photos and label maps")

    def __len__(self) -> int:
        """How many samples there are."""
        return len(self._keys)

    def keys(self) -> list[str]:
        """The samples' names; several faces of a photo are told apart."""
        return list(self._keys)

    def load(self, index: int) -> Sample:
        """Read the sample at ``index``; see ``Source.load``."""
        if index < self._next:
            self._next, self._stream = 0, self._wanted()
        for sample in self._stream:
            self._next += 1
            if self._next == index + 1:
                return sample
        raise IndexError(index)

    def fingerprint(self) -> str:
        """See ``Source.fingerprint``; told by names and label maps."""
        return self._fingerprint

    def _wanted(self) -> Iterator[Sample]:
        wanted = set(self._keys)
        for key, _, read, face in self._all():
            if key in wanted:
                yield self._sample(key, read, face)

    def _all(self) -> Iterator[tuple[str, str, Read, SampleFace]]:
        """Key, split, sample and face of every face with a label map that shows one."""
        for read in read_samples(self._root, self._layout):
            if isinstance(read, InputError):
                raise read
            if read.image is None:
                continue
            for number, face in enumerate(read.faces):
                if face.labels is not None and ((face.labels > 0) & (face.labels < 10)).any():
                    key = read.name if number == 0 else f"{read.name}{VARIATION}{number}"
                    yield key, read.split, read, face

    def _sample(self, key: str, read: Read, face: SampleFace) -> Sample:
        assert read.image is not None
        assert face.labels is not None
        points, weights = face.points, np.zeros(N_POINTS, np.float32)
        if points is not None:
            weights[:] = 1 if face.known is None else face.known
        else:
            points = points_from_map(face.labels)
        return Sample(
            image=read_photo(read.image).pixels,
            points=points,
            key=key,
            source=self.name,
            weights=weights,
            visibility=face.visibility,
            labels=face.labels,
        )


def _in_part(key: str, split: str, part: Part, splits: bool) -> bool:
    if splits and part != "all":
        return (split in ("val", "test")) == (part == "held out")
    return belongs(key, part)


def points_from_map(labels: LabelMap) -> Points:
    """Lay the mean face on a label map.

    Args:
        labels: (H, W) uint8 class ids with some skin or part of a face.

    Returns:
        (106, 2) float64 in pixels, right about where the face is, its size and its roll: by
        two or more of its eyes, nose and mouth; with fewer by the box around all of its skin.

    Raises:
        ValueError: no class of a face is there.
    """
    mean = mean_face()
    there = [(mean[rows].mean(axis=0), _centre(labels, ids)) for rows, ids in _ANCHORS]
    pairs = [(mine, seen) for mine, seen in there if seen is not None]
    if len(pairs) >= 2:
        mine, seen = (np.array(side) for side in zip(*pairs, strict=True))
        return fit_similarity(mine, seen).apply(mean)
    rows, columns = np.nonzero((labels > Label.BACKGROUND) & (labels < Label.HAIR))
    if not rows.size:
        raise ValueError("a label map without a face has no points")
    low = np.array([columns.min(), rows.min()]) - 0.5
    high = np.array([columns.max(), rows.max()]) + 0.5
    low[1] += _FOREHEAD * (high[1] - low[1])
    shares = (mean - mean.min(axis=0)) / np.ptp(mean, axis=0)
    return np.asarray(shares * (high - low) + low, np.float64)


def _centre(labels: LabelMap, ids: tuple[Label, ...]) -> Points | None:
    rows, columns = np.nonzero(np.isin(labels, ids))
    return np.array([columns.mean(), rows.mean()]) if rows.size else None
