"""Mosaics: canvases of none to a dozen faces at every scale, for training a face detector.

Faces are pasted with their surroundings, as in a collage of photos, so that neither an edge
nor a halo gives them away; scraps without a face are pasted in the same ways.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from lapa_annotator.dla.crops import roll_of
from lapa_annotator.domain.geometry import Box, Similarity
from lapa_annotator.domain.landmarks import Points
from lapa_annotator.domain.schema import mirror_points
from lapa_annotator.runtime.crops import Image, cut
from lapa_annotator.training.data.clutter import background, faceless_photos, scrap
from lapa_annotator.training.data.exposure import coarsened, developed, exposed
from lapa_annotator.training.data.sources import Source
from lapa_annotator.training.data.split import VARIATION

_MOST_PIXELS = 512
# The keys of the further faces of a photo end like this; its turned pictures are pictures.
_SECOND_FACE = re.compile(rf"{VARIATION}\d+$")
# A face of which less is seen is neither asked for nor forbidden.
_LEAST_SEEN = 0.5
_MOST_COVERED = 0.12
_TRIES = 6

Shape = Literal["window", "ellipse", "whole"]
Layout = Literal["one", "grid", "scattered"]


@dataclass(frozen=True, eq=False)
class Portrait:
    """A picture and all its faces.

    Attributes:
        image: (H, W, 3) uint8 RGB.
        faces: (106, 2) float64 points in image pixels, one array a face; none for a scrap.
    """

    image: Image
    faces: tuple[Points, ...]

    @property
    def boxes(self) -> list[Box]:
        """The boxes around the faces' points."""
        return [Box.around(points) for points in self.faces]

    def mirrored(self) -> Portrait:
        """The picture seen in a mirror."""
        width = self.image.shape[1]
        image = np.ascontiguousarray(self.image[:, ::-1])
        return Portrait(image, tuple(mirror_points(points, width) for points in self.faces))


@dataclass(frozen=True, slots=True)
class MosaicSettings:
    """How mosaics are made.

    Attributes:
        side: of the canvas, in pixels.
        faces: how many at most.
        smallest, largest: larger side of a face's box in pixels.
        turn: steepest rotation to either side in degrees.
        faceless: share of canvases without a face, in [0, 1].
    """

    side: int = 288
    faces: int = 12
    smallest: float = 10.0
    largest: float = 300.0
    turn: float = 60.0
    faceless: float = 0.12


@dataclass(frozen=True, eq=False)
class Mosaic:
    """A canvas and the truth of it.

    Attributes:
        image: (side, side, 3) uint8 RGB.
        boxes: the boxes around the faces' points in canvas pixels, with the faces' rolls; they
            may reach over the canvas, their centres lie on it.
        doubtful: boxes of faces that are seen in part or hardly at all; a detector may find
            them or not.
    """

    image: Image
    boxes: tuple[Box, ...]
    doubtful: tuple[Box, ...]


def load_portraits(source: Source) -> list[Portrait]:
    """Load a source into memory; faces of the same photo become one portrait.

    Large photos are reduced to 512 pixels on their longer side.

    Raises:
        InputError: a sample that cannot be read.
    """
    photos: dict[str, list[int]] = {}
    for index, key in enumerate(source.keys()):
        photos.setdefault(_SECOND_FACE.sub("", key), []).append(index)
    portraits = []
    for indices in photos.values():
        samples = [source.load(index) for index in indices]
        portraits.append(_reduced(samples[0].image, [s.points for s in samples]))
    return portraits


def _reduced(image: Image, faces: Sequence[Points]) -> Portrait:
    height, width = image.shape[:2]
    share = min(1.0, _MOST_PIXELS / max(height, width))
    size = max(1, round(width * share)), max(1, round(height * share))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA) if share < 1 else image
    scale = np.array(size) / (width, height)
    return Portrait(
        np.asarray(small, np.uint8), tuple((points + 0.5) * scale - 0.5 for points in faces)
    )


