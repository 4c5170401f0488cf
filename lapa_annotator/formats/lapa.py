"""LaPa's own layout: images, label maps and landmarks, by split.

A data set is ``{train,val,test}/{images/*.jpg, labels/*.png, landmarks/*.txt}``, or the three
folders directly below its root. A landmark file has ``106`` on its first line, then 106 lines
``x y`` in pixels; a label file is an 8-bit PNG whose values are the class ids 0-10.
"""

from __future__ import annotations

import hashlib
import io
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lapa_annotator.domain.classes import palette
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.labelmap import LabelMap, check_label_map
from lapa_annotator.domain.landmarks import Points, check_points
from lapa_annotator.domain.schema import N_POINTS
from lapa_annotator.formats.atomic import replace_file
from lapa_annotator.formats.decode import check_file, opened, read_error

SPLITS = ("train", "val", "test")
SHARES: Mapping[str, float] = {"train": 0.8, "val": 0.1, "test": 0.1}
"""The usual share of every split."""

_SUFFIXES = {"images": (".jpg", ".jpeg", ".png"), "labels": (".png",), "landmarks": (".txt",)}
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_ROW = re.compile(rf"\s*({_NUMBER})\s+({_NUMBER})\s*", re.ASCII)
_COMMAS = re.compile(r"\s*[-+]?\d+([.,]\d+)?\s+[-+]?\d+([.,]\d+)?\s*", re.ASCII)
_DECIMALS = 6


def split_of(name: str, shares: Mapping[str, float] = SHARES) -> str:
    """Return the split that the sample ``name`` falls in: the same on every machine and day.

    Args:
        name: the sample's name.
        shares: split -> weight; weights need not sum to one.

    Raises:
        ValueError: a negative weight, or none above zero.
    """
    total = sum(shares.values())
    if total <= 0 or min(shares.values()) < 0:
        raise ValueError(f"shares of splits are not negative and not all zero, got {dict(shares)}")
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()
    place = int.from_bytes(digest[:8]) / 2**64 * total
    for split, share in shares.items():
        if place < share:
            return split
        place -= share
    return max(shares, key=lambda split: shares[split])  # a rounding error fell off the end


def write_landmarks(path: Path, points: Points) -> None:
    """Write (106, 2) ``points`` in pixels, with six decimals.

    Raises:
        InputError: the file cannot be written.
        ValueError: points of another shape, or not finite.
    """
    replace_file(path, encode_landmarks(points))


def encode_landmarks(points: Points) -> bytes:
    """Return what ``write_landmarks`` writes."""
    rounded = np.round(check_points(points), _DECIMALS) + 0.0  # no "-0.000000"
    rows = (f"{x:.{_DECIMALS}f} {y:.{_DECIMALS}f}" for x, y in rounded)
    return "\n".join([str(N_POINTS), *rows, ""]).encode("ascii")


def read_landmarks(path: Path) -> Points:
    """Read a landmark file: (106, 2) float64, (x, y) in pixels of the image.

    Raises:
        InputError: anything but ``106`` and 106 lines of two finite numbers.
    """
    check_file(path)
    try:
        lines = path.read_text(encoding="utf-8-sig").rstrip().splitlines()
    except OSError as error:
        raise read_error(path, error) from error
    except UnicodeDecodeError as error:
        raise InputError(path, "it is not a text file", "export the landmarks again") from error
    if not lines or lines[0].strip() != str(N_POINTS):
        raise InputError(
            path,
            f"its first line is {_shown(lines[0] if lines else '')}, not {N_POINTS}",
            f"start the file with {N_POINTS}, the number of points",
        )
    if len(lines) - 1 != N_POINTS:
        raise InputError(
            path,
            f"it holds {len(lines) - 1} lines of points, not {N_POINTS}",
            f"give one line of x and y for each of the {N_POINTS} points and nothing behind them",
        )
    rows = [_row(path, number, line) for number, line in enumerate(lines[1:], start=2)]
    return np.array(rows, dtype=np.float64)


def write_labels(path: Path, labels: LabelMap) -> None:
    """Write an (H, W) label map as an 8-bit PNG with LaPa's colours as its palette.

    Raises:
        InputError: the file cannot be written.
        ValueError: not a label map.
    """
    replace_file(path, encode_labels(labels, palette()))


def encode_labels(labels: LabelMap, colours: NDArray[np.uint8]) -> bytes:
    """Return an (H, W) label map as an 8-bit PNG with (n, 3) ``colours`` as its palette.

    Raises:
        ValueError: not a label map.
    """
    picture = Image.fromarray(check_label_map(labels))
    # All 256 colours, because Pillow packs two pixels into a byte for a palette of eleven.
    picture.putpalette(colours.tobytes().ljust(768, b"\0"))
    data = io.BytesIO()
    picture.save(data, "PNG")
    return data.getvalue()


