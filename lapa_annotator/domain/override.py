"""The curator's override layer: pixels whose class a person has fixed.

It lies above everything that is derived (landmarks, segmentation, fusion) and survives when
any of these is redone. It is kept as one patch, the smallest box around what was painted.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.classes import N_CLASSES
from lapa_annotator.domain.labelmap import LabelMap

UNSET = 255
"""The value of a pixel about which the layer says nothing."""


class Occluder(IntEnum):
    """What hides a face. A pixel of it is background in a label map, and the layer knows why."""

    GLASSES = 100
    HAND = 101
    MASK = 102
    HAT = 103
    MICROPHONE = 104
    OTHER = 105


OCCLUDERS: dict[str, Occluder] = {kind.name.lower(): kind for kind in Occluder}
"""What hides a face, by the name that files and lists have for it."""

# A patch that comes from a file may claim any size; no camera makes more pixels than these.
_MOST_PIXELS = 1 << 29
_FIRST, _LAST = min(Occluder), max(Occluder)


@dataclass(frozen=True, eq=False)
class Patch:
    """A rectangle of override values.

    Attributes:
        x, y: column and row of the patch's top-left pixel in the picture.
        values: (h, w) uint8, a class id 0-10, an ``Occluder`` or ``UNSET``; read-only.

    Raises:
        ValueError: a value that is none of these, or a corner below zero.
    """

    x: int
    y: int
    values: NDArray[np.uint8]

    def __post_init__(self) -> None:
        values = np.asarray(self.values, dtype=np.uint8)
        if values.flags.writeable:
            # What nobody can write to is shared: a stroke on a large layer is no copy of it.
            values = values.copy()
        if values.ndim != 2 or self.x < 0 or self.y < 0:
            raise ValueError("an override patch has two dimensions and starts inside the picture")
        if not _known(values):
            raise ValueError(
                f"an override holds class ids 0 to {N_CLASSES - 1} or {UNSET},"
                f" or what hides the face, {_FIRST} to {_LAST}"
            )
        values.setflags(write=False)
        object.__setattr__(self, "values", values)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Patch)
            and (self.x, self.y) == (other.x, other.y)
            and np.array_equal(self.values, other.values)
        )

    __hash__ = None  # type: ignore[assignment]  # equal by value, and holds an array

    @property
    def classes(self) -> NDArray[np.uint8]:
        """(h, w) uint8: class ids and ``UNSET``; what hides the face is background."""
        if _are_classes(self.values):
            return self.values
        hidden = (self.values >= _FIRST) & (self.values != UNSET)
        return np.where(hidden, np.uint8(0), self.values)

    @property
    def hides(self) -> bool:
        """Whether it knows of anything that hides the face."""
        return not _are_classes(self.values)

    def occluders(self, size: tuple[int, int]) -> NDArray[np.uint8] | None:
        """Return what hides the face in a (width, height) picture: (H, W) uint8.

        The values are those of ``Occluder``, and 0 where nothing is said; None where nothing
        is said anywhere.
        """
        width, height = size
        values = self.region(0, 0, width, height).values
        hidden = (values >= _FIRST) & (values <= _LAST)
        return np.where(hidden, values, np.uint8(0)) if hidden.any() else None

    def apply(self, labels: LabelMap) -> LabelMap:
        """Return ``labels`` (H, W) with the patch's set pixels in place."""
        out = labels.copy()
        h = max(0, min(self.values.shape[0], labels.shape[0] - self.y))
        w = max(0, min(self.values.shape[1], labels.shape[1] - self.x))
        here = out[self.y : self.y + h, self.x : self.x + w]
        values = self.classes[:h, :w]
        np.copyto(here, values, where=values != UNSET)
        return out

    def region(self, x: int, y: int, width: int, height: int) -> Patch:
        """Return what the patch says of another rectangle, ``UNSET`` outside its own.

        The memory of one that lies within the patch's own is shared.
        """
        h, w = self.values.shape
        if self.x <= x <= x + width <= self.x + w and self.y <= y <= y + height <= self.y + h:
            return self.part(x, y, width, height)
        return _made(x, y, self._window(x, y, width, height))

    def _window(self, x: int, y: int, width: int, height: int) -> NDArray[np.uint8]:
        """(height, width) uint8 of one's own: what the patch says of a rectangle."""
        h, w = self.values.shape
        x0, y0 = max(x, self.x), max(y, self.y)
        x1, y1 = min(x + width, self.x + w), min(y + height, self.y + h)
        if (x0, y0, x1, y1) == (x, y, x + width, y + height):
            return self.values[y - self.y : y1 - self.y, x - self.x : x1 - self.x].copy()
        out = np.full((height, width), UNSET, np.uint8)
        if x1 > x0 and y1 > y0:
            out[y0 - y : y1 - y, x0 - x : x1 - x] = self.values[
                y0 - self.y : y1 - self.y, x0 - self.x : x1 - self.x
            ]
        return out

    def part(self, x: int, y: int, width: int, height: int) -> Patch:
        """Return a rectangle that lies within the patch's own; its memory is shared."""
        rows, columns = (
            slice(y - self.y, y - self.y + height),
            slice(x - self.x, x - self.x + width),
        )
        return _made(x, y, self.values[rows, columns])

    def moved(self, x: int, y: int) -> Patch:
        """Return the patch so many pixels further right and down; its memory is shared."""
        return _made(self.x + x, self.y + y, self.values)

    def put(self, patch: Patch) -> Patch:
        """Return this layer with everything ``patch`` says in place, trimmed to what is set."""
        if not self.values.size:
            return patch.trimmed()
        h, w = self.values.shape
        ph, pw = patch.values.shape
        x0, y0 = min(self.x, patch.x), min(self.y, patch.y)
        x1, y1 = max(self.x + w, patch.x + pw), max(self.y + h, patch.y + ph)
        grown = self._window(x0, y0, x1 - x0, y1 - y0)
        grown[patch.y - y0 : patch.y - y0 + ph, patch.x - x0 : patch.x - x0 + pw] = patch.values
        return _made(x0, y0, grown).trimmed()

    def trimmed(self) -> Patch:
        """Return the smallest patch that says the same."""
        edges = (self.values[:1], self.values[-1:], self.values[:, :1], self.values[:, -1:])
        if all((edge != UNSET).any() for edge in edges):
            return self
        is_set = self.values != UNSET
        rows, columns = (np.flatnonzero(is_set.any(axis=axis)) for axis in (1, 0))
        if not rows.size:
            return EMPTY
        y, x = int(rows[0]), int(columns[0])
        values = self.values[y : rows[-1] + 1, x : columns[-1] + 1]
        return _made(self.x + x, self.y + y, values)

    def to_dict(self) -> dict[str, Any]:
        """Return a form fit for JSON; the values are deflated and in base64."""
        # A stronger level takes four times as long, for a third less.
        packed = base64.b64encode(zlib.compress(self.values.tobytes(), 1)).decode("ascii")
        return {"x": self.x, "y": self.y, "shape": list(self.values.shape), "values": packed}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Patch:
        """Read what ``to_dict`` wrote.

        Raises:
            ValueError: the values do not fill the shape.
        """
        h, w = (int(v) for v in data["shape"])
        if not 0 <= h * w <= _MOST_PIXELS:
            raise ValueError(f"an override patch of {w}x{h} pixels is larger than any picture")
        unpack = zlib.decompressobj()
        raw = unpack.decompress(base64.b64decode(data["values"]), h * w + 1)
        if len(raw) != h * w:
            raise ValueError(f"an override patch of {w}x{h} pixels holds {len(raw)} values")
        return cls(int(data["x"]), int(data["y"]), np.frombuffer(raw, np.uint8).reshape(h, w))


def _are_classes(values: NDArray[np.uint8]) -> bool:
    """Whether there are no values but class ids and ``UNSET``."""
    # As a signed byte 255 is -1: the ends tell, and no pixel is written to find them.
    signed = values.view(np.int8)
    return int(signed.max(initial=0)) < N_CLASSES and int(signed.min(initial=0)) >= -1


def _known(values: NDArray[np.uint8]) -> bool:
    """Whether there are no values but those that a layer may hold."""
    if _are_classes(values):
        return True
    hides = (values >= _FIRST) & (values <= _LAST)
    return bool((hides | (values < N_CLASSES) | (values == UNSET)).all())


def _made(x: int, y: int, values: NDArray[np.uint8]) -> Patch:
    """A patch of values that come from patches: nothing to copy, nothing to check.

    A stroke on a layer as large as a head would otherwise be mostly that.
    """
    values.setflags(write=False)
    patch = object.__new__(Patch)
    for name, value in (("x", x), ("y", y), ("values", values)):
        object.__setattr__(patch, name, value)
    return patch


EMPTY = Patch(0, 0, np.zeros((0, 0), np.uint8))
"""The layer that says nothing."""