class MosaicMaker:
    """Makes mosaics of portraits; the same seed and number give the same one.

    Args:
        groups: pictures with faces, and how often a picture of each group is taken.
        settings: how they are pasted.

    Raises:
        ValueError: no group, an empty one, or shares that are not positive.
    """

    def __init__(
        self, groups: Sequence[tuple[Sequence[Portrait], float]], settings: MosaicSettings
    ) -> None:
        if not groups or any(not portraits or share <= 0 for portraits, share in groups):
            raise ValueError("mosaics need groups of portraits with positive shares")
        self.settings = settings
        self._groups = [portraits for portraits, _ in groups]
        whole = sum(share for _, share in groups)
        self._shares = [share / whole for _, share in groups]
        self._photos = faceless_photos()

    def make(self, seed: int, number: int) -> Mosaic:
        """Make mosaic ``number`` of a seed."""
        rng = np.random.default_rng((seed, number))
        settings = self.settings
        ground = self._photos if rng.random() < 0.5 else [self._scrap(rng)]
        canvas = _Canvas(background(ground, settings.side, rng), settings)
        if rng.random() < settings.faceless:
            for _ in range(int(rng.integers(0, 5))):
                canvas.scatter(self._scrap_portrait(rng), rng)
        else:
            layout: Layout = rng.choice(("one", "grid", "scattered"), p=(0.25, 0.3, 0.45))
            self._lay_out(canvas, layout, rng)
        image = developed(canvas.image, rng)
        return Mosaic(image, tuple(canvas.boxes), tuple(canvas.doubtful))

    def _lay_out(self, canvas: _Canvas, layout: Layout, rng: np.random.Generator) -> None:
        most = self.settings.faces
        if layout == "grid":
            rows, columns = (int(n) for n in rng.integers(1, 5, 2))
            cells = rows * columns
            filled = rng.permutation(cells) < min(most, int(rng.integers(1, cells + 1)))
            for cell in range(cells):
                row, column = divmod(cell, columns)
                picture = self._portrait(rng) if filled[cell] else self._scrap_portrait(rng)
                canvas.fill_cell(picture, (row / rows, column / columns), (rows, columns), rng)
            return
        if layout == "one":
            canvas.alone(self._portrait(rng), rng)
        count = int(rng.integers(0, 3) if layout == "one" else rng.integers(1, most + 1))
        for _ in range(count):
            canvas.scatter(self._portrait(rng), rng)
            if rng.random() < 0.3:
                canvas.scatter(self._scrap_portrait(rng), rng)

    def _portrait(self, rng: np.random.Generator) -> Portrait:
        portrait = self._pick(rng)
        portrait = portrait if rng.random() < 0.5 else portrait.mirrored()
        return Portrait(exposed(portrait.image, rng), portrait.faces)

    def _pick(self, rng: np.random.Generator) -> Portrait:
        group = self._groups[int(rng.choice(len(self._groups), p=self._shares))]
        return group[int(rng.integers(len(group)))]

    def _scrap_portrait(self, rng: np.random.Generator) -> Portrait:
        return Portrait(exposed(self._scrap(rng), rng), ())

    def _scrap(self, rng: np.random.Generator) -> Image:
        if rng.random() < 0.3:
            return self._photos[int(rng.integers(len(self._photos)))]
        portrait = self._pick(rng)
        return scrap(portrait.image, portrait.boxes, self._photos, rng)


