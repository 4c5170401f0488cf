"""Reading sample pictures laid out as Microsoft's Face Synthetics are: evaluation only.

A folder holds ``NNNNNN.png``, ``NNNNNN_seg.png`` (19 classes) and ``NNNNNN_ldmks.txt`` (70
lines ``x y``: iBUG-68, then the left and the right pupil). The points are "x-ray" points:
on turned heads the far contour runs through the head. They are counted from the picture's
corner: against the segmentations they lie two thirds of a pixel to the right and below
(66 eyes: 0.65 and 0.66; standard errors 0.09 and 0.05).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.classes import Label
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.landmarks import Points
from lapa_annotator.domain.schema import IBUG68_SHARED
from lapa_annotator.formats.decode import check_file, read_error
from lapa_annotator.formats.lapa import read_ids

IGNORED = 255
"""Value of the pixels that no class is known of."""

_N_POINTS = 70
_LEFT_PUPIL, _RIGHT_PUPIL = 68, 69
_SEG_SUFFIX, _POINTS_SUFFIX = "_seg.png", "_ldmks.txt"

_SHARED = IBUG68_SHARED | {104: _LEFT_PUPIL, 105: _RIGHT_PUPIL}

# Ears and beard are skin in LaPa; neck, clothing, glasses, headwear, facewear are background.
_LAPA_OF: dict[int, int] = {
    0: Label.BACKGROUND,
    1: Label.SKIN,
    2: Label.NOSE,
    3: Label.RIGHT_EYE,
    4: Label.LEFT_EYE,
    5: Label.RIGHT_EYEBROW,
    6: Label.LEFT_EYEBROW,
    7: Label.SKIN,
    8: Label.SKIN,
    9: Label.INNER_MOUTH,
    10: Label.UPPER_LIP,
    11: Label.LOWER_LIP,
    12: Label.BACKGROUND,
    13: Label.HAIR,
    14: Label.SKIN,
    **dict.fromkeys((15, 16, 17, 18), Label.BACKGROUND),
    IGNORED: IGNORED,
}


@dataclass(frozen=True, slots=True)
class FaceSyntheticsFolder:
    """A folder of such pictures."""

    root: Path

    def is_one(self) -> bool:
        """Whether the folder holds segmentations or landmarks named as there."""
        return bool(self.files(_SEG_SUFFIX) or self.files(_POINTS_SUFFIX))

    def labels(self) -> dict[str, Path]:
        """The segmentations by sample name."""
        return self.files(_SEG_SUFFIX)

    def landmarks(self) -> dict[str, Path]:
        """The landmark files by sample name."""
        return self.files(_POINTS_SUFFIX)

    def files(self, suffix: str) -> dict[str, Path]:
        """The files of names that end in ``suffix``, by what stands before it, in order."""
        paths = sorted(self.root.glob(f"*{suffix}"))
        return {path.name.removesuffix(suffix): path for path in paths}


def read_segmentation(path: Path) -> NDArray[np.uint8]:
    """Read a segmentation as (H, W) uint8 LaPa ids 0-10, ``IGNORED`` where nothing is known.

    Raises:
        InputError: no such picture, or a class that Face Synthetics does not have.
    """
    table = np.full(256, -1, dtype=np.int16)
    table[list(_LAPA_OF)] = list(_LAPA_OF.values())
    values = read_ids(path)
    mapped = table[np.clip(values, 0, 255)]
    if (mapped < 0).any() or values.max() > 255:
        bad = sorted({int(v) for v in np.unique(values)} - set(_LAPA_OF))
        raise InputError(path, f"it holds the unknown class {bad[0]}", "take it from the source")
    return np.asarray(mapped, dtype=np.uint8)


def read_shared_points(path: Path) -> tuple[NDArray[np.intp], Points]:
    """Read the points that LaPa defines at the same place.

    Returns:
        (52,) LaPa indices, rising, and their (52, 2) float64 points (x, y) in pixels, from the
        centre of the top-left one.

    Raises:
        InputError: anything but 70 lines of two finite numbers.
    """
    check_file(path)
    try:
        rows = [line.split() for line in path.read_text(encoding="utf-8").splitlines() if line]
    except OSError as error:
        raise read_error(path, error) from error
    except UnicodeDecodeError as error:
        raise InputError(path, "it is not a text file", "take it from the source") from error
    number = re.compile(r"[-+]?\d+(\.\d*)?", re.ASCII)
    if len(rows) != _N_POINTS or any(
        len(row) != 2 or not all(map(number.fullmatch, row)) for row in rows
    ):
        problem = f"it does not hold {_N_POINTS} lines of x and y"
        raise InputError(path, problem, "take it from the source again")
    points = np.array(rows, dtype=np.float64) - 0.5
    indices = sorted(_SHARED)
    return np.array(indices, dtype=np.intp), points[[_SHARED[i] for i in indices]]
