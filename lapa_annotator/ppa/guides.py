"""What a parser is shown beside the picture: a map of the landmarks, or a prior of other faces.

Some networks take more channels than red, green and blue. Both kinds are drawn from the
landmarks of the face in the crop: the *heat-map channel* of paper 001 (III-B), and the *prior* of
paper 002, the mean label map of the faces that are most like this one (equation 5).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.landmarks import Points

NEAREST: Final = 5
"""N of paper 002's equation 5."""
SQUARE, BLUR = 5 / 256, 2.5 / 256
"""Side of a landmark's square and the blur's σ, as shares of the crop's side."""

_VARIANCE = 0.95
_ARRAYS = ("mean", "axes", "codes", "shapes", "maps")


class Guide(Protocol):
    """Channels beside the picture."""

    @property
    def channels(self) -> int:
        """How many."""
        ...

    def draw(self, points: Points, size: int) -> NDArray[np.uint8]:
        """Draw them for a crop.

        Args:
            points: (106, 2) in pixels of the crop.
            size: side of the crop in pixels.

        Returns:
            (channels, size, size) uint8, 0-255 for 0-1.
        """
        ...


class HeatMap:
    """One channel: a square of 255 at each landmark, then a Gaussian blur (paper 001, III-B)."""

    channels = 1

    def draw(self, points: Points, size: int) -> NDArray[np.uint8]:
        """Draw the channel; landmarks outside of the crop leave no mark. See ``Guide.draw``."""
        plane = np.zeros((size, size), np.uint8)
        half = max(1, round(SQUARE * size / 2 - 0.5))
        inside = ((points > -0.5) & (points < size - 0.5)).all(axis=1)
        for x, y in np.round(points[inside]).astype(int):
            plane[max(0, y - half) : y + half + 1, max(0, x - half) : x + half + 1] = 255
        blurred = cv2.GaussianBlur(plane, (0, 0), max(0.3, BLUR * size))
        return np.asarray(blurred, np.uint8)[None]


def five_points(points: Points) -> NDArray[np.float64]:
    """(5, 2): both eyes' centres, the nose's tip and the corners of the mouth, of (106, 2)."""
    eyes = points[66:74].mean(axis=0), points[75:83].mean(axis=0)
    return np.stack([*eyes, points[54], points[84], points[90]])