def read_labels(path: Path, size: tuple[int, int] | None = None) -> LabelMap:
    """Read a label file: (H, W) uint8, ids 0-10.

    Args:
        path: a single-channel or palette PNG whose values are the ids.
        size: (width, height) of its image, where it must agree.

    Raises:
        InputError: no such picture, three channels, an id above 10, another size.
    """
    values = read_ids(path)
    try:
        return check_label_map(values, size)
    except ValueError as error:
        problem, _, remedy = str(error).partition("; ")
        raise InputError(path, problem, remedy) from error


def read_ids(path: Path) -> NDArray[np.integer]:
    """Read the (H, W) values of a single-channel or palette PNG, whatever they stand for.

    Raises:
        InputError: it is missing, damaged, no PNG, or has colour channels.
    """
    with opened(path, ("PNG",)) as picture:
        if picture.mode not in ("P", "L", "1", "I;16"):
            raise InputError(
                path,
                "it holds colours instead of class ids",
                "save the ids 0 to 10 themselves as a single-channel or palette PNG",
            )
        return np.array(picture, dtype=np.int32)


@dataclass(frozen=True, slots=True)
class LapaSample:
    """One sample: its name (place below ``images``, without suffix), split and files."""

    name: str
    split: str
    image: Path
    labels: Path | None
    landmarks: Path | None


@dataclass(frozen=True, slots=True)
class LapaFolder:
    """A data set in LaPa's layout; what may be missing is told by ``None`` in a sample."""

    root: Path

    def splits(self) -> list[str]:
        """The splits that are there; ``""`` for what lies directly below the root.

        Raises:
            InputError: the folder is missing, or nothing in it is laid out as LaPa is.
        """
        there = [s for s in ("", *SPLITS) if any((self.root / s / k).is_dir() for k in _SUFFIXES)]
        if not there:
            raise InputError(
                self.root,
                "it is no folder laid out as LaPa is"
                if self.root.is_dir()
                else "there is no such folder",
                "name a folder that holds images, labels or landmarks, or train, val or test",
            )
        return there

    def files(self, kind: str, split: str) -> dict[str, Path]:
        """The files of one split by sample name, in order.

        Args:
            kind: "images", "labels" or "landmarks".
            split: one of ``splits()``.

        Raises:
            InputError: two files share one name.
        """
        folder = self.root / split / kind
        named: dict[str, Path] = {}
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() not in _SUFFIXES[kind] or path.name.startswith("."):
                continue
            name = path.relative_to(folder).with_suffix("").as_posix()
            if name in named:
                raise InputError(path, f"{named[name].name} has the same name", "rename one")
            named[name] = path
        return named

    def samples(self, split: str | None = None) -> list[LapaSample]:
        """The images of one split, or of all, each with the files that belong to it.

        Raises:
            InputError: as ``splits`` and ``files``; or there is no such split.
        """
        splits = self.splits()
        if split is not None and split not in splits:
            names = ", ".join(s or "the root itself" for s in splits)
            raise InputError(self.root, f"it has no split {split!r}", f"choose among {names}")
        found: list[LapaSample] = []
        for each in splits if split is None else [split]:
            labels, landmarks = (self.files(kind, each) for kind in ("labels", "landmarks"))
            found += [
                LapaSample(name, each, image, labels.get(name), landmarks.get(name))
                for name, image in self.files("images", each).items()
            ]
        return found


def _row(path: Path, number: int, line: str) -> tuple[float, float]:
    """Read one ``x y`` line; ``number`` is its line number in the file, from 1."""
    match = _ROW.fullmatch(line)
    if match and all(map(math.isfinite, point := (float(match[1]), float(match[2])))):
        return point
    problem, remedy = f"line {number} is {_shown(line)}, not x and y", "write two numbers a line"
    if match or re.search(r"\b(nan|inf)", line, re.IGNORECASE):
        problem = f"line {number} is {_shown(line)}, which is no place in a picture"
        remedy = "give every point two finite numbers"
    elif _COMMAS.fullmatch(line):
        problem, remedy = f"line {number} has a decimal comma: {_shown(line)}", "write 1.5, not 1,5"
    raise InputError(path, problem, remedy)


def _shown(line: str) -> str:
    return repr(line.strip() if len(line) < 40 else line.strip()[:40] + "…")
