"""Faces whose truth is known, with what a proposer says of them: to learn and to measure."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import platformdirs
from numpy.typing import NDArray

from lapa_annotator.dla.prior import Correction
from lapa_annotator.dla.registry import Detector, Proposer
from lapa_annotator.domain.geometry import Box
from lapa_annotator.domain.landmarks import Landmarks, Points
from lapa_annotator.domain.schema import N_POINTS, OUTER_EYE_CORNERS
from lapa_annotator.formats.atomic import replace_file
from lapa_annotator.formats.facesynthetics import (
    IGNORED,
    FaceSyntheticsFolder,
    read_segmentation,
    read_shared_points,
)
from lapa_annotator.formats.photo import read_photo
from lapa_annotator.runtime.crops import Image
from lapa_annotator.training.data.sample import UNKNOWN
from lapa_annotator.training.data.sources import Source, fingerprint_files, open_source

# A detected box that overlaps the true one less is of somebody else.
_SAME_FACE = 0.2
_MARGIN = 0.05


@dataclass(frozen=True, eq=False)
class KnownFace:
    """A face, what is proposed for it and what is true.

    Attributes:
        name: the sample's name.
        proposal: the proposer's landmarks, image pixels.
        truth: (106, 2) float64 true points, image pixels; anything where ``known`` is false.
        known: (106,) bool, the points whose truth is known; the outer eye corners among them.
        index: its place in the folder's samples.
    """

    name: str
    proposal: Landmarks
    truth: Points
    known: NDArray[np.bool_]
    index: int

    @property
    def interocular(self) -> float:
        """True distance of the outer eye corners in pixels."""
        a, b = OUTER_EYE_CORNERS
        return float(np.hypot(*(self.truth[a] - self.truth[b])))

    def correction(self) -> Correction:
        """The face as the prior learns from it."""
        noise = np.where(self.known, 0.0, np.inf)
        return Correction(self.proposal.points, self.proposal.confidence, self.truth, noise)


class KnownFolder:
    """A folder of faces with true points.

    Args:
        path: in LaPa's layout, a project, or laid out as the samples of Face Synthetics.

    Raises:
        InputError: it is none of these, or empty.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        synthetic = FaceSyntheticsFolder(path)
        self._synthetic = synthetic.landmarks() if synthetic.is_one() else {}
        self._source: Source | None = None if self._synthetic else open_source(path, "all")
        self._names = list(self._synthetic) if self._source is None else self._source.keys()

    def __len__(self) -> int:
        """How many faces there are."""
        return len(self._names)

    def load(self, index: int) -> tuple[Image, Points, NDArray[np.bool_]]:
        """Image, (106, 2) true points and which of them are known."""
        if self._source is not None:
            sample = self._source.load(index)
            return sample.image, sample.points, np.asarray(sample.weights > 0)
        path = self._synthetic[self._names[index]]
        indices, found = read_shared_points(path)
        points, known = np.zeros((N_POINTS, 2)), np.zeros(N_POINTS, bool)
        points[indices], known[indices] = found, True
        return read_photo(path.with_name(f"{self._names[index]}.png")).pixels, points, known

    def labels(self, index: int) -> NDArray[np.uint8] | None:
        """(H, W) true label map, ``IGNORED`` (255) where nothing is known; None without one."""
        assert UNKNOWN == IGNORED
        if self._source is not None:
            return self._source.load(index).labels
        name = self._names[index]
        return read_segmentation(self._synthetic[name].with_name(f"{name}_seg.png"))

    def fingerprint(self) -> str:
        """Hexadecimal digits that change whenever a face may have changed."""
        if self._source is not None:
            return self._source.fingerprint()
        return fingerprint_files(self._synthetic.items())

    def proposed(
        self, detector: Detector, proposer: Proposer, cache: Path | None = None
    ) -> Iterator[KnownFace]:
        """Give every face with its proposal, one after the other.

        A face that the detector misses is looked for in the box of its true points, as if a
        person had drawn it.

        Args:
            detector, proposer: the models.
            cache: folder that proposals are kept in from one call to the next; the user's
                cache folder when left out.
        """
        # Weights may be replaced under the same name.
        version = proposer.name + getattr(proposer, "digest", "")
        key = f"{self.path.absolute()}\0{self.fingerprint()}\0{detector.name}\0{version}"
        kept = (cache or _cache()) / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.npz"
        rows = _read(kept, len(self))
        made: list[NDArray[np.float64]] = []
        for index, name in enumerate(self._names):
            if rows is None:
                image, truth, known = self.load(index)
                landmarks = proposer.propose(image, _box(image, truth[known], detector))
                table = np.column_stack([landmarks.points, landmarks.confidence, truth, known])
                made.append(table)
            else:
                table = rows[index]
            points, confidence, truth, known = np.split(table, [2, 3, 5], axis=1)
            model = (proposer.name,) * N_POINTS
            proposal = Landmarks(points, confidence=confidence[:, 0], model=model)
            yield KnownFace(name, proposal, truth, known[:, 0] > 0, index)
        if rows is None:
            kept.parent.mkdir(parents=True, exist_ok=True)
            _write(kept, np.array(made))


def _box(image: Image, truth: Points, detector: Detector) -> Box:
    true = Box.around(truth, _MARGIN)
    found = max(detector.detect(image), key=true.iou, default=true)
    return found if found.iou(true) >= _SAME_FACE else true


def _cache() -> Path:
    return Path(platformdirs.user_cache_dir("lapa-annotator", appauthor=False)) / "proposals"


def _read(path: Path, count: int) -> NDArray[np.float64] | None:
    """The kept (n, 106, 6) table: proposal, confidence, truth, known; None when there is none."""
    if not path.is_file():
        return None
    try:
        rows = np.load(path, allow_pickle=False)["faces"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None  # a damaged cache is made again
    return rows if rows.shape == (count, N_POINTS, 6) else None


def _write(path: Path, rows: NDArray[np.float64]) -> None:
    data = io.BytesIO()
    np.savez_compressed(data, faces=rows)
    replace_file(path, data.getvalue())
