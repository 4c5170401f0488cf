"""A second opinion: the map of an eleven-class network beside the fitted one.

Where both agree, landmarks and pixels say the same. Where they do not, a landmark is wrong, a
part is hidden, or the network errs: what a person should look at.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from lapa_annotator.domain.classes import FOREGROUND, N_CLASSES
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.labelmap import LabelMap
from lapa_annotator.domain.landmarks import Points
from lapa_annotator.ppa.frame import FaceFrame
from lapa_annotator.ppa.networks import ELEVEN, ParsingNetwork
from lapa_annotator.runtime.crops import Image, cut

CROP: tuple[float, float] = (2.4, 0.12)
"""(factor, lift) of the crop, in units of the face's size."""


class SecondOpinion:
    """Parses a face by a network alone, without landmarks but for the crop.

    Raises:
        InputError: the network is missing, damaged, or has other than eleven classes.
    """

    def __init__(self, name: str = ELEVEN, path: Path | None = None) -> None:
        self._network = ParsingNetwork.open(name, path)
        self.name = name
        if self._network.classes != N_CLASSES:
            problem = f"it tells {self._network.classes} classes apart, not {N_CLASSES}"
            raise InputError(name, problem, "name a network of eleven")

    def parse(self, image: Image, points: Points) -> LabelMap:
        """The (H, W) label map of one face; background outside of the crop.

        Args:
            image: (H, W, 3) uint8 RGB.
            points: (106, 2) landmarks in image pixels; they give the crop.
        """
        size = self._network.size
        to_crop = FaceFrame.of(points).crop(*CROP, size)
        said = self._network.probabilities(cut(image, to_crop, size), to_crop.apply(points))
        height, width = image.shape[:2]
        # Probabilities are interpolated, not classes: outlines stay smooth at any size.
        best = np.zeros((height, width), np.float32)
        labels: LabelMap = np.zeros((height, width), np.uint8)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        to_image = to_crop.matrix
        for label in range(N_CLASSES):
            here = cv2.warpAffine(said[label], to_image, (width, height), flags=flags)
            better = here > best
            best[better] = here[better]
            labels[better] = label
        return labels


def disagreement(fitted: LabelMap, other: LabelMap) -> dict[int, float]:
    """How far two maps of one face differ, class by class.

    Args:
        fitted: (H, W) uint8 class ids.
        other: (H, W) uint8 class ids.

    Returns:
        Class id (1-10) -> 1 - F1 of the two areas, in [0, 1]; classes that neither has are
        left out.

    Raises:
        ValueError: maps of different sizes.
    """
    if fitted.shape != other.shape:
        raise ValueError(f"label maps of different sizes: {fitted.shape} and {other.shape}")
    mine = np.bincount(fitted.ravel(), minlength=N_CLASSES)
    theirs = np.bincount(other.ravel(), minlength=N_CLASSES)
    both = np.bincount(fitted[fitted == other], minlength=N_CLASSES)
    return {
        label: float(1 - 2 * both[label] / (mine[label] + theirs[label]))
        for label in FOREGROUND
        if mine[label] + theirs[label]
    }


def most_disputed(differences: dict[int, float]) -> int | None:
    """The class that two maps agree on least; None where there is none."""
    return max(differences, key=lambda label: differences[label], default=None)