@dataclass(frozen=True, eq=False)
class Exemplars:
    """Faces with label maps, and the mean map of those most like a given face (paper 002).

    Faces are compared by five points in their principal components. The points are taken
    upright, centred and of one size first, and a map is moved onto the face that it is to tell
    of (docs/decisions/0172).

    Attributes:
        channels: how many classes the maps have.
        mean: (10,) float64, the mean face's five points, x and y in turn.
        axes: (k, 10) float64, the principal components.
        codes: (M, k) float64, the faces in them.
        shapes: (M, 5, 2) float64, the faces' five points in pixels of their maps.
        maps: (M, S, S) uint8, their label maps: class numbers from 0 to ``channels`` - 1.
    """

    channels: int
    mean: NDArray[np.float64]
    axes: NDArray[np.float64]
    codes: NDArray[np.float64]
    shapes: NDArray[np.float64]
    maps: NDArray[np.uint8]

    @classmethod
    def of(cls, points: Sequence[Points], maps: NDArray[np.uint8], channels: int) -> Exemplars:
        """Keep faces as exemplars.

        Args:
            points: the (106, 2) landmarks of each in pixels of its map.
            maps: (M, S, S) uint8 class numbers below ``channels``.
            channels: how many classes.

        Raises:
            InputError: fewer faces than are averaged.
        """
        if len(points) < NEAREST:
            problem = f"{len(points)} faces make no prior"
            raise InputError("the prior", problem, f"give {NEAREST} or more")
        shapes = np.stack([five_points(p) for p in points])
        flat = np.stack([_normal(shape).ravel() for shape in shapes])
        mean = flat.mean(axis=0)
        _, spread, axes = np.linalg.svd(flat - mean, full_matrices=False)
        share = np.cumsum(spread**2) / max(float((spread**2).sum()), 1e-12)
        kept = axes[: int(np.searchsorted(share, _VARIANCE)) + 1]
        return cls(channels, mean, kept, (flat - mean) @ kept.T, shapes, maps)

    def nearest(self, points: Points) -> NDArray[np.intp]:
        """(5,) numbers of the faces nearest to (106, 2) landmarks, the nearest first."""
        code = self.axes @ (_normal(five_points(points)).ravel() - self.mean)
        apart = np.linalg.norm(self.codes - code, axis=1)
        return np.argsort(apart, kind="stable")[:NEAREST]

    def draw(self, points: Points, size: int) -> NDArray[np.uint8]:
        """The mean of the nearest faces' maps, one channel a class; see ``Guide.draw``."""
        here = five_points(points)
        total = np.zeros((self.channels, size, size), np.uint8)
        for number in self.nearest(points):
            to_here = _similarity(self.shapes[number], here)
            # Beyond a map's edge lies what its edge shows.
            moved = cv2.warpAffine(
                self.maps[number],
                to_here,
                (size, size),
                flags=cv2.INTER_NEAREST,
                borderMode=cv2.BORDER_REPLICATE,
            )
            total += np.asarray(moved)[None] == np.arange(self.channels)[:, None, None]
        return total * np.uint8(255 // NEAREST)

    def packed(self) -> bytes:
        """The exemplars as the bytes of a file."""
        data = io.BytesIO()
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        np.savez_compressed(data, channels=np.array(self.channels), **arrays)
        return data.getvalue()

    @classmethod
    def read(cls, path: Path) -> Exemplars:
        """Read what ``packed`` gave.

        Raises:
            InputError: no such file, or damage.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                kept = cls(int(file["channels"]), **{name: file[name] for name in _ARRAYS})
            if not len(kept.maps) == len(kept.codes) == len(kept.shapes) >= NEAREST:
                raise ValueError("its faces do not belong together")
        except (OSError, ValueError, KeyError, EOFError) as error:
            problem = f"it holds no prior ({str(error)[:80]})"
            raise InputError(path, problem, "train the network again") from error
        return kept


GUIDES = ("heatmap", "prior")
"""What ``network.json`` may say of the guide that a network wants."""


def guide_of(kind: str, network: Path) -> Guide:
    """The guide of that kind for a network's file; a prior lies beside it (.prior.npz).

    Raises:
        InputError: another kind, or a prior that is missing or damaged.
    """
    if kind == "heatmap":
        return HeatMap()
    if kind == "prior":
        return Exemplars.read(network.with_suffix(".prior.npz"))
    raise InputError(network, f"no guide is {kind!r}", "export the network again")


def _normal(five: NDArray[np.float64]) -> NDArray[np.float64]:
    """Five points centred, of unit size, the eyes level."""
    moved = five - five.mean(axis=0)
    across = moved[1] - moved[0]
    angle = float(np.arctan2(across[1], across[0]))
    c, s = np.cos(angle), np.sin(angle)
    turned = moved @ np.array([[c, -s], [s, c]])
    return np.asarray(turned / max(float(np.linalg.norm(turned)), 1e-9))


def _similarity(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """(2, 3) matrix of the similarity that brings (5, 2) points nearest to others."""
    from_, to = a - a.mean(axis=0), b - b.mean(axis=0)
    square = max(float((from_**2).sum()), 1e-9)
    c = float((from_ * to).sum()) / square
    s = float((from_[:, 0] * to[:, 1] - from_[:, 1] * to[:, 0]).sum()) / square
    turn = np.array([[c, -s], [s, c]])
    return np.hstack([turn, (b.mean(axis=0) - turn @ a.mean(axis=0))[:, None]])
