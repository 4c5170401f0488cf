"""iBUG's .pts files: one of 106 points, or of the 68 that iBUG defines, beside each photo.

Pixels are counted from 1, so that (1, 1) is the centre of the top-left one. ``train/NAME.jpg``
stands beside ``train/NAME.pts``. Of the 68 points 50 are points of LaPa, 10 on the brows' upper
edges too; the 8 on the eyelids lie between two of LaPa's, a third of the way along the lid.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.geometry import fit_similarity
from lapa_annotator.domain.landmarks import Points
from lapa_annotator.domain.schema import IBUG68_SHARED, N_POINTS
from lapa_annotator.formats.checks import beside, box_around, check_near, read_text, short
from lapa_annotator.formats.classes import Classes
from lapa_annotator.formats.helen import find_photo
from lapa_annotator.formats.photo import probe_photo
from lapa_annotator.formats.samples import Sample, SampleFace, Written, place

IBUG68: dict[int, int] = (
    IBUG68_SHARED | {33 + i: 17 + i for i in range(5)} | {42 + i: 22 + i for i in range(5)}
)
"""LaPa index -> iBUG-68 index of the points that both have; brows by their upper edge."""

# iBUG-68 index -> the two points of LaPa that it lies between, and how far along.
_BETWEEN: dict[int, tuple[int, int, float]] = {
    37: (67, 68, 1 / 3),
    38: (68, 69, 2 / 3),
    40: (71, 72, 1 / 3),
    41: (72, 73, 2 / 3),
    43: (76, 77, 1 / 3),
    44: (77, 78, 2 / 3),
    46: (80, 81, 1 / 3),
    47: (81, 82, 2 / 3),
}
_SPLITS = ("train", "val", "test")
_DECIMALS = 6


def to_68(points: Points) -> NDArray[np.float64]:
    """The (68, 2) points of iBUG that (106, 2) points of LaPa make."""
    out = np.empty((68, 2))
    out[list(IBUG68.values())] = points[list(IBUG68)]
    for index, (a, b, share) in _BETWEEN.items():
        out[index] = points[a] + share * (points[b] - points[a])
    return out


def from_68(points: NDArray[np.float64], mean: Points) -> tuple[Points, NDArray[np.bool_]]:
    """The 106 points of LaPa of which 68 points tell 60, the others from a mean face.

    Args:
        points: (68, 2).
        mean: (106, 2) a mean face; it is laid on the 60 points.

    Returns:
        (106, 2) points and (106,) bool, which of them the 68 tell.

    Raises:
        ValueError: points that all coincide.
    """
    known = np.zeros(N_POINTS, np.bool_)
    known[list(IBUG68)] = True
    told = np.zeros((N_POINTS, 2))
    told[list(IBUG68)] = points[list(IBUG68.values())]
    laid = fit_similarity(mean[known], told[known]).apply(mean)
    return np.where(known[:, None], told, laid), known


def image_place(sample: Sample, suffix: str) -> str:
    """Where the photo goes, below the data set's folder."""
    return place(sample.split, f"{sample.name}{suffix}")


def write(sample: Sample, classes: Classes) -> Written:
    """All 106 points of the sample's one face."""
    del classes
    (face,) = sample.faces
    return _written(sample, face.points)


def write_68(sample: Sample, classes: Classes) -> Written:
    """The 68 points of iBUG of the sample's one face."""
    del classes
    (face,) = sample.faces
    return _written(sample, None if face.points is None else to_68(face.points))


def _written(sample: Sample, points: NDArray[np.float64] | None) -> Written:
    if points is None:
        return Written({})
    text = encode_pts(points)
    return Written({place(sample.split, f"{sample.name}.pts"): text})


def encode_pts(points: NDArray[np.float64]) -> bytes:
    """The text of (n, 2) points."""
    rounded = np.round(points + 1, _DECIMALS) + 0.0  # no "-0.000000"
    rows = [f"{x:.{_DECIMALS}f} {y:.{_DECIMALS}f}" for x, y in rounded]
    head = ["version: 1", f"n_points: {len(rows)}", "{"]
    return "\n".join([*head, *rows, "}", ""]).encode("ascii")


def read_pts(path: Path) -> NDArray[np.float64]:
    """Read a .pts file: (n, 2) float64, from the centre of the top-left pixel.

    Raises:
        InputError: no such file, or anything but its head and n lines of two finite numbers.
    """
    lines = [line.strip() for line in read_text(path).splitlines() if line.strip()]
    try:
        begin, end = lines.index("{"), lines.index("}")
        head = dict(line.split(":", 1) for line in lines[:begin])
        count = int(head["n_points"])
        rows = [tuple(map(float, line.split())) for line in lines[begin + 1 : end]]
        if any(len(row) != 2 or not all(map(math.isfinite, row)) for row in rows):
            raise ValueError("a line is no x and y")
        if len(rows) != count:
            raise ValueError(f"it says {count} points and holds {len(rows)}")
    except (ValueError, KeyError) as error:
        raise InputError(path, f"it is no .pts file ({short(error)})", "export it again") from error
    return np.array(rows, np.float64).reshape(-1, 2) - 1


def is_one(root: Path) -> bool:
    """Whether a folder is laid out so."""
    return any(root.glob("*.pts")) or any(root.glob("*/*.pts"))


def photos(root: Path) -> list[Path]:
    """The folders that hold photos."""
    return [root]


def read(root: Path, mean: Points) -> Iterator[Sample | InputError]:
    """Read the samples, each or what is wrong with it.

    Args:
        root: the data set's folder.
        mean: (106, 2) a mean face, for the points that 68 do not tell.
    """
    for path in sorted(root.rglob("*.pts")):
        try:
            yield _read(root, path, mean)
        except InputError as error:
            yield error


def _read(root: Path, path: Path, mean: Points) -> Sample:
    folder = path.parent.relative_to(root)
    image = find_photo(root, str(folder), path.stem)
    info = probe_photo(image)
    size = info.width, info.height
    told = read_pts(beside(root, path))
    check_near(path, told, size)
    known = None
    if len(told) == 68:
        try:
            points, known = from_68(told, mean)
        except ValueError as error:
            raise InputError(path, f"its points make no face ({error})", "set them") from error
    elif len(told) == N_POINTS:
        points = told
    else:
        problem = f"it holds {len(told)} points, not {N_POINTS} or 68"
        raise InputError(path, problem, "export one of the two")
    split = folder.parts[0] if folder.parts and folder.parts[0] in _SPLITS else ""
    name = "__".join(path.relative_to(root / split).with_suffix("").parts)
    face = SampleFace(box_around(points, None, size), points, known=known)
    return Sample(name, split, *size, (face,), image=image)
