"""What is checked of every data set that is read, whatever its format."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.geometry import Box
from lapa_annotator.domain.labelmap import LabelMap, check_label_map
from lapa_annotator.domain.landmarks import Points, check_points
from lapa_annotator.domain.override import OCCLUDERS
from lapa_annotator.formats.decode import check_file, read_error
from lapa_annotator.formats.samples import Sample

MOST_BYTES = 512 << 20
"""Text files above this many bytes are refused before they are read."""

_AGAIN = "export it again"


def inside(root: Path, told: str, source: Path) -> Path:
    """Return the file that a data set names, or refuse one that lies outside of it.

    Args:
        root: the folder below which the name counts.
        told: the name, as it stands in a file of the data set.
        source: that file, for the sentence.

    Raises:
        InputError: an absolute name, one with "..", or a link that leads outside.
    """
    name = PurePosixPath(told.replace("\\", "/"))
    odd = not told.strip() or "\0" in told or name.is_absolute() or ".." in name.parts
    if odd or PureWindowsPath(told).drive:
        raise _escapes(source, told)
    path = root / name
    if not path.resolve().is_relative_to(root.resolve()):
        raise _escapes(source, told)
    return path


def _escapes(source: Path, told: str) -> InputError:
    problem = f"it names {short(told)}, which lies outside the data set"
    return InputError(source, problem, "keep the files of a data set in its folder")


def beside(root: Path, path: Path) -> Path:
    """Return a file found in a data set; InputError if it is a link that leads outside."""
    if not path.resolve().is_relative_to(root.resolve()):
        raise _escapes(root, str(path.relative_to(root)))
    return path


def short(value: object) -> str:
    """Return a value as it is shown in a sentence: in quotes, and not too long."""
    text = str(value)
    return repr(text if len(text) <= 60 else f"{text[:60]}…")


def points_of(path: Path, values: ArrayLike, size: tuple[int, int]) -> Points:
    """Return (106, 2) points that have been read; points may lie somewhat outside the picture.

    Args:
        path: where they come from.
        values: 106 pairs of x and y in pixels.
        size: width and height of the picture.

    Raises:
        InputError: another number of points, one that is not finite or far outside.
    """
    try:
        points = check_points(values)
    except (ValueError, TypeError, OverflowError) as error:
        raise InputError(path, f"its points cannot be read ({error})", _AGAIN) from error
    check_near(path, points, size)
    return points


def check_near(path: Path, points: Points, size: tuple[int, int]) -> None:
    """Check that (n, 2) points lie in the picture or no farther from it than its own size.

    Raises:
        InputError: one does not.
    """
    reach = np.array(size, np.float64)
    far = np.flatnonzero(~((points >= -reach) & (points <= 2 * reach)).all(axis=1))
    if far.size:
        x, y = points[far[0]]
        problem = (
            f"point {far[0]} lies at ({x:.6g}, {y:.6g}), far outside the picture of "
            f"{size[0]}x{size[1]} pixels"
        )
        raise InputError(path, problem, "see whether the points belong to this picture")


def labels_of(path: Path, values: NDArray[Any], size: tuple[int, int]) -> LabelMap:
    """Return a label map that has been read, (H, W) uint8 of LaPa's ids.

    Raises:
        InputError: another size than its picture's, or an unknown class.
    """
    try:
        return check_label_map(values, size)
    except ValueError as error:
        problem, _, remedy = str(error).partition("; ")
        raise InputError(path, problem, remedy) from error


def occluders_of(
    path: Path, masks: Mapping[str, NDArray[np.bool_]], size: tuple[int, int]
) -> NDArray[np.uint8] | None:
    """Put together what hides a face: (H, W) uint8, values of ``Occluder``; None for no masks.

    Args:
        masks: by the name of the kind, (H, W) bool.

    Raises:
        InputError: an unknown kind.
    """
    if not masks:
        return None
    told = np.zeros(size[::-1], np.uint8)
    for name, mask in masks.items():
        if name not in OCCLUDERS:
            problem = f"it knows the unknown occluder {short(name)}"
            raise InputError(path, problem, f"take {', '.join(OCCLUDERS)}")
        told[mask] = OCCLUDERS[name]
    return told


def box_of(path: Path, values: Iterable[Any]) -> Box:
    """Return the box of four numbers: left, top, right, bottom.

    Raises:
        InputError: no numbers, or a box without an area.
    """
    try:
        x0, y0, x1, y1 = (float(v) for v in values)
        return Box(x0, y0, x1, y1)
    except (ValueError, TypeError, OverflowError) as error:
        raise InputError(path, f"its face box makes no sense ({error})", _AGAIN) from error


def box_around(points: Points | None, labels: LabelMap | None, size: tuple[int, int]) -> Box:
    """The box around a face's points, else around its label map, else the whole picture."""
    corners = np.array([(0.0, 0.0), (size[0] - 1.0, size[1] - 1.0)])
    if points is not None:
        corners = points
    elif labels is not None:
        rows, columns = (np.flatnonzero((labels != 0).any(axis=a)) for a in (1, 0))
        if rows.size:
            corners = np.array([(columns[0], rows[0]), (columns[-1], rows[-1])], np.float64)
    low, high = corners.min(axis=0) - 0.5, corners.max(axis=0) + 0.5
    return Box(*low.tolist(), *high.tolist())