class _Canvas:
    """A picture in the making: what has been pasted and where faces are."""

    def __init__(self, image: Image, settings: MosaicSettings) -> None:
        self.image = image
        self.boxes: list[Box] = []
        self.doubtful: list[Box] = []
        self._settings = settings

    def alone(self, portrait: Portrait, rng: np.random.Generator) -> None:
        """Paste a picture whole, its face a quarter to more than all of the canvas."""
        side = self._settings.side
        length = float(rng.uniform(0.25, 1.05)) * side
        where = np.clip(rng.normal(0.5, 0.12, 2), 0.1, 0.9) * side
        shape: Shape = "whole" if rng.random() < 0.8 else "window"
        self._paste(portrait, where, min(length, self._settings.largest), shape, None, rng)

    def fill_cell(
        self,
        portrait: Portrait,
        corner: tuple[float, float],
        grid: tuple[int, int],
        rng: np.random.Generator,
    ) -> None:
        """Paste a picture into a cell of a grid; ``corner`` is its (top, left) in [0, 1)."""
        side = self._settings.side
        top, left = corner[0] * side, corner[1] * side
        height, width = side / grid[0], side / grid[1]
        length = float(rng.uniform(0.35, 0.9)) * min(height, width)
        where = np.array((left + width / 2, top + height / 2))
        where += rng.uniform(-0.5, 0.5, 2) * ((width, height) - np.array((length, length)))
        limits = Box(left - 0.5, top - 0.5, left + width - 0.5, top + height - 0.5)
        self._paste(portrait, where, length, "window", limits, rng)

    def scatter(self, portrait: Portrait, rng: np.random.Generator) -> None:
        """Paste a picture where it covers hardly anything of the faces that are there."""
        settings = self._settings
        low, high = np.log(settings.smallest), np.log(min(settings.largest, 0.6 * settings.side))
        for _ in range(_TRIES):
            length = float(np.exp(rng.uniform(low, high)))
            where = rng.uniform(0, settings.side, 2)
            shape: Shape = rng.choice(("window", "ellipse", "whole"), p=(0.5, 0.3, 0.2))
            if self._paste(portrait, where, length, shape, None, rng):
                return

    def _paste(
        self,
        portrait: Portrait,
        where: NDArray[np.float64],
        length: float,
        shape: Shape,
        limits: Box | None,
        rng: np.random.Generator,
    ) -> bool:
        """Paste a picture so that one of its faces is ``length`` pixels long at ``where``."""
        if portrait.faces:
            target = Box.around(portrait.faces[rng.integers(len(portrait.faces))])
        else:
            height, width = portrait.image.shape[:2]
            third = min(height, width) / 3
            target = Box(third, third, 2 * third, 2 * third)
        scale = length / max(target.width, target.height)
        turn = _turn(self._settings.turn, rng)
        placed = Similarity.about(target.centre, (where[0], where[1]), scale, turn)
        window = limits or self._window(portrait, placed, where, length, shape, rng)
        x0, y0 = (max(0, int(np.ceil(v))) for v in (window.x0, window.y0))
        x1, y1 = (min(self._settings.side, int(np.ceil(v))) for v in (window.x1, window.y1))
        if x1 - x0 < 4 or y1 - y0 < 4:
            return False
        region = Box(x0 - 0.5, y0 - 0.5, x1 - 0.5, y1 - 0.5)
        if any(_in_the_way(region, box) for box in self.boxes + self.doubtful):
            return False
        self._blend(portrait.image, placed, (x0, y0, x1, y1), shape, rng)
        for points in portrait.faces:
            self._note(placed.apply(points), region)
        return True

    def _window(
        self,
        portrait: Portrait,
        placed: Similarity,
        where: NDArray[np.float64],
        length: float,
        shape: Shape,
        rng: np.random.Generator,
    ) -> Box:
        """What of the canvas a paste may change."""
        if shape == "whole":
            height, width = portrait.image.shape[:2]
            corners = np.array([(0, 0), (width, 0), (0, height), (width, height)]) - 0.5
            return Box.around(placed.apply(corners))
        least, most = (0.75, 1.5) if shape == "ellipse" else (0.6, 1.6)
        left, up, right, down = rng.uniform(least, most, 4) * length
        return Box(where[0] - left, where[1] - up, where[0] + right, where[1] + down)

    def _blend(
        self,
        image: Image,
        placed: Similarity,
        region: tuple[int, int, int, int],
        shape: Shape,
        rng: np.random.Generator,
    ) -> None:
        x0, y0, x1, y1 = region
        width, height = x1 - x0, y1 - y0
        shifted = placed.then(Similarity(1.0, 0.0, -x0, -y0))
        if rng.random() < 0.15 and shifted.scale > 0.15:
            image, shifted = coarsened(image, shifted, float(rng.uniform(0.3, 0.8)))
        patch = cut(image, shifted, max(width, height))[:height, :width]
        mask = np.full(image.shape[:2], 255, np.uint8)
        mask = np.asarray(cv2.warpAffine(mask, shifted.matrix, (width, height)), np.uint8)
        if shape == "ellipse":
            oval = np.zeros_like(mask)
            middle = ((width - 1) / 2, (height - 1) / 2)
            cv2.ellipse(oval, (middle, (width, height), 0), 255, -1, cv2.LINE_AA)
            mask = np.minimum(mask, oval)
        if rng.random() < 0.4:
            mask = cv2.GaussianBlur(mask, (0, 0), float(rng.uniform(0.01, 0.05)) * max(width, 16))
        share = mask.astype(np.float32)[..., None] / 255
        below = self.image[y0:y1, x0:x1]
        below[:] = (below * (1 - share) + patch * share + 0.5).astype(np.uint8)

    def _note(self, points: Points, region: Box) -> None:
        box = Box.around(points)
        seen = _shared(region, box)
        if seen <= 0.02:
            return
        rolled = Box(box.x0, box.y0, box.x1, box.y1, roll=roll_of(points))
        x, y = box.centre
        on_canvas = region.x0 <= x < region.x1 and region.y0 <= y < region.y1
        large = max(box.width, box.height) >= 0.8 * self._settings.smallest
        (self.boxes if seen >= _LEAST_SEEN and on_canvas and large else self.doubtful).append(
            rolled
        )


def _in_the_way(region: Box, face: Box) -> bool:
    """Whether a paste would hide a face or lie on it like a sticker."""
    x, y = region.centre
    sticker = face.x0 < x < face.x1 and face.y0 < y < face.y1
    return sticker or _shared(region, face) > _MOST_COVERED


def _shared(region: Box, box: Box) -> float:
    """Share of ``box`` that lies in ``region``."""
    w = min(region.x1, box.x1) - max(region.x0, box.x0)
    h = min(region.y1, box.y1) - max(region.y0, box.y0)
    return max(0.0, w) * max(0.0, h) / box.area


def _turn(most: float, rng: np.random.Generator) -> float:
    """A rotation in degrees: small ones more often."""
    if rng.random() < 0.6:
        return float(np.clip(rng.normal(0, 10), -most, most))
    return float(rng.uniform(-most, most))
