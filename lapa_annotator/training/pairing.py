"""Finding what belongs together: predictions in LaPa's layout, truth in one of two layouts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np

from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.schema import N_POINTS
from lapa_annotator.formats import facesynthetics, lapa
from lapa_annotator.formats.facesynthetics import FaceSyntheticsFolder
from lapa_annotator.formats.lapa import LapaFolder
from lapa_annotator.training.evaluation import LabelPair, LandmarkPair

_Key = tuple[str, str]  # split and name


@dataclass
class Pairing:
    """Pairs of one kind of file, read one after the other; what is left out is kept in ``skipped``.

    Attributes:
        found: sample name -> (predicted file, true file).
        synthetic: whether the truth is laid out as Face Synthetics.
        skipped: sample name -> the sentence that says why it was not compared.
    """

    found: dict[str, tuple[Path, Path]]
    synthetic: bool
    skipped: dict[str, str] = field(default_factory=dict)

    @property
    def compared(self) -> int:
        """How many pairs have not been skipped; final once all have been read."""
        return sum(name not in self.skipped for name in self.found)

    def landmarks(self) -> Iterator[LandmarkPair]:
        """Read the pairs of landmark files, skipping what is bad."""
        for name, (predicted, truth) in self.found.items():
            try:
                points = lapa.read_landmarks(predicted)
                if self.synthetic:
                    indices, true_points = facesynthetics.read_shared_points(truth)
                else:
                    indices, true_points = np.arange(N_POINTS), lapa.read_landmarks(truth)
                pair = LandmarkPair(name, points, indices, true_points)
            except InputError as error:
                self.skipped[name] = str(error)
            except ValueError as error:
                self.skipped[name] = f"{truth}: {error}."
            else:
                yield pair

    def labels(self) -> Iterator[LabelPair]:
        """Read the pairs of label files, skipping what is bad or of two sizes."""
        for name, (predicted, truth) in self.found.items():
            try:
                if self.synthetic:
                    true_labels, ignored = facesynthetics.read_segmentation(truth), 255
                else:
                    true_labels, ignored = lapa.read_labels(truth), None
                height, width = true_labels.shape
                labels = lapa.read_labels(predicted, (width, height))
            except InputError as error:
                self.skipped[name] = str(error)
            else:
                yield LabelPair(name, labels, true_labels, ignored)


def pair_up(predictions: Path, truth: Path, kind: str) -> Pairing:
    """Match the files of a data set in LaPa's layout with the truth by name.

    The same split and name come first, then the same name in any split, then the same last
    part of the name; a name that fits several files fits none.

    Args:
        predictions: a folder in LaPa's layout.
        truth: a folder in LaPa's layout, or laid out as Face Synthetics.
        kind: "labels" or "landmarks".

    Raises:
        InputError: a folder of another layout, or nothing that matches.
    """
    synthetic = FaceSyntheticsFolder(truth)
    if synthetic.is_one():
        files = synthetic.labels() if kind == "labels" else synthetic.landmarks()
        true_files: dict[_Key, Path] = {("", name): path for name, path in files.items()}
    else:
        true_files = _lapa_files(truth, kind)
    if not true_files:
        raise InputError(truth, f"it holds no {kind}", "name the folder of the truth")
    index = _Index(_lapa_files(predictions, kind))
    pairing = Pairing({}, synthetic.is_one())
    for (split, name), path in true_files.items():
        shown = f"{split}/{name}" if split else name
        match = index.find(split, name)
        if match is None:
            pairing.skipped[shown] = f"{shown}: nothing was predicted for it."
        else:
            pairing.found[shown] = match, path
    if not pairing.found:
        raise InputError(
            predictions,
            f"none of its {kind} has the name of one in {truth}",
            "name the output for the same photos",
        )
    return pairing


class _Index:
    """Predicted files by split and name, by name, and by the name's last part."""

    def __init__(self, files: dict[_Key, Path]) -> None:
        self._exact = files
        self._loose: dict[str, list[Path]] = {}
        for (_, name), path in files.items():
            for key in {name, PurePosixPath(name).name}:
                self._loose.setdefault(key, []).append(path)

    def find(self, split: str, name: str) -> Path | None:
        """Return the one file that fits, None where there is none or more than one."""
        if (split, name) in self._exact:
            return self._exact[split, name]
        for key in (name, PurePosixPath(name).name):
            if len(paths := self._loose.get(key, [])) == 1:
                return paths[0]
        return None


def _lapa_files(root: Path, kind: str) -> dict[_Key, Path]:
    folder = LapaFolder(root)
    return {
        (split, name): path
        for split in folder.splits()
        for name, path in folder.files(kind, split).items()
    }
