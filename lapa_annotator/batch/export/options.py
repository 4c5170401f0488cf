"""What an export is asked for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from lapa_annotator import __version__
from lapa_annotator.batch.execute import default_jobs
from lapa_annotator.domain.errors import InputError, choose
from lapa_annotator.formats.classes import Classes, parse_classes
from lapa_annotator.formats.lapa import SHARES
from lapa_annotator.formats.registry import FORMATS, Format

FINISHED = "status:done,approved"
"""The query that finds what people call finished."""

_MOST_SIDE = 8192


class SplitBy(StrEnum):
    """What decides about a photo's split.

    Its own tag train, val or test, else its name; or its person or folder, so that these stay
    together; or its name alone.
    """

    TAG = "tag"
    PERSON = "person"
    FOLDER = "folder"
    HASH = "hash"


class Shown(StrEnum):
    """How much of a photo goes out: all of it, or a square around each face."""

    FULL = "full"
    CROP = "crop"


@dataclass(frozen=True)
class ExportOptions:
    """What to export, where to and how.

    Attributes:
        out: the new folder of the data set.
        format: name of a row of the formats.
        query: which images, in the search language.
        split_by: what stays together in a split; persons are tags ``person:NAME``.
        shares: weight of every split.
        stratify: give every split the same share of frontal, turned and profile faces.
        shown: whole photos, or a square crop per face.
        margin: the crop's side as a multiple of the larger side of the face's points.
        upright: turn crops so that the eyes are level.
        size: side of the crop, or the longer side that larger photos are brought down to, in
            pixels; 0 for 512-pixel crops and photos as they are.
        picture: suffix of the photos that are not copied as they are: ".jpg" or ".png".
        merge: rules like ``upper lip+lower lip=lips``.
        colours: rules like ``lips=#ff0066``.
        overlays: also pictures to look at, in ``overlays/``.
        metadata: also ``metadata.jsonl`` with what formats lose, and ``occluders/`` with what
            hides faces, for formats that do not hold it.
        licence: the terms of the photos and annotations, for the data card.
        replace: put the new data set in the place of an older export.
        jobs: how many processes; 1 is this one itself.
    """

    out: Path
    format: str = "lapa"
    query: str = FINISHED
    split_by: SplitBy = SplitBy.TAG
    shares: Mapping[str, float] = field(default_factory=lambda: dict(SHARES))
    stratify: bool = False
    shown: Shown = Shown.FULL
    margin: float = 2.0
    upright: bool = True
    size: int = 0
    picture: str = ".jpg"
    merge: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    overlays: bool = False
    metadata: bool = False
    licence: str = ""
    replace: bool = False
    jobs: int = field(default_factory=default_jobs)

    def __post_init__(self) -> None:
        choose(FORMATS, self.format, "format")
        choose({".jpg": 1, ".png": 1}, self.picture, "kind of picture")
        if not 0 <= self.size <= _MOST_SIDE or self.jobs < 1:
            problem = f"{self.size} pixels or {self.jobs} processes make no sense"
            remedy = f"take 0 to {_MOST_SIDE} pixels, one process or more"
            raise InputError("export", problem, remedy)
        if not 1 <= self.margin <= 10:
            raise InputError("margin", f"{self.margin:g} makes no sense", "take 1 to 10")
        parse_classes(self.merge, self.colours)

    @property
    def row(self) -> Format:
        """The format's row."""
        return FORMATS[self.format]

    @property
    def classes(self) -> Classes:
        """The classes of the data set."""
        return parse_classes(self.merge, self.colours)

    @property
    def crop_size(self) -> int:
        """Side of a crop in pixels."""
        return self.size or 512

    def deciding(self) -> dict[str, Any]:
        """What decides about the bytes of the data set, fit for JSON."""
        left_out = {"out", "replace", "jobs"}
        return {
            name: dict(value) if isinstance(value, Mapping) else value
            for name, value in vars(self).items()
            if name not in left_out
        }

    def fingerprint(self) -> str:
        """The same for the same options and program: 64 hexadecimal digits."""
        told = json.dumps([__version__, self.deciding()], sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()
