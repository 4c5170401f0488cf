"""What the annotate job is asked to do, and what of it decides its results."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from lapa_annotator import __version__
from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.lapa import SPLITS

LEAST_CROP = 32
MOST_CROP = 8192
MOST_JOBS = 256


class Faces(StrEnum):
    """Which faces of a photo become samples."""

    LARGEST = "largest"
    ALL = "all"


class Crop(StrEnum):
    """What a sample's image is: the whole photo, or a square around the face.

    An upright crop is turned so that the eyes are level; an aligned one keeps the photo's axes.
    """

    NONE = "none"
    UPRIGHT = "upright"
    ALIGNED = "aligned"


class Fitting(StrEnum):
    """How parts are drawn: fitted curves, or straight lines from point to point."""

    CURVES = "curves"
    DIRECT = "direct"


@dataclass(frozen=True, slots=True)
class AnnotateOptions:
    """One call of the annotate job.

    Attributes:
        paths: photos, and folders that are searched with all below them.
        out: folder of the data set.
        faces: the largest face of each photo, or all of them.
        crop: whole photos, or one square a face.
        crop_size: side of a crop in pixels; None keeps the photo's own resolution.
        margin: what a crop adds on each side of the face, as a share of the face's size.
        detector, landmarks, segmenter: names of the face detector, the landmark proposer and
            the segmenter of hair and skin; None takes the default that is here.
        parser: a parsing network for the fine stage, by name or file; None leaves it to the
            segmenter.
        fitting: how parts are drawn.
        splits: (split, weight) pairs; a sample's name decides where it falls.
        overlays: whether pictures to look at, and a contact sheet of them, are made.
        overwrite: do everything again and replace whatever is there.
        jobs: how many photos are worked on at once, each in a process of its own.

    Raises:
        InputError: a value that is out of range.
    """

    paths: tuple[Path, ...]
    out: Path
    faces: Faces = Faces.LARGEST
    crop: Crop = Crop.NONE
    crop_size: int | None = None
    margin: float = 0.5
    detector: str | None = None
    landmarks: str | None = None
    segmenter: str | None = None
    parser: str | None = None
    fitting: Fitting = Fitting.CURVES
    splits: tuple[tuple[str, float], ...] = (("train", 1.0),)
    overlays: bool = True
    overwrite: bool = False
    jobs: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.jobs <= MOST_JOBS:
            raise InputError("--jobs", f"{self.jobs} is no number of jobs", f"1 to {MOST_JOBS}")
        if self.crop_size is not None and not LEAST_CROP <= self.crop_size <= MOST_CROP:
            problem = f"{self.crop_size} pixels are no size of a crop"
            raise InputError("--crop-size", problem, f"take {LEAST_CROP} to {MOST_CROP}")
        if not (math.isfinite(self.margin) and 0 <= self.margin <= 5):
            raise InputError("--margin", f"{self.margin} is no margin", "take 0 to 5")
        if not self.paths:
            raise InputError("PATHS", "no photos are named", "name photos or folders of photos")

    def deciding(self) -> dict[str, Any]:
        """The options that decide the results, fit for JSON; jobs and places do not.

        A model that is not named is known by its weights, which a fingerprint has beside these.
        """
        return {
            "faces": str(self.faces),
            "crop": str(self.crop),
            "crop_size": self.crop_size,
            "margin": self.margin,
            "detector": self.detector,
            "landmarks": self.landmarks,
            "segmenter": self.segmenter,
            "parser": self.parser,
            "fitting": str(self.fitting),
            "splits": dict(self.splits),
            "overlays": self.overlays,
        }

    def fingerprint(self, weights: Mapping[str, str]) -> str:
        """A short name of everything but the photo that decides a photo's results.

        Args:
            weights: sha256 of every model file in use, by name.
        """
        deciding = [__version__, self.deciding(), dict(weights)]
        text = json.dumps(deciding, sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode("ascii")).hexdigest()[:16]


def read_splits(text: str) -> tuple[tuple[str, float], ...]:
    """Read ``train:0.8,val:0.1,test:0.1``: split names with weights that need not sum to one.

    Raises:
        InputError: an unknown split, a split named twice, a weight that is not a number.
    """
    remedy = "write it like train:0.8,val:0.1,test:0.1"
    shares: dict[str, float] = {}
    for part in text.split(","):
        split, _, weight = (piece.strip() for piece in part.partition(":"))
        try:
            share = float(weight)
        except ValueError:
            raise InputError(f"--split {text}", f"{part!r} has no weight", remedy) from None
        if split not in SPLITS or split in shares:
            problem = f"{split!r} is named twice" if split in shares else f"no split is {split!r}"
            raise InputError(f"--split {text}", problem, remedy)
        if not (math.isfinite(share) and share >= 0):
            raise InputError(f"--split {text}", f"{weight} is no weight", remedy)
        shares[split] = share
    if not any(shares.values()):
        raise InputError(f"--split {text}", "all weights are zero", remedy)
    return tuple(shares.items())
