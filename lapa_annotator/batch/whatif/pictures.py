"""Pictures of what other settings would do to a face: before, after, and the difference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lapa_annotator.batch.pictures import Image, painted, resized, sheet
from lapa_annotator.batch.whatif.compare import FaceChange, two_maps
from lapa_annotator.batch.whatif.run import both_ways
from lapa_annotator.domain.classes import CLASSES, palette
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.labelmap import LabelMap
from lapa_annotator.ppa.local import within
from lapa_annotator.ppa.settings import Settings
from lapa_annotator.store.project import Project

SIDE = 320
"""Longer side of a picture in pixels."""
_ROOM = 0.04
_GONE = (255, 255, 255)
_PALE, _LIFT = 0.55, 20


@dataclass(frozen=True, eq=False)
class Triple:
    """A face before and after, and where the two differ: three (h, w, 3) uint8 RGB pictures.

    In the difference the photo is pale, and what changes has the colour of the class that it
    becomes; what becomes background is white.
    """

    before: Image
    after: Image
    difference: Image


def triple(project: Project, change: FaceChange, after: Settings, side: int = SIDE) -> Triple:
    """Draw a face as the project's settings have it, and as ``after`` would.

    Raises:
        InputError: the photo cannot be read, or the face is gone.
    """
    photo, face, was, will = both_ways(project, change, after)
    height, width = photo.pixels.shape[:2]
    area, one, other = two_maps((width, height), face, was, will)
    override = within(face.override, area)
    one, other = override.apply(one), override.apply(other)
    image = photo.pixels[area.slices]
    shown = _head(one, other)
    image, one, other = image[shown], one[shown], other[shown]
    return Triple(
        painted(image, one, side), painted(image, other, side), _difference(image, one, other, side)
    )


def _head(one: LabelMap, other: LabelMap) -> tuple[slice, slice]:
    """The rectangle around all that is not background, with a little room."""
    there = (one != 0) | (other != 0)
    rows, columns = np.flatnonzero(there.any(axis=1)), np.flatnonzero(there.any(axis=0))
    if not rows.size:
        return slice(None), slice(None)
    low, high = np.array([rows[0], columns[0]]), np.array([rows[-1], columns[-1]]) + 1
    room = np.ceil(_ROOM * (high - low).max())
    low = np.maximum(low - room, 0).astype(int)
    high = np.minimum(high + room, there.shape).astype(int)
    return slice(low[0], high[0]), slice(low[1], high[1])


def _difference(image: Image, one: LabelMap, other: LabelMap, side: int) -> Image:
    grey = cv2.cvtColor(resized(image, side), cv2.COLOR_RGB2GRAY).astype(np.float32) * _PALE + _LIFT
    out: NDArray[np.uint8] = np.repeat(grey.astype(np.uint8)[..., None], 3, axis=2)
    one, other = resized(one, side, smooth=False), resized(other, side, smooth=False)
    colours = palette()
    colours[0] = _GONE
    differs = one != other
    out[differs] = colours[other[differs]]
    return out


def trial_sheet(
    project: Project, changes: Sequence[FaceChange], after: Settings, columns: int = 2
) -> Image:
    """The faces of ``changes`` on one sheet, at least one: before, after and difference.

    A photo that cannot be read any more is grey, and its line says why.
    """
    cells = _cells(project, changes, after)
    small = SIDE // 2
    room = 3 * small + 8, small + 4
    return sheet(cells, len(changes), min(columns, len(changes)), room)


def _cells(
    project: Project, changes: Sequence[FaceChange], after: Settings
) -> Iterator[tuple[Sequence[str], Image]]:
    for change in changes:
        said = caption(change)
        try:
            shown = triple(project, change, after, SIDE // 2)
            row = [shown.before, shown.after, shown.difference]
        except InputError as error:
            row = [np.full((SIDE // 2, SIDE // 2, 3), 64, np.uint8)]
            said = str(error)
        yield (change.path, said), np.hstack(row)


def caption(change: FaceChange) -> str:
    """How much a face changes, and which class of it most."""
    most = change.worst
    name = "" if most is None else f", most of all {CLASSES[most].name}"
    return f"{100 * change.share:.1f} % change{name}"