def size_of(path: Path, width: object, height: object) -> tuple[int, int]:
    """Return a picture's size that stands in a file.

    Raises:
        InputError: no whole numbers above zero, or more pixels than any camera makes.
    """
    try:
        w, h = int(str(width)), int(str(height))
    except ValueError as error:
        raise InputError(path, f"{width!r} by {height!r} is no size", _AGAIN) from error
    if min(w, h) < 1 or w * h > 1 << 29:
        raise InputError(path, f"{w} by {h} pixels is no size of a picture", _AGAIN)
    return w, h


def read_text(path: Path, most: int = MOST_BYTES) -> str:
    """Read a text file.

    Raises:
        InputError: it is missing, no text, or larger than ``most`` bytes.
    """
    check_file(path)
    try:
        size = path.stat().st_size
        if size > most:
            problem = f"its {size / 1e6:,.0f} MB are more than the {most / 1e6:,.0f} MB allowed"
            raise InputError(path, problem, "split the data set into smaller ones")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise read_error(path, error) from error
    except UnicodeDecodeError as error:
        raise InputError(path, "it is not a text file", _AGAIN) from error


def read_lines(path: Path) -> list[str]:
    """Read the lines of a list that hold something; none of a missing or empty file.

    Raises:
        InputError: as ``read_text``.
    """
    # An empty list is no damaged file: a split may hold nothing.
    if not path.is_file() or not path.stat().st_size:
        return []
    return [line for line in read_text(path).splitlines() if line.strip()]


def read_json(path: Path, most: int = MOST_BYTES) -> Any:
    """Read a JSON file; see ``read_text``.

    Raises:
        InputError: also when it is no JSON, or nested too deeply.
    """
    try:
        return json.loads(read_text(path, most), parse_constant=_no_number)
    except RecursionError as error:
        raise InputError(path, "it is nested too deeply", _AGAIN) from error
    except ValueError as error:
        raise InputError(path, f"it is no JSON ({error})", _AGAIN) from error


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def each_once(samples: Iterable[Sample | InputError], root: Path) -> Iterator[Sample | InputError]:
    """Pass samples on, but only the first of a name; of the others, say that they are there twice.

    Args:
        samples: what a format reads.
        root: the data set's folder, for the sentence.
    """
    seen: set[tuple[str, str]] = set()
    for sample in samples:
        if isinstance(sample, Sample):
            key = (sample.split, sample.name)
            if key in seen:
                problem = f"the sample {short(sample.name)} is there twice"
                yield InputError(root, problem, "remove one of the two")
                continue
            seen.add(key)
        yield sample


def list_of(path: Path, value: Any, what: str) -> list[Any]:
    """Return a value that must be a list; InputError if it is none."""
    if not isinstance(value, list):
        raise InputError(path, f"{what} is no list", _AGAIN)
    return value


def dict_of(path: Path, value: Any, what: str) -> dict[str, Any]:
    """Return a value that must be an object of JSON; InputError if it is none."""
    if not isinstance(value, dict):
        raise InputError(path, f"{what} is no object", _AGAIN)
    return value
